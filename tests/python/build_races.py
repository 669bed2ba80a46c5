# SPDX-License-Identifier: MIT
"""Builds that meet each other, or sources that change, vanish, or turn into something else while they
are read: the bundle is right, or stays as it was.

`make check` tries a little of it, `make races` RACE_SCALE times as much.
"""

import filecmp
import functools
import os
import subprocess
import sys

import harness
from racing import (FILES, MANIFESTS, SCALE, STRACE, adopt_orphans, build, is_clean, prepare, start,
                    stop_at, text_of, versions, write_in_place)


def builds(count, tap):
    """So many builds at once write one of them."""
    with harness.Sandbox() as sandbox:
        prepare(sandbox)
        names = list(MANIFESTS)
        for name in names:
            if build(sandbox, name, f"{name}.whole").status != 0:
                raise RuntimeError(f"{name} cannot be built")
        wrong, winners = [], set()
        for _ in range(max(2, 8 // count) * SCALE):
            processes = [subprocess.Popen([harness.PYBUNDLE, "build", "-q",
                                           f"{names[i % len(names)]}.yaml", "-o", sandbox.bundle],
                                          cwd=sandbox.path, env=harness.clean_environment(),
                                          stderr=subprocess.PIPE) for i in range(count)]
            failed = [err for p in processes if (err := p.communicate()[1]) or p.returncode != 0]
            same = [name for name in names if filecmp.cmp(
                sandbox.bundle, sandbox.path / f"{name}.whole", shallow=False)]
            good, what = is_clean(sandbox)
            winners.update(same)
            if failed or len(same) != 1 or not good:
                wrong.append((failed, same, what))
        tap.result(not wrong, f"{count} builds at once: the bundle is that of one", *wrong[:3], winners)


def stopped_build(tap):
    """A build is stopped while it writes, and another one comes to its end meanwhile."""
    if not STRACE:
        tap.skip("a build that is stopped", "there is no strace")
        return
    moments = [(call, number) for call in ("fchmod", "fsync", "rename", "flock", "exit_group")
               for number in (1, 2, 3)] + [("write", number) for number in range(1, 40 * SCALE, 20)]
    with harness.Sandbox() as sandbox:
        prepare(sandbox)
        for name in ("image", "packed"):
            build(sandbox, name, f"{name}.whole")
        # When its file is there, and not locked yet.
        harness.must([STRACE, "-o", "log", "-e", "trace=openat", harness.PYBUNDLE, "build", "-q",
                      "image.yaml", "-o", sandbox.bundle], cwd=sandbox.path)
        with open(sandbox.path / "log") as log:
            moments += [("openat", number) for number, line in enumerate(log, 1)
                        if "/.pybundle-" in line]
        wrong, winners = [], []
        for call, number in moments:
            sandbox.bundle.unlink(missing_ok=True)
            outcome, was_stopped = stop_at(sandbox, call, number, [
                harness.PYBUNDLE, "build", "-q", "image.yaml", "-o", sandbox.bundle],
                lambda: build(sandbox, "packed"))
            same = [name for name in ("image", "packed") if filecmp.cmp(
                sandbox.bundle, sandbox.path / f"{name}.whole", shallow=False)]
            good, what = is_clean(sandbox)
            if outcome.status != 0 or len(same) != 1 or not good:
                wrong.append((call, number, outcome, same, what))
            if was_stopped:
                winners += same
        tap.result(not wrong, "a build that is stopped, and one that overtakes it", *wrong[:5])
        tap.result({"image", "packed"} <= set(winners), "either can be the last", winners)


# In the resolver, before it begins: what is done to the source `victim` at a time.
MEDDLE = """
import os, sys
victim = os.environ.get("RACE_VICTIM", "")
beside = victim + ".beside"
stat = os.stat
folder = os.path.dirname(victim)
state = dict.fromkeys(("folder", "seen", "opened", "compiled"), 0)

def write(version):
    with open(victim, "r+") as file:
        file.write(open(victim + ".versions").read().splitlines()[version].encode().decode(
            "unicode_escape"))

def exchange(version):
    write(version)
    os.rename(victim, beside)
    with open(beside) as old, open(victim, "w") as new:
        new.write(old.read())

def replace(make):
    os.rename(victim, beside)
    make(victim)

ACTIONS = {
    "nothing": lambda: None,
    "removed": lambda: os.unlink(victim),
    "a FIFO": lambda: replace(os.mkfifo),
    "a folder": lambda: replace(os.mkdir),
    "a dangling link": lambda: replace(lambda path: os.symlink("nowhere", path)),
    "a link to itself": lambda: replace(lambda path: os.symlink(path, path)),
    "a socket": lambda: replace(lambda path: __import__("socket").socket(1).bind(path)),
    "in a folder that was renamed": lambda: os.rename(
        os.path.dirname(victim), os.path.dirname(victim) + ".renamed"),
    "no text": lambda: os.truncate(victim, 0),
    "written": lambda: write(1),
    "written again": lambda: write(2),
    "exchanged": lambda: exchange(1),
}
when = dict(item.split("=") for item in os.environ.get("RACE_WHEN", "").split(";") if item)

def act(time):
    state[time] += 1
    always = when.get("always")
    if time == always:
        write(state[time] % 3)
    if state[time] == 1:
        ACTIONS[when.get(time, "nothing")]()

def look(path, **options):
    if path == folder and when.get("folder"):
        act("folder")
    if path == victim:
        if state["seen"] == 0 or when.get("always") == "seen":
            act("seen")
        return in_ticks(stat(path, **options))
    return stat(path, **options)

# As kernels do it that know no finer time for files than their clock's ticks.
def in_ticks(status):
    tick = 10 ** 7
    times = {name: getattr(status, name) // tick * tick for name in ("st_mtime_ns", "st_ctime_ns")}
    return os.stat_result(status[:10], times)

def hear(event, arguments):
    if event == "open" and arguments[0] == victim and arguments[1] is None:
        act("opened")
    elif event == "compile" and arguments[1] == victim:
        act("compiled")

def is_resolver():
    try:
        return "resolver" in os.readlink("/proc/self/fd/5")
    except OSError:
        return False

if victim and is_resolver():
    os.stat = look
    sys.addaudithook(hear)
"""

REASONS = {
    "removed": "No such file or directory",
    "a FIFO": "not a regular file",
    "a folder": "not a regular file",
    "a dangling link": "No such file or directory",
    "a link to itself": "Too many levels of symbolic links",
    "a socket": "No such device or address",
    "in a folder that was renamed": "No such file or directory",
}


def meddled(sandbox, when, victim=FILES[1], manifest="careful", *options):
    """Build while that is done to the source, which is afterwards as it was."""
    return harness.run([harness.PYBUNDLE, "build", "-q", *options, f"{manifest}.yaml", "-o",
                        sandbox.bundle], cwd=sandbox.path,
                       env=harness.clean_environment(PYTHONPATH=str(sandbox.path / "custom"),
                                                     RACE_VICTIM=str(sandbox.path / victim),
                                                     RACE_WHEN=when))


def prepare_meddling(sandbox):
    prepare(sandbox)
    sandbox.write("custom/sitecustomize.py", MEDDLE)
    lines = [text_of(i).encode("unicode_escape").decode() for i in range(3)]
    sandbox.write("app/second/inner.py.versions", "\n".join(lines) + "\n")


def vanishing(moment, kind, tap):
    """A source is found, and then it is not what it was."""
    with harness.Sandbox() as sandbox:
        prepare_meddling(sandbox)
        outcome = meddled(sandbox, f"{moment}={kind}")
        lines = outcome.err.decode().splitlines()
        expected = "second.inner: it cannot be read: "
        told = [line for line in lines if expected in line and REASONS[kind] in line]
        tap.result(outcome.status == 0 and told, f"a source that is {kind} when it is {moment}",
                   outcome)
        verified = harness.run([harness.PYBUNDLE, "verify", sandbox.bundle], cwd=sandbox.path)
        if "renamed" in kind:
            os.rename(sandbox.path / "app/second.renamed", sandbox.path / "app/second")
        elif kind != "removed":
            victim = sandbox.path / "app/second/inner.py"
            victim.rmdir() if kind == "a folder" else victim.unlink()
            victim.with_name("inner.py.beside").rename(victim)
        else:
            sandbox.write("app/second/inner.py", text_of(0))
        outcome = start(sandbox)
        tap.result(versions(outcome.out) == [0, 0], "the bundle serves the others",
                   outcome, verified)


def changing(tap):
    """What is in the bundle belongs to the time and size that are there with it."""
    with harness.Sandbox() as sandbox:
        prepare_meddling(sandbox)
        right = []
        for _ in range(5):
            write_in_place(sandbox.path / FILES[1], text_of(0))
            outcome = meddled(sandbox, "seen=written;opened=written again", FILES[1],
                              "unchecked")
            got = versions(start(sandbox).out)
            right.append((outcome.status, outcome.err, got) == (0, b"", [0, 2]) or (outcome, got))
        tap.result(all(item is True for item in right),
                   "a source that is written twice within a tick is compiled anew",
                   *(item for item in right if item is not True))
        write_in_place(sandbox.path / FILES[1], text_of(0))
        outcome = meddled(sandbox, "folder=exchanged", FILES[1], "folders")
        got = versions(start(sandbox).out)
        tap.result((outcome.status, outcome.err, got) == (0, b"", [0, 1]),
                   "the time of a folder is taken before what is in it", outcome, got)
        outcome = meddled(sandbox, "opened=no text")
        got = start(sandbox, PYTHONPATH="").err
        tap.result(outcome.status == 0 and outcome.err == b"" and b"AttributeError" in got,
                   "one that is cut off while it is read is empty", outcome, got)
        write_in_place(sandbox.path / FILES[1], text_of(0))
        outcome = meddled(sandbox, "always=seen")
        tap.result(outcome.status == 0 and b"second.inner: its file keeps changing: " in outcome.err,
                   "one that changes all the time is left out", outcome)
        before = sandbox.bundle.read_bytes()
        outcome = meddled(sandbox, "always=seen", FILES[1], "careful", "--strict")
        tap.result(outcome.status == 2 and sandbox.bundle.read_bytes() == before,
                   "with --strict there is no bundle then", outcome)
        cached = sandbox.path / "app/second/__pycache__"
        cached.mkdir(exist_ok=True)
        os.mkfifo(cached / f"inner.{sys.implementation.cache_tag}.pyc")
        outcome = build(sandbox, "few")  # without a trial run, which hangs as stock does
        tap.result(outcome.status == 0 and outcome.err == b"",
                   "a FIFO in place of a .pyc file keeps nobody waiting", outcome)


def main():
    harness.leave_to_plain_build()
    adopt_orphans()
    tests = [functools.partial(builds, 2), functools.partial(builds, 8), stopped_build, changing]
    for moment in ("seen", "opened"):
        tests += [functools.partial(vanishing, moment, kind) for kind in REASONS]
    wanted = sys.argv[1:]
    return harness.in_parallel(lambda test, tap: test(tap), [
        test for test in tests if not wanted or any(word in harness.name_of(test) for word in wanted)])


if __name__ == "__main__":
    sys.exit(main())
