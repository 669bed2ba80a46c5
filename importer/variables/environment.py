# SPDX-License-Identifier: MIT
"""What stands in for posix.environ, and so for all that os makes of it; and for functions of `time`.

Executed by importer/variables/start.c when `posix` has been initialized and before `os` is imported, with
what it passes on: `environ`, `sys`, and `record(type, name, who)`.
"""


# Who is asked for a variable by others. Its own name is not what one looks for.
BETWEEN = {"os", "collections.abc", "posixpath", "genericpath"}


def path_file_line(frame):
    """Which path file has the line that was executed without a name of its own."""
    while frame is not None:
        names = frame.f_locals if frame.f_globals.get("__name__") == "site" else {}
        name = names.get("fullname", names.get("filename"))
        if isinstance(name, str) and name.endswith((".pth", ".start")):
            return name
        frame = frame.f_back
    return None


def tell(letter, name=b""):
    """Record what is done with the environment, and the place in a file that does it."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") in BETWEEN:
        frame = frame.f_back
    file = frame.f_code.co_filename
    place = f"{file}, line {frame.f_lineno}"
    if file.startswith("<") and not file.startswith("<frozen "):
        place = path_file_line(frame) or place
    record(letter, name if isinstance(name, bytes) else b"", place.encode("utf-8", "replace"))


class Environment(dict):
    """Variables of which is told who asks for which, and who changes any."""

    __slots__ = ()

    def __getitem__(self, name):
        tell(b"r", name)
        return dict.__getitem__(self, name)

    def __contains__(self, name):
        tell(b"r", name)
        return dict.__contains__(self, name)

    def get(self, name, default=None):
        tell(b"r", name)
        return dict.get(self, name, default)

    def __setitem__(self, name, value):
        tell(b"c", name)
        dict.__setitem__(self, name, value)

    def __delitem__(self, name):
        tell(b"c", name)
        dict.__delitem__(self, name)


def stand_in(method, letter):
    """A method that does what the dictionary's does, once it has been told of."""
    def function(self, *arguments, **names):
        tell(letter)
        return method(self, *arguments, **names)
    return function


for method in ("setdefault", "pop", "popitem", "clear", "update", "__ior__"):
    setattr(Environment, method, stand_in(getattr(dict, method), b"c"))
for method in ("__iter__", "__reversed__", "__len__", "keys", "values", "items", "copy", "__repr__",
               "__eq__", "__ne__", "__or__", "__ror__", "__reduce_ex__"):
    setattr(Environment, method, stand_in(getattr(dict, method), b"a"))
environment = Environment(environ)


# The clock that these ask is asked by the interpreter's locks as well, all the time: who looks at system
# calls from outside cannot tell them apart.
CLOCKS = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "clock_gettime",
          "clock_gettime_ns")


def stand_in_for_clock(name, stock):
    """The function of `time`, once it has been told of."""
    def function(*arguments):
        tell(b"t", name.encode())
        return stock(*arguments)
    return function


import time

for name in CLOCKS:
    setattr(time, name, stand_in_for_clock(name, getattr(time, name)))
