# SPDX-License-Identifier: MIT
"""Where modules are looked for: archives, packages in several places, editable installs, and
folders of which nothing is expected."""

import os
import shutil
import sys
import zipfile

import harness
from installed_files import TELL, age, user_site, write_package


# --- archives, bytecode without sources

def test_archives(tap):
    with harness.Sandbox() as sandbox:
        app = {"main.py": "import plain, package.module\nprint(plain.VALUE, plain.__spec__)\n"
                          "print(package.module.VALUE, package.__path__, plain.__loader__)\n",
               "plain.py": "VALUE = 'in the folder'\n", "package/__init__.py": "",
               "package/module.py": "VALUE = 'in the folder'\n"}
        write_package(sandbox, "app", app)
        age(sandbox.path / "app")
        with zipfile.ZipFile(sandbox.path / "archive.zip", "w") as archive:
            for name, text in app.items():
                archive.writestr(name, text.replace("folder", "archive"))
            archive.writestr("json/__init__.py", "loads = 'in the archive'\n")
        sandbox.record("app/main.py")
        front = "import sys; sys.path.insert(0, 'archive.zip'); import json; print(json.loads)\n"
        back = "import sys; sys.path.append('archive.zip'); sys.path.append('archive.zip/package')\n"
        program = "sys.path.append('app')\n" + app["main.py"]
        harness.compare(tap, sandbox, "an archive in front", ["-c", front + program])
        harness.compare(tap, sandbox, "an archive behind",
                        ["-c", back + program + "import module; print(module)\n"])
        harness.compare(tap, sandbox, "an archive on PYTHONPATH", ["app/main.py"],
                        env=sandbox.env(PYTHONPATH=str(sandbox.path / "archive.zip")))
        harness.compare(tap, sandbox, "an archive is the program", ["archive.zip"])
        harness.must([harness.PYTHON, "-m", "compileall", "-q", "-b", sandbox.path / "app"])
        harness.compare(tap, sandbox, "bytecode beside the source", ["app/main.py"])
        for name in ("plain.py", "package/module.py", "package/__init__.py"):
            (sandbox.path / "app" / name).unlink()
        harness.compare(tap, sandbox, "bytecode without source", ["app/main.py"])
        sandbox.record("app/main.py")
        harness.compare(tap, sandbox, "recorded without source", ["app/main.py"])
        write_package(sandbox, "app", app)
        harness.compare(tap, sandbox, "sources that come later", ["app/main.py"])


# --- packages in several places

SPREAD = """
import sys
import spread.one, regular.one, extended.one
print(spread.__path__, spread.__spec__, spread.__file__ if hasattr(spread, "__file__") else None)
def tell():
    for name in ("spread.one", "spread.two", "spread.three", "regular.one", "regular.two",
                 "extended.one", "extended.two", "extended.three", "spread.below.deep"):
        try:
            module = __import__(name, fromlist=["VALUE"])
            print(name, module.VALUE, module.__spec__.origin, module.__spec__.parent)
        except ImportError as error:
            print(repr(error), error.name, error.path)
    print(spread.__path__, extended.__path__, sorted(n for n in sys.modules if "spread" in n))
tell()
"""


def make_spread(sandbox):
    extend = "import pkgutil\n__path__ = pkgutil.extend_path(__path__, __name__)\n"
    for place in ("a", "b"):
        number = {"a": "one", "b": "two"}[place]
        write_package(sandbox, place, {
            f"spread/{number}.py": f"VALUE = 'spread in {place}'\n",
            f"spread/below/deep.py": f"VALUE = 'deep in {place}'\n",
            f"regular/{number}.py": f"VALUE = 'regular in {place}'\n",
            "regular/__init__.py": "",
            f"extended/{number}.py": f"VALUE = 'extended in {place}'\n",
            "extended/__init__.py": extend})
        age(sandbox.path / place)
    write_package(sandbox, "c", {"spread/three.py": "VALUE = 'spread in c'\n",
                                 "spread/one.py": "VALUE = 'one in c'\n",
                                 "extended/three.py": "VALUE = 'extended in c'\n",
                                 "extended/__init__.py": extend,
                                 "plain/three.py": "VALUE = 'beside'\n"})


