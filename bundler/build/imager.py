# SPDX-License-Identifier: MIT
"""What pybundle runs inside the target interpreter to lay out code as an image.

It reads records from the descriptor sys.argv[1] and writes records to sys.argv[2], in the form that
exchange.py describes: `l` with the path of the extension module pystart_imager, then for each
module `s` (of a startup module), `o` (of another one) or `-` (without code), with marshalled code.
It answers with the parts of the image, with `X` and what is in the way, or with `N` and a word if no
image is made for this version of Python. bundler/build/image_payload.c has the other side.
"""
import sys

# `-c` put the current folder in front; nothing in it is to be executed.
if sys.path and sys.path[0] == "" and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE
EARLY_MODULES = ("builtins", "sys", "_imp", "_thread", "_warnings", "_weakref", "_io", "marshal",
                 "posix", "_frozen_importlib", "_frozen_importlib_external", "time", "zipimport",
                 "_codecs")
PARTS = (b"I", b"R", b"H", b"C", b"S")  # the contents of IMAGE, RELOCATIONS, HOT, COLD; sizes of code


def records(data):
    at = 0
    while at < len(data):
        end = at + 5 + int.from_bytes(data[at + 1:at + 5], "little")
        yield data[at:at + 1], data[at + 5:end]
        at = end


def load(path):
    from importlib.machinery import ExtensionFileLoader, ModuleSpec
    loader = ExtensionFileLoader("pystart_imager", path)
    module = loader.create_module(ModuleSpec("pystart_imager", loader, origin=path))
    loader.exec_module(module)
    return module


def early_names():
    """Names that are interned before the first module is imported from a file.

    Those of built-in modules and types, and of the parts of importlib. None of these strings has to
    be in the set, nor all of them: it decides about the layout only.
    """
    names, seen = set(), set()

    def add(namespace):
        names.update(name for name in list(namespace) if type(name) is str)

    def visit(cls):
        if cls not in seen:
            seen.add(cls)
            if not cls.__flags__ & HEAP_TYPE:
                names.add(cls.__name__)
                add(cls.__dict__)
            for sub in type.__subclasses__(cls):
                visit(sub)

    visit(object)
    for module in filter(None, map(sys.modules.get, EARLY_MODULES)):
        add(vars(module))
        for value in list(vars(module).values()):
            if isinstance(value, type):
                add(value.__dict__)
    return names


def lay_out(data):
    path, modules = None, []
    for kind, payload in records(data):
        if kind == b"l":
            path = payload.decode("utf-8", "surrogateescape")
        else:
            modules.append((None if kind == b"-" else payload, kind == b"s"))
    return load(path).lay_out(modules, early_names())


def main():
    with open(int(sys.argv[1]), "rb") as stream:
        data = stream.read()
    try:
        answer = list(zip(PARTS, lay_out(data)))
    except NotImplementedError as error:
        answer = [(b"N", str(error).encode("utf-8", "backslashreplace"))]
    except Exception as error:
        text = "%s: %s" % (type(error).__name__, error)
        answer = [(b"X", text.encode("utf-8", "backslashreplace"))]
    with open(int(sys.argv[2]), "wb") as output:
        for kind, payload in answer:
            output.write(kind + len(payload).to_bytes(4, "little") + payload)


main()
