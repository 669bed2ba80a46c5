# SPDX-License-Identifier: MIT
"""What Python executes that is told to run the launcher: `python3 dist/app`, as a program does that
starts itself again with [sys.executable] + sys.argv. The bundle beside the launcher has what to do.
"""
import os
import sys
import zipimport


def bundle_of(program):
    """As importer/launcher/choose.c finds it: beside what was started, or where that is a link to."""
    for path in (program, os.path.realpath(program)):
        if os.path.exists(path + ".pyb"):
            return path + ".pyb"
    sys.exit(f"pystart: {program}: there is no {program}.pyb beside it, and it is no Python program")


BUNDLE = bundle_of(sys.argv[0])
try:
    code = zipimport.zipimporter(BUNDLE).get_code("__main__")
except ImportError:
    sys.exit(f"pystart: {BUNDLE}: it has no entry point, or is no bundle")
exec(code)
