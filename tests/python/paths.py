# SPDX-License-Identifier: MIT
"""Where modules are looked for: site, virtual environments, .pth files, archives, packages in
several places, and what a program itself does to its path and folders while it runs.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile

import harness

TELL = """
import sys, os
import json, argparse
print(sys.path, sys.prefix, sys.exec_prefix, sys.base_prefix, sys.executable, sys.flags)
print(json.__spec__, [getattr(f, "__name__", type(f)) for f in sys.meta_path])
for name in ("sitecustomize", "usercustomize", "pathmodule", "in_user_site", "plain", "editable"):
    try:
        module = __import__(name)
        print(name, module.__spec__, getattr(module, "VALUE", None))
    except ImportError as error:
        print(repr(error))
print(list(sys.modules))
"""
OLD = 1_600_000_000


def count_in_stats(sandbox, pattern, args, env):
    """A number that PYSTART_STATS tells."""
    err = harness.run([harness.PYSTART, *args], cwd=sandbox.path,
                      env={**env, "PYSTART_STATS": "1"}).err
    return int(re.search(pattern, err)[1])


def age(folder):
    """As if installed long ago: folders as well, so that a later change shows in any case."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (OLD, OLD))


def write_package(sandbox, name, files):
    for path, text in files.items():
        sandbox.write(f"{name}/{path}", text)


# --- site

def user_site(sandbox, base):
    version = f"python{sysconfig.get_python_version()}"
    return sandbox.path / base / "lib" / version / "site-packages"


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


