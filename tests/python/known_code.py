# SPDX-License-Identifier: MIT
"""Programs that have other code under the names of functions which are known, and objects of their own
in the dictionaries where names are looked for: at their end they must not be taken for what they are not.
"""

import sys

import ends

program = ends.Programs()

# --- functions that have the names of known ones

# A module of the program's, as if it had been imported from a file.
OWN = """\
import os, sys, types
write = os.write
def make(name, text):
    module = types.ModuleType(name); module.__file__ = os.getcwd() + "/own.py"; module.write = write
    sys.modules[name] = module
    exec(compile(text, module.__file__, "exec"), vars(module))
    return module
class Referent: pass
referent = Referent(); referent.referent = referent
"""

program("a module that is called logging", "full", OWN + """\
import _weakref, threading
m = make("logging", '''
def _removeHandlerRef(reference): write(1, b"told")
''')
m._lock = threading.RLock(); m._handlerList = []
sys.reference = _weakref.ref(referent, m._removeHandlerRef)
""")
program("a module that is called weakref", "full", OWN + """\
import _weakref
m = make("weakref", '''
class WeakKeyDictionary:
    def __init__(self):
        def remove(k, selfref=None): write(1, b"told")
        self.remove = remove
''')
collection = m.WeakKeyDictionary(); collection.data = {}; collection._iterating = set()
collection.remove.__defaults__ = (_weakref.ref(collection),)
sys.reference = _weakref.ref(referent, collection.remove); sys.collection = collection
""")
program("a module that is called asgiref.local", "full", OWN + """\
import weakref
m = make("asgiref.local", '''
class Local:
    def __del__(self, write=write):
        write(1, b"told")
        if self is None: self._context_refs, delattr, self._attr_name, AttributeError, TypeError
''')
referent.local = m.Local(); referent.local._context_refs = weakref.WeakSet()
""")
program("a module that is called http.client", "full", OWN + """\
import io
m = make("http.client", '''
import io
class HTTPResponse(io.BufferedIOBase):
    def close(self, write=write): write(1, b"told"); super().close()
    def flush(self): super().flush()
''')
referent.response = m.HTTPResponse(); referent.response.fp = None
""")
program("a module that is called socket", "full", OWN + """\
import _socket
m = make("socket", '''
import _socket
class socket(_socket.socket):
    def __repr__(self, write=write): write(1, b"told"); return ""
''')
referent.socket = m.socket()
""")
program("a standard library's function, compiled again", "quick", OWN + """\
import weakref
with open(weakref.__file__) as file: text = file.read()
m = make("weakref", text)
sys.collections = m.WeakValueDictionary({1: referent}), m.WeakKeyDictionary({referent: 1})
""")
program("a standard library's function, changed", "full", OWN + """\
import weakref
with open(weakref.__file__) as file: text = file.read()
m = make("weakref", text.replace("except KeyError:", "except write(1, b'told'):").replace(
    "del self.data[k]", "write(1, b'told')"))
sys.collection = m.WeakKeyDictionary({referent: 1})
""")
program("a weak set that comes from a module of that name", "full", OWN + """\
import asyncio, weakref
m = make("_weakrefset", '''
import _weakref
class WeakSet:
    def __init__(self):
        def _remove(item, selfref=_weakref.ref(self)): write(1, b"told")
        self._remove = _remove; self._iterating = set(); self.data = set()
''')
x = m.WeakSet(); x.data.add(weakref.ref(referent, x._remove)); sys.collection = x
""")
program("a function that has the name of a built-in one", "full", """\
import http.client, os
def told(*arguments, write=os.write): write(1, b"told"); return super(*arguments)
class Response(http.client.HTTPResponse):
    def __init__(self): self.fp = None
http.client.super = told
x = Response(); x.x = x
""")

# One collection says nothing about the next.
for place in ("first", "second"):
    program(f"weak sets, of which the {place} has an own set", "full", f"""\
import os, sys, weakref
class Own(set):
    def discard(self, item, write=os.write): write(1, b"told")
class C: pass
objects = [C(), C()]; objects.append(objects)
first = weakref.WeakSet(objects[:2]); second = weakref.WeakSet(objects[:2])
{place}.data = Own({place}.data); sys.all = first, second
""")

# --- what known functions compare

