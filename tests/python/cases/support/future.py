"""Hands its own __future__ on to what it compiles."""

from __future__ import annotations

from support.generates import ANNOTATED

MADE = {}
exec(ANNOTATED, MADE)
CODE = compile(ANNOTATED, "<future>", "exec")
exec(CODE, {})
