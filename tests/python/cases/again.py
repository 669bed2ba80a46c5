"""Modules that are imported again: reload, removed from sys.modules, replaced, lazily."""

import importlib
import importlib.util
import sys

import json.decoder
import support.chain_a
import support.replaces
import support.classes

first = support.classes
print(support.replaces, vars(support.replaces).get("kind"))
support.classes.mark = 1
print(importlib.reload(support.classes) is first, support.classes.mark)
print(importlib.reload(json) is json, json.__spec__.origin, json.__path__)
del sys.modules["support.classes"]
import support.classes as second
print(second is first, support.classes is second, hasattr(second, "mark"))
importlib.invalidate_caches()
sys.path_importer_cache.clear()
del sys.modules["support"], sys.modules["support.chain_a"]
import support.chain_a as third
print(sorted(n for n in sys.modules if n.startswith("support")), third)
sys.modules["textwrap"] = None
try:
    import textwrap
except ImportError as error:
    print(repr(error), error.name)
del sys.modules["textwrap"]
spec = importlib.util.find_spec("textwrap")
spec.loader = importlib.util.LazyLoader(spec.loader)
module = importlib.util.module_from_spec(spec)
sys.modules["textwrap"] = module
spec.loader.exec_module(module)
print(type(module).__name__, module.dedent("  x"), type(module).__name__)
spec = importlib.util.spec_from_file_location("by_location", first.__file__)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module, module.Point(1, 2).swap())
sys.path.insert(0, support.__path__[0] + "/portion_a")
sys.path.insert(0, support.__path__[0] + "/portion_b")
import spread.one
import spread.two
print(spread, spread.__path__, spread.one.WHICH, spread.two.WHICH, spread.__spec__.origin)
print(spread.__file__ if hasattr(spread, "__file__") else "no file")
sys.path.remove(support.__path__[0] + "/portion_a")
print(spread.__path__)
