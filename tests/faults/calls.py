# SPDX-License-Identifier: MIT
"""System calls that fail, each in turn, by strace: those of pybundle, and those that the launcher
and the importer make when a program starts.

What must hold: an interrupted call is made again; pybundle does what it does otherwise, or fails with
status 2 and a message, and what it writes is whole or not there; a program has the output that it has
without a bundle, and at most one line says why.
"""

import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import faults
import harness

STRACE = os.environ.get("STRACE") or "/usr/bin/strace"

# How calls fail that may be made while there is nothing wrong with the program. Not brk: the kernel
# does not fail it with an error, and the C library does not expect one.
ERRORS = {
    "access": "EACCES EIO",
    "clone": "EAGAIN ENOMEM",
    "clone3": "EAGAIN ENOMEM",
    "execve": "EACCES ENOMEM",
    "fchmod": "EPERM EROFS EIO EINTR",
    "fcntl": "EMFILE EINVAL",
    "fgetxattr": "EIO ENOMEM",
    "flock": "ENOLCK EINTR",
    "fstat": "EIO ENOMEM",
    "fsync": "EIO ENOSPC EINTR",
    "getcwd": "ENOENT EACCES",
    "getdents64": "EIO ENOENT",
    "lseek": "ESPIPE",
    "lstat": "EIO EACCES ENOMEM",
    "madvise": "EINVAL ENOMEM EAGAIN",
    "memfd_create": "EMFILE ENOMEM ENOSYS",
    "mkdir": "EACCES EROFS ENOSPC",
    "mmap": "ENOMEM EACCES EPERM ENODEV",
    "mprotect": "ENOMEM",
    "mremap": "ENOMEM",
    "newfstatat": "EIO EACCES ENOMEM",
    "open": "EMFILE ENFILE EACCES EIO ENOMEM EINTR",
    "openat": "EMFILE ENFILE EACCES EIO ENOMEM EINTR",
    "pidfd_open": "ENOSYS EMFILE",
    "pipe2": "EMFILE ENFILE",
    "poll": "EINTR ENOMEM",
    "pread64": "EIO EINTR EISDIR",
    "prlimit64": "EPERM",
    "read": "EIO EINTR",
    "readlink": "EACCES EIO",
    "readlinkat": "EACCES EIO",
    "rename": "EIO ENOSPC EACCES EROFS EXDEV",
    "stat": "EIO EACCES ENOMEM",
    "unlink": "EIO EROFS",
    "wait4": "EINTR",
    "waitid": "EINTR",
    "write": "ENOSPC EIO EDQUOT EINTR",
}
RESULTS = {"getcwd", "getdents64", "poll", "ppoll", "pread64", "read", "readlink", "wait4", "waitid",
           "write", "mmap", "madvise", "brk", "mremap", "pidfd_open", "pipe2"}
# What other machines have instead.
for name, others in [("access", "faccessat faccessat2"), ("mkdir", "mkdirat"), ("poll", "ppoll"),
                     ("rename", "renameat renameat2"), ("unlink", "unlinkat")]:
    ERRORS.update(dict.fromkeys(others.split(), ERRORS[name]))
INJECTED = re.compile(r"^(\w+)\((.*)\) += -1 (\w+) .*\(INJECTED\)$")
CALL = re.compile(r"^(\w+)\((.*)\) += ")
SHORT = {"EMFILE", "ENFILE", "ENOMEM", "ENOSPC", "EAGAIN"}  # what says nothing about a bundle
PROGRAM = 'import json, argparse; print(json.dumps([1]), argparse.__name__, "x")'


def show(outcome):
    return f"status {outcome.status}, {outcome.out[-200:]!r}, {outcome.err[-1000:]!r}"


def environment(**extra):
    """Leaks cannot be looked for under strace, which is what LeakSanitizer is then."""
    env = harness.clean_environment(PYTHONHASHSEED="0", **extra)
    if harness.SANITIZED:
        env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return env


