# SPDX-License-Identifier: MIT
"""Programs start while their bundle and their sources change: whatever the moment, each does what the
stock interpreter would do with the sources as they are then.

`make check` tries a little of it, `make races` RACE_SCALE times as much.
"""

import functools
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import harness
from racing import (FILES, SCALE, SEED, STRACE, Background, Builder, adopt_orphans, build, is_clean,
                    prepare, start, start_command, stop_at, text_of, versions, write_in_place,
                    write_whole)


class Writer:
    """Gives a source one version after the other, and remembers when."""

    def __init__(self, path, write, order):
        self.path, self.write, self.order = path, write, order
        self.began, self.ended = [time.monotonic()], [time.monotonic()]

    def __call__(self):
        began = time.monotonic()
        self.write(self.path, text_of(len(self.began)))
        self.began.append(began)
        self.ended.append(time.monotonic())
        threading.Event().wait(self.order.random() / 8)  # so that builds find it unchanged

    def could_be(self, version, begin, end):
        """Whether the source could have had this version at some time between these."""
        if not 0 <= version <= len(self.began):
            return False
        # One that is being written now is not in the lists.
        began = self.began[version] if version < len(self.began) else begin
        replaced = self.ended[version + 1] if version + 1 < len(self.ended) else end
        return began <= end and replaced >= begin


def in_crowds(total, crowd, function):
    """Call function() `total` times, from `crowd` threads."""
    with ThreadPoolExecutor(crowd) as pool:
        for _ in pool.map(lambda _: function(), range(total)):
            pass


def rebuilt(tap):
    """The bundle changes, the sources do not: stock's output, every time."""
    with harness.Sandbox() as sandbox:
        prepare(sandbox)
        builder = Builder(sandbox)
        builder()
        expected = harness.run([harness.PYTHON, "-B", "app/main.py"], cwd=sandbox.path).out
        wrong, served = [], []

        def once():
            outcome = start(sandbox)
            served.append(harness.count_served(outcome.err) or 0)
            if outcome.status != 0 or outcome.out != expected:
                wrong.append(outcome)

        with Background(builder) as background:
            in_crowds(120 * SCALE, 4, once)
        tap.result(not wrong + background.errors + builder.wrong,
                   "programs start while their bundle is rebuilt", *wrong[:5], *background.errors,
                   *builder.wrong[:5], f"{builder.built} builds")
        tap.result(builder.built > 1 and min(served, default=0) > 0,
                   "and all find one that is whole", builder.built, served)
        good, what = is_clean(sandbox)
        tap.result(good, "and the last one is, too", what)


def together(tap):
    """Hundreds of processes are there at the same time, while the bundle changes."""
    with harness.Sandbox() as sandbox:
        prepare(sandbox)
        builder = Builder(sandbox)
        builder()
        expected = harness.run([harness.PYTHON, "-B", "app/main.py"], cwd=sandbox.path).out
        env = harness.clean_environment(PYSTART_VERBOSE="1")
        wrong = []
        with Background(builder) as background:
            for _ in range(SCALE):
                crowd = [subprocess.Popen(list(map(str, start_command(sandbox))), cwd=sandbox.path,
                                          env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                          stderr=subprocess.PIPE) for _ in range(100)]
                for process in crowd:
                    out, err = process.communicate()
                    if (process.returncode, out) != (0, expected) or b"pystart: taking" not in err:
                        wrong.append((process.returncode, out, err))
        tap.result(not wrong + background.errors + builder.wrong, "a hundred programs start at once",
                   *wrong[:5], *background.errors, *builder.wrong[:5])


def edited(write, tap):
    """Sources change, too: each program has versions that were there while it started."""
    with harness.Sandbox() as sandbox:
        prepare(sandbox)
        # A change in place leaves the folder's time as it is.
        without = ["unchecked"] + ["folders"] * (write is write_in_place)
        builder = Builder(sandbox, without, allowed=b"its file keeps changing")
        builder()
        order = random.Random(SEED)
        writers = [Writer(sandbox.path / name, write, order) for name in FILES]
        wrong, served = [], []

        def once():
            begin = time.monotonic()
            outcome = start(sandbox)
            end = time.monotonic()
            served.append(harness.count_served(outcome.err) or 0)
            got = versions(outcome.out)
            if outcome.status != 0 or not all(writer.could_be(version, begin, end)
                                              for writer, version in zip(writers, got)):
                wrong.append((outcome, got, [len(writer.began) for writer in writers]))

        with Background(builder, *writers) as background:
            in_crowds(100 * SCALE, 3, once)
        how = write.__name__.replace("_", " ")
        tap.result(not wrong + background.errors + builder.wrong,
                   f"programs start while sources change: {how}", *wrong[:5], *background.errors,
                   *builder.wrong[:5])
        tap.result(any(served), "and some modules come from the bundle", served)


