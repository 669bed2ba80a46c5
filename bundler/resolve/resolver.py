# SPDX-License-Identifier: MIT
# From a request to records: what the interpreter is, where modules are, and their code.


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

    def look(self, name, startup, explicit):
        """What there is to tell of a module; None, and a note why, if it cannot be bundled."""
        spec = self.resolver.find(name)
        if spec is None:
            if explicit:
                self.output.note(b"m", name, "no such module is found by this interpreter")
            return None
        skipped = reason_to_skip(spec)
        try:
            if skipped is not None:
                raise Skip(*skipped)
            return self.describe(name, spec, startup)
        except Skip as skip:
            kind, message = skip.args
            self.output.note(kind if explicit or kind == b"c" else b"b", name, message)
        except OSError as error:
            self.output.note(b"c", name, "it cannot be read: " + str(error))
        return None

    def describe(self, name, spec, startup):
        kind = SOURCE if type(spec.loader) is SourceFileLoader else EXTENSION
        found = Found(name, kind, spec)
        if kind == SOURCE and self.request.detail >= HASHES:
            found.read(self.request.known)
        else:
            found.set_status(os.stat(spec.origin))
        found.folder = self.spelling.get(found.folder, found.folder)
        found.startup = startup
        return found

    def send(self, found):
        if found.fault is not None:
            self.output.note(b"c", found.name, found.fault)
            return
        found.is_placed = self.is_placed(found.name)
        if self.request.detail != CODE:
            found.code = b""
        self.output.module(found)
        self.placed[found.name] = found

    def send_all(self, names, startup, explicit):
        """Send the modules; the first ones are those of the start."""
        modules = []
        for name in names:
            self.output.progress("module " + name)
            modules.append(self.look(name, name in startup, name in explicit))
        modules = [found for found in modules if found is not None]
        if self.request.detail == CODE:
            pending = [found for found in modules if found.data is not None]
            done = itertools.count()
            compile_all(pending, lambda found: self.output.progress(
                "module " + found.name, next(done), len(pending)))
        for found in modules:
            self.send(found)

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
        self.output.module(Found(name, ABSENT, folder=folder))
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

    def frozen(self):
        """Tell the code of modules that are frozen into the interpreter, as it has it."""
        for name, code, is_early in frozen_modules():
            self.output.record(b"Z", number(is_early, 1), text(name), number(len(code)), code)

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
        self.send_all(startup + demanded, in_startup, explicit)
        for name in dict.fromkeys(names["a"]):
            if name not in self.output.modules:
                self.output.progress("absent module " + name)
                self.add_absent(name)
        self.shadows()
        self.sites()
        if self.request.detail == CODE:
            self.frozen()
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
