# SPDX-License-Identifier: MIT
"""Scripts made at random, which begin with imports of all forms, from the standard library and from modules made at
random, and then look at what they have got: with a snapshot that has these imports (`pybundle record` and build, as a
user does it) they print what they print under stock. A part of the modules does what a snapshot cannot have; then it is
one for any program.

`make check` tries a few, `make first-imports` FIRST_IMPORTS_SCALE times as many. A failure names the number of the script,
and FIRST_IMPORTS_FIRST=NUMBER begins there. KEEP=FOLDER leaves the scripts there.
"""

import os
import random
import re
import shutil
import sys
import time
from pathlib import Path

import harness
from first_imports_state import REST
from resume import GONE_ON, LINES

COUNT = 3
SCALE = int(os.environ.get("FIRST_IMPORTS_SCALE") or 1)
FIRST = int(os.environ.get("FIRST_IMPORTS_FIRST") or 1)
KEEP = os.environ.get("KEEP")
MODULES = b"which has [0-9]+ modules"

LIBRARY = """argparse array ast asyncio base64 bisect calendar cmath codecs collections.abc concurrent.futures configparser
contextlib copy csv ctypes dataclasses datetime decimal difflib dis email.message email.policy enum fnmatch fractions functools
getpass gettext glob gzip hashlib heapq html.parser http.client http.cookies importlib.metadata importlib.resources
importlib.util inspect io ipaddress itertools json json.decoder linecache locale logging logging.handlers mimetypes
multiprocessing numbers operator optparse pathlib pickle pkgutil platform pprint queue random re reprlib sched secrets
selectors shelve shlex shutil signal socket sqlite3 ssl stat statistics string struct subprocess sysconfig tarfile tempfile
textwrap threading timeit tokenize traceback types typing unicodedata unittest unittest.mock urllib.parse urllib.request uuid
warnings weakref xml.dom.minidom xml.etree.ElementTree zipfile zlib""".split()

