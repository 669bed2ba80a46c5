# SPDX-License-Identifier: MIT
"""What importing leaves in the process besides modules: classes, in the order in which they were made, of
modules and of the interpreter, and what is kept of what was compiled or asked. Lists of modules are imported
under stock, with a bundle, and with a bundle that has a snapshot too; all tell the same.

`make check` tries a few lists made at random, LEFT_BEHIND_SCALE times as many if that is set. Arguments:
numbers of lists to try.
"""

import functools
import os
import random
import sys

import harness
import sequences

SCALE = int(os.environ.get("LEFT_BEHIND_SCALE") or 1)
COUNT = 8
# Each compiles in one way, and makes a class behind it.
ALONE = {
    "refers": "import typing\nHINT = typing.Optional['Undefined']\n",
    "compiles": "CODE = compile('class Made: pass', '<made>', 'exec')\nexec(CODE)\n",
    "compiles_twice": "exec(compile('A = 1', '<made>', 'exec'))\nclass Between: pass\n"
                      "exec(compile('B = 1', '<made>', 'exec'))\n",
    "parses": "import _ast\nTREE = compile('A = 1', '<made>', 'exec', _ast.PyCF_ONLY_AST)\n",
    "executes": "exec('class Made: pass')\n",
    "evaluates": "MADE = eval('lambda: 1')\n",
    "matches": "import re\nPATTERN = re.compile('a(?P<name>b+)', re.I | re.M)\n",
    "names": "import collections\nTuple = collections.namedtuple('Tuple', 'a b')\n",
}
LISTS = [[], *([name] for name in ALONE), ["executes", "evaluates", "refers"], ["refers", "compiles"],
         ["dataclasses", "refers"], ["refers", "dataclasses", "inspect"]]
OBSERVER = """
import sys
BEFORE = dict(sys.modules)
KEPT = '''
typing._cleanups typing._caches warnings.filters warnings.onceregistry linecache.cache
copyreg.dispatch_table copyreg._extension_registry sys.meta_path sys.path_hooks logging._handlerList
_frozen_importlib._module_locks _frozen_importlib._blocking_on threading._active threading._shutdown_locks
'''.split()
def observe():
    import atexit, gc, sys
    modules = {name: module for name, module in BEFORE.items() if hasattr(module, "__dict__")}

    def name_of(cls):
        return f"{cls.__module__}.{cls.__qualname__}"

    def classes():
        seen, todo = set(), [object]
        while todo:
            cls = todo.pop()
            if cls in seen:
                continue
            seen.add(cls)
            below = type.__subclasses__(cls)
            yield from (f"{name_of(cls)} has {name_of(sub)}" for sub in below)
            todo += reversed(below)

    def plain(value):
        if isinstance(value, type):
            return name_of(value)
        is_told = isinstance(value, (str, bytes, type(None))) or isinstance(value, int) and value < 1 << 32
        return value if is_told else type(value).__name__  # larger ones are addresses, of threads

    def shown(value):
        if isinstance(value, dict):
            return [[shown(key), shown(of)] for key, of in value.items()]
        if isinstance(value, (list, tuple)):
            return [shown(item) for item in value]
        if isinstance(value, (set, frozenset)):
            return sorted(map(str, map(shown, value)))
        return plain(value)

    def caches():
        for name, module in modules.items():
            for key, value in vars(module).items():
                ask = getattr(value, "cache_info", None)
                if callable(ask) and not isinstance(value, type):
                    yield f"{name}.{key}: {ask()}"

    def kept():
        for path in KEPT:
            name, _, attribute = path.rpartition(".")
            yield f"{path}: {shown(getattr(modules.get(name), attribute, None))}"
        # Some patterns are made of sets, so their characters have another order in each process.
        for name in ("_cache", "_cache2"):
            patterns = getattr(modules.get("re"), name, {})
            yield f"re.{name}: {[(kind.__name__, len(text), flags) for kind, text, flags in patterns]}"
        for name, module in modules.items():
            if "__warningregistry__" in vars(module):
                yield f"{name}.__warningregistry__: {shown(vars(module)['__warningregistry__'])}"
        yield f"collector: {gc.isenabled()} {gc.get_threshold()} {gc.get_freeze_count()}"
        yield f"interpreter: {sys.getrecursionlimit()} {sys.getswitchinterval()} {sys.getdlopenflags()}"
        yield f"at the end: {atexit._ncallbacks()}"

    gc.collect()
    return "\\n".join([*classes(), *caches(), *kept(), " ".join(BEFORE)])
print(observe())
"""


def import_all(names):
    return "".join(f"try: import {name}\nexcept ImportError: pass\n" for name in names)


def random_list(number):
    """Modules of the standard library, and some of those that compile."""
    pick = random.Random(number)
    return pick.sample([*sequences.MODULES, *ALONE], pick.randrange(1, 9))


class Bundles:
    """Two bundles of all modules that differ by the snapshot."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        names = [*ALONE, *sequences.MODULES]
        for name, text in ALONE.items():
            sandbox.write(f"{name}.py", f"{text}class Behind_{name}: pass\n")
        # Importlib itself calls compile() for a module that has no bytecode file, and is seen to have done so.
        harness.must([harness.PYTHON, "-m", "compileall", "-q", sandbox.path])
        sandbox.record(sandbox.write("all.py", import_all(names)), keys=[("snapshot_program", "no")])
        self.plain = sandbox.bundle
        self.snapshot = sandbox.path / "snapshot.pyb"
        harness.must([harness.PYBUNDLE, "build", "-q", "--snapshot=yes", "-o", self.snapshot,
                      sandbox.path / "test.yaml"], cwd=sandbox.path)

    def env(self, bundle):
        return harness.clean_environment(PYSTART_BUNDLE=str(bundle))

    def run(self, program, bundle, script, run=harness.run):
        return run([program, script], cwd=self.sandbox.path, env=self.env(bundle))


def check(numbered, tap, *, bundles):
    title, names = numbered
    script = bundles.sandbox.write(title.replace(" ", "_") + ".py", import_all(names) + OBSERVER)
    stock = bundles.run(harness.PYTHON, bundles.plain, script, harness.must)
    for bundle, kind in ((bundles.plain, "a bundle"), (bundles.snapshot, "a snapshot")):
        ours = bundles.run(harness.PYSTART, bundle, script)
        harness.compare_outcomes(tap, f"{title}, {kind}: {' '.join(names) or 'nothing'}", stock, ours)
    tap.result(bundles.sandbox.resumes([script], env=bundles.env(bundles.snapshot)),
               f"{title}: goes on with the snapshot")


def main():
    harness.leave_to_plain_build()
    numbers = list(map(int, sys.argv[1:]))
    lists = [] if numbers else [(f"list {n}", names) for n, names in enumerate(LISTS)]
    lists += [(f"random {n}", random_list(n)) for n in numbers or range(1, 1 + COUNT * SCALE)]
    with harness.Sandbox() as sandbox:
        return harness.in_parallel(functools.partial(check, bundles=Bundles(sandbox)), lists)


if __name__ == "__main__":
    sys.exit(main())
