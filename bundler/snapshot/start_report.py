# SPDX-License-Identifier: MIT
"""What a program can see of the start that it runs in: one line for each thing, its name, a tab and what it is.

Two starts of one interpreter that are given the same tell the same. `pybundle build` runs it under the
interpreter alone and with a new snapshot, and compares (bundler/snapshot/trial_restore.c). It is sent to
descriptor 4. Nothing else is imported before all modules were looked at.
"""
import sys

BEFORE = {name: dict(getattr(module, "__dict__", ())) for name, module in list(sys.modules.items())}

import os

PLAIN = (int, float, complex, str, bytes, bool, type(None))
WITH_NAMES = ("function", "builtin_function_or_method", "type", "module")
# What was looked up is no part of the state: with a bundle less is. The environment is told by os.environ.
LEFT_OUT = {("sys", "path_importer_cache"), ("encodings", "_cache"), ("posix", "environ"),
            ("linecache", "cache")}
OURS = "PYSTART_WITHOUT"
LIMIT = 20000
# Of what the kernel says of a process: what is not another number in each.
STATUS = ("Name", "Umask", "State", "Uid", "Gid", "Groups", "Threads", "SigB", "SigI", "SigC", "ShdPnd", "Cap",
          "NoNewPrivs", "Seccomp:", "THP", "Cpus_allowed", "Mems_allowed")
CALLED = ("isatty", "seekable", "readable", "writable", "fileno")
LINES = []


# A script that stands in for another one tells its own folder as that one's.
HERE = sys.path[0] if "PLACE" in globals() else None


def say(name, value):
    line = f"{name}\t{value[:LIMIT]}"
    LINES.append(line.replace(HERE, PLACE) if HERE else line)


def show(value, depth=3):
    """A text that is the same in another process, if the value is."""
    kind = type(value)
    if kind in PLAIN:
        return ascii(value)
    if depth and kind in (tuple, list):
        return kind.__name__ + str([show(item, depth - 1) for item in value])
    if depth and kind is dict:
        return str([show(key, 0) + ": " + show(item, depth - 1) for key, item in value.items()])
    if depth and kind in (set, frozenset):
        return kind.__name__ + str(sorted(show(item, 0) for item in value))
    if kind is type(sys.flags):
        return str(value)
    name = ascii(getattr(value, "__name__", "")) if kind.__name__ in WITH_NAMES else ""
    return f"{kind.__module__}.{kind.__qualname__} {name}"


def ask(name, function, *arguments):
    try:
        value = function(*arguments)
    except Exception as error:
        value = f"{type(error).__name__}: {error}"
    say(name, show(value))


def fetch(name):
    """A module that may be missing."""
    try:
        return __import__(name)
    except ImportError:
        return None


def read(name):
    with open("/proc/self/" + name, "rb") as file:
        return file.read()


def tell_modules():
    for number, name in enumerate(BEFORE):
        say(f"module {number} of sys.modules", ascii(name))
    for name, attributes in BEFORE.items():
        for key, value in attributes.items():
            if (name, key) not in LEFT_OUT and key != "__builtins__":
                say(f"{name}.{key}" if str(key).isidentifier() else f"{name}[{key!a}]", show(value))
    for name in dir(sys.flags):
        if not name.startswith("_"):
            ask(f"sys.flags.{name}", lambda: getattr(sys.flags, name))
    for name, value in os.environ.items():
        if not name.startswith(OURS):
            say(f"os.environ[{name!a}]", show(value))
    say("the order of os.environ", show([name for name in os.environ if not name.startswith(OURS)]))


def digest(code, source_hash=__import__("_imp").source_hash):
    """Of what a function does."""
    kind = type(code)
    constants = [digest(constant) if type(constant) is kind else show(constant) for constant in code.co_consts]
    parts = (code.co_name, code.co_firstlineno, code.co_code, code.co_names, code.co_varnames, constants)
    return f"{code.co_name}, line {code.co_firstlineno}, {source_hash(0, ascii(parts).encode()).hex()}"


def slot(kind, name):
    """A function that asks for an attribute of an object of this type, past what its class may say of it."""
    return kind.__dict__[name].__get__


