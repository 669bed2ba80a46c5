"""Stacks and tracebacks: what a module body, a finder and whoever catches an exception see."""

import importlib
import inspect
import sys
import traceback
import warnings

import support.looks_up


def show_stack(title, stack):
    print("---", title)
    for line in stack:
        print("   ", *line)


def stack_of(frame):
    stack = []
    while frame:
        stack.append((frame.f_code.co_filename, frame.f_code.co_qualname,
                      frame.f_code.co_firstlineno, frame.f_lineno, frame.f_globals["__name__"]))
        frame = frame.f_back
    return stack


def attempt(title, function, *args):
    print("---", title)
    try:
        print(function(*args))
    except BaseException as error:
        print("".join(traceback.format_exception(error)))
        print([(f.f_code.co_name, n) for f, n in traceback.walk_tb(error.__traceback__)])


def again(name, importer=importlib.import_module):
    sys.modules.pop(name, None)
    return importer(name)


show_stack("import statement", support.looks_up.STACK)
show_stack("import_module", again("support.looks_up").STACK)
show_stack("__import__", sys.modules[again("support.looks_up", __import__).__name__
                                     + ".looks_up"].STACK)
show_stack("importlib.__import__", again("support.looks_up", importlib.__import__).looks_up.STACK)
del sys.modules["support"], sys.modules["support.looks_up"]
from support import looks_up
show_stack("from package", looks_up.STACK)
show_stack("reload", importlib.reload(looks_up).STACK)


class Finder:
    """Stands in front and shows or raises."""

    answer = None

    def find_spec(self, name, path=None, target=None):
        if name == "support.looks_up":
            show_stack("finder", stack_of(sys._getframe()))
        elif name == "support.chain_c":
            raise KeyError("the finder has lost " + name)
        elif name == "support.chain_b":
            raise ImportError("the finder does not like " + name)
        return self.answer


sys.meta_path.insert(0, Finder())
again("support.looks_up")
del sys.modules["support.looks_up"]
import support.looks_up
sys.modules.pop("support.chain_b", None)
attempt("finder raises", again, "support.chain_c")
attempt("finder raises ImportError", again, "support.chain_b")
attempt("and in a body", again, "support.chain_a")
del sys.meta_path[0]

EVENTS = []


def audit(event, args):
    if event in ("import", "exec") and EVENTS:
        EVENTS.append((event, [line[:2] for line in stack_of(sys._getframe())]))


sys.addaudithook(audit)
EVENTS.append("on")
import support.chain_c
print(*EVENTS, sep="\n")
EVENTS.clear()

warnings.simplefilter("always")
import support.refusing.below_refuses
attempt("the parent raises", again, "support.refusing.below_raises")
attempt("the module vanishes", again, "support.vanishes")
attempt("no such module", again, "support.there_is_no_such_module")
attempt("no such parent", again, "there_is_no_such_parent.child")
attempt("a failing parent", again, "support.raises.child")
attempt("syntax", again, "support.syntax")
attempt("inspect.stack", lambda: [(f.filename, f.lineno, f.function) for f in inspect.stack()])


def raises(*_):
    raise RuntimeError("instead of executing a module")


original, builtins = exec, sys.modules["builtins"]
builtins.exec = raises
attempt("exec is replaced", again, "support.classes")
builtins.exec = original
print("support.classes" in sys.modules)
# The frames of an import count as they do under stock.
again("support.recurses")
print(sys.depth)
