# SPDX-License-Identifier: MIT
# Imported by tests/faults/imports.py.
import re

from pack.below import VALUE, Kind
from pack.empty import *

PATTERN = re.compile(r"(?P<name>[a-z]+)-\d+")
RESULT = PATTERN.match("pack-1")["name"], VALUE, len(Kind.names & {"a", "b"})
