"""The end of a process: atexit, flushing, finalizers, threads, exit status."""

import atexit
import logging
import sys
import threading
import weakref

from support.classes import Point


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("finalized", self.name, sys.is_finalizing(), file=sys.stderr)


point = Point(1, 2)
weakref.finalize(point, print, "weakref.finalize")
module_level = Loud("module level")
support = sys.modules["support"]
support.attribute = Loud("in another module")
atexit.register(print, "atexit")
logging.shutdown
open_file = open("written.txt", "w")
open_file.write("never closed")
threading.Thread(target=lambda: print("thread", flush=True)).start()
sys.stdout.write("unflushed text without newline")
sys.exit(3)
