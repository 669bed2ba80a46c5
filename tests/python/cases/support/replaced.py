"""Leaves classes that nobody refers to any more, and makes so much that they are collected."""

import dataclasses
import weakref


class Base:
    pass


class Twin(Base):
    """Is replaced, as many a class of the standard library by one in C."""


first = weakref.ref(Twin)


class Twin(Base):
    pass


def remade(cls):
    """What decorators do that need a class with other slots."""
    return type(cls)(cls.__name__, cls.__bases__, {"__module__": cls.__module__})


@remade
class Plugin(Base):
    pass


@dataclasses.dataclass(slots=True)
class Point(Base):
    x: int = 0


def names():
    return [cls.__name__ for cls in Base.__subclasses__()]


kept = [[] for _ in range(20000)]
SEEN = names()
