# SPDX-License-Identifier: MIT
"""Snapshots in surroundings that they were not made in, and snapshots that are damaged.

Whatever limits, signals, streams, namespaces, filters and files a process finds: the program has the state,
the output and the status that it has under stock. Where it is told, whether the start goes on with the
snapshot must be as expected, so that nothing passes because the snapshot is never used.
"""

import ctypes
import functools
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import struct
import sys
from typing import Callable, NamedTuple

import harness

# What a process has of its surroundings, written to a file: each stream may be closed.
PROGRAM = """import json, os, resource, signal, sys, threading
def depth(n):
    return n and 1 + depth(n - 1)
def status():
    wanted = "SigBlk SigIgn SigCgt ShdPnd CapEff NoNewPrivs Seccomp Umask".split()
    for line in open("/proc/self/status"):
        if line.split(":")[0] in wanted:
            yield line
def streams():
    for stream in sys.stdin, sys.stdout, sys.stderr:
        yield stream and (stream.fileno(), stream.name, stream.mode, stream.line_buffering,
                          stream.encoding, stream.errors, type(stream.buffer).__name__)
def folder():
    try:
        return os.getcwd()
    except OSError as error:
        return str(error)
thread = threading.Thread(target=depth, args=(200,))
thread.start()
thread.join()
with open(os.environ["STATE"], "w") as file:
    json.dump([sys.argv, sys.orig_argv, sys.path, sys.executable, sorted(sys.modules), folder(),
               list(status()), list(streams()), depth(500), os.getuid(), os.getgroups(),
               os.getpid() == threading.get_native_id(),
               sorted(pair for pair in os.environ.items() if not pair[0].startswith("PYSTART_")),
               [resource.getrlimit(number) for number in range(16)],
               [signal.getsignal(number) for number in (2, 13, 15)], os.sched_getaffinity(0)],
              file, default=str, indent=0)
print("out")
print("err", file=sys.stderr)
sys.exit(7)
"""
LIBC = ctypes.CDLL(None, use_errno=True)
ADDR_NO_RANDOMIZE = 0x40000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_THP_DISABLE, PR_SET_MDWE = 38, 22, 41, 65
RESUMED = b"gone on with"
EITHER = "either"  # as the C library has it
MISSED = re.compile(rb"its snapshot is not used: (.*)")


class Case(NamedTuple):
    name: str
    wanted: str | None = None  # a regular expression for why not; None: it is gone on with; "": not told
    before: Callable[[], None] = lambda: None  # in the process, before it is executed
    prefix: tuple = ()  # words in front of the command
    env: dict = {}


def limit(what, soft):
    return lambda: resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))


def close(*streams):
    def before():
        for stream in streams:
            os.close(stream)
    return before


def open_as(stream, path, flags):
    def before():
        descriptor = os.open(path, flags)
        os.dup2(descriptor, stream)
        os.close(descriptor)
    return before


def ignore(*numbers):
    def before():
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
    return before


def block(*numbers, pending=False):
    def before():
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        if pending:
            os.kill(os.getpid(), numbers[0])
    return before


def control(*arguments):
    return lambda: LIBC.prctl(*map(ctypes.c_ulong, arguments), *[ctypes.c_ulong(0)] * 3)


def filter_calls(numbers, error):
    """Of these system calls, any fails with this error: the instructions are struct sock_filter."""
    load, jump_if_equal, ret, allow = 0x20, 0x15, 0x06, 0x7fff0000
    code = [(load, 0, 0, 0)]
    for left, number in reversed(list(enumerate(numbers))):
        code.append((jump_if_equal, left + 1, 0, number))
    code += [(ret, 0, 0, allow), (ret, 0, 0, 0x50000 | error)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in code))

    def before():
        header = struct.pack("@HP", len(code), ctypes.addressof(program))
        LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        LIBC.prctl(PR_SET_SECCOMP, 2, ctypes.c_char_p(header), 0, 0)
    return before


def leave_folder(parent):
    def before():
        folder = os.path.join(parent, "gone")
        os.makedirs(folder, exist_ok=True)
        os.chdir(folder)
        os.rmdir(folder)
    return before


def limits():
    stack = "limit of the stack"
    memory = "memory of the process is limited"
    for size in (300 << 20, 4 << 30):
        yield Case(f"RLIMIT_AS {size}", memory, limit(resource.RLIMIT_AS, size))
        yield Case(f"RLIMIT_DATA {size}", memory, limit(resource.RLIMIT_DATA, size))
    for size in (1 << 20, 100 << 20, resource.RLIM_INFINITY):
        yield Case(f"RLIMIT_STACK {size}", stack, limit(resource.RLIMIT_STACK, size))
    yield Case("RLIMIT_NOFILE 7", "Too many open files", limit(resource.RLIMIT_NOFILE, 7))
    for what in "MEMLOCK", "CORE", "FSIZE":
        size = 1 << 20 if what == "FSIZE" else 0
        yield Case(f"RLIMIT_{what} {size}", None, limit(getattr(resource, "RLIMIT_" + what), size))
    yield Case("RLIMIT_NPROC 100000", None, limit(resource.RLIMIT_NPROC, resource.getrlimit(
        resource.RLIMIT_NPROC)[1]))
    yield Case("umask 077", None, lambda: os.umask(0o77) and None)
    yield Case("one processor", None, lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))
    yield Case("nice 19", None, lambda: os.nice(19) and None)
    yield Case("a session of its own", None, os.setsid)


