# SPDX-License-Identifier: MIT
"""Tables transformed by comprehensions: lists, dictionaries, sets, conditions, nesting."""


def table(rows):
    return [{"id": row, "kind": row % 6, "price": row * 13 % 101, "tags": (row % 3, row % 5)}
            for row in range(rows)]


def run():
    result = 0
    for _ in range(8):
        rows = table(1500)
        prices = {row["id"]: row["price"] for row in rows}
        kinds = {kind: [row for row in rows if row["kind"] == kind] for kind in range(6)}
        dear = {row["id"] for row in rows if prices[row["id"]] > 50}
        columns = [[row[key] for row in rows] for key in ("id", "kind", "price")]
        tags = [tag for row in rows for tag in row["tags"] if tag]
        flat = [a * b for a, b in zip(*columns[1:])]
        result += len(dear) + sum(tags) + sum(flat) + sum(map(len, kinds.values()))
    return result
