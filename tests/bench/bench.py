# SPDX-License-Identifier: MIT
"""Start programs under the stock interpreter and under pystart, and compare.

    make bench BENCH_FLAGS='--runs 50 --only hg --json bench.json'

For each workload a bundle is recorded and built; both sides are run once, so that every .pyc is
there; then pairs of runs follow, in random order within each pair. A ratio is pystart divided by
stock, taken within a pair; what is printed is the median and the quartiles of these. Both sides
have the same interpreter and the same environment. System calls are counted by strace, exactly,
in a run of their own.
"""

import argparse
import json
import math
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from typing import NamedTuple

PROGRAMS = ["hg version", "yt-dlp --version", "black --version", "mypy --version",
            "django-admin --version", "sphinx-build --version", "http --version",
            "pytest --version"]
IMPORTS = ["asyncio", "sqlalchemy.orm", "django.db.models", "flask"]
# Those that deal with files, as in the kernel's tables for x86-64 and aarch64.
FILE_CALLS = ["open", "openat", "openat2", "stat", "lstat", "newfstatat", "statx", "readlink",
              "readlinkat", "access", "faccessat", "faccessat2", "getdents", "getdents64", "read",
              "pread64"]


class Cost(NamedTuple):
    wall: float  # ms
    cpu: float  # ms, user and system
    faults: int  # minor
    peak: int  # KiB
    status: int


class Workload(NamedTuple):
    name: str
    args: list  # behind the interpreter
    standard_bundle: bool  # startup.pyb rather than one of its own


class Skip(Exception):
    """This workload cannot be run here."""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=30, metavar="N", help="pairs of each workload")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="a workload whose name contains this; can be repeated")
    parser.add_argument("--check", choices=["source", "directory", "never"],
                        help="set this key of the recorded manifests")
    parser.add_argument("--json", metavar="FILE", help="write all figures to FILE, - for stdout")
    parser.add_argument("--no-strace", action="store_true", help="do not count system calls")
    parser.add_argument("--list", action="store_true", help="print the workloads and stop")
    parser.add_argument("--keep", metavar="DIR", help="keep manifests and bundles in DIR")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--pystart", default="pystart")
    parser.add_argument("--pybundle", default="pybundle")
    parser.add_argument("--startup", help="the standard bundle (default: the installed one)")
    parser.add_argument("--measure", required=True, help="the helper program, see measure.c")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs must be at least 1")
    return options


def clean_environment():
    """Nothing that configures Python or pystart, the same for both sides."""
    return {k: v for k, v in os.environ.items()
            if not k.startswith(("PYTHON", "PYSTART", "MAKE", "LD_PRELOAD"))}


