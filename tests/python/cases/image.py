"""Functions of modules are called, looked at, traced, changed, and made anew."""

import copy
import dis
import gc
import importlib
import importlib.util
import inspect
import io
import marshal
import os
import pickle
import runpy
import sys
import threading
import traceback
import types
import unittest.mock

import support.works

works = support.works
FUNCTIONS = [works.loop, works.attributes, works.generate, works.fail, works.belongs,
             works.Thing.method, works.Thing.__init__]


def exercise():
    thing = works.Thing()
    generator = works.generate(3)
    results = [works.loop(5), works.loop(4, 2, key_only=1, other=2), works.attributes(thing, 3),
               next(generator), generator.send("sent"), list(generator),
               [works.belongs(x) for x in ("alpha", 3.5, (1, 2), "c3", "d4", None)]]
    try:
        works.fail(2)
    except ValueError as error:
        results.append([str(error), type(error.__cause__).__name__])
    return results


def short(code):
    return code.co_filename.rpartition("/")[2], code.co_qualname


# --- a module that is wanted while its code is being prepared

twice = []
for name in ("tarfile", "zipfile", "email.message", "http.client", "xml.dom.minidom"):
    # These are not imported yet.
    loader = importlib.util.find_spec(name).loader
    codes, busy = [], []

    def want_it_too(phase, info):
        if phase == "start" and not busy:
            busy.append(True)
            codes.append(loader.get_code(name))
            busy.clear()

    gc.collect()
    gc.callbacks.append(want_it_too)
    gc.set_threshold(1)
    codes.append(loader.get_code(name))
    gc.set_threshold(700)
    gc.callbacks.remove(want_it_too)
    if len(set(map(id, codes))) != len(codes):
        twice.append(name)
    importlib.import_module(name)
print("taken twice:", twice)

# --- events, before anything is specialized and after

def events_of(install, uninstall):
    events = []

    def record(frame, event, arg):
        if frame.f_code.co_filename == works.__file__:
            events.append((event, frame.f_code.co_name, frame.f_lineno))
            frame.f_trace_opcodes = True
        return record

    install(record)
    exercise()
    uninstall(None)
    return events


def monitored():
    """All events of sys.monitoring, where there is such a thing."""
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return []
    tool, seen = monitoring.DEBUGGER_ID, []
    monitoring.use_tool_id(tool, "test")
    names = [name for name in dir(monitoring.events) if name.isupper() and name != "NO_EVENTS"]
    for name in names:
        monitoring.register_callback(tool, getattr(monitoring.events, name), lambda code, *rest,
                                     name=name: seen.append((name, code.co_name, rest[0]))
                                     if code.co_filename == works.__file__ else None)
    monitoring.set_events(tool, sum(getattr(monitoring.events, name) for name in names
                                    if name not in ("C_RETURN", "C_RAISE")))
    exercise()
    monitoring.set_events(tool, 0)
    monitoring.free_tool_id(tool)
    return seen


def adaptive(function):
    """What the interpreter has made of the bytecode by now."""
    out = io.StringIO()
    dis.dis(function, file=out, adaptive=True)
    return [line.split(" (")[0].split()[-2:] for line in out.getvalue().splitlines()]


for title in ("at first", "warm"):
    for install, uninstall in ((sys.settrace, sys.settrace), (sys.setprofile, sys.setprofile)):
        events = events_of(install, uninstall)
        print(title, len(events), events)
    events = monitored()
    print(title, len(events), events)
    for _ in range(100):
        exercise()
    for function in FUNCTIONS:
        print(function.__qualname__, adaptive(function))
        print(marshal.dumps(function.__code__, 2).hex(), function.__code__.co_code.hex())
print(exercise())

# --- tracebacks, sources

try:
    works.fail(3)
except ValueError:
    print(traceback.format_exc())
for function in FUNCTIONS:
    print(inspect.getsource(function), inspect.signature(function), inspect.getdoc(function))
    print(function.__code__.co_firstlineno, list(function.__code__.co_lines()))

# --- copies

for code in (function.__code__ for function in FUNCTIONS):
    twin = marshal.loads(marshal.dumps(code))
    other = code.replace(co_name="other", co_firstlineno=1000)
    print(twin == code, hash(twin) == hash(code), twin is code, code.replace() == code,
          other == code, other.co_name, sys.getsizeof(other) == sys.getsizeof(code))
