# SPDX-License-Identifier: MIT
"""How programs end that leave objects which act when they are destroyed, and with onlookers."""

import sys

import ends
from ends import LOUD

program = ends.Programs()

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

# --- static methods that __del__ calls

STATIC = """\
import os, sys
def told(*arguments, write=os.write): write(1, b"told")
class C:
    @staticmethod
    def close(name): return
    def __del__(self): self.close(self.name)
    name = None
sys.x = C()
"""
program("static method that does nothing", "quick", STATIC)
program("static method of an object, not of its class", "full", STATIC + "sys.x.close = told")
program("static method in place of another", "full", STATIC + "C.close = staticmethod(told)")
program("static method in C", "full", STATIC + "C.close = staticmethod(print)")
program("static method of a class for such", "full", STATIC + """\
class Told(staticmethod):
    def __get__(self, *arguments): told()
C.close = Told(C.close)
""")

# --- weak references

program("weakref callback", "full", """\
import weakref
class C: pass
x = C(); r = weakref.ref(x, lambda r: print("callback", flush=True))
""")
program("weakref callback that looks like one of Python's", "full", """\
import os, sys, types, weakref
def told(ref, write=os.write): write(1, b"told\\n")
function = types.FunctionType(told.__code__, vars(weakref), "remove", (os.write,))
class C: pass
x = C(); sys.z_reference = weakref.ref(x, function)
""")
program("weakref callback of Python's with other code", "full", """\
import os, sys, weakref
w = weakref.WeakValueDictionary()
def told(ref, write=os.write): write(1, b"told\\n")
w._remove.__code__ = told.__code__; w._remove.__defaults__ = (os.write,)
class C: pass
x = C(); w[1] = x; sys.w = w
""")
program("weakref callback of Python's with other defaults", "full", """\
import sys, weakref
w = weakref.WeakValueDictionary()
def told(data, key): print("told", key, flush=True)
w._remove.__defaults__ = (weakref.ref(w), told)
class C: pass
x = C(); w[1] = x; sys.w = w
""")
program("weak collections", "quick", """\
import logging, sys, weakref
class C: pass
x = C(); sys.all = (weakref.WeakValueDictionary({1: x}), weakref.WeakKeyDictionary({x: 1}),
                    weakref.WeakSet([x]), logging.NullHandler(), x)
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

if __name__ == "__main__":
    sys.exit(ends.main(program))
