"""A program that changes how Python imports gets what it asked for."""

import builtins
import contextlib
import importlib
import importlib._bootstrap as bootstrap
import importlib._bootstrap_external as external
import importlib.machinery as machinery
import inspect
import sys

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
                print(name, module.__file__, getattr(module, "__cached__", None),
                      type(module.__loader__).__name__, type(module.__spec__).__name__,
                      vars(module).get("mark"))
            except BaseException as error:
                print(name, repr(error))
            sys.modules.pop(name, None)


attempt("untouched")
log = []


def logged(original):
    def wrapper(*args, **kwargs):
        texts = [a for a in args if isinstance(a, str)]
        if texts != ["_io"]:  # asked for in C as often as a file is read, which the bundle saves
            log.append((original.__name__, texts))
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


with replaced(machinery.PathFinder, "find_spec", lambda original: staticmethod(
        lambda name, path=None, target=None: original(name, path, target))):
    attempt("PathFinder.find_spec")
original = external.SourceLoader.get_code
external.SourceLoader.get_code = lambda self, name: compile("mark = 'compiled'", "x", "exec")
attempt("SourceLoader.get_code")
external.SourceLoader.get_code = original
attempt("and back")
for function in (bootstrap._find_and_load, machinery.PathFinder._get_spec,
                 machinery.SourceFileLoader.get_code):
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
