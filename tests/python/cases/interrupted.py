"""An import that ends in the middle leaves the same state behind."""

import importlib
import importlib._bootstrap as bootstrap
import os
import signal
import sys
import threading
import traceback

import support.chain_a

MODULES = ("support.interrupted", "support", "support.imports_interrupted", "support.chain_a")


def show(title, how, name):
    for loaded in [n for n in sys.modules if n.startswith("support")]:
        del sys.modules[loaded]
    print("---", title, name)
    try:
        print(how(name))
    except BaseException as error:
        print(repr(error))
        print("".join(traceback.format_exception(error)))
    for module in MODULES:
        found = sys.modules.get(module)
        print(module, found, found and (found.__spec__._initializing,
                                        found.__spec__._uninitialized_submodules,
                                        sorted(k for k in vars(found) if k[0] != "_")))
    print(sorted(k for k in bootstrap._module_locks if k.startswith("support")),
          getattr(bootstrap, "_blocking_on", None) and "blocked")
    import _imp
    print(_imp.lock_held())


def statement(name):
    exec(f"import {name}", {"__name__": "somewhere"})


class Raises(Exception):
    pass


sys.raise_what = None
for what in (KeyboardInterrupt, MemoryError, SystemExit, GeneratorExit, Raises, ImportError,
             RecursionError, StopIteration):
    sys.raise_what = what
    for how in (importlib.import_module, statement, __import__):
        for name in ("support.interrupted", "support.imports_interrupted"):
            show(what.__name__, how, name)
sys.raise_what = "signal"
signal.signal(signal.SIGINT, signal.default_int_handler)
for how in (importlib.import_module, statement):
    show("a signal", how, "support.imports_interrupted")


def handler(number, frame):
    print("in the handler", frame.f_code.co_name)
    import support.classes
    print(support.classes.Point(1, 2))


signal.signal(signal.SIGINT, handler)
show("a handler that imports", statement, "support.imports_interrupted")
sys.raise_what = "fork"
show("fork", statement, "support.imports_interrupted")
sys.raise_what = "thread"
show("a thread that imports the same module", statement, "support.imports_interrupted")
sys.raise_what = None
show("and then", statement, "support.imports_interrupted")


class Finder:
    what = None

    def find_spec(self, name, path=None, target=None):
        if name == "support.chain_b" and self.what:
            raise self.what(name)


sys.meta_path.insert(0, Finder())
for Finder.what in (KeyboardInterrupt, MemoryError, SystemExit, Raises):
    show("finder: " + Finder.what.__name__, statement, "support.chain_a")
