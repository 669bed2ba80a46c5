"""Puts something else into its place."""

import sys
import types

replacement = types.ModuleType(__name__)
replacement.kind = "replacement"
sys.modules[__name__] = replacement
