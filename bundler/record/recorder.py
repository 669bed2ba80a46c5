# SPDX-License-Identifier: MIT
"""What pybundle record runs in front of a program, inside the program's interpreter.

It starts the program as the interpreter would have done, and appends a record to a file for each
module when its code begins to run, so that nothing is lost however the program ends. An audit hook
tells it about that; nothing of the import system is replaced, and nothing is imported that is not
built in. The only thing that the program can see is one more finder, the last one, which finds
nothing and notes what nobody else found.

sys.argv: [any, file for the records, "script" | "module" | "code" | "input", folder of the script,
what to run, its arguments...]. The records are as those of exchange.py.
"""
import _frozen_importlib
import _frozen_importlib_external
import atexit
import posix
import sys

SOURCE, EXTENSION = 1, 2  # enum pyb_module_kind
SourceFileLoader = _frozen_importlib_external.SourceFileLoader
ExtensionFileLoader = _frozen_importlib_external.ExtensionFileLoader
BUILT_IN = (_frozen_importlib.BuiltinImporter, _frozen_importlib.FrozenImporter)
FINDERS = (*BUILT_IN, _frozen_importlib_external.PathFinder)
CALL = _frozen_importlib._call_with_frames_removed.__code__


def field(data):
    data = data.replace(b"\0", b"?")
    return len(data).to_bytes(4, "little") + data + b"\0"


def text(value):
    return field(str(value).encode("utf-8", "surrogateescape"))


def path_text(value):
    """The bytes that the system has for a path, whatever encoding made a string of them."""
    try:
        return field(str(value).encode(sys.getfilesystemencoding(),
                                       sys.getfilesystemencodeerrors()))
    except UnicodeError:
        return text(value)  # no such path can exist here


def parent_of(path, separator="/"):
    return path.rpartition(separator)[0]


def absolute(path):
    if not path.startswith("/"):
        path = posix.getcwd() + "/" + path if path else posix.getcwd()
    return path.rstrip("/") or "/"


def folders(entries):
    """The entries of a search path. A relative one is nowhere if the current folder is gone."""
    found = []
    for entry in entries:
        try:
            if isinstance(entry, str):
                found.append(absolute(entry))
        except OSError:
            pass
    return found


def unwrap(loader):
    """The loader that does the work. hg has each of them wrapped in one that puts it off."""
    lazy = attributes(sys.modules.get("importlib.util")).get("LazyLoader")
    while lazy is not None and isinstance(loader, lazy):
        loader = loader.loader
    return loader


def is_waiting(module):
    """Whether its code will run when it is used for the first time."""
    lazy = attributes(sys.modules.get("importlib.util")).get("_LazyModule")
    return lazy is not None and issubclass(type(module), lazy)


def describe(loader):
    """The kind of a loader, whether it is a class or an object."""
    kind = loader if isinstance(loader, type) else type(loader)
    return str(kind.__module__) + "." + str(kind.__qualname__)


class Log:
    """The file of records. It is opened for each, for the program may close any descriptor.

    One is kept nevertheless, where programs do not see it, for it may also change its user or its
    root, or remove the file. What cannot be written is never the program's trouble.
    """

    FLAGS = posix.O_WRONLY | posix.O_APPEND | posix.O_CLOEXEC | posix.O_NOFOLLOW
    KEPT = range(250, 199, -1)  # numbers of the descriptor that is kept; low ones are noticed

    def __init__(self, path):
        self.path = path
        self.process = posix.getpid()
        self.identity = None
        self.kept = -1
        self.has_gaps = False  # a record is missing
        self.is_full = False  # the file ends with half a record: nothing may follow
        try:
            self.keep_open()
        except OSError:
            pass

    def keep_open(self):
        descriptor = posix.open(self.path, self.FLAGS)
        try:
            self.identity = identity(descriptor)
            for number in self.KEPT:
                if not is_open(number):
                    self.kept = posix.dup2(descriptor, number, False)
                    break
        finally:
            posix.close(descriptor)

    def open(self):
        """A descriptor of the file, and not of what took its name or its number."""
        try:
            descriptor = posix.open(self.path, self.FLAGS)
            if identity(descriptor) == self.identity:
                return descriptor
            posix.close(descriptor)
        except OSError:
            pass
        if identity(self.kept) != self.identity:
            raise OSError
        return self.kept

    def record(self, kind, *fields):
        if self.is_full or posix.getpid() != self.process:
            return
        payload = b"".join(fields)
        try:
            descriptor = self.open()
        except OSError:
            self.has_gaps = True
            return
        try:
            self.write(descriptor, kind + len(payload).to_bytes(4, "little") + payload)
        finally:
            if descriptor != self.kept:
                posix.close(descriptor)

    def write(self, descriptor, data):
        written = 0
        try:
            written = posix.write(descriptor, data)
        except OSError:
            pass
        if written == len(data):
            return
        self.is_full = True
        if written == 0:
            # Half a record says that some are missing. A hole takes no space on the disk.
            try:
                posix.ftruncate(descriptor, posix.fstat(descriptor).st_size + 1)
            except OSError:
                pass

    def end(self):
        self.record(b"L" if self.has_gaps else b"E")


