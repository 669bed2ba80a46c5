# SPDX-License-Identifier: MIT
"""Each allocation fails in turn, alone and with all that follow: in lib and manifest (all of them,
in one process), in pybundle, and in the importer, while a program starts.

What must hold: nothing crashes or hangs; the libraries say PYB_ERR_MEMORY or do what they do
otherwise; pybundle fails with status 2 and a message, and what it writes is whole or not there; a
program has the output that it has without a bundle, and at most one line says why.
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import faults
import harness

GOOD = """version: 1
startup: [json, argparse]
modules: [email.**, csv]
absent: [nowhere]
exclude: ["**.test"]
paths: [., src]
entry: json.tool:main
"""
BAD = """version: 1
startup: [json, json, "a b", 7]
modul: [x]
modules: ["**", "a.**.**", {a: b}]
optimize: 7
paths: [a, ./a]
entry: a:b:c
"""
PROGRAM = """import json, argparse, re, sys
print(json.dumps({"a": 1}), argparse.__name__, re.sub("(a)|b", "x", "ab"), sorted(json.__dict__))
try:
    import nowhere
except ImportError as error:
    print(error)
"""
PYTHON = os.path.basename(os.path.realpath(harness.PYTHON))


def show(outcome):
    return f"status {outcome.status}, {outcome.out[-300:]!r}, {outcome.err[-2000:]!r}"


class Counter:
    """What went wrong in a sweep, for one line of TAP."""

    def __init__(self, description):
        self.description, self.tried, self.wrong = description, 0, []

    def check(self, passed, failing, number, outcome):
        self.tried += 1
        if not passed:
            self.wrong.append(f"allocation {number}: {show(outcome)}\n  {failing.where()}")

    def report(self, tap):
        tap.result(not self.wrong, f"{self.description}: {self.tried} faults", *self.wrong[:20])


def ranges(numbers, step=1):
    """One at a time, then all from one on."""
    for number in numbers:
        yield number, number
    for number in numbers[::step]:
        yield number, faults.LAST


def sweep_libraries(tap, sandbox):
    failing = faults.Failing(sandbox.path, "drive")
    drive = str(faults.BUILD / "tests/faults/drive")
    sandbox.write("good.yaml", GOOD)
    sandbox.write("bad.yaml", BAD)
    for what, args in [("a good manifest", ["manifest", "good.yaml"]),
                       ("a bad manifest", ["manifest", "bad.yaml"]),
                       ("writing a bundle", ["write", "w0.pyb", "0"]),
                       ("writing a compressed bundle", ["write", "w3.pyb", "3"]),
                       ("reading a bundle", ["read", "w0.pyb"]),
                       ("reading a compressed bundle", ["read", "w3.pyb"])]:
        outcome = failing.run([drive, *args], cwd=sandbox.path)
        words = outcome.out.decode().split()
        tap.result(outcome.status == 0 and not outcome.err,
                   f"{what}: {words[-1] if words else 'no'} faults", show(outcome))
    left = sorted(p.name for p in sandbox.path.iterdir() if p.name.startswith(".pybundle"))
    tap.result(not left, "no temporary file is left", *left)


def sweep_pybundle(tap, sandbox, args, output, share, status=0):
    """`output`: the file that is written; it has the contents of an undisturbed run."""
    failing = faults.Failing(sandbox.path, "pybundle")
    command = [harness.PYBUNDLE, *args]
    plain = failing.run(command, cwd=sandbox.path)
    count = failing.plan.count
    counter = Counter(f"pybundle {args[0]}")
    old = b"the old file"
    new = output.read_bytes() if output else b""
    if plain.status != status:
        tap.result(False, "it cannot be tried", show(plain))
        return
    for first, last in ranges(faults.choose(count, share)):
        if output:
            output.write_bytes(old)
        outcome = failing.run(command, first, last, cwd=sandbox.path)
        there = output.read_bytes() if output else b""
        if outcome.status == status:
            good = there == new and (outcome.out == plain.out or args[0] == "build")
        else:
            good = outcome.status == 2 and outcome.err and (not output or there == old)
        left = [p.name for p in sandbox.path.iterdir() if p.name.startswith(".pybundle")]
        counter.check(good and not left, failing, f"{first} to {last}", outcome)
    counter.report(tap)


def sweep_facts(tap, sandbox):
    """What follows a program says that there is no memory, or finds all; and nothing is left running."""
    failing = faults.Failing(sandbox.path, "facts")
    command = [str(faults.BUILD / "tests/cli/facts"), "-p", "ls", "/"]
    plain = failing.run(command, cwd=sandbox.path)
    if plain.status == 77:
        tap.skip("finding facts", plain.err.decode().strip())
        return
    counter = Counter("finding facts")
    for first, last in ranges(faults.choose(failing.plan.count, 60)):
        outcome = failing.run(command, first, last, cwd=sandbox.path)
        counter.check(outcome == plain or (outcome.status == 1 and outcome.err and not outcome.out),
                      failing, f"{first} to {last}", outcome)
    counter.report(tap)


def is_as_stock(outcome, failing, is_single):
    """Whether this is how the interpreter itself meets a lack of memory."""
    if b"damaged" in outcome.err:
        return False
    if outcome.status == -6:
        return b"Fatal Python error: " in outcome.err
    if b"SystemError" in outcome.err:
        # So some versions when there is no memory for a frame, or for the tokenizer of a text.
        names = failing.plan.names.split()
        return not is_single or b"_PyFunction_Vectorcall" in names or b"PyRun_StringFlags" in names
    return outcome.status in (0, 1) and b"MemoryError" in outcome.err


def sweep_start(tap, sandbox, payload, cpython, share):
    """The importer, in the interpreter. `cpython`: what it asks the interpreter to allocate, too."""
    scope = faults.FAIL_OF_OBJECT if cpython else faults.FAIL_BY_OBJECT
    failing = faults.Failing(sandbox.path, PYTHON, scope, "/lib/pystart/pystart.", depth=7)
    env = harness.clean_environment(PYSTART_BUNDLE=str(sandbox.path / (payload + ".pyb")),
                                    PYTHONHASHSEED="0")
    if cpython:
        env["PYTHONMALLOC"] = "malloc"
    args = ["-c", PROGRAM]
    stock = failing.run([harness.PYTHON, *args], env=env)
    plain = failing.run([harness.PYSTART, *args], env=env)
    count = failing.plan.count
    kind = "of the interpreter in the importer" if cpython else "of the importer"
    counter = Counter(f"{kind}, {payload}")
    step = 10 if cpython and faults.ALL else 1
    if plain != stock or count == 0:
        tap.result(False, "it cannot be tried", show(stock), show(plain))
        return
    for first, last in ranges(faults.choose(count, share), step):
        outcome = failing.run([harness.PYSTART, *args], first, last, env=env)
        lines = outcome.err.splitlines()
        good = outcome._replace(err=b"") == stock and len(lines) <= 1 and all(
            line.startswith(b"pystart: ") for line in lines)
        if cpython and not good:
            good = is_as_stock(outcome, failing, first == last)
        counter.check(good, failing, f"{first} to {last}", outcome)
    counter.report(tap)


def count_ends(lines):
    """How often each thing happened, without the numbers of the allocations."""
    ends = {}
    for line in lines:
        text = line.partition(" at ")[0]
        ends.setdefault(text, []).append(line)
    return ends


def sweep_imports(tap, sandbox, payload, mode, step):
    """All that the interpreter allocates during an import, ours and its own."""
    failing = faults.Failing(sandbox.path, PYTHON)
    env = harness.clean_environment(
        PYSTART_BUNDLE=str(sandbox.path / (payload + "-pack.pyb")), PYTHONHASHSEED="0",
        PYTHONMALLOC="malloc", PYTHONPATH=str(faults.HERE), PYTHONDONTWRITEBYTECODE="1")
    args = [faults.HERE / "imports.py", "pack", mode, "1"]

    def ends_of(program, step):
        outcome = failing.run([program, *args, str(step)], env=env)
        return outcome, count_ends(outcome.out.decode().splitlines())

    ours, ends = ends_of(harness.PYSTART, step)
    known = {"fine", "MemoryError"}
    # Few of stock's allocations are tried first; that of 3.15 crashes if list.append() gets no memory.
    for stocks_step in (step, 3, 1):
        if not set(ends) <= known:
            known |= set(ends_of(harness.PYTHON, stocks_step)[1])
    wrong = [lines[:5] for text, lines in ends.items() if text not in known]
    counts = ", ".join(f"{len(lines)} {text}" for text, lines in ends.items())
    tap.result(not wrong and "fine" in ends and ours.status == 0,
               f"an import, {payload}, {mode}: {sum(map(len, ends.values()))} faults ({counts})",
               *wrong, show(ours))


def main():
    tap = harness.Tap()
    with harness.Sandbox() as sandbox:
        sandbox.write("small.yaml", "version: 1\nstartup: [json, argparse]\nabsent: [nowhere]\n")
        text = "version: 1\nstartup: [json, argparse, re, csv]\nabsent: [nowhere]\n"
        for name, keys in [("image", ""), ("marshal", "payload: marshal\n"),
                           ("compressed", "compress: 3\n")]:
            manifest = sandbox.write(name + ".yaml", text + keys)
            harness.must([harness.PYBUNDLE, "build", "-q", manifest, "-o",
                          sandbox.path / (name + ".pyb")])
            manifest = sandbox.write(name + "-pack.yaml", "version: 1\nmodules: [pack.**]\n"
                                     f"startup: [pack]\npaths: [{faults.HERE}]\n" + keys)
            harness.must([harness.PYBUNDLE, "build", "-q", manifest, "-o",
                          sandbox.path / (name + "-pack.pyb")])
        sweep_libraries(tap, sandbox)
        sweep_facts(tap, sandbox)
        out = sandbox.path / "out.pyb"
        sweep_pybundle(tap, sandbox, ["list", "compressed.pyb"], None, 99)
        sweep_pybundle(tap, sandbox, ["verify", "compressed.pyb"], None, 99)
        sweep_pybundle(tap, sandbox, ["build", "small.yaml", "-o", "out.pyb"], out, 24)
        sweep_pybundle(tap, sandbox, ["record", "-q", "-o", "out.yaml", "--", "-c", "import csv"],
                       sandbox.path / "out.yaml", 24)
        for payload in ("image", "marshal", "compressed") if faults.ALL else ("image", "compressed"):
            sweep_start(tap, sandbox, payload, False, 16)
            sweep_start(tap, sandbox, payload, True, 6)
            for mode in "one", "some":
                sweep_imports(tap, sandbox, payload, mode, 1 if faults.ALL else 23)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
