# SPDX-License-Identifier: MIT
"""Runs one test file under stock Python or under pystart, and reads what became of its tests."""

import ast
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from typing import Callable, NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
SIDES = ("stock", "pystart")
# The row of a report that is about the file as a whole.
WHOLE_FILE = "(file)"
# Of several things that happened to a test, the last of these counts.
SEVERITY = ("unfinished", "pass", "xfail", "skip", "xpass", "fail", "error")
# How regrtest ends, by its last words, the gravest first: a folder of tests has one of them for each
# of its files.
LAST_WORDS = (
    (re.compile(r"^\d+ tests? failed", re.M), "fail"),
    (re.compile(r"^\d+ tests? altered the execution environment", re.M), "changed-environment"),
    (re.compile(r"^(?:All )?\d+ tests? OK\.", re.M), "pass"),
    (re.compile(r"^\d+ tests? skipped", re.M), "skip"),
    (re.compile(r"^\d+ tests? run no tests", re.M), "no-tests"),
)
# Subtests show their arguments in their ids; where an object is differs from run to run.
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}")
# After so many tests that hang, the rest of a file is given up.
HANGS_MAX = 8
# What pytest's exit statuses mean.
PYTEST_STATUS = {0: "pass", 1: "fail", 5: "no-tests"}


class Target(NamedTuple):
    """What is compared: two programs that take Python's arguments, named alike."""
    stock: str
    pystart: str
    timeout: float  # seconds for one run
    stop: threading.Event  # set it to end all runs
    home: str = ""  # for all runs, one at a time, if it must be one: a snapshot depends on it
    mark: Callable = lambda name: None  # is told which file's tests are run from now on

    def program(self, side):
        return getattr(self, side)


class Job(NamedTuple):
    """A test file: how it is run, by which name, and which of its tests are left out."""
    runner: str  # regrtest or pytest
    name: str
    without: tuple = ()


class Run(NamedTuple):
    outcomes: dict  # test id -> outcome
    details: dict   # test id -> traceback or reason
    served: int     # modules that came from the bundle, None if that is not known
    output: str


def environment(home, temporary):
    """The same for both sides, and nothing of the user's."""
    kept = {k: os.environ[k] for k in ("PATH", "TERM") if k in os.environ}
    # The observer takes PYSTART_STATS out of the environment before a test sees it.
    return dict(kept, HOME=home, TMPDIR=temporary, LANG="C.UTF-8", PYSTART_STATS="1")


def end_group(process):
    """Ask for tracebacks if it is still running, then end everything that it has started."""
    if process.poll() is None:
        process.send_signal(signal.SIGABRT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Stopped(Exception):
    """Somebody wants to be gone."""


def wait(process, target):
    """The exit status, or "timeout"."""
    end = time.monotonic() + target.timeout
    while time.monotonic() < end:
        if target.stop.is_set():
            raise Stopped
        try:
            return process.wait(min(1, target.timeout))
        except subprocess.TimeoutExpired:
            pass
    return "timeout"


def execute(target, command, folder, log):
    """Run a command and end all that it has started. Returns what wait() does."""
    with open(log, "wb") as output:
        env = environment(target.home or str(folder), str(folder))
        process = subprocess.Popen(command, cwd=folder, env=env,
                                   stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return wait(process, target)
        finally:
            end_group(process)
            process.wait()


def whole_file_outcome(job, status, output):
    if status == "timeout":
        return "timeout"
    if status < 0:
        return f"signal-{-status}"
    if job.runner == "pytest":
        return PYTEST_STATUS.get(status, f"status-{status}")
    for pattern, outcome in LAST_WORDS:
        if pattern.search(output):
            return outcome
    return f"status-{status}"


def read_events(path):
    """Yields (event, test id, details) from the file that observer.py writes."""
    try:
        text = path.read_text(errors="backslashreplace")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) == 3:  # the last line may be half written
            yield fields[0], ast.literal_eval(fields[1]), ast.literal_eval(fields[2])


def gather(events):
    """Outcomes and details by test id; a test that runs several times is ID, ID #2, ..."""
    outcomes, details, times = {}, {}, {}
    for event, shown_id, text in events:
        test_id = ADDRESS.sub("0x...", shown_id)
        if event == "start":
            times[test_id] = times.get(test_id, 0) + 1
        count = times.setdefault(test_id, 1)
        key = test_id if count == 1 else f"{test_id} #{count}"
        known = outcomes.setdefault(key, "unfinished")
        if event != "start" and SEVERITY.index(event) >= SEVERITY.index(known):
            outcomes[key] = event
        if text:
            details[key] = details.get(key, "") + text + "\n"
    return outcomes, details


def count_served(output):
    found = re.findall(r"^pystart: served +(\d+) modules", output, re.M)
    return int(found[-1]) if found else None


def merge(earlier, later, hung):
    """What is known of a file after it was run again without the tests in which it had hung."""
    outcomes = dict(later.outcomes)
    for test in hung:
        outcomes[test] = earlier.outcomes.get(test, "unfinished")
    return later._replace(outcomes=outcomes, details=earlier.details | later.details)


def run_both(target, job):
    """Run a test file on both sides. If it hangs on one, the rest of its tests are run all the
    same, on both."""
    pair = tuple(run(target, job, side) for side in SIDES)
    timed_out = [r for r in pair if r.outcomes[WHOLE_FILE] == "timeout"]
    hung = {t for r in timed_out for t, outcome in r.outcomes.items() if outcome == "unfinished"}
    if not hung or len(job.without) >= HANGS_MAX:
        return pair
    rest = run_both(target, job._replace(without=(*job.without, *sorted(hung))))
    return tuple(merge(earlier, later, hung) for earlier, later in zip(pair, rest))


def empty(folder):
    """Remove what a test may have left there."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry, ignore_errors=True)
            else:
                os.unlink(entry)


def run(target, job, side):
    """Run a test file to its end on one side."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pystart-"))
    home = folder / "home"
    home.mkdir()
    results, log = folder / "results", folder / "log"
    program = target.program(side)
    command = [program, str(HERE / "observer.py"), str(results), program, job.runner, job.name,
               *job.without]
    try:
        status = execute(target, command, home, log)
        output = log.read_text(errors="backslashreplace")
        outcomes, details = gather(read_events(results))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if target.home:
            empty(target.home)
    outcomes[WHOLE_FILE] = whole_file_outcome(job, status, output)
    return Run(outcomes, details, count_served(output), output)
