# SPDX-License-Identifier: MIT
"""The bundle of all that the tests may import, and a program that takes its modules from it."""

import json
import os
import pathlib
import subprocess

# Runs in the interpreter that is tested. Prints the names of the standard library that it has as
# files, those that it lacks, and where its tests are.
ASK = """
import importlib.util, json, sys
from importlib.machinery import BuiltinImporter, FrozenImporter
there, absent = [], []
for name in sorted(sys.stdlib_module_names):
    if BuiltinImporter.find_spec(name) or FrozenImporter.find_spec(name):
        if not FrozenImporter.find_spec(name):
            continue
    (there if importlib.util.find_spec(name) else absent).append(name)
spec = importlib.util.find_spec('test.libregrtest')
tests = importlib.util.find_spec('test').submodule_search_locations[0] if spec else None
json.dump(dict(there=there, absent=absent, tests=tests), sys.stdout)
"""
# What every start imports from files, so that the one pass has something to do.
STARTUP = ("encodings", "encodings.aliases", "encodings.utf_8")
# Files that are not meant to compile.
BROKEN = ("test.bad_coding*", "test.badsyntax_*", "lib2to3.tests.data.**")


def ask(python):
    """What the interpreter has; raises RuntimeError if it cannot tell."""
    done = subprocess.run([python, "-I", "-c", ASK], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{python} does not run:\n{done.stderr}")
    return json.loads(done.stdout)


def quoted(names):
    return "".join(f"  - {json.dumps(name)}\n" for name in names)


def manifest(python, inventory, packages):
    """A manifest with all of the standard library, its tests, and the named packages."""
    names = [n + ".**" for n in [*inventory["there"], "test", *packages]]
    return (f"version: 1\nname: check\npython: {json.dumps(python)}\ncheck: source\n"
            f"startup:\n{quoted(STARTUP)}modules:\n{quoted(names)}"
            f"absent:\n{quoted(inventory['absent'])}exclude:\n{quoted(BROKEN)}")


def build(folder, python, pystart, pybundle, inventory, packages=()):
    """Build the bundle, and return the path of a program in `folder` that behaves as `python` but
    uses it: a link to pystart under the interpreter's name, with the bundle beside it."""
    program = pathlib.Path(folder, os.path.basename(python))
    text = program.with_name("check.yaml")
    text.write_text(manifest(python, inventory, packages), encoding="utf-8")
    bundle = program.with_name(program.name + ".pyb")
    done = subprocess.run([pybundle, "build", "-q", text, "-o", bundle], text=True,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the bundle cannot be built:\n{done.stderr}")
    program.symlink_to(pystart)
    return str(program)
