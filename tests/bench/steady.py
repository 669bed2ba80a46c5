# SPDX-License-Identifier: MIT
"""Programs that run for long: whether anything is slower after the start.

Each benchmark in cpu/ is a module from the bundle. A process runs it several times and tells the
least processor time that one took. Both sides of a pair have the same hash seed and begin with the
same blocks on the heap, and each pair has others: what programs take depends on that.
"""

import json
import pathlib
import shutil

from bundles import count_served
from measuring import Side, Skip, each, geometric_mean, paired, rounds, run, spread
from report import print_skipped, print_table, quartiles, ratio

RUNS = 15
ITERATIONS = 8
TOLERANCE = 0.02
FOLDER = pathlib.Path(__file__).with_name("cpu")


def choose(only):
    """The benchmarks whose name contains one of these texts; all without any."""
    names = sorted(p.stem for p in FOLDER.glob("*.py") if p.name != "run.py")
    return [name for name in names if not only or any(text in name for text in only)]


def probe(side):
    done = run(side)
    if done.returncode != 0:
        raise Skip(done.stderr.decode(errors="replace").strip())
    return json.loads(done.stdout)


def seeded(side, seed):
    return Side([*side.command, str(seed)], dict(side.env, PYTHONHASHSEED=str(seed)))


def compare(bench, runner, name, bundle):
    args = [runner, name, str(ITERATIONS)]
    stock, ours = bench.sides.stock(args), bench.sides.ours(args, bundle)
    found = {"stock": [], "pystart": []}
    for seed in range(bench.runs):
        sides = {"stock": seeded(stock, seed), "pystart": seeded(ours, seed)}
        for side, results in rounds(sides, 1, probe).items():
            found[side] += results
    best = {side: [min(r["ms"]) for r in runs] for side, runs in found.items()}
    outcomes = {r["result"] for results in found.values() for r in results}
    return {"name": name, "same_output": len(outcomes) == 1,
            "modules_served": count_served(ours),
            "cpu": {**{side: spread(best[side])["median"] for side in best},
                    "ratio": paired(best["pystart"], best["stock"])}}


def measure(bench):
    names = choose(bench.options.only)
    # A copy, so that no .pyc comes into the source tree.
    copy = shutil.copytree(FOLDER, bench.builder.folder / "cpu", dirs_exist_ok=True)
    runner = str(copy / "run.py")
    try:
        bundle = bench.builder.build(bench.builder.record("cpu", [runner, "all"]))
    except Skip as why:
        return {"results": [], "skipped": {"all": str(why)}}
    results, skipped = each(names, str, lambda name: compare(bench, runner, name, bundle))
    return {"iterations": ITERATIONS, "units": {"cpu": "ms"}, "results": results,
            "skipped": skipped}


def row(result):
    cpu = result["cpu"]
    return [result["name"], f"{cpu['stock']:.2f}", f"{cpu['pystart']:.2f}",
            ratio(cpu["ratio"]["median"]), quartiles(cpu["ratio"])]


def report(document, file):
    results = document["results"]
    mean = geometric_mean(r["cpu"]["ratio"]["median"] for r in results)
    print("processor time of programs that run for long: pystart divided by stock", file=file)
    print_table([["", "stock ms", "pystart ms", "cpu", "quartiles"], *map(row, results),
                 [f"geometric mean of {len(results)}", "", "", ratio(mean), ""]], file)
    if mean is not None:
        state = "met" if abs(mean - 1) <= TOLERANCE else "missed"
        print(f"steady state: {mean:.3f}, within {TOLERANCE} of 1 wanted: {state}", file=file)
    print_skipped(document, file)
    for result in results:
        if not result["same_output"]:
            print(f"DIFFERENT RESULT: {result['name']}", file=file)
        if not result["modules_served"]:
            print(f"NOTHING CAME FROM THE BUNDLE: {result['name']}", file=file)
