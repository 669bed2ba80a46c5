# SPDX-License-Identifier: MIT
"""What the behaviour tests share: a command line is run under the stock interpreter and under
pystart with a bundle, and whatever a user could see must be the same, byte for byte.

`make check` sets PYTHON, PYSTART and PYBUNDLE. By hand, name an installation:

    STAGE=build/stage /usr/bin/python3 tests/python/behaviour.py [NAME...]
"""

import contextlib
import difflib
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import snapshots

HERE = pathlib.Path(__file__).resolve().parent
STAGE = pathlib.Path(os.environ.get("STAGE", HERE.parents[1] / "build/stage"))
PYTHON = os.environ.get("PYTHON", sys.executable)
PYSTART = os.environ.get("PYSTART", str(STAGE / "bin/pystart"))
PYBUNDLE = os.environ.get("PYBUNDLE", str(STAGE / "bin/pybundle"))
SANITIZED = bool(os.environ.get("SANITIZE_CFLAGS"))
# Under the sanitizers, to be set by a test: the interpreter's own allocator hides its objects from them.
ALL_FROM_MALLOC = False
TIMEOUT = 300  # seconds; only a hang takes that long


def heed_signals():
    """What runs in a shell's background ignores SIGINT and SIGQUIT, and so would all that it starts."""
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT
                          else signal.SIG_DFL)


heed_signals()


SNAPSHOTS = snapshots.Snapshots(os.environ.get("PYSTART_TEST_SNAPSHOT"))
if SNAPSHOTS.kind:
    PYBUNDLE = SNAPSHOTS.stand_in_for(PYBUNDLE)


class Outcome(NamedTuple):
    status: int
    out: bytes
    err: bytes


class Tap:
    """Prints test results; `finish()` gives the exit status, 0 because TAP tells the rest."""

    def __init__(self):
        self.count = 0

    def result(self, passed, description, *notes):
        self.count += 1
        print(f"{'ok' if passed else 'not ok'} {self.count} - {description}")
        if not passed:
            for note in notes:
                for line in str(note).splitlines():
                    print("#   " + line)
        sys.stdout.flush()
        return passed

    def skip(self, description, why):
        self.count += 1
        print(f"ok {self.count} - {description} # SKIP {why}", flush=True)

    def finish(self):
        for line in SNAPSHOTS.summary():
            print(f"# {line}")
        print(f"1..{self.count}")
        return 0


def leave_to_plain_build():
    """End the test here in a sanitized build: what it tries is not about memory, and takes long."""
    if SANITIZED:
        print("1..0 # SKIP without sanitizers only")
        sys.exit(0)


def clean_environment(**extra):
    """The environment without anything that configures Python or pystart."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYSTART"))}
    for name in ("PYBUNDLE", "STAGE", "SANITIZE_CFLAGS", "ASAN_LIBRARY", "_"):
        env.pop(name, None)
    if SANITIZED:
        # Not instrumented itself, the interpreter needs the run-time library first of all.
        env["LD_PRELOAD"] = os.environ["ASAN_LIBRARY"]
        # Extension modules leak, under stock too; the shell tests look for leaks of ours.
        env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        if ALL_FROM_MALLOC:
            env["PYTHONMALLOC"] = "malloc"
    env.update(extra)
    return env


def run(command, *, env=None, cwd=None, stdin=b"", timeout=TIMEOUT, **options):
    """Run to the end; never raises because of the exit status."""
    env = clean_environment() if env is None else env
    done = subprocess.run([str(c) for c in command], env=SNAPSHOTS.asked(env),
                          cwd=cwd, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout, **options)
    return Outcome(done.returncode, SNAPSHOTS.take(env, done.stdout), SNAPSHOTS.take(env, done.stderr))


@functools.cache
def is_left_out(feature):
    """Whether pystart says that it does without something under this version of Python."""
    told = run([PYSTART, "-X", "bundle=version"]).out.decode()
    ours = re.search(r"^pystart: .*, as built(.*)$", told, re.MULTILINE)
    return ours is not None and feature in re.split("[;:,] (?:without )?", ours[1])


def payloads():
    """What code can be kept as, the best first."""
    return ["marshal"] if is_left_out("ready-made code objects") else ["image", "marshal"]


def must(command, **options):
    """Run something that the test needs; raises with its messages if it fails."""
    outcome = run(command, **options)
    if outcome.status != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {outcome.status}\n"
                           + outcome.err.decode(errors="replace"))
    return outcome


def mask_addresses(text):
    """Addresses in reprs differ from run to run."""
    return re.sub(rb"\b0x[0-9a-f]{8,16}\b", b"0x...", text)


def describe(name, left, right):
    """Lines that show where two byte strings differ, or nothing."""
    if left == right:
        return []
    lines = difflib.unified_diff(left.decode(errors="backslashreplace").splitlines(),
                                 right.decode(errors="backslashreplace").splitlines(),
                                 "stock " + name, "pystart " + name, lineterm="", n=1)
    return [line[:400] for line in lines][:40] or [name + " differs in its line ends"]


class Sandbox:
    """A folder of its own with a bundle, removed at the end."""

    def __init__(self):
        # Resolved, so that paths look the same from everywhere.
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="pystart-test.")).resolve()
        self.bundle = self.path / "test.pyb"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def write(self, name, text):
        """A manifest asks for no snapshot if it does not say: that would make two bundles differ, and starts
        with it are other tests' concern."""
        path = self.path / name
        if path.suffix == ".yaml" and "snapshot:" not in text:
            text = text.rstrip("\n") + "\nsnapshot: no\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def env(self, **extra):
        return clean_environment(PYSTART_BUNDLE=str(self.bundle), **extra)

    def record(self, *args, keys=(), cwd=None, env=None, stdin=b""):
        """Record the run of `args` (as behind `python3`) and build the bundle from it."""
        manifest = self.path / "test.yaml"
        run([PYBUNDLE, "record", "-o", manifest, "--", *args], cwd=cwd or self.path, env=env,
            stdin=stdin)
        if not manifest.exists():
            raise RuntimeError(f"nothing was recorded from {args}")
        for key, value in (("snapshot", "no"), *keys, *SNAPSHOTS.keys(env)):
            set_key(manifest, key, value)
        self.build(cwd=cwd, env=env if SNAPSHOTS.kind else None)

    def build(self, *options, cwd=None, env=None):
        """Build the bundle from what was recorded."""
        must([PYBUNDLE, "build", "-q", *options, self.path / "test.yaml", "-o", self.bundle],
             cwd=cwd or self.path, env=env)

    def both(self, args, *, cwd=None, env=None, **options):
        """The outcomes under stock and under pystart, in the same environment."""
        env = self.env() if env is None else env
        cwd = cwd or self.path
        return (run([PYTHON, *args], cwd=cwd, env=env, **options),
                run([PYSTART, *args], cwd=cwd, env=env, **options))

    def served(self, args, *, cwd=None, env=None, **options):
        """How many modules the bundle gave to this run; None if it was not taken."""
        env = dict(self.env() if env is None else env, PYSTART_STATS="1")
        outcome = run([PYSTART, *args], cwd=cwd or self.path, env=env, **options)
        return count_served(outcome.err)

    def resumes(self, args, *, cwd=None, env=None, **options):
        """Whether this run goes on with the snapshot of the bundle."""
        env = dict(self.env() if env is None else env, PYSTART_STATS="1")
        outcome = run([PYSTART, *args], cwd=cwd or self.path, env=env, **options)
        return b"pystart: snapshot         gone on with" in outcome.err


