"""A package that does not take attributes."""

import sys
import types


class Refusing(types.ModuleType):
    def __setattr__(self, name, value):
        if name == "below_refuses":
            raise AttributeError(name)
        if name == "below_raises":
            raise LookupError(name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = Refusing
