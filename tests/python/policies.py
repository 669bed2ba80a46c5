# SPDX-License-Identifier: MIT
"""That the policies of a bundle are in force, within their bounds, and can be switched off."""

import functools
import sys

import harness

# Prints how often the collector ran.
COLLECTIONS = """\
import gc
import argparse, asyncio, decimal, email.message, http.client, logging.config, unittest.mock
print(gc.get_stats()[0]["collections"])
"""

# A module that works, and makes garbage, until some of it is collected.
WORKS = """\
import weakref

class Node:
    pass

def make():
    node = Node()
    node.other = node
    return weakref.ref(node)

nodes = [make()]
while nodes[0]() is not None and len(nodes) < 3_000_000:
    nodes.append(make())
print("collected:", nodes[0]() is None)
"""

# Imports without end that make garbage.
IMPORTS = """\
import sys
import weakref

first = None
for number in range(30_000):
    import garbage
    first = first or weakref.ref(garbage.node)
    del sys.modules["garbage"]
    if first() is None:
        break
print("collected:", first() is None)
"""

GARBAGE = """\
class Node:
    pass
node = Node()
node.others = [node, [node], [node], [node], [node], [node], [node], [node], [node], [node]] * 5
"""


def number_of_collections(sandbox, **extra):
    return int(harness.must([harness.PYSTART, "main.py"], cwd=sandbox.path,
                            env=sandbox.env(**extra)).out)


def collector_waits(tap):
    """Imports are not interrupted by collections, but with PYSTART_WITHOUT=gc or gc: normal."""
    with harness.Sandbox() as sandbox:
        sandbox.write("main.py", COLLECTIONS)
        sandbox.record("main.py")
        waiting = number_of_collections(sandbox)
        without = number_of_collections(sandbox, PYSTART_WITHOUT="gc")
        sandbox.record("main.py", keys=[("gc", "normal")])
        normal = number_of_collections(sandbox)
    tap.result(waiting * 3 < without and waiting * 3 < normal, "the collector waits",
               f"collections: {waiting}; without the policy {without}; gc: normal {normal}")


def garbage_is_collected(name, modules, tap):
    with harness.Sandbox() as sandbox:
        for module, text in modules.items():
            sandbox.write(module + ".py", text)
        sandbox.record("main.py")
        harness.compare(tap, sandbox, name, ["main.py"])


TESTS = [
    collector_waits,
    functools.partial(garbage_is_collected, "garbage of an import without end is collected",
                      {"main": "import works", "works": WORKS}),
    functools.partial(garbage_is_collected, "garbage of imports without end is collected",
                      {"main": IMPORTS, "garbage": GARBAGE}),
]


def main():
    return harness.in_parallel(lambda test, tap: test(tap), TESTS)


if __name__ == "__main__":
    sys.exit(main())
