# SPDX-License-Identifier: MIT
"""Each script in cases/ prints what a program can see of one subject. A bundle is recorded from
it; then its output, messages and exit status must be what stock gives. Arguments: cases to run.
"""

import pathlib
import shutil
import sys

import harness

CASES = harness.HERE / "cases"


def check(name, tap):
    with harness.Sandbox() as sandbox:
        app = sandbox.path / "app"
        shutil.copytree(CASES, app, ignore=shutil.ignore_patterns("__pycache__"))
        script = f"app/{name}.py"
        args = [script, "first argument", ""]
        sandbox.record(*args, keys=[("snapshot", "no")])
        # What this file does not name beforehand, a case leaves as it found it.
        harness.compare(tap, sandbox, name, args)
        served = sandbox.served(args)
        tap.result(bool(served), f"{name}: modules came from the bundle", f"served: {served}")
        if harness.no_snapshot():
            tap.skip(f"{name}, with a snapshot", harness.no_snapshot())
            return
        sandbox.build("--snapshot=yes")
        harness.compare(tap, sandbox, f"{name}, with a snapshot", args)
        tap.result(sandbox.resumes(args), f"{name}: a start goes on with the snapshot")


def main():
    names = sys.argv[1:] or sorted(p.stem for p in CASES.glob("*.py"))
    for name in names:
        if not (CASES / f"{name}.py").exists():
            sys.exit(f"{sys.argv[0]}: no case {name} in {pathlib.Path(CASES)}")
    harness.ALL_FROM_MALLOC = True
    return harness.in_parallel(check, names)


if __name__ == "__main__":
    sys.exit(main())
