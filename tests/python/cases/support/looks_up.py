"""Prints who imports it."""

import sys

frame = sys._getframe()
STACK = []
while frame:
    STACK.append((frame.f_code.co_filename, frame.f_code.co_qualname, frame.f_code.co_firstlineno,
                  frame.f_lineno, frame.f_globals["__name__"]))
    frame = frame.f_back
