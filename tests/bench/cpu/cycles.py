# SPDX-License-Identifier: MIT
"""Objects in circles, made and dropped: what the garbage collector is for."""

import weakref


class Person:
    def __init__(self, name):
        self.name, self.friends, self.parent = name, [], None

    def befriend(self, other):
        self.friends.append(other)
        other.friends.append(self)


def circle(size, seen):
    people = [Person(number) for number in range(size)]
    for person, other in zip(people, people[1:] + people[:1]):
        person.befriend(other)
        other.parent = person
    seen.add(people[0])
    return sum(friend.name for person in people for friend in person.friends)


def run():
    seen = weakref.WeakSet()
    total = sum(circle(5 + number % 20, seen) for number in range(2400))
    return total
