# SPDX-License-Identifier: MIT
# How resolver.py reads modules and gets their code.


def stamp(status):
    return (status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev)


def read_file(path, limit=-1):
    """The contents of a regular file, and its state; anything else could keep us waiting."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        if status.st_size > LARGEST:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(limit), status
    finally:
        os.close(descriptor)


def read_settled(path):
    """The contents of a file and the state that belongs to them: it did not change meanwhile."""
    for _ in range(TRIES):
        before = let_settle(path)
        if before is None:
            break
        data, opened = read_file(path)
        if stamp(before) == stamp(os.stat(path)) and os.path.samestat(before, opened):
            return data, before
    raise Skip(b"c", "its file keeps changing: " + path)


class Found:
    """A module: where it was found, and what its file was like."""

    def __init__(self, name, kind, spec=None, folder=None):
        self.name = name
        self.kind = kind
        self.origin = spec.origin if spec else ""
        self.cached = spec.cached if spec and is_text(spec.cached) else ""
        self.folder = os.path.dirname(spec.origin) if spec else folder
        self.package = None
        self.is_placed = False  # the request says in which folder it is
        if spec is not None and spec.submodule_search_locations is not None:
            self.package = self.folder
            self.folder = os.path.dirname(self.package)
        self.startup = False
        self.mtime, self.size, self.hash = 0, 0, bytes(8)
        self.flags = LINKED if self.origin and os.path.islink(self.origin) else 0
        self.data = None  # the source; None if it is not to be compiled
        self.code = b""
        self.fault = None  # why there is no code

    def set_status(self, status):
        self.mtime, self.size = status.st_mtime_ns, status.st_size

    def rank(self):
        """Where the name of its file stands among SUFFIXES."""
        suffix = "." + os.path.basename(self.origin).partition(".")[2]
        return SUFFIXES.index(suffix) if suffix in SUFFIXES else len(SUFFIXES)

    def read(self, known):
        """Read the file that Python would take the code from. `known`: hashes of sources by module."""
        data, status = read_settled(self.origin)
        flags = self.flags_of_pyc()
        if flags == HASHED:
            self.flags |= HASHED
        elif flags == FROM_CACHED and self.take_pyc():
            return
        self.set_status(status)
        self.hash = importlib.util.source_hash(data)
        if known.get((self.name, self.origin)) == self.hash:
            self.flags |= REUSED
        else:
            self.data = data

    def flags_of_pyc(self):
        """What its .pyc file means: 0 that the source decides, however valid the file looks."""
        try:
            head, _ = read_file(self.cached, PYC_HEAD)
        except (OSError, ValueError):
            return 0
        flags = int.from_bytes(head[4:8], "little")
        if len(head) < PYC_HEAD or head[:4] != importlib.util.MAGIC_NUMBER:
            return 0
        return {1: FROM_CACHED, 3: HASHED}.get(flags, 0)

    def take_pyc(self):
        """The code of the .pyc file, which Python takes whatever the source is; False if it cannot."""
        try:
            data, status = read_settled(self.cached)
        except OSError:
            return False
        if data[4:8] != number(1):
            return False
        try:
            code = marshal.loads(data[PYC_HEAD:])
        except Exception:
            code = None
        if type(code) is not CodeType:
            raise Skip(b"s", "its .pyc file is damaged: " + self.cached)
        # Python reads sets in the order in which the file has them.
        self.flags |= FROM_CACHED | SETS_IN_ORDER
        self.code = data[PYC_HEAD:]
        if code.co_filename != self.origin:
            _imp._fix_co_filename(code, self.origin)
            self.code = marshal.dumps(code)
        self.set_status(status)
        self.hash = importlib.util.source_hash(data)
        return True

    def compile(self):
        """Set the code, or the fault."""
        try:
            self.code = marshal.dumps(Compiler(self).get_code(self.name))
        except SyntaxError as error:
            self.fault = "it does not compile: %s:%s: %s" % (
                error.filename or self.origin, error.lineno or 0, error.msg)
        except MemoryError:
            raise
        except Exception as error:
            self.fault = "it does not compile: %s: %s: %s" % (
                self.origin, type(error).__name__, error)
        self.data = None


class Compiler(SourceFileLoader):
    """The loader of source files, which compiles what was read, and knows of no .pyc files."""

    def __init__(self, found):
        super().__init__(found.name, found.origin)
        self.data = found.data

    def path_stats(self, path):
        raise OSError

    def get_data(self, path):
        return self.data


# --- in two processes, where it takes long

def is_worth_two(pending):
    return (len(os.sched_getaffinity(0)) > 1 and len(os.listdir("/proc/self/task")) == 1
            and sum(len(found.data) for found in pending) >= MUCH)


def halves(pending):
    """Two lists, each with about half of the bytes."""
    parts, sizes = ([], []), [0, 0]
    for found in sorted(pending, key=lambda found: len(found.data), reverse=True):
        smaller = sizes.index(min(sizes))
        parts[smaller].append(found)
        sizes[smaller] += len(found.data)
    return parts


def compile_each(pending, progress):
    for found in pending:
        progress(found)
        found.compile()


def start_second(part, file):
    """Begin to compile in another process, which writes the results to the file."""
    process = os.fork()
    if process != 0:
        return process
    status = 1
    try:
        compile_each(part, lambda found: None)
        with open(file, "wb", closefd=False) as results:
            marshal.dump([(found.code, found.fault) for found in part], results)
        status = 0
    finally:
        os._exit(status)


def take_results(process, part, file):
    """Whether the other process has done its part."""
    _, status = os.waitpid(process, 0)
    if status != 0:
        return False
    os.lseek(file, 0, os.SEEK_SET)
    with open(file, "rb", closefd=False) as results:
        for found, (code, fault) in zip(part, marshal.load(results)):
            found.code, found.fault, found.data = code, fault, None
    return True


def compile_all(pending, progress):
    """Compile all that was read and is not known. `progress` is called with what comes next."""
    if not is_worth_two(pending):
        compile_each(pending, progress)
        return
    ours, theirs = halves(pending)
    file = os.memfd_create("compiled")
    try:
        process = start_second(theirs, file)
        compile_each(ours, progress)
        done = take_results(process, theirs, file)
    except OSError:
        done = False
    finally:
        os.close(file)
    if not done:
        compile_each([found for found in pending if found.data is not None], progress)
