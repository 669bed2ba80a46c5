# SPDX-License-Identifier: MIT
"""What is made of two lists of outcomes: verdicts, and a report of lines with tabs in between

    file, test, outcome under stock, outcome under pystart, verdict

sorted by file and test. Where a test was repeated, the outcomes are tallies: "pass*4" or
"fail*1,pass*3". The verdicts are

    same       in all runs
    different  fares worse under pystart than ever under stock, or always otherwise
    flaky      repetition does not show that it depends on the side
    better     fares better under pystart, always

A test is "unfinished" that hung, was running when the process ended, or of which only parts, its
subtests, have said what became of them; "absent" if only the other side has run it.
"""

import collections
from typing import NamedTuple

from runs import WHOLE_FILE

VERDICTS = ("same", "different", "flaky", "better")
RANKS = {"pass": 0, "xfail": 0, "changed-environment": 1, "no-tests": 1, "skip": 1}
WORST_RANK = 2
ABSENT = "absent"


class Row(NamedTuple):
    file: str
    test: str
    stock: str
    pystart: str
    verdict: str

    def text(self):
        return "\t".join(escape(field) for field in self)


def escape(field):
    """One line, without tabs, in ASCII."""
    return field.encode("unicode_escape").decode("ascii")


def rank(outcome):
    return RANKS.get(outcome, WORST_RANK)


def unequal_tests(stock, pystart):
    """Ids of the tests that have another outcome on one side. `stock` and `pystart` are Runs."""
    ids = stock.outcomes.keys() | pystart.outcomes.keys()
    return {i for i in ids if outcome(stock, i) != outcome(pystart, i)}


def outcome(run, test):
    return run.outcomes.get(test, ABSENT)


def count_worse(stock, pystart):
    """In how many of its runs does pystart fare worse than stock ever does? Lists of outcomes."""
    limit = max(map(rank, stock))
    return sum(rank(o) > limit for o in pystart)


def judge(stock, pystart):
    """The verdict on a test from its outcomes, in any number of runs of each side."""
    if len(set(stock) | set(pystart)) == 1:
        return "same"
    worse = count_worse(stock, pystart)
    if worse > 1 or worse == len(pystart):
        return "different"
    if worse == 0 and len(set(stock)) == 1 and len(set(pystart)) == 1:
        return "better" if rank(pystart[0]) < rank(stock[0]) else "different"
    return "flaky"


def is_open(stock, pystart):
    """Whether more runs are needed: it happened once, under pystart only."""
    return count_worse(stock, pystart) == 1


def tally(outcomes):
    counts = collections.Counter(outcomes)
    if len(outcomes) == 1:
        return outcomes[0]
    return ",".join(f"{name}*{counts[name]}" for name in sorted(counts))


def rows_of(file, stock_runs, pystart_runs):
    """The rows of a file, from all its runs."""
    tests = set()
    for run in (*stock_runs, *pystart_runs):
        tests |= run.outcomes.keys()
    for test in sorted(tests, key=lambda t: (t != WHOLE_FILE, t)):
        stock = [outcome(r, test) for r in stock_runs]
        pystart = [outcome(r, test) for r in pystart_runs]
        yield Row(file, test, tally(stock), tally(pystart), judge(stock, pystart))


def write(path, rows):
    with open(path, "w", encoding="ascii") as file:
        for row in sorted(rows, key=lambda r: (r.file, r.test != WHOLE_FILE, r.test)):
            file.write(row.text() + "\n")


def read(path):
    """The rows of a report, complete or not; an unfinished last line is left out."""
    rows = []
    with open(path, encoding="ascii") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if line.endswith("\n") and len(fields) == len(Row._fields):
                rows.append(Row(*(f.encode().decode("unicode_escape") for f in fields)))
    return rows


def broken_files(rows):
    """Files of which neither side has run a test, nor said that there is none to run."""
    tested = {row.file for row in rows if row.test != WHOLE_FILE}
    return sorted({row.file for row in rows} - tested
                  - {row.file for row in rows if row.test == WHOLE_FILE and row.stock in RANKS})


def summary(rows):
    files = {row.file for row in rows}
    verdicts = collections.Counter(row.verdict for row in rows if row.test != WHOLE_FILE)
    tests = sum(verdicts.values())
    passing = sum(row.test != WHOLE_FILE and row.stock.split("*")[0] == "pass"
                  and row.pystart.split("*")[0] == "pass" for row in rows)
    whole = sum(row.test == WHOLE_FILE and row.verdict == "different" for row in rows)
    return (f"{len(files)} files, {tests} tests ({passing} pass on both sides): "
            + ", ".join(f"{verdicts[v]} {v}" for v in VERDICTS)
            + f"; {whole} files different as a whole")
