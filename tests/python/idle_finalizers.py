# SPDX-License-Identifier: MIT
"""How programs end whose objects have a __del__ that looks whether there is something to do: where it
finds that there is not, nobody can tell whether it was called, and everything else is as ever.
"""

import sys

import ends

program = ends.Programs()

# What __del__ looks at when the object is closed, and when it is not. `write` needs no globals.
LOOKS = {
    "an attribute": ("closed = True", "if not self.closed: write(1, b'del')", "self.closed = {}"),
    "an attribute that is None": ("", "if self.file is not None: write(1, b'del')",
                                  "self.file = None if {} else 1"),
    "an attribute that is not None": ("", "if self.expr is None: write(1, b'del')",
                                      "self.expr = 1 if {} else None"),
    "a slot": ("__slots__ = ('closed', '__weakref__')", "if not self.closed: write(1, b'del')",
               "self.closed = {}"),
    "a property": ("closed = property(lambda self: self.state == 'closed' or self.is_closed)",
                   "if not self.closed: write(1, b'del')", "self.is_closed = {}; self.state = 1"),
    "a plain property": ("closed = property(lambda self: self.is_closed)",
                         "if not self.closed: write(1, b'del')", "self.is_closed = {}"),
    "a method": ("def close(self, write=write):\n        if self.closed: return\n"
                 "        write(1, b'del')", "self.close()", "self.closed = {}"),
    "a static method": ("@staticmethod\n    def close(lock, write=write):\n        if lock is None: return\n"
                        "        write(1, b'del')", "self.close(self.lock)", "self.lock = None if {} else 1"),
    "getattr": ("", "if getattr(self, 'opened', False): write(1, b'del')",
                "if not {}: self.opened = True"),
    "hasattr": ("", "if hasattr(self, 'opened'): write(1, b'del')",
                "if not {}: self.opened = True"),
    "two things": ("", "if not self.a and not self.b: write(1, b'del')",
                   "self.a = 0; self.b = 'yes' if {} else ''"),
    "one of two": ("", "if self.a or self.b: write(1, b'del')",
                   "self.a = (); self.b = b'' if {} else 2.5"),
    "an object in an object": ("", "if not self.other.closed: write(1, b'del')",
                               "self.other = type('O', (), {{}})(); self.other.closed = {}"),
    "a plain object": ("", "if self.other: return\n        write(1, b'del')",
                       "self.other = type('O', (), {{}} if {} else {{'__len__': lambda s: 0}})()"),
}
NOT_SEEN_THROUGH = ("a property",)  # it compares
LOOKING = """\
import os, sys
write = os.write
class C:
    {}
    def __init__(self):
        {}
    def __del__(self, write=write):
        {}
    def __repr__(self): return "C"
"""


def looking(attributes, look, state, closed):
    return LOOKING.format(attributes or "pass", state.format(closed), look)


for name, parts in LOOKS.items():
    for place in ("x = C()", "sys.x = C()", "x = C(); x.__class__.y = x"):
        program(f"__del__ looks at {name}: {place}",
                "full" if name in NOT_SEEN_THROUGH else "quick", looking(*parts, True) + place)
    program(f"__del__ looks at {name}, open", "full", looking(*parts, False) + "sys.x = C()")

PLAIN = LOOKS["an attribute"]
program("__del__ of a derived class looks", "quick",
        looking(*PLAIN, True) + "class D(C): pass\nclass E(D, dict): pass\nx = D(); y = E()")
program("a stream is flushed after __del__ was looked at", "full", looking(*PLAIN, True) + """\
x = C()
class Out:
    def write(self, text): return sys.__stdout__.write(text)
    def flush(self): x.closed = False
sys.stdout = Out(); sys.x = x
""")
program("a stream is flushed after a stream was looked at", "full", """\
import io, sys
class S(io.IOBase): pass
s = S()
class Out:
    def write(self, text): return sys.__stdout__.write(text)
    def flush(self): s.close = lambda: sys.__stderr__.write("told")
sys.stdout = Out()
""")
program("text in memory for a stream, and __del__", "quick", looking(*PLAIN, True) + """\
import io
x = C(); sys.stdout = io.StringIO()
""")
program("very many __del__ that look", "full",
        looking(*PLAIN, True) + "x = [C() for i in range(20000)]")
program("many __del__ that look", "quick",
        looking(*PLAIN, True) + "x = [C() for i in range(5000)]")
program("__del__ with an attribute that is missing", "full",
        looking("", PLAIN[1], "if not {}: self.closed = 1", True) + "x = C()")
