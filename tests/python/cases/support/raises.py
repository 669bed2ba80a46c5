"""Fails in the middle of its body."""

import textwrap

BEFORE = textwrap.dedent("  set before the failure")


def fail():
    raise ValueError("this module does not like to be imported")


fail()
