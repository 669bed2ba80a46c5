# SPDX-License-Identifier: MIT
"""Very many starts, one like the other, and nothing that grows.

Small programs are started in turn with good, refused and half stale bundles. Each must do what it does
under the stock interpreter, and leave behind what it leaves behind there: no process, no file, no
segment of shared memory. Then one process does for long what uses a bundle again and again.

`make check` starts a few; `make soak` as many as SOAK_STARTS says, and repeats what one process does
SOAK_ROUNDS times. SOAK_SEED shuffles in another way.
"""

import itertools
import os
import pathlib
import random
import re
import signal
import sys
import time
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "python"))

import harness  # noqa: E402
import looping  # noqa: E402
import watching  # noqa: E402

STARTS = int(os.environ.get("SOAK_STARTS") or 150)
SEED = int(os.environ.get("SOAK_SEED") or 1)
HANG = 300  # seconds; only a hang takes that long
LOOK = 500  # starts between two looks at what is around
PIPE_SIZE = 65536
LONGEST_WAY = 3900  # characters that a path can have besides

# What a program has of the system, printed; the last line is its own peak of memory.
STATE = """
import os
def links(folder):
    for name in sorted(os.listdir(folder)):
        try:
            yield name, os.readlink(folder + "/" + name).partition(":")[0]
        except OSError:
            pass  # that of the listing itself
def state():
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    print(list(links("/proc/self/fd")), len(os.listdir("/proc/self/task")), os.getcwd(),
          *(status[key].strip() for key in ("SigBlk", "SigIgn", "SigCgt", "Seccomp", "Umask")),
          open("/proc/self/task/%d/children" % os.getpid()).read(), sorted(os.environ.items()))
    print("peak", status["VmHWM"].split()[0], flush=True)
"""

FILES = {
    "app/state.py": STATE,
    "app/helper.py": "import json\n\n\ndef double(x):\n    return json.loads('2') * x\n",
    "app/other.py": "import dataclasses\nimport re\n\nWORD = re.compile('[a-z]+(one|two)')\n\n\n"
                    "@dataclasses.dataclass\nclass Pair:\n    a: int = 1\n    b: int = 2\n",
    "app/package/__init__.py": "from package import inner\n",
    "app/package/inner.py": "VALUE = {'one', 'two'}\n",
    "app/main.py": "import helper, other, package, sys\nprint(helper.double(2), other.Pair(), "
                   "other.WORD.match('xone'), sorted(package.inner.VALUE), sys.argv[1:], "
                   "sys.path[0], sys.flags)\nimport state\nstate.state()\n",
    "app/fails.py": "import helper\n\n\ndef call():\n    helper.double(None)[1]\n\n\ncall()\n",
    "app/status.py": "import helper, sys\nprint(helper.double(4))\nsys.exit(3)\n",
    "app/leaves.py": "import helper, os\nos.write(1, b'%d' % helper.double(5))\nos._exit(7)\n",
    "app/killed.py": "import helper, os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "app/forks.py": "import os\nimport helper\n\nchild = os.fork()\nimport other, package\nif child:\n"
                    "    print(os.waitpid(child, 0)[1], flush=True)\nimport state\n"
                    "state.state() if child else print(other.Pair())\n",
    "app/threads.py": "import threading\n\n\ndef work():\n    import helper, other, package\n\n\n"
                      "threads = [threading.Thread(target=work) for _ in range(4)]\n"
                      "[t.start() for t in threads]\n[t.join() for t in threads]\nimport os\n"
                      "while len(os.listdir('/proc/self/task')) > 1:\n    pass\n"
                      "import state\nstate.state()\n",
    "app/starts.py": "import helper, subprocess, sys\nprint(subprocess.run([sys.executable, '-c', "
                     "'import sys, json; print(json, sys.orig_argv)'], capture_output=True))\n"
                     "import state\nstate.state()\n",
    "app/installs.py": "import sys\nif len(sys.argv) > 1:\n    sys.path.append(sys.argv[2])\n    import pystart\n"
                       "    pystart.install(sys.argv[1])\n    del sys.path[-1]\n"
                       "import helper, other\nprint(helper.double(3), other.Pair())\n"
                       "import state\nstate.state()\n",
}


class Program(NamedTuple):
    """One way to start: a command, and what the same is under the stock interpreter."""
    name: str
    command: list
    stock: list
    share: int = 1  # how often it is started, compared to others
    warns: bool = False  # one line on standard error says that the bundle is refused


