# SPDX-License-Identifier: MIT
"""What the interpreter's start looks for: site and its .pth files, virtual environments, homes."""

import functools
import os
import shutil
import subprocess
import sys
import sysconfig

import harness
from installed_files import OLD, TELL, age, user_site, write_package


# --- site

def make_user_site(sandbox):
    site = user_site(sandbox, "user")
    write_package(sandbox, site, {
        "usercustomize.py": "VALUE = 'user'\nimport csv\n",
        "in_user_site.py": "VALUE = 'user site'\n",
        "extra.pth": f"{sandbox.path}/extra\nimport sys; sys.from_pth = __import__('fractions')\n",
        "missing.pth": "/nowhere/at/all\n# a comment\n\n",
    })
    sandbox.write("extra/pathmodule.py", "VALUE = 'by a .pth file'\n")
    sandbox.write("extra/sitecustomize.py", "VALUE = 'found behind, if at all'\n")
    return site


def test_user_site(tap):
    with harness.Sandbox() as sandbox:
        site = make_user_site(sandbox)
        env = sandbox.env(PYTHONUSERBASE=str(sandbox.path / "user"))
        for recorded in (True, False):
            sandbox.record("-c", TELL, env=env if recorded else None)
            how = "with" if recorded else "without"
            for flags in ([], ["-s"], ["-I"], ["-E"], ["-S"]):
                harness.compare(tap, sandbox, f"user site, recorded {how}: {flags}",
                                [*flags, "-c", TELL], env=env)
            harness.compare(tap, sandbox, f"user site, recorded {how}: PYTHONNOUSERSITE",
                            ["-c", TELL], env={**env, "PYTHONNOUSERSITE": "1"})
        (site / "json").mkdir()
        (site / "json/__init__.py").write_text("loads = None")
        (site / "pathmodule.py").write_text("VALUE = 'before the .pth file'\n")
        harness.compare(tap, sandbox, "user site: modules that come later", ["-c", TELL], env=env)
        (site / "more.pth").write_text(f"import sys; sys.path.insert(0, {str(sandbox.path)!r})\n")
        sandbox.write("argparse.py", "VALUE = 'by a line of a .pth file'\n")
        harness.compare(tap, sandbox, "user site: a .pth file that comes later", ["-c", TELL],
                        env=env)


def test_sitecustomize(tap):
    with harness.Sandbox() as sandbox:
        write_package(sandbox, "first", {"sitecustomize.py": "import csv\nVALUE = 1\n",
                                         "plain.py": "VALUE = 'first'\n"})
        env = sandbox.env(PYTHONPATH="first")
        sandbox.record("-c", TELL, env=env)
        harness.compare(tap, sandbox, "sitecustomize", ["-c", TELL], env=env)
        harness.compare(tap, sandbox, "sitecustomize is gone", ["-c", TELL])
        write_package(sandbox, "second", {"sitecustomize.py": "raise ImportError('not today')\n"})
        for path in ("second:first", "first:second", ":first", "first:", "/nowhere:first"):
            harness.compare(tap, sandbox, f"PYTHONPATH {path}", ["-c", TELL],
                            env=sandbox.env(PYTHONPATH=path))
        sandbox.write("first/sitecustomize.py", "1/0\n")
        harness.compare(tap, sandbox, "sitecustomize fails", ["-c", TELL], env=env)


