import dataclasses
import enum


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


@dataclasses.dataclass
class Point:
    x: int
    y: int

    def swap(self):
        """Exchange the two."""
        return Point(self.y, self.x)


def double(x):
    return 2 * x


def is_vowel(letter):
    return letter in {"a", "e", "i", "o", "u"}


def is_early_vowel(letter):
    return letter in {"a", "e", "i", "o", "u"}


def is_other_vowel(letter):
    return letter > "a" and letter in {"a", "e", "i", "o", "u"}