def streams():
    for bits in range(1, 8):
        closed = [stream for stream in range(3) if bits >> stream & 1]
        yield Case(f"closed {closed}", "" if 2 in closed else "is closed", close(*closed))
    for stream in range(3):
        yield Case(f"a folder as {stream}", "" if stream == 2 else "a standard stream is a folder",
                   open_as(stream, "/", os.O_RDONLY))
    yield Case("stdin for writing", None, open_as(0, "/dev/null", os.O_WRONLY))
    yield Case("stdout for reading", None, open_as(1, "/dev/null", os.O_RDONLY))
    yield Case("stdout is full", None, open_as(1, "/dev/full", os.O_WRONLY))
    yield Case("stdin without contents", None, open_as(0, "/dev/null", os.O_PATH))


def signals():
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGCHLD,
                   signal.SIGPIPE, signal.SIGXFSZ):
        yield Case(f"{number.name} ignored", None, ignore(number))
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGRTMIN:
        yield Case(f"{number.name} blocked", "is blocked", block(number))
        yield Case(f"{number.name} pending", "is blocked", block(number, pending=True))
    yield Case("an alarm to come", None, lambda: signal.alarm(3000) and None)


def kernel():
    yield Case("fixed addresses", "addresses are not randomized",
               lambda: LIBC.personality(ADDR_NO_RANDOMIZE) and None)
    yield Case("no new privileges", None, control(PR_SET_NO_NEW_PRIVS, 1))
    yield Case("no huge pages", None, control(PR_SET_THP_DISABLE, 1))
    if LIBC.prctl(PR_SET_MDWE + 1, 0, 0, 0, 0) == 0:
        yield Case("no memory both written and executed", "made executable", control(PR_SET_MDWE, 1))
    yield Case("a working folder that is gone", None, leave_folder("/tmp"))
    if os.uname().machine == "x86_64":
        # As Docker's default filter does; and what an ordinary start can be without.
        yield Case("no personality(2)", None, filter_calls([135], 1))
        yield Case("no rseq(2)", "restartable sequences", filter_calls([334], 38))
        yield Case("no set_robust_list(2)", "a thread be told", filter_calls([273], 38))
        yield Case("no set_tid_address(2), gettid(2)", None, filter_calls([218, 186], 1))
        yield Case("no getgroups(2), uname(2)", "cannot be told", filter_calls([115, 63], 1))
        # Newer C libraries keep memory from children with it: then the start has to be an ordinary one.
        yield Case("no madvise(2), mremap(2)", EITHER, filter_calls([28, 25], 1))


def variables():
    for name, value in [("LD_BIND_NOW", "1"), ("LD_LIBRARY_PATH", "/nowhere"), ("PYTHONHASHSEED", "1"),
                        ("GLIBC_TUNABLES", "glibc.malloc.arena_max=1"), ("MALLOC_ARENA_MAX", "1"),
                        ("MALLOC_PERTURB_", "85"), ("PYTHONMALLOC", "malloc"), ("LC_ALL", "C")]:
        # It is set, or was set to something else, which the line says in other words.
        yield Case(name, name, env={name: value})
    yield Case("a large environment", None, env={"LARGE": "x" * 100000})
    yield Case("a long name", None, env={"N" * 5000: "="})


def namespaces():
    for words in (["-Ur"], ["-p", "-f"], ["-m"], ["-n"], ["-u"], ["-i"], ["-T", "--boottime", "1000"]):
        prefix = ("unshare", *words)
        if harness.run([*prefix, "true"]).status == 0:
            yield Case(" ".join(prefix), None, prefix=prefix)
    in_mounts = ("unshare", "-m", "sh", "-c")
    for name, mount, wanted in [("no /proc", "mount -t tmpfs none /proc", ""),
                                ("a root for reading", "mount -o remount,bind,ro /", None)]:
        if harness.run([*in_mounts, mount]).status == 0:
            yield Case(name, wanted, prefix=(*in_mounts, mount + ' && exec "$@"', "sh"))


