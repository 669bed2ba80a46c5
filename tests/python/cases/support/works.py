"""A module whose functions are traced, specialized, replaced."""

import functools


def loop(n, step=1, *, key_only=0, **rest):
    total = 0
    for i in range(n):
        if i % 2:
            total += i * step
        else:
            total -= key_only
    return total + len(rest)


def attributes(thing, n):
    found = []
    for _ in range(n):
        thing.counter += 1
        found.append(thing.counter)
    return found[-1], thing.method(2), thing.name


def generate(n):
    try:
        for i in range(n):
            received = yield i
            if received:
                yield received
    finally:
        n = None


def fail(depth):
    if depth:
        return fail(depth - 1)
    try:
        return {"a": [1, 2]}["a"][2] + len("text")
    except IndexError as error:
        raise ValueError("deep down") from error


def belongs(x):
    return x in {"alpha", "beta", 3.5, (1, 2)} or x in {"a1", "b2", "c3"}


@functools.lru_cache(maxsize=None)
def cached(n):
    return n if n < 2 else cached(n - 1) + cached(n - 2)


class Thing:
    __slots__ = ("counter", "name")

    def __init__(self, name="a name"):
        self.counter, self.name = 0, name

    def method(self, x):
        return (lambda y: x + y + self.counter)(3)

    def __eq__(self, other):
        return isinstance(other, Thing) and self.name == other.name

    def __hash__(self):
        return hash(self.name)
