# SPDX-License-Identifier: MIT
"""The standard library's own tools that read, run, compile, find or watch modules."""

import re
import shutil
import subprocess
import sys

import harness

APP = {
    "app/main.py": "import helper\nimport package.inner\n\n\ndef main():\n    \"\"\"Twice two.\n\n"
                   "    >>> main()\n    4\n    \"\"\"\n    print(helper.double(2))\n\n\n"
                   "if __name__ == '__main__':\n    main()\n",
    "app/helper.py": "\"\"\"Helps.\n\n>>> double(3)\n6\n\"\"\"\n\nimport json\n\n\ndef double(x):\n"
                     "    return 2 * x\n",
    "app/package/__init__.py": "\"\"\"A package.\"\"\"\n",
    "app/package/inner.py": "import functools\n\n\nclass Inner:\n    \"\"\"Within.\"\"\"\n\n"
                            "    def method(self, *, key=None):\n        return key\n",
    "app/package/__main__.py": "import sys\nimport package.inner\nprint(sys.argv, __spec__)\n",
    "app/test_helper.py": "import unittest\n\nimport helper\n\n\nclass Test(unittest.TestCase):\n"
                          "    def test_double(self):\n        self.assertEqual(helper.double(2), 4)"
                          "\n\n    def test_fails(self):\n        self.assertEqual(helper.double(2), "
                          "5)\n",
}
PDB = b"break helper.py:10\ncontinue\nwhere\nlist\nargs\nup\np x if 'x' in dir() else 0\ndown\n" \
      b"step\nreturn\nimport package.inner\np package.inner.Inner\ncontinue\nquit\n"
FINDER = """
import modulefinder, sys
finder = modulefinder.ModuleFinder()
finder.run_script("app/main.py")
for name, module in sorted(finder.modules.items()):
    print(name, module.__file__, module.__path__, sorted(module.globalnames)[:5])
print(sorted(finder.badmodules))
"""
BROWSE = """
import pyclbr, pkgutil, importlib, sys, runpy, ast, symtable, tokenize, inspect, dis, linecache
sys.path.insert(0, "app")
for name in ("package.inner", "helper", "email.message", "json.decoder"):
    for key, value in sorted(pyclbr.readmodule_ex(name).items()):
        print(name, key, type(value).__name__, value.file, value.lineno)
    source = inspect.getsource(importlib.import_module(name))
    print(len(source), len(ast.dump(ast.parse(source))))
import package.inner
dis.dis(package.inner.Inner.method)
print(inspect.signature(package.inner.Inner.method), inspect.getsourcelines(package.inner.Inner))
print(inspect.getmodulename(package.inner.__file__), inspect.getabsfile(package.inner))
print([m.name for m in pkgutil.iter_modules(["app"])], pkgutil.find_loader("helper"))
print(sorted(m.name for m in pkgutil.walk_packages(["app"])))
print(linecache.getlines(package.inner.__file__)[:2], linecache.checkcache())
"""
COMPILE = """
import compileall, py_compile, os, sys, importlib.util, marshal, pathlib
print(compileall.compile_dir("app", quiet=1, force=True))
print(py_compile.compile("app/helper.py", cfile="helper.pyc"))
for path in sorted(pathlib.Path("app").rglob("*.pyc")):
    data = path.read_bytes()
    print(path, data[:4] == importlib.util.MAGIC_NUMBER, data[4:8], marshal.loads(data[16:]).co_name)
print(importlib.util.cache_from_source("app/helper.py"), importlib.util.source_from_cache(
    importlib.util.cache_from_source("/app/helper.py")))
"""
PROFILE = """
import cProfile, pstats, io, sys, trace, tracemalloc
sys.path.insert(0, "app")
profile = cProfile.Profile()
profile.enable()
import helper, package.inner, wave
profile.disable()
stats = pstats.Stats(profile, stream=sys.stdout)
for key, value in sorted(stats.stats.items()):
    print(key[0].rpartition("/")[2], key[1:], value[:2])
for name in ("helper", "package", "package.inner"):
    del sys.modules[name]
tracer = trace.Trace(count=1, trace=0, countfuncs=0)
tracer.runfunc(__import__, "helper")
print(sorted((k[0].rpartition("/")[2], k[1], v) for k, v in tracer.results().counts.items()
             if "app" in k[0]))
"""
MEMORY = """
import tracemalloc
tracemalloc.start(5)
import json.tool, sys
sys.path.insert(0, "app")
import helper
snapshot = tracemalloc.take_snapshot()
print(sorted({f.filename for s in snapshot.statistics("traceback") for f in s.traceback
       if f.filename.endswith(("helper.py", "tool.py"))}))
"""
FAULT = "import faulthandler, sys; faulthandler.enable(); sys.path.insert(0, 'app')\n" \
        "import helper\nhelper.f = lambda: faulthandler.dump_traceback()\nhelper.f()\n" \
        "exec('import os; os.abort()')\n"
