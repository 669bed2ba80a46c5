# SPDX-License-Identifier: MIT
"""Real programs, as many of them as are installed, in surroundings that change what they import:
finders of others in front, modules on PYTHONPATH, a virtual environment, an edited source.
"""

import pathlib
import shutil
import subprocess
import sys

import harness
from programs import PROGRAMS, compare, files, hg_repository, runs_with_target

# Announced at the end, so that the order of all questions is compared, too.
FINDER = """
import atexit, sys
asked = []
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        asked.append(name)
sys.meta_path.insert(0, Finder)
@atexit.register
def tell():
    print("asked for", *asked, file=sys.stderr)
"""
ANNOUNCE = '\nimport sys\nprint("{} is", __name__, __file__, file=sys.stderr)\n'
# Modules of the standard library of which each program imports at least one.
COMMON = ["argparse", "contextlib", "functools", "re", "textwrap", "types"]


def environment(sandbox, **extra):
    return sandbox.env(HGRCPATH="", HOME=str(sandbox.path), COLUMNS="80", PYTHONHASHSEED="0",
                       **extra)


def copy_module(name, folder, text):
    """A copy of a module of the standard library that announces itself; returns its path."""
    found = harness.must([harness.PYTHON, "-c", f"import {name}; print({name}.__file__)"]).out
    origin = pathlib.Path(found.decode().strip())
    if origin.name == "__init__.py":
        shutil.copytree(origin.parent, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        copy = folder / name / "__init__.py"
    else:
        copy = folder / origin.name
        shutil.copy(origin, copy)
    with copy.open("a") as file:
        file.write(ANNOUNCE.format(text))
    return copy


def with_finder(sandbox, tap, program, commands):
    folder = sandbox.path / "finder"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(FINDER)
    env = environment(sandbox, PYTHONPATH=str(folder))
    for command in commands:
        compare(tap, sandbox, f"{program}: another finder in front", command, env)


def with_path(sandbox, tap, program, commands):
    folder = sandbox.path / "path"
    folder.mkdir()
    for name in COMMON:
        copy_module(name, folder, "on PYTHONPATH")
    env = environment(sandbox, PYTHONPATH=str(folder))
    for command in commands:
        compare(tap, sandbox, f"{program}: PYTHONPATH has its modules", command, env)


def with_edits(sandbox, tap, program, commands):
    """The modules are recorded where they can be edited; then each says so."""
    folder = sandbox.path / "edited"
    folder.mkdir()
    copies = [copy_module(name, folder, "as recorded") for name in COMMON]
    env = environment(sandbox, PYTHONPATH=str(folder))
    recording = {k: v for k, v in env.items() if k != "PYSTART_BUNDLE"}
    sandbox.record(*commands[0], env=recording)
    compare(tap, sandbox, f"{program}: recorded from PYTHONPATH", commands[0], env)
    for copy in copies:
        with copy.open("a") as file:
            file.write(ANNOUNCE.format("edited"))
    for command in commands:
        compare(tap, sandbox, f"{program}: sources edited", command, env)


def with_venv(sandbox, tap, program, commands):
    venv = sandbox.path / "venv"
    subprocess.run([harness.PYTHON, "-m", "venv", "--without-pip", "--system-site-packages", venv],
                   check=True)
    python = venv / "bin/python"
    site = harness.must([python, "-c", "import site; print(site.getsitepackages()[0])"]).out
    copy_module("textwrap", pathlib.Path(site.decode().strip()), "in the virtual environment")
    env = environment(sandbox)
    recording = {k: v for k, v in env.items() if k != "PYSTART_BUNDLE"}
    manifest = sandbox.path / "venv.yaml"
    harness.must([harness.PYBUNDLE, "record", "-o", manifest, f"--python={python}", "--",
                  *commands[0]], env=recording, cwd=sandbox.path)
    harness.must([harness.PYBUNDLE, "build", "-q", "--snapshot=no", manifest, "-o", sandbox.bundle])
    for command in commands:
        compare(tap, sandbox, f"{program}: in a virtual environment", command, env, stock=python)


def check(entry, tap):
    program, version, jobs = entry
    script = shutil.which(program)
    if not script:
        return tap.skip(program, "not installed")
    if not runs_with_target(script):
        return tap.skip(program, f"{script} is for another interpreter than {harness.PYTHON}")
    with harness.Sandbox() as sandbox:
        files(sandbox.path)
        if program == "hg":
            hg_repository(sandbox.path)
        commands = [[script, *version], [script, *jobs[0]]]
        env = environment(sandbox)
        sandbox.record(*commands[0], env={k: v for k, v in env.items() if k != "PYSTART_BUNDLE"})
        with_finder(sandbox, tap, program, commands)
        with_path(sandbox, tap, program, commands)
        with_venv(sandbox, tap, program, commands)
        with_edits(sandbox, tap, program, commands)


if __name__ == "__main__":
    sys.exit(harness.in_parallel(check, PROGRAMS))
