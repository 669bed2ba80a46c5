"""A program that takes references to what code refers to, or gives them back, sees it in the counts."""

import ctypes
import sys

from support import constants


def everything(code):
    """The code, and all that it refers to, in an order that does not depend on hashes."""
    fields = (code.co_consts, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars,
              code.co_filename, code.co_name, code.co_qualname, code.co_linetable,
              code.co_exceptiontable)
    found, todo = [code], [*fields]
    while todo:
        thing = todo.pop(0)
        found.append(thing)
        if isinstance(thing, tuple):
            todo += thing
        elif isinstance(thing, type(code)):
            found += everything(thing)
    return found


def change(thing):
    """By how much ten references raise the count, ten of them given back, and ten of C's."""
    before = sys.getrefcount(thing)
    references = [thing] * 10
    taken = sys.getrefcount(thing) - before
    references.clear()
    given = sys.getrefcount(thing) - before
    for _ in range(10):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    of_c = sys.getrefcount(thing) - before
    for _ in range(10):
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(thing))
    return taken, given, of_c, sys.getrefcount(thing) - before


for function in (constants.texts, constants.values, constants.Thing.method):
    for thing in everything(function.__code__):
        is_whole = not isinstance(thing, (tuple, frozenset, type(function.__code__)))
        print(type(thing).__name__, repr(thing) if is_whole else "", change(thing))
