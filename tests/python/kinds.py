# SPDX-License-Identifier: MIT
"""Code and constants of all kinds, to be looked at by reachable.py. Ünïcode in its docstring."""

from __future__ import annotations

import contextlib
import functools
import sys

CODE = sys._getframe().f_code

# Numbers.
SMALL = (-5, -6, 0, 1, 255, 256, 257, True, False)
LARGE = (2**30 - 1, 2**30, 2**31, -2**31, 2**63, -2**64, 3**700, -(7**900), 1 << 60, 1 << 61)
FLOATS = (0.0, -0.0, 1.5, 1e999, -1e999, 1e999 - 1e999, 5e-324, 1.7976931348623157e308)
COMPLEX = (1j, -0j, 0j, 2.5 + 1j, complex, 1e999j)
EQUAL = (1, 1.0, True, 1 + 0j, 0, 0.0, -0.0, False, 0j)
SINGLE = (None, ..., NotImplemented, __debug__)

# Texts.
TEXTS = ("", "a", "\x00", "\xe9", "\xff", "\u0100", "ab", "a b", "name_like", "é_name", "日本語",
         "\U0001f600", "\ud800", "a\udfff", "\x80" * 3, "with\x00zero", "x" * 5000, "é" * 5000)
BYTES = (b"", b"a", b"\x00", b"ab", b"\xff" * 3, bytes(3), b"y" * 5000, b"name_like")

# The same text as a name and as a constant, which may be interned or not.
LIKE_NAMES = ("<module>", "<lambda>", "<listcomp>", "Outer.method", "outer.<locals>.inner", "inner",
              "CODE", __name__, __file__, "kinds", "a b", ".0", "__class__")
NAME = "attribute"
TUPLES = ((), (1,), (1, 2), ((1, 2), (1, 2)), (("name", ("name", 1.5)), b"name", "name"), ("a b",),
          (("a b",), ("a b",)), ("self",), ("self", "argument"), ((((((1,),),),),),), (None, None))
NESTED = ((((((((((((((((1.5, "deep"),),),),),),),),),),),),),),),)
WIDE = (1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014)


def in_sets(x):
    """Frozensets of few and of many elements."""
    return (x in {"a"}, x in {"a", "b", "c"}, x in {1, 2, 3}, x in {(1, 2), ("a", "b")},
            x in {"e00", "e01", "e02", "e03", "e04", "e05", "e06", "e07", "e08", "e09", "e10", "e11",
                  "e12", "e13", "e14", "e15", "e16", "e17", "e18", "e19", "e20", "e21", "e22", "e23"},
            x in {False, 1.5, 2j, b"bytes", "é", "a b", 10**30, True, -0.0})


def in_sets_again(x):
    """Frozensets that others have too, and the same in another order."""
    return x in {"a", "b", "c"}, x in {"c", "b", "a"}, x in {3, 2, 1}, x in {1.0, 2.0, 3.0}


def in_set_one(x):
    return x in {"a", "b"}


def in_set_two(x):
    return x in {"a", "b"}


def loops():
    return [x for y in {"a", "b", "c"} for x in [1, 2, 3]], [x for x in {5, 6}]


def parameters(a, b=1, /, c=2.5, *args, d, e="e", **kwargs):
    return a, b, c, args, d, e, sorted(kwargs.items())


def annotated(a: int, b: "str" = "", *, c: list[dict[str, int]] = None) -> tuple[int, ...]:
    x: int = a
    return x, b, c


def closures(a, b):
    c = [a]

    def first(d):
        nonlocal a
        a += 1

        def second(e=b):
            return a, b, c, d, e, lambda: (a, b, c, d, e, __name__)
        return second
    return first


def generator(n):
    try:
        received = yield from range(n)
        while True:
            received = yield received
    except GeneratorExit:
        raise
    finally:
        del n


async def coroutine(x):
    async with x as y:
        async for z in y:
            await z
    return [i async for i in x if await i], {i: j async for i, j in x}


async def asynchronous_generator():
    yield 1
    yield [x async for x in asynchronous_generator()]


def comprehensions(n):
    return ([x for x in range(n)], {x for x in range(n)}, {x: y for x in range(n) for y in range(x)},
            list(x for x in range(n) if x), [[z for z in range(y)] for y in range(n)])


