"""Code objects are those that stock compiles: names, lines, positions, constants."""

import hashlib
import sys
import types

import argparse
import asyncio
import dataclasses
import email.message
import support.classes
import typing


def digest(code, seen):
    state = hashlib.sha256()
    for item in (code.co_name, code.co_qualname, code.co_filename, code.co_firstlineno,
                 code.co_flags, code.co_argcount, code.co_posonlyargcount, code.co_stacksize,
                 code.co_kwonlyargcount, code.co_nlocals, code.co_varnames, code.co_freevars,
                 code.co_cellvars, code.co_names, code.co_linetable, code.co_exceptiontable,
                 code.co_code):
        state.update(repr(item).encode())
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            state.update(digest(constant, seen))
        elif not isinstance(constant, frozenset):
            state.update(repr(constant).encode())
    seen.append(code.co_qualname)
    return state.digest()


for name, module in sorted(sys.modules.items()):
    for key, value in sorted(vars(module).items()):
        code = getattr(value, "__code__", None)
        if isinstance(code, types.CodeType):
            seen = []
            print(name, key, digest(code, seen).hex()[:16], len(seen))
# Names in code are interned; so are they here.
code = support.classes.double.__code__
print(all(sys.intern(n) is n for n in code.co_names + code.co_varnames))
# Constants that are one object for several functions of a module are one here.
def frozensets(function):
    return [c for c in function.__code__.co_consts if isinstance(c, frozenset)]


classes = support.classes
print(classes.is_vowel.__code__.co_consts is classes.is_early_vowel.__code__.co_consts,
      frozensets(classes.is_vowel)[0] is frozensets(classes.is_early_vowel)[0],
      frozensets(classes.is_vowel)[0] is frozensets(classes.is_other_vowel)[0],
      sorted(frozensets(classes.is_other_vowel)[0]))