constants = works.belongs.__code__.co_consts
print(copy.copy(constants) is constants, copy.deepcopy(constants) is constants,
      [sorted(map(repr, c)) for c in pickle.loads(pickle.dumps(constants)) if c is not None],
      pickle.loads(pickle.dumps(works.loop)) is works.loop)
namespace = {"__name__": "elsewhere"}
print(types.FunctionType(works.loop.__code__, namespace, "again", (3,))(4, key_only=1))

# --- names that are made at run time

for name in ("cou" + "nter", "na" + "me", "meth" + "od", "no" + "thing"):
    thing = works.Thing()
    print(name, type(getattr(thing, name, None)).__name__, hasattr(works.Thing, name))
    try:
        setattr(thing, name, 7)
        print(getattr(thing, name))
    except AttributeError as error:
        print(error)
print(works.loop(**{"n" + "": 4, "st" + "ep": 3, "key" + "_only": 1, "extra" + "1": 2}))
for name, value in (("__len__", lambda self: 5), ("__it" + "er__", lambda self: iter("abc")),
                    ("__call" + "__", lambda self, x: x), ("__get" + "item__", lambda self, i: i)):
    setattr(works.Thing, name, value)
thing = works.Thing()
print(len(thing), list(thing), thing(3), thing["key"], bool(thing))
for name in ("__len__", "__iter__", "__call__", "__getitem__"):
    delattr(works.Thing, name)
print(hasattr(thing, "__len__"), callable(thing), bool(thing))
print(all(sys.intern(str(name.encode(), "utf-8")) is name for f in FUNCTIONS
          for name in f.__code__.co_names + f.__code__.co_varnames))

# --- other code in a function

original = works.loop.__code__
works.loop.__code__ = (lambda n, step=1, *, key_only=0, **rest: ("replaced", n)).__code__
print(works.loop(1), works.loop.__kwdefaults__)
works.loop.__code__ = original
works.loop.__code__ = works.belongs.__code__
print(works.loop("beta"))
works.loop.__code__ = original
print(works.loop(3))
with unittest.mock.patch.object(works, "loop", autospec=True) as fake:
    print(works.loop(1, step=2) is fake.return_value, fake.call_count)
for changed in (0, 1):
    works.loop.__defaults__ = (changed,)
    print(works.loop(4))

# --- made anew: other code objects, which are equal

code = works.loop.__code__
print(importlib.reload(works) is works, works.loop.__code__ is code, works.loop.__code__ == code)
del sys.modules["support.works"]
again = importlib.import_module("support.works")
print(again is works, again.loop.__code__ is works.loop.__code__, again.loop(5), works.loop(5))
print(again.Thing is works.Thing, again.Thing("x") == works.Thing("x"))
spec = importlib.util.find_spec("support.works")
codes = [spec.loader.get_code(spec.name) for _ in range(3)]
print(len(set(map(id, codes))), codes[0] == codes[1] == codes[2])
result = runpy.run_module("support.works", run_name="run")
print(sorted(result), result["loop"](4), result["__name__"])
result = runpy.run_path(works.__file__)
print(sorted(result), result["loop"](4), result["__name__"])

# --- processes and threads

sys.stdout.flush()
child = os.fork()
if child == 0:
    import statistics
    print("child", statistics.mean([1, 2, 3]), exercise() == exercise(), works.cached(30))
    sys.stdout.flush()
    os._exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), works.cached(20))


def use(number, results):
    for name in NAMES[number::2] + NAMES[1 - number::2]:
        module = importlib.import_module(name)
        results.append(module.__name__)
    results.append(exercise()[0])


NAMES = ["colorsys", "wave", "calendar", "plistlib", "quopri", "netrc", "csv", "configparser"]
results = ([], [])
threads = [threading.Thread(target=use, args=(number, results[number])) for number in (0, 1)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print([sorted(map(str, result)) for result in results])

# --- references: never used up

counts = [sys.getrefcount(thing) > 0 for f in FUNCTIONS
          for thing in (f.__code__, f.__code__.co_consts, *f.__code__.co_consts)]
for _ in range(2000):
    exercise()
    [f.__code__.co_consts for f in FUNCTIONS]
print(all(counts), [f.__code__.co_consts[:1] for f in FUNCTIONS])
gc.collect()
print(exercise() == exercise())
