# SPDX-License-Identifier: MIT
"""Trees of modules at random: files, packages, links, what dangles, and what may not be read. After a
bundle was built they are changed at random, mostly so that the times of folders stay as they were.
Every name must be found, loaded or refused as stock does it, with the same words.

`make check` tries a few; TREES_SCALE times as many in a longer run. trees.py SEED... tries these.
"""

import os
import random
import shutil
import sys
import sysconfig

import harness
import unseen

SCALE = int(os.environ.get("TREES_SCALE", "1"))
COUNT = 10
NAMES = ("alpha", "beta", "gamma", "delta", "colorsys", "wave")
ENTRIES = ("a", "b")
TARGETS = ("one", "two", "three")
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
FILE_MODES = (0o644, 0o644, 0o600, 0)
FOLDER_MODES = (0o755, 0o755, 0o711, 0o744, 0o311, 0)


def attempt(kind, folder, name):
    """Not where something else has the name."""
    try:
        kind(folder, name)
    except (FileExistsError, IsADirectoryError):
        pass


class Tree:
    """A folder with entries of sys.path in it; all that is done to it follows from the seed."""

    def __init__(self, root, seed):
        self.root = root
        self.random = random.Random(seed)
        self.texts = 0

    def names(self):
        """All that may be looked for."""
        names = []
        for name in NAMES:
            names += [name, *(f"{name}.{inner}" for inner in NAMES[:3])]
        return names

    # --- what can stand in a place

    def write(self, path):
        """No two texts have the same size, so that any change of a text shows."""
        self.texts += 1
        path.write_text(f"VALUE = {self.texts}\n" + "#" * self.texts)

    def source(self, folder, name):
        self.write(folder / f"{name}.py")

    def package(self, folder, name):
        path = folder / name
        path.mkdir()
        if self.random.random() < 0.85:
            self.write(path / "__init__.py")
        elif self.random.random() < 0.5:
            (path / "__init__.py").symlink_to(self.target(".py"))
        if self.random.random() < 0.2:
            (path / f"__init__{SUFFIX}").symlink_to(self.target(".py"))
        for inner in NAMES[:3]:
            if self.random.random() < 0.5:
                self.random.choice((self.source, self.link, self.folder))(path, inner)

    def link(self, folder, name):
        suffix = self.random.choice(("", ".py", ".py", SUFFIX))
        (folder / f"{name}{suffix}").symlink_to(self.target(suffix))

    def folder(self, folder, name):
        (folder / f"{name}{self.random.choice(('', '', '.py'))}").mkdir()

    def extension(self, folder, name):
        """None that can be loaded: stock tells why, with its path."""
        self.write(folder / f"{name}{self.random.choice((SUFFIX, '.abi3.so', '.so'))}")

    def target(self, suffix):
        return self.root / "store" / (self.random.choice(TARGETS) + (".py" if suffix else ""))

    # --- making and changing

    def put(self, folder, name):
        """Another thing for a name; there may be some for it already."""
        kind = self.random.choice((self.source, self.source, self.package, self.package, self.link,
                                   self.link, self.folder, self.extension))
        attempt(kind, folder, name)

    def make(self):
        for entry in (*ENTRIES, "store"):
            (self.root / entry).mkdir()
        for name in TARGETS:
            self.appear(name)
        for entry in ENTRIES:
            for name in NAMES:
                for _ in range(self.random.choice((0, 1, 1, 2))):
                    self.put(self.root / entry, name)
        self.close(0.05)

    def appear(self, name):
        """What links lead to, which is there or not."""
        for kind in (self.source, self.package):
            if self.random.random() < 0.6:
                attempt(kind, self.root / "store", name)

    def paths(self):
        found = []
        for entry in (*ENTRIES, "store"):
            found += sorted((self.root / entry).rglob("*"))
        return found

    def close(self, share):
        """Take permissions away, of a share of all files and folders."""
        for path in [*(self.root / entry for entry in ENTRIES), *self.paths()]:
            if not path.is_symlink() and self.random.random() < share:
                path.chmod(self.random.choice(FOLDER_MODES if path.is_dir() else FILE_MODES))

    def open(self):
        for path in [*(self.root / entry for entry in ENTRIES), *self.paths()]:
            if not path.is_symlink() and path.exists():
                path.chmod(0o755 if path.is_dir() else 0o644)

    def folders(self):
        return [path for path in self.paths() if path.is_dir() and not path.is_symlink()]

    def change(self):
        before = {path: path.stat() for path in [*(self.root / e for e in ENTRIES), *self.folders()]}
        for _ in range(self.random.randrange(1, 5)):
            self.random.choice((self.add, self.add, self.remove, self.remove, self.rewrite,
                                self.retarget, self.copy, self.exchange, self.shut))()
        if self.random.random() < 0.8:
            for path, status in before.items():
                if path.is_dir():
                    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def add(self):
        self.put(self.random.choice([self.root / entry for entry in ENTRIES] + self.folders()),
                 self.random.choice(NAMES))

    def remove(self):
        paths = self.paths()
        if paths:
            path = self.random.choice(paths)
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def rewrite(self):
        files = [path for path in self.paths() if path.is_file() and not path.is_symlink()]
        if files:
            self.write(self.random.choice(files))

    def retarget(self):
        """Where links lead there is something, or no longer."""
        path = self.target("")
        if path.is_dir():
            shutil.rmtree(path)
        else:
            self.appear(path.name)

    def copy(self):
        """As a tree that is synchronized or extracted: the same, with other inodes."""
        path = self.root / self.random.choice((*ENTRIES, "store"))
        shutil.copytree(path, self.root / "copied", symlinks=True)
        shutil.rmtree(path)
        (self.root / "copied").rename(path)

    def exchange(self):
        """Two entries change places, without a change in either."""
        first, second = (self.root / entry for entry in ENTRIES)
        first.rename(self.root / "kept")
        second.rename(first)
        (self.root / "kept").rename(second)

    def shut(self):
        self.close(0.2)