def build(sandbox, name, script, **keys):
    """NAME.pyb in the sandbox, from a run of the script."""
    sandbox.bundle = sandbox.path / f"{name}.pyb"
    sandbox.record(f"app/{script}.py", keys=keys.items())
    return sandbox.bundle


def spoil(path, change):
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)


def make_bundles(sandbox):
    """Paths of bundles by what is wrong with them, or right."""
    made = {"stale": build(sandbox, "stale", "main")}
    sandbox.write("app/helper.py", FILES["app/helper.py"].replace("'2'", "'1' + '2'"))
    made.update({
        "image": build(sandbox, "image", "main", payload=harness.payloads()[0], entry=sandbox.path / "app/main.py"),
        "marshal": build(sandbox, "marshal", "main", payload="marshal"),
        "packed": build(sandbox, "packed", "main", compress="3"),
        "plain": build(sandbox, "plain", "main", gc="normal", exit="full", trial_run="no"),
        "light": build(sandbox, "light", "state"),
        "damaged": build(sandbox, "damaged", "main"),
        "shared": build(sandbox, "shared", "main"),
        "cut": build(sandbox, "cut", "main"),
    })
    spoil(made["damaged"], lambda data: data.__setitem__(64, data[64] ^ 1))
    spoil(made["cut"], lambda data: data.__delitem__(slice(8192, None)))
    made["shared"].chmod(0o666)
    return made


def strings(*values):
    return list(map(str, values))


def make_programs(sandbox, bundles):
    def program(name, bundle, *args, stock=None, **options):
        chosen = ["-X", f"bundle={bundles[bundle]}"] if bundle else []
        return Program(name, strings(harness.PYSTART, *chosen, *args),
                       strings(harness.PYTHON, *chosen, *(stock or args)), **options)

    light = ["-I", "-S", "-c", "pass"]
    state = ["-I", "-S", "-c", STATE + "state()"]
    programs = [
        program("nothing", "light", *light, share=6),
        program("nothing, with an image", "image", *light, share=4),
        program("state", "light", *state, share=6),
        program("state, cut off", "cut", *state, share=2, warns=True),
        program("state, refused", "shared", *state, share=2, warns=True),
        program("status, isolated", "image", "-I", "-S", "-c", "raise SystemExit(5)", share=2),
        program("standard", None, "-c", "import json; print(json)" + STATE + "state()"),
        program("no such module", "image", "-m", "nosuch"),
        program("entry", None, bundles["image"], "a", stock=["app/main.py", "a"]),
    ]
    for bundle in ("image", "marshal", "packed", "plain", "stale", "damaged"):
        programs.append(program(f"main, {bundle}", bundle, "app/main.py", "x",
                                warns=bundle == "damaged"))
    for script in ("fails", "status", "leaves", "killed", "forks", "threads", "starts"):
        programs.append(program(script, "image" if script != "leaves" else "marshal",
                                f"app/{script}.py"))
    programs.append(Program("installs", strings(harness.PYTHON, "app/installs.py",
                                                bundles["marshal"], harness.STAGE / "lib/python"),
                            strings(harness.PYTHON, "app/installs.py")))
    return programs


class Result(NamedTuple):
    status: int
    out: bytes
    err: bytes
    peak: int  # kilobytes, where the program tells


def split_peak(out):
    """What a program printed without its peak of memory, and that."""
    before, found, number = out.rpartition(b"\npeak ")
    return (before, int(number)) if found else (out, 0)


class Starter:
    """Starts programs as a shell would, with as little work as can be."""

    def __init__(self, folder, env):
        self.folder = folder
        self.env = env
        self.null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def start(self, command):
        ends = [os.pipe(), os.pipe()]
        actions = [(os.POSIX_SPAWN_DUP2, self.null, 0), (os.POSIX_SPAWN_DUP2, ends[0][1], 1),
                   (os.POSIX_SPAWN_DUP2, ends[1][1], 2)]
        child = os.posix_spawn(command[0], command, self.env, file_actions=actions)
        for _, theirs in ends:
            os.close(theirs)
        status = self.wait(child)
        texts = [self.read(ours) for ours, _ in ends]
        out, peak = split_peak(texts[0])
        return Result(status, out, texts[1], peak)

    @staticmethod
    def wait(child):
        """The exit status; an end for what hangs."""
        def end(*_):
            os.kill(child, signal.SIGKILL)

        signal.signal(signal.SIGALRM, end)
        signal.alarm(HANG)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        signal.alarm(0)
        return status

    @staticmethod
    def read(descriptor):
        """What is in the pipe. Nobody must hold its other end any longer."""
        os.set_blocking(descriptor, False)
        try:
            text = os.read(descriptor, PIPE_SIZE)
            if text and os.read(descriptor, 1):
                text += b"... and more"
        except BlockingIOError:
            text = b"somebody holds the pipe"
        os.close(descriptor)
        return text


