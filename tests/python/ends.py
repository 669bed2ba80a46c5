# SPDX-License-Identifier: MIT
"""What the tests of programs' ends share: a program is run under stock, and under pystart with
`exit: quick` and without, and output, files and exit status must be stock's.

Each program comes with what is expected of the importer: that it leaves it quickly, at once or not, that it does
not, because there is something to be noticed, or nothing in particular.
"""

import functools
import sys

import harness

# What all of them import, to be in the bundle.
IMPORTS = """\
import abc, argparse, ast, asyncio, atexit, bz2, codecs, collections, concurrent.futures, contextlib
import contextvars, csv, ctypes, dataclasses, decimal, email.message, enum, functools, gc, gzip, io
import itertools, json, logging, logging.handlers, mmap, multiprocessing, os, pathlib, pickle, queue
import random, re, select, shelve, signal, socket, sqlite3, ssl, subprocess, sys, tempfile, threading
import time, traceback, types, typing, unittest.mock, urllib.request, warnings, weakref, zipfile
"""

LOUD = """\
class Loud:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name, flush=True)
"""

# Whether this interpreter can be left quickly.
IS_QUICK = not harness.is_left_out("quick exit")
# What is expected where closing a file that the program has left open gives an error: it is told from 3.13 on.
TOLD = "full" if sys.version_info >= (3, 13) else "quick"


class Programs:
    """The programs of a test, by name: what is expected, the text, and options."""

    def __init__(self):
        self.all = {}

    def __call__(self, name, expected, text, **options):
        self.all[name] = (expected, text, options)


def files_in(folder, ignore):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file() and "__pycache__" not in p.parts
            and not (ignore and p.name.startswith(ignore))}


def names_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*")
                  if "__pycache__" not in p.parts)


def run_in(folder, program_path, interpreter, env, options):
    """The outcome, and the files that are there afterwards."""
    folder.mkdir()
    command = [interpreter, *options.get("options", []), program_path]
    if "shell" in options:
        command = ["/bin/sh", "-c", options["shell"], "sh", *command]
    env = dict(env, **options.get("env", {}))
    outcome = harness.run(command, cwd=folder, env=env)
    return outcome, names_in(folder), files_in(folder, options.get("ignore"))


def only(text, options):
    if "only_lines" not in options:
        return text
    return b"\n".join(line for line in text.splitlines()
                      if options["only_lines"].encode() in line)


def differences(stock, ours, options):
    notes = []
    for name, left, right in (("stdout", stock[0].out, ours[0].out),
                              ("stderr", stock[0].err, ours[0].err)):
        left, right = (harness.mask_addresses(only(text, options)) for text in (left, right))
        notes += harness.describe(name, left, right)
    if stock[0].status != ours[0].status:
        notes.append(f"exit status: stock {stock[0].status}, pystart {ours[0].status}")
    if stock[1:] != ours[1:]:
        notes.append(f"files: stock {stock[1:]}, pystart {ours[1:]}")
    return notes


def verdict(folder, path, sandbox, options):
    """How the process ended, as PYSTART_STATS tells; None if it does not."""
    if "shell" in options:
        return None
    outcome = run_in(folder, path, harness.PYSTART, sandbox.env(PYSTART_STATS="1"), options)[0]
    lines = [line for line in outcome.err.decode(errors="replace").splitlines()
             if line.startswith("pystart: exit ")]
    return lines[0].split(None, 2)[2] if lines else None


def check(sandbox, programs, name, tap):
    expected, text, options = programs.all[name]
    folder = sandbox.path / name.replace("/", "_")
    folder.mkdir()
    path = folder / "main.py"
    path.write_text(text)
    env = sandbox.env()
    stock = run_in(folder / "stock", path, harness.PYTHON, env, options)
    for way, ours_env in (("quick", env), ("full", dict(env, PYSTART_WITHOUT="exit"))):
        ours = run_in(folder / way, path, harness.PYSTART, ours_env, options)
        notes = differences(stock, ours, options)
        tap.result(not notes, f"{name}: exit {way}", *notes)
    taken = verdict(folder / "verdict", path, sandbox, options)
    if expected and IS_QUICK and taken is not None:
        tap.result(expected in (taken, taken.split(",")[0]), f"{name}: is left as expected",
                   f"expected {expected}, taken: {taken}")


def main(programs):
    names = sys.argv[1:] or list(programs.all)
    with harness.Sandbox() as sandbox:
        sandbox.write("imports.py", IMPORTS)
        sandbox.record("imports.py")
        return harness.in_parallel(functools.partial(check, sandbox, programs), names)
