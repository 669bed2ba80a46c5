# SPDX-License-Identifier: MIT
"""Run a benchmark several times in this process and print the processor time of each.

    run.py NAME ITERATIONS
    run.py all          each of them once: that is what the bundle is recorded from
"""

import json
import os
import sys
import time


def measure(run, iterations):
    """The first run, which warms up, is not counted."""
    result, times = run(), []
    for _ in range(iterations):
        start = time.process_time_ns()
        again = run()
        times.append((time.process_time_ns() - start) / 1e6)
        if again != result:
            raise SystemExit(f"not the same result each time: {again!r}, {result!r}")
    return {"ms": times, "result": repr(result)}


def main(name, iterations="0"):
    if name == "all":
        names = sorted(entry[:-3] for entry in os.listdir(sys.path[0]) if entry.endswith(".py"))
        for each in names:
            if each != "run":
                __import__(each).run()
    else:
        json.dump(measure(__import__(name).run, int(iterations)), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
