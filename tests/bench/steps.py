# SPDX-License-Identifier: MIT
"""What each policy is worth: on its own, and what is lost without it."""

from measuring import Skip, compared, each, geometric_mean, rounds, same_outcome
from report import half_width, print_different, print_skipped, print_table, ratio
from workloads import importing, resolve

RUNS = 15
SWITCHES = ("gc", "exit", "hugepages", "checksums", "regex", "generated", "site", "metadata")


def less(name):
    return tuple(switch for switch in SWITCHES if switch != name)


# For each step the payload, and the policies that are off.
ALONE = {"marshal": ("marshal", SWITCHES), "image": ("image", SWITCHES),
         **{name: ("marshal", less(name)) for name in SWITCHES}, "all": ("auto", ())}
WITHOUT = {"all": ("auto", ()), "-image": ("marshal", ()),
           **{"-" + name: ("auto", (name,)) for name in SWITCHES}}
KINDS = {"alone": ALONE, "without": WITHOUT}


def build_all(bench, work, steps):
    """The bundle of each payload, and why there is none: not every interpreter can have images."""
    manifest = bench.builder.manifest(work)
    bundles, lacking = {}, {}
    for payload in sorted({payload for payload, _ in steps.values()}):
        try:
            bundles[payload] = bench.builder.build(manifest, payload=payload)
        except Skip as why:
            lacking[payload] = str(why)
    return bundles, lacking


def compare(bench, work, steps):
    work = resolve(work, bench.options.python)
    bundles, lacking = build_all(bench, work, steps)
    sides = {"stock": bench.sides.stock(work.args)}
    for name, (payload, without) in steps.items():
        if payload in bundles:
            sides[name] = bench.sides.ours(work.args, bundles[payload], without)
    same = same_outcome(sides.values())
    costs = rounds(sides, bench.runs, bench.meter)
    return {"name": work.name, "same_output": same, "lacking": lacking,
            "steps": {name: compared(costs[name], costs["stock"]) for name in steps
                      if name in costs}}


def measure(bench):
    steps = KINDS[bench.options.steps]
    results, skipped = each(bench.works, lambda w: w.name, lambda w: compare(bench, w, steps))
    for result in results:
        skipped.update({f"{result['name']}, payload: {payload}": why
                        for payload, why in result["lacking"].items()})
    return {"steps": list(steps), "field": bench.options.field, "best": bench.options.best,
            "results": results, "skipped": skipped}


def rows_of(document):
    """One line with ratios for each workload, and one with what they vary by."""
    steps, field, best = document["steps"], document["field"], document["best"]

    def value(result, step):
        found = result["steps"].get(step, {}).get(field)
        return None if found is None else found["best"] if best else found["ratio"]["median"]

    yield ["", *steps]
    for result in document["results"]:
        yield [result["name"], *(ratio(value(result, step)) for step in steps)]
        if not best:
            found = [result["steps"].get(step) for step in steps]
            yield ["", *(half_width(f[field]["ratio"]) if f else "-" for f in found)]
    several = importing(document["results"])
    yield [f"geometric mean of {len(several)}",
           *(ratio(geometric_mean(value(r, step) for r in several if value(r, step)))
             for step in steps)]


def report(document, file):
    what = ("least of all runs" if document["best"] else
            "medians, and half the width that half of the runs lie within")
    print(f"{document['field']}, pystart divided by stock: {what}", file=file)
    print_table(list(rows_of(document)), file)
    print_skipped(document, file)
    print_different(document, file)
