# SPDX-License-Identifier: MIT
"""Start programs under the stock interpreter and under pystart, and compare.

    make bench BENCH_FLAGS='--runs 50 --only hg --json bench.json'
    make bench BENCH_FLAGS=--steps

For each workload a bundle is recorded and built; all sides are run once, so that every .pyc is
there; then they take turns, in random order within each round. A ratio is pystart divided by
stock, taken within a round; what is printed is the median and the quartiles of these. All sides
have the same interpreter and the same environment. System calls are counted by strace, exactly,
in a run of their own.

The other modes answer one question each: what is each policy worth (--steps), what do modules cost
that are not used (--scaling), what if the file system is slow (--latency), how much memory do many
processes need (--memory), how fast are code objects there (--codes), is anything slower once the
program runs (--cpu), and what of programs that nobody had in mind (--wide).
"""

import argparse
import contextlib
import os
import shutil
import sys
import tempfile

import codes
import latency
import memory
import scaling
import starts
import steady
import steps
import wide
import wide_list
import workloads
from bundles import Builder, Sides
from measuring import FIELDS, Meter
from report import write_json

MODES = {"steps": steps, "scaling": scaling, "latency": latency, "memory": memory,
         "codes": codes, "cpu": steady, "wide": wide}


def add_modes(parser):
    group = parser.add_argument_group("modes, instead of the main comparison")
    modes = group.add_mutually_exclusive_group()
    modes.add_argument("--steps", nargs="?", choices=list(steps.KINDS), const="alone",
                       help="each policy on its own (default), or all without one")
    modes.add_argument("--scaling", action="store_true",
                       help="bundles of more and more modules of which few are used")
    modes.add_argument("--latency", action="store_true",
                       help=f"{latency.DELAY} us added to every path operation")
    modes.add_argument("--memory", action="store_true",
                       help=f"the memory of {memory.PROCESSES} processes at the same time")
    modes.add_argument("--codes", action="store_true",
                       help="code objects from an image and from marshal in memory")
    modes.add_argument("--cpu", action="store_true", help="programs that run for long")
    modes.add_argument("--wide", action="store_true",
                       help="many programs and libraries, as a distribution")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, metavar="N", help="rounds of each workload")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="a workload whose name contains this; can be repeated")
    parser.add_argument("--check", choices=["source", "directory", "never"],
                        help="set this key of the manifests")
    parser.add_argument("--payload", choices=["auto", "image", "marshal"],
                        help="set this key of the manifests")
    parser.add_argument("--snapshot", choices=["no", "auto", "yes"], default="auto",
                        help="this key of the manifests (%(default)s)")
    parser.add_argument("--field", choices=FIELDS, default="wall",
                        help="what the table of --steps shows (%(default)s)")
    parser.add_argument("--best", action="store_true",
                        help="let that table show ratios of the least of all runs, which is what "
                        "to look at if the machine is busy")
    parser.add_argument("--json", metavar="FILE", help="write all figures to FILE, - for stdout")
    parser.add_argument("--no-strace", action="store_true", help="do not count system calls")
    parser.add_argument("--list", action="store_true", help="print the workloads and stop")
    parser.add_argument("--keep", metavar="DIR", help="keep manifests and bundles in DIR")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--pystart", default="pystart")
    parser.add_argument("--pybundle", default="pybundle")
    parser.add_argument("--measure", required=True, help="the helper program, see measure.c")
    add_modes(parser)
    options = parser.parse_args()
    for name in ("python", "pystart", "pybundle", "measure"):
        path = shutil.which(getattr(options, name))
        if not path:
            parser.error(f"there is no program {getattr(options, name)}")
        setattr(options, name, os.path.abspath(path))
    if options.runs is not None and options.runs < 1:
        parser.error("--runs must be at least 1")
    return options


class Bench:
    """What all modes need."""

    def __init__(self, options, mode, works, folder):
        keys = {"check": options.check, "payload": options.payload,
                "snapshot": options.snapshot}
        self.options = options
        self.works = works
        self.runs = options.runs or mode.RUNS
        self.meter = Meter(options.measure)
        self.sides = Sides(options.python, options.pystart)
        self.builder = Builder(folder, options.python, options.pystart, options.pybundle,
                               {key: value for key, value in keys.items() if value})


@contextlib.contextmanager
def empty_current_folder():
    """With -c Python searches the current folder first, and does so again after each change."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="pystart-bench.") as empty:
        os.chdir(empty)
        try:
            yield
        finally:
            os.chdir(before)


def measure_in_folder(options, mode, works):
    with tempfile.TemporaryDirectory(prefix="pystart-bench.") as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        bench = Bench(options, mode, works, os.path.abspath(folder))
        with empty_current_folder():
            return {"runs": bench.runs, "check": options.check, "payload": options.payload,
                    "snapshot": options.snapshot, "python": options.python, **mode.measure(bench)}


def main():
    options = parse_arguments()
    mode = next((MODES[name] for name in MODES if getattr(options, name)), starts)
    works = (wide_list if mode is wide else workloads).choose(options.only)
    names = steady.choose(options.only) if mode is steady else [work.name for work in works]
    if not names:
        raise SystemExit(f"bench: no workload is named like {', '.join(options.only)}")
    if options.list:
        print("\n".join(names))
        return 0
    document = measure_in_folder(options, mode, works)
    file = sys.stderr if options.json == "-" else sys.stdout
    print(f"{document['runs']} rounds, {options.python}, check: {options.check or 'as recorded'}",
          file=file)
    mode.report(document, file)
    if options.json:
        write_json(options.json, document)
    return 0 if document["results"] and all(r["same_output"] for r in document["results"]) else 1


if __name__ == "__main__":
    sys.exit(main())