def all_workloads():
    works = [Workload(line, line.split(), False) for line in PROGRAMS]
    works.append(Workload("-c pass", ["-c", "pass"], True))
    return works + [Workload(f"import {m}", ["-c", f"import {m}"], False) for m in IMPORTS]


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = pathlib.Path(folder)
        self.strace = None if options.no_strace else shutil.which("strace")

    def run(self, command, env):
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)

    def resolve(self, work):
        """The arguments with the program's path; Skip if it cannot be run by this interpreter."""
        if work.args[0] != "-c":
            path = shutil.which(work.args[0])
            if not path:
                raise Skip("not installed")
            with open(path, "rb") as script:
                line = script.readline()
            if not re.match(rb"#!.*python", line):
                raise Skip(f"{path} is not a Python script")
            work = work._replace(args=[path, *work.args[1:]])
        done = self.run([self.options.python, *work.args], clean_environment())
        if done.returncode != 0:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise Skip(f"exit status {done.returncode} under {self.options.python} "
                       + " ".join(last))
        return work

    def tool(self, *command):
        done = self.run(list(map(str, command)), clean_environment())
        if done.returncode != 0:
            raise SystemExit(f"bench: {' '.join(map(str, command))} failed:\n"
                             + done.stderr.decode(errors="replace"))

    def make_bundle(self, work):
        if work.standard_bundle:
            beside = pathlib.Path(self.options.pystart).resolve().parent
            return pathlib.Path(self.options.startup or beside / "../lib/pystart/startup.pyb")
        stem = re.sub(r"[^a-z0-9]+", "-", work.name.lower())
        manifest, bundle = self.folder / f"{stem}.yaml", self.folder / f"{stem}.pyb"
        self.tool(self.options.pybundle, "record", "-o", manifest, "--", *work.args)
        if self.options.check:
            set_key(manifest, "check", self.options.check)
        self.tool(self.options.pybundle, "build", "-q", manifest, "-o", bundle)
        return bundle

    def measure(self, command, env):
        done = self.run([self.options.measure, *command], env)
        if done.returncode != 0:
            raise SystemExit("bench: " + done.stderr.decode(errors="replace"))
        wall, cpu, minor, _, peak, status = map(int, done.stdout.split())
        return Cost(wall / 1e6, cpu / 1e3, minor, peak, status)

    def count_calls(self, command, env):
        """The number of each file-related system call, children included."""
        with tempfile.NamedTemporaryFile("r") as trace:
            names = ",".join("?" + name for name in FILE_CALLS)
            self.run([self.strace, "-f", "-qq", "-e", "signal=none", "-e", "trace=" + names,
                      "-o", trace.name, *command], env)
            counts = {}
            for line in trace:
                match = re.match(r"(?:\d+ +)?(\w+)\(", line)
                if match:
                    counts[match[1]] = counts.get(match[1], 0) + 1
        return counts

    def served(self, command, env):
        text = self.run(command, dict(env, PYSTART_STATS="1")).stderr
        counts = re.findall(rb"(\d+) (?:modules|code objects)\b", text)
        return sum(map(int, counts)) if counts else None

    def compare(self, work):
        work = self.resolve(work)
        bundle = self.make_bundle(work)
        env = dict(clean_environment(), PYSTART_BUNDLE=str(bundle))
        stock, ours = ([program, *work.args]
                       for program in (self.options.python, self.options.pystart))
        first = [self.run(command, env) for command in (stock, ours)]
        same = len({(r.returncode, r.stdout, r.stderr) for r in first}) == 1
        pairs = [self.pair(stock, ours, env) for _ in range(self.options.runs)]
        calls = None
        if self.strace:
            calls = {"stock": self.count_calls(stock, env), "pystart": self.count_calls(ours, env)}
        return summarize(work.name, pairs, calls, same, self.served(ours, env), bundle)

    def pair(self, stock, ours, env):
        """Both once, in an order that chance decides, so that drift hits both alike."""
        order = [0, 1]
        random.shuffle(order)
        costs = [None, None]
        for side in order:
            costs[side] = self.measure((stock, ours)[side], env)
        return costs


def set_key(manifest, key, value):
    lines = [li for li in manifest.read_text().splitlines() if not li.startswith(key + ":")]
    at = next(i for i, line in enumerate(lines) if line.startswith("version:")) + 1
    manifest.write_text("\n".join([*lines[:at], f"{key}: {value}", *lines[at:]]) + "\n")


def spread(values):
    if len(values) == 1:
        return {"median": values[0], "quartiles": [values[0], values[0]]}
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": statistics.median(values), "quartiles": [low, high]}


def summarize(name, pairs, calls, same, served, bundle):
    result = {"name": name, "runs": len(pairs), "same_output": same, "modules_served": served,
              "bundle_bytes": bundle.stat().st_size}
    for field in ("wall", "cpu", "faults", "peak"):
        stock = [getattr(a, field) for a, _ in pairs]
        ours = [getattr(b, field) for _, b in pairs]
        result[field] = {"stock": statistics.median(stock), "pystart": statistics.median(ours),
                         "ratio": spread([b / a for a, b in zip(stock, ours) if a])}
    if calls:
        totals = {side: sum(counts.values()) for side, counts in calls.items()}
        result["calls"] = {**totals, "by_name": calls,
                           "ratio": {"median": totals["pystart"] / totals["stock"]}}
    return result


