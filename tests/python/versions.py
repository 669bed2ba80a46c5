# SPDX-License-Identifier: MIT
"""The behaviour tests under every other interpreter of this machine: those that pystart is installed
for, each python3.N on PATH and in /usr/bin, those of pyenv, and those that EXTRA_PYTHONS names, with
spaces between:

    make check TESTS=tests/python/versions.py EXTRA_PYTHONS='/opt/python/bin/python3.13'

What pystart is not installed for yet is built for, in a folder of its own, as somebody would who says
./configure --with-pythons=LIST. An interpreter that it cannot be built for, having no headers for
instance, is skipped with the reason.
"""

import os
import pathlib
import re
import sys
import tempfile

import harness

TESTS = ("behaviour", "changes", "images", "options", "paths", "tools", "packages",
         "variables")
MAKE_VARIABLES = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
SOURCE = harness.HERE.parents[1]


def on_path():
    """Each python3.N of the folders that are searched for programs."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin"]
    paths = [path for folder in folders if os.path.isabs(folder)
             for path in pathlib.Path(folder).glob("python3.*")]
    return sorted(path for path in paths if re.fullmatch(r"python3\.\d+", path.name))


def of_pyenv():
    """Those that pyenv has built, also if it is not set up for the shell that runs this."""
    root = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    return sorted(root.glob("versions/*/bin/python3"))


def describe(python):
    """What configure would be told of an interpreter; a `reason` if it does not fit."""
    try:
        done = harness.run([python, "-E", "-s", SOURCE / "m4/interpreter.py", SOURCE, "/usr/local"])
    except OSError as error:
        return {"reason": str(error)}
    if done.status != 0:
        last = done.err.decode(errors="replace").strip().splitlines()[-1:]
        return {"reason": f"it ends with {done.status}: " + " ".join(last)}
    return dict(line.split("=", 1) for line in done.out.decode().splitlines())


def missing_header(facts):
    folders = [word[len("-I"):] for word in facts["cppflags"].split()]
    if any(os.path.exists(os.path.join(folder, "Python.h")) for folder in folders):
        return None
    return f"its headers are missing: there is no Python.h in {folders[0]}"


def find_others(known):
    """Each interpreter that is none of the known ones, once, whatever its names: its path, and why it
    cannot be tried."""
    seen = {describe(python).get("real") for python in known}
    for python in [*os.environ.get("EXTRA_PYTHONS", "").split(), *of_pyenv(), *on_path()]:
        facts = describe(python)
        real = facts.get("real", os.path.realpath(python))
        if real not in seen:
            seen.add(real)
            yield facts.get("path", str(python)), facts.get("reason") or missing_header(facts)


def find_installed(stage):
    """Of each further interpreter of an installation the path and the name, such as "3.13"."""
    told = harness.must([stage / "bin/pystart", "-X", "bundle=version"]).out.decode()
    return {path: name for name, path in re.findall(r"^pystart([\d.]\S*): (/.*), CPython", told, re.M)}


def build(pythons, folder):
    """An installation for these interpreters, besides the default one."""
    env = harness.clean_environment()
    for name in MAKE_VARIABLES:
        env.pop(name, None)
    harness.must([SOURCE / "configure", "-q", f"PYTHON={harness.PYTHON}",
                  f"--with-pythons={','.join(pythons)}", "--without-default-bundle"],
                 cwd=folder, env=env)
    harness.must(["make", "-s", "-j4", "stage"], cwd=folder, env=env)
    return folder / "stage"


def run_test(tap, python, stage, name, test):
    env = dict(os.environ, STAGE=str(stage), PYTHON=python, PYSTART=str(stage / f"bin/pystart{name}"),
               PYBUNDLE=str(stage / f"bin/pybundle{name}"))
    done = harness.run([python, "-B", harness.HERE / f"{test}.py"], env=env,
                       timeout=10 * harness.TIMEOUT)
    lines = done.out.decode(errors="replace").splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failed = any(line.startswith("not ok ") for line in lines)
    notes = [line for line in lines if line.startswith(("not ok ", "#"))]
    tap.result(done.status == 0 and passed and not failed, f"{python}: {test}, {passed} tests",
               *notes, done.err.decode(errors="replace"))


def run_tests(tap, stage, interpreters):
    for python, name in interpreters.items():
        for test in TESTS:
            run_test(tap, python, stage, name, test)


def main():
    harness.leave_to_plain_build()
    tap = harness.Tap()
    installed = find_installed(harness.STAGE)
    run_tests(tap, harness.STAGE, installed)
    others = []
    for python, reason in find_others([harness.PYTHON, *installed]):
        if reason:
            tap.skip(python, reason)
        else:
            others.append(python)
    if others:
        with tempfile.TemporaryDirectory(prefix="pystart-test.") as folder:
            stage = build(others, pathlib.Path(folder))
            run_tests(tap, stage, find_installed(stage))
    if tap.count == 0:
        tap.skip("further interpreters", "this machine has none")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
