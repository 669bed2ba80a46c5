# SPDX-License-Identifier: MIT
"""The programs that are started."""

import re
import shutil
from typing import NamedTuple

from measuring import Side, Skip, clean_environment, run

PROGRAMS = ("hg version", "yt-dlp --version", "black --version", "mypy --version",
            "django-admin --version", "sphinx-build --version", "http --version",
            "pytest --version")
IMPORTS = ("asyncio", "sqlalchemy.orm", "django.db.models", "flask")
NOTHING = "-c pass"  # the start of the interpreter alone


class Workload(NamedTuple):
    name: str
    args: list  # behind the interpreter
    standard: bool = False  # with the standard bundle rather than one of its own


def all_workloads():
    return [*(Workload(line, line.split()) for line in PROGRAMS),
            Workload(NOTHING, NOTHING.split(), standard=True),
            *(Workload(f"import {m}", ["-c", f"import {m}"]) for m in IMPORTS)]


def choose(only):
    """Those whose name contains one of these texts; all without any."""
    return [w for w in all_workloads() if not only or any(text in w.name for text in only)]


def importing(results):
    """The results of those that import something."""
    return [result for result in results if result["name"] != NOTHING]


def program_path(name):
    path = shutil.which(name)
    if not path:
        raise Skip("not installed")
    with open(path, "rb") as script:
        if not re.match(rb"#!.*python", script.readline()):
            raise Skip(f"{path} is not a Python script")
    return path


def resolve(work, python):
    """The workload with its program's path; Skip if this interpreter cannot run it."""
    if work.args[0] != "-c":
        work = work._replace(args=[program_path(work.args[0]), *work.args[1:]])
    done = run(Side([python, *work.args], clean_environment()))
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise Skip(f"exit status {done.returncode} under {python} " + " ".join(last))
    return work