# Bodies of modules; {n} is a number of the module's own. The second is what the script prints of it, M being the module.
HARMLESS = [
    ("VALUE = {n}\ndef f(x={n}):\n    return x + VALUE\n", "M.f(), M.f.__defaults__"),
    ("class Base:\n    kinds = []\n    def __init_subclass__(cls):\n        Base.kinds.append(cls.__name__)\n"
     "class One(Base): pass\nclass Two(One): x = {n}\n", "M.Base.kinds, M.Two.__mro__[1].__name__, M.Two.x"),
    ("import re\nWORD = re.compile('a{{{n}}}|b+')\n", "bool(M.WORD.match('b')), M.WORD.pattern"),
    ("import dataclasses\n@dataclasses.dataclass(order=True)\nclass Point:\n    x: int = {n}\n    y: int = 2\n",
     "M.Point(), M.Point(3) < M.Point(4)"),
    ("import collections\nPair = collections.namedtuple('Pair', 'a b')\n", "M.Pair(1, {n})._asdict()"),
    ("import enum\nclass Colour(enum.Enum):\n    RED = {n}\n    BLUE = enum.auto()\n", "list(M.Colour), M.Colour(M.Colour.RED.value)"),
    ("import logging\nlog = logging.getLogger(__name__)\nlog.addHandler(logging.NullHandler())\n",
     "M.log.name, len(M.log.handlers), M.log.getEffectiveLevel()"),
    ("import os\nCHOICE = os.environ.get('PYSTART_T_CHOICE', 'none')\n", "M.CHOICE"),
    ("import os\nIS_THERE = os.path.exists(os.path.join(os.path.dirname(__file__), 'data{n}'))\n", "M.IS_THERE"),
    ("import sys\nimport types\nmade = types.ModuleType('made{n}')\nmade.VALUE = {n}\nsys.modules['made{n}'] = made\n",
     "__import__('made{n}').VALUE"),
    ("import warnings\nwarnings.filterwarnings('ignore', message='number {n}')\n", "len(__import__('warnings').filters)"),
    ("import atexit\natexit.register(print, 'left', {n})\n", "{n}"),
    ("import functools\n@functools.lru_cache\ndef f(x):\n    return x * {n}\nf(2)\n", "M.f(3), M.f.cache_info()"),
    ("import copyreg\nclass Odd:\n    pass\ncopyreg.pickle(Odd, lambda odd: (Odd, ()))\n", "M.Odd in __import__('copyreg').dispatch_table"),
    ("import abc\nclass Shape(abc.ABC):\n    pass\nShape.register(int)\n", "isinstance({n}, M.Shape), isinstance('', M.Shape)"),
    ("import threading\nlock = threading.RLock()\nlocal = threading.local()\nlocal.x = {n}\n", "M.lock.acquire(), M.local.x"),
    ("import contextvars\nvar = contextvars.ContextVar('v{n}', default={n})\nvar.set({n} + 1)\n", "M.var.get()"),
    ("import weakref\nclass Node: pass\nnode = Node()\nref = weakref.ref(node)\nhidden = weakref.WeakValueDictionary(a=node)\n",
     "M.ref() is M.node, list(M.hidden)"),
    ("try:\n    import missing_{n}\nexcept ImportError as error:\n    missing_{n} = None\n    WHY = str(error)\n", "M.missing_{n}, M.WHY"),
    ("from importlib import import_module\nother = import_module('bisect')\n", "M.other.__name__"),
    ("__all__ = ['a', 'b']\na, b, c = {n}, 2, 3\n", "M.__all__, M.c"),
    ("def __getattr__(name):\n    if name == 'lazy':\n        import colorsys\n        return colorsys.__name__\n    raise AttributeError(name)\n",
     "M.lazy, hasattr(M, 'none')"),
    ("import random\nown = random.Random({n})\n", "M.own.random()"),
    ("import typing\nT = typing.TypeVar('T')\nclass Box(typing.Generic[T]):\n    x: 'T'\nAlias = typing.Dict[str, Box[int]]\n",
     "M.Alias, typing_hints(M.Box)"),
    ("import sys\nOUT = sys.stdout\ndef say(stream=sys.stderr):\n    print('said', file=stream)\n",
     "M.OUT is sys.stdout, M.say(), M.OUT.write('x\\n')"),
    ("import sys\nARGUMENTS = list(sys.argv[1:])\n", "M.ARGUMENTS, M.ARGUMENTS == sys.argv[1:]"),
    ("import codecs\ncodecs.register(lambda name: None if name != 'odd{n}' else codecs.lookup('utf-8'))\n", "'a'.encode('odd{n}')"),
    ("import gc\nbefore = gc.get_count() is not None\nfrozen = gc.get_threshold()\n", "M.before, M.frozen"),
    ("import decimal\ndecimal.getcontext().prec = {n} % 20 + 5\n", "__import__('decimal').Decimal(1) / 7"),
    ("import sys\nsys.own_{n} = {n}\n", "sys.own_{n}"),
]
HOSTILE = [
    ("import os\nPID = os.getpid()\n", "M.PID == os.getpid()"),
    ("import os\nHERE = os.getcwd()\n", "M.HERE == os.getcwd()"),
    ("import time\nWHEN = time.time()\n", "M.WHEN >= float(sys.argv[-1])"),
    ("import os\nKEY = os.urandom(8)\n", "drawn(M.KEY)"),
    ("import uuid\nKEY = uuid.uuid4()\n", "drawn(M.KEY)"),
    ("import threading\nseen = []\nthread = threading.Thread(target=seen.append, args=({n},))\nthread.start()\nthread.join()\n",
     "M.seen, M.thread.is_alive()"),
    ("import threading\nstop = threading.Event()\nthread = threading.Thread(target=stop.wait, daemon=True)\nthread.start()\n",
     "M.thread.is_alive(), len(__import__('threading').enumerate())"),
    ("import sys\nBUFFER = sys.stdout.buffer\n", "M.BUFFER is sys.stdout.buffer, M.BUFFER.write(b'y\\n')"),
    ("import sys\nclass Tee:\n    def __init__(self, to): self.to = to\n    def __getattr__(self, name): return getattr(self.to, name)\n"
     "sys.stdout = Tee(sys.stdout)\n", "type(sys.stdout).__name__"),
    ("import os\nos.environ['PYSTART_T_MADE'] = '{n}'\n", "os.environ['PYSTART_T_MADE'], os.environ.get('SOMETHING')"),
    ("import os\nALL = sorted(os.environ)\n", "M.ALL == sorted(os.environ)"),
    ("import socket\nPAIR = socket.socketpair()\n", "M.PAIR[0].send(b'z')"),
    ("import tempfile\nFILE = tempfile.TemporaryFile()\n", "M.FILE.write(b'z')"),
    ("import sys\nsys.path.append('/nowhere{n}')\n", "sys.path[-1]"),
    ("import sys\nsys.argv.append('more')\n", "sys.argv[-1]"),
    ("import __main__\n__main__.planted = {n}\n", "planted"),
    ("print('body {n}')\n", "{n}"),
    ("import random\nDRAWN = random.random()\n", "drawn(M.DRAWN)"),
    ("import signal\nOLD = signal.signal(signal.SIGUSR1, lambda *a: None)\n", "signal_is_set()"),
    ("import os\nMASK = os.umask(0o22)\nos.umask(MASK)\n", "M.MASK"),
    ("raise ImportError('number {n}')\n", "{n}"),
]

