# SPDX-License-Identifier: MIT
"""A start that is to go on with a snapshot, by strace: each system call of the importer fails in turn, and
Ctrl-C comes at each.

What must hold: as long as there is a way back, the start is an ordinary one, with the descriptors and
mappings that it has without a snapshot; from then on, the program goes on as if nothing had been, or ends
with one line and a status of its own. A Ctrl-C ends it as it ends a program that has just been started.
"""

import pathlib
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import calls
import faults
import harness

# What the process has, printed.
PROGRAM = """import os
def links():
    for number in os.listdir("/proc/self/fd"):
        try:
            yield number, os.readlink("/proc/self/fd/" + number).partition(":")[0]
        except OSError:
            pass  # that of the listing itself
print(sorted(links()))
for line in sorted(" ".join(line.split()[1:3] + line.split()[5:]) for line in open("/proc/self/maps")):
    print(line)
"""
# Beside what other calls of a start can meet; a filter of system calls can forbid any of them.
ERRORS = {
    "arch_prctl": "EPERM",
    "fcntl": "",  # so the launcher's hand-over is known; without it nothing is
    "get_robust_list": "EPERM ENOSYS",
    "getgroups": "EPERM",
    "gettid": "EPERM",
    "mmap": "ENOMEM EPERM",
    "personality": "EPERM",
    "prlimit64": "EPERM",
    "rseq": "EPERM ENOSYS",
    "rt_sigaction": "EPERM",
    "rt_sigprocmask": "EPERM",
    "set_robust_list": "EPERM ENOSYS",
    "set_tid_address": "EPERM",
    "uname": "EPERM",
}
NO_MEMORY = b"pystart: the snapshot cannot be mapped: out of memory\n"
INTERRUPTED = re.compile(rb"((Traceback .*)?KeyboardInterrupt\n)?", re.DOTALL)


class Start:
    """The calls of a traced start, by what they are followed by."""

    def __init__(self, lines):
        lines = [line for line in lines if calls.CALL.match(line)]
        numbered = calls.number_calls(lines)

        def find(text, after=0):
            return next(i for i, line in enumerate(lines) if i > after and line.startswith(text))

        program = find("execve(", 1)
        constructor = find("fcntl(3, F_SETFD", program) + 1
        leaving = find("munmap(NULL", constructor)
        entered = find("rseq(", leaving) + 1
        running = find('openat(AT_FDCWD, "/proc/self/fd"', entered)
        self.before = numbered[constructor:leaving]
        self.exchange = numbered[leaving:entered]
        self.after = numbered[entered:running]


def is_resumed(lines):
    return any(line.startswith("munmap(NULL") for line in lines)


def sweep_before(tap, traced, start, resumed, ordinary, share):
    sweep = calls.Sweep("before there is no way back")
    for call, error in calls.faults_of(start.before, share):
        outcome = traced.fail(call, error)
        if outcome is None:
            sweep.missed += 1
            continue
        wanted = resumed if is_resumed(traced.lines()) else ordinary
        lines = outcome.err.splitlines()
        sweep.check(outcome._replace(err=b"") == wanted and len(lines) <= 1 and all(
            line.startswith(b"pystart: ") for line in lines), call, error, outcome)
    sweep.report(tap)


def sweep_exchange(tap, traced, start, resumed, share):
    sweep = calls.Sweep("behind it")
    ended = harness.Outcome(127, b"", NO_MEMORY)
    for call, error in calls.faults_of(start.exchange, share):
        outcome = traced.fail(call, error)
        if outcome is None:
            sweep.missed += 1
            continue
        sweep.check(outcome in (ended, resumed), call, error, outcome)
    sweep.report(tap)


def sweep_interrupts(tap, traced, start, share):
    sweep = calls.Sweep("Ctrl-C at a call")
    # Not before the interpreter runs: the launcher is for others.
    every = [*start.before[::5], *start.exchange[::5], *start.after]
    for number in faults.choose(len(every), share):
        call = every[number - 1]
        outcome = traced.run("-e", f"inject={call.name}:signal=SIGINT:when={call.number}")
        # From 3.13 on the interpreter imports modules for what -c gives; interrupted there, it ends with 1.
        ended = outcome.status == -signal.SIGINT or (outcome.status == 1 and outcome.err)
        sweep.check(ended and outcome.out == b"" and INTERRUPTED.fullmatch(outcome.err), call,
                    "SIGINT", outcome)
    sweep.report(tap)


def main():
    harness.leave_to_plain_build()
    calls.ERRORS.update(ERRORS)
    tap = harness.Tap()
    with harness.Sandbox() as sandbox:
        if not calls.can_trace():
            print("1..0 # SKIP strace is missing, or cannot trace here")
            return 0
        sandbox.write("app.yaml", "version: 1\nstartup: [json]\nsnapshot: yes\n")
        harness.must([harness.PYBUNDLE, "build", "-q", "app.yaml", "-o", sandbox.bundle],
                     cwd=sandbox.path)
        env = harness.clean_environment(PYSTART_BUNDLE=str(sandbox.bundle))
        command = [harness.PYSTART, "-c", PROGRAM]
        ordinary = calls.Traced(sandbox, command, dict(env, PYSTART_WITHOUT="snapshot")).run()
        traced = calls.Traced(sandbox, command, env)
        resumed = traced.run()
        if not tap.result(is_resumed(traced.lines()), "the snapshot is gone on with",
                          *traced.lines()[-400:]):
            return tap.finish()
        start = Start(traced.lines())
        sweep_before(tap, traced, start, resumed, ordinary, 60)
        sweep_exchange(tap, traced, start, resumed, 30)
        sweep_interrupts(tap, traced, start, 30)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
