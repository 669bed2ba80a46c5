# SPDX-License-Identifier: MIT
"""Starts where each path operation takes long, as on a network file system."""

import statistics

from measuring import each, geometric_mean, paired, rounds, same_outcome
from report import print_different, print_limit, print_skipped, print_table, quartiles, ratio
from tracing import run_delayed
from workloads import importing, resolve

RUNS = 3
DELAY = 500  # microseconds
LIMITS = {"source": 0.30, "directory": 0.15}


def compare_with(bench, work, manifest, check):
    stock = bench.sides.stock(work.args)
    ours = bench.sides.ours(work.args, bench.builder.build(manifest, check=check))
    same = same_outcome([stock, ours])
    runs = rounds({"stock": stock, "pystart": ours}, bench.runs,
                  lambda side: run_delayed(side, DELAY))
    walls = {side: [run.wall for run in runs[side]] for side in runs}
    counts = {side: runs[side][0].operations for side in runs}
    return same, {"operations": {**counts, "ratio": counts["pystart"] / counts["stock"]},
                  "wall": {side: statistics.median(walls[side]) for side in walls},
                  "ratio": paired(walls["pystart"], walls["stock"])}


def compare(bench, work, checks):
    work = resolve(work, bench.options.python)
    manifest = bench.builder.manifest(work)
    found = {check: compare_with(bench, work, manifest, check) for check in checks}
    return {"name": work.name, "same_output": all(same for same, _ in found.values()),
            "checks": {check: result for check, (_, result) in found.items()}}


def measure(bench):
    checks = [bench.options.check] if bench.options.check else list(LIMITS)
    results, skipped = each(bench.works, lambda w: w.name, lambda w: compare(bench, w, checks))
    return {"delay_us": DELAY, "checks": checks, "units": {"wall": "ms"},
            "results": results, "skipped": skipped}


def rows_of(result):
    for check, found in result["checks"].items():
        operations, wall = found["operations"], found["wall"]
        yield [result["name"], check, str(operations["stock"]), str(operations["pystart"]),
               ratio(operations["ratio"]), f"{wall['stock']:.0f}", f"{wall['pystart']:.0f}",
               ratio(found["ratio"]["median"]), quartiles(found["ratio"])]


HEADER = ["", "check", "stock calls", "pystart calls", "calls", "stock ms", "pystart ms", "wall",
          "quartiles"]


def report(document, file):
    print(f"{DELAY} us added to each path operation: pystart divided by stock", file=file)
    print_table([HEADER, *(row for r in document["results"] for row in rows_of(r))], file)
    for check in document["checks"]:
        found = [r["checks"][check] for r in importing(document["results"])]
        limit = LIMITS.get(check, LIMITS["directory"])
        print_limit(f"path operations, all, check: {check}",
                    geometric_mean(f["operations"]["ratio"] for f in found), limit, file)
        print_limit(f"time, all, check: {check}",
                    geometric_mean(f["ratio"]["median"] for f in found), limit, file)
    print_skipped(document, file)
    print_different(document, file)