program("__del__ asks __getattr__", "full",
        looking("def __getattr__(self, name): write(1, b'asked')", PLAIN[1], "pass", True)
        + "x = C()")
program("__del__ does not ask __getattr__", "quick",
        looking("def __getattr__(self, name): write(1, b'asked')", *PLAIN[1:], True) + "x = C()")
program("__del__ and __getattribute__", "full", looking("""\
def __getattribute__(self, name): write(1, b'asked'); return object.__getattribute__(self, name)
""", *PLAIN[1:], True) + "x = C()")
program("__del__ looks at a descriptor", "full", looking("""\
class Closed:
        def __get__(self, *a): return sys is not None
        def __set__(self, *a): pass
    closed = Closed()
""", *PLAIN[1:], True) + "sys.x = C()")
program("__del__ looks at a module's variables", "full", looking(*PLAIN, True) + """\
import types
sys.modules["m"] = types.ModuleType("m"); sys.x = C(); vars(sys.modules["m"])["closed"] = True
sys.x.__dict__ = vars(sys.modules["m"])
""")
program("__del__ looks at a shared dictionary", "full", looking(*PLAIN, True) + """\
class Late:
    def __init__(self, of): self.of = of
    def __del__(self): self.of["closed"] = False
sys.x = C(); late = Late(vars(sys.x))
""")
program("__del__ looks at an odd dictionary", "full", looking(*PLAIN, True) + """\
class Odd:
    def __hash__(self): return hash("closed")
    def __eq__(self, other): write(1, b"compared"); return True
x = C(); vars(x).clear(); vars(x)[Odd()] = True
""")
program("__del__ looks at a list", "full", looking(
    "closed = []", "if not self.closed: write(1, b'del')", "pass", True) + """\
class Late:
    def __del__(self, closed=C.closed): closed.clear()
C.closed.append(1); sys.x = C(); late = Late()
""")
program("__del__ looks at a list that weak references are taken from", "full", looking(
    "", "if not self.referents: write(1, b'del')", "pass", True) + """\
import weakref
class Referent: pass
sys.x = C(); referent = Referent(); sys.x.all = weakref.WeakValueDictionary({1: referent})
sys.x.referents = sys.x.all.data
""")
program("__del__ looks at its globals", "full", """\
import os, sys
is_closed = True
class C:
    def __del__(self, write=os.write):
        if not is_closed: write(1, b"del")
sys.x = C()
""")
program("__del__ calls getattr of its module", "full", """\
import os, sys
def getattr(object, name, default): return os.write(1, b"asked") == 0
class C:
    def __del__(self):
        if getattr(self, "x", False): pass
x = C()
""")
program("__del__ calls getattr that was replaced", "full", """\
import builtins, os
def ask(*arguments): os.write(1, b"asked")
builtins.getattr = ask
class C:
    def __del__(self):
        if getattr(self, "x", False): pass
x = C()
""")
program("__del__ handles the end of getattr", "full", """\
import os, sys
class C:
    def __del__(self, write=os.write):
        try:
            if getattr(self, "x", False): pass
        except: write(1, b"handled")
class D:
    def __del__(self, write=os.write):
        try: self.close()
        except: write(1, b"handled")
    def close(self): return hasattr(self, "x")
import builtins
builtins.x = C(); builtins.y = D()
""")
program("__del__ calls a builtin to the end", "quick",
        looking(*LOOKS["getattr"], True) + "import builtins\nbuiltins.x = C()")
program("__del__ looks at what has a truth of its own", "full", looking(
    "", "if self.other: pass", "self.other = type('O', (), {{'__bool__': lambda s: write(1, b'?') == 1}})()",
    True) + "x = C()")
program("__del__ sets an attribute", "full", looking(*PLAIN, True) + """\
class Late:
    def __init__(self, of): self.of = of
    def __del__(self): self.of.closed = False
sys.x = C(); late = Late(sys.x)
""")
program("__del__ waits", "full", looking(
    "", "if not self.closed: yield 1", PLAIN[2], True) + "x = C()", only_lines="no such line")
program("__del__ calls what the instance has", "full", looking(
    "def close(self): pass", "self.close()", "self.close = lambda: write(1, b'own')", True)
    + "x = C()")