def mask(name, arguments):
    """What is the same in each run, and whether it fails or not: paths, and the first descriptor."""
    if name in RESULTS:
        # Its contents, or an address, are in the rest.
        arguments = arguments.split(",")[0]
    paths = [text for text in re.findall(r'"([^"]*)"', arguments) if "/" in text or "." in text]
    first = re.match(r"[A-Z0-9_]+(?=,|$)", arguments)
    return " ".join([first[0] if first else "", *(
        re.sub(r"(?<=\.pybundle-)\w{6}|[0-9]{3,}", "#", path) for path in paths if "\\" not in path)])


class Call:
    """The `number`th call of that name, from 1 on."""

    def __init__(self, name, number, arguments):
        self.name, self.number, self.arguments = name, number, mask(name, arguments)

    def __str__(self):
        return f"{self.name}({self.arguments}) number {self.number}"


def number_calls(lines):
    counts, calls = {}, []
    for line in lines:
        match = CALL.match(line)
        if match:
            name = match[1]
            counts[name] = counts.get(name, 0) + 1
            calls.append(Call(name, counts[name], match[2]))
    return calls


class Traced:
    def __init__(self, sandbox, command, env):
        self.sandbox, self.command, self.env = sandbox, command, env
        self.trace = sandbox.path / "trace"

    def run(self, *options):
        command = [STRACE, *options, "-o", self.trace, "-s", "200", "--", *self.command]
        return harness.run(command, env=self.env, cwd=self.sandbox.path)

    def lines(self):
        return self.trace.read_text(errors="replace").splitlines()

    def fail(self, call, error):
        """The outcome; None if it was another call, or none, that came at that number."""
        outcome = self.run("-e", f"inject={call.name}:error={error}:when={call.number}")
        for line in self.lines():
            match = INJECTED.match(line)
            if match and mask(match[1], match[2]) == call.arguments and match[1] == call.name:
                return outcome
        return None


def faults_of(calls, share):
    """Pairs of a call and an error: all, or so many, with each kind among them."""
    pairs = [(call, error) for call in calls for error in ERRORS.get(call.name, "").split()]
    if faults.ALL or len(pairs) <= share:
        return pairs
    seen, first, others = set(), [], []
    for call, error in pairs:
        key = call.name, call.arguments, error
        (others if key in seen else first).append((call, error))
        seen.add(key)
    step = max(1, len(first) // share)
    return first[::step]


class Sweep:
    def __init__(self, description):
        self.description, self.wrong, self.tried, self.missed = description, [], 0, 0

    def check(self, good, call, error, outcome):
        self.tried += 1
        if not good:
            self.wrong.append(f"{error} from {call}: {show(outcome)}")

    def report(self, tap):
        if self.missed:
            print(f"# {self.description}: {self.missed} calls came at other numbers than before")
        tap.result(not self.wrong and self.tried > 0,
                   f"{self.description}: {self.tried} faults", *self.wrong[:30])


def is_buffered(call, args):
    """Whether the C library makes the call for a stream. It does not make it again, but there is no
    signal handler either for which the kernel would interrupt it."""
    return call.name == "write" and call.arguments in "12" or (
        call.name == "read" and args[0] == "record")


def sweep_pybundle(tap, sandbox, args, output, share):
    traced = Traced(sandbox, [harness.PYBUNDLE, *args], environment())
    old = b"the old file"
    if output:
        output.write_bytes(old)
    plain = traced.run()
    new = output.read_bytes() if output else b""
    lines = traced.lines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("rt_sigaction(SIGPIPE"))
    first = len(number_calls(lines[:begin]))
    sweep = Sweep(f"pybundle {args[0]}")
    for call, error in faults_of(number_calls(lines)[first:], share):
        if output:
            output.write_bytes(old)
        outcome = traced.fail(call, error)
        if outcome is None:
            sweep.missed += 1
            continue
        there = output.read_bytes() if output else b""
        good = outcome.status == 2 and outcome.err.startswith(b"pybundle: ") and (
            not output or there == old)
        if output and output.name in call.arguments + "?":
            good = good and output.name.encode() in outcome.err
        if not good and outcome.status == plain.status:
            # A part that is not found is done without.
            good = there == new or harness.run([harness.PYBUNDLE, "verify", "-q", output],
                                               env=traced.env).status == 0
        if not good and args[0] == "verify" and error not in SHORT:
            good = outcome.status == 1 and b": stale: " in outcome.out
        if error == "EINTR" and not is_buffered(call, args):
            good = outcome.status == plain.status and outcome.err == plain.err and there == new
        if "unlink" not in call.name:
            good = good and not list(sandbox.path.glob(".pybundle-*"))
        sweep.check(good, call, error, outcome)
    sweep.report(tap)


