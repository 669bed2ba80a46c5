# SPDX-License-Identifier: MIT
"""What pkg_resources makes of the metadata of distributions comes from the bundle, for metadata that is
what it was, and the program cannot tell. A package of that name, small but of its kind, is tried under each
interpreter; the real one where it is installed.
"""

import functools
import os
import sys

import harness

PACKAGE = '''
import os
import re
import sys
import warnings
from helpers import versions

PRECEDENCE = -1
NAME = re.compile(r"(?P<name>[^-]+)(-(?P<version>[^-]+))?").match


class Folder:
    def __init__(self, root, path):
        self.root = root
        self.path = path

    def read(self, name):
        if not os.path.exists(os.path.join(self.path, name)):
            return ""
        with open(os.path.join(self.path, name), "rb") as stream:
            return stream.read().decode("utf-8")


class File:
    def __init__(self, path):
        self.path = path

    def read(self, name):
        with open(self.path, encoding="utf-8", errors="replace") as stream:
            text = stream.read()
        if "\\ufffd" in text:
            warnings.warn("not UTF-8")
        return text


class Distribution:
    def __init__(self, location, metadata, name, version, **more):
        self.name = name
        if version is not None:
            self.version = version
        self.location = location
        self.__dict__.update(more)
        self.metadata = metadata

    def complete(self):
        return self


class EggInfo(Distribution):
    def complete(self):
        for version in versions.find(self.metadata.read("PKG-INFO")):
            self.version = version
        return self


def _normalize_cached(path):
    return os.path.realpath(path)


def distributions_from_metadata(path):
    root = os.path.dirname(path)
    if os.path.isdir(path):
        if not os.listdir(path):
            return
        metadata = Folder(root, path)
    else:
        metadata = File(path)
    base, suffix = os.path.splitext(os.path.basename(path))
    kind = EggInfo if suffix == ".egg-info" else Distribution
    name, version = NAME(base).group("name", "version")
    yield kind(root, metadata, name, version, precedence=PRECEDENCE, platform=None).complete()


def find_on_path(folder):
    folder = _normalize_cached(folder)
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith(".egg-info") or name.endswith(".dist-info") and os.path.isdir(path):
            for distribution in distributions_from_metadata(path):
                yield distribution


def find_all():
    return [found for folder in sys.path if os.path.isdir(folder) for found in find_on_path(folder)]


first = find_all()
for hook in list(getattr(sys, "between", ())):
    hook()
second = find_all()
'''
VERSIONS = '''
def find(text, count=1):
    """The versions that the text tells of."""
    return list(filter(None, map(version_of, text.splitlines())))[:count]


def version_of(line, *, mark=":"):
    return line.partition(mark)[2].strip() if is_version(line) else None


MARKS = {"version:": "version:"}


def is_version(line):
    return line.lower().startswith(MARKS["version:"])
'''
MAIN = '''
import sys
if len(sys.argv) > 1:
    exec(sys.argv[1])
import gc
import types
import pkg_resources


def show(value, known):
    """All that can be seen of it: types, attributes in their order, and which are the same objects."""
    if type(value) in (str, int, type(None)):
        same = [number for number, other in enumerate(known) if other is value and len(value) > 1] \\
            if type(value) is str else []
        known.append(value)
        return f"{value!r} {same}"
    return f"{type(value).__module__}.{type(value).__qualname__}({sys.getrefcount(value)} " \\
        + f"{sys.getsizeof(value)} {gc.is_tracked(value)} " \\
        + ", ".join(f"{k}={show(v, known)}" for k, v in vars(value).items()) + ")"


for found in pkg_resources.first + pkg_resources.second:
    print(show(found, []))
function = pkg_resources.distributions_from_metadata
print(type(function) is types.FunctionType, sys.getrefcount(function), function)
generator = function(sys.path[0] + "/alpha-1.0.egg-info")
print(type(generator) is types.GeneratorType, [show(found, []) for found in generator])
print(len(gc.get_referrers(vars(pkg_resources)["Folder"])))
'''
EGG_INFO = "Metadata-Version: 2.1\nName: {0}\nVersion: {1}\nSummary: to be found\n"