program("__del__ of a file looks", "full", """\
import io
class F(io.FileIO):
    def __del__(self):
        if self is None: print()
    def close(self): print("close", flush=True); super().close()
f = F("a.bin", "w")
""")
program("__del__ of a database looks", "full", """\
import sqlite3
class C(sqlite3.Connection):
    def __del__(self):
        if self is None: print()
c = C("a.db"); c.execute("create table t (x)"); c.execute("insert into t values (1)")
""", ignore="a.db")
program("futures and tasks that are done", "quick", """\
import asyncio, sys
loop = asyncio.new_event_loop()
sys.future = loop.create_future(); sys.future.set_result(1)
async def work(): return 1
sys.task = loop.create_task(work()); loop.run_until_complete(sys.task); loop.close()
""")
program("a future whose error nobody asked for", "full", """\
import asyncio, sys
loop = asyncio.new_event_loop()
sys.future = loop.create_future(); sys.future.set_exception(ValueError("never retrieved"))
loop.close()
""", only_lines="never retrieved")

program("__del__ asks globals with an answer of their own", "full", """\
import os
class Globals(dict):
    def __missing__(self, name, write=os.write): write(1, b"asked"); raise KeyError(name)
names = Globals()
exec("class C:\\n    def __del__(self): hasattr(self, 'x')", names)
x = names["C"]()
""")
program("__del__ looks into a slot of another class", "full", """\
class Other: __slots__ = ("x",)
class C:
    x = Other.x
    def __del__(self): hasattr(self, "x")
x = C()
""")
program("__del__ looks at an attribute, and another gives a warning", "full", """\
import _socket, sys, warnings
warnings.simplefilter("always")
class C:
    def __del__(self): self.all
x = C(); x.socket = _socket.socket(); x.all = [[]]
""")

# --- what else there is to objects whose __del__ does nothing, and to what is destroyed with them

BESIDE = """\
import os, sys, weakref
apart = {}
exec('''import os, weakref
def told(*arguments, write=os.write): write(1, b"told")
class C: pass
class Reference(weakref.ref):
    def __del__(self): pass
class Set(set): discard = told
class Dict(dict): __delitem__ = told
class Key: __hash__ = lambda self, write=os.write: write(1, b"told")
class Same:
    __hash__ = lambda self: 1
    __eq__ = lambda self, other, write=os.write: write(1, b"told") == 0
class Asked(weakref.WeakKeyDictionary):
    def __getattribute__(self, name, write=os.write):
        if name == "data": write(1, b"told")
        return object.__getattribute__(self, name)
class Lock:
    __enter__ = acquire = told
    __exit__ = release = lambda self, *arguments: None
''', apart)
class Referent: pass
x = Referent(); x.x = x  # is found by the collector, while what is in sys is there
"""
program("an idle __del__ of a reference without a callback", "quick",
        BESIDE + "sys.reference = apart['Reference'](x)")
program("an idle __del__ of a reference with a callback", "full",
        BESIDE + "sys.reference = apart['Reference'](x, apart['told'])")
program("an idle __del__ of a class whose instances have another", "full", """\
import os
class Meta(type):
    def __del__(self): pass
class C(int, metaclass=Meta):
    __slots__ = ()
    def __del__(self, write=os.write): write(1, b"told")
x = C()
""")
program("weak collections of plain keys", "quick", BESIDE + """\
key = apart["C"]()
sys.all = [weakref.WeakValueDictionary({k: x}) for k in (1, "a", (1, "b", None), key, (key, 1.0))]
""")
for name, text in {
    "a key that is hashed": "sys.x = weakref.WeakValueDictionary(); sys.x[apart['Key']()] = x",
    "keys that are compared": """\
y = Referent(); y.y = y; sys.x = weakref.WeakValueDictionary()
sys.x[apart["Same"]()] = x; sys.x[apart["Same"]()] = y
""",
    "a key with one in it": "sys.x = weakref.WeakValueDictionary(); sys.x[1, apart['Key']()] = x",
    "a set of its own": "sys.x = weakref.WeakSet([x]); sys.x.data = apart['Set'](sys.x.data)",
    "a dictionary of its own":
        "sys.x = weakref.WeakKeyDictionary({x: 1}); sys.x.data = apart['Dict'](sys.x.data)",
    "attributes of its own": "sys.x = apart['Asked']({x: 1})",
}.items():
    program("a weak collection with " + name, "full", BESIDE + text)
program("a handler with another lock", "full", BESIDE + """\
import atexit, logging
atexit.unregister(logging.shutdown); sys.handlers = logging._handlerList
handler = logging.Handler(); handler.x = handler; logging._lock = apart["Lock"]()
""")
for base in ("BytesIO", "StringIO"):
    program(f"a {base} with a name", "quick", f"import io\nx = io.{base}(); x.name = x.x = 'x'")
    program(f"a {base} with another close", "full", f"""\
import io, os
x = io.{base}(); x.x = x; x.close = lambda write=os.write: write(1, b"told")
""")

