# SPDX-License-Identifier: MIT
"""What a process was given before it became Python is still there when it goes on with a snapshot: the same state
as under stock, for a process that was prepared in each of these ways. The script is resume/inherited.py; the same in
C, without Python, is unit/check_snapshot_own.c. Arguments: tests to run.
"""

import fcntl
import functools
import os
import resource
import signal
import socket
import sys

import containing
import harness
from circumstances import block, control, leave_folder
from resume import Bundles, check, on_terminal

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_TIMERSLACK = 1, 24, 28, 29
PR_SET_CHILD_SUBREAPER, PR_SET_THP_DISABLE = 36, 41


def write_to(path, text):
    def before():
        with open(path, "w") as file:
            file.write(text)
    return before


def limit_all():
    for name, soft in [("CORE", 0), ("NOFILE", 77), ("FSIZE", 123456), ("MEMLOCK", 4096), ("CPU", 1000)]:
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (soft, soft))


def open_some():
    os.closerange(3, 256)  # what other tests have open at the moment
    descriptors = [os.open("/etc/passwd", os.O_RDONLY), *os.pipe2(os.O_NONBLOCK)]
    os.lseek(descriptors[0], 5, os.SEEK_SET)
    left, right = socket.socketpair()
    fcntl.fcntl(left, fcntl.F_SETOWN, os.getpid())
    right.send(b"sent")
    for descriptor in (*descriptors, left.detach()):
        os.set_inheritable(descriptor, True)
        os.dup2(descriptor, 60 + descriptor % 30)


def leave_child():
    if os.fork() == 0:
        os._exit(9)
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)


def wait_with_signals():
    waiting = signal.SIGINT, signal.SIGUSR1, signal.SIGPIPE, signal.SIGCHLD, signal.SIGRTMIN + 1
    signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for number in waiting:
        os.kill(os.getpid(), number)


def set_timers():
    signal.setitimer(signal.ITIMER_PROF, 3600)
    signal.alarm(7200)


def become_another():
    os.setgroups([7, 1234])
    os.setresgid(1234, 1234, 1234)


# Without any snapshot where one cannot be used: then it is said why.
GIVEN = [
    ("nothing", lambda: None, None),
    ("a mask", lambda: os.umask(0o27), None),
    ("another folder", lambda: os.chdir("/etc"), None),
    ("a folder that is gone", leave_folder("/tmp"), None),
    ("limits", limit_all, None),
    ("a session", os.setsid, None),
    ("a process group", os.setpgrp, None),
    ("groups", become_another, "group"),
    ("fewer capabilities", control(PR_CAPBSET_DROP, 23), None),
    ("secure bits", control(PR_SET_SECUREBITS, 4), None),
    ("a filter", containing.filtered(containing.forbidding(["acct"], 1)), None),
    ("a priority", lambda: os.nice(7), None),
    ("SCHED_BATCH", lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)), None),
    ("SCHED_RR", lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)), None),
    ("one processor", lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}), None),
    ("a score for lack of memory", write_to("/proc/self/oom_score_adj", "321"), None),
    ("what cores have", write_to("/proc/self/coredump_filter", "0x7f"), None),
    ("a reaper of children", control(PR_SET_CHILD_SUBREAPER, 1), None),
    ("a signal at the parent's end", control(PR_SET_PDEATHSIG, 10), None),
    ("slack of timers", control(PR_SET_TIMERSLACK, 123456), None),
    ("no huge pages", control(PR_SET_THP_DISABLE, 1), None),
    ("signals that are ignored", lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN), None),
    ("signals that wait", wait_with_signals, None),
    ("all signals blocked", block(*signal.valid_signals()), None),
    ("timers", set_timers, None),
    ("a child that has ended", leave_child, None),
    ("descriptors", open_some, None),
]


def is_to_be_had(before):
    """As this user, here."""
    child = os.fork()
    if child == 0:
        try:
            before()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def main():
    harness.leave_to_plain_build()
    wanted = sys.argv[1:]
    with harness.Sandbox() as sandbox:
        bundles = Bundles(sandbox)

        def task(case, tap):
            name, before, miss = case
            if name == "a terminal":
                check(bundles, tap, name, ["inherited.py"], start=before)
            elif is_to_be_had(before):
                start = functools.partial(harness.run, preexec_fn=before, close_fds=before is not open_some)
                check(bundles, tap, name, ["inherited.py"], miss=miss, start=start)
            else:
                tap.skip(name, "it is not to be had here")

        cases = [*GIVEN, ("a terminal", functools.partial(on_terminal, b""), None)]
        return harness.in_parallel(task, [case for case in cases if not wanted or case[0] in wanted])


if __name__ == "__main__":
    sys.exit(main())
