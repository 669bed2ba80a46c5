# SPDX-License-Identifier: MIT
"""How programs end that use an extension module which is not Python's: what its objects do when they
are destroyed is not lost, whatever refers to them, and what it does not do costs nothing.
"""

import functools
import os
import re
import shlex
import sys
import sysconfig

import ends
import harness

program = ends.Programs()

TYPES = ("Static", "timedelta", "StaticGC", "Heap", "HeapGC")

# Nothing that acts is alive.
program("imported", "quick", "import acts")
program("nothing alive", "quick", """\
import acts
for name in ("Static", "StaticGC", "Heap", "HeapGC"): getattr(acts, name)()
""")
program("plain objects", "quick", """\
import acts, collections, datetime, decimal, functools, logging, threading, types
plain = acts.Plain(); table = {"x": (1, (plain,)), "y": [plain]}
now = datetime.datetime.now(datetime.timezone.utc)
@functools.lru_cache
def cached(x): return (x, decimal.Decimal(x))
cached(1)
local = threading.local(); local.x = 1
code = compile("x = (1, 'a', b'b', None, frozenset({1}))", "code", "exec")
""")

# What refers to an object that acts, so that it lives to the end.
HOLDERS = {
    "a global": "x = made",
    "a list": "x = [made]",
    "nested tuples": "x = (1, ((made, 2), 'a'))",
    "a dictionary that the collector does not track": "x = (dict(a=1, b=made), 1)",
    "an attribute": "class C: pass\nx = C(); x.a = made",
    "a slot": "class C:\n    __slots__ = 'a'\nx = C(); x.a = made",
    "a class": "class C: a = made",
    "a closure": "def outer(y):\n    return lambda: y\nx = outer(made)",
    "a default": "def f(y=made): pass",
    "a cycle": "x = [made]; x.append(x); del x",
    "a constant of code": "x = compile('1', 'c', 'exec'); x = x.replace(co_consts=(1, (made,)))",
    "another module": "import json; json.x = made",
    "sys.modules": "import sys; sys.modules['made'] = made",
    "builtins": "import builtins; builtins.made = made",
    "threading.local": "import threading; x = threading.local(); x.a = made",
    "a context variable": "import contextvars; x = contextvars.ContextVar('x'); x.set(made)",
    "a cache": "import functools\n@functools.lru_cache\ndef f(y): return made\nf(1)",
    "a partial function": "import functools; x = functools.partial(print, made)",
    "a generator that waits": "def g(y):\n    yield 1\n    yield y\nx = g(made); next(x)",
    "a bound method": "x = made.__repr__",
    "an exception": "try: raise ValueError(made)\nexcept ValueError as e: x = e",
    "a deque": "import collections; x = collections.deque([made])",
    "an iterator": "x = iter([made])",
    "a weak dictionary": "import weakref\nclass C: pass\nk = C(); x = weakref.WeakKeyDictionary()\n"
                         "x[k] = made",
    "a time zone": """\
import datetime
class Zone(datetime.tzinfo): pass
zone = Zone(); zone.held = made
x = (datetime.datetime(2000, 1, 1, tzinfo=zone), datetime.time(1, tzinfo=zone)); del zone
""",
    "ctypes": "import ctypes; x = ctypes.py_object(made); y = ctypes.byref(x)",
    "a compressor": "import zlib; x = (zlib.compressobj(), made)",
    "the running loop": "import _asyncio; _asyncio._set_running_loop(made)",
    "sys": "import sys; sys.displayhook = made",
    "frozen objects": "import gc; x = [made]; gc.freeze()",
    "a module that is made by hand": "import sys, types\nm = types.ModuleType('m'); m.a = made\n"
                                     "sys.modules['m'] = m",
}
for kind in TYPES:
    program(f"{kind} in a global", "full", f"import acts; made = acts.{kind}()")
for kind in ("Static", "HeapGC"):
    for holder, text in HOLDERS.items():
        program(f"{kind} in {holder}", "full",
                f"import acts; made = acts.{kind}()\n{text}\ndel made\n")
