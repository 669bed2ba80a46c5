# SPDX-License-Identifier: MIT
"""What many processes of one program need that are there at the same time.

The proportional set size counts what n processes share as an n-th in each.
"""

import pathlib
import re
import subprocess

from hold import HELD
from measuring import Skip, each, geometric_mean, paired, rounds, spread
from report import print_limit, print_skipped, print_table, ratio
from workloads import importing, resolve

RUNS = 3
PROCESSES = 10
HOLD = pathlib.Path(__file__).with_name("hold.py")


def start(side):
    return subprocess.Popen(side.command, env=side.env, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def wait_until_held(process):
    text = b""
    while HELD not in text:
        more = process.stdout.read1()
        if not more:
            raise Skip("the program ends by itself")
        text += more


def kib(file, key):
    return int(re.search(rf"^{key}:\s+(\d+) kB$", file.read_text(), re.MULTILINE)[1])


def memory_of(process):
    folder = pathlib.Path("/proc", str(process.pid))
    return kib(folder / "smaps_rollup", "Pss"), kib(folder / "status", "VmHWM")


def together(side):
    """Mean proportional set size and mean peak of several processes, in KiB."""
    processes = [start(side) for _ in range(PROCESSES)]
    try:
        for process in processes:
            wait_until_held(process)
        pss, peak = zip(*map(memory_of, processes))
    finally:
        for process in processes:
            process.communicate()
    return sum(pss) / PROCESSES, sum(peak) / PROCESSES


def held(work):
    return [str(HOLD), *work.args]


def compare(bench, work):
    work = resolve(work, bench.options.python)
    work = work._replace(args=held(work))
    bundle = bench.builder.build(bench.builder.manifest(work))
    measured = rounds({"stock": bench.sides.stock(work.args),
                       "pystart": bench.sides.ours(work.args, bundle)}, bench.runs, together)
    result = {"name": work.name, "same_output": True}
    for index, field in enumerate(("pss", "peak")):
        values = {side: [m[index] for m in measured[side]] for side in measured}
        result[field] = {side: spread(values[side])["median"] for side in values}
        result[field]["ratio"] = paired(values["pystart"], values["stock"])
    return result


def measure(bench):
    results, skipped = each(bench.works, lambda w: w.name, lambda w: compare(bench, w))
    return {"processes": PROCESSES, "units": {"pss": "KiB", "peak": "KiB"}, "results": results,
            "skipped": skipped}


def row(result):
    pss, peak = result["pss"], result["peak"]
    return [result["name"], f"{pss['stock'] / 1024:.1f}", f"{pss['pystart'] / 1024:.1f}",
            ratio(pss["ratio"]["median"]), f"{peak['stock'] / 1024:.1f}",
            f"{peak['pystart'] / 1024:.1f}", ratio(peak["ratio"]["median"])]


def report(document, file):
    print(f"memory of each of {PROCESSES} processes at the same time, in MiB", file=file)
    print_table([["", "stock PSS", "pystart PSS", "PSS", "stock peak", "pystart peak", "peak"],
                 *map(row, document["results"])], file)
    results = document["results"]
    print_limit("proportional memory, all",
                geometric_mean(r["pss"]["ratio"]["median"] for r in importing(results)), 1.0,
                file)
    if results:
        for field, title, limit in (("pss", "proportional", 1.0), ("peak", "peak", 1.05)):
            most = max(results, key=lambda r: r[field]["ratio"]["median"])
            print_limit(f"{title} memory, the highest ({most['name']})",
                        most[field]["ratio"]["median"], limit, file)
    print_skipped(document, file)
