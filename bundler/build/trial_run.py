# SPDX-License-Identifier: MIT
"""What pybundle runs inside the target interpreter to learn what module bodies compile
and read.

It reads names of modules from the descriptor sys.argv[1], imports them in this order as a program
would, and writes records about regular expressions and generated sources that were compiled
meanwhile to the descriptor sys.argv[2]. Both are sequences of records as in exchange.py;
bundler/build/trial_run.c has the other side. Whatever the modules do, a record is written at once and
whole, so that an end at any time loses nothing that came before.

It starts without `site`, which it runs when it listens, for `site` executes code as well.
"""
import sys

# `-c` put the current folder in front; a program started by its name has no such entry.
if sys.path and sys.path[0] == "" and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

import posix

LONG_NUMBER = 641  # digits; a setting of the interpreter can forbid as many, not fewer
SECRET_MIN = 6  # bytes; what is shorter is in many texts by chance
VALUES = {value for value in posix.environ.values() if len(value) >= SECRET_MIN}


def number(value, size=4):
    return value.to_bytes(size, "little")


def counted(data):
    return number(len(data)) + data


def text(value):
    """As UTF-8; what cannot be written so is not to be recorded."""
    data = value.encode()
    if b"\0" in data:
        raise ValueError("a NUL in a string")
    return counted(data) + b"\0"


class Output:
    """Records on a descriptor that no child process inherits."""

    def __init__(self, descriptor):
        import fcntl
        self.descriptor = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 64)
        self.process = posix.getpid()
        self.write = posix.write
        posix.close(descriptor)

    def record(self, kind, *parts):
        data = b"".join(parts)
        data = memoryview(kind + number(len(data)) + data)
        while data:
            data = data[self.write(self.descriptor, data):]


class Listener:
    """Common to both kinds: what is recorded once, from the main thread of this process."""

    def __init__(self, output):
        import _thread
        self.output = output
        self.known = set()
        self.get_thread = _thread.get_ident
        self.thread = _thread.get_ident()
        self.get_process = posix.getpid
        self.is_busy = False

    def listens(self):
        return not self.is_busy and self.get_thread() == self.thread \
            and self.get_process() == self.output.process

    def note(self, key, describe):
        """Record what describe() tells, if it succeeds without a warning."""
        if key in self.known or not self.listens():
            return
        self.known.add(key)
        self.is_busy = True
        try:
            import warnings
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                parts = describe()
            self.output.record(*parts)
        except Exception:
            pass  # then it is compiled when the program runs
        finally:
            self.is_busy = False


class Sources(Listener):
    """Source text that exec(), eval() and compile() turn into code which is then executed.

    An audit hook hears of both without standing in between, where code that looks at the frames
    of its callers would see it. What mode and flags a source was compiled with is not told; they
    are those that give the code that is executed.
    """

    MODES = {"exec": 0, "eval": 1, "single": 2}

    def __init__(self, output):
        import __future__
        super().__init__(output)
        self.compile = compile
        self.futures = 0
        for name in __future__.all_feature_names:
            self.futures |= getattr(__future__, name).compiler_flag
        self.futures &= ~0x10  # of `nested_scopes`, which all code has
        self.compiled = {}  # by file name: sources whose code was not executed yet, and flags
        sys.addaudithook(self.hear)

    def hear(self, event, arguments):
        if event != "compile" and event != "exec" or not self.listens():
            return
        if event == "compile":
            self.hear_compile(*arguments, sys._getframe(1))
        else:
            self.hear_exec(*arguments)

    def hear_compile(self, source, filename, caller):
        if type(source) is not bytes or type(filename) is not str \
                or caller.f_code.co_filename.startswith("<frozen importlib"):
            return
        flags = caller.f_code.co_flags & self.futures
        if caller.f_globals.get("__name__") == "typing":
            self.note_text(source, filename, "eval", flags)  # a ForwardRef, executed later
        else:
            self.compiled.setdefault(filename, {})[source, flags] = None

    def hear_exec(self, code):
        sources = self.compiled.get(getattr(code, "co_filename", None), ())
        for source, flags in reversed(sources):
            if any(self.is_from(code, source, mode, flags) for mode in self.MODES):
                del sources[source, flags]
                break

    def is_from(self, code, source, mode, flags):
        """Whether this is its source; then it is recorded."""
        self.is_busy = True
        try:
            same = self.compile(source.decode(), code.co_filename, mode, flags, True) == code
        except Exception:
            same = False
        finally:
            self.is_busy = False
        if same:
            self.note_text(source, code.co_filename, mode, flags)
        return same

    def note_text(self, source, filename, mode, flags):
        def describe():
            import marshal
            code = self.compile(source.decode(), filename, mode, flags, True)
            return (b"G", number(self.MODES[mode], 1), number(flags), text(filename),
                    counted(source), counted(marshal.dumps(code)))

        # Other characters in names, and such escapes, make the compiler import a module.
        if source.isascii() and b"\\N" not in source and not has_long_number(source) \
                and not has_value_of_variable(source):
            self.note((source, filename, mode, flags), describe)


