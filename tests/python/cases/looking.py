"""An import ends while another thread is having collected what it left."""

import gc
import threading
import weakref

import support

support.has_begun, support.may_end = threading.Event(), threading.Event()


class Node:
    pass


def is_collected():
    node = Node()
    node.me = node
    reference = weakref.ref(node)
    del node
    kept = [[] for _ in range(5000)]
    return reference() is None and bool(kept)


thread = threading.Thread(target=__import__, args=("support.is_looked_at",))
thread.start()
support.has_begun.wait()
gc.get_objects()
support.may_end.set()
thread.join()
print("counting:", gc.get_count()[0] >= 0)
print("collecting:", is_collected())
