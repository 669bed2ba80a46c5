# SPDX-License-Identifier: MIT
"""The wide list: how the ratios of many programs are distributed."""

import contextlib
import os
import pathlib
import re
import statistics

from measuring import compared, each, geometric_mean, rounds, run
from report import print_limit, print_skipped, print_table, quartiles, ratio
from wide_list import IMPORT, JOB, VERSION, fill
from workloads import resolve

RUNS = 7
HEADER = ["", "stock ms", "wall", "quartiles", "cpu", "modules", "exit"]
TITLES = {VERSION: "version commands", JOB: "real jobs", IMPORT: "imports"}
BAR = 0.05  # the width of a bar of the histogram
FURTHER_RUNS = 4  # under stock, if the output is another one


@contextlib.contextmanager
def home(folder):
    """Let this be the home folder, so that nothing there configures programs or is written to."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("XDG_")]:
        del os.environ[name]
    os.environ["HOME"] = str(folder)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def outcome(side, folder):
    """What the process shows and how it ends, in a fresh folder."""
    fill(folder)
    done = run(side)
    return done.returncode, done.stdout, done.stderr


def without_numbers(shown):
    """What does not tell times, addresses and identifiers."""
    status, *texts = shown
    return status, *(re.sub(rb"[0-9a-f]*[0-9][0-9a-f]*", b"0", text) for text in texts)


def verdict(ours, show_stock):
    """Whether what was shown is the same, as far as runs under stock show the same.

    Two of them may tell the same time by chance.
    """
    stock = show_stock()
    if ours == stock:
        return "same"
    others = [show_stock() for _ in range(FURTHER_RUNS)]
    if all(other == stock for other in others):
        return "DIFFERENT"
    if all(without_numbers(other) == without_numbers(stock) for other in others):
        return "same" if without_numbers(ours) == without_numbers(stock) else "DIFFERENT"
    return "varies" if ours[0] == stock[0] else "DIFFERENT"


def statistics_of(side, folder):
    """Modules from the bundle, those left to Python, and how it ended, from PYSTART_STATS."""
    text = outcome(side._replace(env=dict(side.env, PYSTART_STATS="1")), folder)[2].decode(
        errors="replace")

    def number(pattern):
        return sum(map(int, re.findall(pattern, text)))

    served = number(r"served +(\d+) modules") + number(r"served .* (\d+) extension modules")
    left = number(r"left to Python +(\d+)")
    # A process that starts others is not the last to speak.
    ending = re.search(r"pystart: exit +(.*)", text)
    return {"served": served, "imports": served + left,
            "exit": ending[1] if ending else "not told"}


def compare(bench, folder, work):
    fill(folder)
    work = resolve(work, bench.options.python)
    fill(folder)
    bundle = bench.builder.build(bench.builder.manifest(work))
    stock, ours = bench.sides.stock(work.args), bench.sides.ours(work.args, bundle)
    same = verdict(outcome(ours, folder), lambda: outcome(stock, folder))

    def measure(side):
        fill(folder)
        return bench.meter(side)

    costs = rounds({"stock": stock, "pystart": ours}, bench.runs, measure)
    statuses = {cost.status for costs_of in costs.values() for cost in costs_of}
    if len(statuses) > 1:
        same = "DIFFERENT"
    return {"name": work.name, "kind": work.kind, "output": same,
            "same_output": same != "DIFFERENT", **statistics_of(ours, folder),
            **compared(costs["pystart"], costs["stock"])}


def measure(bench):
    folder = pathlib.Path.cwd()
    with home(folder):
        results, skipped = each(bench.works, lambda work: work.name,
                                lambda work: compare(bench, folder, work))
    return {"results": results, "skipped": skipped}


def wall(result):
    return result["wall"]["ratio"]["median"]


def row(result):
    return [result["name"], f"{result['wall']['stock']:.1f}", ratio(wall(result)),
            quartiles(result["wall"]["ratio"]), ratio(result["cpu"]["ratio"]["median"]),
            f"{result['served']}/{result['imports']}", result["exit"]]


def print_histogram(values, file):
    counts = {}
    for value in values:
        counts[int(value / BAR)] = counts.get(int(value / BAR), 0) + 1
    for bar in range(min(counts), max(counts) + 1):
        print(f"{bar * BAR:6.2f}  {'#' * counts.get(bar, 0)}".rstrip(), file=file)


def print_distribution(title, results, file):
    values = sorted(map(wall, results))
    print(f"\n{len(values)} {title}", file=file)
    print_table([HEADER, *map(row, sorted(results, key=wall, reverse=True))], file)
    low, high = values[0], values[-1]
    if len(values) > 1:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    quick = sum(result["exit"].startswith("quick") for result in results)
    print(f"geometric mean {geometric_mean(values):.3f}, median {statistics.median(values):.3f}, "
          f"least {values[0]:.3f}, quartiles {low:.3f}-{high:.3f}, most {values[-1]:.3f}; "
          f"{quick} quick exits", file=file)
    print_histogram(values, file)


def report(document, file):
    print("pystart divided by stock: medians of the ratios within pairs", file=file)
    for kind, title in TITLES.items():
        results = [r for r in document["results"] if r["kind"] == kind]
        if not results:
            continue
        print_distribution(title, results, file)
        if kind == VERSION:
            print_limit(f"time, {title}", geometric_mean(map(wall, results)), 0.48, file)
            print_limit(f"time, the slowest of the {title}", max(map(wall, results)), 0.80, file)
        if kind == JOB:
            print_limit(f"time, {title}", geometric_mean(map(wall, results)), 0.58, file)
    print_skipped(document, file)
    for result in document["results"]:
        if result["output"] != "same":
            said = {"varies": "output varies under stock as well"}
            print(f"{said.get(result['output'], 'DIFFERENT OUTPUT')}: {result['name']}", file=file)
