# SPDX-License-Identifier: MIT
"""The behaviour tests under further interpreters. EXTRA_PYTHONS names them, with spaces between:

    make check TESTS=tests/python/versions.py EXTRA_PYTHONS='/usr/local/bin/python3.13'

or `installed`, for those that configure was told of. What pystart is not installed for yet is built
for, in a folder of its own, as somebody would who says ./configure --with-pythons=LIST.
"""

import os
import pathlib
import re
import shutil
import sys
import tempfile

import harness

TESTS = ("behaviour", "changes", "images", "options", "paths", "tools", "packages")
MAKE_VARIABLES = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")


def find_installed(stage):
    """Of each further interpreter of an installation the path and the name, such as "3.13"."""
    told = harness.must([stage / "bin/pystart", "-X", "bundle=version"]).out.decode()
    return {path: name for name, path in re.findall(r"^pystart([\d.]\S*): (/.*), CPython", told, re.M)}


def build(pythons, folder):
    """An installation for these interpreters, besides the default one."""
    source = harness.HERE.parents[1]
    env = harness.clean_environment()
    for name in MAKE_VARIABLES:
        env.pop(name, None)
    harness.must([source / "configure", "-q", f"--with-pythons={','.join(pythons)}",
                  "--without-default-bundle"], cwd=folder, env=env)
    harness.must(["make", "-s", "-j4", "stage"], cwd=folder, env=env)
    return folder / "stage"


def run_test(tap, python, stage, name, test):
    env = dict(os.environ, STAGE=str(stage), PYTHON=python, PYSTART=str(stage / f"bin/pystart{name}"),
               PYBUNDLE=str(stage / f"bin/pybundle{name}"))
    done = harness.run([python, "-B", harness.HERE / f"{test}.py"], env=env,
                       timeout=10 * harness.TIMEOUT)
    lines = done.out.decode(errors="replace").splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failed = [line for line in lines if line.startswith(("not ok ", "#"))]
    tap.result(done.status == 0 and passed and not failed, f"{python}: {test}, {passed} tests",
               *failed, done.err.decode(errors="replace"))


def run_tests(tap, stage, interpreters):
    for python, name in interpreters.items():
        for test in TESTS:
            run_test(tap, python, stage, name, test)


def main():
    tap = harness.Tap()
    installed = find_installed(harness.STAGE)
    pythons = os.environ.get("EXTRA_PYTHONS", "").split()
    if not pythons:
        tap.skip("further interpreters", "EXTRA_PYTHONS names none")
    if "installed" in pythons:
        run_tests(tap, harness.STAGE, installed)
        if not installed:
            tap.skip("installed", "configured for the default interpreter alone")
    missing = [python for python in pythons if python != "installed" and not shutil.which(python)]
    for python in missing:
        tap.skip(python, "not installed")
    others = [python for python in pythons if python != "installed" and python not in missing]
    if others:
        with tempfile.TemporaryDirectory(prefix="pystart-test.") as folder:
            stage = build(others, pathlib.Path(folder))
            run_tests(tap, stage, find_installed(stage))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
