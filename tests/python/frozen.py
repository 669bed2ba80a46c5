# SPDX-License-Identifier: MIT
"""Modules that are frozen into the interpreter are those of stock Python, though from 3.13 on their code
comes from the bundle: all that can be reached from them, and what programs do with them.
"""

import functools
import sys

import harness
import images

EARLY = ["_frozen_importlib_external", "zipimport", "codecs", "abc", "io", "site", "os", "stat", "posixpath",
         "genericpath", "_collections_abc", "_sitebuiltins"]
# The last ones are not in the bundle.
LATER = ["importlib.util", "importlib.machinery", "runpy", "__hello__", "__phello__"]
NOT_READY = sys.version_info[:2] in ((3, 13), (3, 14))
COUNT = rb"frozen modules +(\d+) not"

# What `python3 frozen.py PROGRAM` does; show() tells of a module and of what is made of it.
PRELUDE = """\
import _imp
import binascii
import sys

def fields(code):
    # co_lnotab warns.
    yield [getattr(code, name) for name in dir(code)
           if name.startswith("co_") and name not in ("co_consts", "co_lnotab")
           and not callable(getattr(code, name))]
    yield [*code.co_positions()]
    for constant in code.co_consts:
        if isinstance(constant, type(code)):
            yield from fields(constant)
        else:
            yield sorted(map(repr, constant)) if isinstance(constant, frozenset) else repr(constant)

def show(name):
    module = __import__(name, fromlist=["x"])
    spec = module.__spec__
    print(name, [key for key in vars(module)], getattr(module, "__file__", None), spec.origin, spec.loader,
          spec.loader_state, module.__loader__ is spec.loader, spec.has_location)
    codes = [value.__code__ for value in vars(module).values() if hasattr(value, "__code__")]
    print(len(codes), binascii.crc32(str([[*fields(code)] for code in codes]).encode()))
    return module

def code(name):
    found = _imp.get_frozen_object(name)
    print(name, found.co_filename, binascii.crc32(str([*fields(found)]).encode()))
    return found
"""

