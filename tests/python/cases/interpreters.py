"""Another interpreter in the same process imports for itself."""

import sys

import json

try:
    import _xxsubinterpreters as interpreters
except ImportError:
    import _interpreters as interpreters

TEXT = """
import json, sys, email.message
import support.chain_a
print(sys.modules["json"].__spec__.origin, support.chain_a.__file__, len(sys.meta_path))
print(sorted(sys.modules))
"""
number = interpreters.create()
interpreters.run_string(number, f"import sys; sys.path[:] = {sys.path!r}\n" + TEXT)
interpreters.destroy(number)
print(json.__spec__.origin)
