# SPDX-License-Identifier: MIT
"""Programs made at random that import modules of the standard library, and change before and between
imports what an import may depend on: the environment, sys.path, the working folder, sys.modules,
functions and classes that importing uses, filters, registrations. All that such a program can see
afterwards must be as under stock. What differs between runs of stock is not compared.

`make check` tries a few, `make sequences` SEQUENCE_SCALE times as many. A failure names the number
that makes the program: `sequences.py NUMBER...` runs it again, `sequences.py -p NUMBER` prints it.
"""

import functools
import json
import os
import pathlib
import random
import sys
from collections import Counter

import harness

SCALE = int(os.environ.get("SEQUENCE_SCALE") or 1)
FIRST = int(os.environ.get("SEQUENCE_FIRST") or 1)
COUNT = 12
OBSERVER = harness.HERE.joinpath("observing.py").read_text()

MODULES = """
_pydecimal abc argparse ast asyncio base64 bdb bisect calendar cmd code codecs collections
collections.abc colorsys compileall concurrent.futures configparser contextlib contextvars copy csv
ctypes dataclasses datetime decimal difflib dis doctest email email.message email.mime.text
email.parser encodings.idna encodings.latin_1 enum filecmp fnmatch fractions ftplib functools getopt
getpass gettext glob graphlib gzip hashlib heapq hmac html html.parser http http.client http.cookies
http.server imaplib importlib.metadata importlib.resources importlib.util inspect io ipaddress json
json.tool keyword linecache locale logging logging.config logging.handlers lzma mailbox mimetypes
modulefinder multiprocessing multiprocessing.pool netrc ntpath numbers operator optparse os pathlib
pdb pickle pickletools pkgutil platform plistlib pprint profile pstats pydoc queue quopri random re
reprlib rlcompleter runpy sched secrets selectors shelve shlex shutil signal smtplib socket
socketserver sqlite3 ssl stat statistics string stringprep struct subprocess symtable sysconfig
tarfile tempfile textwrap threading timeit token tokenize trace traceback tracemalloc types typing
unittest unittest.mock urllib.error urllib.parse urllib.request uuid venv warnings wave weakref
webbrowser wsgiref.simple_server xml.dom.minidom xml.etree.ElementTree xml.sax xmlrpc.client zipapp
zipfile zipimport zoneinfo
""".split()
ABSENT = ["no_such_module", "json.no_such_part", "email.mime.nothing", "os.nothing", "_winapi", "nt"]

IMPORTS = [
    "import {module}",
    "import {module}, {other}",
    "import {module} as found; assert found is sys.modules[{module!r}]",
    "from {module} import *",
    "from {module} import no_such_name",
    "importlib.import_module({module!r})",
    "__import__({module!r}, fromlist=['x'])",
    "importlib.util.find_spec({module!r})",
    "importlib.reload(importlib.import_module({module!r}))",
    "in_thread(lambda: importlib.import_module({module!r}))",
    "import {absent}",
    "list(pkgutil.iter_modules())[:0]",
]

