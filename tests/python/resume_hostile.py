# SPDX-License-Identifier: MIT
"""Snapshots in surroundings that they were not made in, and snapshots that are damaged.

Whatever limits, signals, streams, namespaces, filters and files a process finds: the program has the state,
the output and the status that it has under stock. Where it is told, whether the start goes on with the
snapshot must be as expected, so that nothing passes because the snapshot is never used.
"""

import errno
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

import containing
import harness
from circumstances import (EITHER, LIBC, Case, block, close, control, fix_addresses, ignore, leave_folder, limit,
                           open_as, other_root, unshared, with_mount)

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
PR_SET_NO_NEW_PRIVS, PR_SET_THP_DISABLE, PR_SET_MDWE = 38, 41, 65
RESUMED = b"gone on with"
MISSED = re.compile(rb"its snapshot is not used: (.*)")


def limits():
    memory = "memory of the process is limited"
    for size, wanted in (120 << 20, memory), (1 << 30, None), (8 << 30, None):
        yield Case(f"RLIMIT_AS {size}", wanted, limit(resource.RLIMIT_AS, size))
        yield Case(f"RLIMIT_DATA {size}", wanted, limit(resource.RLIMIT_DATA, size))
    for size in (1 << 20, 100 << 20, resource.RLIM_INFINITY):
        yield Case(f"RLIMIT_STACK {size}", None, limit(resource.RLIMIT_STACK, size))
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
        yield Case(f"{number.name} blocked", None, block(number))
        yield Case(f"{number.name} pending", None, block(number, pending=True))
    yield Case("all signals blocked", None, block(*signal.valid_signals()))
    yield Case("an alarm to come", None, lambda: signal.alarm(3000) and None)


def kernel():
    yield Case("fixed addresses", "addresses are not randomized", fix_addresses)
    yield Case("no new privileges", None, control(PR_SET_NO_NEW_PRIVS, 1))
    yield Case("no huge pages", None, control(PR_SET_THP_DISABLE, 1))
    if LIBC.prctl(PR_SET_MDWE + 1, 0, 0, 0, 0) == 0:
        yield Case("no memory both written and executed", "made executable", control(PR_SET_MDWE, 1))
    yield Case("a working folder that is gone", None, leave_folder("/tmp"))


def filters():
    if not containing.numbers():
        return
    yield Case("Docker's filter", None, containing.filtered(containing.docker()))
    yield Case("what gVisor lacks", "there is no room", containing.filtered(containing.gvisor()))
    for names, wanted, error in [
            ("personality", None, errno.EPERM), ("rseq", "restartable sequences", errno.ENOSYS),
            ("set_robust_list", "a thread be told", errno.ENOSYS),
            ("get_robust_list", "a thread be told", errno.ENOSYS),
            ("set_tid_address gettid", None, errno.EPERM),
            ("getgroups uname", "cannot be told", errno.EPERM),
            ("rt_sigaction", "cannot be told", errno.EPERM),
            ("userfaultfd ptrace process_vm_readv prctl", EITHER, errno.ENOSYS),
            # Newer C libraries keep memory from children with it: then the start has to be an ordinary one.
            ("madvise mremap", EITHER, errno.EPERM)]:
        code = containing.forbidding(names.split(), error)
        yield Case(f"no {names}", wanted, containing.filtered(code))


def variables():
    for name, value in [("LD_BIND_NOW", "1"), ("LD_LIBRARY_PATH", "/nowhere"), ("PYTHONHASHSEED", "1"),
                        ("GLIBC_TUNABLES", "glibc.malloc.arena_max=1"), ("MALLOC_ARENA_MAX", "1"),
                        ("MALLOC_PERTURB_", "85"), ("PYTHONMALLOC", "malloc"), ("LC_ALL", "C")]:
        # It is set, or was set to something else, which the line says in other words.
        yield Case(name, name, env={name: value})
    yield Case("a large environment", None, env={"LARGE": "x" * 100000})
    yield Case("a long name", None, env={"N" * 5000: "="})


def namespaces(folder):
    for words in (["-Ur"], ["-p", "-f"], ["-m"], ["-n"], ["-u"], ["-i"], ["-T", "--boottime", "1000"]):
        if prefix := unshared(*words):
            yield Case(" ".join(prefix), None, prefix=prefix)
    for name, wanted, prefix in [
            ("no /proc", "", with_mount("mount -t tmpfs none /proc")),
            ("a root for reading", None, with_mount("mount -o remount,bind,ro /")),
            ("another root", None, other_root(folder))]:
        if prefix:
            yield Case(name, wanted, prefix=prefix)


class Bundle:
    """A bundle with a snapshot, in a sandbox."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.program = sandbox.write("program.py", PROGRAM)
        sandbox.write("app.yaml", "version: 1\nstartup: [json]\nsnapshot: yes\n")
        self.build(sandbox.bundle)

    def build(self, path, **options):
        harness.must([harness.PYBUNDLE, "build", "-q", "app.yaml", "-o", path],
                     cwd=self.sandbox.path, **options)

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


def try_builds(tap, bundle):
    """Where a container's filter is, a snapshot is made, or it is said why not."""
    if not containing.numbers():
        return
    made = bundle.sandbox.path / "made.pyb"
    inside = containing.filtered(containing.docker())
    bundle.build(made, preexec_fn=inside)
    bundle.try_case(tap, Case("made and used behind Docker's filter", None, inside), made)
    done = harness.run([harness.PYBUNDLE, "build", "-q", "app.yaml", "-o", made], cwd=bundle.sandbox.path,
                       preexec_fn=containing.filtered(containing.gvisor()))
    tap.result(done.status != 0 and b"does not let one process trace another" in done.err,
               "not made where processes are not traced", done)


def main():
    harness.leave_to_plain_build()
    tap = harness.Tap()
    with harness.Sandbox() as sandbox:
        bundle = Bundle(sandbox)
        bundle.try_case(tap, Case("nothing"))
        (sandbox.path / "root").mkdir()
        for cases in (limits(), streams(), signals(), kernel(), filters(), variables(),
                      namespaces(sandbox.path / "root")):
            for case in cases:
                bundle.try_case(tap, case)
        for trial in try_damaged, try_places, try_other_importer, try_builds:
            functools.partial(trial, tap, bundle)()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
