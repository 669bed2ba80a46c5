"""Warnings name the line that imports, whichever way a module came in."""

import importlib
import sys
import warnings

warnings.simplefilter("always")
import support.warns
importlib.reload(sys.modules["support.warns"])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    del sys.modules["support.warns"]
    importlib.import_module("support.warns")
for warning in caught:
    print(warning.category, warning.filename, warning.lineno, warning.message, warning.line)
warnings.simplefilter("error")
del sys.modules["support.warns"]
try:
    import support.warns
except DeprecationWarning as error:
    print(repr(error), "support.warns" in sys.modules)
