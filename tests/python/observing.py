# SPDX-License-Identifier: MIT
"""What a program can see of all that it has imported, as JSON on the descriptor that it was given.
sequences.py puts this behind the programs that it makes; nothing is imported before those have run
that they have not imported themselves."""


def observe(report):
    import _abc
    import gc
    import json
    import re
    import sys
    import types

    def masked(text):
        return re.sub(r"0x[0-9a-f]{6,16}", "0x...", text)[:300]

    def name_of(cls):
        return f"{cls.__module__}.{cls.__qualname__}"

    def constant(value):
        if isinstance(value, types.CodeType):
            return code(value)
        if isinstance(value, frozenset):
            return sorted(map(repr, value))
        return repr(value)[:80]

    def code(value):
        return [value.co_filename, value.co_qualname, value.co_firstlineno, value.co_flags,
                hash(value.co_code) and value.co_code.hex()[:200], value.co_names,
                value.co_varnames, value.co_freevars, list(map(constant, value.co_consts)),
                value.co_linetable.hex()[:200]]

    def function(value):
        return ["function", value.__qualname__, value.__module__, code(value.__code__),
                repr(type(value.__defaults__)), sorted(value.__dict__),
                sorted(value.__annotations__), type(value.__doc__).__name__,
                len(value.__closure__ or ())]

    def plain(value, depth=0):
        kind = type(value)
        if kind in (int, bool, float, complex, str, bytes, type(None), type(...)):
            return masked(repr(value))
        if depth < 4 and kind in (list, tuple):
            return [kind.__name__, len(value), [plain(v, depth + 1) for v in value[:40]]]
        if depth < 4 and kind in (set, frozenset):
            return [kind.__name__, len(value), sorted(masked(repr(v)) for v in value)[:40]]
        if depth < 4 and issubclass(kind, dict):
            return [name_of(kind), len(value),
                    [[masked(repr(k)), plain(v, depth + 1)] for k, v in list(value.items())[:40]]]
        if kind is re.Pattern:
            return [masked(repr(value)), value.flags, value.groups, dict(value.groupindex)]
        if isinstance(value, types.FunctionType):
            return function(value)
        if isinstance(value, type):
            return ["class", name_of(value)]
        if isinstance(value, types.ModuleType):
            return ["module", value.__name__]
        return ["object", name_of(kind)]

    def class_(cls):
        return {"name": name_of(cls), "bases": [name_of(b) for b in cls.__mro__],
                "flags": cls.__flags__ & ~(1 << 19), "names": list(vars(cls)),
                "doc": type(cls.__doc__).__name__,
                "values": [plain(v, 2) for v in vars(cls).values()]}

    def module(value):
        spec = vars(value).get("__spec__") if isinstance(value, types.ModuleType) else None
        names = {k: v for k, v in vars(value).items()
                 if k not in ("__builtins__", "path_importer_cache")}
        return {"type": name_of(type(value)), "order": list(names),
                "spec": spec and {k: plain(v) for k, v in vars(spec).items()},
                "values": {k: plain(v) for k, v in names.items()},
                "classes": {k: class_(v) for k, v in names.items() if type(v) is type}}

    def subclasses():
        seen, todo = {}, [object]
        while todo:
            cls = todo.pop()
            below = type.__subclasses__(cls)
            if below and cls not in seen:
                seen[cls] = [name_of(c) for c in below]
                todo.extend(below)
        lists = {}
        for cls, names in seen.items():
            lists.setdefault(name_of(cls), []).extend(names)
        return lists

    def registered(cls):
        return sorted(name_of(r()) for r in _abc._get_dump(cls)[0] if r() is not None)

    def loaded(name, attribute):
        return plain(getattr(sys.modules.get(name), attribute, None))

    order = list(report["modules"])
    report["garbage or not"] = subclasses()
    gc.collect()
    report["subclasses"] = subclasses()
    report["modules"] = order
    report["contents"] = {n: module(sys.modules[n]) for n in order
                          if n in sys.modules and hasattr(sys.modules[n], "__dict__")}
    abstract = [c for c in object.__subclasses__() if hasattr(c, "_abc_impl")]
    report["abstract"] = {name_of(c): registered(c) for c in abstract}
    report["registries"] = {
        "copyreg": loaded("copyreg", "dispatch_table"), "filters": loaded("warnings", "filters"),
        "encodings": loaded("encodings", "_cache"), "patterns": loaded("re", "_cache"),
        "lines": loaded("linecache", "cache"), "typing": loaded("typing", "_cleanups"),
        "finders": [plain(f) for f in sys.meta_path], "hooks": [plain(h) for h in sys.path_hooks]}
    report["collector"] = [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count() > 0]
    return json.dumps(report)
