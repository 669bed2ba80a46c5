# SPDX-License-Identifier: MIT
"""Bundles of more and more modules, of which a program uses the same hundred."""

import modules
from measuring import Skip, compared, rounds, same_outcome
from report import half_width, print_different, print_limit, print_skipped, print_table, ratio

RUNS = 20
# By the number of modules: how many packages, and how many modules of each.
SIZES = {100: (modules.USED_PACKAGES, modules.USED_MODULES),
         1000: (modules.USED_PACKAGES, modules.MODULES),
         10000: (modules.PACKAGES, modules.MODULES)}


def build(bench, recorded, size):
    """The used modules are under startup already, as recorded; all others are on demand."""
    used = set(modules.names(*SIZES[min(SIZES)]))
    further = [name for name in modules.names(*SIZES[size]) if name not in used]
    manifest = recorded.with_name(f"scaling-{size}.yaml")
    text = recorded.read_text()
    if further:
        text += "\nmodules:\n" + "".join(f"  - {name}\n" for name in further)
    manifest.write_text(text)
    return bench.builder.build(manifest)


def measure(bench):
    program = modules.write_tree(bench.builder.folder / "tree")
    args = [str(program)]
    try:
        recorded = bench.builder.record("scaling", args)
        bundles = {size: build(bench, recorded, size) for size in SIZES}
    except Skip as why:
        return {"results": [], "skipped": {"scaling": str(why)}}
    sides = {size: bench.sides.ours(args, bundles[size]) for size in SIZES}
    same = same_outcome([bench.sides.stock(args), *sides.values()])
    sides["stock"] = bench.sides.stock(args)
    costs = rounds(sides, bench.runs, bench.meter)
    results = [{"name": name, "same_output": same,
                "bundle_bytes": bundles[name].stat().st_size if name in bundles else None,
                **compared(costs[name], costs[min(SIZES)])} for name in sides]
    return {"results": results, "skipped": {}}


def row(result):
    size = result["bundle_bytes"]
    cells = [str(result["name"]), "-" if size is None else f"{size / 2**20:.1f}",
             f"{result['wall']['pystart']:.1f}"]
    for field in ("wall", "cpu"):
        found = result[field]
        cells += [ratio(found["ratio"]["median"]), half_width(found["ratio"]),
                  ratio(found["best"])]
    return cells + [ratio(result[field]["ratio"]["median"]) for field in ("faults", "peak")]


def report(document, file):
    print(f"{modules.USED_PACKAGES * modules.USED_MODULES} modules used out of so many, divided "
          f"by a bundle of {min(SIZES)}", file=file)
    print_table([["modules", "bundle MiB", "ms", "wall", "", "least", "cpu", "", "least",
                  "faults", "peak"],
                 *map(row, document["results"])], file)
    for result in document["results"]:
        if result["name"] == max(SIZES):
            print_limit(f"time, {max(SIZES)} modules", result["wall"]["ratio"]["median"], 1.05,
                        file)
    print_skipped(document, file)
    print_different(document, file)
