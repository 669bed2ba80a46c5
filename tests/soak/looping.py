# SPDX-License-Identifier: MIT
"""One process that uses its bundle for long: its memory, descriptors and threads do not grow, or no
more than under the stock interpreter."""

import os

import harness

ROUNDS = int(os.environ.get("SOAK_ROUNDS") or 10)
ALLOWED = 1024  # kilobytes more than under stock: what allocators may take, however it is used
SOME = 500  # objects more than under stock, if it is not one for each time

# Calls once() so often, twice, and prints what grew in the second half. A thread that was joined can
# be seen for a moment longer. What the collector put off is not growth.
LOOP = """
import gc, os, sys
def run():
    for i in range({times}):
        once(i)
        if i % 50 == 0:
            gc.collect()
    gc.collect()
    while len(os.listdir("/proc/self/task")) > 1:
        pass
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
run()
before = resident(), sys.getallocatedblocks(), len(os.listdir("/proc/self/fd"))
run()
try:
    os.waitpid(-1, os.WNOHANG)
    print("a child is left")
except ChildProcessError:
    pass
print(resident() - before[0], sys.getallocatedblocks() - before[1],
      len(os.listdir("/proc/self/fd")) - before[2])
"""

# What once() is, and how often it is called in each round.
LOOPS = {
    "installs again": (100, """
sys.path.append({library!r})
import pystart
sys.path.pop()
pystart.install({bundle!r})
import helper, other
def once(i):
    pystart.install({bundle!r})
    pystart.stats()
"""),
    "tries to install what is refused": (100, """
sys.path.append({library!r})
import pystart
sys.path.pop()
def once(i):
    try:
        pystart.install({refused!r})
    except ImportError:
        return
    raise SystemExit("it was not refused")
"""),
    "imports again": (20, """
def once(i):
    for name in ("helper", "other", "package", "package.inner", "json", "json.decoder", "nosuch"):
        sys.modules.pop(name, None)
    import helper, other, package
    try:
        import nosuch
    except ImportError:
        pass
"""),
    "forks": (5, """
import os
def once(i):
    child = os.fork()
    if child == 0:
        import helper, other, package
        os._exit(helper.double(1))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 12:
        raise SystemExit(status)
"""),
    "runs threads": (10, """
import threading
def work():
    import helper, other, package
def once(i):
    for name in ("helper", "other", "package", "package.inner"):
        sys.modules.pop(name, None)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""),
    "runs other interpreters": (1, """
try:
    import _xxsubinterpreters as interpreters
except ImportError:
    import _interpreters as interpreters
path = list(sys.path)
def once(i):
    number = interpreters.create()
    interpreters.run_string(number, "import sys; sys.path[:] = %r; import helper, package" % path)
    interpreters.destroy(number)
"""),
}


def source(name, bundles):
    """The program of a loop."""
    times, text = LOOPS[name]
    for word, value in (("{library!r}", str(harness.STAGE / "lib/python")),
                        ("{bundle!r}", str(bundles["image"])),
                        ("{refused!r}", str(bundles["shared"]))):
        text = text.replace(word, repr(value))
    return "import sys\nsys.path.insert(0, 'app')\n" + text + LOOP.format(times=ROUNDS * times)


def growth(outcome):
    """Kilobytes and objects, or None if there was anything unusual."""
    words = outcome.out.split()
    if outcome.status != 0 or outcome.err or len(words) != 3 or words[2] != b"0":
        return None
    return int(words[0]), int(words[1])


def loops(sandbox, bundles, tap):
    for name, (times, text) in LOOPS.items():
        program = ["-c", source(name, bundles)]
        times *= ROUNDS
        stock, usual = None, (0, 0)
        if "pystart" in text:
            ours = harness.run([harness.PYTHON, *program], cwd=sandbox.path)
        else:
            stock = harness.run([harness.PYTHON, *program], cwd=sandbox.path)
            usual = growth(stock) or usual
            ours = harness.run([harness.PYSTART, "-X", f"bundle={bundles['image']}", *program],
                               cwd=sandbox.path)
        limits = max(usual[0], 0) + ALLOWED, max(usual[1], 0) + SOME + times // 4
        grown = growth(ours)
        tap.result(grown is not None and grown[1] <= limits[1]
                   and (grown[0] <= limits[0] or harness.SANITIZED),
                   f"a process that {name} does not grow in {times} times", ours, stock,
                   f"kilobytes and objects: {grown}; {limits} are allowed")
