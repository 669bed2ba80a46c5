# SPDX-License-Identifier: MIT
"""What changes without changing the time of the folder that it is in: where links lead, what may be
read, and folders whose times are set. Stock looks at each file that it finds; the program must get
the same modules, and the same exceptions.
"""

import functools
import os
import pathlib
import shutil
import sys
import sysconfig
import zipfile

import harness

TELL = """
import importlib, importlib.util, sys
def find(name):
    try:
        spec = importlib.util.find_spec(name)
        print("find", name, spec and (spec.origin, spec.loader and type(spec.loader).__name__,
              spec.submodule_search_locations and list(spec.submodule_search_locations)))
    except Exception as error:
        print("find", name, repr(error))
def load(name):
    try:
        module = importlib.import_module(name)
        print("load", name, getattr(module, "VALUE", None), module.__spec__.origin)
    except Exception as error:
        print("load", name, repr(error), error.args, getattr(error, "path", None),
              getattr(error, "filename", None))
steps = sys.argv[1].split(",")
for name in sys.argv[2:]:
    for step in steps:
        {"find": find, "load": load}[step](name)
"""
NAMES = ["plain", "link", "package", "package.inner", "package.more", "linked", "linked.inner",
         "beside", "later", "later.inner", "later_file", "colorsys", "wave", "acts", "optional",
         "package.optional", "fresh"]
OLD = 1_600_000_000
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
SOMEBODY = 54321  # not "nobody", whose bundles are not used


