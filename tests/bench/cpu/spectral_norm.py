# SPDX-License-Identifier: MIT
"""The power method on an infinite matrix's corner: many calls of a small function on floats."""

SIZE = 150


def cell(row, column):
    return 1.0 / ((row + column) * (row + column + 1) // 2 + row + 1)


def times(vector):
    return [sum(cell(i, j) * v for j, v in enumerate(vector)) for i in range(SIZE)]


def times_transposed(vector):
    return [sum(cell(j, i) * v for j, v in enumerate(vector)) for i in range(SIZE)]


def run():
    v = [1.0] * SIZE
    for _ in range(3):
        u = v
        v = times_transposed(times(u))
    return round((sum(a * b for a, b in zip(u, v)) / sum(a * a for a in u)) ** 0.5, 9)
