# SPDX-License-Identifier: MIT
"""Those of CPython's own tests that are about importing and starting, under stock Python and under
pystart, as one of the tests of `make check`. compare.py runs all."""

import os
import shutil
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import bundles
import compare
import report
import runs

FILES = (
    "test_importlib", "test_import", "test_runpy", "test_cmd_line", "test_cmd_line_script",
    "test_inspect", "test_pkgutil", "test_code", "test_code_module", "test_marshal", "test_site",
    "test_frozen", "test_imp", "test_module", "test_modulefinder", "test_pkg", "test_zipimport",
    "test_linecache", "test_py_compile", "test_repl", "test_atexit", "test_audit", "test_utf8_mode",
    "test_c_locale_coercion", "test_multiprocessing_main_handling", "test__xxsubinterpreters",
    "test_warnings", "test_traceback", "test_doctest", "test_pickle", "test_sys_settrace",
)
TIMEOUT = 300  # seconds; only a hang takes that long


def skip(why):
    print(f"1..0 # SKIP {why}")
    return 0


def pairs_of(target, name):
    job = runs.Job("regrtest", name)
    try:
        return compare.repeat(target, job, compare.run_both(target, job))
    except compare.NotServed as error:
        return error


def notes_on(pairs):
    """What is to be said about a file; nothing if it is as it should be."""
    if isinstance(pairs, compare.NotServed):
        yield str(pairs)
        return
    rows = list(report.rows_of("", *map(list, zip(*pairs))))
    if report.broken_files(rows):
        yield "no test was run:\n" + pairs[0][0].output[-2000:]
    for row in rows:
        if row.verdict == "different":
            yield f"{row.test}: stock {row.stock}, pystart {row.pystart}"
            yield from (p[1].details.get(row.test, "")[-2000:] for p in pairs[:1])


def print_result(number, name, notes):
    print(f"{'not ok' if notes else 'ok'} {number} - {name}")
    for note in notes:
        for line in note.splitlines():
            print("#   " + line)
    sys.stdout.flush()


def test(folder, inventory):
    program = bundles.build(folder, compare.PYTHON, compare.PYSTART, compare.PYBUNDLE, inventory)
    target = runs.Target(compare.PYTHON, program, TIMEOUT, threading.Event())
    names = [n for n in FILES if os.path.exists(os.path.join(inventory["tests"], n))
             or os.path.exists(os.path.join(inventory["tests"], n + ".py"))]
    print(f"1..{len(names)}", flush=True)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        found = pool.map(lambda name: pairs_of(target, name), names)
        for number, (name, pairs) in enumerate(zip(names, found), 1):
            print_result(number, name, list(notes_on(pairs)))


def main():
    if os.environ.get("SANITIZE_CFLAGS"):
        return skip("the tests clear the environment, which a sanitized importer needs")
    inventory = bundles.ask(compare.PYTHON)
    if inventory["tests"] is None:
        return skip("Python's own tests are not installed; Debian: libpython3.11-testsuite")
    folder = tempfile.mkdtemp(prefix="pystart-cpython.")
    try:
        test(folder, inventory)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
