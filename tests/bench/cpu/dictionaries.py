# SPDX-License-Identifier: MIT
"""Words counted, grouped and indexed: dictionaries and sets."""

from collections import Counter, defaultdict


def words(count):
    state = 12345
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        yield f"w{(state >> 16) % 700}"


def run():
    text = list(words(24000))
    counts = Counter(text)
    places, following = defaultdict(list), {}
    for place, word in enumerate(text):
        places[word].append(place)
        following.setdefault(text[place - 1], set()).add(word)
    rare = {word for word, count in counts.items() if count < 20}
    both = {word: following[word] & rare for word in counts if word not in rare}
    by_length = {}
    for word, where in places.items():
        by_length[len(word)] = by_length.get(len(word), 0) + where[-1]
    return len(rare), sum(map(len, both.values())), sorted(by_length.items())
