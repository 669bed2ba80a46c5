# SPDX-License-Identifier: MIT
"""CPython's own tests, and those of some packages, under stock Python and under pystart, compared
test by test.

`make check-cpython` sets PYTHON, PYSTART and PYBUNDLE. By hand, name an installation:

    STAGE=build/stage /usr/bin/python3 tests/cpython/compare.py --only test_import

The exit status is 0 if no test fares worse under pystart, 1 if one does, 2 if it cannot be tried.
"""

import argparse
import contextlib
import fnmatch
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import bundles
import report
import runs
import starts

STAGE = pathlib.Path(os.environ.get("STAGE", runs.HERE.parents[1] / "build/stage")).absolute()
PYTHON = os.environ.get("PYTHON", sys.executable)
PYSTART = os.environ.get("PYSTART", str(STAGE / "bin/pystart"))
PYBUNDLE = os.environ.get("PYBUNDLE", str(STAGE / "bin/pybundle"))
# How often a test is repeated on each side that did not have the same outcome on both; and again
# as often, several times, while it has failed once only, and under pystart.
REPEATS = 3
ROUNDS = 4
# Packages of Debian that come with their tests, and what these need besides.
PACKAGES = {
    "networkx": (),
    "psutil": (),
    "pyflakes": (),
    "simplejson": (),
    "zope.interface": ("zope",),
}
# Files of which many tests start interpreters. They are run first, in case not all can be.
STARTERS = ("test_cmd_line*", "test_subprocess", "test_embed", "test_site", "test_sys", "test_os",
            "test_signal", "test_thread*", "test_faulthandler", "test_tracemalloc", "test_warnings",
            "test_utf8_mode", "test_regrtest", "test_venv", "test_runpy", "test_zipimport*",
            "test_import*", "test_inspect", "test_io", "test_locale", "test_atexit", "test_c_locale*",
            "test_repl", "test_readline", "test_hash", "test_gc", "test_fork1", "test_posix",
            "test_traceback", "test_audit", "test_concurrent*", "test_asyncio", "test_multiproc*")
FOR_PYTEST = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "attr")


def options(arguments):
    parser = argparse.ArgumentParser(description="Compare the outcomes of CPython's own tests "
                                     "under stock Python and under pystart.")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="test files at a time (default: one for each processor)")
    parser.add_argument("--only", action="append", metavar="PATTERN",
                        help="test files whose names match; may be repeated")
    parser.add_argument("--packages", action="store_true",
                        help="the tests of installed packages instead of CPython's: "
                        + ", ".join(PACKAGES))
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS",
                        help="for one file on one side (default: %(default)s)")
    parser.add_argument("--report", metavar="FILE",
                        help="where to write the outcomes (default: cpython.tsv, or packages.tsv); "
                        "tracebacks go to FILE.details")
    parser.add_argument("--resume", action="store_true",
                        help="leave out the files that the report has already")
    parser.add_argument("--snapshot", action="store_true",
                        help="with a snapshot in the bundle. Starts that go on with it are counted, "
                        "by file in FILE.starts (root only); that of the file itself must. All runs "
                        "have one HOME, which the snapshot depends on, one at a time")
    choice = parser.parse_args(arguments)
    if choice.snapshot:
        choice.jobs = 1
    if choice.report is None:
        choice.report = "packages.tsv" if choice.packages else "cpython.tsv"
    return choice


# --- what there is to run


def cpython_files(folder):
    """The names by which regrtest knows its test files."""
    names = []
    for path in pathlib.Path(folder).glob("test_*"):
        if path.suffix == ".py" or (path / "__init__.py").exists():
            names.append(path.stem)
    return [runs.Job("regrtest", name) for name in sorted(names)]


def package_files(folders):
    """The test modules of the packages that are there."""
    jobs = []
    for package in PACKAGES:
        for folder in folders:
            root = pathlib.Path(folder, *package.split("."))
            for path in sorted(root.rglob("test_*.py")):
                module = ".".join(path.relative_to(folder).with_suffix("").parts)
                jobs.append(runs.Job("pytest", module))
    return jobs


