import sys

import support.classes

print(__name__, __package__, __spec__.name, sys.argv[1:], support.classes.double(21))