def add(app, name, version="1.0", kind="egg-info"):
    folder = app / f"{name}-{version}.{kind}"
    folder.mkdir()
    (folder / ("PKG-INFO" if kind == "egg-info" else "METADATA")).write_text(
        EGG_INFO.format(name, version))
    (folder / "top_level.txt").write_text(name + "\n")
    return folder


def make_app(sandbox):
    app = sandbox.path / "app"
    sandbox.write("app/main.py", MAIN)
    sandbox.write("app/pkg_resources/__init__.py", PACKAGE)
    sandbox.write("app/helpers/__init__.py", "")
    sandbox.write("app/helpers/versions.py", VERSIONS)
    sandbox.write("app/plain-3.0.egg-info", EGG_INFO.format("plain", "3.1"))
    sandbox.write("app/bare.egg-info/top_level.txt", "bare\n")
    for name in ("alpha", "beta", "gamma"):
        add(app, name)
    (add(app, "delta") / "PKG-INFO").write_text("Version: 5.0.1987\n")
    add(app, "epsilon", kind="dist-info")
    (app / "hollow.egg-info").mkdir()
    (app / "odd-1.0.egg-info").write_bytes(b"Version: \xff\n")
    return app


# --- what happens to the metadata between the build and the start

def nothing(app):
    pass


def added(app):
    add(app, "added")


def added_file(app):
    (app / "alpha-1.0.egg-info/new.txt").write_text("")


def removed(app):
    for path in (app / "alpha-1.0.egg-info").iterdir():
        path.unlink()
    (app / "alpha-1.0.egg-info").rmdir()


def emptied(app):
    for path in (app / "alpha-1.0.egg-info").iterdir():
        path.unlink()


def renamed(app):
    (app / "alpha-1.0.egg-info").rename(app / "alpha-1.1.egg-info")


def edited(app):
    (app / "delta-1.0.egg-info/PKG-INFO").write_text("Version: 5.0.1\n")


def edited_under_old_times(app):
    """Of the same size, in place: only the time of change tells."""
    for path in (app / "delta-1.0.egg-info/PKG-INFO", app / "plain-3.0.egg-info"):
        status = path.stat()
        path.write_text(path.read_text().replace("5.0", "6.0").replace("3.1", "3.2"))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced(app):
    folder = app / "alpha-1.0.egg-info"
    folder.rename(app / "elsewhere")
    add(app, "alpha").joinpath("PKG-INFO").write_text("Version: 7\n")


def replaced_by_link(app):
    (app / "alpha-1.0.egg-info").rename(app / "elsewhere")
    (app / "alpha-1.0.egg-info").symlink_to("elsewhere")


def file_replaced_by_link(app):
    path = app / "alpha-1.0.egg-info/PKG-INFO"
    path.unlink()
    path.symlink_to("../delta-1.0.egg-info/PKG-INFO")


def file_replaced_by_folder(app):
    path = app / "alpha-1.0.egg-info/PKG-INFO"
    path.unlink()
    path.mkdir()


def folder_replaced_by_file(app):
    removed(app)
    (app / "alpha-1.0.egg-info").write_text("Version: 8\n")


def file_removed(app):
    (app / "alpha-1.0.egg-info/PKG-INFO").unlink()


def file_appears(app):
    (app / "bare.egg-info/PKG-INFO").write_text("Version: 9\n")


def not_utf_8(app):
    (app / "alpha-1.0.egg-info/PKG-INFO").write_bytes(b"Version: 1\xff\n")


def unreadable(app):
    (app / "alpha-1.0.egg-info/PKG-INFO").chmod(0)


def package_edited(app):
    path = app / "pkg_resources/__init__.py"
    path.write_text(path.read_text().replace("PRECEDENCE = -1", "PRECEDENCE = -2"))


def helper_edited(app):
    path = app / "helpers/versions.py"
    path.write_text(path.read_text().replace('"version:"', '"summary:"'))


CHANGES = [nothing, added, added_file, removed, emptied, renamed, edited, edited_under_old_times, replaced,
           replaced_by_link, file_replaced_by_link, file_replaced_by_folder, folder_replaced_by_file,
           file_removed, file_appears, not_utf_8, unreadable, package_edited, helper_edited]


def change(function, tap):
    with harness.Sandbox() as sandbox:
        app = make_app(sandbox)
        sandbox.record("app/main.py")
        function(app)
        harness.compare(tap, sandbox, function.__name__.replace("_", " "), ["app/main.py"])


