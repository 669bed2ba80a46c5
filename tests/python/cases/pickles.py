"""Pickles name modules; unpickling imports them."""

import copy
import pickle
import sys

from support.classes import Colour, Point, double

things = [Point(1, 2), Colour.RED, double, Point.swap, sys.version_info[:2]]
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    text = pickle.dumps(things[:-1], protocol)
    print(protocol, text, pickle.loads(text)[:2])
for name in [n for n in sys.modules if n.startswith("support")]:
    del sys.modules[name]
again = pickle.loads(text)
print(again[0] == Point(1, 2), type(again[0]).__module__, again[2] is double)
print(copy.deepcopy(Point(3, 4)))
