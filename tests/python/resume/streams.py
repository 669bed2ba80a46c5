"""What the standard streams are like, and what can be read and written. Told to a file."""
import io
import os
import sys

CALLED = ("isatty", "seekable", "readable", "writable", "fileno")
PLAIN = (int, str, bool, type(None))


def tell(layer, file):
    kind = type(layer)
    print(kind.__module__, kind.__name__, layer, vars(layer), sys.getsizeof(layer), file=file)
    for name in dir(layer):
        if name.startswith("__"):
            continue
        try:
            value = getattr(layer, name)
            value = value() if name in CALLED else value
        except (OSError, ValueError, AttributeError) as error:
            value = repr(error)
        print("   ", name, value if isinstance(value, PLAIN) else type(value).__name__, file=file)


told = io.StringIO()
for name in ("stdin", "stdout", "stderr"):
    stream = getattr(sys, name)
    print(name, stream is getattr(sys, f"__{name}__"), file=told)
    while stream is not None:
        tell(stream, told)
        stream = getattr(stream, "buffer", None) or getattr(stream, "raw", None)
with open(os.environ["TOLD"], "w") as file:
    file.write(told.getvalue())
    file.write(repr(sys.stdin and sys.stdin.readline(20)))
print("output")
print("messages", file=sys.stderr)
