# SPDX-License-Identifier: MIT
"""Text put together, taken apart and formatted."""

WORDS = "time year people way day man thing woman life child world school state family".split()


def paragraph(number):
    words = [WORDS[(number * 7 + i * i) % len(WORDS)] for i in range(40)]
    words[0] = words[0].capitalize()
    return " ".join(words) + "."


def wrapped(text, width):
    line = ""
    for word in text.split():
        if len(line) + len(word) >= width:
            yield line.ljust(width)
            line = ""
        line += (" " if line else "") + word
    yield line


def run():
    lines = []
    for number in range(1500):
        for line in wrapped(paragraph(number), 60):
            lines.append("%4d| %s |%-8s" % (len(lines), line, line[:3].upper()))
    page = "\n".join(lines)
    page = page.replace("people", "folk").translate(str.maketrans("aeiou", "AEIOU"))
    return len(page), page.count("fOlk"), len(set(lines))