program("a time zone of a derived time", None, """\
import acts, datetime
class Zone(datetime.tzinfo, acts.Static): __slots__ = ()
class Time(datetime.time): pass
x = Time(1, tzinfo=Zone())
""")
program("Static in attributes that __del__ looks at", "full", """\
import acts
class C:
    def __del__(self): self.all
x = C(); x.made = acts.Static(); x.all = [[]]
""")
for name, text in {
    "the file of keys": "c.keylog_filename = acts.Called()",
    "a callback": "c.sni_callback = acts.Called()",
    "a callback for messages": "c._msg_callback = acts.Called()",
    "a client's callback for keys":
        "if hasattr(c, 'set_psk_client_callback'): c.set_psk_client_callback(acts.Called())",
    "a server's callback for keys":
        "if hasattr(d, 'set_psk_server_callback'): d.set_psk_server_callback(acts.Called())",
}.items():
    program(f"what acts in a context for TLS as {name}", None, f"""\
import acts, ssl
c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT); d = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
{text}
""")
program("a context for TLS", "quick", """\
import acts, ssl
class Context(ssl.SSLContext):
    keylog_filename = property(lambda self: print("asked"))
x = (acts.Plain(),); c = ssl.create_default_context(), Context(ssl.PROTOCOL_TLS_CLIENT)
c[0].keylog_filename = "keys"; c[0]._msg_callback = print
""")
program("capsule", "full", "import acts; x = acts.capsule()")
program("capsule in a container", "full", "import acts; x = {'a': (acts.capsule(), 1)}")
program("capsule in a closure", "full", """\
import acts
def outer(y): return lambda: y
x = outer(acts.capsule())
""")
program("memoryview", "full", "import acts; x = memoryview(acts.Lender())")
program("class derived from it", "full", """\
import acts
class Derived(acts.Heap): pass
x = Derived()
""")
program("class derived from it without attributes", "full", """\
import acts
class Derived(acts.Static): __slots__ = ()
x = (Derived(), 1)
""")
program("class derived twice", "full", """\
import acts
class Derived(acts.HeapGC): pass
class Again(Derived):
    def __init__(self): self.x = 1
x = [Again()]
""")
program("a loop that ran", "quick", """\
import acts, asyncio
x = acts.Plain(); asyncio.run(asyncio.sleep(0))
""")
program("objects without fields", "quick", "import acts; x = (acts.Plain(), {1: acts.Plain()})")
program("nested deeper than is looked", None, """\
import acts
x = acts.Static()
for i in range(500): x = (x,)
""")
program("referred to too often", None, """\
import acts
x = (acts.Plain(),)
for i in range(50): x = (x, x)
""")

# Other builds of the same module, and another module under this name, which has functions only.
FUNCTIONS = "-DFUNCTIONS"
HIDING = """\
import acts, io, pickle
x = pickle.Unpickler(io.BytesIO())
"""
BUILDS = {
    "module with types, what hides references": (["-DOTHER"], "full", HIDING),
    "module that acts": (["-DMODULE_ACTS"], "full", "import acts"),
    "module that acts, out of sys.modules": (["-DMODULE_ACTS"], "full", """\
import acts, sys
x = (acts.Static, 1); del sys.modules["acts"], acts; m = x
"""),
    "module of functions": ([FUNCTIONS], "quick", "import acts; x = acts.answer()"),
    "module of functions, what hides references": ([FUNCTIONS], "quick", HIDING),
    "finalizer": (["-DFINALIZER"], "full", "import acts; x = (acts.Finalized(), 1)"),
    "another library": (["-Wl,--no-as-needed", "-lstdc++"], "quick", "import acts"),
    "another library, object": (["-Wl,--no-as-needed", "-lstdc++"], "full",
                                "import acts; x = acts.Heap()"),
}


def compile_extension(folder, name, source, options=()):
    """Whether there are a compiler and headers."""
    folder.mkdir()
    command = [*shlex.split(os.environ.get("CC", "cc")), "-shared", "-fPIC",
               "-I" + sysconfig.get_path("include"), "-o",
               folder / (name + sysconfig.get_config_var("EXT_SUFFIX")),
               harness.HERE / "extensions" / source, *options]
    try:
        outcome = harness.run(command)
    except FileNotFoundError:
        return False
    if outcome.status != 0 and b"Python.h" not in outcome.err:
        raise RuntimeError(outcome.err.decode())
    return outcome.status == 0


def compile_acts(folder, options):
    source = "functions.c" if FUNCTIONS in options else "acts.c"
    return compile_extension(folder, "acts", source, options)


def check(sandbox, libraries, name, tap):
    options = BUILDS[name][0] if name in BUILDS else ()
    library = libraries[tuple(options)]
    if library is None:
        tap.skip(name, "nothing to compile it with")
        return
    expected, text, _ = program.all[name]
    programs = ends.Programs()
    programs(name, expected, f"import sys; sys.path.insert(0, {str(library)!r})\n" + text)
    ends.check(sandbox, programs, name, tap)


