# SPDX-License-Identifier: MIT
"""Programs that change how modules are found: the outcome is stock's, and what the change does not
bear on is served all the same. The C stack that imports take, and their depth.
"""

import functools
import sys
import zipfile

import harness

# Modules of the standard library that nothing before has imported.
IMPORTS = """
import colorsys, csv, fractions, html.parser, plistlib, statistics, tomllib, wave, xml.dom.minidom
for name, module in sorted(sys.modules.items()):
    spec = getattr(module, "__spec__", None)
    if spec is not None and spec.origin not in ("built-in", "frozen"):
        print(name, spec.origin, spec.cached, vars(module).get("__cached__"), type(spec.loader))
try:
    import there_is_no_such_module
except ImportError as error:
    print(repr(error))
"""

# What comes before: the program's change, and whether all other modules are served after it; those
# that were imported before are served in any case. None: not looked at.
CHANGES = {
    "nothing": ("", True),
    "no find_distributions": ("del PathFinder.find_distributions", True),
    "another find_distributions": ("PathFinder.find_distributions = None", True),
    "an attribute set and taken back": ("f = PathFinder.find_spec; PathFinder.find_spec = 1;"
                                        " del PathFinder.find_spec;"
                                        " PathFinder.find_spec = classmethod(f.__func__)", False),
    "a path hook behind": ("""
def hook(path):
    print("hook", path)
    raise ImportError
sys.path_hooks.append(hook)
sys.path_importer_cache.clear()""", True),
    "a path hook in front that takes nothing": ("""
def hook(path):
    print("hook", path)
    raise ImportError
sys.path_hooks.insert(0, hook)
sys.path_importer_cache.clear()""", True),
    "a path hook with finders of its own": ("""
class Finder:
    def __init__(self, path):
        if not path.endswith("only-here"):
            raise ImportError
    def find_spec(self, name, target=None):
        print("asked", name, target, sys._getframe(1).f_code.co_name,
              [f.f_code.co_name for f in frames()])
def frames():
    frame = sys._getframe(1)
    while frame:
        yield frame
        frame = frame.f_back
sys.path_hooks.append(Finder)
sys.path.insert(0, "only-here")""", True),
    "a finder of an entry that imports the module itself": ("""
import types
class Loader:
    def __init__(self, mark):
        self.mark = mark
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        print(module.__name__, self.mark)
class Raising(types.ModuleType):
    @property
    def __spec__(self):
        raise ValueError("no spec")
class Finder:
    def __init__(self, path):
        if path != "importing":
            raise ImportError
    def find_spec(self, name, target=None):
        if name not in ("colorsys", "csv", "wave", "tomllib", "statistics"):
            return None
        module = (Raising if name == "tomllib" else types.ModuleType)(name)
        if name == "colorsys":
            module.__spec__ = importlib.machinery.ModuleSpec(name, Loader("of the module"))
        elif name == "csv":
            del module.__spec__
        if name != "statistics":
            sys.modules[name] = module
        return importlib.machinery.ModuleSpec(name, Loader("of the finder"))
sys.path_hooks.append(Finder)
sys.path.insert(0, "importing")
try:
    import tomllib
except ValueError as error:
    print(error)
    del sys.path[0], sys.modules["tomllib"]
    import tomllib
    sys.path.insert(0, "importing")""", None),
    "a path hook in front, with the cache kept": ("""
import colorsys
def hook(path):
    print("hook", path)
    raise ImportError
sys.path_hooks.insert(0, hook)
import only_here
print(sorted(path for path in sys.path_importer_cache if "python3" in path)[:1])""", True),
    "a path hook in front that takes folders, with the cache kept": ("""
class Finder:
    def __init__(self, path):
        print("made for", path)
    def find_spec(self, name, target=None):
        print("asked", name)
sys.path_hooks.insert(0, Finder)""", None),
    "the same for one folder": ("""
import html.entities
class Finder:
    def __init__(self, path):
        print("made for", path)
    def find_spec(self, name, target=None):
        print("asked", name)
sys.path_hooks.insert(0, Finder)
del sys.path_hooks[0]""", True),
    "a path hook in front, with another cache": ("""
import html.entities
def hook(path):
    print("hook", path)
    raise ImportError
sys.path_hooks.insert(0, hook)
sys.path_importer_cache = {}""", True),
    "a cache that was cleared before": ("""
import html.entities
sys.path_importer_cache.clear()
import colorsys
def hook(path):
    print("hook", path)
    raise ImportError
sys.path_hooks.insert(0, hook)""", True),
    "a hook that is there for a finder of the program": ("""
def hook(path):
    print("hook", path)
    raise ImportError
sys.path_hooks.insert(0, hook)
PathFinder.find_spec("wave")
import importlib.util
importlib.util.find_spec("statistics")""", True),
    "a folder that is made after it was searched": ("""
import os
sys.path.insert(0, os.path.abspath("late"))
import colorsys
os.mkdir("late")
for name in ("only_here", "wave"):
    with open("late/%s.py" % name, "w") as file:
        print("print('found', __name__)", file=file)
for _ in range(2):
    try:
        import only_here
    except ImportError as error:
        print(error)
    importlib.invalidate_caches()
import wave
import shutil
shutil.rmtree("late")""", None),
    "replaced code of _find_spec": ("""
import _frozen_importlib
def find_spec(name, path, target=None):
    print("_find_spec", name)
    return original(name, path, target)
import types
original = types.FunctionType(_frozen_importlib._find_spec.__code__, vars(_frozen_importlib))
_frozen_importlib.original = original
_frozen_importlib._find_spec.__code__ = find_spec.__code__
_frozen_importlib.print = print""", False),
    "replaced code of a method": ("""
import importlib.machinery
def is_package(self, name):
    print("is_package", name)
    return "html" in name
importlib.machinery.SourceFileLoader.is_package.__code__ = is_package.__code__
def __init__(self, name, path):
    print("loader for", name)
    self.name = name
    self.path = path
importlib.machinery.SourceFileLoader.__init__.__code__ = __init__.__code__""", False),
    "replaced defaults": ("""
import _frozen_importlib
_frozen_importlib.ModuleSpec.__init__.__kwdefaults__["loader_state"] = "mine"
import colorsys
print(colorsys.__spec__.loader_state)""", False),
    "a class that is called zipimporter": ("""
class zipimporter:
    def __init__(self, path):
        print("zipimporter", path)
        raise ImportError
sys.path_hooks[:] = [zipimporter, *sys.path_hooks]
sys.path_importer_cache.clear()""", True),
    "an archive in front": ("sys.path.insert(0, 'archive.zip')", True),
    "an archive that is used": ("""
sys.path.insert(0, 'archive.zip')
sys.path.insert(0, 'archive.zip/below')
import other, lower
print(other.__spec__, lower.__spec__)""", True),
    "an archive that has one of the modules": ("sys.path.insert(0, 'archive.zip/shadow')", None),
    "a finder behind": ("""
class Behind:
    @staticmethod
    def find_spec(name, path=None, target=None):
        print("behind", name, path)
sys.meta_path.append(Behind)""", True),
    "a finder in front": ("""
class Before:
    @staticmethod
    def find_spec(name, path=None, target=None):
        print("before", name, path)
sys.meta_path.insert(0, Before)""", True),
    "a wrapper in the path finder's place": ("""
class Wrapper:
    def find_spec(self, name, path=None, target=None):
        print("wrapped", name)
        return PathFinder.find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Wrapper()""", True),
    "a changed FrozenImporter": ("""
from _frozen_importlib import FrozenImporter
find = FrozenImporter.find_spec
def find_spec(name, path=None, target=None):
    print("frozen", name)
    return find(name, path, target)
FrozenImporter.find_spec = find_spec""", True),
    "a changed BuiltinImporter": ("""
from _frozen_importlib import BuiltinImporter
find = BuiltinImporter.find_spec
BuiltinImporter.find_spec = lambda name, *rest: print("built-in", name) or find(name, *rest)""",
                                  True),
    "a changed FileFinder": ("""
from importlib.machinery import FileFinder
find = FileFinder.find_spec
FileFinder.find_spec = lambda self, name, target=None: print("file", name) or find(self, name, target)
""", False),
    "a finder with a function of its own": ("""
stdlib = next(p for p in sys.path if p.endswith(sys.version[:4]))
finder = PathFinder._path_importer_cache(stdlib)
def find_spec(name, target=None):
    print("own", name)
    return type(finder).find_spec(finder, name, target)
finder.find_spec = find_spec""", None),
    "a finder for another folder": ("""
from importlib import _bootstrap_external as external
stdlib = next(p for p in sys.path if p.endswith(sys.version[:4]))
sys.path_importer_cache[stdlib] = external.FileFinder("/nowhere",
                                                      *external._get_supported_file_loaders())
sys.path.append(stdlib + "/")""", None),
    "pycache_prefix": ("sys.pycache_prefix = 'elsewhere'", False),
    "cache_tag": ("sys.implementation.cache_tag = 'other'", False),
    "no cache_tag": ("sys.implementation.cache_tag = None", False),
    "another suffix": ("importlib.machinery.SOURCE_SUFFIXES.append('.pyx');"
                       " sys.path_importer_cache.clear()", False),
    "hash checks": ("import _imp; _imp.check_hash_based_pycs = 'always'", False),
}