class Reachable:
    """All that modules lead to: what a start keeps of what it was told may be anywhere. No code of others runs."""

    # Filled when something is looked for, or told by other lines.
    SKIPPED = ("module", "code", "_abc_data", "TextIOWrapper", "FileFinder", "mappingproxy", "getset_descriptor")
    CONSTANTS = (tuple, frozenset)
    BYTES = ("bytearray", "array")
    HEAP_TYPE = 1 << 9

    def __init__(self):
        self.referents = fetch("gc").get_referents
        self.seen = {id(sys.flags)}
        self.todo = []
        for name, key in (("sys", "modules"), *LEFT_OUT):
            self.seen.add(id(BEFORE.get(name, {}).get(key)))

    def add(self, path, value):
        kind = type(value)
        if kind in PLAIN or kind.__name__ in self.SKIPPED or id(value) in self.seen:
            return
        # With a bundle, constants are one where they are equal.
        if kind not in self.CONSTANTS:
            self.seen.add(id(value))
        self.todo.append((path, value))

    def tell(self):
        # Each module's attributes have been told.
        for name, attributes in BEFORE.items():
            for key, value in attributes.items():
                if (name, key) not in LEFT_OUT:
                    self.add(f"{name}.{key}", value)
        context = fetch("_contextvars").copy_context()
        self.add("the context", [context[variable] for variable in context])
        for path, value in self.todo:
            parts = list(self.parts(value))
            if parts:
                say(f"what is in {path}", ", ".join([f"{name} {show(part, 0)[:200]}" for name, part in parts]))
            for name, part in parts:
                self.add(path + name, part)

    def parts(self, value):
        """Names, as they follow that of the object, and objects."""
        kind = type(value)
        if kind.__name__ == "function":
            return [(".__code__", digest(value.__code__))] + [
                (f".{name}", part) for name in ("__defaults__", "__kwdefaults__", "__closure__", "__dict__")
                if (part := getattr(value, name))]
        if issubclass(kind, type):
            if not slot(type, "__flags__")(value) & self.HEAP_TYPE:
                return ()
            return [(f".{name}", part) for name, part in list(slot(type, "__dict__")(value).items())]
        if kind.__name__ == "_local":
            value = vars(value)
            kind = dict
        if kind in (set, frozenset):
            return [(": ", str(sorted([show(part, 0) for part in value])))]
        if kind.__name__ in self.BYTES:
            return [(": ", bytes(value))]
        named = [(f"[{show(key, 0)}]", part) for key, part in dict.items(value)] if issubclass(kind, dict) else []
        if kind is dict:
            return named
        return named + [(f" ({kind.__name__}, {number})", part) for number, part in enumerate(self.referents(value))]


def tell_classes():
    """What is in the classes of all modules, and which others are derived from them."""
    for name, attributes in BEFORE.items():
        for key, value in attributes.items():
            if isinstance(value, type) and type.__dict__["__module__"].__get__(value) == name:
                for attribute, item in list(type.__dict__["__dict__"].__get__(value).items()):
                    if attribute not in ("__abstractmethods__", "_abc_impl", "__doc__"):
                        say(f"{name}.{key}.{attribute}", show(item, 1))
                say(f"the classes derived from {name}.{key}", show(list(map(name_of, type.__subclasses__(value)))))
    for value in (object, BaseException, Exception, dict, list, tuple, str, int, type):
        say(f"the classes derived from {value.__name__}", show(list(map(name_of, type.__subclasses__(value)))))


def name_of(value):
    return f"{value.__module__}.{value.__qualname__}"


def tell_registries():
    """What modules of the standard library are told by others."""
    modules = sys.modules
    for name, key in (("copyreg", "dispatch_table"), ("logging", "_handlerList"), ("atexit", "_ncallbacks")):
        if name in BEFORE:
            ask(f"{name}.{key}, whole", lambda: list(getattr(modules[name], key))
                if key != "_ncallbacks" else modules[name]._ncallbacks())
    if "logging" in BEFORE:
        ask("the loggers", lambda: list(modules["logging"].root.manager.loggerDict))
    if "re" in BEFORE:
        ask("the patterns that re keeps", lambda: [list(map(str, key)) for key in modules["re"]._cache])
    ask("sys.meta_path, sys.path_hooks", lambda: (sys.meta_path, sys.path_hooks, sys.path))


def count_frames():
    frame, count = sys._getframe(), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    return count


