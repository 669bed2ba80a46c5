# SPDX-License-Identifier: MIT
"""What pybundle runs inside the target interpreter.

It reads a request from the descriptor sys.argv[1], finds the modules that it names without
executing any of them, and writes records about them to the descriptor sys.argv[2]. Both are
sequences of records: one byte of type, four bytes of size (little-endian), payload. In a payload,
numbers are little-endian and a string is its size in four bytes, its bytes and a NUL.
bundler/resolve/resolver.c has the other side.
"""
import sys

# `-c` put the current folder in front; a program started by its name has no such entry.
if sys.path and sys.path[0] == "" and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

import errno
import importlib.machinery
import importlib.util
import marshal
import os
import stat
import time
import warnings

from importlib.machinery import (BuiltinImporter, ExtensionFileLoader, FrozenImporter, PathFinder,
                                 SourceFileLoader)

SOURCE, EXTENSION, ABSENT = 1, 2, 3  # enum pyb_module_kind
NONE = 0xFFFFFFFF
TRIES = 3  # to read a source that is being changed
SECOND = 10 ** 9  # nanoseconds
TICK = SECOND // 50  # more than what the times of files are rounded to


class Skip(Exception):
    """A module cannot be bundled; the arguments are the kind of note and its text."""


def number(value, size=4):
    return value.to_bytes(size, "little")


def signed(value):
    """Times of files can be later than nanoseconds reach: they are cut off, as lib/timestamp.h does."""
    return max(-2**63, min(value, 2**63 - 1)).to_bytes(8, "little", signed=True)


def text(value):
    data = os.fsencode(value or "")
    if b"\0" in data:
        raise ValueError("a NUL in a string")
    return number(len(data)) + data + b"\0"


def is_text(value):
    """Whether the bundler can be told this name."""
    try:
        text(value)
    except (ValueError, TypeError):
        return False
    return True


def is_importable(name):
    """Whether it can stand between the dots of a module's name, if not in an import statement."""
    return name[:1] != "-" and ("_" + name.replace("-", "_")).isidentifier() and is_text(name)


class Request:
    """What is to be found: lists of names by the type of their records."""

    def __init__(self, data):
        self.names = {kind: [] for kind in "nmqaxpsf"}
        self.with_code = False
        at = 0
        while at < len(data):
            kind = chr(data[at])
            end = at + 5 + int.from_bytes(data[at + 1:at + 5], "little")
            payload = data[at + 5:end]
            if kind == "c":
                self.with_code = payload != b"\0"
            else:
                self.names[kind].append(os.fsdecode(payload))
            at = end


class Pattern:
    """A pattern of module names, as pystart-manifest(5) describes them."""

    def __init__(self, pattern):
        self.text = pattern
        self.is_literal = "*" not in pattern and "?" not in pattern
        if self.is_literal:
            return
        import re
        parts = pattern.split(".")
        expression = []
        for place, part in enumerate(parts):
            if part == "**":
                expression.append(r"(?:\.[^.]+)*")
            elif part == "*" and place == len(parts) - 1:
                expression.append(r"(?:\.[^.]+)+")
            else:
                part = re.escape(part).replace(r"\*", "[^.]*").replace(r"\?", "[^.]")
                expression.append(r"\." + part)
        self.expression = re.compile("".join(expression), re.DOTALL)
        literal = []
        for part in parts:
            if "*" in part or "?" in part:
                break
            literal.append(part)
        self.prefix = ".".join(literal)

    def matches(self, name):
        if self.is_literal:
            return name == self.text
        return self.expression.fullmatch("." + name) is not None


def let_settle(path):
    """
    Wait until whoever changes the file or folder from now on gives it another time. Times go by
    ticks of the kernel, or by whole seconds, two of them at most, where the file system has no others.
    The time of a change cannot be set, that of a modification can, to one that is yet to come as well.
    """
    for _ in range(TRIES):
        status = os.stat(path)
        changed = max(status.st_mtime_ns, status.st_ctime_ns)
        enough = 2 * SECOND if changed % SECOND == 0 else TICK
        age = time.time_ns() - changed
        if not 0 <= age < enough:
            return
        time.sleep((enough - age) / SECOND)


