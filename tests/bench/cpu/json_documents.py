# SPDX-License-Identifier: MIT
"""Documents written as JSON and read again."""

import json


def document(size):
    return {"title": "orders", "open": True, "orders": [
        {"id": number, "name": f"customer {number % 97}", "total": number * 1.25,
         "lines": [{"item": f"i-{item}", "count": item % 7, "note": None} for item in range(6)],
         "tags": ["new", "paid", "ü" * (number % 5)]} for number in range(size)]}


def run():
    original = document(350)
    compact = json.dumps(original, separators=(",", ":"))
    pretty = json.dumps(original, indent=1, sort_keys=True)
    return len(compact), len(pretty), json.loads(compact) == json.loads(pretty) == original
