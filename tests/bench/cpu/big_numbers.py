# SPDX-License-Identifier: MIT
"""Digits of pi with integers of many digits."""


def digits():
    """By continued fractions that are multiplied until a digit is certain."""
    q, r, t, k, n, l = 1, 0, 1, 1, 3, 3
    while True:
        if 4 * q + r - t < n * t:
            yield n
            q, r, n = 10 * q, 10 * (r - n * t), 10 * (3 * q + r) // t - 10 * n
        else:
            q, r, t, n = (q * k, (2 * q + r) * l, t * l, (q * (7 * k + 2) + r * l) // (t * l))
            k, l = k + 1, l + 2


def run():
    source = digits()
    return "".join(str(next(source)) for _ in range(700))[-10:]
