"""Tracers and profilers see every call that stock makes."""

import collections
import importlib
import sys
import threading

import support.chain_a

events = []


def record(frame, event, arg):
    code = frame.f_code
    events.append((event, code.co_filename.rpartition("/")[2], code.co_name, frame.f_lineno,
                   getattr(arg, "__qualname__", None) if event.startswith("c_") else None))
    return record


def show(title):
    sys.settrace(None)
    sys.setprofile(None)
    print("---", title, len(events))
    for event, count in collections.Counter(events).items():
        print("   ", *event, count)
    events.clear()


def forget():
    for name in list(sys.modules):
        if name.startswith("support"):
            del sys.modules[name]
    # Stock lists a folder once and remembers; so does nobody here.
    sys.path_importer_cache.clear()


for install in (sys.settrace, sys.setprofile):
    forget()
    install(record)
    import support.chain_a
    show("import statement")
    forget()
    install(record)
    importlib.import_module("support.circle_a")
    show("import_module")
    install(record)
    importlib.util.find_spec("support.classes").loader.get_code("support.classes")
    show("find_spec and get_code")
forget()
threading.settrace(record)


def work():
    import support.chain_a


thread = threading.Thread(target=work)
thread.start()
thread.join()
threading.settrace(None)
print(sorted({event[2] for event in events if "importlib" in event[1]}))

# Tools of sys.monitoring, where there is such a thing.
monitoring = getattr(sys, "monitoring", None)
if monitoring:
    forget()
    calls = []
    monitoring.use_tool_id(monitoring.PROFILER_ID, "profiler of the test")
    monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.PY_START,
                                 lambda code, offset: calls.append(code.co_qualname))
    monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.PY_START)
    import support.chain_a
    monitoring.set_events(monitoring.PROFILER_ID, 0)
    monitoring.free_tool_id(monitoring.PROFILER_ID)
    print(calls)