def identity(descriptor):
    status = posix.fstat(descriptor)
    return status.st_dev, status.st_ino


def is_open(descriptor):
    try:
        posix.fstat(descriptor)
    except OSError:
        return False
    return True


class Recorder:
    """Decides what is worth a record."""

    def __init__(self, log):
        self.log = log
        self.packages = {}  # names of modules that are bundled: folder if a package, else None
        self.skipped = set()
        self.absent = set()
        self.path = None

    def skip(self, name, reason):
        if name not in self.skipped:
            self.skipped.add(name)
            self.log.record(b"X", text(name), text(reason))

    def note_path(self):
        """Record sys.path if it was changed."""
        path = folders(sys.path)
        if path != self.path:
            self.path = path
            self.log.record(b"P", *map(path_text, path))

    def search_path(self, parent):
        """Where the import system looks for modules in this package; None if that is unclear."""
        if not parent:
            return self.path
        if parent in self.packages:
            folder = self.packages[parent]
            return None if folder is None else [folder]
        package = sys.modules.get(parent)
        spec = attributes(package).get("__spec__")
        if spec is None or not (spec.loader in BUILT_IN or is_namespace(spec)):
            return None
        return folders(package.__path__)

    def module(self, spec, used=True):
        """A module's code begins to run, or ran already; or it was found, and not used so far."""
        name = spec.name
        loader = unwrap(spec.loader)
        if name in self.packages or loader in BUILT_IN or is_namespace(spec):
            return
        kind = {SourceFileLoader: SOURCE, ExtensionFileLoader: EXTENSION}.get(type(loader))
        if kind is None:
            self.skip(name, "loaded by " + describe(loader))
            return
        self.note_path()
        origin = absolute(spec.origin)
        folder = parent_of(origin) or "/"
        package = None
        if spec.submodule_search_locations is not None:
            package = folder
            folder = parent_of(folder) or "/"
        path = self.search_path(parent_of(name, "."))
        if path is None:
            self.skip(name, "in a package that was not loaded from a file")
        elif folder not in path and not is_named_after(package or origin, name):
            self.skip(name, "not where the import system looks: " + origin)
        else:
            self.packages[name] = package
            is_aside = folder not in path
            self.log.record(b"M", bytes([kind, used, is_aside]), text(name),
                            path_text(origin), path_text(folder))

    def not_found(self, name, path):
        """No finder knows the module."""
        if name in self.absent:
            return
        parent = parent_of(name, ".")
        if parent and (self.packages.get(parent) is None or
                       folders(path) != [self.packages[parent]]):
            return
        self.absent.add(name)
        self.log.record(b"A", text(name))

    def start(self):
        """Record what start-up imported before we were there."""
        self.log.record(b"B", path_text(sys.executable), sys.flags.optimize.to_bytes(4, "little"))
        self.note_path()
        # A module moves to the end of sys.modules when it is complete: packages come last.
        for name in list(sys.modules):
            for end in [at for at, char in enumerate(name) if char == "."] + [None]:
                self.present(name[:end])
        site = sys.modules.get("site")
        if site is not None and "sitecustomize" not in sys.modules:
            self.not_found("sitecustomize", None)
        if getattr(site, "ENABLE_USER_SITE", False) and "usercustomize" not in sys.modules:
            self.not_found("usercustomize", None)
        for name in ("sitecustomize", "usercustomize"):
            if name in sys.modules:
                self.tried_by(name)

    def tried_by(self, name):
        """Record what a module that ran before we were there imports if it is installed."""
        try:
            loader = sys.modules[name].__spec__.loader
            source = loader.get_data(loader.get_filename(name))
            for wanted in imported_names(source):
                if wanted not in sys.modules and not any(
                        finder.find_spec(wanted) for finder in FINDERS):
                    self.not_found(wanted, None)
        except Exception:
            pass

    def present(self, name):
        spec = attributes(sys.modules.get(name)).get("__spec__")
        if spec is not None and spec.name == name and name != "__main__":
            self.module(spec)

    def finish(self):
        """Record what can only be known at the end: what was loaded without our being told."""
        self.note_path()
        for name, module in list(sys.modules.items()):
            if name in self.absent:
                self.log.record(b"R", text(name))
            if name in self.packages or name in ("__main__", "__mp_main__", "pystart_recorder"):
                continue
            try:
                self.examine(name, module)
            except Exception:
                self.skip(name, "no ordinary modules")
        self.log.end()

    def examine(self, name, module):
        spec = attributes(module).get("__spec__")
        if spec is None:
            self.skip(name, "made by the program, not imported")
        elif spec.name != name:
            self.skip(name, "other names of modules")
        elif is_waiting(module):
            self.module(spec, False)
        elif type(unwrap(spec.loader)) in (SourceFileLoader, ExtensionFileLoader):
            self.skip(name, "set up by the program, not imported")
        elif unwrap(spec.loader) not in BUILT_IN and not is_namespace(spec):
            self.skip(name, "loaded by " + describe(unwrap(spec.loader)))


