# SPDX-License-Identifier: MIT
"""How programs end: with `exit: quick` and without, output, files and exit status are stock's.

Each program comes with what is expected of the importer: that it leaves it quickly, that it does
not, because there is something to be noticed, or nothing in particular.
"""

import functools
import os
import shlex
import sys
import sysconfig

import harness

# What all of them import, to be in the bundle.
IMPORTS = """\
import abc, argparse, ast, asyncio, atexit, bz2, codecs, collections, concurrent.futures, contextlib
import contextvars, csv, ctypes, dataclasses, decimal, email.message, enum, functools, gc, gzip, io
import itertools, json, logging, logging.handlers, mmap, multiprocessing, os, pathlib, pickle, queue
import random, re, select, shelve, signal, socket, sqlite3, ssl, subprocess, sys, tempfile, threading
import time, traceback, types, typing, unittest.mock, urllib.request, warnings, weakref, zipfile
"""

LOUD = """\
class Loud:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name, flush=True)
"""

# Whether this interpreter can be left quickly.
IS_QUICK = sys.version_info[:2] == (3, 11)

PROGRAMS = {}


def program(name, expected, text, **options):
    PROGRAMS[name] = (expected, text, options)


# --- programs that leave nothing behind

program("nothing", "quick", "pass")
program("imports", "quick", IMPORTS)
program("output", "quick", "print('no newline at the end', end='')")
program("much output", "quick", "for i in range(20000): print(i)")
program("both streams", "quick", "import sys; print('out'); print('err', end='', file=sys.stderr)")
program("classes", "quick", """\
import abc, collections, dataclasses, enum, functools, typing, weakref
class A(abc.ABC):
    @abc.abstractmethod
    def f(self): pass
class B(A):
    def f(self): return 1
E = enum.Enum("E", "a b")
P = collections.namedtuple("P", "x y")
@dataclasses.dataclass
class D:
    x: int = 1
@functools.singledispatch
def g(x): pass
@g.register
def _(x: int): pass
weak = weakref.WeakKeyDictionary(); k = B(); weak[k] = D()
values = weakref.WeakValueDictionary(); values[1] = k
weakset = weakref.WeakSet([k])
isinstance(k, A), isinstance(1, A), issubclass(int, A)
cycle = [k]; cycle.append(cycle)
""")
program("closed files", "quick", """\
with open("a.txt", "w") as f: f.write("x")
g = open("a.txt"); g.read(); g.close()
b = open("a.txt", "rb", buffering=0); b.close()
""")
program("logging", "quick", """\
import logging
logging.basicConfig(); logging.getLogger("x").warning("message")
""")
program("log file", None, """\
import logging
logging.basicConfig(filename="log.txt"); logging.getLogger("x").warning("message")
""")
program("threads that ended", "quick", """\
import threading
t = threading.Thread(target=print, args=("thread",)); t.start(); t.join()
local = threading.local(); local.x = 1
""")
program("a thread that is waited for", "quick", """\
import threading, time
def work():
    threading.main_thread().join()
    print("after main")
threading.Thread(target=work).start()
print("main ends")
""")
program("finished generators", "quick", """\
def g():
    try: yield 1
    finally: print("finally")
a = g(); next(a); a.close()
b = g()
list(g())
def simple():
    yield 1
    yield 2
c = simple(); next(c)
""")
program("atexit", "quick", """\
import atexit
atexit.register(print, "first"); atexit.register(print, "second")
print(atexit._ncallbacks())
""")
program("atexit's functions", "quick", """\
import atexit, gc
print(atexit._ncallbacks())
atexit.register(print, "never")
atexit._clear(); print(atexit._ncallbacks())
atexit.register(print, "now"); atexit._run_exitfuncs(); print(atexit._ncallbacks())
class Anything:
    def __eq__(self, other): print("compared"); return True
atexit.unregister(Anything()); print(atexit._ncallbacks())
atexit.register(print, "last"); atexit.unregister(len); print(atexit._ncallbacks())
print(atexit._ncallbacks, atexit._clear.__doc__, atexit.register.__self__)
""")
program("atexit's functions at the end", "full", """\
import atexit
class Late:
    def __del__(self):
        print(atexit._ncallbacks())
        atexit.register(print, "never"); print(atexit._ncallbacks())
        atexit._clear(); print(atexit._ncallbacks())
late = Late()
""")
program("atexit that imports", None, """\
import atexit
def late():
    import json, decimal
    print(json.dumps([1]))
    with open("late.txt", "w") as f: f.write("late")
    atexit.register(print, "registered too late")
atexit.register(late)
""")
program("atexit that raises", "quick", """\
import atexit
def fail(): raise ValueError("at exit")
atexit.register(print, "goes on"); atexit.register(fail)
""")
program("atexit that exits", "quick", """\
import atexit, sys
atexit.register(print, "goes on"); atexit.register(sys.exit, 5)
""")
program("atexit that leaves things behind", "full", LOUD + """\
import atexit, builtins
atexit.register(lambda: setattr(builtins, "thing", Loud("late")))
""")
program("first function of atexit leaves things behind", "full", """\
import atexit
def first():
    global f
    f = open("first.txt", "w"); f.write("from atexit")
atexit.register(first); atexit.register(print, "later")
""")
program("collector off", "quick", "import gc; gc.disable(); x = []; x.append(x)")
program("frozen", "quick", "import gc; gc.freeze(); x = []; x.append(x)")
program("stdout is None", None, "import sys; sys.stdout = None")
program("async", None, """\
import asyncio
async def main():
    await asyncio.sleep(0); print("async")
asyncio.run(main())
""")