def test_spread(tap):
    with harness.Sandbox() as sandbox:
        make_spread(sandbox)
        env = {}
        for path in ("a:b", "b:a", "a", "c:a:b", "a:b:c", "a:c:b"):
            env[path] = sandbox.env(PYTHONPATH=":".join(str(sandbox.path / p)
                                                        for p in path.split(":")))
        for recorded in ("a:b", "c:a:b"):
            sandbox.record("-c", SPREAD, env=env[recorded])
            for path in env:
                harness.compare(tap, sandbox, f"portions recorded in {recorded}, used in {path}",
                                ["-c", SPREAD], env=env[path])
        sandbox.record("-c", SPREAD, env=env["a:b"])
        c = str(sandbox.path / "c")
        for title, code in (
                ("sys.path appended", f"sys.path.append({c!r})"),
                ("sys.path inserted", f"sys.path.insert(0, {c!r})"),
                ("__path__ appended", f"spread.__path__.append({c + '/plain'!r})"),
                ("__path__ inserted", f"extended.__path__.insert(0, {c + '/extended'!r})"),
                ("__path__ replaced", f"extended.__path__ = [{c + '/extended'!r}]"),
                ("__path__ is a tuple", f"regular.__path__ = ({c + '/extended'!r},)"),
                ("__path__ removed", "del regular.__path__"),
                ("__path__ emptied", "extended.__path__.clear()"),
                ("__path__ is no path", "regular.__path__ = 3"),
                ("__spec__ is gone", "regular.__spec__ = None"),
                ("a portion is removed", "sys.path.pop(1)")):
            forget = ("\nfor n in list(sys.modules):\n"
                      "    if n.count('.') and n.split('.')[0] in ('spread', 'regular', 'extended'):"
                      "\n        del sys.modules[n]\n")
            harness.compare(tap, sandbox, f"portions: {title}",
                            ["-c", f"{SPREAD}\n{code}{forget}tell()\n{code}{forget}tell()\n"],
                            env=env["a:b"])
        sandbox.write("b/spread/one.py", "VALUE = 'behind'\n")
        sandbox.write("a/spread/two.py", "VALUE = 'now in front'\n")
        harness.compare(tap, sandbox, "portions: a module comes", ["-c", SPREAD], env=env["a:b"])
        sandbox.write("a/spread/__init__.py", "VALUE = 'regular now'\n")
        harness.compare(tap, sandbox, "portions: becomes regular", ["-c", SPREAD], env=env["a:b"])
        shutil.rmtree(sandbox.path / "a/spread")
        harness.compare(tap, sandbox, "portions: one is gone", ["-c", SPREAD], env=env["a:b"])


# --- editable installs

FINDER = """
import importlib.machinery, importlib.util, sys
MAPPING = {mapping!r}
class EditableFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname in MAPPING:
            return importlib.util.spec_from_file_location(fullname, MAPPING[fullname])
def install():
    if not any(f is EditableFinder for f in sys.meta_path):
        sys.meta_path.append(EditableFinder)
"""


def test_editable(tap):
    with harness.Sandbox() as sandbox:
        site = user_site(sandbox, "user")
        sandbox.write("project/editable.py", "VALUE = 'editable'\n")
        sandbox.write("project/json.py", "VALUE = 'never: the finder stands behind'\n")
        mapping = {n: str(sandbox.path / f"project/{n}.py") for n in ("editable", "json")}
        sandbox.write(site / "__editable___finder.py", FINDER.format(mapping=mapping))
        sandbox.write(site / "__editable__.pth",
                      "import __editable___finder; __editable___finder.install()\n")
        env = sandbox.env(PYTHONUSERBASE=str(sandbox.path / "user"))
        sandbox.record("-c", TELL, env=env)
        harness.compare(tap, sandbox, "an editable install", ["-c", TELL], env=env)
        sandbox.write("project/editable.py", "VALUE = 'edited'\n")
        harness.compare(tap, sandbox, "an editable install, edited", ["-c", TELL], env=env)
        sandbox.write("editable.py", "VALUE = 'here'\n")
        harness.compare(tap, sandbox, "an editable install, shadowed", ["-c", TELL], env=env)
        finder = site / "__editable___finder.py"
        finder.write_text(finder.read_text().replace("sys.meta_path.append(",
                                                     "sys.meta_path.insert(0, "))
        harness.compare(tap, sandbox, "an editable install in front", ["-c", TELL], env=env)
        shutil.rmtree(site)
        harness.compare(tap, sandbox, "no editable install any more", ["-c", TELL], env=env)


