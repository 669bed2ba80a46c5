# SPDX-License-Identifier: MIT
"""What the tests of faults share: plans for the preloaded fail.so, traces, and the rules that hold
whatever fails.

`make check` tries a selection of the faults, `make faults` all of them.
"""

import ctypes
import mmap
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))

import harness

BUILD = pathlib.Path(os.environ.get("abs_top_builddir", HERE.parents[1] / "build"))
FAIL = BUILD / "tests/faults/fail.so"
ALL = "--all" in sys.argv[1:]
LAST = 2**64 - 1
FAIL_ALL, FAIL_OF_OBJECT, FAIL_BY_OBJECT = range(3)  # enum fail_scope

class Plan(ctypes.Structure):
    """struct fail_plan"""

    _fields_ = [("scope", ctypes.c_uint64), ("first", ctypes.c_uint64),
                ("last", ctypes.c_uint64), ("depth", ctypes.c_uint64),
                ("program", ctypes.c_char * 256), ("object", ctypes.c_char * 256),
                ("count", ctypes.c_uint64), ("failed", ctypes.c_uint64),
                ("frames", ctypes.c_uint64 * 16), ("bases", ctypes.c_uint64 * 16),
                ("names", ctypes.c_char * 256), ("process", ctypes.c_uint64)]

class Failing:
    """Runs programs under fail.so."""

    def __init__(self, folder, program, scope=FAIL_ALL, object="", depth=3):
        path = folder / "plan"
        path.write_bytes(bytes(ctypes.sizeof(Plan)))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)
        self.plan = Plan.from_buffer(self.map)
        self.plan.scope, self.plan.depth = scope, depth
        self.plan.program, self.plan.object = program.encode(), object.encode()
        preload = f"{FAIL} {os.environ.get('ASAN_LIBRARY', '')}" if harness.SANITIZED else str(FAIL)
        self.variables = {"LD_PRELOAD": preload, "FAIL_PLAN": str(path)}

    def run(self, command, first=0, last=None, env=None, **options):
        """Let the allocations `first` to `last` fail; without them only count."""
        self.plan.count = self.plan.failed = 0
        self.plan.first, self.plan.last = first, first if last is None else last
        env = dict(harness.clean_environment() if env is None else env, **self.variables)
        return harness.run(command, env=env, **options)

    def where(self):
        """Who asked for the first one that failed, as offsets for addr2line."""
        return " ".join(f"{a - b:#x}" for a, b in zip(self.plan.frames, self.plan.bases) if a) + \
            " " + self.plan.names.decode()

def choose(count, share):
    """All numbers from 1 on, or so many of them, the first ones and then evenly."""
    if ALL or count <= share:
        return list(range(1, count + 1))
    dense = share // 3
    rest = share - dense
    return list(range(1, dense + 1)) + [dense + (count - dense) * i // rest
                                        for i in range(1, rest + 1)]
