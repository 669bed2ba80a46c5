"""A package for the cases: modules that fail, warn, wait for each other."""

NAME = __name__