def has_long_number(source):
    """Whether it may hold a number that sys.set_int_max_str_digits() can forbid."""
    run = 0
    for byte in source if len(source) >= LONG_NUMBER else b"":
        run = run + 1 if byte in b"0123456789_" else 0
        if run >= LONG_NUMBER:
            return True
    return False


def has_value_of_variable(source):
    """Whether a variable's value is in it, which may be a secret of whoever builds: others may read bundles."""
    plain = source.replace(b"\\", b"")  # as re.escape() has it, too
    return any(value in source or value in plain for value in VALUES)


class Patterns(Listener):
    """What re.compile() and the like come down to."""

    KNOWN_FLAGS = 2 | 8 | 16 | 32 | 64 | 256  # I, M, S, U, X, A

    def __init__(self, output):
        import _sre
        import re
        super().__init__(output)
        self.compiler = re._compiler
        self.sre = _sre
        self.compile = re._compiler.compile
        self.output.record(b"S", number(_sre.MAGIC), number(_sre.CODESIZE))
        re._compiler.compile = self.hook_compile()
        self.note_pattern("", 0)  # which `re` itself compiles

    def stop(self):
        self.compiler.compile = self.compile

    def hook_compile(self):
        def compile(p, flags=0):
            compiled = self.compile(p, flags)
            self.note_pattern(p, flags)
            return compiled
        return compile

    def note_pattern(self, pattern, flags):
        if type(pattern) not in (str, bytes) or type(flags) is not int \
                or flags & ~self.KNOWN_FLAGS != 0:
            return
        source = pattern if type(pattern) is bytes else pattern.encode("utf-8", "surrogatepass")
        # Such an escape makes the parser import a module.
        if b"\\N" not in source and not has_value_of_variable(source):
            self.note((type(pattern), pattern, flags), lambda: self.describe(pattern, flags))

    def describe(self, pattern, flags):
        taken = []

        class Taker:
            def __getattr__(_, name):
                return getattr(self.sre, name)

            def compile(_, *arguments):
                taken.append(arguments)

        self.compiler._sre = Taker()
        try:
            self.compile(pattern, flags)
        finally:
            self.compiler._sre = self.sre
        (same, result, code, groups, index, names), = taken
        if same is not pattern or result & ~self.KNOWN_FLAGS != 0:
            raise ValueError("not an ordinary pattern")
        check_names(index, names, groups)
        unit, data = spell(pattern)
        return (b"R", number(unit, 1), number(flags), number(result), number(groups),
                counted(data), counted(b"".join(number(word) for word in code)),
                number(len(index)), *(number(group) + text(name) for name, group in index.items()))


def check_names(index, names, groups):
    """Whether the tuple of names follows from the dictionary."""
    expected = [None] * (groups + 1)
    for name, group in index.items():
        expected[group] = name
    if tuple(expected) != names:
        raise ValueError("not an ordinary pattern")


