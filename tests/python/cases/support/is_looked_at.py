"""Leaves garbage, and is still being imported when another thread looks for it."""

import threading

import support

imported_by = threading.current_thread()


class Garbage:
    def __del__(self):
        if threading.current_thread() is not imported_by:
            support.may_end.set()
            imported_by.join()


garbage = Garbage()
garbage.me = garbage
del garbage
kept = [[] for _ in range(20000)]
support.has_begun.set()
support.may_end.wait()
