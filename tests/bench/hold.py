# SPDX-License-Identifier: MIT
"""Run a program and then keep the process as it is until standard input ends.

    hold.py SCRIPT [ARGUMENT...]
    hold.py -c CODE

Says so with a line on standard output. --memory looks at the process meanwhile.
"""

import os
import sys

HELD = b"\nthe program is held\n"


def program():
    """What to execute, with sys.argv and sys.path as if it had been started itself."""
    del sys.argv[0]
    if sys.argv[0] == "-c":
        sys.path[0] = ""
        return compile(sys.argv.pop(1), "<string>", "exec")
    sys.path[0] = os.path.dirname(sys.argv[0])
    with open(sys.argv[0], "rb") as script:
        return compile(script.read(), sys.argv[0], "exec")


if __name__ == "__main__":
    try:
        exec(program())
    except SystemExit:
        pass
    sys.stdout.flush()
    os.write(1, HELD)
    os.read(0, 1)