PROGRAMS = {
    "all": """
for name in NAMES:
    show(name)
print(list(sys.modules))
""",
    "twice": """
for name in NAMES:
    first, second, third = code(name), code(name), code(name)
    print(first == second == third, first is second, second is third,
          first.co_consts is second.co_consts, second.co_consts is third.co_consts)
    globals_1, globals_2 = {"__name__": name}, {"__name__": name}
    if name in ("abc", "codecs", "stat", "genericpath", "importlib.machinery"):
        exec(first, globals_1)
        exec(first, globals_2)
        print(list(globals_1) == list(globals_2), *globals_1)
""",
    "reload": """
import importlib
for name in NAMES:
    if name not in ("site", "_frozen_importlib_external"):
        print(importlib.reload(show(name)) is show(name))
""",
    "anew": """
for name in NAMES:
    if name not in ("site", "_frozen_importlib_external", "zipimport", "__phello__"):
        before = sys.modules.pop(name, None)
        now = show(name)
        print(now is before, before and [key for key in vars(before) if key not in vars(now)])
""",
    "override": """
for name in NAMES:
    for value in -1, 1, 0:
        _imp._override_frozen_modules_for_tests(value)
        try:
            code(name)
        except ImportError as error:
            print(error, error.name)
_imp._override_frozen_modules_for_tests(-1)
for name in "runpy", "importlib.util", "stat":
    sys.modules.pop(name, None)
    show(name)
""",
    "loader": """
from _frozen_importlib import FrozenImporter
for name in NAMES:
    print(FrozenImporter.get_code(name).co_filename, FrozenImporter.get_source(name),
          FrozenImporter.is_package(name), FrozenImporter.find_spec(name))
""",
    "arguments": """
for arguments in [], [None], [1], [b"runpy"], ["no such"], ["runpy", None], ["runpy", b""], ["runpy", b"x"], \
                 ["\\udc80"], ["runpy\\0"], ["runpy", 1], ["runpy", None, None]:
    try:
        print(_imp.get_frozen_object(*arguments).co_name)
    except Exception as error:
        print(type(error), error)
try:
    _imp.get_frozen_object(name="runpy")
except TypeError as error:
    print(error)
class Name(str):
    pass
print(_imp.get_frozen_object(Name("runpy")).co_filename)
import marshal
print(_imp.get_frozen_object("runpy", marshal.dumps(compile("1", "mine", "exec"))).co_filename)
function = _imp.get_frozen_object
print(function, function.__doc__, function.__text_signature__, function.__self__, function.__module__,
      function == _imp.get_frozen_object, len({function, _imp.get_frozen_object}))
""",
    "audited": """
events = []
sys.addaudithook(lambda event, arguments: events.append((event, len(arguments)))
                 if event in ("import", "exec", "marshal.loads", "compile") else None)
for name in NAMES:
    code(name)
    print(name, events)
    events.clear()
""",
    "refused": """
def hook(event, arguments):
    if event == "marshal.loads":
        raise RuntimeError("not here")
sys.addaudithook(hook)
for name in NAMES:
    try:
        print(_imp.get_frozen_object(name))
    except BaseException as error:
        print(name, repr(error), repr(error.__context__))
""",
    "traced": """
seen = []
sys.settrace(lambda frame, event, argument: seen.append(
    (frame.f_code.co_filename, frame.f_code.co_name, frame.f_lineno, event)))
sys.setprofile(lambda frame, event, argument: seen.append(
    (frame.f_code.co_name, event, getattr(argument, "__name__", None))))
import runpy, importlib.util
sys.setprofile(None)
sys.settrace(None)
print(*seen, sep="\\n")
""",
    "replaced": """
import ctypes
class Frozen(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("code", ctypes.c_char_p), ("size", ctypes.c_int),
                ("is_package", ctypes.c_int)]
    if sys.version_info < (3, 13):
        _fields_.append(("get_code", ctypes.c_void_p))
import marshal
text = marshal.dumps(compile("mine = 1", "mine", "exec"))
table = (Frozen * 3)(Frozen(b"runpy", text, len(text), 0), Frozen(b"stat", None, 0, 0))
pointer = ctypes.c_void_p.in_dll(ctypes.pythonapi, "PyImport_FrozenModules")
pointer.value = ctypes.addressof(table)
for name in NAMES:
    sys.modules.pop("runpy", None)
    try:
        code(name)
    except ImportError as error:
        print(error)
import runpy
print(runpy.mine)
pointer.value = None
del sys.modules["runpy"]
show("runpy")
""",
    "interpreters": """
try:
    import _xxsubinterpreters as interpreters
except ImportError:
    import _interpreters as interpreters
number = interpreters.create()
interpreters.run_string(number, open(__file__).read().split("# END")[0] + \"\"\"
for name in NAMES:
    show(name)
    first, second = code(name), code(name)
    print(first == second, first is second)
\"\"\")
interpreters.destroy(number)
for name in NAMES:
    code(name)
""",
    "forked": """
import os
for name in NAMES[::2]:
    code(name)
sys.stdout.flush()
child = os.fork()
for name in NAMES:
    code(name)
sys.stdout.flush()
if child:
    os.waitpid(child, 0)
    show("runpy")
""",
    "threads": """
import threading
def look():
    found.append([list(fields(_imp.get_frozen_object(name))) for name in NAMES])
found = []
threads = [threading.Thread(target=look) for i in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(all(codes == found[0] for codes in found), binascii.crc32(str(found[0]).encode()))
""",
    "uncaught": """
import os
os.fspath = None
import runpy
runpy.run_path(3)
""",
    "changed": """
import os, posixpath
def join(*parts): return "+".join(parts)
posixpath.join.__code__ = join.__code__
print(os.path.join("a", "b"), posixpath.join.__code__.co_filename == __file__)
os.path.split.__code__ = os.path.split.__code__.replace(co_name="other")
print(os.path.split("a/b"), os.path.split.__code__.co_name)
print(os.walk.__code__.replace(co_filename="elsewhere").co_filename)
""",
}
OPTIONS = [["-X", "frozen_modules=off"], ["-X", "frozen_modules=on"], ["-O"], ["-OO"], ["-S"], ["-E"],
           ["-I"], ["-B"], ["-P"], ["-X", "dev"], ["-X", "tracemalloc"], ["-X", "importtime"],
           ["-X", "no_debug_ranges"]]


