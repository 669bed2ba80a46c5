# SPDX-License-Identifier: MIT
"""Spheres seen from a point: small objects with operators, created all the time."""


class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x, self.y, self.z = x, y, z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def normalized(self):
        return self * (self.dot(self) ** -0.5)


class Sphere:
    def __init__(self, centre, radius):
        self.centre, self.radius = centre, radius

    def hit(self, origin, direction):
        towards = self.centre - origin
        along = towards.dot(direction)
        rest = self.radius ** 2 - towards.dot(towards) + along * along
        return along - rest ** 0.5 if rest > 0 and along > 0 else None


def shade(spheres, light, eye, direction):
    hits = [(t, n) for n, sphere in enumerate(spheres) if (t := sphere.hit(eye, direction))]
    if not hits:
        return 0
    distance, number = min(hits)
    point = eye + direction * distance
    normal = (point - spheres[number].centre).normalized()
    return max(0, int(255 * normal.dot((light - point).normalized())))


def run():
    spheres = [Sphere(Vector(x, y, 6 + x * y), 1.2) for x in (-2, 0, 2) for y in (-1, 1)]
    eye, light = Vector(0, 0, -2), Vector(5, 8, -4)
    return sum(shade(spheres, light, eye, Vector(x / 32, y / 32, 1).normalized())
               for x in range(-32, 32) for y in range(-24, 24))
