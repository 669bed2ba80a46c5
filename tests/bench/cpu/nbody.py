# SPDX-License-Identifier: MIT
"""Planets that attract each other: arithmetic on floats in nested loops."""

from itertools import combinations

STEP = 0.01
SUN = 39.47


def planets():
    """Position, velocity and mass of each; the first one is heavy."""
    yield [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], SUN
    for number in range(1, 6):
        speed = (SUN / number) ** 0.5
        yield [float(number), 0.0, 0.1 * number], [0.0, speed, 0.0], 1e-3 * number


def advance(pairs, bodies, steps):
    for _ in range(steps):
        for (r1, v1, m1), (r2, v2, m2) in pairs:
            dx, dy, dz = r1[0] - r2[0], r1[1] - r2[1], r1[2] - r2[2]
            pull = STEP / (dx * dx + dy * dy + dz * dz) ** 1.5
            for v, sign, mass in ((v1, -pull, m2), (v2, pull, m1)):
                v[0] += sign * dx * mass
                v[1] += sign * dy * mass
                v[2] += sign * dz * mass
        for r, v, _ in bodies:
            r[0] += STEP * v[0]
            r[1] += STEP * v[1]
            r[2] += STEP * v[2]


def run():
    bodies = list(planets())
    advance(list(combinations(bodies, 2)), bodies, 2000)
    return [round(x, 6) for r, _, _ in bodies for x in r]