# --- installed since

def test_installed_since(tap):
    """Names that were looked for in vain when the bundle was made."""
    program = ("import sys\nfor name in ('zz_optional', 'zz_package.speedups', 'json._zz'):\n"
               "    try:\n        module = __import__(name, fromlist=['VALUE'])\n"
               "        print(module.VALUE, module.__spec__)\n"
               "    except ImportError as error:\n        print(repr(error))\n")
    with harness.Sandbox() as sandbox:
        user = user_site(sandbox, "user")
        sandbox.write(user / "zz_package/__init__.py", "")
        env = sandbox.env(PYTHONUSERBASE=str(sandbox.path / "user"))
        sandbox.write("app/main.py", program)
        for check in ("source", "directory"):
            sandbox.record("app/main.py", env=env, keys=[("check", check)])
            for title, path in (("in the script's folder", "app/zz_optional.py"),
                                ("in the user site", user / "zz_optional.py"),
                                ("as a folder", user / "zz_optional/VALUE.py"),
                                ("in a package", user / "zz_package/speedups.py"),
                                ("as bytecode", None)):
                target = sandbox.path / (path or "app/zz_optional.pyc")
                sandbox.write(target.with_suffix(".py"), "VALUE = 'installed since'\n")
                if path is None:
                    harness.must([harness.PYTHON, "-m", "compileall", "-q", "-b",
                                  target.with_suffix(".py")])
                    target.with_suffix(".py").unlink()
                harness.compare(tap, sandbox, f"check {check}: installed since, {title}",
                                ["app/main.py"], env=env)
                if target.parent.name == "zz_optional":
                    shutil.rmtree(target.parent)
                else:
                    target.unlink()
            sandbox.write("late/zz_optional.py", "VALUE = 'on another path'\n")
            harness.compare(tap, sandbox, f"check {check}: found since, on PYTHONPATH",
                            ["app/main.py"], env={**env, "PYTHONPATH": "late"})


# --- off the path

OFF_PATH = """
import importlib, importlib.util, os, pathlib, sys, tempfile
def tell():
    for name in ("distant", "distant.inner", "json"):
        try:
            print(importlib.import_module(name).__doc__, importlib.util.find_spec(name) is None)
        except ImportError as error:
            print(repr(error), error.name, error.path)
        sys.modules.pop(name, None)
tell()
with tempfile.TemporaryDirectory() as folder:
    sys.path.insert(0, folder)
    tell()
    pathlib.Path(folder, "distant.py").write_text("'made by the program'")
    os.utime(folder, (1_650_000_000, 1_650_000_000))
    importlib.invalidate_caches()
    tell()
"""


def test_off_path(tap):
    """Modules of the bundle to which this run's search path does not lead."""
    with harness.Sandbox() as sandbox:
        sandbox.write("lib/distant/__init__.py", "'the bundled one'\n")
        sandbox.write("lib/distant/inner.py", "'the bundled one'\n")
        sandbox.write("app/main.py", "try:\n    import distant.inner\n"
                                     "except ImportError as error:\n    print(repr(error))\n")
        sandbox.write("app/more.py", OFF_PATH)
        for check in ("source", "directory", "never"):
            sandbox.record("app/main.py", env=sandbox.env(PYTHONPATH="lib"),
                           keys=[("check", check)])
            harness.compare(tap, sandbox, f"check {check}: off the path", ["app/main.py"])
            listed = harness.count_listed(sandbox, ["app/main.py"], sandbox.env())
            tap.result(listed == 0, f"check {check}: off the path, and no folder is read", listed)
            harness.compare(tap, sandbox, f"check {check}: off the path at first", ["app/more.py"])
            if check != "never":
                sandbox.write("app/distant/nothing.txt", "")
                harness.compare(tap, sandbox, f"check {check}: off the path, but for a folder",
                                ["app/main.py"])
                shutil.rmtree(sandbox.path / "app/distant")