# --- classes that are derived from io's, whose finalizer closes them

STREAM = """\
import io, os, sys
write = os.write
class S(io.{}):
    {}
s = S(); sys.s = S()
"""
TOLD = "write(1, b'told')"
for base in ("IOBase", "RawIOBase", "BufferedIOBase", "TextIOBase", "StringIO", "BytesIO"):
    program(f"a class derived from {base}", "quick",
            STREAM.format(base, "def write(self, *a): pass"))
    program(f"a class derived from {base} twice", "quick",
            STREAM.format(base, "def write(self, *a): pass") + "class T(S): pass\nsys.t = T()")
    for name, text in {
        "close": f"def close(self, write=write): {TOLD}; super().close()",
        "closed": f"@property\n    def closed(self, write=write): {TOLD}; return False",
        "__del__": f"def __del__(self, write=write): {TOLD}",
        "__getattribute__":
            f"def __getattribute__(self, name, write=write): {TOLD}; return super().__getattribute__(name)",
        "__setattr__": f"def __setattr__(self, name, value, write=write): {TOLD}",
    }.items():
        program(f"a class derived from {base} with {name}", "full", STREAM.format(base, text))
    program(f"a class derived from {base} with flush",
            "quick" if base in ("StringIO", "BytesIO") else "full",
            STREAM.format(base, f"def flush(self, write=write): {TOLD}"))
    program(f"an object of a class derived from {base} with close", "full",
            STREAM.format(base, "pass") + "s.close = lambda: print('told', flush=True)")
    program(f"a class derived from {base} with close, closed", "quick", STREAM.format(
        base, f"def close(self, write=write): {TOLD}; super().close()")
        + ("s.close(); sys.s.close()" if base not in ("StringIO", "BytesIO")
           else "del s, sys.s; import sys"))
    program(f"a class derived from {base} that says that it is closed", "quick", STREAM.format(
        base, f"closed = property(lambda self: True)\n"
              f"    def close(self, write=write): {TOLD}; super().close()"))
program("a class derived from IOBase with an attribute for finalizing", "full", STREAM.format(
    "IOBase", "_finalizing = property(lambda self: 1, lambda self, value: write(1, b'told'))"))
program("a class derived from IOBase that asks further", "full", STREAM.format(
    "IOBase", f"def __getattr__(self, name, write=write): {TOLD}; raise AttributeError(name)"))
program("a class derived from RawIOBase with a mark of its own", "full",
        STREAM.format("RawIOBase", "pass") + """\
setattr(S, "__IOBase_closed", property(lambda self, write=write: write(1, b"told")))
vars(s)["__IOBase_closed"] = True; del sys.s
""")
program("a class derived from FileIO", "full", """\
import io
class F(io.FileIO): pass
f = F("a.bin", "w"); f.write(b"x")
""")
program("a class derived from BufferedWriter", "full", """\
import io
class F(io.BufferedWriter): pass
f = F(io.FileIO("a.bin", "w")); f.write(b"x")
""")
RESPONSE = """\
import http.client, io, os, sys
class Socket:
    def makefile(self, *a): return io.BytesIO(b"HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\n\\r\\nx")
class Response(http.client.HTTPResponse):
    {}
sys.r = Response(Socket()); sys.r.begin()
"""
program("a response that was read", "quick",
        RESPONSE.format("pass") + "print(sys.r.read())")
program("a response that was not read", "full", RESPONSE.format("pass"))
program("a response that closes in its own way", "full", RESPONSE.format(
    "def close(self, write=os.write): write(1, b'told'); super().close()") + "print(sys.r.read())")

program("a response with another class behind it", "full", """\
import http.client, io, os, sys
class Mixin(io.BufferedIOBase):
    def close(self, write=os.write): write(1, b"told")
class Response(http.client.HTTPResponse, Mixin):
    def __init__(self): self.fp = None
x = Response(); x.x = x
""")

# --- methods in modules that are known, which are made here as they are in their packages

