"""A path hook of the program's own, made as importlib's is, serves with the program's loader."""

import importlib
import importlib.machinery
import json
import sys


class Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname):
        print("asked for", fullname)
        return super().get_code(fullname)


hook = importlib.machinery.FileFinder.path_hook((Loader, importlib.machinery.SOURCE_SUFFIXES))
sys.path_hooks.insert(0, hook)
sys.path_importer_cache.clear()
import wave
print(type(wave.__loader__).__name__)

sys.path_hooks.remove(hook)
sys.path_importer_cache.clear()
import colorsys
print(type(colorsys.__loader__).__name__)

# More often than CPython 3.13 gives a type new version tags.
for _ in range(1100):
    importlib.invalidate_caches()
import shelve
print(shelve.__name__, json.__name__)