# Before the folders of the system are looked at, the user's .pth files run.
SITE_STEPS = [
    ("as recorded", {}),
    ("another .pth file", {"new.pth": "{there}/late\n"}),
    ("a .pth file of no name but its suffix", {".pth": "{there}/late\n"}),
    ("a .pth file is edited", {"extra.pth": "{there}/late\nimport sys; print('edited')\n"}),
    ("a .pth file is gone", {"extra.pth": None}),
    ("all are gone", {"extra.pth": None, "missing.pth": None}),
    ("the folder is gone", None),
    ("a line that lists the folders", {"extra.pth": "import os, site; print([sorted(os.listdir(f))"
                                       " for f in [sitedir, *site.getsitepackages()]])\n"}),
    ("a line that adds a folder", {"extra.pth": "import site; site.addsitedir('{there}/late')\n"}),
    ("a line that adds the folder again", {"extra.pth": "import site; print(site.addsitedir("
                                           "sitedir[:-13] + 'site-packages', None))"
                                           " if not site.__dict__.setdefault('again', 0) and"
                                           " not site.__dict__.update(again=1) else None\n"}),
    ("a line that replaces os.listdir", {"extra.pth": "import os; os.listdir = lambda path:"
                                         " print('asked', path) or []\n"}),
    ("a line that replaces addsitedir", {"extra.pth": "import site, os; site.addsitedir = lambda *a:"
                                         " print(sorted(os.listdir(a[0]))) or a[1]\n"}),
    ("a line that looks at os.listdir", {"extra.pth": "import os; print(os.listdir, os.listdir."
                                         "__text_signature__, os.listdir is __import__('posix')"
                                         ".listdir)\n"}),
    ("a line with an audit hook", {"extra.pth": "import sys; sys.addaudithook(lambda event, a:"
                                   " print(event, a) if event == 'os.listdir' and sys._getframe(1)"
                                   ".f_code.co_name == 'addsitedir' else None)\n"}),
    ("a line whose audit hook refuses", {"extra.pth": "import sys, _refuse\n",
                                         "_refuse.py": "import sys\ndef hook(event, a):\n"
                                         "    if event == 'os.listdir' and sys._getframe(1)"
                                         ".f_code.co_name == 'addsitedir':\n"
                                         "        raise OSError('no')\n"
                                         "sys.addaudithook(hook)\n"}),
    ("a line that imports threads", {"extra.pth": "import threading, os, sys; t = threading.Thread("
                                     "target=lambda: print(sorted(os.listdir('{there}/late'))));"
                                     " t.start(); t.join()\n"}),
]


def change_site(sandbox, site, files):
    if files is None:
        shutil.rmtree(site)
        return
    for name, text in files.items():
        (site / name).unlink(missing_ok=True)
        if text is not None:
            (site / name).write_text(text.replace("{there}", str(sandbox.path)))


def path_files(check, keep_time, tap):
    """What site finds is what is there, and unchanged folders are not read."""
    with harness.Sandbox() as sandbox:
        env = sandbox.env(PYTHONUSERBASE=str(sandbox.path / "user"))
        sandbox.write("late/pathmodule.py", "VALUE = 'by a .pth file that came later'\n")
        age(make_user_site(sandbox))
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        sandbox.record("-c", TELL, env=env, keys=[("check", check)])
        for title, files in SITE_STEPS:
            # As recorded, but for what is changed now.
            shutil.rmtree(sandbox.path / "user", ignore_errors=True)
            site = make_user_site(sandbox)
            age(site)
            change_site(sandbox, site, files)
            if keep_time and site.exists():
                os.utime(site, (OLD, OLD))
            title = f"check {check}: site, {title}" + ", under the old time" * keep_time
            harness.compare(tap, sandbox, title, ["-c", TELL], env=env)
            harness.compare(tap, sandbox, f"{title}, without the policy", ["-c", TELL],
                            env={**env, "PYSTART_WITHOUT": "site"})
            if files == {}:
                with_policy, without = (
                    harness.count_in_stats(sandbox, rb"(\d+) left out by site", ["-c", "pass"], extra)
                    for extra in (env, {**env, "PYSTART_WITHOUT": "site"}))
                # Where it is left out both are 0.
                is_on = not harness.is_left_out("the .pth files of the bundle")
                tap.result((with_policy > 0) == is_on and without == 0, f"{title}: nothing is read",
                           f"not read: {with_policy}, and without the policy: {without}")


# --- virtual environments

