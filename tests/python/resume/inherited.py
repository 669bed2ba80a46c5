"""What a process is given by the one that has started it, and what becomes of that."""
import ctypes
import fcntl
import os
import resource
import signal
import sys
import termios

LIBC = ctypes.CDLL(None, use_errno=True)
CONTROLS = {"dumpable": 3, "keepcaps": 7, "timer slack": 30, "no new privileges": 39, "huge pages": 42,
            "secure bits": 27, "seccomp": 21}
WRITTEN = {"parent's end": 2, "subreaper": 37}
FILES = ("oom_score_adj", "coredump_filter", "timerslack_ns", "loginuid", "cgroup", "limits", "personality")


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except (OSError, termios.error) as error:
        return type(error), str(error)


def tell_kernel():
    for name in FILES:
        print(name, attempt(lambda: open("/proc/self/" + name).read()))
    for line in open("/proc/self/status"):
        if line.startswith(("Uid", "Gid", "Groups", "Cap", "Seccomp", "NoNew", "Sig", "Shd", "Umask", "Cpus")):
            if not line.startswith("SigQ"):
                print(line, end="")
    for name, number in CONTROLS.items():
        print(name, LIBC.prctl(number, 0, 0, 0, 0))
    for name, number in WRITTEN.items():
        value = ctypes.c_int(-1)
        LIBC.prctl(number, ctypes.byref(value), 0, 0, 0)
        print(name, value.value)
    print("namespaces", sorted(os.listdir("/proc/self/ns")), os.uname().nodename)


def tell_os():
    print("ids", os.getresuid(), os.getresgid(), os.getgroups(), os.getpid() == os.getpgrp(),
          os.getpid() == os.getsid(0), os.getpgid(os.getppid()) == os.getpgrp())
    print("scheduling", os.nice(0), os.sched_getscheduler(0), os.sched_getparam(0), os.sched_getaffinity(0))
    print("limits", [(name, resource.getrlimit(getattr(resource, name))) for name in dir(resource)
                     if name.startswith("RLIMIT_")])
    print("folder", attempt(os.getcwd), os.umask(0o22), sys.path[0])
    print("terminal", [attempt(os.ttyname, stream) for stream in range(3)], attempt(os.tcgetpgrp, 0) == os.getpgrp(),
          [os.isatty(stream) for stream in range(3)], attempt(os.get_terminal_size))


def tell_descriptors():
    for number in range(100):
        try:
            flags = fcntl.fcntl(number, fcntl.F_GETFD)
        except OSError:
            continue
        print(number, flags, fcntl.fcntl(number, fcntl.F_GETFL), attempt(os.lseek, number, 0, os.SEEK_CUR),
              os.get_inheritable(number), fcntl.fcntl(number, fcntl.F_GETOWN) == os.getpid())
        if number > 2:
            print(attempt(os.read, number, 10))


def tell_signals():
    print("signals", sorted(signal.sigpending()), sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))
    print("handlers", [signal.getsignal(number) for number in sorted(signal.valid_signals())])
    print("timers", [signal.getitimer(kind)[0] > 0 for kind in (signal.ITIMER_REAL, signal.ITIMER_PROF)])
    caught = []
    for number in signal.sigpending():
        signal.signal(number, lambda *arguments: caught.append(arguments[0]))
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    print("caught", sorted(caught))


def tell_children():
    child, status = attempt(os.waitpid, -1, os.WNOHANG)
    print("child", child if isinstance(child, type) else child > 0, status)


tell_kernel()
tell_os()
tell_descriptors()
tell_signals()
tell_children()
