"""Imports that fail: exception, message, traceback, and what is left in sys.modules."""

import importlib
import sys
import traceback

NAMES = ("support.raises", "support.imports_raises", "support.imports_missing",
         "support.imports_name", "support.syntax", "support.circle_a", "support.missing",
         "support.chain_a.below", "there_is_no_such_package.module", "json.there_is_no_such_module",
         "os.path.join", "support.ring_a", "support.vanishes")


def show(name, function, *args):
    print("---", name)
    try:
        function(*args)
    except BaseException as error:
        print(traceback.format_exc())
        print(repr(error), getattr(error, "name", None), getattr(error, "path", None))
        print("context", repr(error.__context__), "cause", repr(error.__cause__))
        frames = []
        trace = error.__traceback__
        while trace:
            frames.append((trace.tb_frame.f_code.co_filename, trace.tb_frame.f_code.co_name,
                           trace.tb_lineno))
            trace = trace.tb_next
        print(frames)
    print(sorted(n for n in sys.modules if n.startswith(("support", "there", "json"))))


def statement(text):
    exec(compile(text, "<statement>", "exec"), {"__name__": "somewhere"})


for name in NAMES:
    show("import_module " + name, importlib.import_module, name)
    show("import " + name, statement, "import " + name)
    if "." in name:
        parent, _, child = name.rpartition(".")
        show("from " + name, statement, f"from {parent} import {child}")
show("again", statement, "from support.raises import BEFORE")
show("relative", statement, "from . import chain_a")
show("empty", importlib.import_module, "")
show("not a string", __import__, 3)
show("star", statement, "from support.lazy import *")
show("lazy", statement, "from support.lazy import answer; from support.lazy import question")
