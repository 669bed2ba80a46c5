# SPDX-License-Identifier: MIT
"""What each policy is worth: on its own, and what is lost without it."""

from measuring import each, geometric_mean, rounds, same_outcome
from measuring import Skip, compared
from report import half_width, print_different, print_skipped, print_table, ratio
from workloads import resolve

RUNS = 15
SWITCHES = ("gc", "exit", "hugepages", "regex", "generated", "site")


def less(name):
    return tuple(switch for switch in SWITCHES if switch != name)


# For each step the payload, and the policies that are off.
ALONE = {"marshal": ("marshal", SWITCHES), "image": ("image", SWITCHES),
         **{name: ("marshal", less(name)) for name in SWITCHES}, "all": ("auto", ())}
WITHOUT = {"all": ("auto", ()), "-image": ("marshal", ()),
           **{"-" + name: ("auto", (name,)) for name in SWITCHES}}
KINDS = {"alone": ALONE, "without": WITHOUT}


def build_all(bench, work, steps):
    """The bundle of each payload; images are not there for every interpreter."""
    manifest = bench.builder.manifest(work)
    bundles = {}
    for payload in sorted({payload for payload, _ in steps.values()}):
        try:
            bundles[payload] = bench.builder.build(manifest, payload=payload)
        except Skip as why:
            if payload != "image":
                raise
            bench.skipped["image"] = str(why)
    return bundles


def compare(bench, work, steps):
    work = resolve(work, bench.options.python)
    bundles = build_all(bench, work, steps)
    sides = {"stock": bench.sides.stock(work.args)}
    for name, (payload, without) in steps.items():
        if payload in bundles:
            sides[name] = bench.sides.ours(work.args, bundles[payload], without)
    same = same_outcome(sides.values())
    costs = rounds(sides, bench.runs, bench.meter)
    return {"name": work.name, "same_output": same,
            "steps": {name: compared(costs[name], costs["stock"]) for name in steps
                      if name in costs}}


def measure(bench):
    steps = KINDS[bench.options.steps]
    bench.skipped = {}
    results, skipped = each(bench.works, lambda w: w.name, lambda w: compare(bench, w, steps))
    return {"steps": list(steps), "field": bench.options.field, "results": results,
            "skipped": {**bench.skipped, **skipped}}


def report(document, file):
    steps, field, results = document["steps"], document["field"], document["results"]

    def cells(result, show):
        return [show(result["steps"][s][field]["ratio"]) if s in result["steps"] else "-"
                for s in steps]

    print(f"{field}, pystart divided by stock: medians, and half the width that half of the runs "
          "lie within", file=file)
    rows = [["", *steps]]
    for result in results:
        rows.append([result["name"], *cells(result, lambda r: ratio(r["median"]))])
        rows.append(["", *cells(result, half_width)])
    means = [geometric_mean(r["steps"][s][field]["ratio"]["median"] for r in results
                            if s in r["steps"]) for s in steps]
    rows.append([f"geometric mean of {len(results)}", *map(ratio, means)])
    print_table(rows, file)
    print_skipped(document, file)
    print_different(document, file)
