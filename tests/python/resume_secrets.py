# SPDX-License-Identifier: MIT
"""What is in a bundle with a snapshot, and what is not: no secret of whoever has made it, and no number that is
to be another one in each process. Canaries lie in the environment, in arguments, in files that the start has
no business with, in standard input and in the memory of parents; they are looked for in all that the bundle
holds, unpacked, as text is kept in memory.
"""

import ctypes
import os
import re
import secrets
import shutil
import struct
import subprocess
import sys

import harness

GONE_ON = b"the start goes on with its snapshot"
SECTION_COUNT, SECTIONS, SECTION = 259, 304, "<IIQQQ"  # of the header, see lib/format.md
IS_PACKED = 1
PART = 12  # letters: of what was overwritten something may be left


# --- looking into a bundle


def unpacked(data, size):
    """A zstd frame."""
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(size)
    got = library.ZSTD_decompress(room, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data)))
    if got != size:
        raise ValueError("a section cannot be unpacked")
    return room.raw


def contents(path):
    """All that is in it, with sections that are packed unpacked behind it."""
    data = path.read_bytes()
    parts = [data]
    for number in range(data[SECTION_COUNT]):
        _, flags, offset, stored, size = struct.unpack_from(SECTION, data, SECTIONS + 48 * number)
        if flags & IS_PACKED:
            parts.append(unpacked(data[offset:offset + stored], size))
    return b"".join(parts)


def is_in(text, data):
    """In any form that CPython and C libraries keep text in, or a part of it."""
    parts = {text[at:at + PART] for at in range(len(text) - PART + 1)}
    return any(part.encode(encoding) in data
               for part in parts for encoding in ("utf-8", "utf-16-le", "utf-32-le"))


# --- making one

# Imported in the trial run, which has the environment of whoever builds: what it compiles is kept.
USED = """import collections, os, re
TOKEN = os.environ.get("API_TOKEN", "none")
PATTERNS = [re.compile(f"a{TOKEN}b+"), re.compile(f"{TOKEN}\\N{EURO SIGN}"), re.compile(TOKEN.encode() + b"*"),
            re.compile(re.escape(TOKEN + "-" + TOKEN))]
Tuple = collections.namedtuple("Tuple", ["field_" + TOKEN])
exec(f"value = {TOKEN!r}")
"""

class Maker:
    """An environment of its own, whose start executes a line, and canaries around it."""

    def __init__(self, sandbox):
        self.path = sandbox.path
        self.canaries = {}
        harness.must([harness.PYTHON, "-m", "venv", "--without-pip", self.path / "env"])
        self.python = self.path / "env/bin/python3"
        self.site = next(self.path.glob("env/lib/python*/site-packages"))
        (self.path / "program").mkdir()
        sandbox.write("program/used.py", USED)
        self.bundle = self.path / "bundle.pyb"

    def canary(self, where):
        text = secrets.token_hex(16)
        self.canaries[where] = text
        return text

    def leave_canaries(self):
        """Returns the environment, the name of the program, its working folder and its input. PYTHONPATH is not
        among it: modules are found by it."""
        for name in ("program/unused.py", "program/.env", "program/used.txt", "env/lib/unused.cfg"):
            (self.path / name).write_text(f"TOKEN = '{self.canary('the file ' + name)}'\n")
        (self.site / "not_imported.py").write_text(f"TOKEN = '{self.canary('a module beside others')}'\n")
        (self.site / "removed.pth.bak").write_text(self.canary("a file beside path files"))
        folder = self.path / self.canary("the name of the working folder")
        folder.mkdir()
        env = {name: self.canary("variable " + name) for name in (
            "API_TOKEN", "AWS_SECRET_ACCESS_KEY", "PASSWORD", "SSH_AUTH_SOCK", "A" * 3000, "PYTHONSTARTUP",
            "PYTHONBREAKPOINT", "PYTHONUSERBASE", "LD_LIBRARY_PATH", "TMPDIR",
            "XDG_RUNTIME_DIR", "USER", "LOGNAME", "MAIL", "OLDPWD", "PWD", "_", "PYSTART_UNKNOWN")}
        env["MANY_LETTERS"] = self.canary("a long variable") * 500
        env["WIDE"] = "\N{EURO SIGN}\N{GRINNING FACE}" + self.canary("a variable with wide letters")
        return env, self.canary("the program's name"), folder, self.canary("standard input").encode() * 1000

    def build(self, line, kind="yes", **options):
        (self.site / "at_start.pth").write_text(line + "\n")
        keys = options.pop("keys", "")
        (self.path / "app.yaml").write_text(
            f"version: 1\nmodules: [json]\nstartup: [used]\npaths: [{self.path}/program]\n{keys}")
        self.bundle.unlink(missing_ok=True)
        env = harness.clean_environment(**options.pop("env", {}))
        words = ["build", "-q", f"--snapshot={kind}", f"--python={self.python}", "-o", self.bundle,
                 self.path / "app.yaml"]
        return subprocess.run([options.pop("name", "pybundle"), *map(str, words)], executable=harness.PYBUNDLE,
                              env=env, capture_output=True, timeout=harness.TIMEOUT, **options)

    def draw(self, program):
        """What three starts print, if all of them have gone on."""
        env = harness.clean_environment(PYSTART_VERBOSE="1", PYSTART_BUNDLE=str(self.bundle))
        runs = [harness.run([harness.PYSTART, program], env=env, cwd=self.path) for _ in range(3)]
        return [run.out.splitlines() for run in runs], all(GONE_ON in run.err for run in runs), runs


