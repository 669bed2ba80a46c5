# SPDX-License-Identifier: MIT
"""The main comparison: whole processes, from start to end."""

from bundles import count_moved, count_served
from measuring import FIELDS, Skip, compared, each, geometric_mean, rounds, same_outcome
from report import print_different, print_limit, print_skipped, print_table, quartiles, ratio
from tracing import count_calls
from workloads import NOTHING, PROGRAMS, importing, resolve

RUNS = 30
SHORT = 10  # times as many rounds for the start of the interpreter alone: it takes some 8 ms
HEADER = ["", "stock ms", "pystart ms", "wall", "quartiles", "cpu", "stock calls", "pystart calls",
          "calls", "faults", "peak", "bundle KiB", "modules"]


def compare_calls(stock, ours):
    counts = {"stock": count_calls(stock), "pystart": count_calls(ours)}
    totals = {side: sum(by_name.values()) for side, by_name in counts.items()}
    return {**totals, "by_name": counts,
            "ratio": {"median": totals["pystart"] / totals["stock"]}}


def compare(bench, work):
    work = resolve(work, bench.options.python)
    bundle = bench.builder.build(bench.builder.manifest(work))
    stock, ours = bench.sides.stock(work.args), bench.sides.ours(work.args, bundle)
    same = same_outcome([stock, ours])
    count = bench.runs * (SHORT if work.name == NOTHING else 1)
    costs = rounds({"stock": stock, "pystart": ours}, count, bench.meter)
    result = {"name": work.name, "runs": count, "same_output": same,
              "modules_served": count_served(ours), "bundle_bytes": bundle.stat().st_size,
              "moved": count_moved(ours), **compared(costs["pystart"], costs["stock"])}
    if not bench.options.no_strace:
        try:
            result["calls"] = compare_calls(stock, ours)
        except Skip:
            pass  # the rest does not need it
    return result


def means(results):
    return {field: geometric_mean(r[field]["ratio"]["median"] for r in results if field in r)
            for field in (*FIELDS, "calls")}


def measure(bench):
    results, skipped = each(bench.works, lambda work: work.name, lambda work: compare(bench, work))
    programs = [r for r in results if r["name"] in PROGRAMS]
    return {"units": {"wall": "ms", "cpu": "ms", "peak": "KiB"}, "results": results,
            "skipped": skipped, "geometric_mean": {"programs": means(programs),
                                                   "all": means(results)}}


def row(result):
    wall, calls, served = result["wall"], result.get("calls"), result["modules_served"]
    return [result["name"], f"{wall['stock']:.1f}", f"{wall['pystart']:.1f}",
            ratio(wall["ratio"]["median"]), quartiles(wall["ratio"]),
            ratio(result["cpu"]["ratio"]["median"]),
            *([str(calls["stock"]), str(calls["pystart"]), ratio(calls["ratio"]["median"])]
              if calls else ["-", "-", "-"]),
            ratio(result["faults"]["ratio"]["median"]), ratio(result["peak"]["ratio"]["median"]),
            f"{result['bundle_bytes'] / 1024:.0f}", "-" if served is None else str(served)]


def mean_row(title, mean):
    return [title, "", "", ratio(mean["wall"]), "", ratio(mean["cpu"]), "", "",
            ratio(mean["calls"]), ratio(mean["faults"]), ratio(mean["peak"]), "", ""]


def print_moved(results, file):
    """What a start pays for an interpreter, or an image, that is not where it was."""
    for result in results:
        moved = result["moved"]
        if moved and moved["pointers"] > 0:
            share = moved["ms"] / result["wall"]["pystart"]
            print(f"{result['name']}: {moved['pointers']:.0f} pointers moved in {moved['ms']:.2f} "
                  f"ms ({share:.1%} of the start), on {moved['pages']:.0f} pages", file=file)


def print_limits(results, file):
    walls = {r["name"]: r["wall"]["ratio"]["median"] for r in results}
    many = [r["name"] for r in importing(results)]
    if len(many) > 1:
        print_limit("time, all", geometric_mean(walls[name] for name in many), 0.50, file)
    if many:
        slowest = max(many, key=walls.get)
        print_limit(f"time, the slowest ({slowest})", walls[slowest], 0.62, file)
    print_limit(f"time, {NOTHING}", walls.get(NOTHING), 0.80, file)
    if results:
        most = max(results, key=lambda r: r["peak"]["ratio"]["median"])
        print_limit(f"peak memory, the highest ({most['name']})", most["peak"]["ratio"]["median"],
                    1.05, file)


def report(document, file):
    results = document["results"]
    programs = [r for r in results if r["name"] in PROGRAMS]
    print("pystart divided by stock: medians of the ratios within pairs", file=file)
    rows = [HEADER, *map(row, results)]
    if len(programs) > 1:
        rows.append(mean_row(f"geometric mean of {len(programs)} programs",
                             document["geometric_mean"]["programs"]))
    print_table(rows, file)
    print_moved(results, file)
    print_limits(results, file)
    print_skipped(document, file)
    print_different(document, file)
    for result in importing(results):
        if not result["modules_served"]:
            print(f"NOTHING CAME FROM THE BUNDLE: {result['name']}", file=file)