HEAD = "import sys, importlib.machinery\nfrom importlib.machinery import PathFinder\n"
ENV = {"PYTHONDONTWRITEBYTECODE": "1"}


def check_served(tap, sandbox, name, counts, is_served):
    """Counts of modules served before the change, without one, and with it."""
    before, undisturbed, served = counts
    right = served >= undisturbed if is_served else served <= before + 2
    tap.result(right and undisturbed > before + 20, f"{name}: served or not",
               f"before {before}, without the change {undisturbed}, with it {served}")


def count_served(sandbox, *programs):
    counts = []
    for program in programs:
        sandbox.write("plain.py", program)
        counts.append(sandbox.served(["plain.py"], env=sandbox.env(**ENV)))
    return counts


def check_change(name, tap):
    change, is_served = CHANGES[name]
    with harness.Sandbox() as sandbox:
        with zipfile.ZipFile(sandbox.path / "archive.zip", "w") as archive:
            archive.writestr("other.py", "")
            archive.writestr("below/lower.py", "")
            archive.writestr("shadow/wave.py", "print('the archive has', __name__)")
        sandbox.write("only_here.py", "")
        sandbox.write("plain.py", HEAD + IMPORTS)
        sandbox.record("plain.py")
        program = HEAD + change + "\n" + IMPORTS
        counts = count_served(sandbox, HEAD, HEAD + IMPORTS, program)
        harness.compare(tap, sandbox, name, ["plain.py"], env=sandbox.env(**ENV))
        if is_served is not None:
            check_served(tap, sandbox, name, counts, is_served)


