# SPDX-License-Identifier: MIT
"""Programs that start themselves again, as reloaders do, and bundles that a Python without pystart is
told to run: the program sees the same each time.
"""

import functools
import os
import shutil
import sys
import zipfile

import harness

PROGRAM = '''
import os, sys

def state():
    main = sys.modules["__main__"]
    names = ("__name__", "__file__", "__package__", "__cached__", "__spec__", "__doc__")
    values = [getattr(main, name, "none") for name in names]
    values[4] = getattr(values[4], "name", values[4])
    return (sys.argv, sys.path[:2], sys.orig_argv[1:], sys.warnoptions, sys._xoptions, sys.flags, values,
            sorted(set(vars(main)) - {"json"}), "zipimport" in sys.path_importer_cache)

def again(way):
    """As werkzeug, Django, and others before them."""
    arguments = [argument for argument in sys.argv if argument not in WAYS]
    spec = sys.modules["__main__"].__spec__
    if way == "orig_argv":
        new = [argument for argument in sys.orig_argv[1:] if argument not in WAYS]
    elif way == "django" and spec is not None:
        new = ["-m", spec.name, *arguments[1:]]
    elif way == "django":
        assert os.path.exists(arguments[0]), arguments[0]
        new = ["-W" + option for option in sys.warnoptions] + arguments
    else:
        new = arguments
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *new])

WAYS = ("argv", "orig_argv", "django")

def main():
    print("again" if os.environ.get("AGAIN") else "first")
    for value in state():
        print(value)
    os.environ["AGAIN"] = "1"
    for way in WAYS:
        if way in sys.argv:
            again(way)
    if "raise" in sys.argv:
        raise ValueError("as it was asked for")
    return 7

if __name__ == "__main__":
    sys.exit(main())
'''
ENTRIES = {"script": "{path}/program.py", "module": "program", "function": "program:main"}


def build(sandbox, kind, *lines):
    """dist/app.pyb, and dist/app beside it, which is the launcher."""
    sandbox.write("program.py", PROGRAM)
    (sandbox.path / "dist").mkdir(exist_ok=True)
    manifest = sandbox.write("app.yaml", "\n".join((
        "version: 1", "entry: " + ENTRIES[kind].format(path=sandbox.path), "startup: [json]",
        f"paths: ['{sandbox.path}']", *lines,
        *(f"{key}: {value}" for key, value in harness.SNAPSHOTS.keys(environment(sandbox))))) + "\n")
    harness.must([harness.PYBUNDLE, "build", "-q", manifest, "-o", "dist/app.pyb"], cwd=sandbox.path,
                 env=environment(sandbox))
    shutil.copy(harness.PYSTART, sandbox.path / "dist/app")


def environment(sandbox):
    return harness.clean_environment(PYTHONPATH=str(sandbox.path))


def ran(sandbox, *command):
    return harness.run(command, cwd=sandbox.path, env=environment(sandbox))


def without_ours(err):
    """Without what the launcher says, as about a bundle for another level of optimization."""
    return b"".join(line for line in err.splitlines(True) if not line.startswith(b"pystart: "))


def by_stock(kind, tap):
    """python3 app.pyb does what pystart app.pyb does."""
    with harness.Sandbox() as sandbox:
        for lines in (), ("optimize: 1",):
            build(sandbox, kind, *lines)
            for options in (), ("-W", "error", "-X", "dev"), ("-s", "-B", "-bb"), ("-O",):
                for arguments in ("a", "b c"), ("raise",):
                    harness.compare_outcomes(
                        tap, " ".join(("a bundle with the entry", kind, *lines, *options, *arguments)),
                        ran(sandbox, harness.PYSTART, *options, "dist/app.pyb", *arguments),
                        ran(sandbox, harness.PYTHON, *options, "dist/app.pyb", *arguments),
                        only=without_ours)
        build(sandbox, kind)
        for arguments in ("a", "b c"), ("raise",):
            harness.compare_outcomes(
                tap, f"a copy of the launcher for the entry {kind} {arguments}",
                ran(sandbox, "dist/app", *arguments),
                ran(sandbox, harness.PYTHON, "dist/app", *arguments), only=without_ours)
        os.symlink("dist/app", sandbox.path / "link")
        harness.compare_outcomes(tap, f"a link to such a copy, {kind}", ran(sandbox, "./link"),
                                 ran(sandbox, harness.PYTHON, "./link"), only=without_ours)
        harness.compare_outcomes(
            tap, f"the option -- in front of it, {kind}",
            ran(sandbox, harness.PYSTART, "dist/app.pyb", "a"),
            ran(sandbox, harness.PYTHON, "--", "dist/app.pyb", "a"), only=without_ours)


