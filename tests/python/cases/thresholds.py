"""What an import leaves is collected only if the collector would have run by then."""

import gc

import support


def look():
    counts = [len([o for o in gc.get_objects() if type(o).__name__ == "Node"]),
              len([c for c in object.__subclasses__() if c.__name__ == "Node"])]
    gc.get_referrers(support)
    gc.set_debug(0)
    return counts


def put_back(threshold):
    gc.set_threshold(*threshold)
    gc.collect()


threshold = gc.get_threshold()
gc.collect()

# Much fewer objects than the collector waits for.
import support.leaves_cycle
print("few objects:", look())
put_back(threshold)

gc.set_threshold(0)
kept = [support.leaves_cycle.again(), [[] for _ in range(5000)]]
print("never:", look())
put_back(threshold)

gc.set_threshold(100000)
kept = [support.leaves_cycle.again(), [[] for _ in range(5000)]]
print("seldom:", look())
put_back(threshold)
print("at the end:", look())