def spell(pattern):
    """Bytes of a unit, and the pattern as text of such units; 0 for bytes."""
    if type(pattern) is bytes:
        return 0, pattern
    highest = ord(max(pattern, default="\0"))
    if highest < 0x100:
        return 1, pattern.encode("latin-1")
    if highest < 0x10000:
        return 2, pattern.encode("utf-16-le", "surrogatepass")
    return 4, pattern.encode("utf-32-le", "surrogatepass")


FUNCTION, BUILTIN, MODULE, CODE = type(spell), type(len), type(sys), type(spell.__code__)
CELL = type((lambda value: lambda: value)(0).__closure__[0])
PLAIN = (int, float, complex, bool, type(None), type(...), str, bytes, slice)
CODE_ATTRIBUTES = ("co_code", "co_consts", "co_names", "co_varnames", "co_cellvars", "co_freevars",
                   "co_exceptiontable", "co_flags", "co_argcount", "co_posonlyargcount",
                   "co_kwonlyargcount")
HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE
ABSENT = "-"
TABLE_MAX = 16


def words(value):
    """What an object is, as importer/memos/labels.c has it; the same in every process."""
    kind = type(value)
    if kind in PLAIN:
        return ascii(value)
    if kind is FUNCTION:
        return f"f:{value.__code__.co_filename}:{value.__code__.co_firstlineno}"
    if kind is MODULE:
        return "m:" + value.__name__
    if isinstance(value, type):
        return f"t:{value.__module__}.{value.__qualname__}"
    if kind is tuple:
        return f"({','.join(map(words, value))})"
    if kind is frozenset:
        return f"{{{','.join(sorted(map(words, value)))}}}"
    if kind is dict:
        return f"{{{','.join(sorted(map(words, value.items())))}}}"
    if kind is CODE:
        return words(tuple(getattr(value, name) for name in CODE_ATTRIBUTES))
    if kind is CELL:
        try:
            return words(value.cell_contents)
        except ValueError:
            return ABSENT
    if is_pattern(value):
        return "p" + words((value.pattern, value.flags))
    if kind is BUILTIN:
        if isinstance(value.__module__, str):
            return f"b:{value.__module__}.{value.__name__}"
        own = value.__self__
        return f"b:{value.__name__}" + ("" if own is None else ":" + words(own))
    return f"o:{kind.__module__}.{kind.__qualname__}"


def is_pattern(value):
    return f"{type(value).__module__}.{type(value).__qualname__}" == "re.Pattern"


def digest(*parts):
    import _imp
    return ":" + str(int.from_bytes(_imp.source_hash(0, words(parts).encode()), "little"))


def is_table(value):
    """A small dictionary of names, which is no cache."""
    return type(value) is dict and len(value) <= TABLE_MAX and all(type(key) is str for key in value)


def label(value):
    """What an object that has a name is; with what can be changed about it."""
    if isinstance(value, (classmethod, staticmethod)):
        value = value.__func__
    elif isinstance(value, property):
        value = value.fget
    if type(value) is FUNCTION:
        return words(value) + digest(value.__code__, value.__defaults__, value.__kwdefaults__,
                                     value.__closure__)
    if isinstance(value, type) and value.__flags__ & HEAP_TYPE != 0:
        return words(value) + digest(type(value), value.__mro__)
    if type(value) in (tuple, frozenset) or is_pattern(value) or is_table(value):
        return "w" + digest(value)
    return "o:builtins.dict" if type(value) is dict else words(value)


