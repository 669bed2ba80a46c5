"""Disables the collector while it is imported."""

import gc

from support.collecting import new_dead_cycle

gc.collect()
gc.disable()
dead_cycle = new_dead_cycle()
LOG = [gc.isenabled()]
