# SPDX-License-Identifier: MIT
"""What .pyc files mean for a build and for a start: the source decides, except where stock Python
does not look at it."""

import filecmp
import itertools
import os
import py_compile
import sys

import harness

OLD = "VALUE = 'the old source'\n"
NEW = "VALUE = 'the new source'\n"  # of the same size
LIE = "VALUE = 'the stale .pyc'\n"
THEN = (1_600_000_000, 1_600_000_000)
TELL = """
import sys, plain
print(plain.VALUE, plain.__file__, plain.__cached__, plain.__spec__.cached)
def code(): pass
print(plain.__loader__.get_code("plain").co_filename)
"""
CHECKED = py_compile.PycInvalidationMode.CHECKED_HASH
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
TIMES = py_compile.PycInvalidationMode.TIMESTAMP
MODES = ("default", "always", "never")


def write_source(sandbox, text):
    """The source, as on a file system that has one time for all."""
    path = sandbox.write("app/plain.py", text)
    os.utime(path, THEN)
    return path


def write_pyc(sandbox, text, mode, name=None):
    """A .pyc file beside the source that was made when this was the source."""
    path = sandbox.path / "app/plain.py"
    now = path.read_text()
    write_source(sandbox, text)
    py_compile.compile(str(path), dfile=name, invalidation_mode=mode, doraise=True)
    write_source(sandbox, now)


def build(sandbox, *options, **keys):
    lines = ["version: 1", "name: test", "startup: [plain]", "paths: [app]",
             *(f"{key}: {value}" for key, value in keys.items())]
    sandbox.write("test.yaml", "\n".join(lines) + "\n")
    return harness.must([harness.PYBUNDLE, "build", *options, "test.yaml", "-o", sandbox.bundle],
                        cwd=sandbox.path)


def start(sandbox):
    """The value that pystart gives, and how many modules came from the bundle."""
    env = sandbox.env(PYTHONPATH=str(sandbox.path / "app"), PYTHONDONTWRITEBYTECODE="1")
    args = ["-c", "import plain; print(plain.VALUE)"]
    outcome = harness.run([harness.PYSTART, *args], cwd=sandbox.path, env=env)
    return outcome.out.decode().strip(), sandbox.served(args, env=env)


def same(tap, sandbox, text, *options, tell=TELL):
    env = sandbox.env(PYTHONPATH=str(sandbox.path / "app"), PYTHONDONTWRITEBYTECODE="1")
    return harness.compare(tap, sandbox, text, [*options, "-c", tell], env=env)


def prepared(text=OLD):
    sandbox = harness.Sandbox()
    sandbox.write("main.py", TELL)
    write_source(sandbox, text)
    return sandbox


def stale(payload, tap):
    """A .pyc file with the right time and size, and other code in it, is no source."""
    with prepared(LIE) as sandbox:
        py_compile.compile(str(sandbox.path / "app/plain.py"), doraise=True)
        write_source(sandbox, NEW)
        build(sandbox, "-q", payload=payload)
        cached = sandbox.path / "app/__pycache__"
        for path in cached.iterdir():
            path.unlink()
        cached.rmdir()
        value, served = start(sandbox)
        tap.result(value == "the new source" and served, f"{payload}: a stale .pyc is not believed",
                   value, served)
        same(tap, sandbox, f"{payload}: and it is as under stock when it is gone")


