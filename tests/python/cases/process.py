"""The process and the interpreter's configuration."""

import gc
import os
import resource
import signal
import sys
import sysconfig

PROC = "/proc/self/"


def read(name):
    with open(PROC + name, "rb") as file:
        return file.read()


for name in ("argv", "orig_argv", "flags", "_xoptions", "path", "executable", "_base_executable",
             "prefix", "exec_prefix", "base_prefix", "warnoptions", "dont_write_bytecode",
             "pycache_prefix", "platlibdir", "builtin_module_names", "_git", "hash_info",
             "implementation", "float_repr_style", "_framework", "abiflags", "api_version"):
    print(name, "=", getattr(sys, name, "not there"))
print([getattr(f, "__name__", f) for f in sys.meta_path])
print([getattr(h, "__qualname__", h) for h in sys.path_hooks])
print(sorted(vars(sys)))
print(sys.getrecursionlimit(), sys.getswitchinterval(), sys.getdlopenflags(), sys.gettrace())
print(gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug(), gc.callbacks)
print(list(os.environ.items()))
print(read("environ").rstrip(b"\0"))
print(read("cmdline"), os.readlink(PROC + "exe"), os.getcwd())
print(read("comm"))
descriptors = []
for fd in sorted(map(int, os.listdir(PROC + "fd"))):
    try:
        os.fstat(fd)
    except OSError:
        continue  # that of listdir
    descriptors.append((fd, os.get_inheritable(fd)))
print(descriptors)
print([signal.getsignal(s) for s in sorted(signal.valid_signals())])
print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))
print(resource.getrlimit(resource.RLIMIT_STACK), resource.getrlimit(resource.RLIMIT_NOFILE))
print(len(os.listdir(PROC + "task")), os.umask(0o22), os.nice(0), os.getpid() == os.getpgrp())
print(sysconfig.get_paths())
# Functions are found in what was collected of them while the interpreter started.
for group in (os.supports_fd, os.supports_dir_fd, os.supports_effective_ids,
              os.supports_follow_symlinks):
    print(sorted((f.__name__, f in group, getattr(os, f.__name__) is f) for f in group))