SITE = "import site, sysconfig; print(site.getsitepackages(), site.getusersitepackages());" \
       "print(sysconfig.get_paths(), sorted(sysconfig.get_config_vars())[:50])"

def without_importer(text):
    """From 3.14 on faulthandler prints the C stack, too, and the importer is on it."""
    return b"".join(line for line in text.splitlines(True) if b"/pystart.cpython-" not in line)


# description, arguments, further keywords of harness.compare()
CASES = [
    ("modulefinder", ["-c", FINDER], {}),
    ("modulefinder as a program", ["-m", "modulefinder", "app/main.py"], {}),
    ("pyclbr, inspect, pkgutil", ["-c", BROWSE], {}),
    ("compileall and py_compile", ["-c", COMPILE], {}),
    ("-m compileall", ["-m", "compileall", "-f", "app"], {}),
    ("-m py_compile", ["-m", "py_compile", "app/helper.py", "app/nothing.py"], {}),
    ("cProfile", ["-c", PROFILE], {}),
    ("tracemalloc", ["-c", MEMORY], {}),
    ("faulthandler", ["-c", FAULT], {"only": without_importer}),
    ("site and sysconfig", ["-c", SITE], {}),
    ("-m site", ["-m", "site"], {}),
    ("-m sysconfig", ["-m", "sysconfig"], {}),
    ("-m pydoc of a module", ["-m", "pydoc", "app/helper.py"], {}),
    ("-m pydoc of the library", ["-m", "pydoc", "json.decoder"], {}),
    ("-m pydoc of importlib", ["-m", "pydoc", "importlib._bootstrap"], {}),
    ("-m pydoc of its other half", ["-m", "pydoc", "importlib._bootstrap_external"], {}),
    ("-m doctest", ["-m", "doctest", "-v", "app/helper.py"], {}),
    ("-m pdb", ["-m", "pdb", "app/main.py"], {"stdin": PDB}),
    ("breakpoint", ["-c", "import sys; sys.path.insert(0, 'app'); import helper; breakpoint()"],
     {"stdin": PDB}),
    ("-m unittest", ["-m", "unittest", "discover", "-s", "app"], {}),
    ("-m unittest, verbose", ["-m", "unittest", "-v", "app/test_helper.py"], {}),
    ("-m trace", ["-m", "trace", "--listfuncs", "--trackcalls", "app/main.py"], {}),
    ("-m trace, lines", ["-m", "trace", "--trace", "app/main.py"], {}),
    ("-m dis", ["-m", "dis", "app/main.py"], {}),
    ("-m ast", ["-m", "ast", "app/main.py"], {}),
    ("-m inspect", ["-m", "inspect", "json.decoder:JSONDecoder"], {}),
    ("-m inspect --details", ["-m", "inspect", "--details", "json.decoder:JSONDecoder"], {}),
    ("-m tabnanny", ["-m", "tabnanny", "-v", "app"], {}),
    ("-m zipapp", ["-m", "zipapp", "app", "-m", "main:main", "-o", "made.pyz"], {}),
    ("an application in a zip", ["made.pyz"], {}),
    ("-m package", ["-m", "package", "x"], {"cwd": "app"}),
    ("-m module", ["-m", "main", "x"], {"cwd": "app"}),
    ("-m runpy", ["-m", "runpy", "json.tool", "-h"], {}),
    ("-m calendar", ["-m", "calendar", "2020", "1"], {}),
    ("-m platform", ["-m", "platform"], {}),
    ("-m this", ["-m", "this"], {}),
    ("-m code", ["-m", "code"], {"stdin": b"import sys\nsys.path.insert(0, 'app')\nimport helper\n"
                                          b"helper.double(4)\nimport nothing\n1/0\n"}),
    ("-m asyncio", ["-m", "asyncio"], {"stdin": b"import json\njson.dumps(1)\n"}),
    ("-m coverage", ["-m", "coverage", "run", "app/main.py"], {"needs": "coverage"}),
    ("-m pkg_resources", ["-c", "import pkg_resources, sys; print([str(d) for d in sorted("
                          "pkg_resources.working_set)][:9], pkg_resources.resource_listdir('json',"
                          " '')[:0], pkg_resources.resource_exists('email', 'message.py'))"],
     {"needs": "pkg_resources"}),
    ("-m pip list", ["-m", "pip", "list", "--disable-pip-version-check"], {"needs": "pip"}),
    ("-m pytest", ["-m", "pytest", "-q", "-p", "no:cacheprovider", "app/test_helper.py"],
     {"needs": "pytest"}),
]