@functools.cache
def no_snapshot():
    """Why no snapshot can be made here; None if one can."""
    if SANITIZED:
        return "a start with sanitizers is not traced"
    with Sandbox() as sandbox:
        manifest = sandbox.write("least.yaml", "version: 1\nstartup: [encodings]\n")
        built = run([PYBUNDLE, "build", "--snapshot=yes", manifest, "-o", sandbox.bundle])
    return None if built.status == 0 else built.err.decode(errors="replace").strip()


def set_key(manifest, key, value):
    """Set a top-level scalar key of a recorded manifest."""
    lines = [line for line in manifest.read_text().splitlines() if not line.startswith(key + ":")]
    at = next(i for i, line in enumerate(lines) if line.startswith("version:")) + 1
    lines.insert(at, f"{key}: {value}")
    manifest.write_text("\n".join(lines) + "\n")


def count_served(stderr):
    """How many modules were run from the bundle, as PYSTART_STATS tells: those that the importer
    loaded, and those whose code it gave to somebody else who did."""
    counts = re.findall(rb"(\d+) (?:modules|code objects)\b", stderr)
    return sum(map(int, counts)) if counts else None


def count_in_stats(sandbox, pattern, args, env=None):
    """A number that PYSTART_STATS tells."""
    env = sandbox.env() if env is None else env
    err = run([PYSTART, *args], cwd=sandbox.path, env={**env, "PYSTART_STATS": "1"}).err
    return int(re.search(pattern, err)[1])


def count_listed(sandbox, args, env=None):
    """How many folders had to be read."""
    return count_in_stats(sandbox, rb"folders listed +(\d+)", args, env)


def compare(tap, sandbox, description, args, *, only=None, **options):
    """One test: the outcomes are equal. `only` maps stderr to the part that is compared."""
    return compare_outcomes(tap, description, *sandbox.both(args, **options), only=only)


def compare_outcomes(tap, description, stock, ours, *, only=None):
    stock, ours = (Outcome(o.status, mask_addresses(o.out), mask_addresses(o.err))
                   for o in (stock, ours))
    if only:
        stock = stock._replace(err=only(stock.err))
        ours = ours._replace(err=only(ours.err))
    notes = describe("stdout", stock.out, ours.out) + describe("stderr", stock.err, ours.err)
    if stock.status != ours.status:
        notes.append(f"exit status: stock {stock.status}, pystart {ours.status}")
    tap.result(not notes, description, *notes)
    return stock


def in_parallel(function, items):
    """function(item, tap) for each, two at a time, the results printed in order."""
    def task(item):
        buffer = BufferedTap()
        try:
            function(item, buffer)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            buffer.result(False, f"{name_of(item)}: it could not be tried", error)
        return buffer

    tap = Tap()
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for buffer in pool.map(task, items):
            for name, args in buffer.calls:
                getattr(tap, name)(*args)
    return tap.finish()


def name_of(item):
    """Of a case: a name, a function (perhaps with arguments), or a table's row."""
    if isinstance(item, functools.partial):
        return " ".join([name_of(item.func), *map(name_of, item.args)])
    if isinstance(item, tuple):
        item = item[0]
    return getattr(item, "__name__", str(item))


class BufferedTap:
    """Collects results to be printed by another thread."""

    def __init__(self):
        self.calls = []

    def result(self, *args):
        self.calls.append(("result", args))
        return args[0]

    def skip(self, *args):
        self.calls.append(("skip", args))


@contextlib.contextmanager
def recorded(*args, **options):
    """A sandbox with a bundle of what `args` imports."""
    with Sandbox() as sandbox:
        sandbox.record(*args, **options)
        yield sandbox
