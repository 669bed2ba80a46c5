# SPDX-License-Identifier: MIT
"""Writes what stands in for a script when a snapshot that has its first imports is tried.

It is asked for one line: the path of the script, a tab, and a folder of its own. It puts a script of the same name
there, which imports what that one imports first and then reports what its start is like (start_report.py, which is
open as descriptor 5), and links to what lies beside that one and could be imported. It answers with a NUL, or
with why it cannot be done.
"""
import ast
import os
import sys

# What this script's folder is called in the report, which names no other.
REPORT = """
exec(compile(open(5, 'rb').read(), 'report', 'exec'), {{'__name__': 'report', 'PLACE': {!a}}})
"""


def is_name(node):
    return isinstance(node, ast.Name)


def does_nothing_else(node):
    """As importer/cpython/first_code.c has it: constants, and names that they are bound to."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and all(map(is_name, node.targets))


def find_end(nodes):
    """The last import that comes before anything else, and whether it is in a `try`: code goes straight into that."""
    end = None
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            end = node
        elif isinstance(node, ast.Try):
            inner, is_nested = find_end(node.body)
            return (end, False) if inner is None or is_nested else (inner, True)
        elif not does_nothing_else(node):
            break
    return end, False


def take_head(source):
    """The text up to the end of that import."""
    end, is_in_try = find_end(ast.parse(source).body)
    if end is None:
        return b""
    lines = source.splitlines(keepends=True)[:end.end_lineno]
    return b"".join(lines[:-1]) + lines[-1][:end.end_col_offset] + (b"\nfinally:\n    pass" if is_in_try else b"")


def link_others(script, place, folder):
    """All that an import could find, but for the script itself."""
    for entry in os.scandir(place):
        is_module = entry.name.endswith((".py", ".pyc", ".so")) or entry.is_dir()
        if is_module and entry.name not in (os.path.basename(script), "__pycache__"):
            os.symlink(entry.path, os.path.join(folder, entry.name))


def write(script, folder):
    with open(script, "rb") as file:
        source = file.read()
    place = os.path.dirname(os.path.realpath(script))
    link_others(script, place, folder)
    with open(os.path.join(folder, os.path.basename(script)), "xb") as file:
        file.write(take_head(source) + REPORT.format(place).encode())


def main(request, answer):
    with open(request, "rb") as file:
        script, _, folder = file.read().partition(b"\t")
    try:
        write(os.fsdecode(script), os.fsdecode(folder))
        reason = b"\0"
    except (OSError, SyntaxError, ValueError) as error:
        reason = ascii(str(error)).encode()
    with open(answer, "wb") as file:
        file.write(reason)


main(int(sys.argv[1]), int(sys.argv[2]))
