# SPDX-License-Identifier: MIT
"""What could be left behind by a program: processes, files, shared memory, descriptors."""

import ctypes
import os
import pathlib

PR_SET_CHILD_SUBREAPER = 36

# Where the kernel lists what outlives processes; the first line is a heading.
SYSV = ("/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg")
SHARED = ("/dev/shm", "/dev/mqueue")  # of POSIX


def adopt_orphans():
    """Become the parent of what our children leave behind."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def has_no_children():
    """Whether no process is left, alive or dead."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def isolate():
    """
    See no shared memory but our own, so that others on this machine do not disturb. Whether that
    could be done; it takes the rights of root.
    """
    new_mounts, new_ipc, private = 1 << 17, 1 << 27, 1 << 18 | 1 << 14
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.unshare(new_mounts | new_ipc) == 0 \
        and libc.mount(b"none", b"/", None, private, None) == 0 \
        and libc.mount(b"none", b"/dev/shm", b"tmpfs", 0, None) == 0


def listing(folder):
    """All files below, with what would change if they were written to."""
    found = {}
    for path in [pathlib.Path(folder), *sorted(pathlib.Path(folder).rglob("*"))]:
        status = path.lstat()
        found[str(path)] = (status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns)
    return found


def lines(path):
    try:
        return pathlib.Path(path).read_text().splitlines()[1:]
    except OSError:
        return []


class Watch:
    """Compares the surroundings with what they were; those that all share only if they are ours."""

    def __init__(self, *folders, is_isolated):
        self.folders = folders
        self.is_isolated = is_isolated
        self.before = self.look()

    def look(self):
        seen = {"descriptors": len(os.listdir("/proc/self/fd")),
                "threads": len(os.listdir("/proc/self/task"))}
        for folder in self.folders:
            seen[str(folder)] = listing(folder)
        for folder in SHARED if self.is_isolated else ():
            seen[folder] = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        for path in SYSV if self.is_isolated else ():
            seen[path] = lines(path)
        return seen

    def changes(self):
        """What is not as it was, in lines."""
        now = self.look()
        return [f"{what} changed: {difference(before, now[what])}"
                for what, before in self.before.items() if now[what] != before]


def difference(before, now):
    if not isinstance(before, (dict, list)):
        return f"{before}, now {now}"
    if isinstance(before, list):
        return sorted(set(before) ^ set(now))
    return [path for path in sorted({*before, *now}) if before.get(path) != now.get(path)][:10]