class Witnesses:
    """What the functions that were called depend on: they themselves, and what their names refer to."""

    # What making an object and its attributes asks its class for.
    IMPLICIT = ("__new__", "__init__", "__setattr__", "__getattribute__", "__getattr__")

    def __init__(self, names):
        self.codes = {}   # what was executed, with its global names
        self.classes = {}  # of the objects that were made
        self.labels = {}  # by names of modules and of attributes
        self.bundled = [sys.modules.get(name) for name in names]

    def hear(self, frame, event, argument):
        if event == "call":
            self.codes[frame.f_code] = frame.f_globals

    def call(self, function, *arguments):
        sys.setprofile(self.hear)
        try:
            return function(*arguments)
        finally:
            sys.setprofile(None)

    def add(self, module, path, value):
        self.labels[module.__name__, path] = label(value)

    def add_function(self, code, module):
        """The function itself; what is defined in a function belongs to that one. Its class, if any."""
        outer, *inner = code.co_qualname.split(".<locals>")
        value, names = module, outer.split(".")
        for name in names:
            value = vars(value)[name]
        if not inner and not label(value).startswith(f"f:{code.co_filename}:{code.co_firstlineno}:"):
            raise ValueError("a function is not found by its name")
        self.add(module, outer, value)
        if not any(module is known for known in self.bundled) \
                and not code.co_filename.startswith("<frozen "):
            self.add_file(code.co_filename, module)
        return vars(module)[names[0]] if len(names) > 1 else None

    def add_file(self, path, module):
        """The bundle does not tell whether the file is what it was."""
        if path != module.__file__:
            raise ValueError("a function is from another file")
        status = posix.stat(path)
        self.labels[module.__name__, "__file__"] = \
            f"x:{status.st_ino}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_size}:{path}"

    def add_names(self, code, module, owner):
        """What the names in its code may refer to: also those of attributes of modules and classes."""
        builtins = sys.modules["builtins"]
        for name in code.co_names:
            if name in vars(builtins) and name not in vars(module):
                self.labels[module.__name__, name] = ABSENT
        known, found = set(), [module, builtins, *self.classes, *([owner] if owner else [])]
        while found:
            space = found.pop()
            if id(space) in known:
                continue
            known.add(id(space))
            is_class = isinstance(space, type)
            home, prefix = (sys.modules[space.__module__], space.__qualname__ + ".") if is_class \
                else (space, "")
            for name in (*code.co_names, *(self.IMPLICIT if is_class else ())):
                if name in vars(space):
                    value = vars(space)[name]
                    self.add(home, prefix + name, value)
                    if self.is_space(value):
                        found.append(value)
                elif is_class and self.is_inherited(space, name):
                    self.labels[home.__name__, prefix + name] = ABSENT
            if is_class:
                found.extend(filter(self.is_space, space.__mro__))

    def is_inherited(self, owner, name):
        """Whether it would be hidden if the class had the name; what all classes do can be, too."""
        return name in self.IMPLICIT or any(name in vars(base) for base in owner.__mro__)

    @staticmethod
    def is_space(value):
        """Whether it is a module, or a class that can change, found by its name."""
        if type(value) is type(sys):
            return sys.modules.get(value.__name__) is value
        return isinstance(value, type) and value.__flags__ & HEAP_TYPE != 0 \
            and value.__module__ in sys.modules \
            and vars(sys.modules[value.__module__]).get(value.__qualname__) is value

    def spell(self):
        for kind in self.classes:
            self.add(sys.modules[kind.__module__], kind.__qualname__, kind)
        for code, names in self.codes.items():
            if names["__name__"].startswith("namedtuple_"):
                continue  # the maker of a named tuple, which has its class in a name that is looked at
            module = sys.modules[names["__name__"]]
            if vars(module) is not names:
                raise ValueError("a function belongs to no module")
            self.add_names(code, module, self.add_function(code, module))
        # Files first: it depends on them what can be said about functions.
        labels = sorted(self.labels.items(), key=lambda item: (item[1][0] != "x", item))
        return b"".join(spell_item(part) for (module, path), text in labels
                        for part in (module, path, text))


def spell_item(item):
    data = item.encode()
    if not data or b"\0" in data:
        raise ValueError("not to be written down")
    return data + b"\0"


