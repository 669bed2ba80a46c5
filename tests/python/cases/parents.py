"""Packages that are not complete when their modules are imported, and finders that come and go."""

import importlib
import sys
import threading

sys.in_unready = sys.in_child = lambda: None
import support.chain_a
import support.unready.child

PARENT, CHILD = "support.unready", "support.unready.child"


def forget():
    for name in (PARENT, CHILD):
        sys.modules.pop(name, None)


def stack_of(frame):
    stack = []
    while frame:
        if "importlib" in frame.f_code.co_filename:
            stack.append((frame.f_code.co_qualname, frame.f_lineno))
        frame = frame.f_back
    return stack


def show_stack():
    print(*stack_of(sys._getframe(1)), sep="\n    ")


forget()
sys.in_unready = sys.in_child = show_stack
print("--- stacks")
importlib.import_module(CHILD)


def import_child():
    sys.in_unready = lambda: None
    print("child:", importlib.import_module(CHILD).FOUND_READY)


forget()
sys.in_unready = import_child
print("--- a package that imports its module")
importlib.import_module(PARENT)


def hide_child():
    sys.modules[CHILD] = None


def outcome(name):
    try:
        return importlib.import_module(name)
    except Exception as error:
        return repr(error)


forget()
sys.in_unready = hide_child
print("--- a package that hides its module")
print(outcome(CHILD), sys.modules.get(CHILD), outcome(CHILD))

forget()
event, go = threading.Event(), threading.Event()
reached = threading.Event()
sys.in_unready = lambda: (event.set(), go.wait())
sys.in_child = reached.set
first = threading.Thread(target=importlib.import_module, args=(PARENT,))
second = threading.Thread(target=importlib.import_module, args=(CHILD,))
first.start()
event.wait()
second.start()
# Where the second thread waits for the first, if this version does: from 3.14 on.
waits = []
while not waits and not reached.wait(0.01):
    stack = stack_of(sys._current_frames()[second.ident])
    names = [name for name, _ in stack]
    if names.count("_find_and_load") == 2 or "_HierarchicalLockManager.__enter__" in names:
        waits = [i for i, name in enumerate(names) if name.endswith("LockManager.__enter__")]
print("--- a package that another thread imports")
print(*(stack[waits[0] + 1:] if waits else []), sep="\n    ")
go.set()
first.join()
second.join()
print(sys.modules[CHILD].FOUND_READY)


class Finder:
    def __init__(self, name, action):
        self.name, self.action = name, action

    def find_spec(self, name, path=None, target=None):
        print("   ", self.name, "is asked for", name)
        self.action(self)


def leave(finder):
    sys.meta_path.remove(finder)


def replace(finder):
    sys.meta_path = [f for f in sys.meta_path if not isinstance(f, Finder)]


saved = list(sys.meta_path)
for action in (leave, replace, lambda finder: None):
    for name in ("support.chain_a", "support.there_is_no_such_module"):
        print("--- finders", name)
        sys.modules.pop(name, None)
        sys.meta_path = [Finder("first", action), Finder("second", action), *saved,
                         Finder("third", action), Finder("fourth", action)]
        print(outcome(name) is sys.modules.get(name), len(sys.meta_path))
sys.meta_path = saved
