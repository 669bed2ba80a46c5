"""What a process and its interpreter are like before the program has done anything."""
import sys

AT_START = {name: list(vars(module)) for name, module in sys.modules.items()}

import _thread
import atexit
import ctypes
import faulthandler
import fcntl
import gc
import locale
import os
import resource
import signal
import struct
import threading
import time
import tracemalloc
import warnings

PLAIN = (int, float, str, bytes, bool, complex, type(None))
# Of what the kernel says of a process: what is not another number in each.
STATUS = ("Name", "Umask", "State", "Tracer", "Uid", "Gid", "FDSize", "Groups", "Threads", "Sig", "Shd",
          "Cap", "NoNewPrivs", "Seccomp", "CoreDumping", "THP", "Cpus_allowed", "Mems_allowed")
# What was looked up is no part of the state: pystart asks for less.
CACHES = {("sys", "path_importer_cache"), ("encodings", "_cache")}


def show(value, depth=3):
    """A text that is the same in another process, if the value is."""
    kind = type(value)
    if kind in PLAIN:
        return repr(value)
    if depth and kind in (tuple, list):
        return kind.__name__ + str([show(item, depth - 1) for item in value])
    if depth and kind is dict:
        return str({show(key, 0): show(item, depth - 1) for key, item in value.items()})
    if depth and kind in (set, frozenset):
        return str(sorted(show(item, 0) for item in value))
    return f"{kind.__name__}:{getattr(value, '__name__', '')}"


def read(name):
    with open("/proc/self/" + name, "rb") as file:
        return file.read()


def tell_modules():
    print(list(AT_START))
    for name, keys in AT_START.items():
        module = sys.modules[name]
        for key in keys:
            if (name, key) not in CACHES and key != "__builtins__":
                print(name, key, show(getattr(module, key, "is gone"))[:2000])
    print("sizes", sys.getsizeof(sys.argv), sys.getsizeof(sys.orig_argv), sys.getsizeof(sys.path))
    shared = (sys.argv, sys.orig_argv, sys.stdin, sys.stdout, sys.stderr, os.environ._data, sys.path)
    print("references", [sys.getrefcount(item) for item in shared])


def tell_interpreter():
    print("globals", sorted(globals()), __name__, __spec__, sys._getframe().f_back.f_back)
    print("collector", gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug(),
          gc.callbacks, gc.garbage, tracemalloc.is_tracing(), faulthandler.is_enabled())
    print("registered", atexit._ncallbacks(), warnings.filters, warnings.showwarning.__module__)
    print("settings", sys.getrecursionlimit(), sys.getswitchinterval(), sys.gettrace(), sys.getprofile(),
          sys.getdlopenflags(), sys.get_asyncgen_hooks(), sys.get_int_max_str_digits(), sys.excepthook)
    print("locale", locale.setlocale(locale.LC_ALL), locale.getpreferredencoding(), locale.localeconv(),
          sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
    print("zone", time.tzname, time.timezone, time.altzone, time.daylight, time.localtime(0))


def tell_process():
    print("environment", os.environ._data is sys.modules["posix"].environ, os.environ.items(),
          os.environb._data is os.environ._data, read("environ").rstrip(b"\0"))
    print(read("cmdline"), read("comm"), os.readlink("/proc/self/exe"), os.getcwd())
    for line in read("status").decode().splitlines():
        if line.startswith(STATUS) and not line.startswith("SigQ"):
            print(line)
    for descriptor in sorted(map(int, os.listdir("/proc/self/fd"))):
        if os.path.exists(f"/proc/self/fd/{descriptor}"):
            print(descriptor, os.get_inheritable(descriptor), fcntl.fcntl(descriptor, fcntl.F_GETFL))
    print([signal.getsignal(number) for number in sorted(signal.valid_signals())],
          signal.pthread_sigmask(signal.SIG_BLOCK, []))
    print([(name, resource.getrlimit(getattr(resource, name))) for name in dir(resource)
           if name.startswith("RLIMIT_")])
    print(os.umask(0o22), os.getresuid(), os.getresgid(), os.getgroups(), os.nice(0),
          os.sched_getaffinity(0), os.sched_getscheduler(0), os.getpgrp() == os.getpid())


def tell_c_library():
    libc = ctypes.CDLL(None)
    libc.getauxval.restype = libc.pthread_self.restype = ctypes.c_ulong
    libc.getenv.restype = ctypes.c_char_p
    vector = list(struct.iter_unpack("QQ", read("auxv")))
    print("auxv", [key for key, _ in vector], all(libc.getauxval(key) == value for key, value in vector))
    print([ctypes.c_char_p.in_dll(libc, name).value
           for name in ("program_invocation_name", "program_invocation_short_name")])
    stack = next(line.split()[0].split("-") for line in open("/proc/self/maps") if "[stack]" in line)
    end = ctypes.c_void_p.in_dll(libc, "__libc_stack_end").value
    attributes, address, size = ctypes.create_string_buffer(256), ctypes.c_size_t(), ctypes.c_size_t()
    libc.pthread_getattr_default_np(attributes)
    libc.pthread_attr_getstacksize(attributes, ctypes.byref(size))
    print("default stack", size.value, threading.stack_size())
    libc.pthread_getattr_np(ctypes.c_ulong(libc.pthread_self()), attributes)
    libc.pthread_attr_getstack(attributes, ctypes.byref(address), ctypes.byref(size))
    print("stack", int(stack[0], 16) < end < int(stack[1], 16), address.value < end < address.value + size.value)
    me = threading.main_thread()
    print("thread", libc.pthread_self() == _thread.get_ident() == me.ident, threading.enumerate() == [me],
          os.getpid() == libc.gettid() == threading.get_native_id() == me.native_id)
    print("clock", time.process_time() < 60, abs(time.monotonic() - time.clock_gettime(time.CLOCK_MONOTONIC)) < 60,
          abs(time.time() - libc.time(None)) < 60)
    os.environ["SET_HERE"] = "set"
    print([libc.getenv(name) for name in (b"SET_HERE", b"PATH", b"TWICE", b"LC_CTYPE")])
    del os.environ["SET_HERE"], os.environ["PATH"]
    libc.setenv(b"SET_IN_C", b"also", 1)
    print([libc.getenv(name) for name in (b"SET_HERE", b"PATH", b"SET_IN_C")], os.environ.get("SET_IN_C"))


tell_modules()
tell_interpreter()
tell_process()
tell_c_library()