# --- exit status

for code in ["", "0", "3", "-1", "256 + 7", "None", "'message'", "True", "(1, 2)", "2.5", "10 ** 30"]:
    program(f"sys.exit({code})", "quick", f"import sys; print('x'); sys.exit({code})")
program("SystemExit", "quick", "raise SystemExit(9)")
program("exception", "quick", "print('x'); 1 / 0")
program("exception with locals", "full", LOUD + """\
def f():
    local = Loud("local of the traceback")
    1 / 0
f()
""")
program("os._exit", None, "import os; print('lost', end=''); os._exit(4)")
program("syntax error", "quick", "x = = 1")
program("KeyboardInterrupt", "quick", "print('x'); raise KeyboardInterrupt")
program("killed", None, "import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
program("SIGINT", None, "import os, signal; os.kill(os.getpid(), signal.SIGINT); input()")
program("excepthook", "quick", """\
import sys
sys.excepthook = lambda *a: print("hook", a[0]); 1 / 0
""")
program("closed stdout", None, "import sys; sys.stdout.close()")
program("closed descriptor", None, "import os; print('x', end=''); os.close(1)")
program("full device", None, "print('x' * 10)", shell="exec \"$@\" >/dev/full")
program("full device, much", None, "print('x' * 100000)", shell="exec \"$@\" >/dev/full")
program("full device, stderr", None, "import sys; sys.stderr.write('x' * 10)",
        shell="exec \"$@\" 2>/dev/full")
program("no stdout", None, "print('x')", shell="exec \"$@\" >&-")
program("no stdin", None, "print('x')", shell="exec \"$@\" <&-")
program("broken pipe", None, "import os; os.read(0, 1); print('x' * 10)",
        shell="exec 3>&1; { \"$@\" 2>&3; echo status $? >&3; } </dev/null | true")
program("broken pipe, hook", None, """\
import os, sys
sys.unraisablehook = lambda u: os.write(2, repr(u.exc_type).encode())
os.read(0, 1); print('x' * 10)
""", shell="exec 3>&1; { sleep 0; \"$@\" 2>&3; echo status $? >&3; } </dev/null | true")

# --- files

program("unflushed text", "full", "f = open('a.txt', 'w'); f.write('never closed')")
program("unflushed bytes", "full", "f = open('a.bin', 'wb'); f.write(b'never closed')")
program("unflushed random", "full", "f = open('a.bin', 'w+b'); f.write(b'never closed')")
program("unflushed in a cycle", "full", """\
class C: pass
def f():
    c = C(); c.c = c; c.f = open('a.txt', 'w'); c.f.write('in a cycle')
f()
""")
program("unflushed wrapper", "full", """\
import io
raw = open('a.bin', 'wb', buffering=0)
text = io.TextIOWrapper(io.BufferedWriter(raw), 'utf-16'); text.write('wrapped')
""")
program("second wrapper of stdout", None, """\
import io, sys
other = io.TextIOWrapper(sys.stdout.buffer); other.write('other'); print('print')
""")
program("stdout replaced", None, """\
import io, sys
print("before")
sys.stdout = io.TextIOWrapper(sys.stdout.buffer, newline="\\n"); print('new', end='')
""")
program("stdout replaced, both pending", None, """\
import io, sys
print("before", end="")
sys.stdout = io.TextIOWrapper(sys.stdout.buffer, newline="\\n"); print('new', end='')
""")
program("stdout replaced, nothing pending", "quick", """\
import io, sys
print("before", flush=True)
sys.stdout = io.TextIOWrapper(sys.stdout.buffer, newline="\\n"); print('new', end='')
sys.stdin = io.TextIOWrapper(sys.stdin.buffer)
""")
program("stdout replaced, a newline pending", "full", """\
import io, sys
print()
sys.stdout = io.TextIOWrapper(sys.stdout.buffer, newline="\\n"); print('new', end='')
""")
program("stdout replaced, bytes pending", None, """\
import io, sys
sys.stdout.reconfigure(encoding="utf-16")
print("before")
sys.stdout = io.TextIOWrapper(sys.stdout.buffer, newline="\\n"); print('new', end='')
sys.stdout.buffer.write(b"raw")
""")
program("stdout wrapped", "quick", """\
import sys
class Wrapper:
    def __init__(self, stream): self.stream = stream
    def __getattr__(self, name): return getattr(self.stream, name)
sys.stdout = Wrapper(sys.stdout); sys.stderr = Wrapper(sys.stderr)
print("x", end=""); print("y", end="", file=sys.stderr); sys.stdout.buffer.write(b"raw")
""")
program("stdout wrapped, not flushed", "quick", """\
import sys
class Wrapper:
    def __init__(self, stream): self.stream = stream
    def write(self, text): return self.stream.write(text)
    def flush(self): pass
keep = sys.stdout = Wrapper(sys.stdout); print("x")
""")
program("stdout wrapped, flush imports and fails", None, """\
import sys
class Wrapper:
    def write(self, text): return sys.__stdout__.write(text)
    def flush(self):
        import json, wave
        self.write(repr((json.dumps([1]), "json" in sys.modules, len(sys.modules) > 30)))
        raise ValueError("flush")
sys.stdout = Wrapper(); print("x")
""")
program("stdout wrapped by codecs", None, """\
import codecs, sys
sys.stdout = codecs.getwriter("utf-8")(sys.stdout.buffer); sys.stdout.write("x")
sys.__stdout__.write("y")
""")
program("stdout and its attributes", "full", """\
import sys
sys.stdout.flush = lambda: sys.stderr.write("flush ")
sys.stdout.close = lambda: sys.stderr.write("close ")
print("x")
""")
program("stdout replaced and kept", None, """\
import io, sys
old = sys.stdout
print("before", end="")
sys.stdout = new = io.TextIOWrapper(sys.stdout.buffer, line_buffering=True); print('new', end='')
old.write("old again")
""")
program("stdout detached", None, """\
import io, sys
sys.stdout = io.TextIOWrapper(sys.stdout.detach()); print('new', end='')
""")
program("stdout a class", "quick", """\
import sys
class Out:
    def __init__(self, stream): self.stream = stream
    def write(self, s): return self.stream.write("<" + s + ">")
    def flush(self): self.stream.write("flush"); self.stream.flush()
sys.stdout = Out(sys.stdout); print('x')
""")
program("stderr to a file", "full", """\
import sys
sys.stderr = open("err.txt", "w"); sys.stderr.write("unflushed"); 1 / 0
""")
program("redirected", "quick", """\
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()) as s: print("x")
print(s.getvalue())
""")
program("subclass of FileIO", "full", """\
import io
class F(io.FileIO):
    def close(self):
        if not self.closed: print("close", flush=True)
        super().close()
f = F("a.bin", "w")
""")
program("subclass of IOBase", "full", """\
import io
class F(io.RawIOBase):
    def close(self):
        if not self.closed: print("close", flush=True)
        super().close()
f = F()
""")
program("gzip", "full", "import gzip; f = gzip.open('a.gz', 'wb', compresslevel=0); f.write(b'x')",
        ignore="a.gz")
program("zipfile", "full", """\
import zipfile
z = zipfile.ZipFile('a.zip', 'w'); z.writestr(zipfile.ZipInfo('x'), 'y')
""")
program("shelve", None, "import shelve; s = shelve.open('db'); s['x'] = 1", ignore="db")
program("sqlite", "full", """\
import sqlite3
c = sqlite3.connect("a.db"); c.execute("create table t (x)"); c.execute("insert into t values (1)")
""", ignore="a.db")
program("mmap", None, """\
import mmap
with open("m.bin", "wb") as f: f.write(b"x" * 4096)
f = open("m.bin", "r+b"); m = mmap.mmap(f.fileno(), 0); f.close(); m[0:3] = b"abc"
""")
program("tempfile", "full", """\
import tempfile
f = tempfile.NamedTemporaryFile(dir=".", prefix="named"); d = tempfile.TemporaryDirectory(dir=".")
s = tempfile.SpooledTemporaryFile(); s.write(b"x")
""", options=["-W", "ignore"])
program("ResourceWarning", "full", "import socket; f = open(__file__); s = socket.socket()",
        options=["-W", "always"])
program("ResourceWarning enabled", "full", """\
import os, warnings
warnings.simplefilter("always")
i = os.scandir("."); next(i, None)
""")
program("socket", None, "import socket; a, b = socket.socketpair(); a.send(b'x')")
program("csv", "full", "import csv; f = open('a.csv', 'w'); csv.writer(f).writerow([1, 2])")

# --- finalizers

program("__del__", "full", LOUD + "x = Loud('global')")
program("__del__ in a cycle", "full", LOUD + "x = Loud('cycle'); x.x = x; del x")
program("__del__ in another module", "full", LOUD + "import json; json.x = Loud('other module')")
program("__del__ in builtins", "full", LOUD + "import builtins; builtins.x = Loud('builtins')")
program("__del__ in a class", "full", LOUD + "class C: x = Loud('class')")
program("__del__ in a default", "full", LOUD + "def f(x=Loud('default')): pass")
program("__del__ in a closure", "full", LOUD + """\
def outer():
    x = Loud('closure')
    return lambda: x
f = outer()
""")
program("__del__ order", "full", LOUD + """\
import sys
a = Loud('a'); _b = Loud('_b'); c = [Loud('c')]; d = {'d': Loud('d')}
sys.x = Loud('sys'); sys.modules['m'] = type(sys)('m'); sys.modules['m'].x = Loud('m')
sys.modules['m']._y = Loud('_y of m')
""")
program("__del__ without collector", "full", """\
class Small:
    __slots__ = ()
    def __del__(self): print("del small", flush=True)
x = Small()
""")
program("__del__ of int", "full", """\
class I(int):
    __slots__ = ()
    def __del__(self): print("del int", int(self), flush=True)
x = I(5)
""")
program("__del__ of containers", "full", """\
for base in (int, str, bytes, float, tuple, list, dict, set, frozenset, complex, type(lambda: 0)()
             if False else object, Exception, bytearray, property, classmethod):
    c = type("Sub" + base.__name__, (base,),
             {"__del__": lambda s: print("del", type(s).__name__, flush=True)})
    globals()["x" + base.__name__] = c() if base not in (classmethod,) else c(len)
""")
program("__del__ of extension types", "full", """\
import collections, threading, decimal, array, socket, random
for base in (collections.deque, collections.OrderedDict, decimal.Decimal, threading.local,
             random.Random, socket.socket, collections.defaultdict):
    c = type("Sub" + base.__name__, (base,),
             {"__del__": lambda s: print("del", type(s).__mro__[0].__name__, flush=True)})
    globals()["x" + base.__name__] = c()
""")
program("__del__ of a metaclass", "full", """\
class M(type):
    def __del__(cls): print("del class", flush=True)
C = M("C", (), {})
""")
program("__del__ assigned later", "full", """\
class C: pass
x = C()
C.__del__ = lambda s: print("del later", flush=True)
""")
program("__del__ that raises", "full", """\
class C:
    def __del__(self): raise ValueError("in __del__")
x = C()
""")
program("__del__ that imports and opens", "full", """\
class C:
    def __del__(self):
        try:
            import json
            with open("del.txt", "w") as f: f.write("del")
        except BaseException as error:
            print(type(error), error)
x = C()
""")
program("__del__ that prints to stderr", "full", """\
import sys
class C:
    def __del__(self, stderr=sys.stderr): stderr.write("del")
x = C()
""")
program("unraisablehook", "full", """\
import sys
sys.unraisablehook = lambda u: print("hook", u.exc_value, flush=True)
class C:
    def __del__(self): raise ValueError("in __del__")
x = C()
""")
program("threading.local", "full", LOUD + """\
import threading
local = threading.local(); local.x = Loud("local")
""")
program("context variable", "full", LOUD + """\
import contextvars
v = contextvars.ContextVar("v"); v.set(Loud("context"))
""")
program("ExitStack", None, """\
import contextlib
stack = contextlib.ExitStack(); stack.callback(print, "never")
""")
program("exception kept", "full", LOUD + """\
def f():
    x = Loud("in a frame")
    raise ValueError
try: f()
except ValueError as e: kept = e
""")

# --- generators and coroutines

program("generator with finally", "full", """\
def g():
    try: yield 1
    finally: print("finally", flush=True)
x = g(); next(x)
""")
program("generator with with", "full", """\
import contextlib
@contextlib.contextmanager
def c():
    try: yield
    finally: print("exit", flush=True)
def g():
    with c(): yield 1
x = g(); next(x)
""")
program("generator that delegates", "full", """\
class It:
    def __iter__(self): return self
    def __next__(self): return 1
    def close(self): print("close", flush=True)
def g(): yield from It()
x = g(); next(x)
""")
program("generator in a generator", "full", """\
def inner():
    try: yield 1
    finally: print("inner", flush=True)
def g(): yield from inner()
x = g(); next(x)
""")
program("generator expression", "quick", "x = (i for i in range(10)); next(x)")
program("generator that ignores", "full", """\
def g():
    while True:
        try: yield 1
        except GeneratorExit: print("no", flush=True)
x = g(); next(x)
""")
program("context manager entered", "full", """\
import contextlib
@contextlib.contextmanager
def c():
    try: yield
    finally: print("exit", flush=True)
x = c(); x.__enter__()
""")
program("coroutine never awaited", "full", "async def f(): pass\nx = f()")
program("coroutine suspended", "full", """\
import types
@types.coroutine
def wait(): yield 1
async def f():
    try: await wait()
    finally: print("finally", flush=True)
x = f(); x.send(None)
""")
program("async generator", "full", """\
async def g():
    try: yield 1
    finally: print("finally", flush=True)
x = g()
try: x.__anext__().send(None)
except StopIteration: pass
""")
program("asyncio task pending", "full", """\
import asyncio
async def forever():
    await asyncio.Event().wait()
loop = asyncio.new_event_loop()
task = loop.create_task(forever())
loop.run_until_complete(asyncio.sleep(0))
""", only_lines="Task was destroyed")
program("asyncio future", "full", """\
import asyncio
loop = asyncio.new_event_loop()
f = loop.create_future(); f.set_exception(ValueError("never retrieved"))
loop.close()
""", only_lines="never retrieved")

# --- weak references

program("weakref callback", "full", """\
import weakref
class C: pass
x = C(); r = weakref.ref(x, lambda r: print("callback", flush=True))
""")
program("weakref callback print", "full", """\
import weakref
class C: pass
x = C(); r = weakref.ref(x, print)
""", only_lines="no such line")
program("weakref proxy", "full", """\
import weakref
class C: pass
x = C(); p = weakref.proxy(x, lambda r: print("proxy", flush=True))
""")
program("weakref callback on a class", "full", """\
import weakref
class C: pass
r = weakref.ref(C, lambda r: print("class", flush=True))
""")
program("weakref without callback", "quick", """\
import weakref
class C: pass
x = C(); r = weakref.ref(x); p = weakref.proxy(x)
""")
program("finalize", "quick", """\
import weakref
class C: pass
x = C(); f = weakref.finalize(x, print, "finalize", flush=True)
""")
program("finalize without atexit", None, """\
import weakref
class C: pass
x = C(); f = weakref.finalize(x, print, "finalize"); f.atexit = False
""")
program("WeakMethod", None, """\
import weakref
class C:
    def m(self): pass
x = C(); r = weakref.WeakMethod(x.m, lambda r: print("method", flush=True))
""")
program("subclass of WeakValueDictionary", None, LOUD + """\
import weakref
class D(weakref.WeakValueDictionary): pass
class K: pass
d = D(); k = K(); d[1] = k
""")

# --- threads, processes, interpreters

program("daemon thread", "full", """\
import threading, time
started = threading.Event()
def work():
    started.set()
    time.sleep(100)
threading.Thread(target=work, daemon=True).start()
started.wait()
""")
program("daemon thread with locals", "full", LOUD + """\
import threading, time
started = threading.Event()
def work():
    x = Loud("local of a thread")
    started.set()
    time.sleep(100)
threading.Thread(target=work, daemon=True).start()
started.wait()
""")
program("thread pool", None, """\
import concurrent.futures
pool = concurrent.futures.ThreadPoolExecutor(2)
print(list(pool.map(abs, [-1, -2])))
""")
program("process pool", None, """\
import multiprocessing
if __name__ == "__main__":
    pool = multiprocessing.get_context("fork").Pool(1)
    print(pool.map(abs, [-1, -2]))
    pool.close(); pool.join()
""")
program("process", None, LOUD + """\
import multiprocessing
def work(): print("child", flush=True)
if __name__ == "__main__":
    p = multiprocessing.get_context("fork").Process(target=work); p.start(); p.join()
    x = Loud("parent")
""")
program("fork, both return", "quick", """\
import os, sys
pid = os.fork()
if pid: os.waitpid(pid, 0)
print("parent" if pid else "child")
sys.exit(0 if pid else 3)
""")
program("fork, child with __del__", "full", LOUD + """\
import os
pid = os.fork()
if pid: os.waitpid(pid, 0)
x = Loud("parent" if pid else "child")
""")
program("fork, child leaves a file", None, """\
import os
pid = os.fork()
if pid: print(os.waitpid(pid, 0)[1])
else: f = open("child.txt", "w"); f.write("child")
""")
program("fork in a thread", None, """\
import os, threading
def work():
    pid = os.fork()
    if pid: print(os.waitpid(pid, 0)[1])
    else: print("child")
t = threading.Thread(target=work); t.start(); t.join()
""", options=["-W", "ignore::DeprecationWarning"])
program("Popen", "full", """\
import subprocess, sys
p = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read(); print('end of input')"],
                     stdin=subprocess.PIPE, text=True)
p.stdin.write("x")
p.stdin.close(); p.wait()
""")
program("Popen with open pipe", "full", """\
import subprocess
p = subprocess.Popen(["cat"], stdin=subprocess.PIPE, text=True)
p.stdin.write("unflushed\\n")
""")
program("subinterpreter", None, """\
import _xxsubinterpreters as s
i = s.create(); s.run_string(i, "import json; print('sub', flush=True)")
""")
program("ctypes", None, """\
import ctypes
libc = ctypes.CDLL(None); libc.puts(b"through stdio")
callback = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1)
array = (ctypes.c_int * 3)(1, 2, 3); p = ctypes.pointer(array)
""")
program("stdio", "quick", """\
import ctypes
ctypes.CDLL(None).printf(b"unflushed by stdio")
""")
program("exit function of C", None, """\
import ctypes
libc = ctypes.CDLL(None)
puts = ctypes.cast(libc.abort, ctypes.c_void_p)
ctypes.pythonapi.Py_AtExit(ctypes.cast(libc.getpid, ctypes.c_void_p))
""")

# --- tools that look on

program("gc callbacks", "full", """\
import gc, os
gc.callbacks.append(lambda phase, info: os.write(1, phase.encode() + b" "))
""", only_lines="no such line")
program("gc debug", "full", "import gc; gc.set_debug(gc.DEBUG_UNCOLLECTABLE)")
program("gc.garbage", "full", """\
import gc
gc.set_debug(gc.DEBUG_SAVEALL); x = []; x.append(x); del x; gc.collect(); gc.set_debug(0)
""", only_lines="no such line")
program("settrace", "full", "import sys; sys.settrace(lambda *a: None)")
program("setprofile", "full", "import sys; sys.setprofile(lambda *a: None)")
program("audit hook", "full", """\
import os, sys
def hook(event, args):
    if event.startswith(("cpython.", "gc.", "atexit")): os.write(1, event.encode() + b"\\n")
sys.addaudithook(hook)
""")
program("verbose", "full", "pass", options=["-v"], only_lines="no such line")
program("development mode", "full", "f = open(__file__)", options=["-X", "dev"])
program("tracemalloc", None, "f = open(__file__)", options=["-X", "tracemalloc"])
program("faulthandler", "quick", "pass", options=["-X", "faulthandler"])
program("unbuffered", "quick", "print('x', end='')", options=["-u"])
program("isolated", None, "print('x')", options=["-I"])
program("malloc statistics", "full", "pass", env={"PYTHONMALLOCSTATS": "1"},
        only_lines="no such line")
program("interactive", None, "print('x')", options=["-i"])


def files_in(folder, ignore):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file() and "__pycache__" not in p.parts
            and not (ignore and p.name.startswith(ignore))}


