# SPDX-License-Identifier: MIT
"""Objects pickled and restored."""

import pickle


class Employee:
    def __init__(self, number, manager):
        self.number, self.manager = number, manager
        self.name = f"employee {number}"
        self.skills = {f"skill {number % 11}": number % 5, "languages": ("en", "de")}

    def __eq__(self, other):
        return (self.number, self.name, self.skills) == (other.number, other.name, other.skills)


def run():
    staff = []
    for number in range(4000):
        staff.append(Employee(number, staff[number // 8] if number else None))
    sizes = []
    for protocol in (2, pickle.HIGHEST_PROTOCOL):
        data = pickle.dumps(staff, protocol)
        restored = pickle.loads(data)
        assert restored == staff and restored[9].manager is restored[1]
        sizes.append(len(data))
    return sizes
