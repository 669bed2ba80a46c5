import sys

FOUND_READY = sys.modules["support.unready"].READY
sys.in_child()
