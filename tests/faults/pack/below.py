# SPDX-License-Identifier: MIT
VALUE = 1


class Kind:
    names = frozenset({"a", "b", "c"})

    def method(self, value, *, option=None):
        return [self.method for _ in range(value) if value in {1, 2, 3}] or option
