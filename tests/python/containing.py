# SPDX-License-Identifier: MIT
"""Processes that may not do all that others may: filters of system calls as containers have them, for the
process that sets one and all that it becomes. seccomp(2) and its instructions, without a library.
"""

import ctypes
import errno
import functools
import os
import pathlib
import re
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2

# struct sock_filter: what it does, how many lines further it goes if so and if not, a number.
LOAD, IF_EQUAL, IF_ANY_BIT, IF_ABOVE, RETURN = 0x20, 0x15, 0x45, 0x25, 0x06
ALLOW, ERROR = 0x7fff0000, 0x50000
NUMBER, ARGUMENT = 0, (16, 24, 32, 40, 48, 56)  # offsets in struct seccomp_data, of lower halves


@functools.cache
def numbers():
    """Of all system calls that the system's headers know."""
    text = subprocess.run([*os.environ.get("CC", "cc").split(), "-E", "-dM", "-x", "c", "-include",
                           "asm/unistd.h", "/dev/null"], capture_output=True, text=True).stdout
    return {name: int(number) for name, number in re.findall(r"^#define __NR_(\w+) (\d+)$", text, re.MULTILINE)}


def denied(name, error):
    """Each call of it fails."""
    return [(IF_EQUAL, 0, 1, numbers()[name]), (RETURN, 0, 0, ERROR | error)] if name in numbers() else []


def allowed(name):
    return [(IF_EQUAL, 0, 1, numbers()[name]), (RETURN, 0, 0, ALLOW)] if name in numbers() else []


def judged(name, argument, tests):
    """`tests` look at an argument, and end it; behind them all is as before."""
    if name not in numbers():
        return []
    return [(IF_EQUAL, 0, len(tests) + 2, numbers()[name]), (LOAD, 0, 0, ARGUMENT[argument]), *tests,
            (LOAD, 0, 0, NUMBER)]


def docker():
    """Docker's default filter."""
    known = (HERE / "containing/docker.txt").read_text().splitlines()
    names = [name for line in known if not line.startswith("#") for name in line.split()]
    code = [(LOAD, 0, 0, NUMBER)]
    for name in names:
        code += allowed(name)
    code += denied("clone3", errno.ENOSYS)
    # Namespaces cannot be made, nor sockets to virtual machines; most personalities cannot be had.
    code += judged("clone", 0, [(IF_ANY_BIT, 1, 0, 0x7e020000), (RETURN, 0, 0, ALLOW)])
    code += judged("socket", 0, [(IF_EQUAL, 2, 0, 38), (IF_EQUAL, 1, 0, 40), (RETURN, 0, 0, ALLOW)])
    personalities = (0, 8, 0x20000, 0x20008, 0xffffffff)
    code += judged("personality", 0, [(IF_EQUAL, len(personalities) - i, 0, value)
                                      for i, value in enumerate(personalities)]
                   + [(RETURN, 0, 0, ERROR | errno.EPERM), (RETURN, 0, 0, ALLOW)])
    # What is newer than the newest that it knows is not there, as runc has it.
    newest = max(numbers()[name] for name in names if name in numbers())
    return code + [(IF_ABOVE, 0, 1, newest), (RETURN, 0, 0, ERROR | errno.ENOSYS),
                   (RETURN, 0, 0, ERROR | errno.EPERM)]


def gvisor():
    """What gVisor, a kernel of its own, does not have, or did not have for long."""
    code = [(LOAD, 0, 0, NUMBER)]
    for name in ("userfaultfd", "ptrace", "rseq", "membarrier", "pkey_alloc", "pkey_mprotect", "mseal",
                 "map_shadow_stack", "cachestat", "clone3", "close_range", "openat2", "kcmp", "bpf",
                 "perf_event_open", "io_uring_setup", "name_to_handle_at", "statmount"):
        code += denied(name, errno.ENOSYS)
    code += denied("personality", errno.EINVAL)
    # prctl(): PR_SET_MM, PR_GET_TID_ADDRESS, PR_SET_VMA, PR_SET_THP_DISABLE, PR_SET_MDWE.
    code += judged("prctl", 0, [line for value in (35, 40, 0x53564d41, 41, 65)
                                for line in ((IF_EQUAL, 0, 1, value), (RETURN, 0, 0, ERROR | errno.EINVAL))])
    # madvise(): MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_WIPEONFORK, MADV_COLLAPSE, MADV_POPULATE_*, MADV_GUARD_*.
    code += judged("madvise", 2, [line for value in (14, 15, 18, 22, 23, 25, 102, 103)
                                  for line in ((IF_EQUAL, 0, 1, value), (RETURN, 0, 0, ERROR | errno.EINVAL))])
    # mmap(): MAP_FIXED_NOREPLACE.
    code += judged("mmap", 3, [(IF_ANY_BIT, 0, 1, 0x100000), (RETURN, 0, 0, ERROR | errno.EOPNOTSUPP)])
    return code + [(RETURN, 0, 0, ALLOW)]


def forbidding(names, error):
    """All else is allowed."""
    code = [(LOAD, 0, 0, NUMBER)]
    for name in names:
        code += denied(name, error)
    return code + [(RETURN, 0, 0, ALLOW)]


def filtered(code):
    """A function that puts this process under a filter, for ever."""
    text = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in code))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(text)))

    def before():
        if (LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                or LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0) != 0):
            raise OSError(ctypes.get_errno(), "no filter can be set")
    before.text = text  # it is pointed to
    return before
