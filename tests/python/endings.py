# SPDX-License-Identifier: MIT
"""How programs end: what they leave behind, exit status, standard streams and files."""

import sys

import ends
from ends import IMPORTS, LOUD

program = ends.Programs()

# --- programs that leave nothing behind

program("nothing", "quick, at once", "pass")
program("imports", "quick, at once", IMPORTS)
program("output", "quick, at once", "print('no newline at the end', end='')")
program("much output", "quick, at once", "for i in range(20000): print(i)")
program("both streams", "quick, at once", "import sys; print('out'); print('err', end='', file=sys.stderr)")
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
class Asking:
    def __eq__(self, other):
        print("asked", atexit._ncallbacks()); atexit.unregister(len); return False
atexit.register(print, "asking"); atexit.unregister(Asking()); print(atexit._ncallbacks())
class Clearing:
    def __eq__(self, other): atexit._clear(); print(atexit._ncallbacks()); return False
atexit.unregister(Clearing()); print(atexit._ncallbacks())
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
program("SystemExit", "quick, at once", "raise SystemExit(9)")
program("exception", "quick, at once", "print('x'); 1 / 0")
program("exception with locals", "full", LOUD + """\
def f():
    local = Loud("local of the traceback")
    1 / 0
f()
""")
program("os._exit", None, "import os; print('lost', end=''); os._exit(4)")
program("syntax error", "quick, at once", "x = = 1")
program("KeyboardInterrupt", "quick, at once", "print('x'); raise KeyboardInterrupt")
program("killed", None, "import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
program("SIGINT", None, "import os, signal; os.kill(os.getpid(), signal.SIGINT); input()")
program("a module with a thread of its own", "quick, finalized", """\
import faulthandler
faulthandler.dump_traceback_later(1000)
""")
program("Py_FinalizeEx() called", None, """\
import ctypes
print("x", flush=True); ctypes.pythonapi.Py_FinalizeEx()
""", shell="\"$@\" 2>/dev/null; echo $?")
program("Py_Exit() called", "quick, at once", """\
import ctypes
print("x"); ctypes.pythonapi.Py_Exit(5)
""")
program("a child's end", None, """\
import os
print("x", flush=True)
if os.fork(): print(os.wait()[1])
else: print("child"); raise SystemExit(4)
""")
program("excepthook", "quick, at once", """\
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
# They wait until nobody reads what they write.
program("broken pipe", None, """\
import select
pipe = select.poll(); pipe.register(1, 0); pipe.poll(); print('x' * 10)
""",
        shell="exec 3>&1; { \"$@\" 2>&3; echo status $? >&3; } </dev/null | true")
program("broken pipe, hook", None, """\
import os, select, sys
sys.unraisablehook = lambda u: os.write(2, repr(u.exc_type).encode())
pipe = select.poll(); pipe.register(1, 0); pipe.poll(); print('x' * 10)
""", shell="exec 3>&1; { \"$@\" 2>&3; echo status $? >&3; } </dev/null | true")

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
program("read text", "quick", """\
open("a.txt", "w").close()
f = open("a.txt"); f.read(1); g = open("a.txt", "rb"); h = open("a.txt", "rb", buffering=0)
""")
program("read text in a cycle", "quick", """\
class C: pass
c = C(); c.c = c; c.f = open(__file__); c.f.read(1)
""")
program("unbuffered bytes", "quick", """\
f = open("a.bin", "wb", buffering=0); f.write(b"never closed")
""")
program("text in memory", "quick", """\
import io
f = io.TextIOWrapper(io.BytesIO()); f.write("x")
""")
program("text in memory, shared", "full", """\
import io, sys
class Told(io.BytesIO):
    def write(self, data): print("write", bytes(data), flush=True); return super().write(data)
f = io.TextIOWrapper(Told()); f.write("x")
""")
program("read with attributes of its own", "full", """\
f = open(__file__, "rb", buffering=0); f.close = lambda: print("close", flush=True)
""")
program("read with an idle attribute", "quick", """\
f = open(__file__, "rb", buffering=0); f.note = "mine"
""")
program("read under a name that acts", "full", """\
class Name(str):
    def __repr__(self): print("named", flush=True); return "name"
f = open(Name(__file__), "rb", buffering=0)
""")
program("read text under a name that acts", "full", """\
class Name(str):
    def __repr__(self): print("named", flush=True); return "name"
f = open(Name(__file__))
""")
program("read text in a mode that acts", "full", """\
class Mode:
    def __repr__(self): print("shown", flush=True); return "mode"
f = open(__file__); f.mode = Mode()
""")
program("read, warnings shown", "full", "f = open(__file__)", options=["-W", "always"])
program("read, warnings hidden for a while", "full", """\
import warnings
warnings.simplefilter("always")
hidden = warnings.catch_warnings(); hidden.__enter__(); warnings.simplefilter("ignore")
import sys
sys.f = open(__file__)
""")
program("buffer lent by a method", "full" if sys.version_info >= (3, 12) else None, """\
class Lender:
    def __buffer__(self, flags): return memoryview(b"lent")
    def __release_buffer__(self, view): print("released", flush=True)
try: x = memoryview(Lender())
except TypeError as error: print(error)
""")
program("buffer lent by a method, without attributes", None, """\
class Lender:
    __slots__ = ()
    def __buffer__(self, flags): return memoryview(b"lent")
    def __release_buffer__(self, view): print("released", flush=True)
try: x = (memoryview(Lender()), 1)
except TypeError as error: print(error)
""")
program("buffer lent by a class of the same kind", "quick", """\
class Bytes(bytearray): pass
x = memoryview(Bytes(b"lent"))
""")
program("read through another's raw file", "full", """\
import io
class Raw(io.RawIOBase):
    def readable(self): return True
    def readinto(self, buffer): return 0
    def close(self):
        if not self.closed: print("close", flush=True)
        super().close()
f = io.BufferedReader(Raw())
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
program("stdout wrapped", "full", """\
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
program("stdout flushed twice, then leaves a file", "full", """\
import sys
class Out:
    count = 0
    def write(self, text): return sys.__stdout__.write(text)
    def flush(self):
        global f
        self.count += 1
        if self.count == 2: f = open("late.txt", "w"); f.write("late")
sys.stdout = Out()
""")
program("stdout asked twice whether it is closed, then leaves a file", "full", """\
import sys
class Out:
    count = 0
    def write(self, text): return sys.__stdout__.write(text)
    def flush(self): pass
    @property
    def closed(self):
        global f
        self.count += 1
        f = open(f"late{self.count}.txt", "w"); f.write("late")
        return False
sys.stdout = Out()
""")
program("stdout in memory, flushed in its own way", "full", """\
import io, sys
sys.stdout = io.StringIO()
def flush(count=[]):
    global f
    count.append(1)
    if len(count) == 2: f = open("late.txt", "w"); f.write("late")
sys.stdout.flush = flush
""")
program("stdin a class", "quick", """\
import sys
class In:
    def readline(self): return ""
    def flush(self): print("never")
sys.stdin = In()
""")
program("stdout a class", "full", """\
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
program("stdin and its original a file that is written", None, """\
import sys
sys.stdin = sys.__stdin__ = open("in.txt", "w"); sys.stdin.write("unflushed")
""")
program("stdout with a flush of its own", None, """\
import sys
sys.stdout.flush = lambda flush=sys.stdout.flush: (print("mine"), flush())
print("x")
""")
program("stdout and its original None", "quick, at once", """\
import sys
sys.stdout = sys.__stdout__ = None; print("x")
""")
program("stdout and its original a file", None, """\
import sys
sys.stdout = sys.__stdout__ = open("out.txt", "w"); print("x")
""")
program("redirected", "quick, at once", """\
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
program("a descriptor that is closed already", ends.TOLD, """\
import os
f = open(__file__); os.close(f.fileno())
""")
program("a descriptor of two files", ends.TOLD, """\
f = open(__file__, "rb", 0); g = open(f.fileno(), "rb", 0)
""")
program("a descriptor of two files, of which one leaves it", "quick", """\
f = open(__file__, "rb", 0); g = open(f.fileno(), "rb", 0, closefd=False)
""")
program("warnings in a context", "full" if sys.version_info >= (3, 14) else "quick", """\
import warnings
warnings.simplefilter("ignore")
shown = warnings.catch_warnings(); shown.__enter__(); warnings.simplefilter("always")
warnings.filters[:] = [("ignore", None, Warning, None, 0)]
f = open(__file__)
""", options=["-X", "context_aware_warnings=1"])
program("ResourceWarning", "full", "import socket; f = open(__file__); s = socket.socket()",
        options=["-W", "always"])
program("ResourceWarning enabled", "full", """\
import os, warnings
warnings.simplefilter("always")
i = os.scandir("."); next(i, None)
""")
program("socket", None, "import socket; a, b = socket.socketpair(); a.send(b'x')")
program("sockets", "quick", """\
import socket, sys
a, b = socket.socketpair(); a.send(b"x"); sys.s = socket.socket(); c = socket.socket(); c.close()
""")
program("sockets over TLS", "quick", """\
import socket, ssl
a, b = socket.socketpair()
s = ssl.create_default_context().wrap_socket(a, server_hostname="x", do_handshake_on_connect=False)
""")
program("socket with __del__", "full", """\
import socket
class S(socket.socket):
    def __del__(self): print("del", flush=True)
s = S()
""")
program("socket with a representation", "full", """\
import socket
class S(socket.socket):
    def __repr__(self): print("represented", flush=True); return "S"
s = S()
""")
program("socket with another representation", "full", """\
import socket
def represent(self): print("represented", flush=True); return "S"
socket.socket.__repr__ = represent
s = socket.socket()
""")
program("stdout with an idle attribute", "quick", "import sys; sys.stdout.softspace = 0; print('x')")
program("csv", "full", "import csv; f = open('a.csv', 'w'); csv.writer(f).writerow([1, 2])")

if __name__ == "__main__":
    sys.exit(ends.main(program))
