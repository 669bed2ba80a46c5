"""Functions whose constants are of each kind that code can have."""


def texts():
    return "a text that is no name", "a_name", "é", "\N{GREEK SMALL LETTER ALPHA} and \U0001f40d"


def values():
    return (b"some bytes", 12345678901234567890, 2.5, 3.5j, ("a", b"tuple", (1, 2.5), 10 ** 30),
            lambda x: x in {"a frozenset", 7.5, b"of constants"})


class Thing:
    number = 1234.5

    def method(self, keyword=b"a default"):
        def inner():
            return self, b"of the inner one", keyword
        return inner
