# SPDX-License-Identifier: MIT
"""Code that runs before the program, such as usercustomize, and keeps a copy of what a start from a snapshot
makes new: of an option, of what a stream is like, of what is done on a signal. Whether there is a snapshot then or
not: the program finds in the copy what it would find under stock, however it is started. Code that asks, and keeps
nothing, has a snapshot that is used.

What is asked, and where it is kept, is combined at random. `make check` tries each once, SITE_COPIES_SCALE times as
many combinations if that is set; SITE_COPIES_SCALE=all: each with each. Arguments: seeds.
"""

import functools
import os
import random
import signal
import subprocess
import sys
import sysconfig

import harness
from circumstances import close, ignore, limit, open_as
from resume import GONE_ON, LINES, on_terminal

SCALE = os.environ.get("SITE_COPIES_SCALE") or "1"
ASKED = {
    "safe_path": "sys.flags.safe_path",
    "no bytecode": "sys.flags.dont_write_bytecode",
    "no bytecode, the attribute": "sys.dont_write_bytecode",
    "all flags": "[*sys.flags]",
    "options for a child": "subprocess_options()",
    "output by line": "sys.stdout.line_buffering",
    "input by line": "sys.stdin.line_buffering",
    "messages by line": "sys.stderr.line_buffering",
    "output at once": "sys.stdout.write_through",
    "messages at once": "sys.stderr.write_through",
    "a terminal": "sys.stdout.isatty()",
    "a file to seek in": "sys.stdout.seekable()",
    "input to seek in": "sys.stdin.seekable()",
    "the block size": "sys.stdin.buffer.raw._blksize",
    "the size of a buffer": "sys.getsizeof(sys.stdout.buffer)",
    "what is below the text": "type(sys.stdout.buffer).__name__",
    "a signal's handler": "str(_signal.getsignal(1))",
    "Ctrl-C": "str(_signal.getsignal(2))[:9]",
    "the limit of the stack": "limit_of_stack()",
}
# What each leaves in `kept` is called at the end.
KEPT = {
    "a default": "def kept(value=ASKED): return value",
    "a keyword's default": "def kept(*, value=ASKED): return value",
    "a closure": "kept = (lambda value: lambda: value)(ASKED)",
    "a choice": "kept = (lambda value: lambda: value)('one' if ASKED else 'other')",
    "a nested class": "class Outer:\n class Middle:\n  class Inner:\n   class Most:\n    value = ASKED\n"
                      "def kept(): return Outer.Middle.Inner.Most.value",
    "objects of objects": "class One:\n def __init__(self, value): self.value = value\n"
                          "ones = One(One([One({1: One(ASKED)})]))\n"
                          "def kept(): return ones.value.value[0].value[1].value",
    "slots": "class One:\n __slots__ = 'value'\nones = One()\nones.value = [[[[[ASKED]]]]]\n"
             "def kept(): return ones.value[0][0][0][0][0]",
    "lists in lists": "deep = [[[[[[ASKED]]]]]]\ndef kept(): return deep[0][0][0][0][0][0]",
    "a generator": "def generate():\n value = ASKED\n while True:\n  yield value\n"
                   "running = generate()\nnext(running)\ndef kept(): return next(running)",
    "a partial function": "import functools\nkept = functools.partial(repr, ASKED)",
    "a method of an object": "kept = [ASKED].__repr__",
    "a cached call": "import functools\nkept = functools.lru_cache(lambda value=ASKED: repr(value))",
    "text that is made": "text = f'<{ASKED!r}>'.encode()\nkept = (lambda value: lambda: value)(text)",
    "memory of C": "import array\nkept = (lambda value: lambda: value)(array.array('u', repr(ASKED)))",
    "a variable of a context": "import _contextvars\nvariable = _contextvars.ContextVar('v')\n"
                               "variable.set([ASKED])\nkept = variable.get",
    "a variable of a thread": "import _thread\nlocal = _thread._local()\nlocal.value = [ASKED]\n"
                              "def kept(): return local.value",
    "an iterator": "import itertools\nkept = (lambda value: lambda: next(value))(itertools.repeat(ASKED))",
    "a descriptor": "class One:\n @property\n def value(self, value=ASKED): return value\n"
                    "def kept(): return One().value",
    "a function's attribute": "def kept(): return kept.value\nkept.value = {1: {2: {3: {4: ASKED}}}}",
    "an exception": "error = ValueError(ValueError(ValueError(ASKED)))\ndef kept(): return repr(error)",
    "whether there is something": "if ASKED:\n def kept(): return 1\nelse:\n def kept(): return 2",
    "a stranger": "import os\nos.path.join.__dict__['kept'] = [[[[ASKED]]]]\n"
                  "def kept(): return os.path.join.__dict__['kept']",
}
HELPERS = """import sys, _signal
def subprocess_options():
    return [name for name in ("safe_path", "dont_write_bytecode") if getattr(sys.flags, name)]
def limit_of_stack():
    import resource
    return resource.getrlimit(resource.RLIMIT_STACK)
"""
# These ask and keep nothing, or keep what is the same in each start.
HARMLESS = {
    "nothing": "def kept(): return None",
    "asks": "if sys.flags.safe_path: pass\nif sys.stdout.line_buffering: pass\nlist(sys.flags)\n"
            "sys.stderr.write_through\n_signal.getsignal(1)\ndef kept(): return 1",
    "asks later": "def kept(): return sys.flags.safe_path, sys.stdout.line_buffering, sys.dont_write_bytecode",
    "keeps the flags": "def kept(value=sys.flags): return [*value]",
    "other flags": "def kept(value=(sys.flags.optimize, sys.flags.utf8_mode)): return value",
    "sets": "sys.dont_write_bytecode = True\ndef kept(): return sys.dont_write_bytecode",
    "keeps much": "import json, collections, re\ntree = {'a': [{}, {1: [json.dumps]}]}\n"
                  "kept = (lambda value: lambda: sorted(map(str, value)))(tree)",
}
PROGRAM = """import os, usercustomize
with open(os.environ['TOLD'], 'w') as file:
    print(usercustomize.kept(), file=file)
"""
VARIABLES = "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH"