class States:
    """The states of folders as they were before anything was looked for in them."""

    def __init__(self):
        self.known = {}
        # Whoever wants the same bytes wherever and whenever they are made cannot have these.
        self.with_inodes = "SOURCE_DATE_EPOCH" not in os.environ

    def of(self, path):
        """What tells whether it was touched: two times and an inode. None: there is no such folder."""
        if path not in self.known:
            try:
                let_settle(path)
                status = os.stat(path)
                self.known[path] = (status.st_mtime_ns,
                                    *((status.st_ctime_ns, status.st_ino) if self.with_inodes
                                      else (0, 0)))
            except OSError:
                self.known[path] = None
        return self.known[path]


class Output:
    """The stream of records, and the numbers of the folders in it."""

    def __init__(self, descriptor):
        self.file = open(descriptor, "wb", buffering=1 << 16)
        self.states = States()
        self.directories = {}
        self.modules = {}

    def record(self, kind, *fields):
        payload = b"".join(fields)
        if len(payload) > NONE:
            raise OverflowError("a record of more than 4 GiB")
        self.file.write(kind + number(len(payload)) + payload)

    def directory(self, path, sys_path=0, root=0):
        known = self.directories.get(path)
        if known is None:
            state = self.states.of(path)
            mtime, ctime, inode = state or (0, 0, 0)
            known = self.directories[path] = len(self.directories)
            self.record(b"D", text(path), signed(mtime), signed(ctime), number(inode, 8),
                        number(sys_path), number(root), number(state is None, 1))
        return known

    def module(self, kind, name, found, code, as_cached, startup):
        self.modules[name] = len(self.modules)
        package = NONE if found.package is None else self.directory(found.package)
        folder = NONE if found.folder is None else self.directory(found.folder)
        self.record(b"M", number(kind, 1), number(package != NONE and kind != ABSENT, 1),
                    number(startup, 1), number(found.is_placed, 1), number(as_cached, 1),
                    number(folder), number(package), signed(found.mtime),
                    number(found.size, 8), text(name), text(found.origin), text(found.cached),
                    number(len(code)), code)

    def listing(self, path, entries):
        self.record(b"L", number(self.directories[path]), *map(text, entries))

    def note(self, kind, name, message):
        name, message = (value if is_text(value) else ascii(value) for value in (name, message))
        self.record(b"N", kind, text(name), text(message))

    def progress(self, at, done=0, total=0):
        """Tell what is looked at next, in case that it takes for ever."""
        self.record(b"P", number(done), number(total), text(at if is_text(at) else ascii(at)))
        self.file.flush()


class Found:
    """Where a module was found."""

    def __init__(self, spec=None, status=None, folder=None):
        self.origin = spec.origin if spec else ""
        self.cached = spec.cached if spec else ""
        self.mtime = status.st_mtime_ns if status else 0
        self.size = status.st_size if status else 0
        self.folder = os.path.dirname(spec.origin) if spec else folder
        self.package = None
        self.is_placed = False  # the request says in which folder it is
        if spec is not None and spec.submodule_search_locations is not None:
            self.package = self.folder
            self.folder = os.path.dirname(self.package)


    def rank(self):
        """Where the name of its file stands among SUFFIXES."""
        suffix = "." + os.path.basename(self.origin).partition(".")[2]
        return SUFFIXES.index(suffix) if suffix in SUFFIXES else len(SUFFIXES)


def is_regular(spec):
    """Whether it is a module or package in a file of its own."""
    return type(spec.loader) in (SourceFileLoader, ExtensionFileLoader)


def is_namespace(spec):
    return not spec.has_location and spec.submodule_search_locations is not None and (
        spec.loader is None or "Namespace" in type(spec.loader).__name__)


def locations(spec):
    """The search path of a package, without asking sys.modules for its parents."""
    path = spec.submodule_search_locations
    if path is None:
        return None
    return [entry for entry in getattr(path, "_path", path) if isinstance(entry, str)]


