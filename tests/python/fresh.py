# SPDX-License-Identifier: MIT
"""A bundle that was just built is fresh: wherever its modules came from, `pybundle verify` finds them
there again. Else a program that builds what is not fresh would build for ever. And what `pybundle record`
writes down of a program that changes its search path leads a build to the same modules.

    fresh.py [FIRST [COUNT]]    these numbers of random folders
"""

import json
import os
import pathlib
import random
import sys
import zipfile

import harness

NAMES = ("alpha", "beta", "gamma", "json", "_vendor", "naïve")


class Folders:
    """Modules and packages at random; the same number gives the same ones."""

    def __init__(self, sandbox, seed):
        self.random = random.Random(seed)
        self.path = sandbox.path / f"tree{seed}"
        self.folders = []  # any of them can be searched
        self.add_folder(self.path, 0)
        self.add_oddities()

    def add_folder(self, path, depth):
        path.mkdir()
        self.folders.append(path)
        for name in self.random.sample(NAMES, self.random.randrange(5)):
            kind = self.random.choice("mmpnls")
            if kind == "m" or (kind in "pn" and depth > 3):
                (path / f"{name}.py").write_text(f"VALUE = {depth}\n")
            elif kind in "pn":
                self.add_folder(path / name, depth + 1)
                if kind == "p":
                    (path / name / "__init__.py").write_text("")
            else:
                self.add_link(path / name, kind)

    def add_link(self, path, kind):
        """To a folder that is or is not there, or to a source in another folder."""
        if kind == "l":
            path.symlink_to(self.random.choice(self.folders))
        else:
            (path.parent / f"{path.name}.py").symlink_to(self.path / "elsewhere.py")

    def add_oddities(self):
        (self.path / "elsewhere.py").write_text("VALUE = 'elsewhere'\n")
        (self.path / "empty").mkdir()
        with zipfile.ZipFile(self.path / "archive.zip", "w") as archive:
            archive.writestr("alpha.py", "")
            archive.writestr("beta/__init__.py", "")
        self.folders += [self.path / name for name in ("empty", "missing", "archive.zip")]

    def spelling(self, folder):
        """A path can be written in several ways."""
        text = str(folder)
        how = self.random.randrange(5)
        if how == 0:
            return text + "/"
        if how == 1:
            return os.path.join(os.path.dirname(text), ".", os.path.basename(text))
        return os.path.relpath(text, self.path.parent) if how == 2 else text

    def search_path(self):
        chosen = self.random.choices(self.folders, k=self.random.randrange(5))
        return [self.spelling(folder) for folder in chosen]

    def names(self):
        return sorted({".".join(self.random.choices(NAMES, k=self.random.randrange(1, 4)))
                       for _ in range(self.random.randrange(1, 25))})


def add_path_file(folders, environment):
    """A .pth file in the user's site folder."""
    base = folders.path / "user"
    environment["PYTHONUSERBASE"] = str(base)
    site = pathlib.Path(harness.must(
        [harness.PYTHON, "-c", "import site; print(site.getusersitepackages())"],
        env=environment).out.decode().strip())
    site.mkdir(parents=True)
    (site / "more.pth").write_text("\n".join(map(str, folders.random.choices(folders.folders, k=2))))


