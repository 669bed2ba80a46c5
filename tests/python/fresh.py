# SPDX-License-Identifier: MIT
"""A bundle that was just built is fresh: wherever its modules came from, `pybundle verify` finds them
there again. Else a program that builds what is not fresh would build for ever.

    fresh.py [FIRST [COUNT]]    these numbers of random folders
"""

import json
import os
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
    built = harness.run([harness.PYBUNDLE, "build", "-q", manifest, "-o", bundle], **options)
    if built.status != 0:
        return f"it is not built: {built.err.decode()}"
    told = harness.run([harness.PYBUNDLE, "verify", bundle], **options)
    return None if told.status == 0 else \
        "\n".join([*lines, f"PYTHONPATH {entries}", (told.out + told.err).decode()])


def main():
    tap = harness.Tap()
    first, count = (list(map(int, sys.argv[1:])) + [0, 40][len(sys.argv) - 1:])[:2]
    with harness.Sandbox() as sandbox:
        wrong = []
        for seed in range(first, first + count):
            difference = differs(sandbox, seed)
            if difference is not None:
                wrong.append(f"{seed}: {difference}")
        tap.result(not wrong, f"{count} bundles are fresh when they were built", *wrong[:3])
    return tap.finish()


sys.exit(main())