class Resolver:
    """Finds modules as the import system would, if nobody has changed it."""

    def __init__(self, search_path, places, states):
        self.search_path = search_path
        self.states = states
        self.places = places  # folders of modules that the search path may not lead to
        self.specs = {}
        self.listings = {}

    def find(self, name):
        """The spec of the module, or None. A failure of a finder counts as not found."""
        if name not in self.specs:
            self.specs[name] = self._find(name)
        return self.specs[name]

    def _find(self, name):
        if name in self.places:
            return self._find_placed(name, self.places[name])
        parent, _, _ = name.rpartition(".")
        path = None
        if parent:
            spec = self.find(parent)
            path = None if spec is None else locations(spec)
            if path is None:
                return None
        try:
            spec = BuiltinImporter.find_spec(name) if path is None else None
            spec = spec or FrozenImporter.find_spec(name)
            if spec is None:
                path = self.search_path if path is None else path
                for folder in path:
                    self.states.of(folder)
                spec = self.find_in(name, path)
            return spec
        except Exception:
            return None

    def _find_placed(self, name, folder):
        self.states.of(folder)
        try:
            return self.find_in(name, [folder])
        except Exception:
            return None

    @staticmethod
    def find_in(name, path):
        try:
            return PathFinder.find_spec(name, path)
        except KeyError:
            # The path of a namespace package looks for its parent, which is not imported here.
            spec = PathFinder._get_spec(name, path)
            return spec if spec.submodule_search_locations else None

    def listing(self, folder):
        if folder not in self.listings:
            try:
                self.listings[folder] = sorted(os.listdir(folder))
            except OSError:
                self.listings[folder] = []
        return self.listings[folder]

    def children(self, path):
        """Names that could be modules in these folders."""
        suffixes = importlib.machinery.all_suffixes()
        names = set()
        for folder in path:
            for entry in self.listing(folder):
                stem = next((entry[:-len(suffix)] for suffix in suffixes
                             if entry.endswith(suffix)), entry)
                if stem == entry and not os.path.isdir(os.path.join(folder, entry)):
                    continue
                if is_importable(stem) and stem not in ("__init__", "__pycache__"):
                    names.add(stem)
        return sorted(names)

    def walk(self, name, above=frozenset()):
        """
        All modules below a package, or with an empty name, all there are. Where symbolic links lead
        back to a package that `name` is below, whose folders are `above`, there would be no end.
        """
        path = self.search_path
        if name:
            spec = self.find(name)
            path = None if spec is None else locations(spec)
            own = frozenset(map(os.path.realpath, path or []))
            if own & above:
                return
            above |= own
        for child in self.children(path or []):
            child = name + "." + child if name else child
            if self.find(child) is not None:
                yield child
                yield from self.walk(child, above)


def reason_to_skip(spec):
    """Why a module that was found is not bundled: kind of note and text; None if it is."""
    if spec.loader is BuiltinImporter:
        return b"b", "it is built into the interpreter"
    if spec.loader is FrozenImporter:
        return b"b", "it is frozen into the interpreter"
    if is_namespace(spec):
        return b"b", "it is a namespace package, which has no code"
    if not is_regular(spec):
        return b"s", "its loader is " + type(spec.loader).__name__ + ", not a loader of files"
    if not spec.has_location or not os.path.isabs(spec.origin) or not is_text(spec.origin):
        return b"s", "the path of its file is of no use: " + ascii(spec.origin)
    return None


def stamp(status):
    return (status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev)