def differs(sandbox, seed):
    """What verify says about a bundle from the moment before; None if it is fresh, or if there is none."""
    folders = Folders(sandbox, seed)
    names = folders.names()
    # The manifest wants each folder once.
    paths = list({os.path.normpath(sandbox.path / path): path
                  for path in folders.search_path()}.values())
    split = folders.random.randrange(len(names) + 1)
    environment = harness.clean_environment()
    entries = folders.search_path()
    add_path_file(folders, environment)
    if entries:
        environment["PYTHONPATH"] = os.pathsep.join(entries)
    lists = {"startup": names[:split], "absent": names[split:], "paths": paths,
             "modules": [f"{name}.**" for name in folders.random.sample(NAMES, 2)],
             "from": [f"{name} in {folders.spelling(folders.random.choice(folders.folders))}"
                      for name in names[:split] if folders.random.random() < 0.2]}
    lines = ["version: 1", "payload: marshal", *(
        f"{key}: {json.dumps(items)}" for key, items in lists.items() if items)]
    if folders.random.random() < 0.3:
        script = folders.random.choice(folders.folders[:-3]) / "script.py"
        script.write_text("")
        lines.append(f"entry: '{script}'")
    manifest = sandbox.path / f"{seed}.yaml"
    manifest.write_text("\n".join(lines) + "\n")
    bundle = sandbox.path / f"{seed}.pyb"
    options = {"env": environment, "cwd": sandbox.path, "timeout": 60}
    built = harness.run([harness.PYBUNDLE, "build", "-q", "--snapshot=no", manifest, "-o", bundle], **options)
    if built.status != 0:
        return f"it is not built: {built.err.decode()}"
    told = harness.run([harness.PYBUNDLE, "verify", bundle], **options)
    return None if told.status == 0 else \
        "\n".join([*lines, f"PYTHONPATH {entries}", (told.out + told.err).decode()])


def program(folders):
    """The text of a program that changes sys.path between its imports, and tells what it got."""
    lines = ["import sys"]
    for _ in range(folders.random.randrange(3, 12)):
        folder = os.path.normpath(folders.path.parent / folders.spelling(
            folders.random.choice(folders.folders)))
        lines.append(folders.random.choice((
            f"sys.path.insert(0, {folder!r})", f"sys.path.append({folder!r})",
            f"{folder!r} in sys.path and sys.path.remove({folder!r})")))
        for name in folders.random.choices(folders.names(), k=3):
            lines += ["try:", f"    import {name}", f"    print(sys.modules[{name!r}].__file__)",
                      "except ImportError as error:", "    print(error)"]
    return "\n".join(lines) + "\n"


def is_lost(sandbox, seed):
    """What is wrong with a manifest that was recorded from such a program; None if nothing is."""
    folders = Folders(sandbox, seed)
    script = sandbox.write(f"program{seed}.py", program(folders))
    stock = harness.run([harness.PYTHON, script], cwd=sandbox.path)
    manifest, bundle = sandbox.path / f"run{seed}.yaml", sandbox.path / f"run{seed}.pyb"
    harness.must([harness.PYBUNDLE, "record", "-q", "-o", manifest, f"--python={harness.PYTHON}",
                  script], cwd=sandbox.path)
    built = harness.must([harness.PYBUNDLE, "build", "-q", "--snapshot=no", manifest, "-o", bundle],
                         cwd=sandbox.path)
    told = harness.run([harness.PYBUNDLE, "verify", bundle], cwd=sandbox.path)
    ours = harness.run([harness.PYSTART, "-X", f"bundle={bundle}", script], cwd=sandbox.path)
    faults = [] if built.err == b"" else [built.err]
    faults += [told.out] if told.status else []
    faults += [] if stock == ours else [stock, ours]
    return "\n".join([script.read_text(), manifest.read_text(), *map(str, faults)]) if faults else None


def main():
    tap = harness.Tap()
    first, count = (list(map(int, sys.argv[1:])) + [0, 24][len(sys.argv) - 1:])[:2]
    with harness.Sandbox() as sandbox:
        wrong = []
        for seed in range(first, first + count):
            difference = differs(sandbox, seed)
            if difference is not None:
                wrong.append(f"{seed}: {difference}")
        tap.result(not wrong, f"{count} bundles are fresh when they were built", *wrong[:3])
    with harness.Sandbox() as sandbox:
        lost = [f"{seed}: {fault}" for seed in range(first, first + count // 2)
                if (fault := is_lost(sandbox, seed)) is not None]
        tap.result(not lost, f"{count // 2} manifests tell where modules were found", *lost[:2])
    return tap.finish()


sys.exit(main())
