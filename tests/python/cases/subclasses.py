"""Classes that were replaced are gone when somebody looks for subclasses or objects."""

import gc
import types
from abc import ABC

import support.replaced
from support.replaced import Base, names

print("by a module, of what it made:", support.replaced.SEEN)
print("after the import:", names())
print("objects:", sorted(o.__name__ for o in gc.get_objects()
                         if isinstance(o, type) and Base in o.__bases__))
print("weak reference:", support.replaced.first())

# The collector's own numbers go on as before.
import support.replaced_more
before = gc.get_count(), gc.get_stats()
print("twice:", [cls.__name__ for cls in support.replaced_more.Other.__subclasses__()])
print("numbers:", before == (gc.get_count(), gc.get_stats()) or gc.get_count()[0] >= before[0][0])


# What the program makes itself waits for its own collection.
class Cycle:
    gone = False

    def __del__(self):
        Cycle.gone = True


gc.disable()
cycle = Cycle()
cycle.me = cycle
del cycle


class Local(Base):
    pass


del Local
print("by the program:", names(), Cycle.gone)
gc.enable()
gc.collect()
print("collected:", names(), Cycle.gone)


# Classes that are reached by no name of theirs are kept.
def hide():
    class Hidden(Base):
        pass

    return Hidden


hidden = hide()
print(names(), [cls.__name__ for cls in ABC.__subclasses__() if cls.__module__ == "none"])
print(type.__subclasses__(type(hidden))[:0], type.__subclasses__.__doc__, gc.get_objects.__doc__)
print([type(f) is types.BuiltinFunctionType for f in (gc.get_objects, gc.freeze, gc.get_referrers)])
