# SPDX-License-Identifier: MIT
"""What pybundle runs inside the target interpreter.

It reads a request from the descriptor sys.argv[1], finds the modules that it names without
executing any of them, and writes records about them to the descriptor sys.argv[2]. Both are
sequences of records: one byte of type, four bytes of size (little-endian), payload. In a payload,
numbers are little-endian and a string is its size in four bytes, its bytes and a NUL.
bundler/resolve/resolver.c has the other side.

The program consists of exchange.py, finding.py, compiling.py and resolver.py, one behind the other.
"""
import sys

# `-c` put the current folder in front; a program started by its name has no such entry.
if sys.path and sys.path[0] == "" and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

import _imp
import errno
import importlib.machinery
import importlib.util
import itertools
import marshal
import os
import stat
import time
import warnings

from importlib.machinery import (BuiltinImporter, ExtensionFileLoader, FrozenImporter, PathFinder,
                                 SourceFileLoader)
from types import CodeType

SOURCE, EXTENSION, ABSENT = 1, 2, 3  # enum pyb_module_kind
PLACES, HASHES, CODE = range(3)  # enum resolve_detail
SETS_IN_ORDER, HASHED, FROM_CACHED, REUSED, LINKED = 1, 2, 4, 8, 16  # flags of a module's record
NONE = 0xFFFFFFFF
PYC_HEAD = 16  # bytes in front of the code
LARGEST = 2 ** 31 - 1  # bytes of a source
MUCH = 1 << 18  # bytes of sources that are worth a second process
TRIES = 3  # to read a source that is being changed
SECOND = 10 ** 9  # nanoseconds
TICK = SECOND // 50  # more than what the times of files are rounded to


class Skip(Exception):
    """A module cannot be bundled; the arguments are the kind of note and its text."""


def number(value, size=4):
    return value.to_bytes(size, "little")


def signed(value):
    """Times of files can be later than nanoseconds reach: they are cut off, as lib/timestamp.h does."""
    return max(-2**63, min(value, 2**63 - 1)).to_bytes(8, "little", signed=True)


def text(value):
    data = os.fsencode(value or "")
    if b"\0" in data:
        raise ValueError("a NUL in a string")
    return number(len(data)) + data + b"\0"


def is_text(value):
    """Whether the bundler can be told this name."""
    try:
        text(value)
    except (ValueError, TypeError):
        return False
    return True


def is_importable(name):
    """Whether it can stand between the dots of a module's name, if not in an import statement."""
    return name[:1] != "-" and ("_" + name.replace("-", "_")).isidentifier() and is_text(name)


class Request:
    """What is to be found: lists of names by the type of their records."""

    def __init__(self, data):
        self.names = {kind: [] for kind in "nmqaxpsf"}
        self.detail = PLACES
        self.known = {}  # hashes of sources whose code is known, by name and origin
        at = 0
        while at < len(data):
            kind = chr(data[at])
            end = at + 5 + int.from_bytes(data[at + 1:at + 5], "little")
            payload = data[at + 5:end]
            if kind == "c":
                self.detail = payload[0]
            elif kind == "k":
                name, _, origin = payload[8:].partition(b"\0")
                self.known[os.fsdecode(name), os.fsdecode(origin)] = payload[:8]
            else:
                self.names[kind].append(os.fsdecode(payload))
            at = end


def let_settle(path):
    """
    Wait until whoever changes the file or folder from now on gives it another time. Times go by
    ticks of the kernel, or by whole seconds, two of them at most, where the file system has no others.
    The time of a change cannot be set, that of a modification can, to one that is yet to come as well.
    Returns its state then; None if it changes all the time.
    """
    for _ in range(TRIES):
        status = os.stat(path)
        changed = max(status.st_mtime_ns, status.st_ctime_ns)
        enough = 2 * SECOND if changed % SECOND == 0 else TICK
        age = time.time_ns() - changed
        if not 0 <= age < enough:
            return status
        time.sleep((enough - age) / SECOND)
    return None


class States:
    """The states of folders as they were before anything was looked for in them."""

    def __init__(self):
        self.known = {}
        # Whoever wants the same bytes wherever and whenever they are made cannot have these.
        self.with_inodes = "SOURCE_DATE_EPOCH" not in os.environ

    def of(self, path):
        """What tells whether it was touched: two times and an inode. None: there is no such folder."""
        if path not in self.known:
            try:
                let_settle(path)
                status = os.stat(path)
                self.known[path] = (status.st_mtime_ns,
                                    *((status.st_ctime_ns, status.st_ino) if self.with_inodes
                                      else (0, 0)))
            except OSError:
                self.known[path] = None
        return self.known[path]


class Output:
    """The stream of records, and the numbers of the folders in it."""

    def __init__(self, descriptor):
        self.file = open(descriptor, "wb", buffering=1 << 16)
        self.states = States()
        self.directories = {}
        self.modules = {}

    def record(self, kind, *fields):
        payload = b"".join(fields)
        if len(payload) > NONE:
            raise OverflowError("a record of more than 4 GiB")
        self.file.write(kind + number(len(payload)) + payload)

    def directory(self, path, sys_path=0, root=0):
        known = self.directories.get(path)
        if known is None:
            state = self.states.of(path)
            mtime, ctime, inode = state or (0, 0, 0)
            known = self.directories[path] = len(self.directories)
            self.record(b"D", text(path), signed(mtime), signed(ctime), number(inode, 8),
                        number(sys_path), number(root), number(state is None, 1))
        return known

    def module(self, found):
        self.modules[found.name] = len(self.modules)
        package = NONE if found.package is None else self.directory(found.package)
        folder = NONE if found.folder is None else self.directory(found.folder)
        self.record(b"M", number(found.kind, 1),
                    number(package != NONE and found.kind != ABSENT, 1),
                    number(found.startup, 1), number(found.is_placed, 1), number(found.flags, 1),
                    number(folder), number(package), signed(found.mtime), number(found.size, 8),
                    found.hash, text(found.name), text(found.origin), text(found.cached),
                    number(len(found.code)), found.code)

    def listing(self, path, entries):
        self.record(b"L", number(self.directories[path]), *map(text, entries))

    def note(self, kind, name, message):
        name, message = (value if is_text(value) else ascii(value) for value in (name, message))
        self.record(b"N", kind, text(name), text(message))

    def progress(self, at, done=0, total=0):
        """Tell what is looked at next, in case that it takes for ever."""
        self.record(b"P", number(done), number(total), text(at if is_text(at) else ascii(at)))
        self.file.flush()
