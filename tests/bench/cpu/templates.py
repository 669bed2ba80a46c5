# SPDX-License-Identifier: MIT
"""A small template language, compiled to closures and rendered."""

import re

TOKEN = re.compile(r"({{.*?}}|{%.*?%})")
PAGE = """<h1>{{ title }}</h1>
<table>{% for row in rows %}
  <tr class="{{ row.kind }}">{% for cell in row.cells %}<td>{{ cell }}</td>{% end %}</tr>{% end %}
</table><p>{{ footer.text }}</p>
"""
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def lookup(path):
    first, *rest = path.split(".")

    def value(context):
        found = context[first]
        for name in rest:
            found = found[name]
        return "".join(ESCAPES.get(c, c) for c in found) if isinstance(found, str) else found
    return value


def loop(name, value, body):
    def render(context):
        for item in value(context):
            yield from render_all(body, {**context, name: item})
    return render


def render_all(parts, context):
    for part in parts:
        yield from part(context)


def compile_parts(tokens):
    parts = []
    for token in tokens:
        if token.startswith("{%"):
            words = token[2:-2].split()
            if words[0] == "end":
                break
            parts.append(loop(words[1], lookup(words[3]), compile_parts(tokens)))
        elif token.startswith("{{"):
            parts.append(lambda context, value=lookup(token[2:-2].strip()): [str(value(context))])
        else:
            parts.append(lambda context, text=token: [text])
    return parts


def run():
    template = compile_parts(iter(TOKEN.split(PAGE)))
    rows = [{"kind": "odd" if n % 2 else "even", "cells": [n, f"<{n}>", "a & b"]}
            for n in range(2500)]
    page = "".join(render_all(template, {"title": "Rows", "rows": rows, "footer": {"text": "."}}))
    return len(page), page.count("&lt;")