def in_use(tap):
    """A program goes on with the bundle that it has."""
    with harness.Sandbox() as sandbox:
        prepare(sandbox)
        sandbox.write("app/main.py", "import os\nimport first\nopen('ready', 'w').close()\n"
                      "open('go').close()\nimport second.inner, json\n"
                      "print(first.check(), second.inner.check())\n")
        changes = {
            "another is put in its place": lambda: build(sandbox, "few"),
            "it is removed": sandbox.bundle.unlink,
            "it is a folder": lambda: (sandbox.bundle.unlink(), sandbox.bundle.mkdir()),
        }
        for name in ("ready", "go"):
            os.mkfifo(sandbox.path / name)
        for what, change in changes.items():
            for manifest in ("image", "packed"):
                if sandbox.bundle.is_dir():
                    sandbox.bundle.rmdir()
                build(sandbox, manifest)
                process = subprocess.Popen(
                    list(map(str, start_command(sandbox))), cwd=sandbox.path, text=True,
                    env=harness.clean_environment(PYSTART_STATS="1"), stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                open(sandbox.path / "ready").close()
                change()
                open(sandbox.path / "go", "w").close()
                out, err = process.communicate()
                tap.result(process.returncode == 0 and versions(out.encode()) == [0, 0]
                           and harness.count_served(err.encode()) >= 3,
                           f"a program with a bundle ({manifest}) goes on when {what}", out, err)


class Shelf:
    """Files that are put in place, whole and with their times, in one step."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.shelf = sandbox.path / "shelf"
        self.shelf.mkdir()

    def keep(self, name, label):
        os.link(self.sandbox.path / name, self.shelf / f"{label}.{os.path.basename(name)}")

    def put(self, name, label):
        target = self.sandbox.path / name
        beside = target.with_name("beside")
        os.link(self.shelf / f"{label}.{os.path.basename(name)}", beside)
        os.replace(beside, target)
        beside.unlink(missing_ok=True)  # it stays if both are the same file


def stopped(what, tap):
    """Whenever a start is interrupted, and something changed, its end is one that could be."""
    if not STRACE:
        tap.skip(f"{what} at any moment of a start", "there is no strace")
        return
    with harness.Sandbox() as sandbox:
        prepare(sandbox)
        shelf = Shelf(sandbox)
        command = [*start_command(sandbox)[:-1], "-E", "-S", "app/main.py"]
        for version in (0, 1):
            for name in FILES:
                write_whole(sandbox.path / name, text_of(version))
                shelf.keep(name, version)
            for manifest in ("image", "packed"):
                build(sandbox, manifest)
                shelf.keep("test.pyb", f"{manifest}{version}")

        def put(version, manifest=None, names=FILES):
            for name in names:
                shelf.put(name, version)
            if manifest:
                shelf.put("test.pyb", f"{manifest}{version}")

        changes = {
            "the bundle is replaced": (lambda: put(0, "packed"), [[0, 0]]),
            "the bundle is removed": (sandbox.bundle.unlink, [[0, 0]]),
            "sources are replaced": (lambda: put(1), [[0, 0], [0, 1], [1, 1]]),
            "everything is replaced": (lambda: put(1, "packed"), [[0, 0], [0, 1], [1, 1]]),
        }
        change, allowed = changes[what]
        number, step, seen, wrong, count = 1, max(1, 16 // SCALE), [], [], 0
        more = True
        while more:
            put(0, "image")
            outcome, more = stop_at(sandbox, "all", number, command, change)
            got = versions(outcome.out)
            seen += [got] * (got not in seen)
            warned = what == "the bundle is removed" and outcome.err.startswith(b"pystart: ")
            if outcome.status != 0 or got not in allowed or (outcome.err and not warned):
                wrong.append((number, outcome))
            count += more
            number += step
        tap.result(not wrong and count > 5, f"{what} at any moment of a start", count, *wrong[:5])
        tap.result(all(got in seen for got in (allowed[0], allowed[-1])),
                   "early and late moments are among them", seen)


def main():
    harness.leave_to_plain_build()
    adopt_orphans()
    tests = [rebuilt, together, functools.partial(edited, write_whole),
             functools.partial(edited, write_in_place), in_use]
    for what in ("the bundle is replaced", "the bundle is removed", "sources are replaced",
                 "everything is replaced"):
        tests.append(functools.partial(stopped, what))
    wanted = sys.argv[1:]
    return harness.in_parallel(lambda test, tap: test(tap), [
        test for test in tests if not wanted or any(word in harness.name_of(test) for word in wanted)])


if __name__ == "__main__":
    sys.exit(main())
