# SPDX-License-Identifier: MIT
"""What happens to files after the bundle was built is noticed, as stock would notice it."""

import functools
import os
import py_compile
import shutil
import sys
import sysconfig

import harness

MAIN = """
import sys
import json
import package.module
import plain
print(plain.VALUE, package.module.VALUE, plain.__file__, package.__file__)
print(plain.__spec__, package.__path__, package.module.__spec__)
"""
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


def make_app(sandbox):
    sandbox.write("app/main.py", MAIN)
    sandbox.write("app/plain.py", "VALUE = 'plain as built'\n")
    sandbox.write("app/package/__init__.py", "")
    sandbox.write("app/package/module.py", "VALUE = 'module as built'\n")
    # Older than the bundle by far, as on a machine where a program was installed some day.
    for path in (sandbox.path / "app").rglob("*.py"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return sandbox.path / "app"


def nothing(app):
    pass


def edit(app):
    (app / "plain.py").write_text("VALUE = 'edited'\n")


def edit_same_size(app):
    (app / "plain.py").write_text("VALUE = 'plain as BUILT'\n")


def edit_in_package(app):
    (app / "package/module.py").write_text("VALUE = 'edited'\n")


def edit_by_rename(app):
    (app / "new").write_text("VALUE = 'edited'\n")
    (app / "new").rename(app / "plain.py")


def edit_under_old_times(app):
    """As in layers of images and in caches whose times are all the same."""
    times = {path: path.stat().st_mtime_ns for path in (app, app / "plain.py", app / "package")}
    edit_by_rename(app)
    shutil.rmtree(app / "package")
    (app / "package").mkdir()
    for name in ("__init__", "module"):
        (app / f"package/{name}.py").write_text("VALUE = 'in a package that was replaced'\n")
    for path, time in times.items():
        os.utime(path, ns=(time, time))


def older(app):
    (app / "plain.py").write_text("VALUE = 'an older version'\n")
    os.utime(app / "plain.py", (1_500_000_000, 1_500_000_000))


def touch(app):
    os.utime(app / "plain.py")


def delete(app):
    (app / "plain.py").unlink()


def delete_in_package(app):
    (app / "package/module.py").unlink()


def delete_package(app):
    shutil.rmtree(app / "package")


def delete_init(app):
    (app / "package/__init__.py").unlink()


def break_syntax(app):
    (app / "plain.py").write_text("VALUE = = 1\n")


def package_shadows(app):
    (app / "plain").mkdir()
    (app / "plain/__init__.py").write_text("VALUE = 'a package'\n")


def folder_does_not_shadow(app):
    (app / "plain").mkdir()


def extension_shadows(app):
    # No extension, but stock tries to load it all the same, and says so.
    (app / ("plain" + SUFFIX)).write_text("")


def extension_shadows_in_package(app):
    (app / "package/module.abi3.so").write_text("")


def package_in_package(app):
    (app / "package/module").mkdir()
    (app / "package/module/__init__.py").write_text("VALUE = 'a package'\n")


def link_elsewhere(app):
    (app / "elsewhere.py").write_text("VALUE = 'elsewhere'\n")
    (app / "plain.py").unlink()
    (app / "plain.py").symlink_to("elsewhere.py")


def shadow_standard_library(app):
    (app / "json.py").write_text("print('json of the application')\n")


def shadow_by_folder(app):
    (app / "json").mkdir()
    (app / "json/__init__.py").write_text("print('json of the application')\n")


def unreadable(app):
    (app / "plain.py").chmod(0)


def move(app):
    shutil.copytree(app, app.parent / "moved")
    shutil.rmtree(app)
    (app.parent / "moved").rename(app)


def sourceless(app):
    py_compile.compile(str(app / "plain.py"), cfile=str(app / "plain.pyc"))
    (app / "plain.py").unlink()


CHANGES = [nothing, edit, edit_same_size, edit_in_package, edit_by_rename, edit_under_old_times, older, touch, delete,
           delete_in_package, delete_package, delete_init, break_syntax, package_shadows,
           folder_does_not_shadow, extension_shadows, extension_shadows_in_package,
           package_in_package, link_elsewhere, shadow_standard_library, shadow_by_folder,
           unreadable, move, sourceless]
# These do not touch the folder, and so are not noticed by `check: directory`.
IN_PLACE = (edit, edit_same_size, edit_in_package, older, touch, break_syntax, unreadable)


def change_is_seen(check, change, tap):
    with harness.Sandbox() as sandbox:
        app = make_app(sandbox)
        sandbox.record("app/main.py", keys=[("check", check)])
        change(app)
        name = change.__name__.replace("_", " ")
        harness.compare(tap, sandbox, f"check {check}: {name}", ["app/main.py"])


def path_shadows(tap):
    """Entries of sys.path that come earlier win, and only those."""
    with harness.Sandbox() as sandbox:
        app = make_app(sandbox)
        for folder in ("first", "last"):
            sandbox.write(f"{folder}/plain.py", f"VALUE = 'in {folder}'\n")
            sandbox.write(f"{folder}/json.py", f"print('json in {folder}')\n")
        sandbox.record("app/main.py")
        first, last = sandbox.path / "first", sandbox.path / "last"
        code = MAIN.lstrip()
        harness.compare(tap, sandbox, "PYTHONPATH shadows the standard library", ["app/main.py"],
                        env=sandbox.env(PYTHONPATH=str(first)))
        harness.compare(tap, sandbox, "-c in a folder that shadows", ["-c", code], cwd=first,
                        env=sandbox.env(PYTHONPATH=str(app)))
        harness.compare(tap, sandbox, "-c in the application's folder", ["-c", code], cwd=app)
        harness.compare(tap, sandbox, "-m in a folder that shadows", ["-m", "main"], cwd=app,
                        env=sandbox.env(PYTHONPATH=str(last)))
        insert = f"import sys; sys.path.insert(0, {str(first)!r})\n"
        harness.compare(tap, sandbox, "sys.path.insert at run time", ["-c", insert + code], cwd=app)
        append = f"import sys; sys.path.append({str(last)!r})\n"
        harness.compare(tap, sandbox, "sys.path.append at run time", ["-c", append + code], cwd=app)
        remove = "import sys; del sys.path[1:]\n"
        harness.compare(tap, sandbox, "sys.path cut at run time", ["-c", remove + code], cwd=app)
        relative = "import sys, os; sys.path[0] = 'first'; os.chdir('..')\n"
        harness.compare(tap, sandbox, "a relative path and chdir", ["-c", relative + code], cwd=app)
        extend = f"import package; package.__path__.insert(0, {str(first)!r})\n"
        sandbox.write("first/module.py", "VALUE = 'in the extended package'\n")
        harness.compare(tap, sandbox, "__path__ extended", ["-c", extend + code], cwd=app)
        made = ("import sys, os, json; os.mkdir('late'); open('late/plain.py', 'w').write('VALUE=1')\n"
                "sys.path.insert(0, 'late'); import plain; print(plain.VALUE)\n"
                "import shutil; shutil.rmtree('late')")
        harness.compare(tap, sandbox, "a folder made at run time", ["-c", made], cwd=app)
        again = ("import json, plain, sys, pathlib; p = pathlib.Path(plain.__file__)\n"
                 "text = p.read_text(); p.write_text('VALUE = 2\\n'); del sys.modules['plain']\n"
                 "import plain; print(plain.VALUE); p.write_text(text)")
        harness.compare(tap, sandbox, "a source edited at run time", ["-c", again], cwd=app)


def served(tap):
    """Without this, a pystart that never uses its bundle would pass."""
    with harness.Sandbox() as sandbox:
        app = make_app(sandbox)
        for check in ("source", "directory", "never"):
            sandbox.record("app/main.py", keys=[("check", check)])
            count = sandbox.served(["app/main.py"])
            tap.result(bool(count), f"check {check}: modules come from an unchanged bundle",
                       f"served: {count}")
        full = sandbox.served(["app/main.py"])
        sandbox.record("app/main.py")
        edit(app)
        count = sandbox.served(["app/main.py"])
        tap.result(count == full - 1 if count and full else False,
                   "one edited source costs one module", f"before {full}, after {count}")


def main():
    tests = [functools.partial(change_is_seen, "source", change) for change in CHANGES]
    tests += [functools.partial(change_is_seen, "directory", change) for change in CHANGES
              if change not in IN_PLACE]
    return harness.in_parallel(lambda test, tap: test(tap), [*tests, path_shadows, served])

if __name__ == "__main__":
    sys.exit(main())
