# SPDX-License-Identifier: MIT
"""Queens on a board: recursive generators and sets."""

SIZE = 9


def place(row, columns, rising, falling):
    if row == SIZE:
        yield ()
        return
    for column in range(SIZE):
        up, down = row + column, row - column
        if column not in columns and up not in rising and down not in falling:
            for rest in place(row + 1, columns | {column}, rising | {up}, falling | {down}):
                yield column, *rest


def run():
    solutions = list(place(0, frozenset(), frozenset(), frozenset()))
    return len(solutions), solutions[0], solutions[-1]
