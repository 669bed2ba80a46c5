# SPDX-License-Identifier: MIT
"""Many starts at once go on with one snapshot, each at other addresses of stack and vdso, and in
circumstances that take turns. Each does what it does under stock there, and none ends in another way. A few
may miss: where the kernel has put the vdso, or the stack, in the way of the snapshot.

`make check` starts a few hundred; `make soak` as many as SOAK_STARTS says.
"""

import collections
import concurrent.futures
import os
import pathlib
import re
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "python"))

import containing  # noqa: E402
import harness  # noqa: E402
from circumstances import (EITHER, Case, close, fix_addresses, leave_folder, limit, other_root,  # noqa: E402
                           unshared)

STARTS = int(os.environ.get("SOAK_STARTS") or 300)
AT_ONCE = 32
# What it finds goes to a file, too: a stream may be closed.
PROGRAM = """import json, os, random, sys, threading
told = []
thread = threading.Thread(target=told.append, args=("thread",))
thread.start()
thread.join()
try:
    folder = os.getcwd()
except OSError as error:
    folder = str(error)
told += [sum(range(1000)), json.dumps(sys.argv[1:]), os.environ["NUMBER"], folder, sys.path, os.getuid(),
         [stream and stream.fileno() for stream in (sys.stdin, sys.stdout, sys.stderr)],
         os.getpid() == threading.get_native_id(), sorted(sys.modules), sorted(os.environ)]
with open(os.environ["TOLD"], "w") as file:
    print(*told, sep="\\n", file=file)
print("told", sys.argv[1], flush=True)
sys.exit(int(sys.argv[1]) % 100)
"""
MISSED = re.compile(rb"its snapshot is not used: (.*)")


def all_circumstances(folder):
    memory = "memory of the process is limited"
    yield Case("plain")
    yield Case("ulimit -v, little", memory, limit(resource.RLIMIT_AS, 120 << 20))
    yield Case("ulimit -v, ample", None, limit(resource.RLIMIT_AS, 8 << 30))
    yield Case("ulimit -s 1024", None, limit(resource.RLIMIT_STACK, 1 << 20))
    yield Case("ulimit -s unlimited", None, limit(resource.RLIMIT_STACK, resource.RLIM_INFINITY))
    yield Case("setarch -R", "not randomized", fix_addresses)
    yield Case("env -i", EITHER, prefix=("env", "-i"))
    yield Case("no folder", None, leave_folder(folder))
    yield from (Case(f"streams {closed} closed", "" if 2 in closed else "is closed", close(*closed))
                for closed in ([0], [1], [2], [0, 1, 2]))
    if containing.numbers():
        yield Case("Docker's filter", None, containing.filtered(containing.docker()))
        yield Case("gVisor's lacks", EITHER, containing.filtered(containing.gvisor()))
    root = folder / "root"
    root.mkdir()
    for name, wanted, prefix in [("a namespace without root", "", unshared("-U")),
                                 ("root's namespace", EITHER, unshared("-Ur")),
                                 ("processes of its own", None, unshared("-p", "-f")),
                                 ("another root", None, other_root(root))]:
        if prefix:
            yield Case(name, wanted, prefix=prefix)


class Start:
    """One command in one of the circumstances."""

    def __init__(self, sandbox, case, program, number, name):
        self.told = sandbox.path / "told" / name
        mine = {"NUMBER": f"number {number}", "TOLD": str(self.told),
                "PYSTART_BUNDLE": str(sandbox.bundle), "PYSTART_STATS": "1", "PYSTART_VERBOSE": "1"}
        words = [f"{key}={value}" for key, value in mine.items()] if case.prefix[:2] == ("env", "-i") else []
        process = subprocess.run([*map(str, case.prefix), *words, program, "-c", PROGRAM, str(number)],
                                 env={**sandbox.env(), **mine}, stdin=subprocess.DEVNULL, cwd=sandbox.path,
                                 capture_output=True, preexec_fn=case.before, timeout=harness.TIMEOUT)
        self.outcome = (process.returncode, process.stdout, b"".join(
            line for line in process.stderr.splitlines(True) if not line.startswith(b"pystart: ")),
            self.told.read_bytes() if self.told.exists() else b"nothing told")
        self.messages = process.stderr
        self.told.unlink(missing_ok=True)

    def is_same(self, other, number, others):
        """As the other one, which was given another number."""
        def numbered(part):
            return re.sub(rb'(told |\["|number )%d\b' % number, rb"\g<1>%d" % others, part)
        mine = self.outcome
        return (mine[0] == number % 100 and other.outcome[0] == others % 100
                and [numbered(part) for part in mine[1:]] == list(other.outcome[1:]))

    def why_not(self, case):
        """Whether it went on; None: it did not, and was not to."""
        if b"gone on with" in self.messages:
            return case.wanted in (None, EITHER) or "it was to miss"
        missed = MISSED.search(self.messages)
        if case.wanted is None:
            return missed[1].decode() if missed else "it is not told why it missed"
        told = missed[1].decode() if missed else ""
        return None if case.wanted == EITHER or re.search(case.wanted, told) else f"missed for {told!r}"


def main():
    harness.leave_to_plain_build()
    tap = harness.Tap()
    with harness.Sandbox() as sandbox:
        sandbox.write("app.yaml", "version: 1\nstartup: [json]\nsnapshot: yes\n")
        harness.must([harness.PYBUNDLE, "build", "-q", "app.yaml", "-o", sandbox.bundle],
                     cwd=sandbox.path)
        (sandbox.path / "told").mkdir()
        cases = list(all_circumstances(sandbox.path))
        # Most often where the snapshot is to be gone on with.
        turns = [at for at, case in enumerate(cases) for _ in range(3 if case.wanted is None else 1)]
        stock = [Start(sandbox, case, harness.PYTHON, 7, "stock") for case in cases]

        def start(number):
            case = turns[number % len(turns)]
            mine = Start(sandbox, cases[case], harness.PYSTART, number, str(number))
            same = mine.is_same(stock[case], number, 7)
            return case, None if same else f"{number}: {mine.outcome}, under stock {stock[case].outcome}", \
                mine.why_not(cases[case])

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            ends = list(pool.map(start, range(STARTS)))
        wrong = [why for _, why, _ in ends if why]
        tap.result(not wrong, f"{STARTS} starts, {AT_ONCE} at once, in {len(cases)} circumstances", *wrong[:20])
        for number, case in enumerate(cases):
            told = [why for at, _, why in ends if at == number]
            missed = collections.Counter(why for why in told if why not in (True, None))
            tap.result(sum(missed.values()) <= max(1, len(told) / 50),
                       f"{case.name}: {told.count(True)} of {len(told)} went on with the snapshot", missed)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
