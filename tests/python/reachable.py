# SPDX-License-Identifier: MIT
"""Prints everything that can be reached from modules: types, values, which objects are the same one,
which strings are interned, what calls give. Run by images.py: reachable.py MODULE...

Each module has its code in the variable CODE, and run(), which yields what it calls; or MODULE is one that
is frozen into the interpreter.
"""

import _imp
import array
import ctypes
import importlib
import struct
import sys
import types

PUBLIC = ("co_name", "co_qualname", "co_filename", "co_names", "co_consts", "co_exceptiontable",
          "co_linetable", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_nlocals",
          "co_stacksize", "co_flags", "co_firstlineno")
# Of these each look makes a new object, so that only their contents can be compared.
COMPUTED = ("co_varnames", "co_freevars", "co_cellvars", "co_code")
# sizeof(PyObject), the length and the hash come before a string's state, whose two lowest bits
# tell whether it is interned (Include/cpython/unicodeobject.h, the same in 3.11 to 3.13).
STATE_OFFSET = 32


def is_interned(text):
    """Without interning it, which sys.intern() would do. Of single characters the interpreter has
    one string each; nobody can tell whether it is interned already."""
    if len(text) == 1 and text < "\u0100":
        return "perhaps"
    return ctypes.c_uint8.from_address(id(text) + STATE_OFFSET).value & 3 != 0


def is_order_known(thing):
    """Whether the order of a set of constants follows from its source. What wrote the .pyc file sorted
    the elements by how they are marshalled, and so by whether single characters were interned there."""
    if type(thing) in (tuple, frozenset):
        return all(map(is_order_known, thing))
    return not (type(thing) is str and len(thing) == 1 and thing < "\u0100")


def is_wide(text):
    """Whether it is the same as wide characters of C, into which it is converted in two ways."""
    return ctypes.create_unicode_buffer(text)[:] == text + "\0" \
        and array.array("u", text).tounicode() == text


class Dump:
    """What one module reaches; objects are numbered as they are met."""

    def __init__(self, module):
        self.numbers = {}
        self.kept = []  # so that no other object gets the same address
        self.strings = []
        self.module = module

    def show(self, depth, label, thing):
        print("%s%s %s" % (" " * depth, label, thing))

    def visit(self, thing, depth, label):
        if id(thing) in self.numbers:
            self.show(depth, label, "#%d" % self.numbers[id(thing)])
            return
        self.numbers[id(thing)] = len(self.numbers)
        self.kept.append(thing)
        kind = type(thing)
        prefix = "%d: %s" % (self.numbers[id(thing)], kind.__name__)
        if kind is str:
            self.strings.append(thing)
            self.show(depth, label, "%s %s interned=%s" % (prefix, ascii(thing), is_interned(thing)))
        elif kind is float:
            self.show(depth, label, "%s %s" % (prefix, struct.pack(">d", thing).hex()))
        elif kind is complex:
            self.show(depth, label, "%s %s" % (prefix, struct.pack(">dd", thing.real,
                                                                  thing.imag).hex()))
        elif kind in (tuple, frozenset):
            # A frozenset is shown in the order that it has, if that is one for all.
            self.show(depth, label, "%s of %d, %d bytes" % (prefix, len(thing),
                                                            sys.getsizeof(thing)))
            items = thing if kind is tuple or is_order_known(thing) else sorted(thing, key=repr)
            for i, item in enumerate(items):
                self.visit(item, depth + 1, "[%d]" % i)
        elif kind is types.CodeType:
            self.visit_code(thing, depth, label, prefix)
        elif kind is types.FunctionType:
            self.visit_function(thing, depth, label, prefix)
        elif kind is type and thing.__module__ == self.module:
            self.visit_class(thing, depth, label, prefix)
        elif kind in (int, bytes, bool, type(None), type(...)):
            self.show(depth, label, "%s %r, %d bytes" % (prefix, thing, sys.getsizeof(thing)))
        elif kind in (list, dict, set):
            self.visit_container(thing, depth, label, prefix)
        else:
            self.show(depth, label, prefix)

    def visit_container(self, thing, depth, label, prefix):
        self.show(depth, label, "%s of %d" % (prefix, len(thing)))
        if type(thing) is dict:
            for key, value in thing.items():
                self.visit(key, depth + 1, "key")
                self.visit(value, depth + 1, "value")
        else:
            # Built-in functions hash by their addresses.
            is_mixed = type(thing) is set and types.BuiltinFunctionType in map(type, thing)
            for item in sorted(thing, key=repr) if is_mixed else thing:
                self.visit(item, depth + 1, "-")

    def visit_code(self, code, depth, label, prefix):
        self.show(depth, label, "%s, %d bytes, flags %x" % (prefix, sys.getsizeof(code),
                                                            code.co_flags))
        for name in PUBLIC:
            self.visit(getattr(code, name), depth + 1, name)
        for name in COMPUTED:
            value = getattr(code, name)
            self.kept.append(value)
            if isinstance(value, tuple):
                for i, item in enumerate(value):
                    self.visit(item, depth + 1, "%s[%d]" % (name, i))
            else:
                self.show(depth + 1, name, value.hex())
        self.show(depth + 1, "positions", list(code.co_positions()))
        self.show(depth + 1, "lines", list(code.co_lines()))

    def visit_function(self, function, depth, label, prefix):
        self.show(depth, label, prefix)
        # Equal constants of two modules can be one object.
        if function.__module__ != self.module and function.__code__.co_filename.startswith("<frozen "):
            return
        for name in ("__code__", "__name__", "__qualname__", "__doc__", "__defaults__",
                     "__kwdefaults__", "__annotations__"):
            self.visit(getattr(function, name), depth + 1, name)
        for i, cell in enumerate(function.__closure__ or ()):
            self.visit(cell.cell_contents, depth + 1, "cell[%d]" % i)

    def visit_class(self, cls, depth, label, prefix):
        self.show(depth, label, "%s %s" % (prefix, cls.__qualname__))
        for key, value in vars(cls).items():
            if key not in ("__dict__", "__weakref__"):
                self.visit(key, depth + 1, "key")
                self.visit(value, depth + 1, "value")

    def finish(self):
        """What interning gives. Other strings stay as they are: equal ones of two modules can be
        one object."""
        interned = [text for text in self.strings if is_interned(text)]
        print("interned:", len(interned), all(sys.intern(text) is text for text in interned))
        print("wide:", [ascii(text) for text in self.strings if not is_wide(text)])


def code_of(name):
    """None if it is a frozen module's that the interpreter imported before: nobody keeps that."""
    if not _imp.is_frozen(name):
        return importlib.import_module(name).CODE
    return None if name in sys.modules else _imp.get_frozen_object(name)


def main():
    for name in sys.argv[1:]:
        print("=====", name)
        dump = Dump(name)
        dump.visit(code_of(name), 0, "code")
        module = importlib.import_module(name)
        for key, value in list(vars(module).items()):
            if not key.startswith("__"):
                dump.visit(key, 0, "key")
                dump.visit(value, 0, "value")
        dump.finish()
        for value in getattr(module, "run", list)():
            print(ascii(value))


main()
