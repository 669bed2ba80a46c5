"""A program that changes how Python imports gets what it asked for."""

import builtins
import contextlib
import importlib
import importlib._bootstrap as bootstrap
import importlib._bootstrap_external as external
import importlib.machinery as machinery
import importlib.util
import sys
import zipimport

import support.chain_a
import support.classes

NAMES = ("support.chain_a", "support.classes", "colorsys")


@contextlib.contextmanager
def replaced(owner, name, make):
    """`make` gets the original; a class method is called without the class."""
    raw = vars(owner)[name] if isinstance(owner, type) else getattr(owner, name)
    setattr(owner, name, make(getattr(owner, name)))
    try:
        yield
    finally:
        setattr(owner, name, raw)


def attempt(title, extra=()):
    print("---", title)
    for name in (*NAMES, *extra):
        for loaded in [n for n in sys.modules if n == name or n.startswith("support")]:
            del sys.modules[loaded]
        for way in (importlib.import_module, lambda name: __import__(name, fromlist=["x"])):
            try:
                module = way(name)
                print(name, module.__file__, module.__cached__, type(module.__loader__).__name__,
                      type(module.__spec__).__name__, vars(module).get("mark"))
            except BaseException as error:
                print(name, repr(error))
            sys.modules.pop(name, None)


attempt("untouched")
log = []


def logged(original):
    def wrapper(*args, **kwargs):
        log.append((original.__name__, [a for a in args if isinstance(a, str)]))
        return original(*args, **kwargs)
    return wrapper


for owner, names in (
        (bootstrap, ("_find_and_load", "_find_and_load_unlocked", "_load_unlocked", "_find_spec",
                     "module_from_spec", "_call_with_frames_removed", "_init_module_attrs")),
        (external, ("spec_from_file_location", "cache_from_source", "_path_isfile", "_path_stat",
                    "_compile_bytecode", "_classify_pyc", "_get_spec")),
        (machinery.SourceFileLoader, ("get_code", "exec_module", "create_module", "get_data",
                                      "path_stats", "get_filename", "__init__")),
        (machinery.FileFinder, ("find_spec", "_fill_cache", "_get_spec")),
        (machinery.ExtensionFileLoader, ("create_module", "exec_module")),
        (machinery.ModuleSpec, ("__init__",)),
        (builtins, ("__import__", "exec"))):
    for name in names:
        if not hasattr(owner, name):
            continue
        # A method that is inherited becomes the class's own.
        inherited = isinstance(owner, type) and name not in vars(owner)
        if inherited:
            setattr(owner, name, logged(getattr(owner, name)))
            attempt(name)
            delattr(owner, name)
        else:
            with replaced(owner, name, logged):
                attempt(name)
        sys.path_importer_cache.clear()
        print(len(log), log[:6])
        log.clear()


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
    sys.path_importer_cache[entry] = marking_hook(entry) if entry.endswith("app") else None
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
with replaced(machinery.PathFinder, "find_spec", lambda original: staticmethod(
        lambda name, path=None, target=None: original(name, path, target))):
    attempt("PathFinder.find_spec")
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
original = external.SourceLoader.get_code
external.SourceLoader.get_code = lambda self, name: compile("mark = 'compiled'", "x", "exec")
attempt("SourceLoader.get_code")
external.SourceLoader.get_code = original
attempt("and back")
for function in (bootstrap._find_and_load, machinery.PathFinder._get_spec,
                 machinery.SourceFileLoader.get_code):
    import inspect
    print(inspect.isroutine(function), inspect.signature(function), function.__doc__,
          function.__name__, function.__qualname__, function.__module__,
          inspect.isfunction(function) or inspect.ismethod(function),
          isinstance(getattr(function, "__func__", function), type(attempt)),
          type(function).__name__, function.__code__.co_firstlineno, function.__defaults__)
code = bootstrap._find_and_load.__code__
bootstrap._find_and_load.__code__ = (lambda name, import_: [name]).__code__
try:
    import there_is_no_such_module
    print(there_is_no_such_module)
finally:
    bootstrap._find_and_load.__code__ = code
