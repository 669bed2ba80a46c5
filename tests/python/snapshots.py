# SPDX-License-Identifier: MIT
"""Any test with snapshots: what becomes of the starts is counted, so that one which silently does
without is no pass."""

import atexit
import collections
import os
import pathlib
import re
import shlex
import shutil
import tempfile


class Snapshots:
    """With PYSTART_TEST_SNAPSHOT=auto (or another kind that `pybundle build --snapshot` knows), bundles
    are built with snapshots, and what becomes of the starts is counted: they are asked to tell, and
    what they say is taken out of their output again."""

    # What is said under PYSTART_VERBOSE only.
    TOLD = re.compile(rb"^pystart: (?:(?P<taken>taking) (?!no bundle).* \([^)]*\)|taking no bundle .*"
                      rb"|.*: (?P<resumed>the start goes on with its snapshot)"
                      rb"|.*: its snapshot is not used: (?P<missed>.*)"
                      rb"|without [^:]*: .*|nothing is hooked: .*)\r?\n", re.MULTILINE)
    NOT_MADE = re.compile(rb"^pybundle: note: no snapshot is made: (?P<refused>.*)\n", re.MULTILINE)
    # What differs from one run to the next.
    PARTICULAR = re.compile(r"/tmp/pystart-test\.\w+|(?<=\w=).*(?=; it is )|(?<=; it is ).*(?= now)")
    RESUMED = "went on with the snapshot"

    def __init__(self, kind):
        self.kind = kind
        self.counts = collections.Counter()   # of starts
        self.refused = collections.Counter()  # of bundles

    def stand_in_for(self, pybundle):
        """The path of a program that builds with snapshots."""
        folder = tempfile.mkdtemp(prefix="pystart-test.")
        os.chmod(folder, 0o755)  # some tests are another user
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        program = pathlib.Path(folder, "pybundle")
        program.write_text(f'#!/bin/sh\nif [ "$1" = build ]; then shift; set -- build --snapshot={self.kind} '
                           f'"$@"; fi\nexec {shlex.quote(os.path.abspath(pybundle))} "$@"\n')
        program.chmod(0o755)
        return str(program)

    def keys(self, env):
        """What a manifest says, so that starts in this environment can go on."""
        names = sorted(name for name in env or () if name.startswith("PYTHON") and name != "PYTHONHASHSEED")
        return [("variables", names)] if self.kind and names else []

    def asked(self, env):
        """The environment for a start, which is to tell."""
        return {"PYSTART_VERBOSE": "1", **env} if self.kind else env

    def take(self, env, output):
        """What a program wrote, without what it was asked to tell."""
        if not self.kind or "PYSTART_VERBOSE" in env:
            return output
        return self.NOT_MADE.sub(self._count_refused, self.TOLD.sub(self._count, output))

    def _count_refused(self, told):
        reason = self.PARTICULAR.sub("...", told["refused"].decode(errors="replace"))
        self.refused[reason] += 1
        return b""

    def _count(self, told):
        if told["resumed"]:
            self.counts[self.RESUMED] += 1
        elif told["missed"]:
            self.counts[self.PARTICULAR.sub("...", told["missed"].decode(errors="replace"))] += 1
        elif told["taken"]:
            self.counts["taken"] += 1
        return b""

    def summary(self):
        """Lines about all starts so far."""
        if not self.kind:
            return
        counts = self.counts.copy()
        taken = counts.pop("taken", 0)
        yield f"{counts[self.RESUMED]} of {taken} starts with a bundle {self.RESUMED}"
        for reason, number in counts.most_common():
            if reason != self.RESUMED:
                yield f"  {number}: {reason}"
        if taken > counts.total():
            yield f"  {taken - counts.total()}: did not try"
        for reason, number in self.refused.most_common():
            yield f"{number} bundles have no snapshot: {reason}"
