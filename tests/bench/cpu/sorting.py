# SPDX-License-Identifier: MIT
"""Records sorted by several keys, merged and searched."""

from bisect import bisect_left
from heapq import heappop, heappush, merge
from operator import attrgetter, itemgetter


class Record:
    def __init__(self, number):
        self.number = number
        self.rank = number * 7919 % 1009
        self.name = f"n{number * 104729 % 5003:04}"

    def __lt__(self, other):
        return (self.rank, self.number) < (other.rank, other.number)


def run():
    records = [Record(number) for number in range(6000)]
    by_rank = sorted(records)
    by_name = sorted(records, key=attrgetter("name", "number"))
    pairs = sorted(((r.rank, r.name) for r in records), key=itemgetter(1), reverse=True)
    heap = []
    for record in records[:4000]:
        heappush(heap, (record.rank, record.number))
    smallest = [heappop(heap)[1] for _ in range(4000)]
    merged = list(merge(smallest[::2], smallest[1::2]))
    names = [record.name for record in by_name]
    found = sum(bisect_left(names, record.name) for record in records)
    return by_rank[99].number, by_name[99].number, pairs[99], sum(merged[::3]), found
