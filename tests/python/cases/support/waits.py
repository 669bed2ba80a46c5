import sys

sys.in_the_middle()
DONE = True