def equal_times(payload, tap):
    """Sources that change, and keep their size and time."""
    with prepared() as sandbox:
        for check, expected in (("source", "the old source"), ("hash", "the new source")):
            write_source(sandbox, OLD)
            build(sandbox, "-q", payload=payload, check=check)
            served = start(sandbox)
            tap.result(served[0] == "the old source" and served[1],
                       f"{payload}, {check}: an unchanged source is served", served)
            write_source(sandbox, NEW)
            value, _ = start(sandbox)
            tap.result(value == expected, f"{payload}, {check}: one with its old time", value)
            verified = harness.run([harness.PYBUNDLE, "verify", sandbox.bundle])
            tap.result(verified.status == 1 and b"plain.py was changed" in verified.out,
                       "verify sees it", verified)
        same(tap, sandbox, f"{payload}: hash is as stock without .pyc files")
        write_source(sandbox, OLD)
        os.utime(sandbox.path / "app/plain.py")
        value, served = start(sandbox)
        tap.result(value == "the old source" and served, f"{payload}: hash ignores times", served)
        verified = harness.run([harness.PYBUNDLE, "verify", "-q", sandbox.bundle])
        tap.result(verified.status == 0, "so does verify", verified)
        for text, change in (("a FIFO", os.mkfifo), ("a folder", os.mkdir),
                             ("a dangling link", lambda path: os.symlink("nowhere", path))):
            path = sandbox.path / "app/plain.py"
            path.unlink(missing_ok=True)
            change(path)
            if text != "a FIFO":  # which stock would wait for
                same(tap, sandbox, f"{payload}, hash: {text} in its place")
            path.rmdir() if text == "a folder" else path.unlink()


def hashed(kind, at_build, tap):
    """Hash-based .pyc files beside the source, with each value of --check-hash-based-pycs."""
    mode = {"checked": CHECKED, "unchecked": UNCHECKED}[kind]
    for check in ("source", "hash", "directory"):
        with prepared(NEW) as sandbox:
            write_pyc(sandbox, {"fresh": NEW, "stale": LIE}[at_build], mode)
            build(sandbox, "-q", check=check)
            about = f"{kind}, {at_build}, {check}"
            for option in MODES:
                same(tap, sandbox, f"{about}: {option}", "--check-hash-based-pycs", option)
            served = start(sandbox)[1]
            tap.result(served, f"{about}: it is served", served)
            verified = harness.run([harness.PYBUNDLE, "verify", "-q", sandbox.bundle])
            tap.result(verified.status == 0, f"{about}: and fresh", verified)
            if check != "directory":
                write_source(sandbox, OLD)
                for option in MODES:
                    same(tap, sandbox, f"{about}: {option}, with another source of that age",
                         "--check-hash-based-pycs", option)
                same(tap, sandbox, f"{about}: with the .pyc files elsewhere",
                     tell="import sys; sys.pycache_prefix = '/none'" + TELL)
                write_pyc(sandbox, OLD, mode)
                same(tap, sandbox, f"{about}: with another .pyc file, too")
                for path in (sandbox.path / "app/__pycache__").iterdir():
                    path.unlink()
                same(tap, sandbox, f"{about}: with none")


def odd_pycs(tap):
    with prepared() as sandbox:
        write_pyc(sandbox, LIE, UNCHECKED, name="/elsewhere/plain.py")
        build(sandbox, "-q")
        same(tap, sandbox, "an unchecked .pyc file that was made elsewhere has the source's name")
        tap.result(start(sandbox)[1], "and is served")
        cached = next((sandbox.path / "app/__pycache__").iterdir())
        cached.write_bytes(cached.read_bytes()[:16] + b"junk")
        build(sandbox, "-q")
        same(tap, sandbox, "one that is damaged is left to Python")
        cached.write_bytes(cached.read_bytes()[:9])
        build(sandbox, "-q")
        same(tap, sandbox, "one that is cut off is no .pyc file")
        tap.result(start(sandbox)[1], "and the source is served")
        py_compile.compile(str(sandbox.path / "app/plain.py"), cfile=str(cached), doraise=True)
        cached.rename(sandbox.path / "app/plain.pyc")
        (sandbox.path / "app/plain.py").unlink()
        build(sandbox, "-q")
        same(tap, sandbox, "a module without source is left to Python")
        tap.result(start(sandbox) == ("the old source", 0), "and not served", start(sandbox))


