# SPDX-License-Identifier: MIT
"""Recording manifests and building bundles of them, in several variants."""

import os
import pathlib
import re

from measuring import Side, clean_environment, run, run_tool
from workloads import NOTHING


def set_keys(text, keys):
    """A manifest's text with these keys at its head instead of what it says about them."""
    lines = [line for line in text.splitlines() if line.partition(":")[0] not in keys]
    at = next(i for i, line in enumerate(lines) if line.startswith("version:")) + 1
    settings = [f"{key}: {value}" for key, value in keys.items()]
    return "\n".join([*lines[:at], *settings, *lines[at:]]) + "\n"


class Builder:
    """Makes manifests and bundles in a folder, for one interpreter, whichever the scripts name; `keys`
    are set in all of them."""

    def __init__(self, folder, python, pystart, pybundle, keys):
        self.folder = pathlib.Path(folder)
        self.python = python
        self.pystart = pystart
        self.pybundle = pybundle
        self.keys = keys

    def beside(self, path):
        """What is installed below the same prefix."""
        return pathlib.Path(self.pystart).resolve().parents[1] / path

    def manifest(self, work):
        """The workload's manifest, recorded; the standard one with what this machine adds to it."""
        stem = re.sub(r"[^a-z0-9]+", "-", work.name.lower())
        if not work.standard:
            return self.record(stem, work.args)
        standard = self.beside("share/pystart/startup.yaml").read_text()
        (self.folder / f"{stem}.yaml").write_text(standard)
        return self.record(stem, NOTHING.split(), "--merge")

    def record(self, stem, args, *options):
        manifest = self.folder / f"{stem}.yaml"
        run_tool(self.pybundle, "record", f"--python={self.python}", *options, "-o", manifest, "--",
                 *args)
        return manifest

    def build(self, manifest, **keys):
        """The bundle of the manifest with these keys set."""
        variant = "".join(f".{value}" for value in keys.values())
        changed = self.folder / f"{manifest.stem}{variant}.set.yaml"
        changed.write_text(set_keys(manifest.read_text(), {**self.keys, **keys}))
        bundle = changed.with_suffix("").with_suffix(".pyb")
        run_tool(self.pybundle, "build", "-q", changed, "-o", bundle)
        return bundle


class Sides:
    """Turns arguments of the interpreter into what is to be run."""

    def __init__(self, python, pystart):
        self.python = python
        self.pystart = pystart

    def stock(self, args):
        return Side([self.python, *args], clean_environment())

    def ours(self, args, bundle, without=()):
        env = dict(clean_environment(), PYSTART_BUNDLE=os.fspath(bundle))
        if without:
            env["PYSTART_WITHOUT"] = ",".join(without)
        return Side([self.pystart, *args], env)


def statistics_of(side):
    return run(side._replace(env=dict(side.env, PYSTART_STATS="1"))).stderr


def count_served(side):
    """How many modules came from the bundle, or None if it was not used."""
    counts = re.findall(rb"(\d+) (?:modules|code objects)\b", statistics_of(side))
    return sum(map(int, counts)) if counts else None


def count_moved(side):
    """Pointers of the image that a start adapts, the milliseconds that takes, and their pages."""
    found = re.search(rb"(\d+) pointers moved in ([\d.]+) ms, on (\d+) ", statistics_of(side))
    return dict(zip(("pointers", "ms", "pages"), map(float, found.groups()))) if found else None