class Distributions(Listener):
    """What pkg_resources makes of the metadata of the distributions on the search path."""

    SUFFIXES = (".egg-info", ".dist-info")

    def __init__(self, output, module, names):
        super().__init__(output)
        self.module = module
        self.witnesses = Witnesses(names)
        self.touched = set()
        self.stat = posix.stat
        sys.addaudithook(self.hear)

    def hear(self, event, arguments):
        if event in ("open", "os.listdir"):
            self.touched.add(arguments[0])

    def record(self):
        for folder in sys.path:
            try:
                folder = self.module._normalize_cached(folder)
                names = sorted(posix.listdir(folder))
            except Exception:
                continue
            for name in names:
                if name.lower().endswith(self.SUFFIXES):
                    self.record_one(folder + "/" + name)
        self.note("", lambda: (b"W", text(self.module.__name__), counted(self.witnesses.spell())))

    def record_one(self, path):
        self.note(path, lambda: self.describe(path))

    def describe(self, path):
        files = path, path + "/PKG-INFO"
        facts = [self.facts(file) for file in files]
        self.touched.clear()
        found = self.witnesses.call(list, self.module.distributions_from_metadata(path))
        if len(found) != 1 or not self.touched.issubset(files):
            raise ValueError("made in another way")
        items = b"".join(map(spell_item, self.items(found[0], path, [])))
        if facts != [self.facts(file) for file in files]:
            raise ValueError("changed meanwhile")
        if files[1] not in self.touched:
            facts[1] = bytes(len(facts[1]))  # whatever is in it
        return b"D", text(path), *facts, counted(items)

    def facts(self, path):
        try:
            status = self.stat(path)
        except OSError:
            return bytes(32)
        return b"".join(value.to_bytes(8, "little", signed=True) for value in (
            status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size))

    def items(self, value, path, texts):
        """An object of plain values, and of such objects; lib/format.md has the letters."""
        if value is None:
            yield "n"
        elif value is path:
            yield "p"
        elif type(value) is str:
            same = [number for number, known in enumerate(texts) if known is value]
            if not same:
                texts.append(value)
            yield f"r{same[0]}" if same else "s" + value
        elif type(value) is int and abs(value) < 10**9:
            yield f"i{value}"
        else:
            kind = type(value)
            if vars(self.module).get(kind.__name__) is not kind \
                    or kind.__new__ is not object.__new__ \
                    or kind.__setattr__ is not object.__setattr__:
                raise ValueError("not a plain object")
            self.witnesses.classes[kind] = None
            yield "o" + kind.__name__
            for name, attribute in vars(value).items():
                yield "k" + name
                yield from self.items(attribute, path, texts)
            yield "e"


def record_distributions(output, patterns, names):
    """A bundle that can be made elsewhere as well has no times of change to know files by."""
    module = sys.modules.get("pkg_resources")
    if hasattr(module, "distributions_from_metadata") \
            and b"SOURCE_DATE_EPOCH" not in posix.environ:
        patterns.stop()
        Distributions(output, module, names).record()


def read_request(descriptor):
    """The records of the request: folders in front of sys.path, and names of modules."""
    with open(descriptor, "rb") as stream:
        data = stream.read()
    lists = {"p": [], "n": []}
    at = 0
    while at < len(data):
        end = at + 5 + int.from_bytes(data[at + 1:at + 5], "little")
        lists[chr(data[at])].append(data[at + 5:end].decode("utf-8", "surrogateescape"))
        at = end
    return lists["p"], lists["n"]


def main():
    request, answer = map(int, sys.argv[1:3])
    sys.argv[:] = [""]
    sys.dont_write_bytecode = True
    folders, names = read_request(request)
    output = Output(answer)
    Sources(output)
    patterns = Patterns(output)
    import site
    site.main()
    sys.path[:0] = folders
    for name in names:
        output.record(b"N", text(name))
        try:
            __import__(name)
        except BaseException:
            pass  # it will fail in the program as well, or does not matter there
    record_distributions(output, patterns, names)
    output.record(b"E")
    posix._exit(0)


main()