def test_script_folder(tap):
    """The folder of the recorded script, which has no module in it, but might get one."""
    with harness.Sandbox() as sandbox:
        sandbox.write("bin/tool", f"#!{harness.PYTHON}\n"
                                  "import json, distant\n"
                                  "print(json.__file__, json.__doc__, distant.__file__)\n")
        (sandbox.path / "bin/tool").chmod(0o755)
        sandbox.write("lib/distant.py", "")
        (sandbox.path / "links").mkdir()
        (sandbox.path / "links/tool").symlink_to("../bin/tool")
        env = sandbox.env(PYTHONPATH="lib")
        for check in ("source", "directory"):
            sandbox.record("bin/tool", env=env, keys=[("check", check)])
            for script in ("bin/tool", "links/tool"):
                harness.compare(tap, sandbox, f"check {check}: {script}", [script], env=env)
                listed = harness.count_listed(sandbox, [script], env)
                tap.result(listed == 0, f"check {check}: {script}, and no folder is read", listed)
                for name in ("json.py", "json/__init__.py", "distant.py"):
                    path = sandbox.write(f"bin/{name}", "'beside the script'\nVALUE = 1\n")
                    harness.compare(tap, sandbox, f"check {check}: {script} beside {name}",
                                    [script], env=env)
                    path.unlink()
                shutil.rmtree(sandbox.path / "bin/json")
                shutil.rmtree(sandbox.path / "bin/__pycache__", ignore_errors=True)
                sandbox.record(script, env=env, keys=[("check", check)])


# --- entries that are missing at first

MISSING = """
import importlib, os, pathlib, shutil, sys, zipfile
sys.dont_write_bytecode = True
place, how = pathlib.Path(sys.argv[0]).resolve().parent, sys.argv[1]
folders = [place / "first", place / "last"]
archive = place / "archive.zip"
sys.path[1:1] = [str(folders[0]), str(archive / "inner")]
sys.path.append(str(folders[1]))
def load(*names):
    for name in names:
        sys.modules.pop(name, None)
        try:
            print(name, __import__(name).__file__)
        except ImportError as error:
            print(repr(error))
    print([key for key, finder in sys.path_importer_cache.items() if finder is None])
def hook(path):
    print("a hook is asked for", os.path.basename(path))
    raise ImportError
load("sched", "colorsys", "nowhere")
for folder in folders:
    folder.mkdir()
    for name in ("sched", "nowhere"):
        (folder / f"{name}.py").write_text("pass")
with zipfile.ZipFile(archive, "w") as file:
    file.writestr("inner/colorsys.py", "pass")
if how == "invalidated":
    importlib.invalidate_caches()
elif how == "cleared":
    sys.path_importer_cache.clear()
elif how == "hooked":
    sys.path_hooks.append(hook)
load("sched", "colorsys", "nowhere", "calendar")
for folder in folders:
    shutil.rmtree(folder)
load("sched", "colorsys", "nowhere")
archive.unlink()
"""


def test_missing(tap):
    """A folder that comes while the program runs: what importlib knows of it decides."""
    with harness.Sandbox() as sandbox:
        sandbox.write("app/main.py", MISSING)
        for known in (False, True):
            # What is on the path when the bundle is made is recorded as missing.
            paths = [str(sandbox.path / f"app/{name}")
                     for name in ("first", "archive.zip/inner", "last")] if known else []
            for check in ("source", "hash"):
                sandbox.record("app/main.py", "plain", keys=[("check", check), ("paths", paths)])
                for how in ("plain", "invalidated", "cleared", "hooked"):
                    harness.compare(tap, sandbox,
                                    f"check {check}: {'known as ' * known}missing, {how}",
                                    ["app/main.py", how])
        code = "import colorsys, sys\nsys.path.insert(1, sys.argv[1])\nimport sched, extra; print(extra)"
        first = sandbox.path / "app/first"
        sandbox.write("app/first/extra.py", "pass")
        for check in ("source", "directory", "never"):
            sandbox.record("-c", "import sched", keys=[("check", check), ("paths", [str(first)])])
            harness.compare(tap, sandbox, f"check {check}: a folder that is there", ["-c", code, first])
            shutil.rmtree(first)
            sandbox.record("-c", "import sched", keys=[("check", check), ("paths", [str(first)])])
            sandbox.write("app/first/extra.py", "pass")
            harness.compare(tap, sandbox, f"check {check}: a folder that was missing",
                            ["-c", code, first])


def main():
    tests = [test_archives, test_spread, test_editable, test_installed_since, test_off_path,
             test_script_folder, test_missing]
    wanted = sys.argv[1:]
    tests = [t for t in tests if not wanted or any(w in harness.name_of(t) for w in wanted)]
    return harness.in_parallel(lambda test, tap: test(tap), tests)


if __name__ == "__main__":
    sys.exit(main())