def search_path(python):
    done = subprocess.run([python, "-c", "import sys; print(*sys.path[1:], sep='\\n')"],
                          capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def choose(jobs, patterns, done):
    if patterns:
        jobs = [j for j in jobs if any(fnmatch.fnmatchcase(j.name, p) for p in patterns)]
    return sorted((j for j in jobs if j.name not in done), key=place_of)


def place_of(job):
    return next((n for n, pattern in enumerate(STARTERS) if fnmatch.fnmatchcase(job.name, pattern)),
                len(STARTERS))


# --- comparing


class NotServed(Exception):
    """The bundle was not used, so that nothing was compared."""


def run_both(target, job):
    target.mark(job.name)
    pair = runs.run_both(target, job)
    ended = pair[1].outcomes[runs.WHOLE_FILE]
    if not pair[1].served and (pair[1].served == 0 or ended in ("pass", "fail", "skip")):
        raise NotServed(f"{job.name}: no module came from the bundle\n{pair[1].output}")
    return pair


def open_tests(pairs, tests):
    return [t for t in tests
            if report.is_open([report.outcome(p[0], t) for p in pairs],
                              [report.outcome(p[1], t) for p in pairs])]


def repeat(target, job, first):
    """Run a file again, alone, for those of its tests that had two outcomes. All pairs of runs."""
    pairs = [first]
    tests = report.unequal_tests(*first)
    for number in range(ROUNDS if tests else 0):
        if number == 0 or open_tests(pairs, tests):
            pairs += [run_both(target, job) for _ in range(REPEATS)]
    return pairs


class Recorder:
    """Writes rows as they come, so that a run can be resumed, and sorted at the end."""

    def __init__(self, path, resume):
        self.path = path
        self.rows = []
        if resume:
            with contextlib.suppress(FileNotFoundError):
                self.rows = report.read(path)
        report.write(path, self.rows)
        self.details = open(path + ".details", "a" if resume else "w", encoding="utf-8",
                            errors="backslashreplace")

    def add(self, job, pairs):
        rows = list(report.rows_of(job.name, *map(list, zip(*pairs))))
        self.rows += rows
        with open(self.path, "a", encoding="ascii") as file:
            file.writelines(row.text() + "\n" for row in rows)
        for row in rows:
            if row.verdict != "same":
                self.explain(row, pairs)
        self.details.flush()

    def explain(self, row, pairs):
        self.details.write(f"== {row.text()}\n")
        for pair in pairs:
            for side, run in zip(runs.SIDES, pair):
                text = run.output if row.test == runs.WHOLE_FILE else run.details.get(row.test)
                if text:
                    self.details.write(f"-- {side}: {report.outcome(run, row.test)}\n"
                                       f"{text[-8000:].rstrip()}\n")

    def finish(self):
        self.details.close()
        report.write(self.path, self.rows)


class Progress:
    """A line that changes on a terminal."""

    def __init__(self, total):
        self.total = total
        self.count = 0
        self.shown = sys.stderr.isatty()

    def step(self, name, note=""):
        self.count += 1
        if self.shown:
            print(f"\r\033[K[{self.count}/{self.total}] {name} {note}", end="", file=sys.stderr,
                  flush=True)

    def clear(self):
        if self.shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def compare(target, jobs, count, recorder):
    """Run all, several at a time; then, one by one, those with differences again."""
    again = []
    progress = Progress(len(jobs))
    with ThreadPoolExecutor(count) as pool:
        futures = {pool.submit(run_both, target, job): job for job in jobs}
        try:
            for future in as_completed(futures):
                job, pair = futures[future], future.result()
                progress.step(job.name)
                if report.unequal_tests(*pair):
                    again.append((job, pair))
                else:
                    recorder.add(job, [pair])
        except BaseException:
            target.stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    progress = Progress(len(again))
    for job, pair in sorted(again, key=lambda item: item[0].name):
        progress.step(job.name, "again")
        recorder.add(job, repeat(target, job, pair))
    progress.clear()


def print_result(rows):
    for row in rows:
        if row.verdict != "same":
            print(f"{row.verdict}: {row.file}: {row.test}: stock {row.stock}, "
                  f"pystart {row.pystart}")
    for name in report.broken_files(rows):
        print(f"not run: {name}")
    print(report.summary(rows))


def prepare(folder, choice):
    """What to compare, with which files."""
    inventory = bundles.ask(PYTHON)
    if choice.packages:
        jobs = package_files(search_path(PYTHON))
        extra = {p for package, more in PACKAGES.items() for p in (package, *more)}
        packages = [*FOR_PYTEST, *sorted(extra)]
    elif inventory["tests"] is None:
        raise RuntimeError(f"{PYTHON} has no tests; Debian: apt-get install "
                           "libpython3.11-testsuite")
    else:
        jobs, packages = cpython_files(inventory["tests"]), ()
    target = runs.Target(PYTHON, "", choice.timeout, threading.Event())
    options = {}
    if choice.snapshot:
        target = target._replace(home=os.path.join(folder, "home"))
        os.mkdir(target.home)
        options = {"snapshot": "yes", "env": dict(os.environ, HOME=target.home)}
    program = bundles.build(folder, PYTHON, PYSTART, PYBUNDLE, inventory, packages, **options)
    return target._replace(pystart=program), jobs


class NoStarts:
    """Where none are counted: without a snapshot."""
    counts = {}

    def mark(self, name):
        pass


@contextlib.contextmanager
def counted(target, choice):
    """The starts of pystart while this is entered."""
    if not choice.snapshot:
        yield NoStarts()
        return
    importer = bundles.importer_of(target.pystart)
    with starts.Starts(importer, choice.report + ".starts", choice.resume) as found:
        yield found


def main(arguments):
    choice = options(arguments)
    # Whatever ends it, nothing is to be left behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    recorder = Recorder(choice.report, choice.resume)
    folder = tempfile.mkdtemp(prefix="pystart-cpython.")
    try:
        target, jobs = prepare(folder, choice)
        jobs = choose(jobs, choice.only, {row.file for row in recorder.rows})
        with counted(target, choice) as found:
            compare(target._replace(mark=found.mark), jobs, choice.jobs, recorder)
    except (RuntimeError, OSError, NotServed, starts.CannotCount) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("compare.py: stopped; --resume goes on", file=sys.stderr)
        return 2
    finally:
        recorder.finish()
        shutil.rmtree(folder, ignore_errors=True)
    print_result(recorder.rows)
    bad = any(row.verdict == "different" for row in recorder.rows)
    if choice.snapshot:
        print(*starts.summary(found.counts), sep="\n")
        ordinary = {r.file for r in recorder.rows if not found.counts[r.file][starts.RESUMED]}
        print(*(f"not from the snapshot: {name}" for name in sorted(ordinary)), sep="\n")
        bad = bad or ordinary
    return 1 if bad or report.broken_files(recorder.rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
