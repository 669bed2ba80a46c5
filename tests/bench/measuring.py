# SPDX-License-Identifier: MIT
"""Paired measurement: processes that take turns, and what is said about their ratios."""

import math
import os
import random
import statistics
import subprocess
import sys
from typing import NamedTuple

FIELDS = ("wall", "cpu", "faults", "peak")


class Cost(NamedTuple):
    wall: float  # ms
    cpu: float  # ms, user and system
    faults: int  # minor
    peak: int  # KiB
    status: int


class Side(NamedTuple):
    """One of those that are compared."""
    command: list
    env: dict


class Skip(Exception):
    """This cannot be measured here; the text says why."""


def clean_environment():
    """Nothing that configures Python or pystart, the same for all sides."""
    return {k: v for k, v in os.environ.items()
            if not k.startswith(("PYTHON", "PYSTART", "MAKE", "LD_PRELOAD"))}


def run(side):
    return subprocess.run(side.command, env=side.env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run_tool(*command):
    """Run what has to work; its standard output."""
    done = run(Side(list(map(str, command)), clean_environment()))
    if done.returncode != 0:
        raise Skip(f"{' '.join(map(str, command))} failed: "
                   + done.stderr.decode(errors="replace").strip())
    return done.stdout


def same_outcome(sides):
    """Run each side once, so that all files are read; whether they show the same."""
    outcomes = [run(side) for side in sides]
    return len({(done.returncode, done.stdout, done.stderr) for done in outcomes}) == 1


class Meter:
    """What a process costs, from the helper program measure.c."""

    def __init__(self, helper):
        self.helper = helper

    def __call__(self, side):
        done = run(Side([self.helper, *side.command], side.env))
        if done.returncode != 0:
            raise SystemExit("bench: " + done.stderr.decode(errors="replace"))
        wall, cpu, minor, _, peak, status = map(int, done.stdout.split())
        return Cost(wall / 1e6, cpu / 1e3, minor, peak, status)


def rounds(sides, count, measure):
    """Measure each side once a round, in an order that chance decides, so that drift hits all
    alike. `sides` is a dict; what comes back has for each of its keys one result a round."""
    results = {name: [] for name in sides}
    for _ in range(count):
        for name in random.sample(list(sides), len(sides)):
            results[name].append(measure(sides[name]))
    return results


def spread(values):
    """The median, and what half of the values lie between."""
    if len(values) == 1:
        return {"median": values[0], "quartiles": [values[0], values[0]]}
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": statistics.median(values), "quartiles": [low, high]}


def paired(values, base):
    """The ratios within each round."""
    return spread([value / other for value, other in zip(values, base) if other])


def compared(costs, base):
    """For each field of Cost: both medians, the ratios within rounds, and that of the least."""
    result = {}
    for field in FIELDS:
        theirs = [getattr(cost, field) for cost in base]
        ours = [getattr(cost, field) for cost in costs]
        result[field] = {"stock": statistics.median(theirs), "pystart": statistics.median(ours),
                         "ratio": paired(ours, theirs),
                         "best": min(ours) / min(theirs) if min(theirs) else None}
    return result


def geometric_mean(values):
    values = list(values)
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def each(items, name, work):
    """work(item) for each, with a progress line on a terminal; its results, and why the others
    were left out, by name."""
    results, skipped = [], {}
    for number, item in enumerate(items, 1):
        if sys.stderr.isatty():
            print(f"\r\x1b[K[{number}/{len(items)}] {name(item)}", end="", file=sys.stderr)
        try:
            results.append(work(item))
        except Skip as why:
            skipped[name(item)] = str(why)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return results, skipped
