# SPDX-License-Identifier: MIT
"""What pybundle runs inside the target interpreter to learn what module bodies compile.

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
        if source.isascii() and b"\\N" not in source and not has_long_number(source):
            self.note((source, filename, mode, flags), describe)


def has_long_number(source):
    """Whether it may hold a number that sys.set_int_max_str_digits() can forbid."""
    run = 0
    for byte in source if len(source) >= LONG_NUMBER else b"":
        run = run + 1 if byte in b"0123456789_" else 0
        if run >= LONG_NUMBER:
            return True
    return False


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
        # Such an escape makes the parser import a module.
        if ("\\N" if type(pattern) is str else b"\\N") not in pattern:
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
    Patterns(output)
    import site
    site.main()
    sys.path[:0] = folders
    for name in names:
        output.record(b"N", text(name))
        try:
            __import__(name)
        except BaseException:
            pass  # it will fail in the program as well, or does not matter there
    output.record(b"E")
    posix._exit(0)


main()
