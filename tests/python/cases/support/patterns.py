"""Compiles patterns of all kinds when it is imported, most of them drawn at random."""

import random
import re
import warnings

MADE = {}  # what re.compile() gave, or the error, by pattern and flags


def make(pattern, flags=0):
    try:
        MADE[type(pattern).__name__, str(pattern), int(flags)] = re.compile(pattern, flags)
    except (re.error, ValueError, RecursionError, OverflowError) as error:
        MADE[type(pattern).__name__, str(pattern), int(flags)] = repr(error)


WORDS = ["a", "b", "ab", "\\d", "\\w", "\\W", "\\s", ".", "[a-c]", "[^a-c]", "x?", "\\b", "\\.",
         "é", "ß", "[à-ü]", "\u0130", "\U0001f40d", "[\U0001f40d-\U0001f412]", "\\x41", "\\u00e9",
         "[\\d_-]", "0", "_", "\\Z", "^", "$", "\udc80"]


def draw(chance, depth=0):
    kind = chance.randrange(12) if depth < 4 else 0
    inner = [draw(chance, depth + 1) for _ in range(chance.randrange(1, 4))] if kind else []
    if kind == 1:
        return "(" + "".join(inner) + ")"
    if kind == 2:
        return f"(?P<n{chance.randrange(40)}>" + "".join(inner) + ")"
    if kind == 3:
        return "(?:" + "|".join(inner) + ")" + chance.choice(["*", "+", "?", "{1,3}", "*?", "{2}"])
    if kind == 4:
        return chance.choice(["(?=", "(?!", "(?<!a", "(?<=b", "(?>"]) + "".join(inner[:1]) + ")"
    if kind == 5:
        return "(a)?(?(1)" + inner[0] + "|b)"
    if kind == 6:
        return "(?i:" + "".join(inner) + ")"
    if kind == 7:
        return "(c)\\1" + "".join(inner)
    if kind >= 8:
        return "".join(inner)
    return chance.choice(WORDS) + chance.choice(["", "", "", "", "*", "+?", "{0,2}", "?+"])


def draw_all(count):
    chance = random.Random(20)
    for _ in range(count):
        pattern = draw(chance)
        flags = 0
        for flag in (re.I, re.M, re.S, re.X, re.A):
            flags |= flag if chance.randrange(5) == 0 else 0
        make(pattern, flags)
        if pattern.isascii():
            make(pattern.encode(), int(flags))


def make_special():
    for pattern in ("", "a" * 3000, "(?P<año>x)(?P<_1>y)", "\\N{DIGIT ONE}x", "(?x) a # b\n c", "()" * 120,
                    "[" + "".join(map(chr, range(0x400, 0x500, 3))) + "]", "(?a)é", "\0", "(?s:.)",
                    "(", "(?P<a>x)(?P<a>y)", "a**", "x{3,1}", "[z-a]", "\\q"):
        make(pattern)
    make(b"\xff[\x80-\x90]")
    make(b"\\w+", re.LOCALE)
    make(b"(?L)a")
    make(b"(?L:a)")
    make("a", re.UNICODE)
    make("a", re.ASCII | re.IGNORECASE | re.VERBOSE)


class Text(str):
    pass


with warnings.catch_warnings(record=True) as CAUGHT:
    warnings.simplefilter("always")
    draw_all(900)
    make_special()
    make(Text("subclass(e)"))
    for suspicious in ("[[a]", "[a--b]", "[a||b]", "[a&&b]"):
        make(suspicious)

# With and without inline flags, as the same text under several flags.
SAME = [re.compile("same (text)", flags) for flags in (0, re.I, re.M, 0, re.I)]