# --- setuptools' finders for packages that are developed in place

def check_editable(tap):
    try:
        from setuptools.command.editable_wheel import _finder_template
    except ImportError:
        return tap.skip("setuptools' editable finders", "there is no setuptools that has them")
    with harness.Sandbox() as sandbox:
        source = sandbox.path / "source"
        sandbox.write("source/mapped/__init__.py", "from . import part\n")
        sandbox.write("source/mapped/part.py", "")
        sandbox.write("source/space/below/__init__.py", "")
        finder = "__editable___app_1_0_finder"
        sandbox.write(finder + ".py", _finder_template(
            "app", {"mapped": str(source / "mapped"), "space.below": str(source / "space/below")},
            {"space": [str(source / "space")]}))
        install = f"import {finder}; {finder}.install()\n"
        used = ("import mapped, space.below\n"
                "print(mapped.part.__spec__, mapped.__spec__, list(space.__path__), space.below)\n")
        program = HEAD + install + IMPORTS + used
        sandbox.write("plain.py", program)
        sandbox.record("plain.py")
        counts = count_served(sandbox, HEAD + f"import {finder}\n",
                              HEAD + f"import {finder}\n" + IMPORTS, program)
        harness.compare(tap, sandbox, "editable finders", ["plain.py"], env=sandbox.env(**ENV))
        check_served(tap, sandbox, "editable finders", counts, True)