def exceptions(f):
    try:
        try:
            f()
        except (ValueError, KeyError) as error:
            raise RuntimeError("text of an error") from error
        else:
            return "else"
        finally:
            f = None
    except* OSError as group:
        del group
    with contextlib.suppress(TypeError), contextlib.suppress(IndexError):
        return f[0]()


def matches(x):
    match x:
        case 1 | "one" | -1.5 | b"1" | 1 + 2j:
            return "literal"
        case {"key": value, **rest}:
            return value, rest
        case [first, *_, "last"] if first:
            return first
        case Outer(attribute=found):
            return found
        case _:
            return type(x)


def formats(x, y=3):
    assert x is not None, f"no {x!r:>{y}} and {y}"
    return f"{x:>10}{{}}é{y!a}" + "%s" % x


def hidden():
    global GLOBAL
    GLOBAL = (walrus := 5)
    import os.path as path, json
    from collections import abc as abc_alias
    del path, json, abc_alias
    return walrus if (yes := not walrus) else (yes, __debug__)


def without_docstring():
    return 12345678901234567890


def with_long_jumps(x):
    while x:
        if x > 1: x -= 1; x += 0; x *= 1; x = x + 0; x = x * 1; x = x - 0; x = x or 1; x = x and x
        if x > 2: x -= 1; x += 0; x *= 1; x = x + 0; x = x * 1; x = x - 0; x = x or 1; x = x and x
        if x > 3: x -= 1; x += 0; x *= 1; x = x + 0; x = x * 1; x = x - 0; x = x or 1; x = x and x
        if x > 4: x -= 1; x += 0; x *= 1; x = x + 0; x = x * 1; x = x - 0; x = x or 1; x = x and x
        if x > 5: x -= 1; x += 0; x *= 1; x = x + 0; x = x * 1; x = x - 0; x = x or 1; x = x and x
        x -= 1
    return x


def decorator(argument="default of the decorator"):
    def wrap(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return argument, function(*args, **kwargs)
        return wrapper
    return wrap


@decorator()
@decorator(argument=("a", "tuple"))
def decorated(x):
    return x


class Outer:
    """A class."""

    __slots__ = ("attribute", "__private", "é")
    CONSTANT = "a constant of the class", 1.25

    def __init__(self, attribute=None):
        self.attribute = attribute
        self.__private = super().__repr__()

    def method(self):
        return __class__, self.__private

    @property
    def value(self):
        "Its value."
        return self.attribute

    @staticmethod
    def static(x, /):
        return x

    @classmethod
    def of_class(cls, *, y):
        return cls(y)

    class Inner:
        class Innermost(Exception):
            def method(self):
                return lambda self=self: [self for _ in "ab"]


class Späte(Outer, metaclass=type):
    naïve = "naïve"

    def méthode(self, ñ=1):
        return ñ, self.naïve


first, second = lambda x: x + 1, lambda x: x + 1
third = lambda *a, k=(1, ("a", 2.5)), **kw: (a, k, kw)


def run():
    """What calls give."""
    yield [in_sets(x) for x in ("a", 3, (1, 2), "e11", 1.5, "é", 10**30, True, 0.0)]
    yield in_sets_again("b"), in_sets_again(1), loops()
    yield parameters(1, 2, 3, 4, d=5), parameters(1, d=2, f=3), annotated(1)
    yield closures(1, 2)(3)()[:5], closures(1, 2)(3)()[5]()
    started = generator(2)
    yield next(started), next(started), next(started), started.send("sent"), started.close()
    yield comprehensions(3), exceptions(lambda: None)
    for x in (1, "one", -1.5, 1 + 2j, {"key": 1, "other": 2}, [1, 2, "last"], Outer(7), None):
        yield matches(x)
    yield formats("%s"), without_docstring(), with_long_jumps(7), decorated(3), third(1, z=2)
    yield list(hidden.__code__.co_varnames), hidden(), GLOBAL
    yield Outer(4).value, Outer.static(1), Outer.of_class(y=3).attribute, Späte().méthode()
    yield [f() for f in (lambda: 1, lambda: "a b")], Outer.Inner.Innermost().method()()[0].args
    for name in ("a" + "ttribute", "CON" + "STANT", "é", "val" + "ue", "no" + "thing"):
        yield name, getattr(Outer("x"), name, "absent")
    yield parameters(*[1], **{"a" + "rgs": 1, "d": 2, "kw" + "args": 3, "e": 4})
