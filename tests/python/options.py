# SPDX-License-Identifier: MIT
"""Every option and environment variable of the interpreter works as under stock."""

import os
import re
import shutil
import sys
import zipfile

import harness

TELL = """
import sys, os
import json, argparse, support.classes
print(__name__, sys.argv, sys.orig_argv, sys.flags, sys._xoptions, sys.path, sys.warnoptions)
print(list(sys.modules), json.__spec__, json.loads.__code__.co_filename, json.__doc__)
print(list(os.environ.items()), sys.pycache_prefix, sys.stdout.encoding, sys.stdout.errors)
print(support.classes.__spec__, json.JSONDecoder.decode.__doc__)
"""


# From Python 3.15 on, imports can be put off until their names are used.
LAZY = TELL.replace("print(__name__", "print(sorted(getattr(sys, 'lazy_modules', ())), 'json' in sys.modules)\n"
                    "print(__name__", 1)


def refusal(err):
    """That the bundle which was named cannot be used is said in one line; stock does not say it."""
    return re.sub(rb"^pystart: .*test\.pyb: .*; starting without it\n", b"", err, flags=re.M)


def told(err):
    """Of -v and -X importtime, which tell addresses and times: all else, but for a refusal."""
    return re.sub(rb"0x[0-9a-f]+|^import time: +\d+ \| +\d+", b"", refusal(err), flags=re.M)