program("a handler's reference that is compared with others", "full", """\
import logging, os, sys
class Told:
    def __call__(self): return None
    def __eq__(self, other, write=os.write): write(1, b"told"); return False
class Handler(logging.Handler): pass
logging._handlerList.insert(0, Told()); sys.handler = Handler()
""")
program("a reference with a key of its own", "full", """\
import os, sys, weakref
class Keyed(weakref.ref):
    key = property(lambda self, write=os.write: write(1, b"told"))
class Referent: pass
referent = Referent(); referent.referent = referent; sys.collection = weakref.WeakValueDictionary()
weakref.KeyedRef = Keyed; sys.reference = Keyed(referent, sys.collection._remove)
""")

# --- what the representation of a socket asks for

SOCKET = """\
import os, socket, ssl, sys
def told(*arguments, write=os.write): write(1, b"told"); return 1
"""
for name, text in {
    "a method in its class": "socket.socket.fileno = told",
    "a method in the derived class": "ssl.SSLSocket.getpeername = told",
    "a property in its class": "socket.socket.family = property(told)",
    "a function of its module": "socket._intenum_converter = told",
    "a method of its own": "sys.all[1].getsockname = told",
}.items():
    program(f"a socket with {name}", "full", SOCKET + f"""\
context = ssl.create_default_context(); context.check_hostname = False
sys.all = [socket.socket(), context.wrap_socket(socket.socket())]
{text}
""")
program("sockets that are unchanged", "quick", SOCKET + """\
context = ssl.create_default_context(); context.check_hostname = False
sys.all = [socket.socket(), context.wrap_socket(socket.socket())]; sys.all[1].name = "a name"
""")

# --- keys of dictionaries, which are compared if they have the hash of what is looked for

KEY = """\
import os, sys, builtins, logging, weakref, asyncio
class Key:
    def __init__(self, name): self.hash = hash(name)
    def __hash__(self): return self.hash
    def __eq__(self, other, write=os.write): write(1, b"told"); return False
class Name(str):
    __hash__ = str.__hash__
    def __eq__(self, other, write=os.write): write(1, b"told"); return False
def __del__(self): hasattr(self, "name")
"""
# How often a key is compared depends on where it comes to lie.
SEED = {"PYTHONHASHSEED": "0"}

program("a key among the built-in functions", None, KEY + """\
C = type("C", (), {"__del__": __del__})
sys.all = [C()]; vars(builtins)[Key("hasattr")] = 1
""", env=SEED)
program("a key among the global variables of __del__", None, KEY + """\
C = type("C", (), {"__del__": __del__})
sys.all = [C()]; globals()[Name("hasattr")] = globals()[Key("hasattr")] = 1
""", env=SEED)
for name in ("_io", "_asyncio", "weakref", "logging", "warnings", "asgiref.local", "sys"):
    program(f"a key among the modules, with the hash of {name}", None,
            KEY + f"sys.modules[Key({name!r})] = sys.modules['os']", env=SEED)
program("keys among what modules have", None, KEY + """\
class C: pass
sys.all = [C(), logging.NullHandler()]; sys.weak = weakref.WeakSet(sys.all)
for module, name in ((logging, "_lock"), (weakref, "KeyedRef"), (asyncio, "get_running_loop")):
    vars(module)[Key(name)] = 1
""", env=SEED)
program("a key in the dictionary of an object", None, KEY + """\
C = type("C", (), {"__del__": lambda self: self.name and None, "name": 1})
sys.all = [C()]; vars(sys.all[0])[Key("name")] = vars(sys.all[0])[Name("name")] = 1
""", env=SEED)
program("keys in the dictionary of a class", None, KEY + """\
class C:
    def __del__(self): self.name
    name = 1
    for key in ("__del__", "__getattribute__", "__getattr__"): locals()[Key(key)] = 1
    del key
sys.all = [C()]
""", env=SEED)

# --- names of files, which a program's own may be asked for

program("file whose name is that of a program's own", None, """\
import io, os, sys
class Raw(io.RawIOBase):
    name = property(lambda self, write=os.write: write(1, b"named"))
    def readable(self): return True
    def __del__(self): pass
sys.all = [io.TextIOWrapper(io.BufferedReader(Raw()))]
""")
program("file that was left open", "quick", """\
import sys
sys.all = [open(__file__)]
""")

if __name__ == "__main__":
    sys.exit(ends.main(program))