def read_file(path):
    """The contents of a regular file; anything else could keep us waiting."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


class Reader(SourceFileLoader):
    """The loader of source files, which reads what is a file only, and never waits."""

    def get_data(self, path):
        return read_file(path)


def cached_stream(spec, code, status):
    """
    The marshal stream of the valid .pyc file from which `code` was read, or None.

    It has the elements of frozensets in the order in which stock Python puts them into the set, on
    which the order of iteration depends; marshal.dumps() would sort them by other bytes.
    """
    try:
        data = read_file(spec.cached)
        flags = int.from_bytes(data[4:8], "little")
        if data[:4] != importlib.util.MAGIC_NUMBER or flags not in (0, 1, 3):
            return None
        times = number(int(status.st_mtime) & NONE) + number(status.st_size & NONE)
        if flags == 0 and data[8:16] != times:
            return None
        if flags == 3 and data[8:16] != importlib.util.source_hash(read_file(spec.origin)):
            return None
        # Code with a NaN among its constants does not equal itself; version 2 has no references.
        same = marshal.dumps(marshal.loads(data[16:]), 2) == marshal.dumps(code, 2)
        return data[16:] if same else None
    except Exception:
        return None


def get_code(reader):
    """The code of a source file; a Skip says why there is none."""
    try:
        code = reader.get_code(reader.name)
    except SyntaxError as error:
        raise Skip(b"c", "it does not compile: %s:%s: %s" % (
            error.filename or reader.path, error.lineno or 0, error.msg))
    except OSError:
        raise
    except Exception as error:
        raise Skip(b"c", "it does not compile: %s: %s: %s" % (
            reader.path, type(error).__name__, error))
    if code is None:
        raise Skip(b"s", "its loader has no code for it")
    return code


def compile_module(spec):
    """
    Its marshalled code, whether that is as it was in the .pyc file, and the state of the file that
    the code belongs to.
    """
    reader = Reader(spec.name, spec.origin)
    for _ in range(TRIES):
        let_settle(spec.origin)
        before = os.stat(spec.origin)
        code, cached, fault = None, None, None
        try:
            code = get_code(reader)
            cached = cached_stream(spec, code, before)
        except Skip as skip:
            fault = skip
        if stamp(before) != stamp(os.stat(spec.origin)):
            continue
        if fault is not None:
            raise fault
        return cached or marshal.dumps(code), cached is not None, before
    raise Skip(b"c", "its file keeps changing: " + spec.origin)


# In the order in which a FileFinder looks for them, behind the package of that name.
SUFFIXES = ["", *importlib.machinery.EXTENSION_SUFFIXES, *importlib.machinery.SOURCE_SUFFIXES,
            *importlib.machinery.BYTECODE_SUFFIXES]


def can_be_module(entry):
    """
    Whether an entry of a folder can be a module by its name, which is all that a folder tells: where
    a link leads can change while the folder stays as it is.
    """
    _, dot, suffix = entry.name.partition(".")
    if dot:
        return dot + suffix in SUFFIXES
    return entry.name != "__pycache__" and (entry.is_symlink()
                                            or entry.is_dir(follow_symlinks=False))


def list_modules(folder):
    """The names of all that can be modules in the folder; None if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:  # now: the folder's state was taken before
            return [entry.name for entry in entries if can_be_module(entry)]
    except OSError:
        return None


def ranks(entries):
    """For the stem of each name where it comes first among SUFFIXES."""
    first = {}
    for entry in entries:
        stem, dot, suffix = entry.partition(".")
        rank = SUFFIXES.index(dot + suffix)
        first[stem] = min(rank, first.get(stem, rank))
    return first


def pth_files(folder):
    """The .pth files in a folder, as os.listdir() tells them."""
    try:
        return [name for name in os.listdir(folder) if name.endswith(".pth") and is_text(name)]
    except OSError:
        return None


def site_folders():
    """Where this interpreter's start looks for .pth files."""
    site = sys.modules.get("site")
    if site is None:
        return []
    try:
        return [*site.getsitepackages(), *([site.getusersitepackages()] * bool(
            site.ENABLE_USER_SITE))]
    except Exception:
        return []


def is_in_archive(entry, name):
    try:
        return os.path.exists(entry) and PathFinder.find_spec(name, [entry]) is not None
    except Exception:
        return True


