"""The garbage collector while modules are imported: what it is asked for, it does."""

import gc
import sys
import weakref

import support.collecting
from support.collecting import LOG, Node

events = []


def watch(phase, info):
    events.append((phase, sorted(info)))


def settings():
    return gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug()


print(LOG)
print("enabled by the module, honoured behind it:", settings())
gc.set_threshold(700, 10, 10)

# Garbage of an import goes when it is asked for.
gc.collect()
print("collected:", support.collecting.dead_cycle() is None)

# ... and by itself, sooner or later.
cycle = Node()
cycle.other = cycle
gone = weakref.ref(cycle)
del cycle
keep = []
while gone() is not None:
    keep = [[keep] for _ in range(1000)][:1]
print("collected by itself")

# Disabled and enabled by modules; nothing is collected while disabled.
import support.collecting_off
print("disabled by the module:", settings(), support.collecting_off.LOG)
kept = [[] for _ in range(5000)]
print("nothing collected:", support.collecting_off.dead_cycle() is not None,
      gc.get_count()[0] > 4000)
gc.enable()
del kept

# Callbacks, referrers, objects.
gc.callbacks.append(watch)
import support.collecting_more
gc.collect()
gc.callbacks.remove(watch)
print("callbacks:", events[0], events[1])
print("referrers:", any(r is vars(support.collecting_more)
                        for r in gc.get_referrers(support.collecting_more.found)))
print("objects:", any(o is support.collecting_more.found for o in gc.get_objects()),
      gc.is_tracked(support.collecting_more.found))
gc.freeze()
print("frozen:", gc.get_freeze_count() > 0)
gc.unfreeze()
print("functions:", gc.get_count, gc.get_count.__doc__, gc.get_count.__self__ is gc,
      [len(gc.get_count()), min(gc.get_count()) >= 0])
print("garbage:", gc.garbage, settings(), [sorted(s) for s in gc.get_stats()])
sys.stdout.flush()
