# SPDX-License-Identifier: MIT
"""Ready-made objects are those that stock makes: whatever can be reached from modules is compared, of
code of all kinds and of modules at random, wherever the image lies and with any hash seed.

Arguments: numbers of random modules to try in place of the usual ones.
"""

import functools
import shutil
import sys

import harness
import random_modules

SEEDS = range(40)
# Changes of the environment. The order of a frozenset depends on the hash seed.
CONDITIONS = [
    ("another seed", {"PYTHONHASHSEED": "12345"}),
    ("no hash randomization", {"PYTHONHASHSEED": "0"}),
    ("debug hooks of the allocators", {"PYTHONMALLOC": "debug"}),
    ("malloc", {"PYTHONMALLOC": "malloc"}),
    ("development mode", {"PYTHONDEVMODE": "1"}),
]
EMPTY = """\
import sys
CODE = sys._getframe().f_code
def run(): return ()
"""
TOP = harness.HERE.parents[1]


def occupant(folder):
    """A library that takes the address where images like to lie; None without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "occupy.so"
    harness.must([compiler, "-D_GNU_SOURCE", "-shared", "-fPIC", "-Wl,-z,initfirst", "-I", TOP,
                  "-o", library, TOP / "tests/cli/occupy.c"])
    return library


def not_at_start(manifest, names):
    """Have these modules only where they are wanted, each on its own."""
    lines = [line for line in manifest.read_text().splitlines()
             if line.strip(" -") not in names]
    lines += ["", "modules:", *("  - " + name for name in names)]
    manifest.write_text("\n".join(lines) + "\n")


class Sandbox(harness.Sandbox):
    """With reachable.py, these modules, and a bundle of them, half of which are for the start."""

    def __init__(self, modules, *options, keys=()):
        super().__init__()
        self.args = [*options, "reachable.py", *modules]
        shutil.copy(harness.HERE / "reachable.py", self.path)
        for name, text in modules.items():
            (self.path / (name + ".py")).write_text(text, encoding="utf-8")
            # Each by a new process: which strings are one object depends on what it compiled before.
            harness.must([harness.PYTHON, *options, "-m", "py_compile",
                          self.path / (name + ".py")], cwd=self.path)
        self.record(*self.args, keys=keys)
        manifest = self.path / "test.yaml"
        not_at_start(manifest, list(modules)[1::2])
        harness.must([harness.PYBUNDLE, "build", "-q", "--snapshot=no", manifest, "-o", self.bundle],
                     cwd=self.path)

    def compare(self, tap, description, **extra):
        env = self.env(**{"PYTHONHASHSEED": "1", **extra})
        harness.compare(tap, self, description, self.args, env=env)

    def compare_elsewhere(self, tap, description):
        library = occupant(self.path)
        if library is None or harness.SANITIZED:
            tap.skip(description, "nothing can be preloaded")
            return
        self.compare(tap, description, LD_PRELOAD=str(library))
        told = harness.run([harness.PYSTART, *self.args], cwd=self.path,
                           env=self.env(LD_PRELOAD=str(library), PYSTART_STATS="1")).err
        tap.result(b"at another address" in told or b"ready-made" not in told,
                   description + ": it lay elsewhere", told)


def kinds():
    """Twice: as a module that every start needs, and as one that few do."""
    text = (harness.HERE / "kinds.py").read_text(encoding="utf-8")
    return {"kinds": text, "kinds_again": text, "empty": EMPTY}


def all_kinds(tap):
    with Sandbox(kinds()) as sandbox:
        sandbox.compare(tap, "all kinds of code and constants")
        for description, extra in CONDITIONS:
            sandbox.compare(tap, "all kinds: " + description, **extra)
        sandbox.compare_elsewhere(tap, "all kinds, at another address")
        served = sandbox.served(sandbox.args)
        tap.result(bool(served), "all kinds: modules came from the bundle", f"served: {served}")


def optimized(option, level, tap):
    description = "all kinds: " + option
    with Sandbox(kinds(), option, keys=[("optimize", level)]) as sandbox:
        sandbox.compare(tap, description)
        served = sandbox.served(sandbox.args)
        tap.result(bool(served), description + ": modules came from the bundle", f"served: {served}")


def at_random(seeds, tap):
    modules = {f"random_{seed}": random_modules.module_text(seed) for seed in seeds}
    with Sandbox(modules) as sandbox:
        description = f"random modules {seeds[0]} to {seeds[-1]}"
        sandbox.compare(tap, description)
        sandbox.compare(tap, description + ": another seed", PYTHONHASHSEED="2")
        sandbox.compare_elsewhere(tap, description + ", at another address")


def main():
    seeds = [int(argument) for argument in sys.argv[1:]] or list(SEEDS)
    tests = [] if sys.argv[1:] else [all_kinds, functools.partial(optimized, "-O", 1),
                                     functools.partial(optimized, "-OO", 2)]
    tests += [functools.partial(at_random, seeds[i:i + 20]) for i in range(0, len(seeds), 20)]
    return harness.in_parallel(lambda test, tap: test(tap), tests)


if __name__ == "__main__":
    sys.exit(main())
