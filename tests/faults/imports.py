# SPDX-License-Identifier: MIT
"""Run by allocations.py, under fail.so and with PYTHONMALLOC=malloc: imports a package in child after
child, each with one more allocation that works before one, or some, fail. Everything that the
interpreter allocates for the import counts. Prints how often each thing happened:

    imports.py NAME one|some FIRST STEP
"""

import mmap
import os
import re  # what the package needs is there
import signal
import sys

# Fields of struct fail_plan.
FIRST, LAST, COUNT, PROCESS = slice(8, 16), slice(16, 24), slice(544, 560), slice(1072, 1080)
ZERO, ZEROS = bytes(8), bytes(16)
LENGTHS = {"one": 1, "some": 50}  # if none works any longer, some versions of Python hang
HANGING = 60  # seconds


def attempt(plan, name, first, last):
    """What the import raises with that plan, and whether it works then without one. It need not if
    several have failed: importlib may have been left with a lock that it could not release."""
    __import__  # looked up before, as all else that is needed
    raised = "fine"
    plan[PROCESS] = os.getpid().to_bytes(8, "little")
    plan[COUNT] = ZEROS
    plan[LAST] = last
    plan[FIRST] = first
    try:
        __import__(name)
    except BaseException as error:
        plan[FIRST] = ZERO
        raised = type(error).__name__
        if raised == "SystemError":
            raised += str(error)[:12]
        if str(error).startswith("can't allocate "):
            raised = "MemoryError"  # so threads say it that get no lock
    plan[FIRST] = ZERO
    if first != last:
        return raised, True
    module = __import__(name)
    return raised, module.RESULT == ("pack", 1, 2) and module.__spec__.cached is not None


def child(plan, name, first, last):
    signal.alarm(HANGING)
    raised, works = attempt(plan, name, first, last)
    os.write(1, f"{raised}{'' if works else ', and does not work later'}\n".encode())
    os._exit(0)


def main():
    name, mode, number, step = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    with open(os.environ["FAIL_PLAN"], "r+b") as file:
        plan = mmap.mmap(file.fileno(), 0)
    while True:
        first = number.to_bytes(8, "little")
        pid = os.fork()
        if pid == 0:
            last = (number + LENGTHS[mode] - 1).to_bytes(8, "little")
            child(plan, name, first, last)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status != 0:
            os.write(1, f"status {status} at {number}\n".encode())
        if plan[COUNT][8:] == ZERO:
            break
        number += step


main()
