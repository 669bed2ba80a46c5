# SPDX-License-Identifier: MIT
"""How programs end that have asked to be told of what happens, in Python or in C: whoever would be told of
something while all is destroyed is told of it, once and in the same order.
"""

import functools
import sys

import ends
import extension_endings
import harness

program = ends.Programs()

NEW = sys.version_info

# What the program's own functions refer to lives longer than other modules: so what they are to be told of is there.
IDLE = """\
class C:
    def __del__(self):
        if self.open: self.shut()
import json
json.x = C(); json.x.open = False
"""

# --- in C, by the module hooks, which has functions only

C = ends.Programs()

C("nothing asked", "quick", "import hooks; hooks.end()")
C("function of the process", "quick, finalized", "import hooks; hooks.at_exit_of_process()")
C("function of C's atexit that asks", "quick, at once", "import hooks; hooks.ask_late()")
C("function of C's atexit that asks, exit", "quick, at once", "import hooks, sys; hooks.ask_late(); sys.exit(3)")
C("stream of C", "quick, at once", "import hooks; hooks.write_in_c(); print('from Python')")
C("stream of C, SIGINT", "quick, at once", """\
import hooks, sys
sys.excepthook = lambda *error: None
hooks.write_in_c(); raise KeyboardInterrupt
""", shell="\"$@\" | cat")
C("audit hook", "quick, finalized", "import hooks; hooks.audit(); hooks.end()")
C("data kept with code", "full", """\
import hooks
def watched(): pass
hooks.keep_with_code(watched.__code__)
""")
C("data kept with code that is gone", "full", """\
import hooks
def watched(): pass
hooks.keep_with_code(watched.__code__)
del watched
""")
C("object kept with the thread", "full", ends.LOUD + """\
import hooks
hooks.keep_with_thread(Loud("of the thread"))
""")
C("object kept deep with the thread", "full", ends.LOUD + """\
import hooks
hooks.keep_with_thread((1, {"a": (Loud("of the thread"),)}))
""")
C("plain object kept with the thread", "quick", "import hooks; hooks.keep_with_thread((1, {}))")
C("idle finalizer", "quick", "import hooks\n" + IDLE)
C("tracer", "full", "import hooks\n" + IDLE + "hooks.trace()\n")
C("profiler", "full", "import hooks\n" + IDLE + "hooks.profile()\n")
C("evaluation of frames", "full", """\
import hooks, sys, weakref
class C: pass
x = C(); x.x = x; sys.collection = weakref.WeakSet([x])
hooks.evaluate(); hooks.end()
""")
C("allocator", "full", "import hooks; x = [1]; hooks.watch_memory(x); hooks.end()")
if NEW >= (3, 12):
    C("watcher of a dictionary", "full", """\
import hooks
x = {}; hooks.watch_dict(x); hooks.end()
""")
    C("watcher of a module's names", "full", """\
import hooks, json
hooks.watch_dict(json.__dict__); hooks.end()
""")
    C("watcher of a dictionary that is gone", "full", """\
import hooks
x = {}; hooks.watch_dict(x); del x; hooks.end()
""")
    C("watcher of a type", "full", """\
import hooks
class Watched: pass
hooks.watch_type(Watched); Watched.x = 1; Watched().x; hooks.end()
""")
    C("watcher of code", "full", """\
import hooks
hooks.watch_code()
def watched(): pass
hooks.end()
""")
    C("watcher of functions", "full", """\
import hooks
hooks.watch_functions()
def watched(): pass
hooks.end()
""")
if NEW >= (3, 13):
    C("function of the interpreter", "full", "import hooks; hooks.at_exit_of_interpreter()")
    C("tracer of references", "full", """\
import hooks
class Traced: pass
x = Traced(); hooks.trace_references(); hooks.end()
""")

# --- tools of sys.monitoring: what they would be told of is a __del__ that does nothing, and a generator

