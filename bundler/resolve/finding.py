# SPDX-License-Identifier: MIT
# How resolver.py finds modules as the import system would, without executing any.


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
        except (KeyError, ModuleNotFoundError):  # the latter since 3.15
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


# What each start imports of the frozen modules, behind importlib's first part, and what many programs do.
EARLY_FROZEN = ("_frozen_importlib_external", "zipimport", "codecs", "abc", "io", "site", "os", "stat",
                "posixpath", "genericpath", "_collections_abc", "_sitebuiltins")
LATER_FROZEN = ("importlib.util", "importlib.machinery", "runpy")


def frozen_modules():
    """The frozen modules that are worth having, each with its code and whether every start imports it;
    none where the interpreter has their code ready."""
    if sys.version_info < (3, 13) or sys.implementation.name != "cpython":
        return
    for name in (*EARLY_FROZEN, *LATER_FROZEN):
        found = _imp.find_frozen(name, withdata=True)
        if found is not None:
            yield name, bytes(found[0]), name in EARLY_FROZEN


def is_in_archive(entry, name):
    try:
        return os.path.exists(entry) and PathFinder.find_spec(name, [entry]) is not None
    except Exception:
        return True
