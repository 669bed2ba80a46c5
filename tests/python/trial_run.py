# SPDX-License-Identifier: MIT
"""What module bodies compile comes from the bundle, in so many ways to start Python, and the program
cannot tell. Building a bundle imports modules; whatever these do, there is a bundle.
"""

import functools
import re
import shutil
import sys

import harness

CASES = harness.HERE / "cases"

# Options and environment under which the cases are run.
VARIANTS = {
    "as it is": ([], {}),
    "warnings as errors": (["-W", "error::FutureWarning", "-W", "error::SyntaxWarning"], {}),
    "developer mode": (["-X", "dev"], {}),
    "no positions": (["-X", "no_debug_ranges"], {}),
    "short numbers": (["-X", "int_max_str_digits=640"], {}),
    "another seed": ([], {"PYTHONHASHSEED": "7"}),
    "traced allocations": (["-X", "tracemalloc=3"], {}),
    "isolated": (["-s"], {}),
    "without patterns": ([], {"PYSTART_WITHOUT": "regex"}),
    "without sources": ([], {"PYSTART_WITHOUT": "generated"}),
}


HAS_PATTERNS = not harness.is_left_out("patterns compiled before")


def copy_cases(sandbox):
    shutil.copytree(CASES, sandbox.path / "app", ignore=shutil.ignore_patterns("__pycache__"))


def compiled(sandbox, args, **extra):
    """How many patterns and sources the bundle gave to this run."""
    outcome = harness.run([harness.PYSTART, *args], cwd=sandbox.path,
                          env=sandbox.env(PYSTART_STATS="1", **extra))
    counts = re.search(rb"compiled before +(\d+) regular expressions, (\d+) sources", outcome.err)
    return tuple(map(int, counts.groups())) if counts else None


def variants_of(case, variants, tap):
    with harness.Sandbox() as sandbox:
        copy_cases(sandbox)
        script = f"app/{case}.py"
        sandbox.record(script)
        for name in variants:
            options, extra = VARIANTS[name]
            if "no_debug_ranges" in options:  # code of an image is not used then
                sandbox.record(script, keys=[("payload", "marshal")])
            harness.compare(tap, sandbox, f"{case}: {name}", [*options, script],
                            env=sandbox.env(**extra))
            if "no_debug_ranges" in options:
                sandbox.record(script)
                harness.compare(tap, sandbox, f"{case}: {name}, with an image",
                                [*options, script], only=lambda text: b"")


def counts(tap):
    """Each way to switch it off, and that it is on without."""
    with harness.Sandbox() as sandbox:
        copy_cases(sandbox)
        sandbox.record("app/regexes.py")
        args = ["-c", "import sys; sys.path.insert(0, 'app'); import support.patterns"]
        regexes, sources = compiled(sandbox, args)
        tap.result(regexes > 400 if HAS_PATTERNS else regexes == 0, "patterns came from the bundle",
                   f"{regexes}")
        tap.result(compiled(sandbox, args, PYSTART_WITHOUT="regex")[0] == 0, "none without regex")
        sandbox.record("app/generated.py")
        args = ["-c", "import sys; sys.path.insert(0, 'app'); import support.generates"]
        regexes, sources = compiled(sandbox, args)
        is_on = not harness.is_left_out("sources compiled before")
        tap.result(sources > 20 if is_on else sources == 0, "sources came from the bundle",
                   f"{sources}")
        tap.result(compiled(sandbox, args, PYSTART_WITHOUT="generated")[1] == 0,
                   "none without generated")
        sandbox.record("app/generated.py", keys=[("trial_run", "no")])
        tap.result(compiled(sandbox, args) == (0, 0), "none without a trial run")


STRANGE = {
    "leaves": "import os\nos._exit(3)",
    "exits": "import sys\nsys.exit(3)",
    "raises": "raise KeyboardInterrupt",
    "closes": "import os\nos.closerange(3, 256)",
    "forks": "import os\nif os.fork() == 0:\n    import early_2\n    os._exit(0)\nos.wait()",
    "kills": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "replaces": "import builtins, re, sys\nsys.modules['re'] = None\ndel sys.modules['re']\n"
                "builtins.__import__ = None",
    "prints": "print('out')\nimport sys\nprint('err', file=sys.stderr)\nopen('left', 'w').close()",
    "reads": "import sys\nassert sys.stdin.read() == ''",
}