class Bundle:
    """A bundle with a snapshot, in a sandbox."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.program = sandbox.write("program.py", PROGRAM)
        sandbox.write("app.yaml", "version: 1\nstartup: [json]\nsnapshot: yes\n")
        self.build(sandbox.bundle)

    def build(self, path):
        harness.must([harness.PYBUNDLE, "build", "-q", "app.yaml", "-o", path],
                     cwd=self.sandbox.path)

    def run(self, command, case, **extra):
        state = self.sandbox.path / "state"
        state.write_text("not run")
        env = harness.clean_environment(STATE=str(state), **extra, **case.env)
        outcome = harness.run([*case.prefix, *command, self.program, "one", "two"], env=env,
                              cwd=self.sandbox.path, preexec_fn=case.before)
        return outcome, state.read_bytes()

    def try_case(self, tap, case, bundle=None):
        bundle = str(bundle or self.sandbox.bundle)
        stock, wanted = self.run([harness.PYTHON], case)
        plain, found = self.run([harness.PYSTART], case, PYSTART_BUNDLE=bundle)
        told, again = self.run([harness.PYSTART], case, PYSTART_BUNDLE=bundle, PYSTART_VERBOSE="1",
                               PYSTART_STATS="1")
        reason = MISSED.search(told.err)
        if case.wanted == EITHER:
            as_expected = RESUMED in told.err or reason
        elif case.wanted is None:
            as_expected = RESUMED in told.err
        else:
            as_expected = RESUMED not in told.err and re.search(
                case.wanted.encode(), reason[1] if reason else b"")
        # What says why the bundle is not taken at all is for other tests.
        same = all((mask(outcome), state) == (mask(stock), wanted)
                   for outcome, state in ((plain, found), (told, again)))
        tap.result(same and as_expected, case.name, stock, plain, told,
                   *harness.describe("state", wanted, found))


def mask(outcome):
    err = b"".join(line for line in outcome.err.splitlines(True) if not line.startswith(b"pystart: "))
    return outcome._replace(err=harness.mask_addresses(err))


# --- damaged ones

SNAPSHOT, PAGES = 20, 21  # types of sections, see lib/format.md


def section(data, kind):
    """Offset and size of a section."""
    for number in range(data[259]):
        found, _, offset, size = struct.unpack_from("<IIQQ", data, 304 + 48 * number)
        if found == kind:
            return offset, size
    raise ValueError(f"no section {kind}")


def replace(path, data):
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    path.chmod(0o400)


def try_damaged(tap, bundle):
    data = bundle.sandbox.bundle.read_bytes()
    other = bundle.sandbox.path / "other.pyb"
    bad = bundle.sandbox.path / "bad.pyb"
    bundle.build(other)
    others = other.read_bytes()
    offset, size = section(data, SNAPSHOT)
    chance = random.Random(13)
    for number in range(24):
        changed = bytearray(data)
        at = offset + (chance.randrange(size) if number else 0)
        changed[at] ^= 1 << chance.randrange(8)
        replace(bad, changed)
        bundle.try_case(tap, Case(f"byte {at} of the tables changed", "checksum"), bad)
    changed = bytearray(data)
    theirs, their_size = section(others, SNAPSHOT)
    changed[offset:offset + size] = others[theirs:theirs + their_size][:size].ljust(size, b"\0")
    replace(bad, changed)
    bundle.try_case(tap, Case("the tables of another bundle", "checksum"), bad)
    pages, _ = section(data, PAGES)
    for length in (offset, offset + size // 2, pages, pages + 4096, len(data) - 4096, len(data) - 1):
        replace(bad, data[:length])
        bundle.try_case(tap, Case(f"cut off after {length} bytes", ""), bad)


# --- where it lies, and what it was made with

def try_places(tap, bundle):
    folder = bundle.sandbox.path / "place"
    folder.mkdir()
    copy = folder / "copy.pyb"
    shutil.copy(bundle.sandbox.bundle, copy)
    link = folder / "link.pyb"
    link.symlink_to(copy)
    folder.chmod(0o700)
    bundle.try_case(tap, Case("a copy"), copy)
    bundle.try_case(tap, Case("a symbolic link to it"), link)
    deep = folder.joinpath(*["d" * 200] * 15)
    deep.mkdir(parents=True)
    shutil.copy(copy, deep)
    bundle.try_case(tap, Case("a long path"), deep / "copy.pyb")
    shared = pathlib.Path("/dev/shm")
    if os.access(shared, os.W_OK):
        there = shared / (bundle.sandbox.path.name + ".pyb")
        try:
            shutil.copy(copy, there)
            bundle.try_case(tap, Case("in a file system of memory"), there)
        finally:
            there.unlink(missing_ok=True)


def try_other_importer(tap, bundle):
    """One that is installed anew is another one, even if it is the same."""
    stage = bundle.sandbox.path / "stage"
    shutil.copytree(pathlib.Path(harness.PYSTART).resolve().parents[1], stage, symlinks=True)
    stock, wanted = bundle.run([harness.PYTHON], Case(""))
    told, found = bundle.run([stage / "bin/pystart"], Case(""), PYSTART_VERBOSE="1",
                             PYSTART_BUNDLE=str(bundle.sandbox.bundle), PYSTART_STATS="1")
    tap.result((mask(told), found) == (mask(stock), wanted) and
               b"made with another importer" in told.err, "another importer", stock, told)


def main():
    harness.leave_to_plain_build()
    tap = harness.Tap()
    with harness.Sandbox() as sandbox:
        bundle = Bundle(sandbox)
        bundle.try_case(tap, Case("nothing"))
        for cases in limits, streams, signals, kernel, variables, namespaces:
            for case in cases():
                bundle.try_case(tap, case)
        for trial in try_damaged, try_places, try_other_importer:
            functools.partial(trial, tap, bundle)()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