def steady(text):
    """Without times."""
    return re.sub(rb"\d+\.\d+ ?s(econds)?", b"0.00s", text)


def has(module):
    return subprocess.run([harness.PYTHON, "-c", f"import {module}"], capture_output=True,
                          env=harness.clean_environment()).returncode == 0


def prepare(sandbox):
    for name, text in APP.items():
        sandbox.write(name, text)


def check(case, tap):
    description, args, keywords = case
    keywords = dict(keywords)
    needed, only = keywords.pop("needs", None), keywords.pop("only", None)
    if needed and not has(needed):
        return tap.skip(description, f"{needed} is not installed")
    with harness.Sandbox() as sandbox:
        prepare(sandbox)
        if args[0] == "made.pyz":
            harness.must([harness.PYTHON, "-m", "zipapp", sandbox.path / "app", "-m", "main:main",
                          "-o", sandbox.path / "made.pyz"])
        cwd = sandbox.path / keywords.pop("cwd", ".")
        sandbox.record(*args, cwd=cwd, stdin=keywords.get("stdin", b""))
        outcomes = []
        for program in (harness.PYTHON, harness.PYSTART):
            # Each side begins with the same files: those that it writes are part of the result.
            for path in (*sandbox.path.rglob("__pycache__"), sandbox.path / ".coverage"):
                shutil.rmtree(path, ignore_errors=True)
            outcome = harness.run([program, *args], env=sandbox.env(), cwd=cwd, **keywords)
            outcomes.append(harness.Outcome(outcome.status, steady(outcome.out),
                                            steady(outcome.err)))
        harness.compare_outcomes(tap, description, *outcomes, only=only)
        served = sandbox.served(args, cwd=cwd, **keywords)
        # A tracer or a profiler makes that everything is left to importlib.
        tap.result(served is not None or outcome.status < 0, f"{description}: with the bundle", f"served: {served}")


def main():
    wanted = sys.argv[1:]
    return harness.in_parallel(check, [c for c in CASES if not wanted or c[0] in wanted])


if __name__ == "__main__":
    harness.leave_to_plain_build()
    sys.exit(main())