def geometric_mean(results, field):
    values = [r[field]["ratio"]["median"] for r in results if field in r]
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


HEADER = ["", "stock ms", "pystart ms", "wall", "quartiles", "cpu", "stock calls", "pystart calls",
          "calls", "faults", "peak", "bundle KiB", "modules"]


def row(result):
    wall, calls = result["wall"], result.get("calls")
    low, high = wall["ratio"]["quartiles"]
    cells = [result["name"], f"{wall['stock']:.1f}", f"{wall['pystart']:.1f}",
             f"{wall['ratio']['median']:.3f}", f"{low:.3f}-{high:.3f}",
             f"{result['cpu']['ratio']['median']:.3f}"]
    if calls:
        cells += [str(calls["stock"]), str(calls["pystart"]), f"{calls['ratio']['median']:.3f}"]
    else:
        cells += ["-", "-", "-"]
    served = result["modules_served"]
    return cells + [f"{result['faults']['ratio']['median']:.3f}",
                    f"{result['peak']['ratio']['median']:.3f}",
                    f"{result['bundle_bytes'] / 1024:.0f}", "-" if served is None else str(served)]


def mean_row(title, means):
    def cell(field):
        return "-" if means[field] is None else f"{means[field]:.3f}"
    return [title, "", "", cell("wall"), "", cell("cpu"), "", "", cell("calls"), cell("faults"),
            cell("peak"), "", ""]


def print_table(rows, file):
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for cells in rows:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                        for i, (c, w) in enumerate(zip(cells, widths))).rstrip(), file=file)


def means_of(results):
    return {field: geometric_mean(results, field)
            for field in ("wall", "cpu", "calls", "faults", "peak")}


def measure_all(bench, works):
    results, skipped = [], {}
    for number, work in enumerate(works, 1):
        if sys.stderr.isatty():
            print(f"\r\x1b[K[{number}/{len(works)}] {work.name}", end="", file=sys.stderr)
        try:
            results.append(bench.compare(work))
        except Skip as why:
            skipped[work.name] = str(why)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return results, skipped


def report(results, skipped, options, file):
    programs = [r for r in results if r["name"] in PROGRAMS]
    print(f"pystart divided by stock: medians of {options.runs} interleaved pairs, "
          f"check: {options.check or 'as recorded'}, {options.python}", file=file)
    rows = [HEADER] + [row(r) for r in results]
    if len(programs) > 1:
        rows.append(mean_row(f"geometric mean of {len(programs)} programs", means_of(programs)))
    if results:
        print_table(rows, file)
    for name, why in skipped.items():
        print(f"left out: {name}: {why}", file=file)
    for result in results:
        if not result["same_output"]:
            print(f"DIFFERENT OUTPUT: {result['name']}", file=file)
        if not result["modules_served"] and result["name"] != "-c pass":
            print(f"NOTHING CAME FROM THE BUNDLE: {result['name']}", file=file)


def write_json(path, results, skipped, options):
    programs = [r for r in results if r["name"] in PROGRAMS]
    document = {"runs": options.runs, "check": options.check, "python": options.python,
                "units": {"wall": "ms", "cpu": "ms", "peak": "KiB"},
                "results": results, "skipped": skipped,
                "geometric_mean": {"programs": means_of(programs), "all": means_of(results)}}
    text = json.dumps(document, indent=1) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        pathlib.Path(path).write_text(text)


def main():
    options = parse_arguments()
    works = [w for w in all_workloads()
             if not options.only or any(name in w.name for name in options.only)]
    if options.list:
        print("\n".join(w.name for w in works))
        return 0
    if not works:
        raise SystemExit(f"bench: no workload is named like {', '.join(options.only)}")
    with tempfile.TemporaryDirectory(prefix="pystart-bench.") as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        results, skipped = measure_all(Bench(options, folder), works)
    report(results, skipped, options, sys.stderr if options.json == "-" else sys.stdout)
    if options.json:
        write_json(options.json, results, skipped, options)
    return 0 if results and all(r["same_output"] for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