def path_files(check, tap):
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
            title = f"check {check}: site, {title}"
            harness.compare(tap, sandbox, title, ["-c", TELL], env=env)
            harness.compare(tap, sandbox, f"{title}, without the policy", ["-c", TELL],
                            env={**env, "PYSTART_WITHOUT": "site"})
            if files == {}:
                with_policy, without = (
                    count_in_stats(sandbox, rb"(\d+) left out by site", ["-c", "pass"], extra)
                    for extra in (env, {**env, "PYSTART_WITHOUT": "site"}))
                tap.result(with_policy > 0 and without == 0, f"{title}: nothing is read",
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
        harness.must([harness.PYBUNDLE, "build", "-q", manifest, "-o", sandbox.bundle])
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


# --- while the program runs

RUNNING = """
import importlib, os, pathlib, sys
import json, package, known
here = pathlib.Path(known.__file__).parent
def tell(name):
    try:
        module = importlib.import_module(name)
        print(name, module.VALUE, module.__spec__.origin, module.__spec__.cached)
    except Exception as error:
        print(repr(error))
def again(name):
    sys.modules.pop(name, None)
    tell(name)
def write(name, text, time=None):
    path = here / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    if time:
        os.utime(path, (time, time))
def touch(folder, time=1_650_000_000):
    os.utime(here / folder, (time, time))
"""
# What the program does with its folder; "optional" was looked for in vain when it was recorded.
STEPS = [
    ("a module appears", "tell('optional'); write('optional.py', 'VALUE = 1'); touch('.');"
     "tell('optional'); importlib.invalidate_caches(); tell('optional')"),
    ("a module appears before it is asked for", "write('optional.py', 'VALUE = 1');"
     "tell('optional')"),
    ("a module appears in a package", "tell('package.optional');"
     "write('package/optional.py', 'VALUE = 1'); touch('package');"
     "importlib.invalidate_caches(); tell('package.optional')"),
    ("a package appears", "tell('optional'); write('optional/__init__.py', 'VALUE = 1');"
     "touch('.'); importlib.invalidate_caches(); tell('optional')"),
    ("a module that shadows", "write('colorsys.py', 'VALUE = 1'); touch('.');"
     "importlib.invalidate_caches(); tell('colorsys')"),
    ("a source is edited and reloaded", "write('known.py', 'VALUE = 2', 1_650_000_000);"
     "importlib.reload(known); tell('known'); again('known')"),
    ("a source is edited in place", "tell('other'); write('other.py', 'VALUE = 2', 1_650_000_000);"
     "tell('other'); again('other'); again('other')"),
    ("a source of a package is edited", "write('package/inner.py', 'VALUE = 2', 1_650_000_000);"
     "tell('package.inner')"),
    ("a module disappears", "(here / 'other.py').unlink(); touch('.');"
     "importlib.invalidate_caches(); tell('other')"),
    ("a module disappears, unannounced", "(here / 'other.py').unlink(); tell('other')"),
    ("and comes back", "(here / 'other.py').rename(here / 'kept'); touch('.');"
     "importlib.invalidate_caches(); tell('other'); (here / 'kept').rename(here / 'other.py');"
     "touch('.', 1_650_000_001); importlib.invalidate_caches(); tell('other')"),
    ("a module becomes a package", "(here / 'other.py').unlink(); write('other/__init__.py',"
     "'VALUE = 3'); touch('.'); importlib.invalidate_caches(); tell('other')"),
    ("a package becomes a module", "import shutil; shutil.rmtree(here / 'package');"
     "write('package.py', 'VALUE = 3'); touch('.'); importlib.invalidate_caches();"
     "again('package'); tell('package.inner')"),
    ("a package is replaced by a rename", "write('new/__init__.py', 'VALUE = 4');"
     "write('new/inner.py', 'VALUE = 5'); (here / 'package').rename(here / 'old');"
     "(here / 'new').rename(here / 'package'); touch('.'); importlib.invalidate_caches();"
     "again('package'); tell('package.inner')"),
    ("the working directory changes", "sys.path[0] = ''; os.chdir('/'); tell('other');"
     "os.chdir(here); tell('other')"),
    ("a relative entry and chdir", "sys.path[0] = 'app'; tell('other'); os.chdir('/');"
     "tell('package.inner'); tell('third')"),
    ("the entry is removed and added", "entry = sys.path.pop(0); tell('other');"
     "sys.path.append(entry); tell('other')"),
    ("the entry has a slash", "sys.path[0] += '/'; tell('other')"),
    ("the entry is written otherwise", "sys.path[0] = str(here) + '/../app'; tell('other')"),
    ("the entry is a link", "os.symlink(here, 'link'); sys.path[0] = os.path.abspath('link');"
     "tell('other'); os.unlink('link')"),
    ("the entry is a str of its own", "sys.path[0] = type('S', (str,), {})(here); tell('other')"),
    ("the entry is a pathlib.Path", "sys.path[0] = here; tell('other')"),
    ("sys.path is replaced", "sys.path = [str(here)]; tell('other'); tell('wave')"),
    ("sys.path is deleted", "del sys.path; tell('other')"),
    ("sys.path is None", "sys.path = None; tell('other')"),
    ("sys.meta_path is None", "sys.meta_path = None; tell('other')"),
    ("sys.path_hooks is deleted", "del sys.path_hooks; tell('other')"),
    ("sys.path_importer_cache is deleted", "del sys.path_importer_cache; tell('other')"),
    ("sys.modules is deleted", "del sys.modules; tell('other')"),
    ("no permission", "os.chmod(here / 'other.py', 0); tell('other')"),
    ("bytecode is newer", "import py_compile; write('other.py', 'VALUE = 7', 1_650_000_000);"
     "py_compile.compile(here / 'other.py'); write('other.py', 'VALUE = 8', 1_650_000_000);"
     "tell('other')"),
    ("bytecode unchecked", "import py_compile; write('other.py', 'VALUE = 7');"
     "py_compile.compile(here / 'other.py', invalidation_mode="
     "py_compile.PycInvalidationMode.UNCHECKED_HASH); write('other.py', 'VALUE = 8');"
     "tell('other')"),
    ("the path of the cache", "sys.pycache_prefix = '/tmp/elsewhere'; tell('other')"),
    ("sys.dont_write_bytecode", "sys.dont_write_bytecode = True; tell('other')"),
    ("the cache tag", "sys.implementation.cache_tag = 'mine-1'; tell('other')"),
    ("no cache tag", "sys.implementation.cache_tag = None; tell('other')"),
]


def run_steps(check, step, tap):
    title, code = step
    with harness.Sandbox() as sandbox:
        outcomes = []
        for program in (harness.PYTHON, harness.PYSTART):
            shutil.rmtree(sandbox.path / "app", ignore_errors=True)
            write_package(sandbox, "app", {
                "main.py": RUNNING + code.replace(";", "\n") + "\n",
                "known.py": "VALUE = 'known'\n", "other.py": "VALUE = 'other'\n",
                "third.py": "VALUE = 'third'\n",
                "package/__init__.py": "VALUE = 'package'\n",
                "package/inner.py": "VALUE = 'inner'\n",
                "record.py": RUNNING + "\nimport other, third, package.inner, colorsys\n"
                "tell('optional')\ntell('package.optional')\n"})
            age(sandbox.path / "app")
            if program == harness.PYTHON:
                # As found: the folder's time must be the recorded one.
                sandbox.record("-B", "app/record.py", keys=[("check", check)])
                shutil.rmtree(sandbox.path / "app/__pycache__", ignore_errors=True)
                age(sandbox.path / "app")
            outcomes.append(harness.run([program, "-B", "app/main.py"], env=sandbox.env(),
                                        cwd=sandbox.path))
        harness.compare_outcomes(tap, f"check {check}: {title}", *outcomes)


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


def count_listed(sandbox, args, env):
    """How many folders had to be read."""
    return count_in_stats(sandbox, rb"folders listed +(\d+)", args, env)


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
            listed = count_listed(sandbox, ["app/main.py"], sandbox.env())
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
                listed = count_listed(sandbox, [script], env)
                tap.result(listed == 0, f"check {check}: {script}, and no folder is read", listed)
                for name in ("json.py", "json/__init__.py", "distant.py"):
                    path = sandbox.write(f"bin/{name}", "'beside the script'\nVALUE = 1\n")
                    harness.compare(tap, sandbox, f"check {check}: {script} beside {name}",
                                    [script], env=env)
                    path.unlink()
                shutil.rmtree(sandbox.path / "bin/json")
                shutil.rmtree(sandbox.path / "bin/__pycache__", ignore_errors=True)
                sandbox.record(script, env=env, keys=[("check", check)])


def main():
    tests = [test_user_site, test_sitecustomize, functools.partial(venv, []),
             functools.partial(venv, ["--system-site-packages"]),
             functools.partial(venv, ["--copies"]), test_home, test_archives, test_spread,
             test_editable, test_installed_since, test_off_path, test_script_folder]
    tests += [functools.partial(path_files, check) for check in ("source", "directory")]
    tests += [functools.partial(run_steps, "source", step) for step in STEPS]
    wanted = sys.argv[1:]
    tests = [t for t in tests if not wanted or any(w in harness.name_of(t) for w in wanted)]
    return harness.in_parallel(lambda test, tap: test(tap), tests)


if __name__ == "__main__":
    sys.exit(main())
