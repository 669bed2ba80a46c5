# SPDX-License-Identifier: MIT
"""Modules at random: the same number gives the same text. They hold code and constants of all kinds;
reachable.py looks at them."""

import random

WORDS = ("alpha", "beta", "gamma", "delta", "x", "y", "self", "value", "items", "name_like", "__name__",
         "naïve", "größe", "lambda_", "Class", "_private", "__mangled", "join", "append", "get")
TEXTS = WORDS + ("", "a b", "<lambda>", "<module>", "f0.<locals>.inner", "\n", "é", "日本", "\U0001f600",
                 "\ud800", "a\x00b", "x" * 300, "%s: %r", ".0")
INDENT = "    "


class Writer:
    """Writes one module."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = ["import sys", "CODE = sys._getframe().f_code"]
        self.depth = 0
        self.functions = 0

    # --- constants, as source text

    def number(self):
        pick = self.random.randrange(9)
        if pick < 4:
            return str(self.random.choice((0, 1, -1, 255, 256, 257, -5, -6, 1000, 2**30, 2**62)))
        if pick == 4:
            return str(self.random.getrandbits(self.random.choice((31, 64, 200, 1500))))
        if pick == 5:
            return repr(self.random.choice((0.0, -0.0, 1.0, 1.5, 1e300, 5e-324)))
        if pick == 6:
            return self.random.choice(("1e999", "-1e999", "(1e999 - 1e999)", "1j", "-0j", "2.5j"))
        return repr(self.random.uniform(-1e6, 1e6))

    def atom(self):
        pick = self.random.randrange(8)
        if pick < 3:
            return ascii(self.random.choice(TEXTS))
        if pick < 5:
            return self.number()
        if pick == 5:
            return repr(self.random.choice((b"", b"x", b"name_like", b"\xff" * 5, b"z" * 200)))
        return self.random.choice(("None", "True", "False", "..."))

    def constant(self, depth=0):
        if depth > 4 or self.random.random() < 0.6:
            return self.atom()
        items = [self.constant(depth + 1) for _ in range(self.random.randrange(5))]
        return "(%s)" % "".join(item + ", " for item in items)

    def docstring(self):
        """Python 3.13 refuses those with surrogates."""
        return ascii(self.random.choice([text for text in TEXTS if text != "\ud800"]))

    def elements(self):
        """Of a set. What has a hash by its address would stand elsewhere in each run."""
        count = self.random.choice((1, 2, 3, 6, 20, 60))
        chosen = []
        while len(chosen) < count:
            constant = self.constant(3)
            if not any(word in constant for word in ("None", "...", "1e999 - 1e999")):
                chosen.append(constant)
        return ", ".join(chosen)

    # --- expressions over parameters

    def expression(self, names, depth=0):
        pick = self.random.randrange(12)
        name = self.random.choice(names)
        if depth > 3 or pick < 3:
            return self.random.choice((name, self.constant()))
        deeper = [self.expression(names, depth + 1) for _ in range(2)]
        if pick == 3:
            return "[(%s, it) for it in (%s,)]" % (name, deeper[0])
        if pick == 4:
            return "(lambda it, %s=%s: (it, %s))(%s)" % (name, self.atom(), name, deeper[0])
        if pick == 5:
            return "(%s in {%s})" % (name, self.elements())
        if pick == 6:
            return "f'{%s!r} and {{}}'" % name
        if pick == 7:
            return "(%s if %s else %s)" % (deeper[0], name, deeper[1])
        if pick == 8:
            return "dict(zip(('k', %s), (%s, %s)))" % (ascii(self.random.choice(TEXTS)), *deeper)
        if pick == 9:
            return "list(%s for it in range(2))" % name
        if pick == 10:
            return "getattr(%s, %s, %s)" % (name, ascii(self.random.choice(WORDS)), deeper[0])
        return "(%s, %s)" % tuple(deeper)

    # --- statements

    def line(self, text):
        self.lines.append(INDENT * self.depth + text)

    def block(self, names, depth=0):
        for _ in range(self.random.randrange(1, 4)):
            self.statement(names, depth)
        self.line("return " + self.expression(names))

    def statement(self, names, depth):
        pick = self.random.randrange(8)
        name = self.random.choice(names)
        if pick == 0 and depth < 3:
            self.function("inner", names, depth + 1)
            self.line("%s = inner" % name)
        elif pick == 1:
            self.line("for it in {%s}: pass" % self.elements())
        elif pick == 2:
            self.line("try: %s = %s" % (name, self.expression(names)))
            self.line("except (TypeError, ValueError) as error: %s = str(error)" % name)
        elif pick == 3:
            self.line("if %s != %s: %s = %s" % (name, self.atom(), name, self.expression(names)))
        elif pick == 4:
            self.line("%s: %s = %s" % (name, ascii(self.random.choice(WORDS)),
                                       self.expression(names)))
        elif pick == 5:
            self.line("assert %s is not %s.x, %s" % (name, name, self.constant())
                      if self.random.random() < 0.1 else "pass")
        else:
            self.line("%s = %s" % (name, self.expression(names)))

    def function(self, name, outer=(), depth=0):
        own = self.random.sample([word for word in WORDS if word not in outer],
                                 self.random.randrange(2, 5))
        slash = self.random.choice(("/, ", "")) if len(own) > 2 else ""
        star = self.random.choice(("*, ", "*rest, ", ""))
        parameters = "%s, %s%s%s=%s" % (own[0], slash, star, own[1], self.constant())
        parameters += "".join(", %s=%s" % (word, self.constant()) for word in own[2:])
        self.line("def %s(%s):" % (name, parameters))
        self.depth += 1
        if self.random.random() < 0.4:
            self.line(self.docstring())
        self.block([*own, *outer], depth)
        self.depth -= 1

    def top_function(self):
        self.function("f%d" % self.functions)
        self.functions += 1

    def generator(self):
        kind = self.random.choice(("def", "async def"))
        self.line("%s g%d(x):" % (kind, len(self.lines)))
        self.depth += 1
        self.line("y = yield " + self.expression(["x"]))
        self.line("yield x, y, %s" % self.constant())
        self.depth -= 1

    def klass(self):
        self.line("class C%d:" % len(self.lines))
        self.depth += 1
        if self.random.random() < 0.5:
            self.line(self.docstring())
        self.line("%s = %s" % (self.random.choice(WORDS), self.constant()))
        for word in self.random.sample(WORDS, 2):
            self.function(word, depth=1)
        self.depth -= 1

    def module(self):
        for number in range(self.random.randrange(3, 15)):
            pick = self.random.randrange(6)
            if pick < 2:
                self.top_function()
            elif pick == 2:
                self.klass()
            elif pick == 3:
                self.generator()
            else:
                self.line("V%d = %s" % (number, self.constant()))
        self.line("def run():")
        self.line(INDENT + "for function in (%s):" % "".join(
            "f%d, " % i for i in range(self.functions)))
        for argument in ("'alpha'", "7", "None"):
            self.line(INDENT * 2 + "try: yield function(%s)" % argument)
            self.line(INDENT * 2 + "except Exception as error: yield type(error), str(error)")
        return "# -*- coding: utf-8 -*-\n" + "\n".join(self.lines) + "\n"


def module_text(seed):
    """The text of module number `seed`."""
    return Writer(seed).module()