def tell_interpreter():
    for name in ("getrecursionlimit", "getswitchinterval", "gettrace", "getprofile", "getdlopenflags",
                 "get_asyncgen_hooks", "get_int_max_str_digits", "getfilesystemencoding",
                 "getfilesystemencodeerrors", "getdefaultencoding"):
        ask(f"sys.{name}()", lambda: getattr(sys, name)())
    gc, atexit, warnings = fetch("gc"), fetch("atexit"), fetch("_warnings")
    for name in ("isenabled", "get_threshold", "get_freeze_count", "get_debug"):
        ask(f"gc.{name}()", lambda: getattr(gc, name)())
    ask("gc.callbacks", lambda: gc.callbacks)
    ask("the number of functions for atexit", lambda: atexit._ncallbacks())
    ask("the filters of warnings", lambda: warnings.filters)
    ask("the frames", count_frames)
    locale, time = fetch("_locale"), fetch("time")
    ask("the locale", lambda: locale.setlocale(locale.LC_ALL))
    ask("the locale's conventions", lambda: locale.localeconv())
    ask("the time zone", lambda: (time.tzname, time.timezone, time.altzone, time.daylight,
                                  list(time.localtime(0)), list(time.localtime(1e9))))
    ask("the number of threads", lambda: fetch("_thread")._count())
    if "threading" in BEFORE:
        threading = sys.modules["threading"]
        me = threading.main_thread()
        ask("threading", lambda: (len(threading.enumerate()), me.name, me.ident == threading.get_ident(),
                                  getattr(me, "native_id", 0) == os.getpid()))


def tell_streams():
    for name in ("stdin", "stdout", "stderr"):
        layer, place = getattr(sys, name), f"sys.{name}"
        say(f"{place} is sys.__{name}__", str(layer is getattr(sys, f"__{name}__")))
        while layer is not None:
            say(place, ascii(layer) + " " + show(vars(layer)) + f" {sys.getsizeof(layer)} bytes")
            for key in dir(layer):
                if not key.startswith("__"):
                    ask(f"{place}.{key}", lambda: getattr(layer, key)() if key in CALLED else getattr(layer, key))
            below = "buffer" if hasattr(layer, "buffer") else "raw"
            layer, place = getattr(layer, below, None), f"{place}.{below}"


def tell_descriptors():
    fcntl = fetch("fcntl")
    for descriptor in sorted(map(int, os.listdir("/proc/self/fd"))):
        try:
            leads = os.readlink(f"/proc/self/fd/{descriptor}")
            flags = fcntl.fcntl(descriptor, fcntl.F_GETFL) if fcntl else 0
        except OSError:
            continue
        # The number of a terminal, or of what has no name, is another one each time.
        leads = leads.partition(":[")[0].rstrip("0123456789")
        say(f"descriptor {descriptor}", show((leads, flags, os.get_inheritable(descriptor))))


def tell_process():
    entries = read("environ").rstrip(b"\0").split(b"\0")
    for number, entry in enumerate(entry for entry in entries if not entry.startswith(OURS.encode())):
        say(f"variable {number} of the process", show(entry))
    for name in ("cmdline", "comm", "oom_score_adj", "cgroup"):
        ask(f"/proc/self/{name}", read, name)
    ask("/proc/self/exe", os.readlink, "/proc/self/exe")
    ask("the working folder", os.getcwd)
    for line in read("status").decode().splitlines():
        if line.startswith(STATUS):
            name, _, value = line.partition(":")
            say(f"{name} in /proc/self/status", ascii(value.strip()))
    tell_descriptors()
    signal, resource = fetch("_signal"), fetch("resource")
    for number in range(1, 65):
        ask(f"the handler of signal {number}", lambda: handler_name(signal.getsignal(number)))
    ask("the signals that are blocked", lambda: signal.pthread_sigmask(signal.SIG_BLOCK, []))
    for name in dir(resource):
        if name.startswith("RLIMIT_"):
            ask(name, lambda: resource.getrlimit(getattr(resource, name)))
    for name, arguments in (("getresuid", ()), ("getresgid", ()), ("getgroups", ()), ("getpriority", (0, 0)),
                            ("sched_getscheduler", (0,)), ("sched_getaffinity", (0,))):
        ask(f"os.{name}()", lambda: getattr(os, name)(*arguments))


def handler_name(handler):
    return handler if isinstance(handler, int) else getattr(handler, "__qualname__", type(handler))


tell_modules()
Reachable().tell()
if HERE:
    # When garbage goes is another moment with a bundle.
    fetch("gc").collect()
    tell_classes()
    tell_registries()
tell_interpreter()
tell_streams()
tell_process()
with open(4, "wb") as answer:
    answer.write("\n".join([*LINES, "the end\t1", ""]).encode("ascii", "backslashreplace"))