def strange(name, tap):
    """A module that does something unusual when it is imported, at the build as well."""
    with harness.Sandbox() as sandbox:
        sandbox.write("early.py", "import re\nEARLY = re.compile('early (pattern)')\n")
        sandbox.write("early_2.py", "import re\nTOO = re.compile('early (too)')\n")
        sandbox.write("strange.py", STRANGE[name])
        sandbox.write("late.py", "import re\nLATE = re.compile('late (pattern)')\n")
        sandbox.write("strange.yaml", "version: 1\nstartup: [re, re._compiler, re._parser, "
                      "re._constants, re._casefix, early, strange, late]\nmodules: [early_2]\n"
                      f"paths: ['{sandbox.path}']\n")
        built = harness.run([harness.PYBUNDLE, "build", "-q", "strange.yaml", "-o",
                             sandbox.bundle], cwd=sandbox.path)
        ends = name in ("leaves", "kills", "closes")
        expected = [b"trial run: it stopped early, at module strange:"] if ends else [b""]
        tap.result(built.status == 0 and built.out == b""
                   and (any(text in built.err for text in expected) if ends
                        else built.err == b""),
                   f"{name}: the bundle is built", built)
        args = ["-c", f"import sys; sys.path.insert(0, '{sandbox.path}'); import early"]
        got = compiled(sandbox, args)
        tap.result(got is not None and (got[0] >= 2) == HAS_PATTERNS,
                   f"{name}: what came before is used", got)
        harness.compare(tap, sandbox, f"{name}: importing it is as ever", [*args[:1],
                        args[1] + ", re; print(early.EARLY, re.compile('late (pattern)'))"])


def reproducible(tap):
    """Sources that hold addresses, and patterns from sets, are not in the bundle."""
    with harness.Sandbox() as sandbox:
        sandbox.write("differs.py", "import re\nBY_SET = re.compile('|'.join({'a', 'bb', 'ccc', 'd'}))\n"
                      "exec(f'# {object()!r}\\nA = 1')\nSAME = re.compile('the same')\n")
        (sandbox.path / "out").mkdir()
        sandbox.write("differs.yaml", "version: 1\nstartup: [re, differs]\n"
                      f"paths: ['{sandbox.path}']\n")
        contents = []
        for seed in ("1", "2"):
            bundle = sandbox.path / "out/differs.pyb"  # not where modules are searched for
            harness.must([harness.PYBUNDLE, "build", "-q", "differs.yaml", "-o", bundle],
                         cwd=sandbox.path, env=harness.clean_environment(PYTHONHASHSEED=seed))
            contents.append(bundle.read_bytes())
        tap.result(contents[0] == contents[1], "the same bytes each time")
        tap.result(b"the same" in contents[0] and b"bb|" not in contents[0]
                   and b"|bb" not in contents[0] and b"# <object" not in contents[0],
                   "with nothing that differs from run to run")


def shadowed(tap):
    """With another `re`, nothing of the bundle is used."""
    with harness.Sandbox() as sandbox:
        sandbox.write("early.py", "import re\nEARLY = re.compile('early (pattern)')\nprint(EARLY)\n")
        sandbox.record("-c", "import early", env=sandbox.env(PYTHONPATH=str(sandbox.path)))
        import_path = __import__("re").__path__[0]
        shutil.copytree(import_path, sandbox.path / "other/re",
                        ignore=shutil.ignore_patterns("__pycache__"))
        env = sandbox.env(PYTHONPATH=f"{sandbox.path}/other:{sandbox.path}")
        harness.compare(tap, sandbox, "another re", ["-c", "import early"], env=env)
        outcome = harness.run([harness.PYSTART, "-c", "import early"], cwd=sandbox.path,
                              env=dict(env, PYSTART_STATS="1"))
        tap.result(b"compiled before  0 regular" in outcome.err, "compiles by itself", outcome.err)


def main():
    names = list(VARIANTS)
    tests = [functools.partial(variants_of, case, names[i::4])
             for case in ("regexes", "generated") for i in range(4)]
    tests += [counts, reproducible, shadowed]
    tests += [functools.partial(strange, name) for name in STRANGE]
    chosen = sys.argv[1:]
    if chosen:
        tests = [test for test in tests if any(word in harness.name_of(test) for word in chosen)]
    return harness.in_parallel(lambda test, tap: test(tap), tests)


if __name__ == "__main__":
    sys.exit(main())
