"""A process that is forked by a thread while another one imports: the child collects garbage, and
imports, as ever."""

import gc
import os
import sys
import threading
import warnings
import weakref

import support.meets_fork
from support.meets_fork import meeting


warnings.simplefilter("ignore", DeprecationWarning)  # of forks with threads, which names the process


class Node:
    pass


def collects():
    """Whether garbage goes by itself."""
    node = Node()
    node.me = node
    gone = weakref.ref(node)
    del node
    kept = []
    for _ in range(20000):
        kept.append([])
        if gone() is None:
            return True
    return False


def child():
    count = gc.get_count()
    print("child: collects:", collects(), "count:", min(count) >= 0,
          count[0] <= gc.get_threshold()[0])
    import support.chain_a
    import support.data
    print("child: imports:", support.chain_a.__name__, collects())
    print("child: state:", gc.isenabled(), gc.get_threshold(), gc.get_freeze_count())


def fork(what):
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        try:
            what()
            sys.stdout.flush()
        finally:
            os._exit(7)
    print("status:", os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


def import_slowly():
    import support.sleeps_in_import


importing = threading.Thread(target=import_slowly)
importing.start()
meeting.there.wait()
fork(child)
forking = threading.Thread(target=fork, args=(child,))
forking.start()
forking.join()
meeting.go.set()
importing.join()
print("parent: collects:", collects())
fork(child)

# ... and forked by the module that is imported: in both processes the import goes on.
import support.forks_in_import
who = "child" if support.forks_in_import.process == 0 else "parent"
if who == "parent":
    print("status:", os.waitstatus_to_exitcode(os.waitpid(support.forks_in_import.process, 0)[1]))
print(f"{who}: collects:", collects())
sys.stdout.flush()
if who == "child":
    os._exit(7)
