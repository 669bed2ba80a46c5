"""Makes very little, and leaves an object that refers to itself."""

import sys


class Node:
    def __del__(self):
        print("collected")


node = Node()
node.me = node
del node


def again():
    """The module, made once more."""
    del sys.modules[__name__]
    import support.leaves_cycle
    return support.leaves_cycle