BEGIN = '''
import os, sys
def drawn(value):
    print("drawn", value)
def typing_hints(kind):
    import typing
    return sorted(typing.get_type_hints(kind, localns={"T": int}))
def signal_is_set():
    import signal
    return signal.getsignal(signal.SIGUSR1) is not signal.SIG_DFL
print(__name__, [name for name in globals()], sys.argv[1:-1], os.path.basename(os.getcwd()), os.environ.get("SOMETHING"))
'''


class Script:
    """One script in its folder; what it consists of follows from its number."""

    def __init__(self, number, place):
        self.number, self.place = number, place
        self.random = random.Random(f"first imports {number}")
        self.is_hostile = self.random.random() < 0.35
        self.names = []  # of modules, with what is printed of each
        for i in range(self.random.randint(2, 5)):
            self.add_module(f"own{i}")
        if self.random.random() < 0.8:
            self.add_package("pack")
        if self.is_hostile:
            self.add_body(f"bad{number}", self.random.choice(HOSTILE))
        self.write("tool.py", self.script())

    def write(self, name, text):
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def add_body(self, name, body, before=""):
        number = self.random.randint(1, 99)
        text, shown = (part.replace("{{", "{").replace("}}", "}").replace("{n}", str(number)) for part in body)
        self.write(name.replace(".", "/") + ".py", f"{before}{text}")
        self.names.append((name, shown))

    def add_module(self, name):
        imports = "".join(self.import_of(self.random.choice(LIBRARY)) for _ in range(self.random.randint(0, 2)))
        if self.names and self.random.random() < 0.4:
            imports += f"import {self.random.choice(self.names)[0]}\n"
        self.add_body(name, self.random.choice(HARMLESS), imports)

    def add_package(self, name):
        """With relative imports, and submodules of which its __init__ imports some."""
        for part in ("alpha", "beta"):
            before = self.random.choice(["", "from . import *\n", "from .. import pack\n" if part == "deep" else "",
                                         "from .alpha import *\n" if part == "beta" else ""])
            self.add_body(f"{name}.{part}", self.random.choice(HARMLESS), before)
        self.write(f"{name}/__init__.py", self.random.choice(
            ["", "from .alpha import *\n", "from . import beta\n", "import pack.alpha as first\n",
             "try:\n    from . import gamma\nexcept ImportError:\n    gamma = None\n",
             "def __getattr__(name):\n    if name != 'beta':\n        raise AttributeError(name)\n"
             "    import importlib\n    return importlib.import_module('pack.beta')\n"]))

    def import_of(self, name):
        """One of the forms that an import can have."""
        last = name.rpartition(".")[2]
        package = name.rpartition(".")[0]
        forms = [f"import {name}\n", f"import {name} as {last}_x\n",
                 f"try:\n    import {name}\nexcept ImportError:\n    {last} = None\n",
                 f"import sys, {name}\n", f"from {name} import *\n"]
        if package:
            forms += [f"from {package} import {last}\n", f"from {package} import {last} as {last}_y\n"]
        return self.random.choice(forms)

    def script(self):
        lines = [self.import_of(self.random.choice(LIBRARY)) for _ in range(self.random.randint(1, 8))]
        lines += [self.import_of(name) for name, _ in self.names]
        if self.random.random() < 0.5:
            self.random.shuffle(lines)
        if self.random.random() < 0.3:
            lines.insert(self.random.randint(0, len(lines)), f"VERSION = {self.number}\n")
        if self.random.random() < 0.2:
            lines.insert(0, "from __future__ import annotations\n")
        head = self.random.choice(["#!/usr/bin/python3\n", "'''A script.'''\n", "# -*- coding: utf-8 -*-\n"])
        return head + "".join(lines) + BEGIN + self.doings() + REST + self.random.choice(["", "raise SystemExit(3)\n", "1 / 0\n"])

    def doings(self):
        """What the program does; an exception is a line as any other."""
        done = [f"M = sys.modules.get('{name}')\n    print('{name}', {shown})" for name, shown in self.names]
        done += [f"import {self.random.choice(LIBRARY)}",
                 f"import importlib\n    importlib.reload(sys.modules['{self.random.choice(self.names)[0]}'])",
                 f"del sys.modules['{self.random.choice(self.names)[0]}']",
                 f"import {self.random.choice(self.names)[0]}",
                 "import threading\n    print([t.name for t in threading.enumerate()][:1])",
                 "print(len(sys.modules), list(sys.modules)[-5:], sys.flags.safe_path)",
                 "import warnings\n    warnings.warn('of the script')"]
        self.random.shuffle(done)
        return "".join(f"try:\n    {text}\nexcept Exception as error:\n    print(type(error).__name__, error)\n"
                       for text in done)