CHANGES = [
    # the process
    "os.environ[{variable!r}] = {value!r}",
    "os.environ.pop({variable!r}, None)",
    "sys.argv[:] = {words!r}",
    "os.chdir({folder!r})",
    "os.umask(0o27)",
    "sys.setrecursionlimit(700)",
    "sys.dont_write_bytecode = not sys.dont_write_bytecode; sys.dont_write_bytecode = True",
    "sys.pycache_prefix = '/nowhere'",
    "sys.setswitchinterval(0.001)",
    "sys.stdout = io.StringIO()",
    # where modules are found
    "sys.path.insert(0, {folder!r})",
    "sys.path.insert(1, {folder!r})",
    "sys.path.append({folder!r})",
    "sys.path.insert(0, '')",
    "sys.path.insert(0, 'relative')",
    "sys.path.insert(0, {zip!r})",
    "sys.path.insert(0, b'bytes')",
    "sys.path.insert(0, None)",
    "sys.path.reverse()",
    "sys.path = list(sys.path)",
    "sys.path = tuple(sys.path)",
    "sys.path.remove(sys.path[-1])",
    "sys.path_importer_cache.clear()",
    "importlib.invalidate_caches()",
    "sys.path_hooks.append(no_hook)",
    "sys.path_hooks.insert(0, no_hook)",
    "sys.meta_path.insert(0, Asked())",
    "sys.meta_path.append(Asked())",
    "sys.meta_path[:] = [*sys.meta_path]",
    "write({folder!r}, {top!r} + '.py', 'HERE = 1\\n')",
    "remove({folder!r}, {top!r} + '.py')",
    # sys.modules
    "sys.modules[{module!r}] = None",
    "sys.modules[{module!r}] = types.ModuleType({module!r})",
    "sys.modules[{module!r}] = object()",
    "sys.modules.pop({module!r}, None)",
    "sys.modules.pop({top!r}, None)",
    "sys.modules.setdefault({top!r}, types.SimpleNamespace(__path__=[]))",
    # what importing uses
    "wrap(builtins, '__import__')",
    "wrap(builtins, 'exec')",
    "wrap(builtins, 'compile')",
    "wrap(builtins, 'open')",
    "wrap(os, 'stat')",
    "wrap(os, 'listdir')",
    "wrap(io, 'open_code')",
    "wrap(importlib._bootstrap, '_find_spec')",
    "wrap(importlib._bootstrap, '_call_with_frames_removed')",
    "wrap(importlib._bootstrap, '_handle_fromlist')",
    "wrap(importlib._bootstrap_external, '_path_stat')",
    "wrap(importlib._bootstrap_external.SourceFileLoader, 'get_data')",
    "wrap(importlib._bootstrap_external.SourceLoader, 'get_code')",
    "wrap(importlib._bootstrap_external.FileFinder, 'find_spec')",
    "wrap(importlib._bootstrap_external.PathFinder, 'invalidate_caches')",
    "wrap(importlib.machinery.ModuleSpec, '__init__')",
    "importlib.machinery.SOURCE_SUFFIXES.append('.pyx')",
    # what modules use when they are imported
    "import re; wrap(re, 'compile')",
    "import re; wrap(re._compiler, '_code')",
    "import re; wrap(re._parser, 'parse')",
    "import re; re.purge()",
    "import collections; wrap(collections, 'namedtuple')",
    "import functools; wrap(functools, 'wraps')",
    "import dataclasses; wrap(dataclasses, 'dataclass')",
    "import enum; wrap(enum, 'unique')",
    "import typing; wrap(typing, 'NamedTuple')",
    "import abc; wrap(abc.ABCMeta, 'register')",
    "wrap(types, 'new_class')",
    # registrations and filters
    "import warnings; warnings.simplefilter({filter!r})",
    "import warnings; warnings.filterwarnings({filter!r}, 'x', DeprecationWarning)",
    "import atexit; atexit.register(print, 'at exit', file=sys.stderr)",
    "import codecs; codecs.register(lambda name: None)",
    "import copyreg; copyreg.pickle(Asked, lambda asked: (Asked, ()))",
    "import collections.abc; collections.abc.Mapping.register(Asked)",
    "import locale; locale.setlocale(locale.LC_ALL, 'C')",
    "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
    "sys.addaudithook(lambda *args: None)",
    "sys.setprofile(lambda *args: None)",
    "sys.settrace(None)",
    # the collector
    "gc.disable()",
    "gc.enable()",
    "gc.set_threshold({number})",
    "gc.collect(); gc.freeze()",
    "gc.collect()",
    "classes(object)",
    "classes(importlib.machinery.PathFinder)",
]

PROLOGUE = """
import _ast  # its many types, made between steps, would have the collector of one side run then
import builtins, gc, importlib, importlib.machinery, io, os, sys, threading, types
STDOUT = sys.stdout
SAID = []
def say(*words):
    SAID.append(" ".join(map(str, words)))
class Asked:
    names = []
    def find_spec(self, name, path=None, target=None):
        self.names.append(name)
def no_hook(entry):
    raise ImportError
def wrap(owner, name):
    stock = vars(owner)[name]
    call = stock.__func__ if hasattr(stock, "__func__") else stock
    def wrapper(*args, **keywords):
        if name not in READING and "_io" not in args:
            CALLS.append(name)
        return call(*args, **keywords)
    wrapper.__wrapped__ = call
    setattr(owner, name, type(stock)(wrapper) if hasattr(stock, "__func__") else wrapper)
CALLS = []
# How often files are looked at is what a bundle changes; reading one in stock's way imports _io.
READING = ("_path_stat", "stat", "listdir", "open", "open_code", "get_data")
def in_thread(call):
    thread = threading.Thread(target=attempt, args=(call,))
    thread.start()
    thread.join()
def attempt(call):
    try:
        call()
    except BaseException as error:
        say(type(error).__name__, str(error)[:300])
def classes(cls):
    return len(cls.__subclasses__())
def write(*parts):
    with io.FileIO(os.path.join(*parts[:-1]), "w") as file:
        file.write(parts[-1].encode())
def remove(*parts):
    os.remove(os.path.join(*parts))
def step(text):
    names = {"pkgutil": sys.modules.get("pkgutil")}
    attempt(lambda: EXEC(text, globals()))
EXEC = exec
"""

EPILOGUE = """
sys.setprofile(None)
STDOUT.write(observe({
    "said": SAID, "asked": Asked.names, "calls": CALLS, "path": list(map(repr, sys.path)),
    "modules": list(sys.modules), "folder": os.getcwd()}))
STDOUT.flush()
"""


