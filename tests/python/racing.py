# SPDX-License-Identifier: MIT
"""What the tests of races share: a program with two modules that have versions, bundles of it, things
done in the background, and commands that are stopped at one of their system calls.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import threading

import harness

SCALE = int(os.environ.get("RACE_SCALE") or 1)
# Sanitizers come into strace as well, and do not like what it does.
STRACE = None if harness.SANITIZED else os.environ.get("STRACE") or shutil.which("strace")
SEED = int(os.environ.get("RACE_SEED") or 1)

# A module of one version; all have the same size.
MODULE = "import re\nVERSION = NUMBER\nWORD = re.compile('word-NUMBER')\n\n\ndef check():\n" \
         "    assert WORD.pattern == 'word-%d' % VERSION == 'word-NUMBER'\n    return NUMBER\n"
MAIN = "import sys\nimport first\nimport second.inner\n" \
       "print(first.check(), second.inner.check())\n"
FILES = ("app/first.py", "app/second/inner.py")

# What the bundle is made from, in turn.
MANIFESTS = {
    "image": f"startup: [re, first, second, second.inner]\npayload: {harness.payloads()[0]}\n",
    "packed": "startup: [first]\nmodules: [second.*, json.**]\ncompress: 3\n",
    "few": "modules: [second.inner]\npayload: marshal\ntrial_run: no\n",
    "plain": "startup: [second.inner, first]\ngc: normal\nexit: full\nabsent: [nosuch]\n",
    "unchecked": "startup: [first, second.inner]\ncheck: never\n",
    "folders": "startup: [first, second.inner]\ncheck: directory\n",
    "careful": "startup: [first, second.inner]\npayload: auto\nhugepages: never\n",
}


def text_of(version):
    return MODULE.replace("NUMBER", f"1{version:07}")


def write_whole(path, text):
    """As an editor does that keeps the old file until the new one is there."""
    beside = path.with_name("." + path.name + ".new")
    beside.write_text(text)
    beside.rename(path)


def write_in_place(path, text):
    """As `cat >` does, but at once."""
    descriptor = os.open(path, os.O_WRONLY)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def prepare(sandbox):
    sandbox.write("app/main.py", MAIN)
    sandbox.write("app/second/__init__.py", "")
    for name in FILES:
        sandbox.write(name, text_of(0))
    for name, text in MANIFESTS.items():
        sandbox.write(f"{name}.yaml", f"version: 1\nname: same\npaths: ['{sandbox.path}/app']\n" + text)


def build(sandbox, manifest, bundle=None, **extra):
    return harness.run([harness.PYBUNDLE, "build", "-q", f"{manifest}.yaml", "-o",
                        bundle or sandbox.bundle], cwd=sandbox.path,
                       env=harness.clean_environment(**extra))


def start_command(sandbox):
    return [harness.PYSTART, "-B", "-X", f"bundle={sandbox.bundle}", "app/main.py"]


def start(sandbox, **extra):
    return harness.run(start_command(sandbox), cwd=sandbox.path,
                       env=harness.clean_environment(PYSTART_STATS="1", **extra))


def is_clean(sandbox):
    """Whether the bundle is whole and no temporary file is beside it."""
    names = [name for name in os.listdir(sandbox.path) if name.startswith((".pyb", "test.pyb."))]
    verified = harness.run([harness.PYBUNDLE, "verify", sandbox.bundle], cwd=sandbox.path)
    return not names and verified.status == 0, (names, verified)


class Background:
    """Threads that do something again and again until the others are done."""

    def __init__(self, *functions):
        self.is_over = threading.Event()
        self.errors = []
        self.threads = [threading.Thread(target=self.repeat, args=[f]) for f in functions]

    def repeat(self, function):
        try:
            while not self.is_over.is_set():
                function()
        except Exception as error:
            self.errors.append(repr(error))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


class Builder:
    """Builds the same bundle from one manifest after the other."""

    def __init__(self, sandbox, without=("unchecked",), allowed=b""):
        self.sandbox = sandbox
        self.names = [name for name in MANIFESTS if name not in without]
        self.built = 0
        self.allowed = allowed  # what a warning may have in it
        self.wrong = []

    def __call__(self):
        outcome = build(self.sandbox, self.names[self.built % len(self.names)])
        lines = outcome.err.splitlines()
        if outcome.status != 0 or not all(self.allowed and self.allowed in line for line in lines):
            self.wrong.append(outcome)
        self.built += 1


def versions(out):
    """The versions of both modules; -1 for what is not to be understood."""
    words = out.split()
    if len(words) != 2 or not all(w.isdigit() and len(w) == 8 and w[:1] == b"1" for w in words):
        return [-1, -1]
    return [int(word[1:]) for word in words]


STOPPED = b"--- stopped by SIGSTOP ---"


def stop_at(sandbox, calls, number, command, change):
    """Stop the command at one of its system calls, have something changed meanwhile, and let it go
    on. Returns the outcome, and whether there were as many such calls."""
    log = sandbox.path / "strace.log"
    log.write_bytes(b"")
    process = subprocess.Popen(
        [STRACE, "-o", log, "-e", f"inject={calls}:signal=STOP:when={number}", *map(str, command)],
        cwd=sandbox.path, env=harness.clean_environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    is_stopped = False
    while not is_stopped and process.poll() is None:
        is_stopped = STOPPED in log.read_bytes()
    if not is_stopped:
        out, err = process.communicate()
        return harness.Outcome(process.returncode, out, err), False
    with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
        child = int(file.read().split()[0])
    change()
    # Without strace, it stays stopped, and is ours.
    process.kill()
    process.wait()
    os.kill(child, signal.SIGCONT)
    out, err = process.communicate()
    return harness.Outcome(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), out, err), True


def adopt_orphans():
    """Become the parent of what strace leaves behind."""
    if ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) != 0:  # PR_SET_CHILD_SUBREAPER
        raise OSError("prctl")
