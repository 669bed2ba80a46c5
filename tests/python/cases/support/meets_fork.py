"""Where the case `forking` and the modules that it imports meet."""

import threading


class meeting:
    there = threading.Event()
    go = threading.Event()