def sweep_start(tap, sandbox, payload, share):
    env = environment(PYSTART_BUNDLE=str(sandbox.path / (payload + ".pyb")))
    stock = harness.run([harness.PYTHON, "-c", PROGRAM], env=env, cwd=sandbox.path)
    traced = Traced(sandbox, [harness.PYSTART, "-c", PROGRAM], env)
    plain = traced.run("-k")
    if plain != stock:
        tap.result(False, f"{payload}: it cannot be tried", show(stock), show(plain))
        return
    calls = stacked_calls(traced.lines())
    sweep = Sweep(f"a start, {payload}")
    for call, error in faults_of(calls, share):
        outcome = traced.fail(call, error)
        if outcome is None:
            sweep.missed += 1
            continue
        lines = outcome.err.splitlines()
        good = outcome._replace(err=b"") == stock and len(lines) <= 1 and all(
            line.startswith(b"pystart: ") for line in lines)
        if error == "EINTR":
            good = good and not lines
        sweep.check(good, call, error, outcome)
    sweep.report(tap)


def stacked_calls(lines):
    """The launcher's calls, and those of the interpreter that the importer or the C library for it
    makes, of a trace with stacks."""
    numbered = iter(number_calls(lines))
    calls, programs, above = [], 0, None
    for line in [*lines, None]:
        if line is not None and line.startswith(" > "):
            if above is not None:
                above.append(line)
            continue
        if above is not None:
            outside = [frame for frame in above if "/libc.so" not in frame]
            ours = bool(outside) and "/pystart" in outside[0]
            if programs == 1 and call.name != "execve" or ours or (
                    programs == 2 and call.name == "execve"):
                calls.append(call)
        above = None
        if line is not None and CALL.match(line):
            call = next(numbered)
            above = []
            programs += call.name == "execve"
    return calls


def can_trace():
    command = [STRACE, "-o", "/dev/null", "-e", "inject=close:error=EIO:when=999", "true"]
    return pathlib.Path(STRACE).exists() and harness.run(command, env=environment()).status == 0


def main():
    harness.leave_to_plain_build()
    tap = harness.Tap()
    with harness.Sandbox() as sandbox:
        if not can_trace():
            print("1..0 # SKIP strace is missing, or cannot trace here")
            return 0
        text = "version: 1\nstartup: [json, argparse]\nabsent: [nowhere]\n"
        for name, keys in [("image", ""), ("marshal", "payload: marshal\n"),
                           ("compressed", "compress: 3\n")]:
            sandbox.write(name + ".yaml", text + keys)
            harness.must([harness.PYBUNDLE, "build", "-q", name + ".yaml", "-o", name + ".pyb"],
                         cwd=sandbox.path)
        out = sandbox.path / "out.pyb"
        sweep_pybundle(tap, sandbox, ["build", "-q", "image.yaml", "-o", "out.pyb"], out, 40)
        sweep_pybundle(tap, sandbox, ["record", "-q", "-o", "out.yaml", "--", "-c", "import csv"],
                       sandbox.path / "out.yaml", 30)
        sweep_pybundle(tap, sandbox, ["list", "image.pyb"], None, 10)
        sweep_pybundle(tap, sandbox, ["verify", "compressed.pyb"], None, 20)
        for payload in ("image", "marshal", "compressed") if faults.ALL else ("image", "compressed"):
            sweep_start(tap, sandbox, payload, 30)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
