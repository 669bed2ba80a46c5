"""Asks the collector for things while it is imported."""

import gc
import weakref


class Node:
    pass


def new_dead_cycle():
    node = Node()
    node.other = node
    return weakref.ref(node)


LOG = [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), min(gc.get_count()) >= 0]
found = new_dead_cycle()
gc.collect()
LOG.append(found() is None)
gc.set_threshold(123, 4, 5)
LOG.append(gc.get_threshold())
gc.disable()
LOG.append(gc.isenabled())
gc.enable()
LOG.append(gc.isenabled())
dead_cycle = new_dead_cycle()
