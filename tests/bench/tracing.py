# SPDX-License-Identifier: MIT
"""System calls by strace: how many, and what they cost where each one takes long."""

import re
import shutil
import tempfile

from measuring import Side, Skip, run

# Those that deal with files, as in the kernel's tables for x86-64 and aarch64.
FILE_CALLS = ("open", "openat", "openat2", "stat", "lstat", "newfstatat", "statx", "readlink",
              "readlinkat", "access", "faccessat", "faccessat2", "getdents", "getdents64", "read",
              "pread64")
# Those that name a path, and those that read a folder.
PATH_CALLS = "%file,?getdents,?getdents64"


def find_strace():
    path = shutil.which("strace")
    if not path:
        raise Skip("strace is not installed")
    return path


def trace(side, *options):
    """The lines that strace writes, children included."""
    with tempfile.NamedTemporaryFile("r", errors="replace") as log:
        done = run(Side([find_strace(), "-f", "-qq", "--seccomp-bpf", "-e", "signal=none",
                         *options, "-o", log.name, *side.command], side.env))
        if done.returncode != 0:
            raise Skip("strace: " + done.stderr.decode(errors="replace").strip())
        return log.readlines()


def count_calls(side):
    """The number of each file-related system call."""
    counts = {}
    for line in trace(side, "-e", "trace=" + ",".join("?" + name for name in FILE_CALLS)):
        match = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if match:
            counts[match[1]] = counts.get(match[1], 0) + 1
    return counts


class Delayed:
    """A run in which each path operation takes longer."""

    def __init__(self, lines):
        stamps = [float(re.match(r"(?:\d+ +)?(\d+\.\d+)", line)[1]) for line in lines]
        # fstat() of an open file is a newfstatat() without a path in some versions of glibc, but
        # no path operation: its time is taken off.
        spared = [line for line in lines if "AT_EMPTY_PATH" in line]
        times = [re.search(r"<(\d+\.\d+)>$", line) for line in spared]
        self.operations = sum("DELAYED" in line for line in lines) - len(spared)
        self.wall = 1e3 * (max(stamps) - min(stamps) - sum(float(t[1]) for t in times if t))


def run_delayed(side, microseconds):
    """Run with that much added to each path operation, network file systems being like this."""
    return Delayed(trace(side, "-ttt", "-T", "-e", "trace=" + PATH_CALLS + ",exit_group", "-e",
                         f"inject={PATH_CALLS}:delay_enter={microseconds}"))
