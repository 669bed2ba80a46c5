"""Finders, path hooks and paths of a program's own are asked as under stock."""

import importlib
import importlib.machinery as machinery
import sys
import zipimport

import support.chain_a
import support.classes

NAMES = ("support.chain_a", "support.classes", "colorsys")
log = []


def attempt(title, extra=()):
    print("---", title)
    for name in (*NAMES, *extra):
        for loaded in [n for n in sys.modules if n == name or n.startswith("support")]:
            del sys.modules[loaded]
        for way in (importlib.import_module, lambda name: __import__(name, fromlist=["x"])):
            try:
                module = way(name)
                print(name, module.__file__, getattr(module, "__cached__", None),
                      type(module.__loader__).__name__, type(module.__spec__).__name__,
                      vars(module).get("mark"))
            except BaseException as error:
                print(name, repr(error))
            sys.modules.pop(name, None)


attempt("untouched")


class Marking(machinery.SourceFileLoader):
    def exec_module(self, module):
        module.mark = "set by a loader"
        super().exec_module(module)


def marking_hook(path):
    return machinery.FileFinder(path, (Marking, machinery.SOURCE_SUFFIXES))


saved = sys.meta_path[:], sys.path_hooks[:], sys.path[:], sys.modules


def restore():
    sys.meta_path[:], sys.path_hooks[:], sys.path[:] = saved[:3]
    sys.path_importer_cache.clear()


sys.path_hooks.insert(0, marking_hook)
sys.path_importer_cache.clear()
attempt("a path hook in front")
restore()
sys.path_hooks.append(marking_hook)
attempt("a path hook behind")
restore()
sys.path_hooks[:] = [marking_hook]
sys.path_importer_cache.clear()
attempt("only a path hook of one's own")
restore()
sys.path_hooks.clear()
sys.path_importer_cache.clear()
attempt("no path hooks")
restore()
for entry in list(sys.path):
    sys.path_importer_cache[entry] = None
attempt("nobody in the cache")
restore()
for entry in (*sys.path, *support.__path__):
    sys.path_importer_cache[entry] = marking_hook(entry)
attempt("finders in the cache")
restore()
sys.path_hooks.reverse()
attempt("path hooks the other way round")
restore()
sys.path_hooks.remove(zipimport.zipimporter)
attempt("no zipimporter")
restore()


class PathFinder(machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        spec = super().find_spec(name, path, target)
        if spec is not None:
            log.append(name)
        return spec


sys.meta_path[:] = [PathFinder]
attempt("a derived path finder")
print(log)
restore()
sys.meta_path[:] = [machinery.PathFinder]
attempt("the path finder alone")
restore()
sys.meta_path.reverse()
attempt("the path finder first")
restore()
sys.meta_path.clear()
attempt("no finder")
restore()
sys.meta_path.append(PathFinder)
attempt("a finder behind", extra=["there_is_no_such_module"])
restore()
sys.path[:] = tuple(sys.path)
sys.path.insert(0, 3)
sys.path.insert(0, b"/bytes")
attempt("strange entries of sys.path")
restore()
sys.path = tuple(sys.path)
attempt("sys.path is a tuple")
sys.path = list(sys.path)
sys.modules = dict(sys.modules)
try:
    attempt("sys.modules is another dictionary")
finally:
    sys.modules = saved[3]
