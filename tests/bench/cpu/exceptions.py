# SPDX-License-Identifier: MIT
"""Errors raised, passed through several callers, translated and caught."""

from contextlib import contextmanager


class ParseError(ValueError):
    def __init__(self, text, place):
        super().__init__(f"{text!r} at {place}")
        self.place = place


def number(text, place):
    try:
        return int(text)
    except ValueError as error:
        raise ParseError(text, place) from error


@contextmanager
def counted(counts, name):
    try:
        yield
    finally:
        counts[name] = counts.get(name, 0) + 1


def parse(line, counts):
    with counted(counts, "lines"):
        fields = iter(line.split(","))
        total = 0
        for place in range(10):
            try:
                total += number(next(fields), place)
            except StopIteration:
                break
            except ParseError as error:
                counts["errors"] += error.place
        return total


def run():
    counts = {"errors": 0}
    total = sum(parse(f"{n},{n + 1},x{n},{n * 2},y", counts) for n in range(4000))
    return total, counts
