# SPDX-License-Identifier: MIT
"""Real programs, as many of them as are installed: version, and a real job of each. Bundles are
recorded from the very command, then from the version only, so that some modules come from the
bundle and some do not.
"""

import pathlib
import re
import shutil
import subprocess
import sys

import harness

PYTEST_FILE = """
import pytest


def test_passes(tmp_path):
    assert tmp_path.exists()


def test_fails():
    value = {"a": [1, 2]}
    assert value == {"a": [1, 3]}


@pytest.mark.parametrize("n", [1, 2])
def test_parameters(n):
    assert n == 1
"""
UNFORMATTED = "import os\ndef f( a,b ):\n    return {'x':a ,\n 'y':b}\n"
TYPED = "def f(a: int) -> str:\n    return a\n\n\nprint(f('x'))\n"
CONF = "project = 'test'\nextensions = ['sphinx.ext.autodoc']\nhtml_theme = 'alabaster'\n"


def hg_repository(path):
    env = harness.clean_environment(HGRCPATH="", HGUSER="test")
    repo = path / "repo"
    for args in (["init", repo], ["-R", repo, "addremove", "-q"],
                 ["-R", repo, "commit", "-m", "first", "-d", "0 0"]):
        if args[-2:] == ["addremove", "-q"]:
            (repo / "file").write_text("text\n")
        subprocess.run(["hg", *map(str, args)], env=env, check=True, stdout=subprocess.DEVNULL)
    (repo / "file").write_text("changed\n")
    (repo / "unknown").write_text("")


def files(path):
    (path / "test_sample.py").write_text(PYTEST_FILE)
    (path / "unformatted.py").write_text(UNFORMATTED)
    (path / "typed.py").write_text(TYPED)
    docs = path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text(CONF)
    (docs / "index.rst").write_text("Title\n=====\n\nText with :pep:`302` and *emphasis*.\n")


# program, arguments of the version, arguments of further jobs
PROGRAMS = [
    ("hg", ["version"], [["-R", "repo", "status"], ["-R", "repo", "log", "-p"],
                         ["-R", "repo", "diff", "--nodates"], ["unknown-command"]]),
    ("yt-dlp", ["--version"], [["--help"], ["--no-such-option"]]),
    ("black", ["--version"], [["--diff", "-q", "unformatted.py"], ["--check", "-q", "typed.py"]]),
    ("mypy", ["--version"], [["--no-incremental", "--cache-dir=/dev/null", "typed.py"]]),
    ("django-admin", ["--version"], [["help"], ["help", "migrate"], ["no-such-command"]]),
    ("sphinx-build", ["--version"], [["-q", "-E", "-b", "html", "docs", "built"]]),
    ("http", ["--version"], [["--offline", "--ignore-stdin", "example.org/path", "a=b"]]),
    ("pytest", ["--version"], [["-p", "no:cacheprovider", "--basetemp=base", "test_sample.py"]]),
]


def steady(text):
    """Without the times that programs print."""
    text = re.sub(rb"\bin \d+\.\d+s\b", b"in 0.00s", text)
    return re.sub(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+", b"(date)", text)


def compare(tap, sandbox, description, command, env, stock=harness.PYTHON):
    outcomes = []
    for program in (stock, harness.PYSTART):
        run = harness.run([program, *command], env=env, cwd=sandbox.path)
        outcomes.append(harness.Outcome(run.status, *(steady(harness.mask_addresses(text))
                                                      for text in run[1:])))
    stock, ours = outcomes
    notes = harness.describe("stdout", stock.out, ours.out)
    notes += harness.describe("stderr", stock.err, ours.err)
    if stock.status != ours.status:
        notes.append(f"exit status: stock {stock.status}, pystart {ours.status}")
    tap.result(not notes, description, *notes)


def check(entry, tap):
    program, version, jobs = entry
    script = shutil.which(program)
    if not script:
        return tap.skip(program, "not installed")
    if not runs_with_target(script):
        return tap.skip(program, f"{script} is for another interpreter than {harness.PYTHON}")
    with harness.Sandbox() as sandbox:
        files(sandbox.path)
        if program == "hg":
            hg_repository(sandbox.path)
        # Some print sets, whose order is the hash seed's.
        env = sandbox.env(HGRCPATH="", HOME=str(sandbox.path), COLUMNS="80", PYTHONHASHSEED="0")
        recording = {k: v for k, v in env.items() if k != "PYSTART_BUNDLE"}
        sandbox.record(script, *version, env=recording)
        for args in [version, *jobs]:
            compare(tap, sandbox, " ".join([program, *args]), [script, *args], env)
        served = sandbox.served([script, *version], env=env)
        tap.result(bool(served), f"{program}: modules came from the bundle", f"served: {served}")
        sandbox.record(script, *jobs[0], env=recording)
        compare(tap, sandbox, " ".join([program, *jobs[0]]) + ", recorded from itself",
                [script, *jobs[0]], env)


def runs_with_target(script):
    """Whether the script's #! line starts the interpreter that pystart was built for."""
    with open(script, "rb") as file:
        line = file.readline().decode(errors="replace")
    words = line[2:].split()
    if not line.startswith("#!") or not words:
        return False
    interpreter = shutil.which(words[1] if words[0].endswith("/env") and words[1:] else words[0])
    target = pathlib.Path(harness.PYTHON).resolve()
    return interpreter is not None and pathlib.Path(interpreter).resolve() == target


if __name__ == "__main__":
    sys.exit(harness.in_parallel(check, PROGRAMS))
