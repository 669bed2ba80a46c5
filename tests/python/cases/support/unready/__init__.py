import sys

READY = False
sys.in_unready()
READY = True