# --- what the program does before the import, or between its two passes

BETWEEN = "sys.between = [lambda: ({})]; "
SUBINTERPRETER = """
import sys
def run():
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    one = interpreters.create()
    code = f"import sys; sys.path[:] = {sys.path}; import pkg_resources; "
    code += "[print([(k, str(v)) for k, v in vars(found).items() if k != 'metadata']) "
    code += "for found in pkg_resources.first + pkg_resources.second]"
    getattr(interpreters, "exec", interpreters.run_string)(one, code)
    interpreters.destroy(one)
"""
REWRITING = """
import importlib.machinery, sys
class Loader(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path, **options):
        return super().source_to_code(data.replace(b'"version:"', b'"summary:"'), path, **options)
    def get_code(self, name):
        return self.source_to_code(self.get_data(self.path), self.path)
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path) if name == "helpers.versions" else None
        if spec is not None:
            spec.loader = Loader(name, spec.origin)
        return spec
sys.meta_path.insert(0, Finder)
"""
PRELUDES = {
    "nothing": "pass",
    "os.listdir replaced": "import os; own = os.listdir; os.listdir = lambda path: "
                           "[name for name in own(path) if 'beta' not in name]",
    "os.listdir that shows itself": "import os; own = os.listdir; os.listdir = lambda path: "
                                    "(print('list', path.rpartition('/')[2]), own(path))[1]",
    "open() replaced": "import builtins; own = open; builtins.open = lambda path, *args, **kw: "
                       "(print('open', path.rpartition('/')[2]), own(path, *args, **kw))[1]",
    "os.path.isdir replaced": "import os; os.path.isdir = lambda path: 'gamma' not in path",
    "os.path.exists has other code": "import os; own = lambda path: 'alpha' in path; "
                                     "os.path.exists.__code__ = own.__code__",
    "os.stat replaced": "import os; own = os.stat; os.stat = lambda path: (print('stat'), own(path))[1]",
    "a helper replaced": "from helpers import versions; versions.is_version = lambda line: False",
    "a helper with other constants": "from helpers import versions; own = versions.is_version; "
                                     "own.__code__ = own.__code__.replace(co_consts=tuple("
                                     "'summary:' if c == 'version:' else c for c in own.__code__.co_consts))",
    "a helper with other names": "from helpers import versions; own = versions.is_version; "
                                 "own.__code__ = own.__code__.replace(co_names=tuple("
                                 "'upper' if c == 'lower' else c for c in own.__code__.co_names))",
    "a helper with other defaults": "from helpers import versions; versions.find.__defaults__ = (0,)",
    "a helper with other keyword defaults": "from helpers import versions; "
                                            "versions.version_of.__kwdefaults__['mark'] = '.'",
    "a helper with a built-in's name": "from helpers import versions; versions.map = "
                                       "lambda function, lines: map(function, reversed(['Version: 6', *lines]))",
    "a name in front of a built-in in the standard library": "import posixpath; own = map; posixpath.map = "
                                       "lambda *args: (print('map'), own(*args))[1]",
    "a helper from a finder that rewrites it": REWRITING,
    "a helper with other code": "from helpers import versions; own = lambda line: False; "
                                "versions.is_version.__code__ = own.__code__",
    "audited": "sys.addaudithook(lambda event, args: event in ('open', 'os.listdir') and "
               "'egg-info' in str(args[0]) and print(event, *args))",
    "profiled": "sys.setprofile(lambda frame, event, arg: print(event, frame.f_code.co_name) "
                "if 'pkg_res' in frame.f_code.co_filename else None)",
    "traced": "own = lambda frame, event, arg: (print(event, frame.f_lineno), own)[1] "
              "if 'pkg_res' in frame.f_code.co_filename else None; sys.settrace(own)",
    "another path": "import os; os.mkdir('more') if not os.path.isdir('more') else None; "
                    "open('more/x-4.egg-info', 'w').write('Version: 4.4'); sys.path.append('more')",
    "a relative path": "import os; sys.path[0] = 'app'",
    "a subinterpreter imports": SUBINTERPRETER + "run()",
    "a subinterpreter imports between": SUBINTERPRETER + "sys.between = [run]",
    "many threads import": "import threading; threads = [threading.Thread(target=__import__, args=("
                           "'pkg_resources',)) for _ in range(9)]; [t.start() for t in threads]; "
                           "[t.join() for t in threads]",
    "threads list folders": "import os, threading; end = threading.Event(); "
                            "work = lambda: [os.listdir('.') for _ in iter(end.is_set, True)]; "
                            "threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]; "
                            "[t.start() for t in threads]; "
                            "sys.between = [end.set]; import pkg_resources",
    "another dictionary of kinds": "from helpers import versions; versions.MARKS['version:'] = 'summary:'",
    "a longer dictionary of kinds between": BETWEEN.format(
        "sys.modules['helpers.versions'].MARKS.update({'version:': 'summary:'})"),
    "frozen with the forgotten": "import gc; gc.freeze(); gc.disable()",
    "a low recursion limit": "sys.setrecursionlimit(60)",
    "a class of the module is another": BETWEEN.format(
        "sys.modules['helpers.versions'].__dict__.__setitem__('is_version', type('', (), {"
        "'__call__': lambda self, line: False})())"),
    "the path twice": "sys.path.append(sys.path[0])",
    "warnings are errors": "import warnings; warnings.simplefilter('error')",
    "another thread imports": "import threading; thread = threading.Thread(target=__import__, "
                              "args=('pkg_resources',)); thread.start(); thread.join()",
    "imported a second time": "import pkg_resources; del sys.modules['pkg_resources']",
    "replaced between": BETWEEN.format("setattr(sys.modules['os.path'], 'exists', lambda path: False)"),
    "helper replaced between": BETWEEN.format("setattr(sys.modules['helpers.versions'], 'is_version', "
                                              "lambda line: False)"),
    "class replaced between": BETWEEN.format(
        "setattr(sys.modules['pkg_resources'], 'EggInfo', sys.modules['pkg_resources'].Distribution)"),
    "method replaced between": BETWEEN.format(
        "setattr(sys.modules['pkg_resources'].Folder, 'read', lambda self, name: 'Version: 0')"),
    "own find_on_path between": BETWEEN.format(
        "setattr(sys.modules['pkg_resources'], 'find_on_path', lambda folder: [print("
        "type(sys.modules['pkg_resources'].distributions_from_metadata(folder)))] * 0)"),
    "code replaced between": BETWEEN.format(
        "setattr(f := sys.modules['helpers.versions'].is_version, '__code__', f.__code__.replace("
        "co_consts=(None, 'summary:')))"),
    "defaults replaced between": BETWEEN.format(
        "setattr(sys.modules['helpers.versions'].find, '__defaults__', (0,))"),
    "keyword defaults replaced between": BETWEEN.format(
        "sys.modules['helpers.versions'].version_of.__kwdefaults__.update(mark='.')"),
    "a built-in hidden between": BETWEEN.format(
        "setattr(sys.modules['pkg_resources'], 'open', lambda *a, **k: (print('open'), open(*a, **k))[1])"),
    "an inherited method hidden between": BETWEEN.format(
        "setattr(sys.modules['pkg_resources'].EggInfo, '__init__', lambda self, *a, **k: print('init'))"),
    "setting attributes hidden between": BETWEEN.format(
        "setattr(sys.modules['pkg_resources'].Distribution, '__setattr__', "
        "lambda self, name, value: (print(name), object.__setattr__(self, name, value))[1])"),
    "making objects hidden between": BETWEEN.format(
        "setattr(sys.modules['pkg_resources'].EggInfo, '__new__', "
        "lambda cls, *a, **k: (print('new'), object.__new__(cls))[1])"),
    "other base classes between": BETWEEN.format(
        "setattr(sys.modules['pkg_resources'].EggInfo, '__bases__', (type('Base', ("
        "sys.modules['pkg_resources'].Distribution,), {'complete': lambda self: print('other') or self}),))"),
    "the body raises": BETWEEN.format("1 / 0"),
}