def build(sandbox, program, check, env):
    """As whoever starts the program; its folders are somebody else's, where there are others."""
    manifest = sandbox.path / "test.yaml"
    options = {"cwd": sandbox.path, "env": env, **unseen.account()}
    harness.run([harness.PYBUNDLE, "record", "-q", "-o", manifest, "--", *program], **options)
    if not manifest.exists():
        raise RuntimeError("nothing was recorded")
    harness.set_key(manifest, "check", check)
    harness.must([harness.PYBUNDLE, "build", "-q", "--snapshot=no", manifest, "-o", sandbox.bundle], **options)


def tree(seed, tap):
    with harness.Sandbox() as sandbox:
        made = Tree(sandbox.path, seed)
        try:
            try_tree(made, sandbox, seed, tap)
        finally:
            made.open()


def try_tree(made, sandbox, seed, tap):
    made.make()
    account = unseen.account()
    if account:
        os.chown(sandbox.path, account["user"], account["group"])
    env = sandbox.env(PYTHONPATH=":".join(str(sandbox.path / entry) for entry in ENTRIES),
                      PYTHONDONTWRITEBYTECODE="1")
    check = made.random.choice(("source", "source", "hash"))
    build(sandbox, ["-c", unseen.TELL, "load", *made.names()], check, env)
    harness.compare(tap, sandbox, f"tree {seed}, check {check}: as built",
                    ["-c", unseen.TELL, "load,find", *made.names()], env=env, **account)
    for step in range(3):
        made.open()
        made.change()
        names = made.names()
        made.random.shuffle(names)
        steps = made.random.choice(("load", "find,load", "load,find"))
        harness.compare(tap, sandbox, f"tree {seed}, check {check}: changed {step + 1} times, {steps}",
                        ["-c", unseen.TELL, steps, *names], env=env, **account)


def is_used(tap):
    """Without this, a pystart that never uses its bundle would pass."""
    with harness.Sandbox() as sandbox:
        for entry in ENTRIES:
            (sandbox.path / entry).mkdir()
        made = Tree(sandbox.path, 0)
        for name in NAMES:
            made.source(sandbox.path / ENTRIES[0], name)
        env = sandbox.env(PYTHONPATH=str(sandbox.path / ENTRIES[0]))
        program = ["-B", "-c", unseen.TELL, "load", *NAMES]
        sandbox.record(*program, env=env)
        count = sandbox.served(program, env=env)
        tap.result(count and count >= len(NAMES), "the bundle serves such modules", count)


def try_one(item, tap):
    if callable(item):
        item(tap)
    else:
        tree(item, tap)


def main():
    seeds = [int(seed) for seed in sys.argv[1:]] or range(COUNT * SCALE)
    return harness.in_parallel(try_one, [*seeds, is_used])


if __name__ == "__main__":
    sys.exit(main())
