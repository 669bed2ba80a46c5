"""Every module of the standard library, imported where it can be."""
import contextlib
import importlib
import io
import sys
import warnings

warnings.simplefilter("ignore")
for name in sorted(sys.stdlib_module_names - {"antigravity", "this", "idlelib", "turtledemo"}):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            module = importlib.import_module(name)
        result = module.__name__, getattr(module, "__file__", None), len(vars(module))
    except Exception as error:
        result = type(error), str(error)
    sys.stdout.write(f"{name} {result}\n")
print(list(sys.modules))