LOCAL = """\
import os, sys
os.mkdir("asgiref"); open("asgiref/__init__.py", "w").close()
with open("asgiref/local.py", "w") as file: file.write('''\
import weakref
class Local:
    def __init__(self):
        self._context_refs = weakref.WeakSet()
        self._attr_name = "name"
    def __del__(self):
        try:
            for context_obj in self._context_refs:
                try:
                    delattr(context_obj, self._attr_name)
                except AttributeError:
                    {}
        except TypeError:
            pass
''')
sys.path.insert(0, os.getcwd())
from asgiref.local import Local
class Context:
    def __delattr__(self, name): print("deleted", name, flush=True)
"""
ANSIBLE = """\
import io, os, sys
os.makedirs("ansible/utils")
for package in ("ansible", "ansible/utils"): open(package + "/__init__.py", "w").close()
with open("ansible/utils/display.py", "w") as file: file.write('''\
import threading
def _synchronize_textiowrapper(tio, lock):
    def _wrap_with_lock(f, lock):
        def locking_wrapper(*args, **kwargs):
            with lock:
                return f(*args, **kwargs)
        return locking_wrapper
    tio.buffer.flush = _wrap_with_lock(tio.buffer.flush, lock)
''')
sys.path.insert(0, os.getcwd())
import threading
from ansible.utils.display import _synchronize_textiowrapper as synchronize
print("x")
"""
program("a local without contexts", "quick", LOCAL.format("pass") + "x = Local(); sys.x = Local()")
program("a local with a context", "full", LOCAL.format("pass") + """\
x = Local(); y = Context(); x._context_refs.add(y)
""")
program("a local with a list of contexts", "full", LOCAL.format("pass") + """\
x = Local(); x._context_refs = [Context()]
""")
program("a local that has other code", "full", LOCAL.format("print('x')")
        + "x = Local(); y = Context(); x._context_refs.add(y)")
program("a local with another method", "full", LOCAL.format("pass") + """\
def __del__(self): print("del", flush=True)
Local.__del__.__code__ = __del__.__code__; x = Local()
""")
program("a local with another weak set", "full", LOCAL.format("pass") + """\
import weakref
class Told(weakref.WeakSet):
    def __iter__(self): print("told", flush=True); return super().__iter__()
x = Local(); x._context_refs = Told()
""")
program("stdout with a lock", "quick", ANSIBLE + "synchronize(sys.stdout, threading.RLock())")
program("stdout with a lock of its own", "full", ANSIBLE + """\
class Lock:
    def __enter__(self): os.write(1, b"lock")
    def __exit__(self, *a): pass
synchronize(sys.stdout, Lock())
""")
program("stdout with a lock on what was replaced", "full", ANSIBLE + """\
sys.stdout.buffer.flush = lambda: os.write(1, b"flush")
synchronize(sys.stdout, threading.RLock())
""")

COLORAMA = """\
import os, sys
os.mkdir("colorama"); open("colorama/__init__.py", "w").close()
with open("colorama/ansitowin32.py", "w") as file: file.write('''\
class StreamWrapper(object):
    def __init__(self, wrapped):
        self.__wrapped = wrapped
    def __getattr__(self, name):
        return getattr(self.__wrapped, name)
    def write(self, text):
        self.__wrapped.write(text)
    @property
    def closed(self):
        stream = self.__wrapped
        try:
            return stream.closed
        except (AttributeError, ValueError):
            return True
''')
sys.path.insert(0, os.getcwd())
from colorama.ansitowin32 import StreamWrapper
class Told:
    def __init__(self, stream): self.stream = stream; self.count = 0
    def write(self, text): return self.stream.write(text)
    def flush(self):
        self.count += 1; self.stream.write(f"flush {self.count}"); self.stream.flush()
"""
program("stdout of colorama", "quick", COLORAMA + "sys.stdout = StreamWrapper(sys.stdout); print(1)")
program("stdout and stderr of colorama", "quick", COLORAMA + """\
sys.stdout = StreamWrapper(sys.stdout); sys.stderr = StreamWrapper(sys.stderr); print(1)
""")
program("stdout of colorama around another", "full", COLORAMA + """\
sys.stdout = StreamWrapper(Told(sys.stdout)); print(1)
""")
program("stdout of colorama with a method of its own", "full", COLORAMA + """\
out = sys.stdout
sys.stdout = StreamWrapper(sys.stdout); sys.stdout.flush = Told(out).flush; print(1)
""")
program("stdout of a class derived from colorama's", "full", COLORAMA + """\
class Other(StreamWrapper):
    def flush(self): self.write("flush")
sys.stdout = Other(sys.stdout); print(1)
""")
program("stdout of colorama with other code", "full", COLORAMA + """\
def get(self, name):
    import os
    os.write(1, name.encode()); raise AttributeError(name)
StreamWrapper.__getattr__.__code__ = get.__code__
sys.stdout = StreamWrapper(sys.stdout)
""")

if __name__ == "__main__":
    sys.exit(ends.main(program))
