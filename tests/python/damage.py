# SPDX-License-Identifier: MIT
"""Damaged bundles: whichever byte is wrong, wherever the file ends, a program does what it does under
stock, and at most one line says why it did so without the bundle.

    damage.py [ROUNDS]    so many random changes of each bundle in place of the usual ones
    damage.py every       each byte of a small bundle, and each length
"""

import functools
import random
import struct
import sys

import harness

ROUNDS = 60
BLOCK = 4096
PAGES = 21  # the type of the section that no start sums: see SECURITY.md
PROGRAM = """\
import argparse, collections, dataclasses, enum, inspect, json, re, string, textwrap, traceback

@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 2

class Color(enum.Enum):
    RED = 1

def fail():
    return json.loads("[1, 2")

try:
    fail()
except ValueError:
    print(traceback.format_exc())
parser = argparse.ArgumentParser(prog="p", description=textwrap.fill("word " * 40))
parser.add_argument("--level", type=int, default=3, help="%(default)s")
print(parser.format_help(), parser.parse_args([]))
print(sorted([Point(3), Point(1, 4)]), Color.RED, Color(1), collections.Counter("abca"))
print(re.findall(r"(\\w+)=(\\d+)", "a=1 b=22"), string.Template("$a").substitute(a=1))
for module in (json.decoder, string, textwrap, dataclasses):
    for name, member in sorted(vars(module).items()):
        if inspect.isfunction(member) and member.__module__ == module.__name__:
            code = member.__code__
            print(name, list(inspect.signature(member).parameters), len(code.co_code),
                  list(code.co_lines())[-1], code.co_varnames, code.co_qualname,
                  sum(map(bool, code.co_positions())))
"""
SMALL = "import json; print(json.dumps([1, {'a': None}]), json.loads('[2]'))"
# Half of the modules when they are wanted, so that there are groups of their own.
LATER = ("json", "json.decoder", "json.scanner", "textwrap", "argparse", "traceback")


def not_at_start(manifest):
    lines = [line for line in manifest.read_text().splitlines() if line.strip(" -") not in LATER]
    lines += ["", "modules:", *("  - " + name for name in LATER)]
    manifest.write_text("\n".join(lines) + "\n")


def sections(data):
    """Offset and size of each section that is summed: see lib/format.md."""
    count = data[259]
    entries = (struct.unpack_from("<IIQQ", data, 304 + 48 * i) for i in range(count))
    return [(0, BLOCK), *((offset, size) for kind, _, offset, size in entries
                          if size > 0 and kind != PAGES)]


def flip(data, chance):
    """A bit of a byte of any section, each being as likely as the other."""
    offset, size = chance.choice(sections(data))
    at = offset + chance.randrange(size)
    changed = bytearray(data)
    changed[at] ^= 1 << chance.randrange(8)
    return f"byte {at} changed", changed


def erase(data, chance):
    """A block of zeros or of something else, as disks and file systems leave it."""
    offset, size = chance.choice(sections(data))
    at = offset + chance.randrange((size + BLOCK - 1) // BLOCK) * BLOCK
    changed = bytearray(data)
    changed[at:at + BLOCK] = chance.choice([bytes(BLOCK), chance.randbytes(BLOCK)])
    return f"block at {at} erased", changed


def truncate(data, chance):
    size = chance.randrange(len(data))
    return f"cut off at {size}", data[:size]


def randomly(data, rounds):
    chance = random.Random(len(data))
    for _ in range(rounds):
        yield chance.choice([flip, flip, erase, truncate])(data, chance)


def everywhere(data):
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x10
        yield f"byte {at} changed", changed
    for size in range(len(data)):
        yield f"cut off at {size}", data[:size]


def fault_of(stock, ours):
    """What is wrong with the outcome, or None."""
    lines = ours.err.splitlines()
    if (ours.status, ours.out) != (stock.status, stock.out):
        return f"status {ours.status}, {len(ours.out)} bytes of output\n" + ours.err.decode(
            errors="replace")
    if len(lines) > 1 or any(not line.startswith(b"pystart: ") for line in lines):
        return "on standard error: " + ours.err.decode(errors="replace")
    return None


def try_all(args, keys, changes, tap):
    with harness.Sandbox() as sandbox:
        sandbox.write("program.py", PROGRAM)
        sandbox.record(*args)
        manifest = sandbox.path / "test.yaml"
        not_at_start(manifest)
        for key, value in keys:
            harness.set_key(manifest, key, value)
        harness.must([harness.PYBUNDLE, "build", "-q", manifest, "-o", sandbox.bundle])
        stock = harness.run([harness.PYTHON, *args], cwd=sandbox.path)
        ours = harness.run([harness.PYSTART, *args], cwd=sandbox.path, env=sandbox.env())
        tap.result(fault_of(stock, ours) is None and sandbox.served(args) > 3,
                   f"{dict(keys)}: the undamaged bundle is used")
        if ("snapshot", "yes") in keys:
            tap.result(sandbox.resumes(args), f"{dict(keys)}: and its snapshot")
        count, told, faults = 0, 0, []
        data = sandbox.bundle.read_bytes()
        for description, changed in changes(data):
            sandbox.bundle.write_bytes(changed)
            ours = harness.run([harness.PYSTART, *args], cwd=sandbox.path, env=sandbox.env())
            fault = fault_of(stock, ours)
            faults += [] if fault is None else [f"{description}: {fault}"]
            count += 1
            told += bool(ours.err)
        tap.result(not faults, f"{dict(keys)}: {count} damaged ones do no harm, {told} are told of",
                   *faults[:5], f"{len(faults)} faults")


def try_snapshot(tap, changes):
    if harness.no_snapshot() is None:
        try_all(["program.py"], [("snapshot", "yes")], changes, tap)
    else:
        tap.skip("with a snapshot", harness.no_snapshot())


def main(arguments):
    if arguments == ["every"]:
        tasks = [functools.partial(try_all, ["-c", SMALL], [("payload", "marshal")], everywhere)]
    else:
        changes = functools.partial(randomly, rounds=int(arguments[0]) if arguments else ROUNDS)
        tasks = [functools.partial(try_all, ["program.py"], [("payload", payload)], changes)
                 for payload in harness.payloads()]
        tasks.append(functools.partial(try_all, ["program.py"],
                                       [("payload", harness.payloads()[0]), ("check", "never")],
                                       changes))
        tasks.append(functools.partial(try_snapshot, changes=changes))

    def task(item, tap):
        item(tap)

    return harness.in_parallel(task, tasks)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
