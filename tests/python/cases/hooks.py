"""Hooks are asked as under stock: finders in front, __import__, audit events, profiling."""

import builtins
import importlib.abc
import importlib.machinery
import os
import sys

asked = []


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        asked.append((name, path and list(path), target))
        if name == "given":
            return importlib.machinery.ModuleSpec(name, Loader(), origin="nowhere")
        if name == "colorsys":
            return importlib.machinery.ModuleSpec(name, Loader(), origin="mine")
        return None


class Loader(importlib.abc.Loader):
    def exec_module(self, module):
        module.made_by = "the finder of the test"


events = []


def audit(event, args):
    if event == "import":
        events.append((event, args[0]))
    elif event == "exec":
        events.append((event, getattr(args[0], "co_filename", None)))


sys.meta_path.insert(0, Finder())
import colorsys
import csv
import email.mime.base
import given
import support.chain_a

print(asked, colorsys.made_by, given.made_by, given)
del sys.meta_path[0], asked[:]

sys.addaudithook(audit)
import fractions
import html.parser
import support.classes
print([(k, v) for k, v in events])

imported = []
original = builtins.__import__


def tracing(name, globals=None, locals=None, fromlist=(), level=0):
    importer = globals and globals.get("__name__")
    if importer != "importlib._bootstrap_external":  # which imports for itself, when it reads
        imported.append((name, importer, fromlist, level))
    return original(name, globals, locals, fromlist, level)


builtins.__import__ = tracing
import plistlib
import xml.dom.minidom
builtins.__import__ = original
print(imported)

calls = []
sys.setprofile(lambda frame, event, arg: event == "call" and frame.f_code.co_name == "<module>"
               and calls.append(frame.f_code.co_filename))
import pprint
import tomllib
sys.setprofile(None)
print(calls)

# A path entry that only a hook of the program understands.
def path_hook(entry):
    if entry != "scheme:entry":
        raise ImportError
    return EntryFinder()


class EntryFinder:
    def find_spec(self, name, target=None):
        if name != "bisect":
            return None
        return importlib.machinery.ModuleSpec(name, Loader(), origin="scheme")


sys.modules.pop("bisect", None)
sys.path_hooks.insert(0, path_hook)
sys.path.insert(0, "scheme:entry")
import bisect
import support.ring_a
print(bisect, vars(bisect).get("made_by"), os.path.basename(support.ring_a.__file__))
sys.path[:] = []
sys.meta_path[:] = [f for f in sys.meta_path if getattr(f, "__name__", "") != "PathFinder"]
try:
    import wave
except ImportError as error:
    print(repr(error))