# --- names in PYSTART_STATS

def check_names(tap):
    with harness.Sandbox() as sandbox:
        sandbox.write("plain.py", "import sys\nimport wave\n")
        sandbox.record("plain.py")
        sandbox.write("plain.py", "import sys\nfrom importlib.machinery import *\nclass Mine:\n"
                      "    find_spec = PathFinder.find_spec\nsys.meta_path[-1] = Mine\n"
                      "import wave\n")
        err = harness.run([harness.PYSTART, "plain.py"], cwd=sandbox.path,
                          env=sandbox.env(PYSTART_STATS="1")).err
        tap.result(b"meta path finder __main__.Mine, " in err, "statistics name the finder", err)


def check_lent(tap):
    """What a finder in the path finder's place is lent is not counted as left to Python."""
    change, _ = CHANGES["a wrapper in the path finder's place"]
    with harness.Sandbox() as sandbox:
        sandbox.write("plain.py", HEAD + IMPORTS)
        sandbox.record("plain.py")
        sandbox.write("plain.py", HEAD + change + "\n" + IMPORTS)
        err = harness.run([harness.PYSTART, "plain.py"], cwd=sandbox.path,
                          env=sandbox.env(PYSTART_STATS="1")).err
        tap.result(b"foreign-finder" not in err and b"meta path finder __main__.Wrapper" in err,
                   "what is lent is not left to Python", err)


# --- the C stack

CHAIN = """
import sys, threading
threading.stack_size(int(sys.argv[1]) * 1024)
sys.path.insert(0, "chain")
thread = threading.Thread(target=__import__, args=("link0",))
thread.start()
thread.join()
"""
LEVELS = 60


def least_stack(program, sandbox):
    low, high = 32, 1024
    while high - low > 4:
        middle = (low + high) // 8 * 4
        done = harness.run([program, "chain.py", str(middle)], cwd=sandbox.path, env=sandbox.env())
        low, high = (low, middle) if done.status == 0 else (middle, high)
    return high


def check_stack(tap):
    if harness.SANITIZED:
        return tap.skip("the C stack of nested imports", "with sanitizers frames are larger")
    with harness.Sandbox() as sandbox:
        for i in range(LEVELS):
            sandbox.write(f"chain/link{i}.py", f"import link{i + 1}\n")
        sandbox.write(f"chain/link{LEVELS}.py", "")
        sandbox.write("chain.py", CHAIN)
        sandbox.record("chain.py", "8192")
        stock = least_stack(harness.PYTHON, sandbox)
        ours = least_stack(harness.PYSTART, sandbox)
        tap.result(ours <= stock, "the C stack of nested imports",
                   f"KiB: stock {stock}, pystart {ours}")


DEPTHS = """
import sys
sys.path.insert(0, "chain")
for limit in range(100, 400, 7):
    reached = []
    sys.reached = reached.append
    sys.setrecursionlimit(limit)
    try:
        import link0
    except RecursionError as error:
        print(limit, len(reached), error)
    for name in [name for name in sys.modules if name.startswith("link")]:
        del sys.modules[name]
"""


def check_depth(tap):
    """Imports are as deep as under stock when the recursion limit is reached."""
    with harness.Sandbox() as sandbox:
        for i in range(120):
            sandbox.write(f"chain/link{i}.py", f"import sys\nsys.reached({i})\nimport link{i + 1}\n")
        sandbox.write("chain/link120.py", "")
        sandbox.write("main.py", DEPTHS)
        sandbox.record("main.py")
        harness.compare(tap, sandbox, "the depth of imports", ["main.py"])


def main():
    names = sys.argv[1:] or list(CHANGES)
    cases = [functools.partial(check_change, name) for name in names]
    if not sys.argv[1:]:
        cases += [check_editable, check_names, check_lent, check_stack, check_depth]
    return harness.in_parallel(lambda case, tap: case(tap), cases)


if __name__ == "__main__":
    sys.exit(main())
