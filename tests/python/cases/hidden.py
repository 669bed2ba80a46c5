"""What the importer keeps for itself: nobody who asks the collector or a class finds it."""

import builtins
import gc
import importlib._bootstrap
import importlib._bootstrap_external
import re
import sys
import types
from collections import Counter

import json.decoder
import support.works

try:
    import support.no_such_module
except ImportError as error:
    print(error)
sys.path_importer_cache.clear()  # under pystart, nobody has needed the finders of some folders
gc.collect()


def referrers(value):
    """Who refers to an object, by their types; this script aside."""
    found = [r for r in gc.get_referrers(value)
             if r is not globals() and not isinstance(r, types.FrameType)]
    return sorted(Counter(type(r).__name__ for r in found).items())


def describe(name, namespace):
    for key, value in list(namespace.items()):
        if callable(value) or isinstance(value, (list, dict, types.ModuleType)):
            print(f"{name}.{key}:", referrers(value))


describe("_bootstrap", vars(importlib._bootstrap))
describe("_bootstrap_external", vars(importlib._bootstrap_external))
describe("SourceLoader", vars(importlib._bootstrap_external.SourceLoader))
describe("PathFinder", vars(importlib._bootstrap_external.PathFinder))
if "_compiler" in vars(re):
    describe("_compiler", vars(re._compiler))
    describe("_parser", vars(re._parser))
print("sys.path:", [referrers(entry) for entry in sys.path])
for module in (sys, builtins, importlib._bootstrap, importlib._bootstrap_external):
    print(module.__name__, referrers(vars(module)))

# Types of ours are in no list of subclasses, and in none of the collector's.
print(sorted((c.__module__, c.__qualname__) for c in object.__subclasses__()
             if not c.__flags__ & 1 << 9))
print(types.FunctionType.__subclasses__(), types.BuiltinFunctionType.__subclasses__())
print([o for o in gc.get_objects() if isinstance(o, tuple) and types.FunctionType in o])
print([o for o in gc.get_objects() if type(o).__name__ == "function" and "relay" in repr(o)])

# Functions that we stand in for say that they are what they were.
for function in (importlib._bootstrap._find_and_load, re.compile,
                 importlib._bootstrap_external.SourceLoader.get_code,
                 getattr(re, "_compiler", re).compile):
    print(function.__class__ is types.FunctionType, isinstance(function, types.FunctionType))
    try:
        function.__class__ = int
    except TypeError as error:
        print(error)
