# SPDX-License-Identifier: MIT
"""Run a benchmark several times in this process and print the processor time of each.

    run.py NAME ITERATIONS SEED
    run.py all              each of them once: that is what the bundle is recorded from

How fast some programs are depends on where malloc() happens to put things, by up to a tenth. So
each seed stands for another state of the heap.
"""

import json
import os
import random
import sys
import time


def scatter(seed):
    """Leave blocks and gaps behind; what is returned has to be kept."""
    chance = random.Random(seed)
    blocks = [bytes(chance.randrange(4000)) for _ in range(chance.randrange(2000))]
    return [block for block in blocks if chance.random() < 0.5]


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


def main(name, iterations="0", seed="0"):
    blocks = scatter(int(seed))
    if name == "all":
        names = sorted(entry[:-3] for entry in os.listdir(sys.path[0]) if entry.endswith(".py"))
        for each in names:
            if each != "run":
                __import__(each).run()
    else:
        json.dump(measure(__import__(name).run, int(iterations)), sys.stdout)
    del blocks


if __name__ == "__main__":
    main(*sys.argv[1:])
