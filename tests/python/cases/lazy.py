"""Modules that are imported when they are first used (PEP 810, from Python 3.15 on)."""

import sys
import types

SOURCES = {
    "statement": "lazy import support.chain_a\nlazy from support import classes\nlazy import colorsys",
    "list": "__lazy_modules__ = ['plistlib', 'xml.dom.minidom']\nimport plistlib\nimport xml.dom.minidom",
    "all": "import string\nfrom support import chain_b\nimport xml.sax.saxutils",
    "none": "lazy import wave\nlazy import support.circle_a",
    "absent": "lazy import there_is_no_such_module\nlazy import support.there_is_none",
}
USES = {
    "statement": ["support.chain_a", "classes", "colorsys"],
    "list": ["xml", "xml.dom", "xml.dom.minidom", "plistlib"],
    "all": ["chain_b", "xml.sax", "xml.sax.saxutils", "string"],
    "none": ["wave", "support.circle_a"],
    "absent": ["there_is_no_such_module", "support.there_is_none"],
}


def show(title, before):
    lazy = getattr(sys, "lazy_modules", ())
    print("   ", title, sorted(lazy), [name for name in sys.modules if name not in before])


def attempt(name):
    namespace = {"__name__": name}
    before = set(sys.modules)
    print("---", name)
    exec(compile(SOURCES[name], name + ".py", "exec"), namespace)
    print("   ", sorted((key, type(value).__name__) for key, value in namespace.items()
                        if isinstance(value, types.ModuleType) or "azy" in type(value).__name__))
    show("imported", before)
    for use in USES[name]:
        try:
            print("   ", use, eval(use, namespace))
        except Exception as error:
            print("   ", use, repr(error), repr(error.__cause__))
        show("used", before)


if hasattr(sys, "set_lazy_imports"):
    for name in SOURCES:
        sys.set_lazy_imports(name if name in ("all", "none") else "normal")
        attempt(name)
    sys.set_lazy_imports("all")
    sys.set_lazy_imports_filter(lambda importer, name, names: name != "quopri")
    namespace = {"__name__": "filtered"}
    exec("import quopri, sched", namespace)
    print(sorted(sys.lazy_modules), "quopri" in sys.modules, "sched" in sys.modules)
else:
    print("no lazy imports")
