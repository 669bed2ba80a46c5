"""Child processes: what they inherit, fork, and both ways of multiprocessing to start anew."""

import multiprocessing
import os
import subprocess
import sys

from support.classes import double

TELL = """
import os, sys
import json
print(sys.argv, sys.flags, sys._xoptions, sys.orig_argv, list(os.environ.items()))
print(open("/proc/self/environ", "rb").read().rstrip(b"\\0"), json.__spec__)
"""


def in_child(queue):
    queue.put((sys.flags.isolated, sorted(k for k in os.environ if k.startswith("LD_"))))


def main():
    tell = TELL.replace("json.__spec__", "json.__file__")
    print(subprocess.run([sys.executable, "-c", tell, "x"], capture_output=True))
    print(subprocess.run([sys.executable, "-I", "-c", tell], capture_output=True))
    print(subprocess.run(["sh", "-c", "env; echo $0"], capture_output=True))
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        import fractions
        print("child", fractions.Fraction(1, 2), flush=True)
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    for method in ("spawn", "forkserver", "fork"):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            print(method, pool.map(double, range(5)))
        queue = context.Queue()
        process = context.Process(target=in_child, args=(queue,))
        process.start()
        print(queue.get())
        process.join()
        print(process.exitcode)


if __name__ == "__main__":
    main()
