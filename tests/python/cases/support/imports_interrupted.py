import sys

import support.chain_c
import support.interrupted
if hasattr(sys, "waiting"):
    sys.waiting.join()
    del sys.waiting
AFTER = support.interrupted.AFTER