def cleaned(text):
    """Without our own words, and what is another thing in each process."""
    return [line for line in LINES.sub(b"", text).splitlines() if not line.startswith(b"drawn")]


def drawn(outcome):
    return [line for line in outcome.out.splitlines() if line.startswith(b"drawn")]


def starts(script, bundle, *, args=(), cwd="/", **extra):
    """Under stock, three times, and with the bundle; with the same variables."""
    env = harness.clean_environment(PYSTART_BUNDLE=str(bundle), PYSTART_VERBOSE="1", **extra)

    def start(program):
        return harness.run([program, script.place / "tool.py", *args, str(time.time())], cwd=cwd, env=env)
    return [start(harness.PYTHON) for _ in range(3)], start(harness.PYSTART)


def told(outcome):
    return cleaned(outcome.out) + cleaned(outcome.err)


def differences(stock, ours):
    """Lines of each that the other does not have, but for those that stock itself tells otherwise the next time: the
    order of a set, say, or when it was started."""
    first, *others = map(told, stock)
    other = told(ours)
    if len({len(each) for each in (first, *others, other)}) == 1:
        same = [len(set(lines)) == 1 for lines in zip(first, *others)]
        pairs = [pair for is_same, *pair in zip(same, first, other) if is_same and pair[0] != pair[1]]
    else:
        varying = set().union(*(set(first) ^ set(each) for each in others))
        missing, more = set(first) - set(other) - varying, set(other) - set(first) - varying
        pairs = [(line, b"") for line in missing] + [(b"", line) for line in more]
        pairs = pairs or [(b"%d lines" % len(first), b"%d lines" % len(other))]
    if not pairs and stock[0].status == ours.status:
        return None
    return stock[0].status, ours.status, *(line[:300] for pair in pairs[:5] for line in pair)


def try_script(number, tap, counts):
    with harness.Sandbox() as sandbox:
        script = Script(number, sandbox.path / "place")
        name = f"script {number}{' with what no snapshot can have' if script.is_hostile else ''}"
        manifest, bundle = sandbox.path / "tool.yaml", sandbox.path / "tool.pyb"
        environment = harness.clean_environment()
        stock = [str(time.time())]
        harness.run([harness.PYTHON, script.place / "tool.py", *stock], env=environment, cwd="/")
        recorded = harness.run([harness.PYBUNDLE, "record", "-q", f"--python={harness.PYTHON}", "-o", manifest,
                                script.place / "tool.py", *stock], env=environment, cwd="/")
        with manifest.open("a") as file:
            file.write("snapshot: auto\n")
        built = harness.run([harness.PYBUNDLE, "build", "-q", "-o", bundle, manifest], env=environment)
        tap.result(recorded.status == 0 and built.status == 0, f"{name}: is built", recorded, built)
        draws, is_used = [], True
        variants = [("alone", {}), ("in other circumstances", {"args": ["a", "--b"], "cwd": sandbox.path, "SOMETHING": "else"}),
                    ("with a variable", {"PYSTART_T_CHOICE": "this", "args": ["c"]})]
        for variant, options in variants:
            before, ours = starts(script, bundle, **options)
            found = differences(before, ours)
            tap.result(found is None, f"{name}, {variant}: as under stock", *(found or ()), built.err)
            draws.append(drawn(ours))
            if variant != "with a variable":
                is_used &= GONE_ON in ours.err and re.search(MODULES, ours.err) is not None
        lines = [line for each in draws for line in each]
        tap.result(len(set(lines)) == len(lines), f"{name}: what is drawn is another thing each time", lines)
        counts.append((script.is_hostile, is_used, built.err.decode(errors="replace").strip()[-160:]))
        if KEEP:
            shutil.copytree(script.place, Path(KEEP) / str(number), dirs_exist_ok=True)


def main():
    harness.leave_to_plain_build()
    if sys.version_info >= (3, 15):
        print("1..0 # SKIP there are no such snapshots of this version")
        return 0
    counts = []
    numbers = list(range(FIRST, FIRST + COUNT * SCALE))
    status = harness.in_parallel(lambda number, tap: try_script(number, tap, counts), numbers)
    used = sum(is_used for is_hostile, is_used, _ in counts if not is_hostile)
    print(f"# {len(counts)} scripts; of {sum(not each[0] for each in counts)} that a snapshot could have, {used} went on with theirs")
    for is_hostile, is_used, why in counts:
        if not is_hostile and not is_used:
            print("#", why)
    return status


if __name__ == "__main__":
    sys.exit(main())