def prepared(function, command, **options):
    return harness.run(command, preexec_fn=function, **options)


def to_file(command, **options):
    with open("/dev/null", "r+b") as file:
        done = subprocess.run(command, stdin=file, stdout=file, stderr=subprocess.PIPE,
                              timeout=harness.TIMEOUT, **options)
    return harness.Outcome(done.returncode, b"", done.stderr)


STARTS = [
    ("as ever", [], {}, harness.run),
    *((name, [], {name: "1"}, harness.run) for name in VARIABLES),
    *((option, [option], {}, harness.run) for option in ("-u", "-B", "-P", "-uBP")),
    ("a terminal", [], {}, functools.partial(on_terminal, b"")),
    ("a terminal, -u", ["-u"], {}, functools.partial(on_terminal, b"")),
    ("files", [], {}, to_file),
    ("signals ignored", [], {}, functools.partial(prepared, ignore(signal.SIGHUP, signal.SIGINT))),
    ("a small stack", [], {}, functools.partial(prepared, limit(3, 4 << 20))),
    ("no input", [], {}, functools.partial(prepared, open_as(0, "/", os.O_RDONLY))),
    ("no output", [], {}, functools.partial(prepared, close(1))),
]


class Place:
    """A home with code that runs before each program, and a bundle that was made there."""

    def __init__(self, sandbox, code, start=harness.run, owner=None):
        self.home = sandbox.path
        folder = f".local/lib/python{sysconfig.get_python_version()}/site-packages"
        sandbox.write(f"{folder}/usercustomize.py", HELPERS + code + "\n")
        self.program = sandbox.write("program.py", PROGRAM)
        self.told = sandbox.path / "told"
        self.bundle = sandbox.bundle
        manifest = sandbox.write("app.yaml", "version: 1\nstartup: [json]\nsnapshot: auto\n")
        env = self.env()
        if owner is not None:
            self.told.touch()
            for path in (sandbox.path, self.told, *sandbox.path.glob(".local/**/*"), sandbox.path / ".local"):
                os.chown(path, owner, owner)
        start([harness.PYTHON, "-c", "import usercustomize"], env=env)
        start([harness.PYBUNDLE, "build", "-q", "-o", self.bundle, manifest], env=env)
        told = harness.must([harness.PYBUNDLE, "list", self.bundle], env=env).out.decode()
        self.reason = next((line for line in told.splitlines() if "no snapshot" in line), told[-500:])

    def env(self, **extra):
        return harness.clean_environment(HOME=str(self.home), **extra)

    def run(self, program, start, options, variables, **extra):
        self.told.write_text("nothing")
        env = self.env(TOLD=str(self.told), PYSTART_BUNDLE=str(self.bundle), **variables, **extra)
        done = start([program, *options, str(self.program)], env=env, cwd=str(self.home))
        return done, self.told.read_bytes()

    def check(self, tap, name, is_harmless):
        gone_on = 0
        for how, options, variables, start in STARTS:
            stock, wanted = self.run(harness.PYTHON, start, options, variables)
            ours, found = self.run(harness.PYSTART, start, options, variables, PYSTART_VERBOSE="1")
            said = b"".join(LINES.findall(ours.out + ours.err))
            gone_on += GONE_ON in said
            tap.result(found == wanted and stock.status == ours.status, f"{name}: {how}",
                       *harness.describe("kept", wanted, found), said.decode(errors="replace"))
        if is_harmless:
            tap.result(gone_on >= len(STARTS) - 3, f"{name}: {gone_on} starts go on", self.reason)


