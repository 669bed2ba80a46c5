"""Forks while it is imported."""

import os
import sys

sys.stdout.flush()
process = os.fork()