class Resolution:
    """Turns a request into records."""

    def __init__(self, request, output):
        self.request = request
        self.output = output
        self.entries = {}  # of sys.path, with their places on it
        for place, entry in enumerate(sys.path, 1):
            if isinstance(entry, str) and os.path.isabs(entry) and is_text(entry):
                self.entries.setdefault(entry, place)
        self.roots = dict.fromkeys(request.names["p"])  # in the order in which they are searched
        items = [item.partition(" in ") for item in request.names["f"]]
        self.places = {name: folder for name, _, folder in items}
        # A module that is found in a folder tells its path without the slash behind it.
        self.spelling = {entry.rstrip("/"): entry for entry in [*self.entries, *self.roots]}
        self.resolver = Resolver(list(dict.fromkeys([*self.roots, *self.entries])),
                                 self.places, output.states)
        self.excluded = [Pattern(name) for name in request.names["x"]]
        self.placed = {}  # where each module was found; None: nowhere

    def is_excluded(self, name):
        return any(pattern.matches(name) for pattern in self.excluded)

    def fingerprint(self):
        suffix = next((s for s in importlib.machinery.EXTENSION_SUFFIXES
                       if s.startswith(".cpython")), "")
        self.output.record(
            b"F", number(sys.hexversion),
            number(int.from_bytes(importlib.util.MAGIC_NUMBER, "little")),
            number(marshal.version), text(sys.implementation.name),
            text(suffix[1:-len(".so")] if suffix else ""), text(sys.implementation.cache_tag),
            text(sys.executable), text(os.path.realpath(sys.executable)), text(libpython()),
            text(sys.version.split()[0]))

    def add_parents(self, names):
        """The names and the packages that they are in, without repetition."""
        wanted = {}
        for name in names:
            while name and name not in wanted:
                wanted[name] = None
                name = name.rpartition(".")[0]
        return [name for name in wanted if not self.is_excluded(name)]

    def expand(self):
        """Names for the patterns among the request's modules, and those that need no pattern."""
        explicit, matched = [], {}
        for wanted in self.request.names["m"]:
            pattern = Pattern(wanted)
            if pattern.is_literal:
                explicit.append(wanted)
                continue
            self.output.progress("pattern " + wanted)
            names = [name for name in self.tell(self.candidates(pattern))
                     if pattern.matches(name) and not self.is_excluded(name)]
            if not names:
                self.output.note(b"p", wanted, "the pattern matches no module")
            matched.update(dict.fromkeys(names))
        return explicit, list(matched)

    def tell(self, names):
        """Pass the names on; say now and then that there are more."""
        for count, name in enumerate(names):
            if count % 64 == 0:
                self.output.progress("module " + name)
            yield name

    def candidates(self, pattern):
        if pattern.prefix and self.resolver.find(pattern.prefix) is not None:
            yield pattern.prefix
            yield from self.resolver.walk(pattern.prefix)
        elif not pattern.prefix:
            yield from self.resolver.walk("")

    def add(self, name, startup, explicit):
        """Send one module; say why if it cannot be bundled."""
        spec = self.resolver.find(name)
        if spec is None:
            if explicit:
                self.output.note(b"m", name, "no such module is found by this interpreter")
            return
        skipped = reason_to_skip(spec)
        try:
            if skipped is not None:
                raise Skip(*skipped)
            self.send(name, spec, startup)
        except Skip as skip:
            kind, message = skip.args
            self.output.note(kind if explicit or kind == b"c" else b"b", name, message)
        except OSError as error:
            self.output.note(b"c", name, "it cannot be read: " + str(error))

    def send(self, name, spec, startup):
        code, as_cached = b"", False
        if type(spec.loader) is SourceFileLoader:
            kind = SOURCE
            if self.request.with_code:
                code, as_cached, status = compile_module(spec)
            else:
                status = os.stat(spec.origin)
        else:
            kind = EXTENSION
            status = os.stat(spec.origin)
        found = Found(spec, status)
        found.folder = self.spelling.get(found.folder, found.folder)
        found.is_placed = self.is_placed(name)
        if not is_text(found.cached):
            found.cached = ""
        self.output.module(kind, name, found, code, as_cached, startup)
        self.placed[name] = found

    def is_placed(self, name):
        """
        Whether the search path by itself need not lead to it. A namespace package that the request has
        a folder for is in no record, so that its modules have to tell.
        """
        while name not in self.places:
            name = name.rpartition(".")[0]
            if not name or name in self.output.modules:
                return False
        return True

    def add_absent(self, name):
        """Keep a name that is searched for in vain."""
        # Folders of caches come with any run, so that nobody is told of them.
        if self.is_excluded(name) or name.rpartition(".")[2] == "__pycache__":
            return
        if self.resolver.find(name) is not None:
            self.output.note(b"a", name, "the manifest calls it absent, but it is found now")
            return
        parent = name.rpartition(".")[0]
        folder = None
        if parent:
            spec = self.resolver.find(parent)
            if parent not in self.output.modules or spec is None or spec.origin is None \
                    or spec.submodule_search_locations is None:
                return
            folder = os.path.dirname(spec.origin)
        self.output.module(ABSENT, name, Found(folder=folder), b"", False, False)
        self.placed[name] = None

    def shadows(self):
        """Say which of the folders hold a candidate for a module that was found elsewhere.

        Any of them can be on a search path when the bundle is used: a script can lie in a package,
        and a package can have the folder of another on its path. So all names are looked for in
        all folders.
        """
        names = {}
        for name in sorted(self.placed):
            names.setdefault(name.rpartition(".")[2], []).append(name)
        for folder in sorted(self.output.directories):
            self.output.progress("folder " + folder)
            entries = list_modules(folder)
            if entries is None:
                if not os.path.isdir(folder):
                    self.archive_shadows(folder)
                continue
            self.output.listing(folder, entries)
            first = ranks(entries)
            for stem in sorted(first.keys() & names.keys()):
                for name in names[stem]:
                    if self.is_in_front(first[stem], folder, self.placed[name]):
                        self.shadow(folder, name)
            self.init_shadows(folder, first.get("__init__"))

    @staticmethod
    def is_in_front(rank, folder, found):
        """Whether what has this rank could come before the module that was found."""
        if found is None or found.folder != folder:
            return True
        return found.package is None and rank < found.rank()

    def init_shadows(self, folder, rank):
        """The same for what could be the package that has the folder: told of the one that it is in."""
        if rank is None or rank >= SUFFIXES.index(importlib.machinery.SOURCE_SUFFIXES[0]):
            return
        for name, found in self.placed.items():
            if found is not None and found.package == folder and rank < found.rank():
                self.shadow(found.folder, name)

    def archive_shadows(self, entry):
        for name in sorted(self.placed):
            if "." not in name and is_in_archive(entry, name):
                self.shadow(entry, name)

    def shadow(self, folder, name):
        self.output.record(b"S", number(self.output.directories[folder]),
                           number(self.output.modules[name]))

    def sites(self):
        """Tell the .pth files of the folders that site looks at; "" stands for the folder."""
        for folder in dict.fromkeys(site_folders()):
            if self.entries.get(folder) and os.path.isdir(folder):
                number_of_folder = number(self.output.directory(folder))
                names = pth_files(folder)  # now: the folder's time was taken before
                for name in [] if names is None else ["", *names]:
                    self.output.record(b"T", number_of_folder, text(name))

    def run(self):
        names = self.request.names
        self.fingerprint()
        for place, root in enumerate(self.roots, 1):
            self.output.directory(root, self.entries.get(root, 0), place)
        for entry, place in self.entries.items():
            self.output.directory(entry, place)
        # The interpreter puts it in front of sys.path: nothing in it may hide what is bundled.
        for script in names["s"]:
            self.output.directory(os.path.dirname(os.path.realpath(script)))
        startup = list(dict.fromkeys(n for n in names["n"] if not self.is_excluded(n)))
        literal, matched = self.expand()
        literal = [name for name in literal if not self.is_excluded(name)]
        explicit = set(startup).union(literal)
        in_startup = set(startup)
        wanted = startup + literal + matched + names["q"]
        demanded = sorted(set(self.add_parents(wanted)) - in_startup)
        total = len(startup) + len(demanded)
        for done, name in enumerate(startup + demanded):
            self.output.progress("module " + name, done, total)
            self.add(name, name in in_startup, name in explicit)
        for name in dict.fromkeys(names["a"]):
            if name not in self.output.modules:
                self.output.progress("absent module " + name)
                self.add_absent(name)
        self.shadows()
        self.sites()
        self.output.record(b"E", number(len(self.output.modules)))
        self.output.file.close()


def libpython():
    """The file that the interpreter is in: libpython where that is a shared object, else the program.

    The program need not be sys.executable: that can be one that starts it.
    """
    with open("/proc/self/maps", "rb") as maps:
        for line in maps:
            path = line.rstrip(b"\n").partition(b"/")[2]
            if os.path.basename(path).startswith(b"libpython") and b".so" in path:
                return os.fsdecode(b"/" + path)
    return os.readlink("/proc/self/exe")


def main():
    # What the import system does for us must not depend on, or leave, anything but the request.
    sys.dont_write_bytecode = True
    warnings.simplefilter("ignore")
    with open(int(sys.argv[1]), "rb") as stream:
        request = Request(stream.read())
    Resolution(request, Output(int(sys.argv[2]))).run()


main()