def names_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*")
                  if "__pycache__" not in p.parts)


def run_in(folder, program_path, interpreter, env, options):
    """The outcome, and the files that are there afterwards."""
    folder.mkdir()
    command = [interpreter, *options.get("options", []), program_path]
    if "shell" in options:
        command = ["/bin/sh", "-c", options["shell"], "sh", *command]
    env = dict(env, **options.get("env", {}))
    outcome = harness.run(command, cwd=folder, env=env)
    return outcome, names_in(folder), files_in(folder, options.get("ignore"))


def only(text, options):
    if "only_lines" not in options:
        return text
    return b"\n".join(line for line in text.splitlines()
                      if options["only_lines"].encode() in line)


def differences(stock, ours, options):
    notes = []
    for name, left, right in (("stdout", stock[0].out, ours[0].out),
                              ("stderr", stock[0].err, ours[0].err)):
        left, right = (harness.mask_addresses(only(text, options)) for text in (left, right))
        notes += harness.describe(name, left, right)
    if stock[0].status != ours[0].status:
        notes.append(f"exit status: stock {stock[0].status}, pystart {ours[0].status}")
    if stock[1:] != ours[1:]:
        notes.append(f"files: stock {stock[1:]}, pystart {ours[1:]}")
    return notes


def verdict(folder, path, sandbox, options):
    """How the process ended, as PYSTART_STATS tells; None if it does not."""
    if "shell" in options:
        return None
    outcome = run_in(folder, path, harness.PYSTART, sandbox.env(PYSTART_STATS="1"), options)[0]
    lines = [line for line in outcome.err.decode(errors="replace").splitlines()
             if line.startswith("pystart: exit ")]
    return lines[0].split(None, 2)[2] if lines else None