def preludes(tap):
    with harness.Sandbox() as sandbox:
        make_app(sandbox)
        sandbox.record("app/main.py")
        for name, code in PRELUDES.items():
            harness.compare(tap, sandbox, "run: " + name, ["app/main.py", code])


def edited_between(tap):
    """Each run sees the old text first."""
    with harness.Sandbox() as sandbox:
        file = make_app(sandbox) / "delta-1.0.egg-info/PKG-INFO"
        sandbox.record("app/main.py")
        edit = BETWEEN.format(f"open({str(file)!r}, 'w').write('Version: 5.5.1987\\n')")
        outcomes = []
        for program in (harness.PYSTART, harness.PYTHON):
            outcomes.append(harness.run([program, "app/main.py", edit], env=sandbox.env(),
                                        cwd=sandbox.path))
            file.write_text("Version: 5.0.1987\n")
        harness.compare_outcomes(tap, "run: edited between", *reversed(outcomes))
        tap.result(outcomes[0].out.count(b"'5.0.1987'") == outcomes[0].out.count(b"'5.5.1987'") == 1,
                   "both texts are seen", outcomes[0])


# --- without this, a pystart that never uses its bundle would pass

PATTERN = rb"distributions +(\d+) known"


def count(sandbox, args, **extra):
    return harness.count_in_stats(sandbox, PATTERN, args, sandbox.env(**extra))