def expectations(starter, programs, tap):
    """What each program is to do, by its name: what it does under stock."""
    expected = {}
    for program in programs:
        stock = starter.start(program.stock)
        first = starter.start(program.command)
        message, err = b"", first.err
        if program.warns:
            message, _, err = first.err.partition(b"\n")
        same = first._replace(err=err, peak=0) == stock._replace(peak=0)
        tap.result(same and message.startswith(b"pystart: ") == program.warns,
                   f"{program.name}: it is as under stock", stock, first)
        expected[program.name] = first
    return expected


class Peaks:
    """The peaks of memory of one program: what is high at the end and was not at the beginning."""

    def __init__(self):
        self.peaks = {}

    def add(self, name, peak):
        if peak:
            self.peaks.setdefault(name, []).append(peak)

    def grown(self, part=10, allowed=1.03):
        for name, peaks in self.peaks.items():
            some = max(1, len(peaks) // part)
            early, late = sorted(peaks[:some])[some // 2], sorted(peaks[-some:])[some // 2]
            if some > 10 and late > early * allowed:
                yield f"{name}: {early} kB, then {late} kB"


def with_long_path(program, number):
    """Its command with another way to write the bundle's path: where memory lies depends on the length,
    and what lies at odd places is seen once in many starts only. The program does not see the path."""
    if program.warns:
        return program.command
    slashes = "/" * (number * 7 % LONGEST_WAY + 1)
    return [re.sub("^bundle=(.*)/", lambda found: f"bundle={found[1]}{slashes}", argument)
            for argument in program.command]


def soak(starter, programs, expected, watch, tap):
    """Start them in a shuffled order; returns what went wrong."""
    rounds = list(itertools.chain.from_iterable([p] * p.share for p in programs))
    peaks, wrong, started = Peaks(), [], 0
    order, begin = random.Random(SEED), time.monotonic()
    while started < STARTS and len(wrong) < 20:
        program = order.choice(rounds)
        result = starter.start(with_long_path(program, started))
        started += 1
        peaks.add(program.name, result.peak)
        if result._replace(peak=0) != expected[program.name]._replace(peak=0):
            wrong += [f"start {started}, {program.name}:", *compare(expected[program.name], result)]
        if not watching.has_no_children():
            wrong.append(f"start {started}, {program.name}: a process is left")
        if started % LOOK == 0:
            wrong += watch.changes()
            note(started, begin)
    tap.result(not wrong, f"{started} starts did what they do under stock, and left nothing",
               *wrong)
    grown = list(peaks.grown())
    tap.result(not grown or harness.SANITIZED, "no program took more memory later than earlier",
               *grown)


def compare(expected, got):
    """How two results differ, in lines."""
    return [*harness.describe("stdout", expected.out, got.out),
            *harness.describe("stderr", expected.err, got.err),
            f"exit status: {expected.status}, then {got.status}"]


def note(started, begin):
    if sys.stderr.isatty() or "SOAK_NOTES" in os.environ:
        rate = started / (time.monotonic() - begin)
        print(f"{started} starts, {rate:.0f} a second", file=sys.stderr, flush=True)


def main():
    watching.adopt_orphans()
    tap = harness.Tap()
    is_isolated = watching.isolate()
    with harness.Sandbox() as sandbox:
        for name, text in FILES.items():
            sandbox.write(name, text)
        os.chdir(sandbox.path)
        bundles = make_bundles(sandbox)
        env = harness.clean_environment(TMPDIR=str(sandbox.path / "tmp"),
                                        HOME=str(sandbox.path / "home"), LC_ALL="C.UTF-8")
        for name in ("tmp", "home"):
            (sandbox.path / name).mkdir()
        starter = Starter(sandbox.path, env)
        programs = make_programs(sandbox, bundles)
        expected = expectations(starter, programs, tap)
        watch = watching.Watch(sandbox.path, harness.STAGE, is_isolated=is_isolated)
        soak(starter, programs, expected, watch, tap)
        looping.loops(sandbox, bundles, tap)
        changed = watch.changes()
        tap.result(not changed, "no file and no descriptor is left", *changed)
        if not is_isolated:
            tap.skip("nor is shared memory", "others use it too, and it takes root to be apart")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