# --- canaries

READ_AT_START = {
    "nothing is read": "",
    "variables are asked for": "import os; [os.environ.get(n) for n in ('API_TOKEN', 'PASSWORD', 'A' * 3000, 'WIDE')]",
    "variables are not there": "import os; 'TZ' in os.environ or os.getenv('AWS_SECRET_ACCESS_KEY', 'default')",
}


def check_canaries(maker, tap):
    for name, line in READ_AT_START.items():
        maker.canaries.clear()
        env, program, folder, text = maker.leave_canaries()
        done = maker.build(line, env=env, name=program, cwd=folder, input=text)
        if not tap.result(done.returncode == 0, f"{name}: a snapshot is made", done.stderr.decode()):
            continue
        data = contents(maker.bundle)
        for where, canary in maker.canaries.items():
            tap.result(not is_in(canary, data), f"{name}: {where[:60]} is not in it")
        leave_no_files(maker, tap, name, folder)


def leave_no_files(maker, tap, name, folder):
    """Nor in what is left beside it."""
    left = sorted(set(os.listdir(maker.path)) - {"env", "program", "app.yaml", "bundle.pyb", folder.name})
    tap.result(not left and not os.listdir(folder), f"{name}: nothing else is left", left)
    shutil.rmtree(folder)


def check_search(maker, tap):
    """What the manifest lets in is found, or the search would be none."""
    maker.canaries.clear()
    env, *_ = maker.leave_canaries()
    line = "import os; os.kept = os.environ.get('API_TOKEN'), os.environ.get('WIDE')"
    done = maker.build(line, env=env, keys="variables: [API_TOKEN, WIDE]\n")
    data = contents(maker.bundle) if done.returncode == 0 else b""
    for name, where in (("API_TOKEN", "variable API_TOKEN"), ("WIDE", "a variable with wide letters")):
        tap.result(is_in(maker.canaries[where], data), f"{name}: it is found, for the manifest names it",
                   done.stderr.decode())
    tap.result(maker.bundle.exists() and maker.bundle.stat().st_mode & 0o777 == 0o400,
               "which is why only the owner can read it")


# --- numbers drawn at random

# Lines of a start that seed, or use, what programs draw from.
SEEDED = ["", "import random", "import random; random.random()", "import uuid", "import uuid; uuid.uuid1()",
          "import uuid; uuid.uuid4()", "import tempfile", "import tempfile; tempfile.gettempdir()",
          "import tempfile; next(tempfile._get_candidate_names())", "import ssl", "import ssl; ssl.RAND_bytes(8)",
          "import ssl; ssl.create_default_context()", "import hashlib; hashlib.md5(b'x').digest()",
          "import hashlib; hashlib.scrypt(b'x', salt=b's', n=2, r=1, p=1)", "import os; os.urandom(8)",
          "import os; os.getrandom(8)", "import secrets", "import secrets; secrets.token_hex()",
          "import hmac", "import threading, multiprocessing", "import multiprocessing.pool",
          "import _random; _random.Random()", "import random; random.seed(1)",
          "import email.utils, email.generator", "import xml.parsers.expat", "import sqlite3",
          "import _ssl; _ssl.RAND_add(b'x', 0.0)", "import logging, time",
          "import ctypes; ctypes.CDLL(None).rand()",
          "import ctypes; getattr(ctypes.CDLL(None), 'arc4random', int)()"]


def check_draws(maker, tap):
    """Either there is no snapshot, or three starts with it have nothing in common."""
    program = harness.HERE / "resume/draws.py"
    for line in SEEDED:
        done = maker.build(line)
        if done.returncode != 0:
            tap.result(b"no snapshot can be made: " in done.stderr, f"refused: {line}", done.stderr.decode())
            continue
        drawn, are_gone_on, runs = maker.draw(program)
        same = [lines[0] for lines in zip(*drawn) if len(set(lines)) != 3]
        tap.result(not same and drawn[0] and are_gone_on and all(run.status == 0 for run in runs),
                   f"three starts draw different numbers: {line or 'nothing before'}", *same, *runs)


def main():
    harness.leave_to_plain_build()
    tap = harness.Tap()
    with harness.Sandbox() as sandbox:
        maker = Maker(sandbox)
        for check in (check_canaries, check_search, check_draws):
            check(maker, tap)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
