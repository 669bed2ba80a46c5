"""Code that module bodies generate is what it would be if it had just been compiled."""

import builtins
import copy
import dataclasses
import dis
import inspect
import io
import pickle
import re
import sys
import traceback
import types
import warnings

from support import generates

EVENTS = []
REFUSE = []  # not empty: the hook forbids unmarshalling


def describe(code):
    """Everything in a code object, as text."""
    yield [repr(getattr(code, name)) for name in
           ("co_name", "co_filename", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount",
            "co_flags", "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars",
            "co_firstlineno", "co_stacksize", "co_linetable", "co_qualname", "co_exceptiontable")]
    yield list(code.co_lines()), list(code.co_positions())
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            print("   same file name", const.co_filename is code.co_filename)
            yield from describe(const)
        elif isinstance(const, frozenset):
            yield sorted(const), type(const).__name__
        else:
            yield repr(const), type(const).__name__
    yield [sys.intern(name) is name for name in code.co_names + code.co_varnames]


def show_code(title, code):
    print(title)
    for part in describe(code):
        print("  ", ascii(part))


def functions_of(cls):
    for name, value in sorted(vars(cls).items()):
        if isinstance(value, types.FunctionType):
            yield name, value


def show_classes():
    for cls in (generates.Point, generates.Empty, generates.Person, generates.Book,
                generates.Shelf):
        print(cls, cls.__doc__)
        for name, function in functions_of(cls):
            show_code(name, function.__code__)
            print(function.__module__, function.__qualname__, function.__defaults__,
                  inspect.signature(function))
    print(generates.Point(1), generates.Person("x"), generates.Book("a", 3), generates.HINTS,
          generates.Reference)
    print(generates.Book("a") < generates.Book("b"), hash(generates.Book("a", 1, ()))
          == hash(generates.Book("a", 1, ())), copy.copy(generates.Point(1, 2)),
          pickle.loads(pickle.dumps(generates.Point(1, 2))))


def show_made():
    for name in ("CODE", "WIDE_NAME", "ALONE", "ANNOTATIONS"):
        show_code(name, getattr(generates, name))
    for name in ("generated", "warns", "ß"):
        value = generates.MADE[name]
        show_code(ascii(name), (value[0] if isinstance(value, tuple) else value).__code__)
    print(generates.MADE["CALLER"], generates.VALUE, repr(generates.FAILURE), generates.TOO_LONG
          if hasattr(generates, "TOO_LONG") else "fits")
    print([(w.category.__name__, str(w.message), w.filename, w.lineno) for w in generates.CAUGHT])
    print(sys.getsizeof(generates.SOURCE), sys.getsizeof(generates.WIDE))


def inner(code):
    return next(const for const in code.co_consts if isinstance(const, types.CodeType))


def show_identity():
    first, second = (compile(generates.SOURCE, "<made here>", "exec") for _ in range(2))
    print(first is second, first == second, first is generates.CODE, first == generates.CODE,
          inner(first) is inner(second))
    name = "".join(["<made", " here>"])
    code = compile(generates.SOURCE, name, "exec")
    print(code.co_filename is name, inner(code).co_filename is name)
    print(sys.getrefcount(code), sys.getrefcount(inner(code)))


def attempt(function, *args, **keywords):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = function(*args, **keywords)
            if isinstance(result, types.CodeType):
                result = list(describe(result))
        except BaseException as error:
            result = repr(error)
    print(ascii(result), [(w.category.__name__, str(w.message)) for w in caught])


class Text(str):
    pass


