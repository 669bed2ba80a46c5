# SPDX-License-Identifier: MIT
"""A server's log searched, split and rewritten with regular expressions."""

import re

LINE = re.compile(r'(?P<host>\S+) \[(?P<when>[^\]]+)\] "(?P<verb>[A-Z]+) (?P<path>[^ "]*)" '
                  r"(?P<status>\d{3}) (?P<size>\d+|-)")
NUMBER = re.compile(r"\b\d+\b")
WORD = re.compile(r"(?:^|/)([a-z]+)(?=/|$)", re.IGNORECASE)


def log(lines):
    for number in range(lines):
        size = "-" if number % 5 == 0 else number * 37
        yield (f"10.0.{number % 256}.{number % 17} [{number % 28 + 1}/Nov:{number % 24:02}:15] "
               f'"GET /shop/Items/{number}/view" {200 + number % 3 * 100} {size}')


def run():
    hosts, words, total = set(), 0, 0
    for line in log(4000):
        match = LINE.match(line)
        hosts.add(match["host"])
        words += len(WORD.findall(match["path"]))
        total += int(match["size"]) if match["size"] != "-" else 0
        words += len(NUMBER.sub("#", line))
    return len(hosts), words, total
