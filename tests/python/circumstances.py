# SPDX-License-Identifier: MIT
"""What a process finds when it is started, other than usual: limits, streams, signals, folders, namespaces.
Functions give one that changes the process before it becomes the program.
"""

import ctypes
import os
import resource
import signal
from typing import Callable, NamedTuple

import harness

LIBC = ctypes.CDLL(None, use_errno=True)
ADDR_NO_RANDOMIZE = 0x40000
EITHER = "either"  # of going on with a snapshot or not


class Case(NamedTuple):
    name: str
    wanted: str | None = None  # a regular expression for why not; None: it is gone on with; "": not told
    before: Callable[[], None] = lambda: None  # in the process, before it is executed
    prefix: tuple = ()  # words in front of the command
    env: dict = {}


def limit(what, soft):
    return lambda: resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))


def close(*streams):
    def before():
        for stream in streams:
            os.close(stream)
    return before


def open_as(stream, path, flags):
    def before():
        descriptor = os.open(path, flags)
        os.dup2(descriptor, stream)
        os.close(descriptor)
    return before


def ignore(*numbers):
    def before():
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
    return before


def block(*numbers, pending=False):
    def before():
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        if pending:
            os.kill(os.getpid(), numbers[0])
    return before


def control(*arguments):
    """prctl(2)."""
    return lambda: LIBC.prctl(*map(ctypes.c_ulong, arguments), *[ctypes.c_ulong(0)] * (5 - len(arguments)))


def fix_addresses():
    LIBC.personality(ADDR_NO_RANDOMIZE)


def leave_folder(parent):
    """The working folder is gone."""
    def before():
        folder = os.path.join(parent, f"gone.{os.getpid()}")
        os.makedirs(folder, exist_ok=True)
        os.chdir(folder)
        os.rmdir(folder)
    return before


def unshared(*words):
    """A prefix, or nothing where this is not allowed."""
    prefix = ("unshare", *words)
    return prefix if harness.run([*prefix, "true"]).status == 0 else ()


def with_mount(mount):
    """Behind a command of the shell in a mount namespace of its own; or nothing."""
    prefix = ("unshare", "-m", "sh", "-c", mount + ' && exec "$@"', "sh")
    return prefix if harness.run([*prefix, "true"]).status == 0 else ()


def other_root(folder):
    """The same files below another root; or nothing."""
    return with_mount(f'mount --rbind / {folder} && set -- chroot {folder} "$@"')