TOOL = IDLE + """\
import sys
m = sys.monitoring
def started(code, at):
    if code.co_name == "__del__": print("start", code.co_name, flush=True)
"""
if NEW >= (3, 12):
    program("tool", "full", TOOL + """\
m.use_tool_id(1, "t"); m.register_callback(1, m.events.PY_START, started)
m.set_events(1, m.events.PY_START)
""")
    program("tool of one function", "full", TOOL + """\
m.use_tool_id(4, "t"); m.register_callback(4, m.events.PY_START, started)
m.set_local_events(4, C.__del__.__code__, m.events.PY_START)
""")
    program("tool that was freed", None if NEW >= (3, 14) else "full", TOOL + """\
m.use_tool_id(3, "t"); m.register_callback(3, m.events.PY_START, started)
m.set_events(3, m.events.PY_START)
m.free_tool_id(3)
""")
    program("tool of one function that was freed", None if NEW >= (3, 14) else "full", TOOL + """\
m.use_tool_id(5, "t"); m.register_callback(5, m.events.PY_START, started)
m.set_local_events(5, C.__del__.__code__, m.events.PY_START)
m.free_tool_id(5)
""")
    program("callback without a tool", None, TOOL + """\
m.register_callback(0, m.events.PY_START, started)
""")
    program("callback that comes after the events, without a tool", None, TOOL + """\
m.use_tool_id(2, "t"); m.set_events(2, m.events.PY_START); m.free_tool_id(2)
m.register_callback(2, m.events.PY_START, started)
""")
    program("tool that is told of a generator's end", "full", """\
import sys
m = sys.monitoring
import json
def g():
    yield 1
json.x = g(); next(json.x)
m.use_tool_id(1, "t")
def told(code, *arguments):
    if code.co_name == "g": print("unwind", flush=True)
for event in (m.events.PY_UNWIND, m.events.PY_THROW, m.events.RAISE):
    m.register_callback(1, event, told)
m.set_events(1, m.events.PY_UNWIND | m.events.PY_THROW | m.events.RAISE)
""")
    program("tool that was freed and is told of an import", None, """\
import sys
m = sys.monitoring
calls = []
def told(code, *arguments): calls.append((code.co_filename.rpartition("/")[2], code.co_name))
m.use_tool_id(1, "t"); m.register_callback(1, m.events.PY_START, told)
m.set_events(1, m.events.PY_START); m.free_tool_id(1)
import csv
m.register_callback(1, m.events.PY_START, None)
print(len(calls), [c for c in calls if c[0].startswith("<frozen")])
""")

# --- tracing, profiling and hooks in Python

program("setprofile", "full", IDLE + """\
import sys
sys.setprofile(lambda frame, what, x: frame.f_code.co_name == "__del__" and print(what, flush=True))
""")
program("settrace", "full", IDLE + """\
import sys
def told(frame, what, x):
    if frame.f_code.co_name == "__del__": print(what, flush=True)
sys.settrace(told)
""")
program("setprofile in atexit", "full", IDLE + """\
import atexit, sys
def told(frame, what, x):
    if frame.f_code.co_name == "__del__": print(what, flush=True)
atexit.register(sys.setprofile, told)
""")
program("threading.setprofile", "quick", IDLE + """\
import threading
threading.setprofile(print); threading.settrace(None)
""")
program("threading.excepthook", "quick", """\
import threading
threading.excepthook = lambda arguments: print("hook", arguments.exc_type, flush=True)
def fail(): 1 / 0
def fail_later(): threading.main_thread().join(); 1 / 0
threading.Thread(target=fail).start(); threading.Thread(target=fail_later).start()
""")
program("sys.addaudithook", "full", """\
import sys
def told(event, arguments):
    if event.startswith("cpython."): print(event, flush=True)
sys.addaudithook(told)
""")
program("sys.addaudithook in atexit", "full", """\
import atexit, sys
atexit.register(sys.addaudithook, lambda event, x: event == "cpython._PySys_ClearAuditHooks"
                and print(event, flush=True))
""")
program("unraisablehook, nothing to tell", "full", """\
import sys
sys.unraisablehook = print
""")
program("functions of atexit that register more", "quick", """\
import atexit
def more(n):
    print("called", n, flush=True)
    if n < 3: atexit.register(more, n + 1)
atexit.register(more, 0); atexit.register(more, 10)
""")
program("functions of atexit that register and forget", "quick", """\
import atexit
def forget(): atexit.unregister(print); print("forgotten", flush=True)
atexit.register(print, "never"); atexit.register(forget); atexit.register(print, "first", flush=True)
""")
program("functions of atexit that make what acts", "full", ends.LOUD + """\
import atexit, sys
def make(): sys.kept = Loud("made at the end")
atexit.register(make)
""")
program("functions of atexit that start threads", None, """\
import atexit, threading
def start():
    try: threading.Thread(target=print, args=("thread",)).start()
    except RuntimeError as error: print(error, flush=True)
atexit.register(start)
""")
program("functions of atexit that fork", None, """\
import atexit, os
def fork():
    try: child = os.fork()
    except Exception as error: print(type(error), error, flush=True); return
    if child == 0: print("child", flush=True)
    else: print("waited", os.waitpid(child, 0)[1], flush=True)
atexit.register(fork); atexit.register(print, "first", flush=True)
""")
program("functions of atexit that fail", None, """\
import atexit
def fail(): 1 / 0
atexit.register(print, "after"); atexit.register(fail); atexit.register(exit, 3)
""")
program("asynchronous generators' hooks", "quick", """\
import sys
sys.set_asyncgen_hooks(firstiter=lambda g: print("first", flush=True),
                       finalizer=lambda g: print("finalizer", flush=True))
async def g(): yield 1
g().__anext__().close()
""")
program("asynchronous generator that is left", "full", """\
import sys
sys.set_asyncgen_hooks(finalizer=lambda g: print("finalizer", g.__name__, flush=True))
async def g():
    yield 1
    yield 2
x = g(); y = x.__anext__()
try: y.send(None)
except StopIteration: pass
""")
program("finalizer of coroutines' origin", None, """\
import sys
sys.set_coroutine_origin_tracking_depth(3)
async def f(): pass
x = f()
""", options=["-W", "always"])

