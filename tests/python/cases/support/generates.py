"""Lets the standard library, and itself, generate code when it is imported."""

import collections
import dataclasses
import sys
import typing
import warnings

Point = collections.namedtuple("Point", "x y", defaults=[0])
Empty = collections.namedtuple("Empty", "")


class Person(typing.NamedTuple):
    name: str
    age: "int" = 3


@dataclasses.dataclass(order=True, frozen=True)
class Book:
    title: str
    pages: int = 0
    tags: list = dataclasses.field(default_factory=list, repr=False)


@dataclasses.dataclass
class Shelf:
    books: "list[Book]"


Reference = typing.Optional["Book"]
HINTS = typing.get_type_hints(Shelf)

SOURCE = "def generated(a, b=2, *, c):\n    '''Text.'''\n    return [a / b for _ in range(c)]\n"
WARNS = "def warns():\n    return 1 is 1\n"
FAILS = "def fails(:\n"
ANNOTATED = "def annotated(a: undefined) -> 1 / 1: pass\n"
LONG = "LONG = " + "9" * 700 + "\n"
WIDE = "é = '\U0001f40d'; ß = lambda ü: ü, é\n"

MADE = {}
exec(SOURCE, MADE)
exec(SOURCE, MADE)
exec(WIDE, MADE)
exec("x = 1", MADE, MADE)
VALUE = eval("  \t[i for i in range(3)]")
CODE = compile(SOURCE, "<made here>", "exec")
WIDE_NAME = compile(SOURCE, "<é>", "exec")
ALONE = compile("1 + 1", "<alone>", "single")
ANNOTATIONS = compile(ANNOTATED, "<future>", "exec", 0x1000000, True)
for code in CODE, WIDE_NAME, ANNOTATIONS:
    exec(code, {})

with warnings.catch_warnings(record=True) as CAUGHT:
    warnings.simplefilter("always")
    exec(WARNS, MADE)
try:
    exec(FAILS, MADE)
except SyntaxError as error:
    FAILURE = error
try:
    exec(LONG, MADE)
except (SyntaxError, ValueError) as error:
    TOO_LONG = type(error)


def looks_at_caller():
    exec("import sys; CALLER = sys._getframe(1).f_code.co_name", MADE)


looks_at_caller()