# description, arguments, further keywords of harness.compare()
CASES = [
    ("-c", ["-c", TELL, "a", "-b"], {}),
    ("-c with nothing to do", ["-c", "pass"], {}),
    ("-c glued to its command", ["-c" + TELL], {}),
    ("-c without a command", ["-c"], {}),
    ("-m package", ["-m", "support", "one", "two"], {}),
    ("-m module", ["-m", "json.tool", "--sort-keys"], {"stdin": b'{"b": 1, "a": 2}'}),
    ("-m of nothing", ["-m", "there_is_no_such_module"], {}),
    ("-m package without __main__", ["-m", "email"], {}),
    ("a script", ["tell.py", "-c", "x"], {}),
    ("a script that is not there", ["nothing.py"], {}),
    ("a folder that is no program", ["support/data"], {}),
    ("a package's folder", ["support"], {}),
    ("a zip archive", ["tell.zip", "x"], {}),
    ("standard input", [], {"stdin": TELL.encode()}),
    ("- for standard input", ["-", "x"], {"stdin": TELL.encode()}),
    ("-i after a command", ["-i", "-c", TELL], {"stdin": b"print(len(json.dumps(1)))\n"}),
    ("-i after a failure", ["-i", "-c", "1/0"], {"stdin": b"import json; print(json)\n"}),
    ("-I", ["-I", "-c", TELL.replace(", support.classes", "").split("print(support")[0]], {}),
    ("-E", ["-E", "-c", TELL], {"extra": {"PYTHONPATH": "/nowhere", "PYTHONUTF8": "1"}}),
    ("-S", ["-S", "-c", TELL], {}),
    ("-s", ["-s", "-c", TELL], {}),
    ("-B", ["-B", "-c", TELL], {}),
    ("-O", ["-O", "-c", TELL], {"only": refusal}),
    ("-OO", ["-OO", "-c", TELL], {"only": refusal}),
    ("-P", ["-P", "-c", "import sys, json; print(sys.path, json)"], {}),
    ("-b", ["-b", "-c", TELL + "\nprint(b'' == '')"], {}),
    ("-bb", ["-bb", "-c", TELL + "\nprint(b'' == '')"], {}),
    ("-d", ["-d", "-c", "import json"], {}),
    ("-q", ["-q", "-c", TELL], {}),
    ("-u", ["-u", "-c", TELL], {}),
    ("-x", ["-x", "skipped.py"], {}),
    ("-W", ["-W", "error", "-W", "ignore::UserWarning", "-c", TELL], {}),
    ("-W nonsense", ["-W", "nonsense", "-c", TELL], {}),
    ("-X dev", ["-X", "dev", "-c", TELL], {}),
    ("-X utf8", ["-X", "utf8=0", "-c", TELL], {"extra": {"LC_ALL": "C"}}),
    ("-X faulthandler", ["-Xfaulthandler", "-c", TELL], {}),
    ("-X frozen_modules=off", ["-X", "frozen_modules=off", "-c", TELL], {}),
    ("-X no_debug_ranges", ["-X", "no_debug_ranges", "-c", TELL], {"only": refusal}),
    ("-X pycache_prefix", ["-X", "pycache_prefix=cache", "-c", TELL], {"only": refusal}),
    ("-X of one's own", ["-X", "mine=1", "-Xyours", "-c", TELL], {}),
    ("-X tracemalloc", ["-X", "tracemalloc", "-c", TELL], {}),
    ("-X warn_default_encoding", ["-X", "warn_default_encoding", "-c", TELL], {}),
    ("-X lazy_imports", ["-X", "lazy_imports=all", "-c", LAZY], {}),
    ("-X lazy_imports, normal", ["-X", "lazy_imports=normal", "-c", LAZY], {}),
    ("-X lazy_imports, of a wrong value", ["-X", "lazy_imports=perhaps", "-c", LAZY], {}),
    ("-X importtime", ["-X", "importtime", "-c", TELL], {"only": told}),
    ("-X importtime=2", ["-X", "importtime=2", "-c", TELL], {"only": told}),
    ("-v", ["-v", "-c", TELL], {"only": told}),
    ("--version", ["--version"], {}),
    ("-VV", ["-VV"], {}),
    ("--help", ["--help"], {}),
    ("--help-env", ["--help-env"], {}),
    ("--check-hash-based-pycs", ["--check-hash-based-pycs", "always", "-c", TELL], {}),
    ("an unknown option", ["--unknown"], {}),
    ("an unknown letter", ["-Z"], {}),
    ("-X without argument", ["-X"], {}),
    ("several letters", ["-sBuc", TELL], {}),
    ("PYTHONPATH", ["-c", TELL], {"extra": {"PYTHONPATH": "first:second"}}),
    ("PYTHONHASHSEED", ["-c", TELL + "print({'a', 'b', 'c'}, hash('x'))"],
     {"extra": {"PYTHONHASHSEED": "7"}}),
    ("PYTHONSTARTUP", ["-i", "-c", "pass"],
     {"extra": {"PYTHONSTARTUP": "tell.py"}, "stdin": b"print(__name__)\n"}),
    ("PYTHONDONTWRITEBYTECODE", ["-c", TELL], {"extra": {"PYTHONDONTWRITEBYTECODE": "1"}}),
    ("PYTHONOPTIMIZE", ["-c", TELL], {"extra": {"PYTHONOPTIMIZE": "2"}, "only": refusal}),
    ("PYTHONPYCACHEPREFIX", ["-c", TELL],
     {"extra": {"PYTHONPYCACHEPREFIX": "cache"}, "only": refusal}),
    ("PYTHONSAFEPATH", ["-c", "import sys; print(sys.path)"], {"extra": {"PYTHONSAFEPATH": "1"}}),
    ("PYTHONNOUSERSITE", ["-c", TELL], {"extra": {"PYTHONNOUSERSITE": "1"}}),
    ("PYTHONWARNINGS", ["-c", TELL], {"extra": {"PYTHONWARNINGS": "error"}}),
    ("PYTHONIOENCODING", ["-c", TELL], {"extra": {"PYTHONIOENCODING": "latin-1:replace"}}),
    ("PYTHON_LAZY_IMPORTS", ["-c", LAZY], {"extra": {"PYTHON_LAZY_IMPORTS": "all"}}),
    ("PYTHONDEVMODE", ["-c", TELL], {"extra": {"PYTHONDEVMODE": "1"}}),
    ("PYTHONVERBOSE", ["-c", TELL], {"extra": {"PYTHONVERBOSE": "1"}, "only": told}),
    ("PYTHONINSPECT", ["-c", TELL], {"extra": {"PYTHONINSPECT": "1"}, "stdin": b"print(2)\n"}),
    ("PYTHONHOME of nothing", ["-c", TELL], {"extra": {"PYTHONHOME": "/nowhere"}}),
    ("PYTHONMALLOC", ["-c", TELL], {"extra": {"PYTHONMALLOC": "debug"}}),
    ("the user's LD_PRELOAD", ["-c", TELL], {"extra": {"LD_PRELOAD": "libm.so.6"}}),
    ("an empty LD_PRELOAD", ["-c", TELL], {"extra": {"LD_PRELOAD": ""}}),
    ("LC_ALL=C", ["-c", TELL], {"extra": {"LC_ALL": "C"}}),
    ("LC_ALL=POSIX and bytes that are no text", ["-c", TELL, b"\xff\xfe"],
     {"extra": {"LC_ALL": "POSIX"}}),
    ("a syntax error", ["-c", "x = = 1"], {}),
    ("an exception", ["-c", "import json; json.loads('x')"], {}),
    ("a signal", ["-c", "import os, json; os.kill(os.getpid(), 15)"], {}),
    ("closed standard input", ["-c", TELL], {"preexec_fn": lambda: os.close(0)}),
    ("two closed descriptors", ["-c", TELL], {"preexec_fn": lambda: os.closerange(0, 2)}),
]


def prepare(sandbox):
    sandbox.write("tell.py", TELL)
    sandbox.write("skipped.py", "this is no Python\n" + TELL)
    source = harness.HERE / "cases/support"
    shutil.copytree(source, sandbox.path / "support", ignore=shutil.ignore_patterns("__pycache__"))
    with zipfile.ZipFile(sandbox.path / "tell.zip", "w") as archive:
        archive.writestr("__main__.py", TELL.replace(", support.classes", "")
                         .split("print(support")[0])
    sandbox.record("-c", TELL + "import json.tool, runpy")


def main():
    wanted = sys.argv[1:]
    with harness.Sandbox() as sandbox:
        prepare(sandbox)

        def check(case, tap):
            description, args, keywords = case
            keywords = dict(keywords)
            extra = keywords.pop("extra", {})
            if harness.SANITIZED and "LD_PRELOAD" in extra:
                return tap.skip(description, "the sanitizers need LD_PRELOAD themselves")
            harness.compare(tap, sandbox, description, args, env=sandbox.env(**extra), **keywords)

        return harness.in_parallel(check, [c for c in CASES if not wanted or c[0] in wanted])


if __name__ == "__main__":
    sys.exit(main())