# --- the collector and memory

program("gc.callbacks", "full", """\
import gc
gc.callbacks.append(lambda phase, info: print(phase, info["generation"], flush=True))
""")
program("gc.callbacks in atexit", "full", """\
import atexit, gc
atexit.register(gc.callbacks.append, lambda phase, info: print(phase, flush=True))
""")
program("gc.callbacks of a list's kind", "full", """\
import gc
gc.callbacks.append(lambda phase, info: print(phase, info["generation"], flush=True))
gc.disable()
""")
program("gc.set_threshold", "quick", "import gc; gc.set_threshold(-1, -1, -1)")
program("gc.set_threshold, often", "quick", "import gc; gc.set_threshold(1, 1, 1)")
program("gc.disable", "quick", "import gc; gc.disable()")
program("gc.disable, what acts", "full", ends.LOUD + """\
import gc
gc.disable(); x = [Loud("in a cycle")]; x.append(x); del x
""")
for flag in ("DEBUG_STATS", "DEBUG_SAVEALL", "DEBUG_UNCOLLECTABLE", "DEBUG_COLLECTABLE"):
    program(f"gc.set_debug {flag}", "full", f"""\
import gc
x = []; x.append(x); del x
gc.set_debug(gc.{flag})
""", **({"only_lines": "never"} if flag in ("DEBUG_STATS", "DEBUG_COLLECTABLE") else {}))
program("gc.garbage", "full", "import gc; gc.garbage.append(1)")
program("gc.freeze", "quick", "import gc; x = [1]; gc.freeze()")
program("gc.freeze, what acts", "full", ends.LOUD + "import gc; x = [Loud('frozen')]; gc.freeze()")
program("tracemalloc", "quick", "import tracemalloc; tracemalloc.start(5); x = [object()]")
program("tracemalloc by option", "quick", "x = [object()]", options=["-X", "tracemalloc=3"])
program("tracemalloc tells where a file was opened", "full", "f = open(__file__)",
        options=["-X", "tracemalloc=3", "-W", "always"])
program("faulthandler", "quick", "import faulthandler; faulthandler.enable()")
program("faulthandler by option", "quick", "pass", options=["-X", "faulthandler"])
program("faulthandler, later", None, """\
import faulthandler
faulthandler.dump_traceback_later(1000, repeat=True)
""")
program("faulthandler, file", None, """\
import faulthandler
f = open("fault.txt", "w"); faulthandler.enable(f); f.write("text")
""")
program("importtime", None, "import json", options=["-X", "importtime"], only_lines="never")
program("showrefcount", None, "pass", options=["-X", "showrefcount"])
program("dump of references", None, "pass", env={"PYTHONDUMPREFS": "1"})
program("statistics of malloc", "full", "pass", env={"PYTHONMALLOCSTATS": "1"}, only_lines="never")
program("malloc's checks", None, "x = [1]", env={"PYTHONMALLOC": "debug"})
program("development mode", "full", "x = [1]", options=["-X", "dev"])
program("verbose", "full", "pass", options=["-v"], only_lines="never")
if NEW >= (3, 12):
    program("perf", None, "import os; print(os.path.exists(f'/tmp/perf-{os.getpid()}.map'))",
            options=["-X", "perf"])

