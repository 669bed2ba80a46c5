"""exec() of code objects: what it sets, drops, refuses and announces, and how deep it goes."""

import builtins
import collections
import sys


def returns():
    return len(sys.argv) > 1000


def closes(value):
    return lambda: value


class Globals(dict):
    pass


def attempt(*args, **keywords):
    try:
        print(exec(*args, **keywords))
    except Exception as error:
        print(type(error).__name__, error)


code = compile("seen = list(globals())\nname = __name__", "<made up>", "exec")
for space in ({"__name__": "a"}, {"__name__": "b", "__builtins__": {}}, Globals(__name__="c"),
              collections.OrderedDict(__name__="d"), collections.UserDict(__name__="e"), {}):
    attempt(code, space)
    print(type(space).__name__, list(space), space.get("seen"))
    attempt(*(code, space))
    attempt(code, space, {})
attempt(*(returns.__code__, {"sys": sys, "len": len}))
attempt(*(closes(1).__code__, {}))
attempt(*(code, None))
attempt(*(code,))
attempt(*(code, {}), closure=None)
attempt(*(code, {}, {}, {}))
attempt(*("x = 1", {}))
attempt(*(compile("1 / 0", "<broken>", "exec"), {}))
print(exec, hash(exec) == hash(builtins.exec), exec.__self__, {exec: 1}[builtins.exec])


def call(function, *args):
    return function(*args)


def audit(event, args):
    if event == "exec" and args[0] is refused:
        raise ValueError("refused")


refused = compile("print('was executed')", "<refused>", "exec")
sys.addaudithook(audit)
attempt(*(refused, {}))

events = []
sys.setprofile(lambda frame, event, arg: events.append((event, repr(arg)[:40])))
call(exec, code, {"__name__": "f"})
sys.setprofile(None)
print(events)

for limit in range(80, 200, 9):
    depth = 0
    nested = compile("depth += 1\ncall(exec, nested, globals())", "<nested>", "exec")
    sys.setrecursionlimit(limit)
    try:
        call(exec, nested, globals())
    except RecursionError as error:
        sys.setrecursionlimit(1000)
        print(limit, depth, error)
