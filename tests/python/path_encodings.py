# SPDX-License-Identifier: MIT
"""Paths are bytes, and strings under the encoding of the file system: what a bundle was made of under
one encoding is the same under others, in records, specs, code objects and tracebacks.
"""

import functools
import os
import shutil
import subprocess
import sys

import harness

ENCODED = """
import sys, traceback
def show(function):
    try:
        function()
    except ZeroDivisionError:
        print(ascii(traceback.format_exc()))
show(lambda: 1 / 0)
if len(sys.argv) < 2:
    sys.path.insert(0, {folder!r}.decode(sys.getfilesystemencoding(), "surrogateescape"))
    import encoded.part
    for module in (encoded, encoded.part):
        print(ascii([module.__file__, module.__spec__.cached, module.__spec__.origin,
                     getattr(module, "__path__", None), module.f.__code__.co_filename,
                     module.f.__code__.co_consts[1].co_filename]))
    show(encoded.part.f)
"""
BODY = "def f():\n    return (lambda: 1 / 0)()\n"

UTF8 = {"LC_ALL": "C.UTF-8"}
UTF8_MODE = {"PYTHONUTF8": "1"}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LATIN1 = {"LC_ALL": "de_DE.ISO-8859-1", "PYTHONUTF8": "0"}

# Bytes of a folder's name, and whether a manifest and a bundle, which are UTF-8, can have it.
FOLDERS = {"UTF-8": ("f\u00f6lder".encode(), True), "Latin-1": (b"f\xf6lder", False),
           "neither": (b"f\x81\xff", False)}


def make_locale(sandbox):
    """The environment of a locale whose encoding is Latin-1; None without localedef."""
    made = shutil.which("localedef") and subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", sandbox.path / LATIN1["LC_ALL"]],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    return {**LATIN1, "LOCPATH": str(sandbox.path)} if made else None


def check(case, tap):
    payload, kind, recorded_under = case
    name, is_bundled = FOLDERS[kind]
    with harness.Sandbox() as sandbox:
        environments = {"UTF-8": UTF8, "UTF-8 mode": UTF8_MODE, "ASCII": ASCII}
        latin1 = make_locale(sandbox)
        if latin1 is not None:
            environments["Latin-1"] = latin1
        elif recorded_under == "Latin-1":
            return tap.skip(f"{case}", "there is no localedef to make the locale with")
        folder = os.fsencode(sandbox.path) + b"/" + name
        os.makedirs(folder + b"/encoded")
        for part in (b"/encoded/__init__.py", b"/encoded/part.py"):
            with open(folder + part, "w") as file:
                file.write(BODY)
        sandbox.write("main.py", ENCODED.format(folder=folder))
        sandbox.record("main.py", keys=[("payload", payload)],
                       env=harness.clean_environment(**environments[recorded_under]))
        for title, env in environments.items():
            about = f"{payload}, {kind} name, recorded under {recorded_under}, run under {title}"
            env = sandbox.env(**env)
            harness.compare(tap, sandbox, about, ["main.py"], env=env)
            served = [sandbox.served(["main.py", *rest], env=env) for rest in ((), ("nothing",))]
            tap.result(served[0] - served[1] == (2 if is_bundled else 0), f"{about}: served", served)


def check_name(tap):
    """The name of a module's file is another one under another encoding."""
    with harness.Sandbox() as sandbox:
        sandbox.write("app/m\u00f6dul.py", "VALUE = 1\n")
        sandbox.write("app/main.py", "try:\n    import m\u00f6dul\nexcept ImportError as error:\n"
                      "    print(ascii(error))\nelse:\n    print(ascii(m\u00f6dul.__file__))\n")
        sandbox.record("app/main.py", env=harness.clean_environment(**UTF8))
        for title, env in (("UTF-8", UTF8), ("ASCII", ASCII), ("Latin-1", make_locale(sandbox))):
            if env is not None:
                harness.compare(tap, sandbox, f"a module's name under {title}", ["app/main.py"],
                                env=sandbox.env(**env))


def main():
    cases = [check_name]
    cases += [functools.partial(check, (payload, kind, under)) for payload in harness.payloads()
              for kind in FOLDERS for under in ("UTF-8", "Latin-1")]
    return harness.in_parallel(lambda case, tap: case(tap), cases)


if __name__ == "__main__":
    sys.exit(main())