# --- other interpreters and threads, contexts

SUB = "_interpreters" if NEW >= (3, 13) else "_xxsubinterpreters"
program("subinterpreter", "full", f"import {SUB} as sub\nx = sub.create()", only_lines="never")
program("subinterpreter that has run", None, f"""\
import {SUB} as sub
x = sub.create()
run = getattr(sub, "run_string", None) or sub.exec
run(x, "class C:\\n  def __del__(self): import os; os.write(1, b'del')\\nx = C()")
""", only_lines="del")
program("subinterpreter that is gone", "quick", f"""\
import {SUB} as sub
x = sub.create(); sub.destroy(x)
""")
program("daemon thread that waits", "full", """\
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
""")
program("daemon thread that holds what acts", "full", ends.LOUD + """\
import threading
started = threading.Event()
def work(x): started.set(); threading.Event().wait()
threading.Thread(target=work, args=(Loud("a thread's"),), daemon=True).start(); started.wait()
""")
program("daemon thread that ended", "quick", """\
import threading
t = threading.Thread(target=print, daemon=True); t.start(); t.join()
""")
program("locals of threads", "full", ends.LOUD + """\
import threading
x = threading.local(); x.held = Loud("of the main thread")
""")
program("context variables", "quick", """\
import contextvars
v = contextvars.ContextVar("v", default=[1]); token = v.set([2]); c = contextvars.copy_context()
""")
program("context variable that holds what acts", "full", ends.LOUD + """\
import contextvars
v = contextvars.ContextVar("v"); v.set((1, {"a": Loud("in the context")})); del v
""")

# --- descriptors, callbacks of modules in C

program("socket and file of one descriptor", ends.TOLD, """\
import socket
a, b = socket.socketpair(); f = open(a.fileno(), "rb", 0)
""")
program("socket and reader of one descriptor", None, """\
import socket
a, b = socket.socketpair(); f = open(a.fileno(), "rb")
""")
program("socket of a descriptor that is closed", None, """\
import os, socket
a, b = socket.socketpair(); os.close(a.fileno())
""")
program("two sockets of one descriptor", None, """\
import socket
a, b = socket.socketpair(); c = socket.socket(fileno=a.fileno())
""")
program("epoll and file of one descriptor", ends.TOLD, """\
import select
x = select.epoll(); f = open(x.fileno(), "rb", 0)
""")
program("mapping and file of one descriptor", ends.TOLD, """\
import mmap, os
g = open(__file__, "rb"); x = mmap.mmap(g.fileno(), 0, access=mmap.ACCESS_READ)
f = open(g.fileno() + 1, "rb", 0); g.close()
""")
program("file of a descriptor that a socket took over", None, """\
import os, socket
f = open(__file__, "rb", 0); os.close(f.fileno()); a = socket.socket(); print(a.fileno() == f.fileno())
""")
program("folder that is listed, and file, of one descriptor", None, """\
import os
x = os.scandir("."); next(x, None); d = os.open(".", 0)
try: f = open(d, "rb", 0)
except OSError as error: print(error)
""")
program("callbacks of a context for TLS", "quick", """\
import ssl
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
c.sni_callback = print
if hasattr(c, "set_psk_server_callback"): c.set_psk_server_callback(print)
c._msg_callback = print
print("set")
""")
program("callback of a context for TLS that holds what acts", "full", ends.LOUD + """\
import ssl
class Called(Loud):
    def __call__(self, *arguments): pass
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
c.sni_callback = Called("sni")
print("set")
""")
program("callback for keys of a context for TLS that holds what acts", None, ends.LOUD + """\
import ssl
class Called(Loud):
    def __call__(self, *arguments): pass
c = ssl.create_default_context()
if hasattr(c, "set_psk_client_callback"): c.set_psk_client_callback(Called("psk"))
""")
# Code that a program gives the file and the name of a function whose source was read.
FORGED = """\
import {0} as m, os
write = os.write
def replace(name, text):
    exec(compile(text, m.__file__, "exec"), m.__dict__)
m.write = write
"""
program("callback of logging's with other code", "full", FORGED.format("logging") + """\
import json, weakref
replace("_removeHandlerRef", "def _removeHandlerRef(wr): write(1, b'told')")
class C: pass
json.x = C(); m.kept = weakref.ref(json.x, m._removeHandlerRef)
""")
program("representation of sockets with other code", "full", FORGED.format("socket") + """\
import json
own = m.socket
replace("socket", "class socket:\\n  def __repr__(self): write(1, b'told'); return ''")
own.__repr__ = m.socket.__repr__; m.socket = own
json.x = own()
""")
program("signal handlers", "quick", "import signal; signal.signal(signal.SIGTERM, print)")
# The last output, of which a full pipe takes nothing before the signal came. Somebody else tells what a program leaves.
MEANWHILE = ends.LOUD + """\
import atexit, fcntl, os, signal, sys
read, write = os.pipe()
fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
told = os.dup(1); os.dup2(write, 1); os.close(write)
class Told(Loud):
    def __del__(self): os.write(2, b"del")
class Idle:
    def __del__(self):
        if self.open: os.write(2, b"shut")
idle = Idle(); idle.open = False
def handle(number, frame):
    global left
    os.write(2, b"handled ")
    {}
signal.signal(signal.SIGALRM, handle)
os.write(1, b"x" * 4096)
atexit.register(print, "the last", end="")
main = os.getpid()
if os.fork() == 0:
    os.close(1)
    import time
    def is_waiting():
        with open(f"/proc/{{main}}/stat") as file: return file.read().rpartition(")")[2].split()[0] == "S"
    seen = 0
    while seen < 20:
        seen = seen + 1 if is_waiting() else 0
        time.sleep(0.01)
    os.kill(main, signal.SIGALRM)
    time.sleep(0.1)
    while os.read(read, 4096): pass
    os._exit(0)
os.close(read)
"""
for name, text in {"leaves a file": "left = open('left.txt', 'w'); left.write('left')",
                   "leaves what acts": "left = Told('left')",
                   "changes what is there": "idle.open = True",
                   "fails": "1 / 0", "exits": "sys.exit(5)", "does nothing": "pass"}.items():
    program("signal handler, called while a stream is flushed, that " + name, None, MEANWHILE.format(text))