def sources(tap):
    """Whatever encoding and line ends they have, they compile as under stock."""
    for name, data in {
            "a cookie": b"# -*- coding: latin-1 -*-\nVALUE = '\xe4\xf6'\n",
            "a mark": b"\xef\xbb\xbfVALUE = '\xc3\xa4'\n",
            "CR and LF": b"VALUE = '''a\r\nb'''\r\n",
            "form feeds": b"\x0c\nVALUE = 1\n\x0cif VALUE:\n    VALUE = 2\n",
            "no end": b"VALUE = 1",
            "a warning": b"VALUE = '\\d' is 1\n",
            "a future": b"from __future__ import annotations\ndef f(x: y): pass\n"
                        b"VALUE = f.__annotations__\n",
    }.items():
        with prepared() as sandbox:
            path = sandbox.path / "app/plain.py"
            path.write_bytes(data)
            harness.run([harness.PYTHON, "-m", "py_compile", path])
            built = build(sandbox, "-q")
            same(tap, sandbox, f"a source with {name}")
            tap.result(built.err == b"" and start(sandbox)[1], f"{name}: it is served", built)


def reuse(payload, tap):
    """The same bytes, whatever is taken from where."""
    with prepared() as sandbox:
        for i in range(300):
            sandbox.write(f"app/many/m{i}.py", f"{OLD}A = {{1000, {i}, 256, 'n{i}', 'x y', 2.5}}\n"
                          + "".join(f"def f{j}(a, b={j}): return a, {j * i}, 'c{j}', b\n"
                                    for j in range(60)))
        sandbox.write("app/many/__init__.py", "")
        keys = {"modules": '["many.*"]', "payload": payload}

        def counts(*command):
            made = harness.must([*command, harness.PYBUNDLE, "build", "--json", "test.yaml", "-o",
                                 sandbox.bundle], cwd=sandbox.path)
            return [int(made.out.split(f'"{key}":'.encode())[1].split(b",")[0])
                    for key in ("compiled", "reused")]

        build(sandbox, "-q", **keys)
        first = sandbox.path / "first.pyb"
        sandbox.bundle.rename(first)
        checks = [("made anew", (), [302, 0]), ("taken from the old one", (), [0, 302])]
        if len(os.sched_getaffinity(0)) > 1:
            checks.append(("by one process", ("taskset", "1"), [302, 0]))
        for text, command, expected in checks:
            if expected[0]:
                sandbox.bundle.unlink(missing_ok=True)
            got = counts(*command)
            tap.result(got == expected and filecmp.cmp(first, sandbox.bundle, shallow=False),
                       f"{payload}: the same bytes, {text}", got)
        edited = sandbox.path / "app/many/m7.py"
        old = edited.read_text()
        edited.write_text(old.replace("old", "new"))
        got = counts()
        tap.result(got == [1, 301], f"{payload}: only what was edited is compiled", got)
        edited.write_text(old)
        sandbox.bundle.chmod(0o666)
        got = counts()
        tap.result(got == [302, 0], f"{payload}: nothing is taken from what others can write", got)
        data = bytearray(sandbox.bundle.read_bytes())
        data[len(data) // 2] ^= 1
        sandbox.bundle.unlink()
        sandbox.bundle.write_bytes(data)
        sandbox.bundle.chmod(0o444)
        counts()
        verified = harness.run([harness.PYBUNDLE, "verify", sandbox.bundle])
        tap.result(verified.status == 0, f"{payload}: nor anything damaged", verified)


def main():
    harness.leave_to_plain_build()
    tests = [lambda tap, p=payload, f=function: f(p, tap)
             for function, payload in itertools.product((stale, equal_times, reuse),
                                                        harness.payloads())]
    tests += [lambda tap, k=kind, a=at_build: hashed(k, a, tap)
              for kind, at_build in itertools.product(("checked", "unchecked"), ("fresh", "stale"))]
    tests += [odd_pycs, sources]
    return harness.in_parallel(lambda test, tap: test(tap), tests)


if __name__ == "__main__":
    sys.exit(main())
