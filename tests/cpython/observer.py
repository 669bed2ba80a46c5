# SPDX-License-Identifier: MIT
"""Runs inside the interpreter that is tested: starts regrtest or pytest just as `-m` does, and
writes down what becomes of each test.

    PYTHON observer.py RESULTS STAND-IN regrtest test_NAME [TEST-TO-LEAVE-OUT...]
    PYTHON observer.py RESULTS STAND-IN pytest MODULE [TEST-TO-LEAVE-OUT...]

RESULTS gets one line for each event: the event, the test's id and details, as Python literals with
tabs between them. It is opened for each line, so that nothing is lost by a crash and the tests find
no descriptor of ours. Nothing is imported here that regrtest does not import itself: what the tests
see must be what they would see without us.

Children that are started by `sys.executable` are started through STAND-IN, a program that takes the
same arguments. That is how the tests of the command line reach pystart; under stock it is the
interpreter itself.
"""

import os
import sys

import _posixsubprocess


class Log:
    """Appends lines to a file; in this process only, not in forked ones."""

    def __init__(self, path):
        # The tests replace such functions at times.
        self._open, self._write, self._close, self._getpid = os.open, os.write, os.close, os.getpid
        self._path = path
        self._owner = os.getpid()

    def add(self, event, test_id, details=""):
        if self._getpid() != self._owner:
            return
        line = f"{event}\t{test_id!r}\t{details!r}\n".encode("utf-8", "backslashreplace")
        descriptor = self._open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            self._write(descriptor, line)
        finally:
            self._close(descriptor)


class Spawn:
    """Stands for os.posix_spawn(), by which 3.13 starts most children. No function, which would become
    a method in a class that keeps it."""

    def __init__(self, program_of):
        self._program_of, self._spawn = program_of, os.posix_spawn

    def __call__(self, path, args, *rest, **options):
        return self._spawn(self._program_of(path, args), args, *rest, **options)


def start_children_by(stand_in):
    """Replace the program of children that are to run sys.executable."""
    fork_exec = _posixsubprocess.fork_exec
    executable = os.fsencode(sys.executable)
    program = os.fsencode(stand_in)
    name = os.path.basename(program)

    def program_of(path, args):
        # Under another name than the stand-in's it would not know its bundle.
        if isinstance(path, (str, bytes)) and os.fsencode(path) == executable and args \
                and os.path.basename(os.fsencode(args[0])) == name:
            return program
        return path

    def observed_fork_exec(args, programs, *rest):
        if len(programs) == 1:
            programs = (program_of(programs[0], args),)
        return fork_exec(args, programs, *rest)

    _posixsubprocess.fork_exec = observed_fork_exec
    os.posix_spawn = Spawn(program_of)


def id_of(test):
    # Some tests have an attribute `id` of their own.
    method = getattr(type(test), "id", None)
    return str(method(test) if callable(method) else test)


def observe_results(log, result_class):
    """Make a class of test results tell what it is told."""
    def wrap(method, event, kind=None):
        original = getattr(result_class, method)

        def told(self, test, *args, **options):
            if event == "start":
                log.add(event, id_of(test))
                return original(self, test, *args, **options)
            result = original(self, test, *args, **options)
            kept = getattr(self, kind)[-1][1] if kind else ""
            log.add(event, id_of(test), kept if isinstance(kept, str) else "")
            return result
        setattr(result_class, method, told)

    def add_subtest(self, test, subtest, error, original=result_class.addSubTest):
        result = original(self, test, subtest, error)
        if error is not None:
            failed = issubclass(error[0], test.failureException)
            kept = self.failures if failed else self.errors
            log.add("fail" if failed else "error", id_of(test),
                    f"{id_of(subtest)}\n{kept[-1][1]}")
        return result

    wrap("startTest", "start")
    wrap("addSuccess", "pass")
    wrap("addExpectedFailure", "xfail")
    wrap("addUnexpectedSuccess", "xpass")
    wrap("addSkip", "skip", "skipped")
    wrap("addFailure", "fail", "failures")
    wrap("addError", "error", "errors")
    result_class.addSubTest = add_subtest


def observe_doctests(log, support):
    """Doctests that a file runs by itself, without unittest."""
    original = support.run_doctest

    def run_doctest(module, *args, **options):
        name = "doctests of " + module.__name__
        log.add("start", name)
        try:
            result = original(module, *args, **options)
        except support.TestFailed as error:
            log.add("fail", name, str(error))
            raise
        log.add("pass", name, f"{result[1]} examples")
        return result

    support.run_doctest = run_doctest


def run_regrtest(log, name, without):
    import runpy
    from test import support
    try:
        from test.support.testresult import RegressionTestResult
    except ImportError:  # since 3.12.1
        from test.libregrtest.testresult import RegressionTestResult

    observe_results(log, RegressionTestResult)
    if hasattr(support, "run_doctest"):  # up to 3.11
        observe_doctests(log, support)
    sys.argv[1:] = [name]
    for test in without:
        sys.argv += ["--ignore", test]
    runpy._run_module_as_main("test")


class PytestObserver:
    """A plugin of pytest."""

    def __init__(self, log):
        self._log = log

    def pytest_runtest_logreport(self, report):
        expected = hasattr(report, "wasxfail")
        if report.when == "setup":
            self._log.add("start", report.nodeid)
        if report.when == "call" and report.passed:
            self._log.add("xpass" if expected else "pass", report.nodeid)
        elif report.skipped:
            self._log.add("xfail" if expected else "skip", report.nodeid, str(report.longrepr))
        elif report.failed:
            event = "fail" if report.when == "call" else "error"
            self._log.add(event, report.nodeid, str(report.longrepr))


def run_pytest(log, name, without):
    import pytest

    arguments = ["-q", "-p", "no:cacheprovider", "--pyargs", name]
    for test in without:
        arguments += ["--deselect", test]
    sys.argv[1:] = arguments
    sys.exit(pytest.main(arguments, plugins=[PytestObserver(log)]))


def main():
    results, stand_in, runner, name, *without = sys.argv[1:]
    # As with `-m`: the current folder, not that of this file.
    sys.path[0] = os.getcwd()
    for variable in [v for v in os.environ if v.startswith("PYSTART")]:
        del os.environ[variable]
    log = Log(results)
    start_children_by(stand_in)
    if runner == "pytest":
        run_pytest(log, name, without)
    else:
        run_regrtest(log, name, without)


if __name__ == "__main__":
    main()
