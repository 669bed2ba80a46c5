# SPDX-License-Identifier: MIT
"""Tables of text, and JSON."""

import json
import pathlib
import sys


def ratio(value):
    return "-" if value is None else f"{value:.3f}"


def quartiles(values):
    low, high = values["quartiles"]
    return f"{low:.3f}-{high:.3f}"


def half_width(values):
    low, high = values["quartiles"]
    return f"±{(high - low) / 2:.3f}"


def print_table(rows, file):
    """The first row has the titles; the first column is aligned left, all others right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip(), file=file)


def print_skipped(document, file):
    for name, why in document["skipped"].items():
        print(f"left out: {name}: {why}", file=file)


def print_different(document, file):
    for result in document["results"]:
        if not result["same_output"]:
            print(f"DIFFERENT OUTPUT: {result['name']}", file=file)


def print_limit(text, value, limit, file):
    """What is aimed at, and what it is. Nothing fails: machines and programs differ."""
    if value is not None:
        state = "met" if value <= limit else "missed"
        print(f"{text}: {value:.3f}, at most {limit} wanted: {state}", file=file)


def write_json(path, document):
    text = json.dumps(document, indent=1) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        pathlib.Path(path).write_text(text)