def only_names(err):
    """Of -X importtime, which tells times, the names."""
    return b"\n".join(line.rpartition(b"|")[2] if line.startswith(b"import time:") else line
                      for line in err.splitlines() if b"pystart" not in line)


def same(name, tap):
    with harness.Sandbox() as sandbox:
        names = f"NAMES = {EARLY + LATER}\n# END\n"
        sandbox.write("main.py", PRELUDE + names + PROGRAMS[name])
        sandbox.record("main.py")
        for seed in "0", "77":
            harness.compare(tap, sandbox, f"{name}: seed {seed}", ["main.py"],
                            env=sandbox.env(PYTHONHASHSEED=seed))


def imports(err):
    """Of -v, what it says of imports. The rest is about paths of .pyc files, and the end."""
    return b"\n".join(line for line in err.splitlines() if line.startswith(b"import ") and b"Frozen" in line)


def under_options(tap):
    with harness.Sandbox() as sandbox:
        sandbox.write("main.py", PRELUDE + f"NAMES = {EARLY + LATER}\n" + PROGRAMS["all"] +
                      PROGRAMS["twice"])
        sandbox.record("main.py")
        harness.compare(tap, sandbox, "-v", ["-v", "main.py"], only=imports,
                        env=sandbox.env(PYTHONHASHSEED="0"))
        for options in OPTIONS:
            harness.compare(tap, sandbox, " ".join(options), [*options, "main.py"], only=only_names,
                            env=sandbox.env(PYTHONHASHSEED="0"))


def reachable(tap):
    """Objects, and which of them are the same."""
    with images.Sandbox({"empty": images.EMPTY}) as sandbox:
        # Of importlib's functions two are of a derived type in 3.11, which reachable.py goes by.
        sandbox.args = ["reachable.py", *LATER, *(EARLY if NOT_READY else EARLY[1:])]
        sandbox.compare(tap, "all that is reachable")
        for description, extra in images.CONDITIONS:
            sandbox.compare(tap, "all that is reachable: " + description, **extra)
        sandbox.compare_elsewhere(tap, "all that is reachable, at another address")


def count(sandbox, *options, **extra):
    return harness.count_in_stats(sandbox, COUNT, [*options, "main.py"], sandbox.env(**extra))


def counts(tap):
    """Where it is done, and where not."""
    with harness.Sandbox() as sandbox:
        sandbox.write("main.py", "import runpy, json")
        sandbox.record("main.py")
        number = count(sandbox)
        tap.result(number > 9 if NOT_READY else number == 0, "frozen modules from the bundle", number)
        number = count(sandbox, PYSTART_WITHOUT="frozen")
        tap.result(number == 0, "none: PYSTART_WITHOUT=frozen", number)
        number = count(sandbox, "-X", "frozen_modules=off")
        tap.result(number < 3, "but importlib and zipimport, none: -X frozen_modules=off", number)
        sandbox.record("main.py", keys=[("payload", "marshal")])
        tap.result(count(sandbox) == 0, "none: marshalled code")


def main():
    tests = [functools.partial(same, name) for name in PROGRAMS]
    return harness.in_parallel(lambda test, tap: test(tap), [counts, reachable, under_options, *tests])


if __name__ == "__main__":
    sys.exit(main())
