# SPDX-License-Identifier: MIT
"""Making all code objects available: from a bundle's image, and from marshal streams in memory.

Always in fresh processes, and for the startup modules of each workload: what an image takes is what
the importer says of its one pass over the bundle; what marshal takes is marshal.loads() of streams
that are in memory, with the collector off. Page faults are in both. Those that come later, when an
object is looked at for the first time, are brought about by a walk over all code objects and their
constants; its price is what it takes more than a second walk.
"""

import json
import pathlib

from measuring import Side, Skip, clean_environment, each, geometric_mean, paired, rounds, run
from measuring import run_tool, spread
from report import print_limit, print_skipped, print_table
from workloads import importing, resolve

RUNS = 10
WANTED = 8
PROBE = str(pathlib.Path(__file__).with_name("codes_probe.py"))
PARTS = ("available_ms", "touched_ms", "faults")


def probe(side):
    done = run(side)
    if done.returncode != 0:
        raise Skip(done.stderr.decode(errors="replace").strip())
    found = json.loads(done.stdout)
    return {**found, "total_ms": found["available_ms"] + found["touched_ms"]}


def startup_modules(bench, bundle):
    listing = json.loads(run_tool(bench.builder.pybundle, "list", "--json", bundle))
    return [module for module in listing["modules"]
            if module["startup"] and module["kind"] == "source"]


def compare(bench, work):
    work = resolve(work, bench.options.python)
    bundle = bench.builder.build(bench.builder.manifest(work), payload="image", check="never")
    modules = startup_modules(bench, bundle)
    names, streams = bundle.with_suffix(".names"), bundle.with_suffix(".streams")
    names.write_text(json.dumps([[m["name"], m["origin"]] for m in modules]))
    python, importer = bench.options.python, bench.builder.beside("lib/pystart")
    run_tool(python, "-I", PROBE, "prepare", names, streams)
    found = rounds({"marshal": Side([python, "-I", PROBE, "marshal", str(streams)],
                                    clean_environment()),
                    "image": Side([bench.options.pystart, "-X", f"bundle={bundle}", "-I", PROBE,
                                   "image", str(names), str(importer)], clean_environment())},
                   bench.runs, probe)
    result = {"name": work.name, "same_output": True, "modules": len(modules),
              "code_bytes": sum(m["code_size"] for m in modules)}
    for side, each_run in found.items():
        result[side] = {part: spread([r[part] for r in each_run])["median"] for part in PARTS}
    for part in ("available_ms", "total_ms"):
        marshal, image = ([r[part] for r in found[side]] for side in ("marshal", "image"))
        result[f"factor_{part}"] = {**paired(marshal, image), "best": min(marshal) / min(image)}
    return result


def measure(bench):
    results, skipped = each(bench.works, lambda w: w.name, lambda w: compare(bench, w))
    return {"results": results, "skipped": skipped}


def row(result):
    cells = [result["name"], str(result["modules"])]
    for side in ("marshal", "image"):
        found = result[side]
        cells += [f"{found['available_ms']:.2f}", f"{found['touched_ms']:.2f}",
                  str(round(found["faults"]))]
    for part in ("available_ms", "total_ms"):
        factor = result[f"factor_{part}"]
        cells += [f"{factor['median']:.1f}", f"{factor['best']:.1f}"]
    return cells


def report(document, file):
    results = document["results"]
    print("code objects of the startup modules: ms until they are there, ms of first touching "
          "them, page faults of that", file=file)
    print_table([["", "modules", "marshal", "touch", "faults", "image", "touch", "faults",
                  "factor", "of least", "with touch", "of least"], *map(row, results)], file)
    for title, part in (("", "available_ms"), (", first touches included", "total_ms")):
        mean = geometric_mean(r[f"factor_{part}"]["median"] for r in importing(results))
        if mean is not None:
            state = "met" if mean >= WANTED else "missed"
            print(f"faster than marshal{title}: {mean:.1f} times, at least {WANTED} wanted: "
                  f"{state}", file=file)
    print_skipped(document, file)
