"""Patterns that module bodies compile are what they would be if they had just been compiled."""

import copy
import gc
import inspect
import pickle
import re
import sys
import warnings

from support import patterns

TEXTS = ["", "ab", "aabbcc 0_x.", "ABCÀé ß\u0130\U0001f40d\U0001f411", "a\nb\nccx\n", "cc0ab" * 5,
         "\udc80\x00A"]


def attributes(pattern):
    return (pattern.pattern, pattern.flags, pattern.groups, dict(pattern.groupindex),
            type(pattern.groupindex).__name__, repr(pattern), sys.getsizeof(pattern))


def texts_for(pattern):
    if isinstance(pattern.pattern, str):
        return TEXTS
    return [text.encode("utf-8", "surrogatepass") for text in TEXTS]


def matches(pattern):
    for text in texts_for(pattern):
        for match in pattern.finditer(text):
            yield match.regs, match.lastindex, match.lastgroup, match.groupdict()
        yield pattern.split(text), pattern.fullmatch(text)


def compiled_now(pattern):
    """The same from the text: flags of this type are not what re.compile() itself hands on."""
    return re._compiler.compile(pattern.pattern, re.RegexFlag(pattern.flags & ~re.UNICODE
                                if isinstance(pattern.pattern, str) else pattern.flags))


def show_made():
    for key, made in patterns.MADE.items():
        print(ascii(key))
        if isinstance(made, str):
            print("  ", ascii(made))
            continue
        print("  ", ascii(attributes(made)))
        print("  ", ascii(list(matches(made))))
        now = compiled_now(made)
        print("  ", now == made, hash(now) == hash(made), now is made,
              pickle.loads(pickle.dumps(made)) is made, copy.copy(made) is made,
              copy.deepcopy(made) is made, all(x is y for x, y in zip(now.groupindex, made.groupindex)
                                               if len(x) == 1))


def show_identity():
    print([[a is b for a in patterns.SAME] for b in patterns.SAME])
    text = "".join(["new ", "text"])
    made = re._compiler.compile(text, 0)
    print(made.pattern is text, made is re._compiler.compile(text, 0))
    text = "".join(["same ", "(text)"])
    made = re._compiler.compile(text, 0)
    print(made.pattern is text, made is re._compiler.compile(text, 0), made == patterns.SAME[0])
    print(made.groupindex == {}, re._compiler.compile("(?P<año>x)(?P<_1>y)", 0).groupindex)


def show_cache():
    print(len(re._cache), [ascii(key) for key in list(re._cache)[-5:]])
    re.purge()
    print(len(re._cache))
    again = re.compile("same (text)")
    print(again is patterns.SAME[0], again == patterns.SAME[0], len(re._cache))
    print(re.compile("same (text)") is again, re.compile(again) is again)


def attempt(function, *args, **keywords):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = function(*args, **keywords)
        except BaseException as error:
            result = repr(error)
    print(ascii(result), [(w.category.__name__, str(w.message), w.lineno) for w in caught])


def show_calls():
    function = re._compiler.compile
    print(function.__name__, function.__defaults__, function.__code__.co_name, type(function),
          inspect.signature(function), inspect.isfunction(function))
    print(pickle.loads(pickle.dumps(function)) is function, copy.copy(function) is function,
          copy.deepcopy([function])[0] is function, isinstance(function, type(show_calls)),
          [referrer.get("__name__") for referrer in gc.get_referrers(re._parser.parse)
           if isinstance(referrer, dict)])
    attempt(function, "same (text)", flags=0)
    attempt(function, p="same (text)")
    attempt(function)
    attempt(function, "same (text)", 0, 0)
    attempt(function, "same (text)", -1)
    attempt(function, "same (text)", 1 << 40)
    attempt(function, "same (text)", 1.5)
    attempt(function, "same (text)", True)
    attempt(function, 5)
    attempt(function, bytearray(b"a"))
    attempt(re.compile, "same (text)", re.DEBUG)
    attempt(re.compile, "same (text)", re.DEBUG | re.I)
    attempt(re.compile, "same (text)", re.LOCALE)
    attempt(re.compile, "[[a]")
    attempt(re.compile, patterns.Text("same (text)"))
    print(type(re.compile(patterns.Text("same (text)")).pattern))
    scanner = re.Scanner([("a", lambda s, t: t), ("b+", lambda s, t: len(t))])
    print(scanner.scan("abba!"))


def show_warnings():
    print([(w.category.__name__, str(w.message), w.lineno) for w in patterns.CAUGHT])
    print(sorted(sys.modules))


def traced():
    seen = []

    def tracer(frame, event, argument):
        if frame.f_globals.get("__name__", "").startswith("re"):
            seen.append((frame.f_code.co_name, event))

    re.purge()
    sys.setprofile(tracer)
    re.compile("same (text)")
    sys.setprofile(None)
    print(len(seen), seen[:4])


def tampered():
    """Whoever changes how patterns are compiled sees the change."""
    parse = re._parser.parse
    re.purge()
    re._parser.parse = lambda text, flags=0, state=None: parse("other (text)", flags)
    print(re.compile("same (text)").fullmatch("other text"), re.compile("same (text)", re.I))
    re._parser.parse = parse
    re.purge()
    print(re.compile("same (text)").fullmatch("same text"))
    code = re._parser._parse.__code__
    try:
        re._parser._parse.__code__ = (lambda *args: 1 / 0).__code__
        attempt(re.compile, "same (text)", re.M)
    finally:
        re._parser._parse.__code__ = code
    original = re._compiler._code
    re._compiler._code = lambda p, flags: original(p, flags)[:-1]
    attempt(re.compile, "same (text)", re.S)
    re._compiler._code = original
    getwidth = re._parser.SubPattern.getwidth
    re._parser.SubPattern.getwidth = lambda self: 1 / 0
    attempt(re.compile, "same (text)", re.I | re.M)
    re._parser.SubPattern.getwidth = getwidth
    re._compiler.compile.__defaults__ = (re.I,)
    print(re._compiler.compile("same (text)"))
    re._compiler.compile.__defaults__ = (0,)
    print(re._compiler.compile("same (text)"))


show_made()
show_warnings()
show_identity()
show_cache()
show_calls()
traced()
tampered()
