# SPDX-License-Identifier: MIT
"""What a program itself does to its path and its folders while it runs."""

import functools
import os
import shutil
import sys

import harness
from installed_files import age, write_package


RUNNING = """
import importlib, os, pathlib, sys
import json, package, known
here = pathlib.Path(known.__file__).parent
def tell(name):
    try:
        module = importlib.import_module(name)
        print(name, module.VALUE, module.__spec__.origin, module.__spec__.cached)
    except Exception as error:
        print(repr(error))
def again(name):
    sys.modules.pop(name, None)
    tell(name)
def write(name, text, time=None):
    path = here / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    if time:
        os.utime(path, (time, time))
def touch(folder, time=1_650_000_000):
    os.utime(here / folder, (time, time))
"""
# What the program does with its folder; "optional" was looked for in vain when it was recorded.
STEPS = [
    ("a module appears", "tell('optional'); write('optional.py', 'VALUE = 1'); touch('.');"
     "tell('optional'); importlib.invalidate_caches(); tell('optional')"),
    ("a module appears before it is asked for", "write('optional.py', 'VALUE = 1');"
     "tell('optional')"),
    ("a module appears in a package", "tell('package.optional');"
     "write('package/optional.py', 'VALUE = 1'); touch('package');"
     "importlib.invalidate_caches(); tell('package.optional')"),
    ("a package appears", "tell('optional'); write('optional/__init__.py', 'VALUE = 1');"
     "touch('.'); importlib.invalidate_caches(); tell('optional')"),
    ("a module that shadows", "write('colorsys.py', 'VALUE = 1'); touch('.');"
     "importlib.invalidate_caches(); tell('colorsys')"),
    ("a source is edited and reloaded", "write('known.py', 'VALUE = 2', 1_650_000_000);"
     "importlib.reload(known); tell('known'); again('known')"),
    ("a source is edited in place", "tell('other'); write('other.py', 'VALUE = 2', 1_650_000_000);"
     "tell('other'); again('other'); again('other')"),
    ("a source of a package is edited", "write('package/inner.py', 'VALUE = 2', 1_650_000_000);"
     "tell('package.inner')"),
    ("a module disappears", "(here / 'other.py').unlink(); touch('.');"
     "importlib.invalidate_caches(); tell('other')"),
    ("a module disappears, unannounced", "(here / 'other.py').unlink(); tell('other')"),
    ("and comes back", "(here / 'other.py').rename(here / 'kept'); touch('.');"
     "importlib.invalidate_caches(); tell('other'); (here / 'kept').rename(here / 'other.py');"
     "touch('.', 1_650_000_001); importlib.invalidate_caches(); tell('other')"),
    ("a module becomes a package", "(here / 'other.py').unlink(); write('other/__init__.py',"
     "'VALUE = 3'); touch('.'); importlib.invalidate_caches(); tell('other')"),
    ("a package becomes a module", "import shutil; shutil.rmtree(here / 'package');"
     "write('package.py', 'VALUE = 3'); touch('.'); importlib.invalidate_caches();"
     "again('package'); tell('package.inner')"),
    ("a package is replaced by a rename", "write('new/__init__.py', 'VALUE = 4');"
     "write('new/inner.py', 'VALUE = 5'); (here / 'package').rename(here / 'old');"
     "(here / 'new').rename(here / 'package'); touch('.'); importlib.invalidate_caches();"
     "again('package'); tell('package.inner')"),
    ("the working directory changes", "sys.path[0] = ''; os.chdir('/'); tell('other');"
     "os.chdir(here); tell('other')"),
    ("a relative entry and chdir", "sys.path[0] = 'app'; tell('other'); os.chdir('/');"
     "tell('package.inner'); tell('third')"),
    ("the entry is removed and added", "entry = sys.path.pop(0); tell('other');"
     "sys.path.append(entry); tell('other')"),
    ("the entry has a slash", "sys.path[0] += '/'; tell('other')"),
    ("the entry is written otherwise", "sys.path[0] = str(here) + '/../app'; tell('other')"),
    ("the entry is a link", "os.symlink(here, 'link'); sys.path[0] = os.path.abspath('link');"
     "tell('other'); os.unlink('link')"),
    ("the entry is a str of its own", "sys.path[0] = type('S', (str,), {})(here); tell('other')"),
    ("the entry is a pathlib.Path", "sys.path[0] = here; tell('other')"),
    ("sys.path is replaced", "sys.path = [str(here)]; tell('other'); tell('wave')"),
    ("sys.path is deleted", "del sys.path; tell('other')"),
    ("sys.path is None", "sys.path = None; tell('other')"),
    ("sys.meta_path is None", "sys.meta_path = None; tell('other')"),
    ("sys.path_hooks is deleted", "del sys.path_hooks; tell('other')"),
    ("sys.path_importer_cache is deleted", "del sys.path_importer_cache; tell('other')"),
    ("sys.modules is deleted", "del sys.modules; tell('other')"),
    ("no permission", "os.chmod(here / 'other.py', 0); tell('other')"),
    ("bytecode is newer", "import py_compile; write('other.py', 'VALUE = 7', 1_650_000_000);"
     "py_compile.compile(here / 'other.py'); write('other.py', 'VALUE = 8', 1_650_000_000);"
     "tell('other')"),
    ("bytecode unchecked", "import py_compile; write('other.py', 'VALUE = 7');"
     "py_compile.compile(here / 'other.py', invalidation_mode="
     "py_compile.PycInvalidationMode.UNCHECKED_HASH); write('other.py', 'VALUE = 8');"
     "tell('other')"),
    ("the path of the cache", "sys.pycache_prefix = '/tmp/elsewhere'; tell('other')"),
    ("sys.dont_write_bytecode", "sys.dont_write_bytecode = True; tell('other')"),
    ("the cache tag", "sys.implementation.cache_tag = 'mine-1'; tell('other')"),
    ("no cache tag", "sys.implementation.cache_tag = None; tell('other')"),
]


def run_steps(check, step, tap):
    title, code = step
    with harness.Sandbox() as sandbox:
        outcomes = []
        for program in (harness.PYTHON, harness.PYSTART):
            shutil.rmtree(sandbox.path / "app", ignore_errors=True)
            write_package(sandbox, "app", {
                "main.py": RUNNING + code.replace(";", "\n") + "\n",
                "known.py": "VALUE = 'known'\n", "other.py": "VALUE = 'other'\n",
                "third.py": "VALUE = 'third'\n",
                "package/__init__.py": "VALUE = 'package'\n",
                "package/inner.py": "VALUE = 'inner'\n",
                "record.py": RUNNING + "\nimport other, third, package.inner, colorsys\n"
                "tell('optional')\ntell('package.optional')\n"})
            age(sandbox.path / "app")
            if program == harness.PYTHON:
                # As found: the folder's time must be the recorded one.
                sandbox.record("-B", "app/record.py", keys=[("check", check)])
                shutil.rmtree(sandbox.path / "app/__pycache__", ignore_errors=True)
                age(sandbox.path / "app")
            outcomes.append(harness.run([program, "-B", "app/main.py"], env=sandbox.env(),
                                        cwd=sandbox.path))
        harness.compare_outcomes(tap, f"check {check}: {title}", *outcomes)


def main():
    tests = [functools.partial(run_steps, "source", step) for step in STEPS]
    wanted = sys.argv[1:]
    tests = [t for t in tests if not wanted or any(w in harness.name_of(t) for w in wanted)]
    return harness.in_parallel(lambda test, tap: test(tap), tests)


if __name__ == "__main__":
    sys.exit(main())