def attributes(module):
    """The dictionary of a module, without waking up one that is loaded lazily."""
    try:
        found = object.__getattribute__(module, "__dict__")
    except Exception:
        return {}
    return found if isinstance(found, dict) else {}


def imported_names(source):
    """The names of top-level modules that are imported somewhere in this source text."""
    only_ast = 0x400  # PyCF_ONLY_AST; `import ast` would be seen by the program
    nodes = [compile(source, "", "exec", only_ast, True)]
    names = []
    while nodes:
        node = nodes.pop()
        kind = type(node).__name__
        if kind == "Import":
            names += [alias.name for alias in node.names]
        elif kind == "ImportFrom" and node.module and not node.level:
            names.append(node.module)
        for field in getattr(node, "_fields", ()):
            value = getattr(node, field, None)
            nodes += value if isinstance(value, list) else [value]
    return [name for name in names if "." not in name]


def is_named_after(path, name):
    """Whether the import system would take a file or folder for the module, if it looked there."""
    return path[path.rindex("/") + 1:].partition(".")[0] == name[name.rfind(".") + 1:]


def is_namespace(spec):
    return not spec.has_location and spec.submodule_search_locations is not None and (
        spec.loader is None or "Namespace" in type(spec.loader).__name__)


def make_hook(recorder, getframe):
    def hook(event, arguments):
        # Two calls of the import system begin to run a module; both go through one function.
        if event != "exec" and (event != "import" or arguments[1] is None):
            return
        try:
            frame = getframe(1)
            if frame.f_code is not CALL:
                return
            passed = frame.f_locals["args"]
            spec = passed[0] if event == "import" else passed[1].get("__spec__")
            if spec is not None:
                recorder.module(spec)
        except Exception:
            pass
    return hook


def make_finder(recorder):
    class LastFinder:
        """Finds nothing."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            try:
                recorder.not_found(name, path)
            except Exception:
                pass

    return LastFinder


def restore_excepthook(hook):
    """Have a traceback begin with the frame with which it would have begun without us."""
    def excepthook(kind, value, traceback):
        sys.excepthook = hook
        traceback = traceback and traceback.tb_next  # `-c` itself
        while traceback and traceback.tb_frame.f_globals is globals():
            traceback = traceback.tb_next
        value.__traceback__ = traceback
        hook(kind, value, traceback)
    return excepthook


def full_path(target):
    """The name that the interpreter gives a script; sys.argv has it as it was typed."""
    if sys.version_info < (3, 9) or target.startswith("/"):
        return target
    return posix.getcwd() + "/" + (target[2:] if target.startswith("./") else target)


def script_code(target):
    if target.endswith(".pyc"):
        return _frozen_importlib_external.SourcelessFileLoader("__main__", target).get_code(
            "__main__")
    with open(target, "rb") as file:
        return compile(file.read(), target, "exec", 0, True)


def run_module(name, alter_argv):
    import runpy
    runpy._run_module_as_main(name, alter_argv)


def prepare(mode, folder, target):
    """Set up `__main__` and sys.path as the interpreter would; what is to be run then."""
    main = sys.modules["__main__"].__dict__
    changes_path = sys.path and sys.path[0] == ""
    if mode == "module":
        if changes_path:
            sys.path[0] = posix.getcwd()
        return run_module, (target, True)
    if mode == "code":
        return exec, (compile(target, "<string>", "exec", 0, True), main)
    if mode == "input":
        main["__file__"] = "<stdin>"
        return exec, (compile(sys.stdin.read(), "<stdin>", "exec", 0, True), main)
    target = full_path(target)
    if _frozen_importlib_external.PathFinder._path_importer_cache(target) is not None:
        # A folder or an archive with a __main__ in it comes first even if sys.path is kept safe.
        sys.path[0 if changes_path else slice(0, 0)] = target if changes_path else [target]
        return run_module, ("__main__", False)
    if changes_path:
        sys.path[0] = folder
    main["__file__"] = target
    if sys.version_info < (3, 15):
        main["__cached__"] = None
    main["__loader__"] = (
        _frozen_importlib_external.SourcelessFileLoader if target.endswith(".pyc")
        else SourceFileLoader)("__main__", target)
    return exec, (script_code(target), main)


def start(run, log, mode, folder, target, *arguments):
    own = len(sys.argv) + len(("-c", "what executes this"))
    shown = {"script": [target], "module": ["-m"], "code": ["-c"], "input": ["-"]}[mode]
    if hasattr(sys, "orig_argv"):
        first = shown if mode in ("script", "input") else shown + [target]
        sys.orig_argv[-own:] = first + list(arguments)
    sys.argv[:] = shown + list(arguments)
    recorder = Recorder(Log(log))
    recorder.start()
    atexit.register(recorder.finish)
    sys.meta_path.append(make_finder(recorder))
    sys.addaudithook(make_hook(recorder, sys._getframe))
    try:
        function, passed = prepare(mode, folder, target)
        function(*passed)
    except SystemExit:
        raise
    except BaseException:
        sys.excepthook = restore_excepthook(sys.excepthook)
        raise


start(*sys.argv)