def served(tap):
    with harness.Sandbox() as sandbox:
        app = make_app(sandbox)
        args = ["app/main.py"]
        sandbox.record(*args)
        full = count(sandbox, args)
        # Seven, twice; `odd` warns, and `hollow` is none.
        is_on = not harness.is_left_out("the metadata of distributions")
        tap.result(full >= 14 if is_on else full == 0, "unchanged metadata is not read", full)
        for name in ("os.listdir replaced", "a helper replaced", "audited", "open() replaced"):
            number = count(sandbox, [*args, PRELUDES[name]])
            tap.result(number == 0, f"it is read: {name}", number)
        tap.result(count(sandbox, args, PYSTART_WITHOUT="metadata") == 0, "none without metadata")
        edited(app)
        fewer = full - 2 if is_on else 0
        tap.result(count(sandbox, args) == fewer, "what was edited is read, and no more")
        added(app)
        tap.result(count(sandbox, args) == fewer, "what was added, too")
        sandbox.record(*args, keys=[("trial_run", "no")])
        tap.result(count(sandbox, args) == 0, "none without a trial run")
        sandbox.record(*args, keys=[("payload", "marshal")])
        tap.result(count(sandbox, args) >= full, "without an image, too")


REAL = '''
import sys
import pkg_resources


def show(value):
    if type(value) in (str, int, type(None), list, dict):
        return repr(value)
    return f"{type(value).__name__}({', '.join(f'{k}={show(v)}' for k, v in vars(value).items())})"


working_set = pkg_resources.working_set
for found in working_set:
    print(show(found), found.parsed_version)
print(working_set.entries, working_set.entry_keys, list(working_set.by_key))
for found in pkg_resources.Environment()["pkg-resources"]:
    print(show(found))
print([str(point) for point in pkg_resources.iter_entry_points("console_scripts")])
'''


def real(tap):
    """The package itself, with whatever is installed."""
    if harness.run([harness.PYTHON, "-c", "import pkg_resources"]).status != 0:
        tap.result(True, "the interpreter has no pkg_resources")
        return
    with harness.Sandbox() as sandbox:
        args = ["-W", "ignore", "-c", REAL]
        sandbox.record(*args)
        harness.compare(tap, sandbox, "the working set is the same", args)
        root = sandbox.path / "more"
        root.mkdir()
        add(root, "sample")
        (root / "sample.egg-link").write_text(".\n")
        (root / "unpacked-1.egg/EGG-INFO").mkdir(parents=True)
        (root / "unpacked-1.egg/EGG-INFO/PKG-INFO").write_text("Version: 2\n")
        harness.compare(tap, sandbox, "with another folder on the path", args,
                        env=sandbox.env(PYTHONPATH=str(root)))
        harness.compare(tap, sandbox, "with an egg on the path", args,
                        env=sandbox.env(PYTHONPATH=str(root / "unpacked-1.egg")))


def main():
    tests = [functools.partial(change, function) for function in CHANGES]
    return harness.in_parallel(lambda test, tap: test(tap), [*tests, preludes, edited_between, served,
                                                              real])


if __name__ == "__main__":
    sys.exit(main())
