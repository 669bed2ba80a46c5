# SPDX-License-Identifier: MIT
"""A build ends at each of its system calls in turn, by SIGKILL and by signals that ask it to, and two
builds go on at once.

What must hold: the bundle is the old one or the new one, and whole; no interpreter goes on; the next
build removes what a killed one has left; one that was asked to end leaves nothing.
"""

import os
import pathlib
import select
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import calls
import faults
import harness

STRACE = calls.STRACE
MANIFESTS = {"old": "version: 1\nstartup: [json]\n", "new": "version: 1\nstartup: [csv]\n"}

LIMITED = """import os, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Builds:
    """Ends builds of the manifest `new` where the bundle `old` is."""

    def __init__(self, sandbox):
        self.sandbox, self.env = sandbox, calls.environment()
        self.folder = sandbox.path / "out"
        self.folder.mkdir()
        self.output = self.folder / "app.pyb"
        self.whole = {}
        for name, text in MANIFESTS.items():
            # One name, for it is in the bundle.
            (sandbox.path / name).mkdir()
            sandbox.write(f"{name}/app.yaml", text)
            self.build(name)
            self.whole[name] = self.output.read_bytes()
        self.wrong, self.tried, self.left = [], 0, 0

    def command(self, name):
        return [harness.PYBUNDLE, "build", "-q", self.sandbox.path / name / "app.yaml", "-o",
                self.output]

    def build(self, name):
        harness.must(self.command(name), env=self.env)

    def temporaries(self):
        return [path.name for path in self.folder.iterdir() if path != self.output]

    def complain(self, text):
        self.wrong.append(text)

    def all_calls(self):
        trace = self.sandbox.path / "trace"
        harness.must([STRACE, "-o", trace, "--", *self.command("new")], env=self.env)
        return calls.number_calls(trace.read_text(errors="replace").splitlines())

    def end_at(self, call, signal):
        """The interpreters hold a pipe open."""
        self.output.write_bytes(self.whole["old"])
        reading, writing = os.pipe()
        option = f"inject={call.name}:signal={signal}:when={call.number}"
        command = [STRACE, "-o", "/dev/null", "-e", option, "--", *self.command("new")]
        harness.run(command, env=self.env, pass_fds=[writing])
        os.close(writing)
        if not select.select([reading], [], [], harness.TIMEOUT)[0]:
            self.complain(f"{signal} at {call}: an interpreter goes on")
        os.close(reading)
        self.tried += 1
        self.look(call, signal)

    def look(self, call, signal):
        there = self.output.read_bytes()
        if there not in self.whole.values():
            self.complain(f"{signal} at {call}: the bundle is neither old nor new")
        left = self.temporaries()
        self.left += len(left)
        if left and signal != "KILL":
            self.complain(f"{signal} at {call}: {left} stayed")

    def clean_up(self):
        """The next build is as ever, and nothing else is there."""
        self.build("new")
        left = self.temporaries()
        if left or self.output.read_bytes() != self.whole["new"]:
            self.complain(f"after the next build there is {left}")

    def report(self, tap, description):
        tap.result(not self.wrong, f"{description}: {self.tried} builds ended", *self.wrong[:20])
        self.wrong, self.tried = [], 0


def sweep(tap, builds, all_calls, signal, share):
    """All calls, or those from the making of the new file on and so many of the others."""
    chosen = all_calls
    if not faults.ALL or signal in ("INT", "HUP"):
        writing = next(i for i, call in enumerate(all_calls) if ".pybundle-" in call.arguments)
        others = all_calls[:writing][::max(1, writing // share)]
        chosen = others + all_calls[writing:][::1 if signal == "KILL" else 5]
    for call in chosen:
        builds.end_at(call, signal)
    if signal == "KILL" and not builds.left:
        builds.complain("nothing was left that could be removed")
    builds.clean_up()
    builds.report(tap, f"SIG{signal} at {len(chosen)} of {len(all_calls)} calls")


def sweep_size(tap, builds):
    """The kernel sends SIGXFSZ for what is too much, which ends programs that do not expect it."""
    builds.output.write_bytes(builds.whole["old"])
    size = len(builds.whole["new"])
    for limit in 1, size // 3, size // 2, size - 1:
        outcome = harness.run([harness.PYTHON, "-c", LIMITED, str(limit),
                               *map(str, builds.command("new"))], env=builds.env)
        builds.tried += 1
        if outcome.status != 2 or b": File too large" not in outcome.err:
            builds.complain(f"limit of {limit} bytes: {calls.show(outcome)}")
        builds.look(limit, "XFSZ")
    builds.report(tap, "files that must not grow as large")


def sweep_together(tap, builds, rounds):
    """Two builds of one bundle, and one of another into the same folder, all at once."""
    other = builds.folder / "other.pyb"
    for _ in range(rounds):
        commands = [builds.command("old"), builds.command("new"), builds.command("new")]
        commands[2][-1] = other
        running = [subprocess.Popen([str(c) for c in command], env=builds.env,
                                    stderr=subprocess.PIPE) for command in commands]
        for process in running:
            err = process.communicate()[1]
            if process.returncode != 0 or err:
                builds.complain(f"status {process.returncode}, {err!r}")
        builds.tried += len(running)
        if other.read_bytes() != builds.whole["new"]:
            builds.complain("the other bundle is not whole")
        other.unlink()
        builds.look(0, "none")
    builds.report(tap, "builds at once")


def main():
    harness.leave_to_plain_build()
    tap = harness.Tap()
    with harness.Sandbox() as sandbox:
        builds = Builds(sandbox)
        sweep_together(tap, builds, 100 if faults.ALL else 5)
        sweep_size(tap, builds)
        if not calls.can_trace():
            tap.skip("builds that end at each system call", "strace is missing, or cannot trace")
            return tap.finish()
        all_calls = builds.all_calls()
        for signal, share in ("KILL", 15), ("TERM", 5), ("INT", 3), ("HUP", 3):
            sweep(tap, builds, all_calls, signal, share)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
