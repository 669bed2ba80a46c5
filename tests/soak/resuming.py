# SPDX-License-Identifier: MIT
"""Many starts at once go on with one snapshot, each at other addresses of stack and vdso. Each does what
it was asked for, and none ends in another way. A few may miss: where the kernel has put the vdso, or the
stack, in the way of the snapshot.

`make check` starts a few hundred; `make soak` as many as SOAK_STARTS says.
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "python"))

import harness  # noqa: E402

STARTS = int(os.environ.get("SOAK_STARTS") or 300)
AT_ONCE = 32
PROGRAM = """import json, os, random, sys, threading
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
print(os.getpid(), sum(range(1000)), json.dumps(sys.argv[1:]), os.environ["NUMBER"], flush=True)
sys.exit(int(sys.argv[1]) % 100)
"""


def start(number, env):
    """Why it was wrong, or None; and whether it went on with the snapshot."""
    with subprocess.Popen([harness.PYSTART, "-c", PROGRAM, str(number)],
                          env=dict(env, NUMBER=f"number {number}"), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = process.communicate(timeout=harness.TIMEOUT)
    wanted = f'thread\n{process.pid} 499500 ["{number}"] number {number}\n'.encode()
    lines = [line for line in err.splitlines() if not line.startswith(b"pystart: ")]
    good = process.returncode == number % 100 and out == wanted and not lines
    return None if good else f"{number}: {process.returncode} {out} {err}", b"gone on with" in err, err


def main():
    harness.leave_to_plain_build()
    tap = harness.Tap()
    with harness.Sandbox() as sandbox:
        sandbox.write("app.yaml", "version: 1\nstartup: [json]\nsnapshot: yes\n")
        harness.must([harness.PYBUNDLE, "build", "-q", "app.yaml", "-o", sandbox.bundle],
                     cwd=sandbox.path)
        env = sandbox.env(PYSTART_STATS="1", PYSTART_VERBOSE="1")
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            ends = list(pool.map(lambda number: start(number, env), range(STARTS)))
        wrong = [why for why, _, _ in ends if why]
        missed = [err for _, is_resumed, err in ends if not is_resumed]
        tap.result(not wrong, f"{STARTS} starts, {AT_ONCE} at once", *wrong[:20])
        tap.result(len(missed) <= STARTS / 50, f"{STARTS - len(missed)} of them went on with the snapshot",
                   *missed[:5])
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
