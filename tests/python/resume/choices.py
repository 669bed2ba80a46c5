# SPDX-License-Identifier: MIT
"""What the user has chosen for the program alone: streams without buffers, no bytecode files, a safe path."""
import sys

MODULES = list(sys.modules)

import _io
import ctypes
import importlib
import os
import subprocess
import tempfile

C = ctypes.CDLL(None)


def tell_streams():
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        assert stream is getattr(sys, "__" + name + "__")
        print(stream, stream.line_buffering, stream.write_through, stream.isatty())
        layer = stream.buffer
        print(type(layer), type(getattr(layer, "raw", None)), sys.getsizeof(stream), sys.getsizeof(layer))
        file = ctypes.c_void_p.in_dll(C, name)
        C.__fbufsize.restype = ctypes.c_size_t
        print("in C", C.__fbufsize(file), C.__flbf(file), C.__fpending(file))


def tell_bytecode():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "written_now.py"), "w") as file:
            file.write("value = 1\n")
        sys.path.insert(0, folder)
        importlib.import_module("written_now")
        sys.path.remove(folder)
        print(sorted(os.listdir(folder)))


print(MODULES)
print(sys.flags, sys.dont_write_bytecode, sys.argv, sys.orig_argv, sys._xoptions, sys.warnoptions)
print([type(flag) for flag in sys.flags], sys.getsizeof(sys.flags))
print([os.path.basename(entry) for entry in sys.path])
for name in ("Py_UnbufferedStdioFlag", "Py_DontWriteBytecodeFlag", "Py_OptimizeFlag", "Py_IsolatedFlag",
             "Py_IgnoreEnvironmentFlag", "Py_NoUserSiteDirectory"):
    print(name, ctypes.c_int.in_dll(ctypes.pythonapi, name).value)
print(subprocess._args_from_interpreter_flags())
tell_streams()
tell_bytecode()
print({name: value for name, value in os.environ.items() if name.startswith("PYTHON")})
child = subprocess.run([sys.executable, "-c", "import sys; print(sys.flags)"], capture_output=True)
print(child.stdout)
# Text that has no line end, and what C has written, are out at once or never.
sys.stdout.write("Python's")
C.printf(b"the C library's")
sys.stderr.write("a message")
os._exit(3)
