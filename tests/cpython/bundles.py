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
# The same. Prints the names of the modules with source code that come with those of its arguments,
# in the order in which they are there.
ASK_STARTUP = """
import contextlib, importlib, io, json, sys
with contextlib.redirect_stdout(io.StringIO()):
    for name in sys.argv[1:]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
specs = {n: vars(m).get('__spec__') for n, m in sys.modules.items()}
json.dump([n for n, s in specs.items() if s and s.name == n and str(s.origin).endswith('.py')],
          sys.stdout)
"""
# Runs under pystart. Prints the path of the library that takes modules from the bundle.
ASK_IMPORTER = r"""
import re
print(*set(re.findall(r"/.*/pystart\.\S*\.so$", open("/proc/self/maps").read(), re.M)))
"""
# What starts every time, besides the standard library itself.
STARTUP = ("encodings.utf_8", "test.libregrtest.main", "test.support.os_helper",
           "test.support.import_helper", "test.support.script_helper")
# Modules that do things when they are imported, or want a display.
ACTIVE = ("antigravity", "idlelib", "this", "tkinter", "turtle", "turtledemo")
# Files that are not meant to compile.
BROKEN = ("test.bad_coding*", "test.badsyntax_*", "lib2to3.tests.data.**")


def ask(python):
    """What the interpreter has; raises RuntimeError if it cannot tell."""
    done = subprocess.run([python, "-I", "-c", ASK], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{python} does not run:\n{done.stderr}")
    return json.loads(done.stdout)


def ask_startup(python, inventory):
    """What to have in the one pass: most of the standard library, so that there are regular
    expressions, generated code and enough of everything to fill huge pages."""
    names = [n for n in inventory["there"] if n not in ACTIVE]
    done = subprocess.run([python, "-I", "-S", "-W", "ignore", "-c", ASK_STARTUP, *STARTUP, *names],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{python} does not import its modules:\n{done.stderr}")
    return json.loads(done.stdout)


def quoted(names):
    return "".join(f"  - {json.dumps(name)}\n" for name in names)


def manifest(python, inventory, startup, packages, snapshot):
    """A manifest with all of the standard library, its tests, and the named packages."""
    names = [n + ".**" for n in [*inventory["there"], "test", *packages]]
    return (f"version: 1\nname: check\npython: {json.dumps(python)}\ncheck: source\n"
            f"snapshot: {snapshot}\nstartup:\n{quoted(startup)}modules:\n{quoted(names)}"
            f"absent:\n{quoted(inventory['absent'])}exclude:\n{quoted(BROKEN)}")


def build(folder, python, pystart, pybundle, inventory, packages=(), *,
          snapshot="no", env=None):
    """Build the bundle, and return the path of a program in `folder` that behaves as `python` but
    uses it: a link to pystart under the interpreter's name, with the bundle beside it. `env` is what
    it will be started with."""
    program = pathlib.Path(folder, os.path.basename(python))
    text = program.with_name("check.yaml")
    startup = ask_startup(python, inventory)
    text.write_text(manifest(python, inventory, startup, packages, snapshot), encoding="utf-8")
    bundle = program.with_name(program.name + ".pyb")
    done = subprocess.run([pybundle, "build", "-q", text, "-o", bundle], text=True,
                          stderr=subprocess.PIPE, check=False, env=env)
    if done.returncode != 0:
        raise RuntimeError(f"the bundle cannot be built:\n{done.stderr}")
    program.symlink_to(pystart)
    return str(program)


def importer_of(program):
    """The path of the importer that `program` takes."""
    done = subprocess.run([program, "-c", ASK_IMPORTER], capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout.startswith("/"):
        raise RuntimeError(f"{program} has no importer in it:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()
