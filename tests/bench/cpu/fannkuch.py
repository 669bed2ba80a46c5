# SPDX-License-Identifier: MIT
"""Flips of all permutations: small lists, slices and indices."""

from itertools import permutations


def flips(order):
    order, count = list(order), 0
    while (first := order[0]) != 0:
        order[:first + 1] = order[first::-1]
        count += 1
    return count


def run():
    most, checksum = 0, 0
    for number, order in enumerate(permutations(range(8))):
        count = flips(order)
        most = max(most, count)
        checksum += -count if number % 2 else count
    return most, checksum
