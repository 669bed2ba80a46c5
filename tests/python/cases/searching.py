"""Search paths that are no lists: iterators, which can be walked only once, and others."""

import importlib.machinery as machinery
import os
import sys
import tempfile

import colorsys

made = tempfile.TemporaryDirectory(dir=".")
folder = made.name
os.mkdir(folder + "/colorsys")


class Counting(list):
    def __iter__(self):
        print("walked")
        return super().__iter__()


class Interrupted:
    """An interrupt comes while Python code is running that walks the path for the first time."""
    walks = 0

    def __iter__(self):
        self.walks += 1
        if self.walks == 1:
            raise KeyboardInterrupt
        return iter([folder])


class Plain(list):
    pass


def tell(path):
    try:
        spec = machinery.PathFinder.find_spec("colorsys", path)
        print(type(path).__name__, spec and [spec.origin, bool(spec.submodule_search_locations)])
    except BaseException as error:
        print(type(path).__name__, repr(error))


for entries in ([], [folder], [folder, *sys.path], sys.path):
    for path in (entries, tuple(entries), iter(entries), (entry for entry in entries),
                 dict.fromkeys(entries), Plain(entries), Counting(entries)):
        tell(path)
for path in (Interrupted(), 3, "/usr", b"/usr", object()):
    tell(path)

made.cleanup()