def make_tree(root):
    """A program's folder, and one of things that links lead to; not all are there."""
    files = {
        "app/tell.py": TELL,
        "app/plain.py": "VALUE = 'plain'\n",
        "app/beside.py": "VALUE = 'beside an empty folder'\n",
        "app/package/__init__.py": "VALUE = 'package'\n",
        "app/package/inner.py": "VALUE = 'inner'\n",
        "app/package/more.py": "VALUE = 'more'\n",
        "store/link.py": "VALUE = 'behind a link'\n",
        "store/linked/__init__.py": "VALUE = 'package behind a link'\n",
        "store/linked/inner.py": "VALUE = 'inner behind a link'\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "app/beside").mkdir()
    links = {"link.py": "../store/link.py", "linked": "../store/linked",
             "later": "../volume/later", "later_file.py": "../volume/later_file.py",
             "colorsys": "../volume/colorsys", "wave.py": "../volume/wave.py",
             "package/optional": "../../volume/optional",
             "plain": "../volume/plain", "package/__init__" + SUFFIX: "../../volume/init"}
    for name, target in links.items():
        (root / "app" / name).symlink_to(target)
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            os.utime(path, (OLD, OLD))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def volume(root):
    """What the dangling links lead to appears, as a file system that is mounted later."""
    for name in ("later", "colorsys", "optional", "plain"):
        write(root / "volume" / name / "__init__.py", f"VALUE = '{name} on the volume'\n")
    for name in ("later_file.py", "wave.py", "later/inner.py"):
        write(root / "volume" / name, f"VALUE = '{name} on the volume'\n")


def empty_volume(root):
    for name in ("later", "colorsys", "optional", "plain"):
        (root / "volume" / name).mkdir(parents=True)


def init_on_volume(root):
    write(root / "volume/init", "no shared object\n")


def replace(path, text):
    path.unlink()
    write(path, text)


def become_folder(path):
    path.unlink()
    path.mkdir()


def mode(path, bits):
    return lambda root: (root / path).chmod(bits)


CHANGES = {
    "nothing": lambda root: None,
    "the target of a link is gone": lambda root: (root / "store/link.py").unlink(),
    "the target of a link is a folder": lambda root: become_folder(root / "store/link.py"),
    "the target of a link is another": lambda root: replace(root / "store/link.py", "VALUE = 2\n"),
    "the target of a link is a fifo": lambda root: ((root / "store/link.py").unlink(),
                                                    os.mkfifo(root / "store/link.py")),
    "the target of a link may not be read": mode("store/link.py", 0),
    "the folder behind a link is gone": lambda root: shutil.rmtree(root / "store/linked"),
    "the folder behind a link is a file": lambda root: (shutil.rmtree(root / "store/linked"),
                                                        write(root / "store/linked", "")),
    "a package behind a link has no __init__": lambda root: (
        root / "store/linked/__init__.py").unlink(),
    "all links dangle": lambda root: shutil.rmtree(root / "store"),
    "links lead somewhere now": volume,
    "links lead to empty folders": empty_volume,
    "a link beside __init__ leads somewhere": init_on_volume,
    "the empty folder is a package": lambda root: write(root / "app/beside/__init__.py",
                                                        "VALUE = 'a package'\n"),
    "the empty folder has an extension": lambda root: write(
        root / "app/beside" / ("__init__" + SUFFIX), "no shared object\n"),
    "a source is a folder": lambda root: become_folder(root / "app/plain.py"),
    "__init__ is a folder": lambda root: become_folder(root / "app/package/__init__.py"),
    "a source may not be read": mode("app/plain.py", 0o600),
    "__init__ may not be read": mode("app/package/__init__.py", 0),
    "the folder may not be listed": mode("app", 0o311),
    "the folder may not be entered": mode("app", 0o644),
    "nothing of the folder": mode("app", 0o600),
    "the package may not be listed": mode("app/package", 0o311),
    "the package may not be entered": mode("app/package", 0o644),
    "nothing of the package": mode("app/package", 0),
    "the package behind a link may not be listed": mode("store/linked", 0o311),
    "the way to a package may not be gone": mode("store", 0o600),
}
# With these the folders' times are set, so that they tell nothing; a look into the folder does.
SET_TIMES = {
    "a module is new": lambda root: write(root / "app/fresh.py", "VALUE = 'new'\n"),
    "a module in the standard library's place": lambda root: write(
        root / "app/wave/__init__.py", "VALUE = 'shadow'\n"),
    "an optional module is there": lambda root: write(root / "app/optional.py", "VALUE = 3\n"),
    "an optional module of a package": lambda root: replace(root / "app/package/optional",
                                                            "no module\n") or write(
        root / "app/package/optional.py", "VALUE = 4\n"),
    "an extension comes first": lambda root: write(root / "app" / ("plain" + SUFFIX), "none\n"),
    "an __init__ comes first": lambda root: write(root / "app/package/__init__.abi3.so", "none\n"),
    "a module is gone": lambda root: (root / "app/plain.py").unlink(),
    "a module has become a package": lambda root: (root / "app/plain").unlink() or write(
        root / "app/plain/__init__.py", "VALUE = 5\n"),
    "the folder is a copy": lambda root: copied(root),
    "the folder is a copy with more": lambda root: (copied(root),
                                                    write(root / "app/optional.py", "VALUE = 6\n")),
    "the folder came out of an archive": lambda root: packed(root),
    "the folder is another one": lambda root: exchanged(root),
}


def copied(root):
    shutil.copytree(root / "app", root / "copy", symlinks=True)
    shutil.rmtree(root / "app")
    (root / "copy").rename(root / "app")


def packed(root):
    shutil.make_archive(root / "app", "tar", root, "app")
    shutil.rmtree(root / "app")
    shutil.unpack_archive(root / "app.tar", root)


def exchanged(root):
    (root / "app").rename(root / "old")
    for name in ("tell.py", "package/__init__.py", "package/optional.py", "optional.py"):
        write(root / "app" / name, "VALUE = 'of another tree'\n" if name != "tell.py" else TELL)


def set_times(root):
    """As with archives and images that are made reproducible: all times are the same."""
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink() or path.exists():
            os.utime(path, (OLD, OLD))


def account():
    """Not root, who may do everything."""
    return {"user": SOMEBODY, "group": SOMEBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def is_seen(check, change, tap):
    title, function = change
    with harness.Sandbox() as sandbox:
        sandbox.path.chmod(0o755)
        program = sandbox.path / "app/tell.py"
        make_tree(sandbox.path)
        sandbox.record("-B", program, "load", *NAMES, keys=[("check", check)])
        function(sandbox.path)
        set_times(sandbox.path)
        for steps in ("load", "find,load", "load,find", "find,find"):
            # The program's folder may be closed: its text comes by another way.
            command = ["-B", "-c", f"import sys\nsys.path[0] = {str(program.parent)!r}\n" + TELL]
            harness.compare(tap, sandbox, f"check {check}: {title}, {steps}",
                            [*command, steps, *NAMES], cwd="/", **account())


def is_read_once(tap):
    """Folders that were extracted anew are listed once, and then served; others are not listed."""
    with harness.Sandbox() as sandbox:
        make_tree(sandbox.path)
        program = ["-B", "app/tell.py", "load", *NAMES]
        sandbox.record(*program)
        here = harness.count_listed(sandbox, program)
        served = sandbox.served(program)
        packed(sandbox.path)
        set_times(sandbox.path)
        listed = harness.count_listed(sandbox, program)
        tap.result(here == 0, "folders that are untouched are not read", here)
        tap.result(0 < listed <= 4, "folders out of an archive are read once", listed)
        tap.result(sandbox.served(program) == served, "modules out of an archive are served",
                   served, sandbox.served(program))


def main():
    tests = [functools.partial(is_seen, check, change) for check in ("source", "hash")
             for change in CHANGES.items()]
    for check in ("source", "directory"):
        tests += [functools.partial(is_seen, check, change) for change in SET_TIMES.items()]
    tests += [is_read_once]
    wanted = sys.argv[1:]
    tests = [t for t in tests if not wanted or any(w in harness.name_of(t) for w in wanted)]
    return harness.in_parallel(lambda test, tap: test(tap), tests)


if __name__ == "__main__":
    sys.exit(main())
