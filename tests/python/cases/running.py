"""runpy: modules, packages and paths that are run rather than imported."""

import runpy
import sys

import support.classes

sys.argv[1:] = ["argument"]
values = runpy.run_module("support", alter_sys=True)
print(sorted(k for k in values if k != "__builtins__"), values["__spec__"].origin)
values = runpy.run_module("support.classes", run_name="changed")
print(values["__name__"], values["__file__"], values["__spec__"].name, values["Point"])
values = runpy.run_path(support.classes.__file__)
print(values["__name__"], values["__file__"], values["__spec__"])
for name in ("json.tool.x", "nothing", "email.mime"):
    try:
        runpy.run_module(name)
    except ImportError as error:
        print(repr(error))