def show_calls():
    source, value = generates.SOURCE, "[i for i in range(3)]"
    for function in (exec, eval, compile):
        print(function, function.__name__, function.__qualname__, function.__module__,
              function.__self__, function.__text_signature__, function.__doc__,
              pickle.loads(pickle.dumps(function)) is function, inspect.signature(function),
              function is getattr(builtins, function.__name__), type(function))
    attempt(exec, source, 5)
    attempt(exec, source, {}, 5)
    attempt(exec, source, None, None)
    attempt(exec, source, {}, {}, {})
    attempt(exec, source, closure=None)
    attempt(exec)
    attempt(eval)
    attempt(eval, source)
    attempt(eval, value, {})
    attempt(eval, "\t " + value, {})
    attempt(eval, Text(value), {})
    attempt(eval, value.encode(), {})
    attempt(eval, value, types.MappingProxyType({}))
    attempt(eval, value, {}, types.MappingProxyType({}))
    attempt(compile, " " + value, "<string>", "eval")
    attempt(compile, value, "<string>", "eval")
    attempt(compile, value, "<string>", "wrong")
    for flags in (0, 1, 0x10, 0x400, 0x1000000, 1 << 40, -1, True, None):
        attempt(compile, source, "<made here>", "exec", flags)
    for optimize in (-1, 0, 1, 2, 3, None):
        attempt(compile, source, "<made here>", "exec", 0, False, optimize)
    attempt(compile, source, "<made here>", "exec", dont_inherit=True, optimize=2)
    attempt(compile, source, b"<made here>", "exec")
    attempt(compile, source + "\0", "<made here>", "exec")
    attempt(compile, source, "<made here>\0", "exec")
    attempt(compile, generates.WARNS, "<string>", "exec")
    attempt(compile, generates.FAILS, "<string>", "exec")


def show_scopes():
    """Names that are not given are those of the caller."""
    names = {}
    exec(generates.SOURCE, names)
    print(sorted(names), names["__builtins__"] is vars(builtins))

    def inside():
        value = 5
        exec("x = 1")
        exec(generates.SOURCE)
        return sorted(locals()), eval("[i for i in range(3)]")

    print(inside(), "generated" in globals())

    class Body:
        exec(generates.SOURCE)

    print(Body.generated.__module__, Body.generated.__code__ is names["generated"].__code__)


def show_futures():
    from support import future
    show_code("CODE", future.CODE)
    print(future.MADE["annotated"].__annotations__)
    attempt(exec, generates.ANNOTATED, {"undefined": 7})
    names = {"undefined": 7}
    exec(generates.ANNOTATED, names)
    print(names["annotated"].__annotations__)


def show_traceback():
    try:
        generates.MADE["generated"](1, 0, c=2)
    except ZeroDivisionError:
        traceback.print_exc(file=sys.stdout)
    try:
        object.__setattr__(generates.Book("a"), "pages", 1)
        generates.Book("a").pages = 2
    except dataclasses.FrozenInstanceError:
        traceback.print_exc(file=sys.stdout)
    out = io.StringIO()
    dis.dis(generates.MADE["generated"], file=out)
    print(re.sub("0x[0-9a-f]+", "0x", out.getvalue()))


def show_profile():
    seen = []

    def profiler(frame, event, argument):
        if frame.f_code.co_filename == "<string>" or event.startswith("c_"):
            seen.append((frame.f_code.co_name, event, getattr(argument, "__name__", argument)))

    sys.setprofile(profiler)
    exec(generates.SOURCE, {})
    eval("[i for i in range(3)]")
    compile(generates.SOURCE, "<made here>", "exec")
    sys.setprofile(None)
    print(seen)


def hook(event, args):
    if event in ("compile", "exec", "marshal.loads") \
            and sys._getframe(1).f_code.co_name == "show_audit":
        EVENTS.append((event, [a if not isinstance(a, types.CodeType) else a.co_filename
                               for a in args]))
    if event == "compile" and args[1] == "<forbidden>" or event == "marshal.loads" and REFUSE:
        raise RuntimeError("forbidden")


def show_audit():
    sys.addaudithook(hook)
    exec(generates.SOURCE, {})
    eval("\t [i for i in range(3)]")
    exec(generates.WIDE, {})
    compile(generates.SOURCE, "<made here>", "exec")
    compile("1 + 1", "<alone>", "single")
    for event in EVENTS:
        print(ascii(event))
    attempt(compile, generates.SOURCE, "<forbidden>", "exec")
    REFUSE.append(True)
    exec(generates.SOURCE, {})
    REFUSE.clear()


show_classes()
show_made()
show_identity()
show_calls()
show_scopes()
show_futures()
show_traceback()
show_profile()
show_audit()
print(sorted(sys.modules))
