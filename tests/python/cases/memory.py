"""Importing again and again takes no more memory, and modules are as large as under stock."""

import ctypes
import gc
import importlib
import importlib.util
import sys

import support.chain_a
import support.classes
import support.lazy

for module in (support, support.chain_a, support.classes):
    print(module.__name__, [sys.getsizeof(vars(thing)) for thing in
                            (module.__spec__, module.__loader__)],
          sys.getsizeof(module.__spec__), sys.getsizeof(module.__spec__.name),
          module.__path__ is module.__spec__.submodule_search_locations
          if hasattr(module, "__path__") else None,
          [sys.getrefcount(thing) for thing in (module, module.__spec__, module.__loader__)])


class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "abcdefghij"]


mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)
if mallinfo2:
    mallinfo2.restype = Info


def in_use():
    """Objects, and bytes by malloc."""
    gc.collect()
    return sys.getallocatedblocks(), mallinfo2().h if mallinfo2 else 0


def forget(*names):
    for name in names:
        sys.modules.pop(name, None)


def attempt(function, *args):
    try:
        function(*args)
    except (ImportError, ValueError, KeyError, LookupError):
        pass


def served():
    forget("support", "support.chain_a", "support.chain_b", "support.chain_c", "support.lazy")
    import support.chain_a
    from support import lazy
    importlib.import_module("support.chain_b")


def absent():
    for name in ("there_is_no_such_module", "support.there_is_no_such_module"):
        attempt(importlib.import_module, name)


def failing():
    for name in ("support.raises", "support.imports_missing", "support.vanishes",
                 "support.refusing.below_raises"):
        forget(name, "support.refusing")
        attempt(importlib.import_module, name)


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "support.lazy":
            return importlib.util.spec_from_file_location(name, support.lazy.__file__)
        if name == "support.chain_b":
            raise LookupError(name)


def found():
    sys.meta_path.insert(0, Finder)
    try:
        forget("support.lazy", "support.chain_b")
        import support.lazy
        attempt(importlib.import_module, "support.chain_b")
    finally:
        sys.meta_path.remove(Finder)


def by_hand():
    spec = importlib.util.find_spec("support.lazy")
    spec.loader.get_code(spec.name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    importlib.util.find_spec("support.there_is_no_such_module")
    sys.modules[spec.name] = module
    importlib.reload(module)


def off_the_path():
    saved = sys.path[:]
    sys.path.insert(0, "/nowhere/at/all")
    sys.path.insert(0, "/usr")
    forget("colorsys")
    attempt(importlib.import_module, "colorsys")
    sys.path[:] = saved


def invalidated():
    importlib.invalidate_caches()
    forget("support.chain_c")
    import support.chain_c


def grows(function):
    """Caches settle after a while; what leaks does so in each round, once a call at least."""
    sizes = [in_use()]
    for _ in range(6):
        for _ in range(200):
            function()
        sizes.append(in_use())
    growth = [(now[0] - then[0], now[1] - then[1]) for then, now in zip(sizes, sizes[1:])]
    return min(objects for objects, _ in growth) > 150 or min(size for _, size in growth) > 3000


for function in (served, absent, failing, found, by_hand, off_the_path, invalidated):
    print(function.__name__, "leaks" if grows(function) else "does not leak")
