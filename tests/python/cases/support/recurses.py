import sys

sys.depth = 0


def deeper():
    sys.depth += 1
    deeper()


try:
    deeper()
except RecursionError as error:
    print(repr(error))
