"""Code objects and constants do what objects do: they are weakly referenced, replaced, extended,
traced, dumped, collected around, and outlive the modules that they are from."""

import ctypes
import dis
import faulthandler
import gc
import io
import itertools
import marshal
import sys
import threading
import tracemalloc
import types
import weakref

import argparse
import email.message
import support.classes
import typing

function = support.classes.double
code = function.__code__


def codes_of(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes_of(constant)


def functions_of(module):
    for value in list(vars(module).values()):
        for part in [value, *(list(vars(value).values()) if isinstance(value, type) else ())]:
            if isinstance(part, types.FunctionType) and part.__module__ == module.__name__:
                yield part


# Equality, hashes, order.
twin = marshal.loads(marshal.dumps(code))
print(twin == code, hash(twin) == hash(code), twin is code, {code: 1}[twin])
print(repr(code).split(" at ")[0], code.__sizeof__() == twin.__sizeof__())

# Weak references.
reference = weakref.ref(code)
print(reference() is code, weakref.getweakrefcount(code) >= 1)
table = weakref.WeakKeyDictionary({code: "here"})
print(table[code], len(table))

# A changed copy runs; the original is as before.
other = code.replace(co_name="other", co_consts=code.co_consts + ("more",))
function.__code__ = other
print(function(4), function.__code__.co_name, code.co_name, function.__code__.co_consts[-1])
function.__code__ = code
print(function(4), len(code.co_consts))

# Extra data of debuggers and compilers.
free = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda data: None)
name = "PyUnstable_Eval_RequestCodeExtraIndex"
if not hasattr(ctypes.pythonapi, name):
    name = "_PyEval_RequestCodeExtraIndex"
index = getattr(ctypes.pythonapi, name)(free)
prefix = "_PyCode_" if name.startswith("_") else "PyUnstable_Code_"
set_extra = getattr(ctypes.pythonapi, prefix + "SetExtra")
get_extra = getattr(ctypes.pythonapi, prefix + "GetExtra")
set_extra.argtypes = [ctypes.py_object, ctypes.c_ssize_t, ctypes.c_void_p]
get_extra.argtypes = [ctypes.py_object, ctypes.c_ssize_t, ctypes.POINTER(ctypes.c_void_p)]
data = ctypes.c_void_p()
print(set_extra(code, index, 4711), get_extra(code, index, ctypes.byref(data)), data.value)

# Specialization: hot loops, also of functions that were made before.
parser = argparse.ArgumentParser(prog="prog")
parser.add_argument("--count", type=int)
print({parser.parse_args(["--count", str(i)]).count for i in range(300)} == set(range(300)))
print(sum(function(i) for i in range(5000)))
out = io.StringIO()
dis.dis(function, file=out)
dis.dis(argparse.ArgumentParser.parse_known_args, file=out)
print(len(out.getvalue().splitlines()) > 20)

# Tracing, in threads too.
lines = []


def trace(frame, event, argument):
    if frame.f_code is code or frame.f_code.co_filename == email.message.__file__:
        lines.append((frame.f_code.co_name, event, frame.f_lineno))
    return trace


def traced():
    sys.settrace(trace)
    function(3)
    email.message.Message().add_header("a", "b", c="d")
    sys.settrace(None)


traced()
thread = threading.Thread(target=traced)
thread.start()
thread.join()
print(len(lines), lines[:4], lines[-4:])

# The collector looks at all of it.
gc.collect()
print(gc.is_tracked(code), gc.is_tracked(code.co_consts), gc.get_referents(code.co_names) == [])
print(any(item is code.co_consts for item in gc.get_referents(code)))
print(sys.getrefcount(code) > 1, sys.getrefcount(code.co_filename) > 1)
tracemalloc.start()
lists = [function(i) for i in range(1000)]
snapshot = tracemalloc.take_snapshot()
tracemalloc.stop()
print(len(snapshot.traces) > 0)
faulthandler.enable()
faulthandler.disable()

# Strings that were never used: hashes, UTF-8 and wide forms are made when asked for.
texts = sorted({text for f in functions_of(typing) for c in codes_of(f.__code__)
                for text in (*c.co_names, *c.co_varnames, *c.co_consts) if isinstance(text, str)})
print(len(texts), len({hash(text) for text in texts}) == len(texts))
as_utf8 = ctypes.pythonapi.PyUnicode_AsUTF8
as_utf8.argtypes, as_utf8.restype = [ctypes.py_object], ctypes.c_char_p
print(all(as_utf8(text) == text.encode() for text in texts if "\0" not in text))
print(all(ctypes.create_unicode_buffer(text).value == text for text in texts if "\0" not in text))
names = itertools.chain.from_iterable(c.co_names + c.co_varnames for module in
                                      (argparse, typing, email.message, support.classes)
                                      for f in functions_of(module) for c in codes_of(f.__code__))
print(all(sys.intern(name) is name for name in names))

# They outlive what they are from.
before = [f.__code__ for f in functions_of(email.message)]
del sys.modules["email.message"], email.message
gc.collect()
print(len(before), sum(len(c.co_code) > 0 for c in before), reference() is code)
import email.message
print([f.__code__ for f in functions_of(email.message)] == before)
del function, code, twin, other, before, support.classes.double
gc.collect()
# When it ends is nobody's business.
print(reference() is None or reference().co_name == "double")
