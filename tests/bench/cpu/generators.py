# SPDX-License-Identifier: MIT
"""A pipeline of generators over a tree that is walked recursively."""


class Node:
    def __init__(self, low, high):
        middle = (low + high) // 2
        self.key = middle
        self.left = Node(low, middle) if low < middle else None
        self.right = Node(middle + 1, high) if middle + 1 < high else None

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.key
        if self.right:
            yield from self.right


def running_sum():
    total = 0
    while True:
        total += yield total


def windows(items, size):
    window = []
    for item in items:
        window.append(item)
        if len(window) == size:
            yield tuple(window)
            del window[0]


def run():
    summing = running_sum()
    next(summing)
    tree = Node(0, 15000)
    smooth = (sum(window) // 4 for window in windows(tree, 4))
    for value in (item for item in smooth if item % 3):
        total = summing.send(value)
    return total