def restarts(kind, tap):
    """It starts itself again, and comes to its end."""
    with harness.Sandbox() as sandbox:
        build(sandbox, kind)
        for command in (harness.PYSTART, "dist/app.pyb"), ("dist/app",):
            for way in "argv", "orig_argv", "django":
                outcome = ran(sandbox, *command, way, "more")
                times = [line for line in outcome.out.splitlines() if line in (b"first", b"again")]
                right = outcome.status == 7 and times == [b"first", b"again"] and not without_ours(outcome.err)
                tap.result(right, f"{kind}: {' '.join(command)} restarts by {way}", outcome)


def in_process(kind, tap):
    """Another program runs the bundle: it must not be replaced."""
    with harness.Sandbox() as sandbox:
        build(sandbox, kind)
        runner = sandbox.write("runner.py", "import runpy, sys\nsys.argv = sys.argv[1:]\ntry:\n"
                               "    runpy.run_path(sys.argv[0], run_name='__main__')\n"
                               "except SystemExit as end:\n    print('status', end.code)\n")
        outcome = ran(sandbox, harness.PYTHON, runner, "dist/app.pyb", "a")
        tap.result(outcome.out.startswith(b"first") and b"status 7" in outcome.out and not outcome.err,
                   f"{kind}: it is run within another program", outcome)


def archive(tap):
    """What is at the end is a zip archive, the same each time, and without an entry it is not there."""
    with harness.Sandbox() as sandbox:
        build(sandbox, "function")
        first = (sandbox.path / "dist/app.pyb").read_bytes()[-4096:]
        for name in "dist/app.pyb", "dist/app":
            with zipfile.ZipFile(sandbox.path / name) as file:
                info, = file.infolist()
                tap.result(file.testzip() is None and info.filename == "__main__.py" and
                           info.date_time == (1980, 1, 1, 0, 0, 0) and
                           info.compress_type == zipfile.ZIP_STORED, f"the archive in {name}", info)
        (sandbox.path / "dist/app.pyb").unlink()
        build(sandbox, "function")
        tap.result((sandbox.path / "dist/app.pyb").read_bytes()[-4096:] == first, "it has no time in it")
        strip = shutil.which("strip")
        if strip:
            harness.must([strip, "dist/app"], cwd=sandbox.path)
            harness.compare_outcomes(tap, "a stripped launcher", ran(sandbox, "dist/app"),
                                     ran(sandbox, harness.PYTHON, "dist/app"), only=without_ours)
        (sandbox.path / "dist/app.pyb").unlink()
        outcome = ran(sandbox, harness.PYTHON, "dist/app")
        tap.result(outcome.status == 1 and outcome.err.startswith(b"pystart: dist/app: there is no "),
                   "a launcher without bundle says so", outcome)
        plain = sandbox.write("plain.yaml", "version: 1\nstartup: [json]\n")
        harness.must([harness.PYBUNDLE, "build", "-q", plain, "-o", "dist/app.pyb"], cwd=sandbox.path)
        tap.result(not zipfile.is_zipfile(sandbox.path / "dist/app.pyb"), "no entry point, no archive")
        outcome = ran(sandbox, harness.PYTHON, "dist/app")
        tap.result(outcome.status == 1 and outcome.err.startswith(b"pystart: dist/app.pyb: it has no"),
                   "a launcher with such a bundle says so", outcome)


sys.exit(harness.in_parallel(lambda case, tap: case(tap=tap), [
    *(functools.partial(function, kind) for function in (by_stock, restarts, in_process)
      for kind in ENTRIES), archive]))
