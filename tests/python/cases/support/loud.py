import sys


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("finalized", self.name, sys.is_finalizing(), file=sys.stderr)