def check(sandbox, name, tap):
    expected, text, options = PROGRAMS[name]
    folder = sandbox.path / name.replace("/", "_")
    folder.mkdir()
    path = folder / "main.py"
    path.write_text(text)
    env = sandbox.env()
    stock = run_in(folder / "stock", path, harness.PYTHON, env, options)
    for way, ours_env in (("quick", env), ("full", dict(env, PYSTART_WITHOUT="exit"))):
        ours = run_in(folder / way, path, harness.PYSTART, ours_env, options)
        notes = differences(stock, ours, options)
        tap.result(not notes, f"{name}: exit {way}", *notes)
    taken = verdict(folder / "verdict", path, sandbox, options)
    if expected and IS_QUICK and taken is not None:
        tap.result(taken.split(",")[0] == expected, f"{name}: is left as expected",
                   f"expected {expected}, taken: {taken}")


# Extension modules that are not Python's, with options of the compiler. The standard library of C++
# stands for libraries that do things of their own.
EXTENSIONS = {
    "extension with a finalizer": ["-DFINALIZER"],
    "extension with another library": ["-Wl,--no-as-needed", "-lstdc++"],
}


def compile_extension(folder, options):
    """Whether there are a compiler and headers."""
    command = [*shlex.split(os.environ.get("CC", "cc")), "-shared", "-fPIC",
               "-I" + sysconfig.get_path("include"), "-o",
               folder / ("acts" + sysconfig.get_config_var("EXT_SUFFIX")),
               harness.HERE / "extensions/acts.c", *options]
    try:
        return harness.run(command).status == 0
    except FileNotFoundError:
        return False


def check_extension(sandbox, name, tap):
    library = sandbox.path / ("library of " + name)
    library.mkdir()
    if not compile_extension(library, EXTENSIONS[name]):
        tap.skip(name, "nothing to compile it with")
        return
    text = f"import sys; sys.path.insert(0, {str(library)!r}); import acts; x = acts.Acts()"
    PROGRAMS[name] = ("full", text, {})
    check(sandbox, name, tap)


def check_any(sandbox, name, tap):
    (check_extension if name in EXTENSIONS else check)(sandbox, name, tap)


def main():
    names = sys.argv[1:] or [*PROGRAMS, *EXTENSIONS]
    with harness.Sandbox() as sandbox:
        sandbox.write("imports.py", IMPORTS)
        sandbox.record("imports.py")
        return harness.in_parallel(functools.partial(check_any, sandbox), names)


if __name__ == "__main__":
    sys.exit(main())