program("signal handler that holds what acts", "full", ends.LOUD + """\
import signal
class Called(Loud):
    def __call__(self, *arguments): pass
signal.signal(signal.SIGTERM, Called("signal"))
""")
program("codecs that were registered", "full", ends.LOUD + """\
import codecs
class Called(Loud):
    def __call__(self, *arguments): return None
codecs.register(Called("codec")); codecs.register_error("own", Called("error"))
""")
program("functions for forks", "full", ends.LOUD + """\
import os
class Called(Loud):
    def __call__(self, *arguments): return None
os.register_at_fork(before=Called("before"))
""")
program("parser with handlers", "full", ends.LOUD + """\
import xml.parsers.expat
class Called(Loud):
    def __call__(self, *arguments): return None
p = xml.parsers.expat.ParserCreate(); p.StartElementHandler = Called("handler")
""")
program("readline's functions", None, ends.LOUD + """\
try: import readline
except ImportError: pass
else:
    class Called(Loud):
        def __call__(self, *arguments): return None
    readline.set_completer(Called("completer"))
""")


def check_in_c(sandbox, library, name, tap):
    expected, text, options = C.all[name]
    if library is None:
        tap.skip(name, "nothing to compile it with")
        return
    programs = ends.Programs()
    programs(name, expected, f"import sys; sys.path.insert(0, {str(library)!r})\n" + text, **options)
    ends.check(sandbox, programs, name, tap)


def main():
    names = sys.argv[1:]
    with harness.Sandbox() as sandbox:
        folder = sandbox.path / "library"
        library = folder if extension_endings.compile_extension(folder, "hooks", "hooks.c") else None
        sandbox.write("imports.py", ends.IMPORTS)
        sandbox.record("imports.py")
        tests = [functools.partial(ends.check, sandbox, program, name)
                 for name in names or program.all if name in program.all]
        tests += [functools.partial(check_in_c, sandbox, library, name)
                  for name in names or C.all if name in C.all]
        return harness.in_parallel(lambda test, tap: test(tap), tests)


if __name__ == "__main__":
    sys.exit(main())