class Maker:
    """Makes one program of a number, for folders below `folder`."""

    def __init__(self, number, folder):
        self.random = random.Random(number)
        self.folder = str(folder)

    def fill(self, template):
        pick = self.random.choice
        module = pick(MODULES)
        return template.format(
            module=module, other=pick(MODULES), absent=pick(ABSENT), top=module.split(".")[0],
            variable=pick(["HOME", "TZ", "LANG", "PYTHONWARNINGS", "TERM", "PATH", "TMPDIR", "X"]),
            value=pick(["", "/", "C", "UTC", "dumb", "/nowhere", "error"]),
            words=pick([[], [""], ["x", "-v"], ["/bin/prog", "--help"], ["-m"]]),
            folder=pick(["/", self.folder, self.folder + "/shadow", self.folder + "/none"]),
            zip=self.folder + "/archive.zip", filter=pick(["ignore", "always", "default", "error"]),
            number=pick([0, 1, 50, 700, 100000]))

    def program(self):
        lines = []
        for _ in range(self.random.randrange(4, 14)):
            templates = IMPORTS if self.random.random() < 0.55 else CHANGES
            lines.append(f"step({self.fill(self.random.choice(templates))!r})")
        return "\n".join([PROLOGUE, *lines, OBSERVER, EPILOGUE])


def flatten(value, path=()):
    """Each plain value in what a program has reported, by the way that leads to it."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return {path: value}
    flat = {path + ("length",): len(value)}
    for key, below in items:
        flat.update(flatten(below, path + (key,)))
    return flat


class Run:
    """What a program said, to be compared."""

    def __init__(self, outcome):
        self.end = (outcome.status, harness.mask_addresses(outcome.err))
        try:
            report = json.loads(outcome.out)
        except ValueError:
            report = {"out": outcome.out.decode(errors="replace")}
        self.seen = report.pop("garbage or not", {})
        self.flat = flatten(report)
        self.flat[("end",)] = repr(self.end)
        self.kept = report.get("subclasses", {})

    def left_behind(self):
        """Classes that were still among the subclasses of one, but were garbage."""
        return Counter((cls, name) for cls, names in self.seen.items()
                       for name in (Counter(names) - Counter(self.kept.get(cls, []))).elements())


def run(sandbox, number, program):
    """In a folder that is the same each time."""
    folder = sandbox.path / f"work{number}"
    harness.shutil.rmtree(folder, ignore_errors=True)
    (folder / "shadow").mkdir(parents=True)
    for name in ("string", "json", "shlex", "email"):
        (folder / "shadow" / f"{name}.py").write_text("SHADOW = True\n")
    harness.shutil.copy(sandbox.path / "archive.zip", folder)
    script = folder / "program.py"
    script.write_text(Maker(number, folder).program())
    return Run(harness.run([program, "-B", script], cwd=folder, env=sandbox.env()))


def differences(ours, stocks):
    """Where ours has what no run of stock has."""
    found = []
    for path in sorted({*ours.flat, *stocks[0].flat}, key=str):
        values = [stock.flat.get(path) for stock in stocks]
        if ours.flat.get(path) not in values:
            found.append((path, values[0], ours.flat.get(path)))
    return found


def varies(path, stocks):
    """Whether runs of stock differ there, or where the way forks that leads there."""
    for end in range(len(path), 0, -1):
        for key in (path[:end], path[:end] + ("length",)):
            if len({json.dumps(stock.flat.get(key)) for stock in stocks}) > 1:
                return True
    return False


def check(number, tap, *, sandbox):
    stocks = [run(sandbox, number, harness.PYTHON) for _ in range(2)]
    ours = run(sandbox, number, harness.PYSTART)
    if differences(ours, stocks) or ours.left_behind() - stocks[0].left_behind():
        stocks += [run(sandbox, number, harness.PYTHON) for _ in range(3)]
    notes = [f"{'.'.join(map(str, path))}: stock {str(stock)[:300]}, pystart {str(own)[:300]}"
             for path, stock, own in differences(ours, stocks) if not varies(path, stocks)]
    garbage = ours.left_behind()
    for stock in stocks:
        garbage -= stock.left_behind()
    notes += [f"stock has collected {name}, below {cls}" for cls, name in garbage]
    tap.result(not notes, f"sequence {number}", *notes[:30])


def main():
    harness.leave_to_plain_build()
    if sys.argv[1:2] == ["-p"]:
        print(Maker(int(sys.argv[2]), pathlib.Path("/tmp/work")).program())
        return 0
    numbers = list(map(int, sys.argv[1:])) or list(range(FIRST, FIRST + COUNT * SCALE))
    with harness.Sandbox() as sandbox:
        sandbox.write("all.py", "".join(f"try: import {name}\nexcept ImportError: pass\n"
                                        for name in MODULES + ABSENT))
        sandbox.record("all.py")
        harness.shutil.make_archive(str(sandbox.path / "archive"), "zip",
                                    sandbox.write("in/zipped.py", "HERE = 2\n").parent)
        return harness.in_parallel(functools.partial(check, sandbox=sandbox), numbers)


if __name__ == "__main__":
    sys.exit(main())