def make_venv(sandbox, *options):
    subprocess.run([harness.PYTHON, "-m", "venv", "--without-pip", *options, sandbox.path / "venv"],
                   check=True, env=harness.clean_environment())
    python = sandbox.path / "venv/bin/python"
    out = harness.must([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    site = out.out.decode().strip()
    sandbox.write(f"{site}/pathmodule.py", "VALUE = 'of the environment'\n")
    sandbox.write(f"{site}/editable.pth", "import sys; sys.is_editable = True\n")
    return python


def compare_pythons(tap, sandbox, description, python, args):
    """Stock is the environment's python; pystart finds it through the bundle."""
    bundle = ["-X", f"bundle={sandbox.bundle}"]
    env = harness.clean_environment()
    harness.compare_outcomes(tap, description,
                             harness.run([python, *args], env=env, cwd=sandbox.path),
                             harness.run([harness.PYSTART, *bundle, *args], env=env,
                                         cwd=sandbox.path))


def venv(options, tap):
    with harness.Sandbox() as sandbox:
        python = make_venv(sandbox, *options)
        title = " ".join(["venv", *options])
        sandbox.write("tell.py", TELL)
        manifest = sandbox.path / "test.yaml"
        sandbox.record("tell.py", keys=[("python", python)])
        compare_pythons(tap, sandbox, f"{title}: bundle for its python", python, ["tell.py"])
        compare_pythons(tap, sandbox, f"{title}: -c", python, ["-c", TELL])
        compare_pythons(tap, sandbox, f"{title}: -I", python, ["-I", "tell.py"])
        compare_pythons(tap, sandbox, f"{title}: -m", python, ["-m", "tell"])
        count = sandbox.served(["tell.py"])
        tap.result(bool(count), f"{title}: modules come from the bundle", f"served: {count}")
        # Activated: PATH and VIRTUAL_ENV; a bundle of the base interpreter stays what it is.
        env = sandbox.env(VIRTUAL_ENV=str(python.parents[1]),
                          PATH=f"{python.parent}:{os.environ['PATH']}")
        harness.set_key(manifest, "python", harness.PYTHON)
        harness.must([harness.PYBUNDLE, "build", "-q", "--snapshot=no", manifest, "-o", sandbox.bundle])
        harness.compare(tap, sandbox, f"{title}: activated", ["tell.py"], env=env)
        sandbox.write("child.py", "import subprocess, sys\nprint(subprocess.run(['python', '-c', "
                      f"{TELL!r}], capture_output=True))\n")
        harness.compare(tap, sandbox, f"{title}: a child", ["child.py"], env=env)


# --- homes

def test_home(tap):
    with harness.Sandbox() as sandbox:
        sandbox.record("-c", TELL)
        prefix = sysconfig.get_config_var("prefix")
        for home in (prefix, f"{prefix}:{prefix}", "/nowhere", "", str(sandbox.path)):
            harness.compare(tap, sandbox, f"PYTHONHOME={home}", ["-c", TELL],
                            env=sandbox.env(PYTHONHOME=home))
        for platlib in ("lib", "lib64"):
            harness.compare(tap, sandbox, f"PYTHONPLATLIBDIR={platlib}", ["-c", TELL],
                            env=sandbox.env(PYTHONPLATLIBDIR=platlib))


def main():
    tests = [test_user_site, test_sitecustomize, functools.partial(venv, []),
             functools.partial(venv, ["--system-site-packages"]),
             functools.partial(venv, ["--copies"]), test_home]
    tests += [functools.partial(path_files, check, keep_time)
              for check, keep_time in (("source", False), ("source", True), ("directory", False))]
    wanted = sys.argv[1:]
    tests = [t for t in tests if not wanted or any(w in harness.name_of(t) for w in wanted)]
    return harness.in_parallel(lambda test, tap: test(tap), tests)


if __name__ == "__main__":
    sys.exit(main())
