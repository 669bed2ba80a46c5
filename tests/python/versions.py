# SPDX-License-Identifier: MIT
"""The behaviour tests under further interpreters. EXTRA_PYTHONS names them, with spaces between:

    make check TESTS=tests/python/versions.py EXTRA_PYTHONS='/usr/local/bin/python3.13'

For each the project is configured and built in a folder of its own.
"""

import os
import pathlib
import shutil
import sys
import tempfile

import harness

TESTS = ("behaviour", "changes", "images", "reachable", "options", "paths", "tools", "packages")


def build(python, folder):
    """An installation for this interpreter, in folder/stage."""
    source = harness.HERE.parents[1]
    env = harness.clean_environment()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        env.pop(name, None)
    harness.must([source / "configure", "-q", f"PYTHON={python}", "--without-default-bundle"],
                 cwd=folder, env=env)
    harness.must(["make", "-s", "-j4", "stage"], cwd=folder, env=env)
    return folder / "stage"


def run_test(tap, python, stage, test):
    env = dict(os.environ, STAGE=str(stage), PYTHON=python,
               PYSTART=str(stage / "bin/pystart"), PYBUNDLE=str(stage / "bin/pybundle"))
    done = harness.run([python, "-B", harness.HERE / f"{test}.py"], env=env,
                       timeout=10 * harness.TIMEOUT)
    lines = done.out.decode(errors="replace").splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failed = [line for line in lines if line.startswith(("not ok ", "#"))]
    tap.result(done.status == 0 and passed and not failed, f"{python}: {test}, {passed} tests",
               *failed, done.err.decode(errors="replace"))


def main():
    tap = harness.Tap()
    pythons = os.environ.get("EXTRA_PYTHONS", "").split()
    if not pythons:
        tap.skip("further interpreters", "EXTRA_PYTHONS names none")
    for python in pythons:
        if not shutil.which(python):
            tap.skip(python, "not installed")
            continue
        with tempfile.TemporaryDirectory(prefix="pystart-test.") as folder:
            stage = build(python, pathlib.Path(folder))
            for test in TESTS:
                run_test(tap, python, stage, test)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