def check_harmless(sandbox, library, names, expected, tap):
    """What the manifest says about the module is taken for true."""
    name = f"harmless: {names}"
    if library is None:
        tap.skip(name, "nothing to compile it with")
        return
    bundle = sandbox.path / (re.sub(r"\W", "-", names).strip("-") + ".pyb")
    manifest = sandbox.write(bundle.stem + ".yaml",
                             f"version: 1\nharmless: {names}\nmodules: [json]\n")
    harness.must([harness.PYBUNDLE, "build", "-q", manifest, "-o", bundle])
    code = f"import sys; sys.path.insert(0, {str(library)!r}); import acts; x = acts.Heap()"
    outcome = harness.run([harness.PYSTART, "-c", code], cwd=sandbox.path,
                          env=dict(sandbox.env(PYSTART_STATS="1"), PYSTART_BUNDLE=str(bundle)))
    taken = [line.split()[2].decode().strip(",") for line in outcome.err.splitlines()
             if line.startswith(b"pystart: exit ")]
    tap.result(taken == [expected if ends.IS_QUICK else "full"], name, taken)


# Modules where installers put those that are known: the package, names of types, what is expected of
# the objects of type HeapGC, and of one of type Static, if there is an object of an unknown module.
LISTED = [
    ("lxml", {}, "HeapGC", "quick"),
    ("lxml", {"HEAP_NAME": "lxml.etree._IncrementalFileWriter"}, "HeapGC", "full"),
    ("cryptography/hazmat/bindings", {}, "HeapGC", "quick"),
    ("cryptography/hazmat/bindings", {"HEAP_NAME": "builtins.FixedPool"}, "HeapGC", "full"),
    ("cryptography/hazmat/bindings", {}, "Static", "quick"),
    ("cryptography/hazmat/bindings", {}, "Hiding", "full"),
    ("cryptography/hazmat/bindings", {"STATIC_NAME": "builtins.ObjectIdentifier"}, "Hiding",
     "quick"),
    ("zope/interface", {}, "HeapGC", "quick"),
    ("zope/other", {}, "HeapGC", "full"),
    ("PIL", {}, "HeapGC", "quick"),
    ("PIL_like", {}, "HeapGC", "full"),
]
LISTED_PROGRAM = """\
import sys
sys.path.insert(0, {!r}); import acts as known; del sys.modules["acts"]
if {!r} == "Hiding":
    sys.path[0] = {!r}; import acts as unknown
x = (known.{}(),); print("made", type(x[0]))
"""


def check_listed(sandbox, unknown, case, tap):
    """What is said about a known package holds for what is in it, but for the types that are named."""
    package, names, what, expected = case
    name = f"listed: {package} {names} {what}"
    folder = sandbox.path / f"listed {LISTED.index(case)}" / "site-packages" / package
    folder.parent.mkdir(parents=True)
    options = [f'-D{key}="{value}"' for key, value in names.items()]
    if unknown is None or not compile_acts(folder, options):
        tap.skip(name, "nothing to compile it with")
        return
    made = names.get("HEAP_NAME" if what == "HeapGC" else "STATIC_NAME")
    attribute = made.rpartition(".")[2] if made else "HeapGC" if what == "HeapGC" else "Static"
    path = sandbox.write(f"listed {LISTED.index(case)}.py",
                         LISTED_PROGRAM.format(str(folder), what, str(unknown), attribute))
    outcome = harness.run([harness.PYSTART, path], cwd=sandbox.path,
                          env=sandbox.env(PYSTART_STATS="1"))
    taken = [line.split()[2].decode().strip(",") for line in outcome.err.splitlines()
             if line.startswith(b"pystart: exit ")]
    tap.result(outcome.out.startswith(b"made") and
               taken == [expected if ends.IS_QUICK else "full"], name, taken, outcome.out)


HARMLESS = [("[acts]", "quick"), ("[other, acts]", "quick"), ("[act]", "full"),
            ("[acts.more]", "full"), ("[other]", "full")]


def main():
    libraries = {}
    with harness.Sandbox() as sandbox:
        for options in [[], *(build[0] for build in BUILDS.values())]:
            folder = sandbox.path / f"library {len(libraries)}"
            if tuple(options) not in libraries:
                libraries[tuple(options)] = folder if compile_acts(folder, options) else None
        sandbox.write("imports.py", ends.IMPORTS)
        sandbox.record("imports.py")
        tests = [functools.partial(check, sandbox, libraries, name)
                 for name in sys.argv[1:] or program.all]
        if not sys.argv[1:]:
            tests += [functools.partial(check_harmless, sandbox, libraries[()], *case)
                      for case in HARMLESS]
            tests += [functools.partial(check_listed, sandbox, libraries[()], case)
                      for case in LISTED]
        return harness.in_parallel(lambda test, tap: test(tap), tests)


for name, (_, expected, text) in BUILDS.items():
    program(name, expected, text)

if __name__ == "__main__":
    sys.exit(main())
