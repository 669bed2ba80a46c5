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
