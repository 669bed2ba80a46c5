"""The end of a process: atexit, flushing, finalizers, threads, exit status."""

import atexit
import logging
import sys
import threading
import weakref

from support.classes import Point
# In a module of its own, so that this one is no part of a cycle, which the collector would free in
# an order that depends on when it ran before.
from support.loud import Loud

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
