"""Sources, code and resources are found through modules and loaders."""

import importlib.metadata
import importlib.resources
import importlib.util
import inspect
import linecache
import pkgutil
import sys

import email
import json.decoder
import support.classes
import textwrap
from support.classes import Point


for thing in (json.decoder.JSONDecoder, textwrap.dedent, Point, Point.swap, support.classes):
    print(inspect.getfile(thing), inspect.getsourcefile(thing), inspect.getmodule(thing))
    print(inspect.getsource(thing))
    print(inspect.getdoc(thing), inspect.getcomments(thing))
print(linecache.getline(support.classes.__file__, 5))
for module in (json, json.decoder, support, support.classes, email):
    loader = module.__loader__
    name = module.__name__
    code = loader.get_code(name)
    print(name, code.co_filename, code.co_firstlineno, len(loader.get_source(name)))
    print(loader.is_package(name), loader.get_filename(name), loader.get_resource_reader(name))
    print(len(loader.get_data(module.__file__)), loader.path_stats(module.__file__)["size"])
    print(pkgutil.get_loader(name) is loader, importlib.util.find_spec(name) is module.__spec__)
    print(importlib.util.module_from_spec(importlib.util.find_spec(name)))
for name in ("json.scanner", "email.mime.audio", "no.such.module", "support.raises", "nothing"):
    try:
        spec = importlib.util.find_spec(name)
        print(name, spec and (spec.origin, spec.cached, type(spec.loader).__name__))
    except Exception as error:
        print(name, repr(error))
print([(m.name, m.ispkg, m.module_finder.path) for m in pkgutil.iter_modules(support.__path__)])
print(sorted(m.name for m in pkgutil.walk_packages(email.__path__, "email.")))
print(pkgutil.get_data("support", "data/file.txt"), pkgutil.resolve_name("support.classes:Point"))
files = importlib.resources.files("support")
print(sorted(p.name for p in files.iterdir() if p.name != "__pycache__"))
print(files.joinpath("data", "file.txt").read_text())
with importlib.resources.as_file(files / "data/file.txt") as path:
    print(path)
print(sorted(d.metadata["Name"] or "" for d in importlib.metadata.distributions())[:20])
try:
    importlib.metadata.version("there-is-no-such-distribution")
except importlib.metadata.PackageNotFoundError as error:
    print(repr(error))
spec = sys.modules["__main__"].__spec__
print(spec, sys.modules["__main__"].__loader__.path)
