# SPDX-License-Identifier: MIT
"""Checks canonical marshal streams over the standard library: marshal_check.py FILTER MODE.

MODE code: prints TAP. MODE digest: prints a digest of all canonical streams, which is to be the
same whatever the state of the process.
"""
import hashlib
import marshal
import os
import struct
import subprocess
import sys
import sysconfig
import types
import warnings

warnings.simplefilter("ignore")


def sources():
    top = sysconfig.get_path("stdlib")
    for folder, names, files in os.walk(top):
        names[:] = sorted(n for n in names if n not in ("__pycache__", "site-packages",
                                                        "dist-packages", "bad_coding", "test"))
        for name in sorted(files):
            if name.endswith(".py"):
                yield os.path.join(folder, name)


# Numbers that meet in a set's table, some of which exist once in a process, some of which are shared.
SETS = "a = 1000; b = {8, 16, 1000, 24, 256, 300, 3000}; c = 'n7'\n" \
    "for i in {1000, 256, 512, 5, 13, 'n7', 'x y', 'k', (1, 2), 2.5, b'', b'z', None, 10 ** 20}: pass\n"


def compiled():
    yield "<sets>", compile(SETS, "<sets>", "exec", dont_inherit=True)
    for path in sources():
        with open(path, "rb") as file:
            try:
                yield path, compile(file.read(), path, "exec", dont_inherit=True)
            except (SyntaxError, ValueError):
                pass


def run_filter(program, streams):
    """The outcome of each stream: bytes, or the number of a failure."""
    data = b"".join(struct.pack("<I", len(stream)) + stream for stream in streams)
    out = subprocess.run([program, hex(sys.hexversion)], input=data, stdout=subprocess.PIPE,
                         check=True).stdout
    at, results = 0, []
    while at < len(out):
        status, size = struct.unpack_from("<BI", out, at)
        results.append(status or out[at + 5:at + 5 + size])
        at += 5 + size
    assert len(results) == len(streams), (len(results), len(streams))
    return results


FIELDS = [name for name in dir(types.CodeType) if name.startswith("co_")
          and name not in ("co_lines", "co_positions", "co_consts", "co_lnotab", "co_branches")]


def same(a, b):
    """Whether two constants are equal, of equal types, down to the last field of code."""
    if type(a) is not type(b):
        return False
    if isinstance(a, types.CodeType):
        return all(same(getattr(a, name), getattr(b, name)) for name in FIELDS) and \
            same(a.co_consts, b.co_consts)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, frozenset):
        return a == b and sorted(map(repr, a)) == sorted(map(repr, b))
    if isinstance(a, (float, complex)):
        return repr(a) == repr(b)
    return a == b


def objects(value, seen):
    """The identities of what is shared: each object's place of first occurrence."""
    known = id(value) in seen
    place = seen.setdefault(id(value), len(seen))
    yield place
    if known:
        return
    if isinstance(value, tuple):
        for item in value:
            yield from objects(item, seen)
    elif isinstance(value, types.CodeType):
        for item in (value.co_consts, value.co_names, value.co_filename, value.co_name):
            yield from objects(item, seen)


def in_order(stream):
    """The elements of all sets, in the order in which they come."""
    found, left = [], [marshal.loads(stream)]
    while left:
        for item in left.pop().co_consts:
            if isinstance(item, types.CodeType):
                left.append(item)
            elif isinstance(item, frozenset):
                found.append(list(map(repr, item)))
    return found


def failures(streams, results, check):
    bad = [path for (path, _), stream, result in zip(CODE, streams, results)
           if not check(stream, result)]
    for path in bad[:10]:
        print("#", path)
    return not bad


def report(number, passed, text):
    print("ok" if passed else "not ok", number, "-", text)


def check_code(program):
    print("1..12")
    streams = [marshal.dumps(code) for _, code in CODE]
    results = run_filter(program, streams)
    report(1, len(streams) > 500 and not any(isinstance(r, int) for r in results),
           "%d modules of the standard library are understood" % len(streams))
    report(2, failures(streams, results, lambda s, r: same(marshal.loads(s), marshal.loads(r))),
           "equal code comes back")
    report(3, failures(streams, results, lambda s, r: len(r) <= len(s)), "no stream grows")
    report(4, run_filter(program, results) == results, "a canonical stream stays as it is")
    again = run_filter(program, [marshal.dumps(marshal.loads(stream)) for stream in streams])
    report(5, again == results, "it does not matter whether the code was read or compiled")
    kept = [list(marshal.loads(stream).co_consts) for stream in streams]
    once_more = run_filter(program, [marshal.dumps(code) for _, code in CODE])
    report(6, once_more == results and kept is not None, "nor who else refers to its objects")

    def shares(stream, result):
        # Both must live at once: identities are of no use afterwards.
        first, second = marshal.loads(stream), marshal.loads(result)
        return list(objects(first, {})) == list(objects(second, {}))
    report(7, failures(streams, results, shares), "the same objects are shared")
    report(9, failures(streams, results, lambda s, r: in_order(s) == in_order(r)),
           "sets are walked as Python walks those of its own .pyc files")
    damaged = []
    for stream in streams[:40]:
        for end in range(0, len(stream), max(1, len(stream) // 50)):
            damaged.append(stream[:end])
            damaged.append(stream[:end] + bytes([stream[end] ^ 0xff]) + stream[end + 1:])
            damaged.append(stream[:end] + b"\xff\xff\xff\x7f" + stream[end:])
    results = run_filter(program, damaged)
    report(8, len(results) == len(damaged) and any(isinstance(r, int) for r in results),
           "damaged streams do no harm")


def with_bytes(value, shared):
    """A stream with a pair of equal bytes: twice the same object, or two."""
    size = struct.pack("<I", len(value))
    first = (b"\xf3" if shared else b"s") + size + value
    return b")\x02" + first + (b"r" + struct.pack("<I", 0) if shared else b"s" + size + value)


def check_bytes(program):
    """What reads a stream may have made one object of two, where nobody can tell."""
    for_each = [run_filter(program, [with_bytes(value, shared) for shared in (False, True)])
                for value in (b"&", b"\x00", b"\xff", b"&&")]
    report(10, all(one == two for one, two in for_each[:3]) and for_each[3][0] != for_each[3][1],
           "a single byte is one object, whether the stream says so or not; of other bytes it matters")
    plain, interned = run_filter(program, [b")\x02z\x01%z\x01%", b")\x02\xda\x01%r\0\0\0\0"])
    report(12, (plain == interned) == (sys.version_info >= (3, 13)),
           "a character is the interned one where all are that are read")
    # As the signs of a number: such a count is no size.
    wrong = b"s" + struct.pack("<i", -1) + b"&"
    alone, behind = run_filter(program, [b")\x02N" + wrong, b")\x02s\x01\0\0\0&" + wrong])
    report(11, isinstance(alone, int) == isinstance(behind, int) and
           (isinstance(behind, int) or behind.endswith(wrong)), "and what is damaged stays damaged")


def main():
    program, mode = sys.argv[1:]
    if mode == "code":
        check_code(program)
        check_bytes(program)
        return
    digest = hashlib.sha256()
    for result in run_filter(program, [marshal.dumps(code) for _, code in CODE]):
        digest.update(result)
    print(digest.hexdigest())


CODE = list(compiled())
main()