# --- who may use a file

SOMEBODY = 54321
USES = """import os
def opens(name):
    try:
        open(name).close()
    except OSError as error:
        return str(error)
kept = (lambda value: lambda: value)(
    [os.access({0!r}, mode) for mode in range(8)] + [opens({1!r}), os.access({1!r}, os.R_OK)])
"""


def become_somebody():
    os.setgroups([])
    os.setgid(SOMEBODY)
    os.setuid(SOMEBODY)


def check_access(case, tap):
    """Owner and group of a file decide, too; that they change is seen. Not as root, who may all."""
    with harness.Sandbox() as sandbox:
        files = [sandbox.write("file", "1"), sandbox.write("other", "2")]
        files[1].chmod(0o640)
        start = functools.partial(prepared, become_somebody)
        sandbox.path.chmod(0o755)
        place = Place(sandbox, USES.format(*map(str, files)), start, SOMEBODY)
        for name, file, owner, group, is_same in (
                ("as it was", 0, 0, 0, True), ("its owner", 0, SOMEBODY, 0, False), ("again", 0, 0, 0, True),
                ("the group of another", 1, 0, SOMEBODY, False), ("both again", 1, 0, 0, True)):
            os.chown(files[file], owner, group)
            stock, wanted = place.run(harness.PYTHON, start, [], {})
            ours, found = place.run(harness.PYSTART, start, [], {}, PYSTART_VERBOSE="1")
            tap.result(found == wanted and wanted != b"nothing" and stock.status == ours.status,
                       f"{case}: {name}", *harness.describe("kept", wanted, found), ours)
            tap.result((GONE_ON in ours.err) == is_same, f"{case}: {name}, goes on: {is_same}", ours)


def can_become_somebody():
    """And somebody can use what is to be tried."""
    if os.geteuid() != 0:
        return False
    done = harness.run([harness.PYBUNDLE, "--version"], preexec_fn=become_somebody)
    return done.status == 0


def combinations(seed):
    """Each is once what is asked, or where it is kept."""
    pick = random.Random(seed)
    asked, kept = list(ASKED), list(KEPT)
    pick.shuffle(asked)
    pick.shuffle(kept)
    for number in range(max(len(asked), len(kept))):
        yield asked[number % len(asked)], kept[number % len(kept)]


def check(case, tap):
    name, code, is_harmless = case
    if code is None:
        return check_access(name, tap) if can_become_somebody() else tap.skip(name, "root alone can try it")
    with harness.Sandbox() as sandbox:
        Place(sandbox, code).check(tap, name, is_harmless)


def cases(seeds):
    pairs = ([(asked, kept) for asked in ASKED for kept in KEPT] if SCALE == "all" else
             [pair for seed in seeds for pair in combinations(seed)])
    yield "who may use a file", None, False
    yield from ((name, code, True) for name, code in HARMLESS.items())
    for asked, kept in pairs:
        yield f"{asked} in {kept}", KEPT[kept].replace("ASKED", f"({ASKED[asked]})"), False


def main():
    harness.leave_to_plain_build()
    if harness.no_snapshot():
        harness.Tap().skip("all", harness.no_snapshot())
        return 0
    seeds = list(map(int, sys.argv[1:])) or range(1 if SCALE == "all" else int(SCALE))
    return harness.in_parallel(check, list(cases(seeds)))


if __name__ == "__main__":
    sys.exit(main())
