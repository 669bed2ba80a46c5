# SPDX-License-Identifier: MIT
"""Named inputs for the fuzz targets: what was found by fuzzing, and what is at some border.

CASES has for each target the inputs by their names. What a name says must not happen again; the
targets themselves know what may happen instead.
"""
from streams import (NONE, blob, resolution, directory, listing, module, record, text, u8, u32, u64)


def code(*constants):
    """A code object of Python 3.11 with these constants, as marshal has it."""
    numbers = u32(0) * 5
    empty = b")\0"
    return (b"c" + numbers + b"s\0\0\0\0" + b")" + u8(len(constants)) + b"".join(constants)
            + empty * 2 + b"s\0\0\0\0" + b"z\1f" * 3 + u32(1) + b"s\0\0\0\0" * 2)


def doubled(levels, uses):
    """Tuples of twice the one before, and sets that have the last one for an element."""
    tuples = b"\xa9\2NN" + b"".join(b"\xa9\2" + b"r" + u32(i) + b"r" + u32(i)
                                    for i in range(levels))
    last = b"r" + u32(levels)
    return (b"(" + u32(levels + 1 + uses) + tuples + (b">" + u32(2) + b"N" + last) * uses)


def nested(kind, depth):
    return (kind + b"\1") * depth + b"N"


RESOLUTION = {
    "empty": b"\0",
    "nothing-asked": resolution(count=0),
    "one-module": resolution(directory("/", sys_path=1), module("a"), count=1),
    "compressed": b"\1" + resolution(directory("/", sys_path=1),
                                     module("a", code=b"s" + blob(b"x" * 4000)), count=1)[1:],
    "package": resolution(directory("/", sys_path=1), directory("/p"),
                          module("p", package=1, origin="/p/__init__.py"),
                          module("p.a", folder=1, startup=1), count=2),
    "shadow": resolution(directory("/", sys_path=1), directory("/b", sys_path=2),
                         module("a"), record("S", u32(1), u32(0)), count=1),
    "one-place-for-two-folders": resolution(directory("/", sys_path=1),
                                            directory("/b", sys_path=1), count=0),
    "one-folder-twice": resolution(directory("/", sys_path=1), directory("/", sys_path=1),
                                   directory("/", sys_path=2), count=0),
    "one-folder-for-two-packages": resolution(
        directory("/", sys_path=1), directory("/p"),
        module("p", package=1, origin="/p/__init__.py"),
        module("q", package=1, origin="/p/__init__.py"), count=2),
    "listing": resolution(directory("/", sys_path=1), listing(0, "a.py", "b"), module("a"), count=1),
    "listing-of-nothing": resolution(listing(0, "a.py"), count=0),
    "listing-twice": resolution(directory("/", sys_path=1), listing(0), listing(0), count=0),
    "listing-of-a-missing-folder": resolution(directory("/", missing=1), listing(0), count=0),
    "listing-cut-off": resolution(directory("/"), record("L", u32(0), u32(9)), count=0),
    "no-inode": resolution(directory("/", inode=0), count=0),
    "shadow-of-nothing": resolution(record("S", u32(0), u32(0)), count=0),
    "absent": resolution(directory("/", sys_path=1),
                         module("a", kind=3, folder=NONE, origin="", code=b"", size=0, mtime=0),
                         count=1),
    "absent-with-a-time": resolution(directory("/", sys_path=1),
                                     module("a", kind=3, folder=NONE, origin="", code=b"",
                                            size=0), count=1),
    "frozen": resolution(directory("/", sys_path=1), record("Z", u8(1), text("os"), blob(b"N")),
                          record("Z", u8(0), text("runpy"), blob(b"N")),
                          record("Z", u8(0), text(""), blob(b"")), count=0),
    "pth-files": resolution(directory("/", sys_path=1), record("T", u32(0), text("")),
                             record("T", u32(0), text("a.pth")),
                             record("T", u32(0), text("b.pth")), count=0),
    "wrong-count": resolution(count=1),
    "size-that-lies": b"\0F\xff\xff\xff\x3f" + b"x" * 64,
    "size-too-large": b"\0F\xff\xff\xff\xff",
}

TRIAL_RUN = {
    "nothing-compiled": record("S", u32(20220615), u32(4)) + record("E"),
    "one-of-each": record("S", u32(20220615), u32(4)) + record("N", text("a"))
    + record("R", u8(1), u32(0), u32(32), u32(1), blob(b"a(b)"), blob(u32(1) * 4), u32(1), u32(1),
             text("name"))
    + record("G", u8(0), u32(0), text("<string>"), blob(b"x = 1"), blob(code(b"N")))
    + record("E"),
    "distributions": record("S", u32(1), u32(4))
    + record("D", text("/a.egg-info"), b"\x01" * 64, blob(b"oA\0kb\0sc\0kd\0r0\0kf\0oB\0kg\0p\0e\0ki\0i-1\0kn\0n\0e\0"))
    + record("W", text("pkg_resources"), blob(b"os\0path\0m:posixpath\0")) + record("E"),
    "distribution-of-nothing": record("S", u32(1), u32(4))
    + record("D", text("/a.egg-info"), b"\x01" * 64, blob(b"")) + record("E"),
    "distribution-too-deep": record("S", u32(1), u32(4))
    + record("D", text("/a.egg-info"), b"\x01" * 64, blob(b"oA\0kb\0" * 9 + b"e\0" * 9)) + record("E"),
    "distribution-not-utf-8": record("S", u32(1), u32(4))
    + record("D", text("/a.egg-info"), b"\x01" * 64, blob(b"oA\0k\xff\0n\0e\0")) + record("E"),
    "witness-cut-off": record("S", u32(1), u32(4))
    + record("W", text("pkg_resources"), blob(b"os\0path\0")) + record("E"),
    "names-without-end": record("S", u32(1), u32(4)) + record(
        "R", u8(1), u32(0), u32(0), u32(0), blob(b""), blob(b""), u32(NONE)) + record("E"),
    "odd-code": record("S", u32(1), u32(4)) + record(
        "R", u8(1), u32(0), u32(0), u32(0), blob(b"a"), blob(b"abcde"), u32(0)) + record("E"),
    "odd-text": record("S", u32(1), u32(4)) + record(
        "R", u8(4), u32(0), u32(0), u32(0), blob(b"abc"), blob(u32(1)), u32(0)) + record("E"),
}

IMAGE = {
    "nothing": b"\0",
    "refusal": record("X", b"an object of type 'ellipsis'"),
    "empty-parts": b"".join(record(kind) for kind in "IRHCS"),
    "twice": record("I", bytes(64)) * 2,
}

RUNLOG = {
    "relative-interpreter": record("B", text("python"), u32(0)) + record("E"),
    "no-interpreter": record("B", text(""), u32(0)) + record("E"),
    "begun": record("B", text("/python"), u32(0)),
    "whole": record("B", text("/python"), u32(2)) + record("P", text("/lib"), text("/x y"))
    + record("M", u8(1), u8(1), u8(0), text("a"), text("/lib/a.py"), text("/lib"))
    + record("M", u8(2), u8(1), u8(0), text("a.b"), text("/lib/a/b.so"), text("/lib/a"))
    + record("X", text("a.c"), text("no file")) + record("A", text("a.d"))
    + record("A", text("e")) + record("R", text("e")) + record("E"),
    "cut": record("B", text("/python"), u32(0)) + b"M\x10\0\0\0abc",
    "lost": record("B", text("/python"), u32(0)) + record("L"),
    "folder-in-two-spellings": record("B", text("/python"), u32(0))
    + record("P", text("/a"), text("/b/../a"), text("//a/."), text("a"))
    + b"".join(record("M", u8(1), u8(1), u8(0), text(name), text(f"{folder}/{name}.py"), text(folder))
               for name, folder in (("x", "/a"), ("y", "/b/../a"), ("z", "//a/."), ("w", "a")))
    + record("E"),
    "line-in-a-name": record("B", text("/py\nthon"), u32(0))
    + record("M", u8(1), u8(1), u8(0), text("a\nstartup: [b]"), text("/a"), text("/"))
    + record("X", text("a\nb"), text("c\rd")) + record("P", text("/a\nb: c")) + record("E"),
    "no-utf-8": record("B", text(b"/\xff"), u32(0))
    + record("M", u8(1), u8(1), u8(0), text(b"\xff\xfe"), text(b"/\x80"), text(b"/\xc3"))
    + record("X", text(b"\xed\xa0\x80"), text(b"\xf5")) + record("E"),
}

MARSHAL = {
    "none": b"\0N",
    "code": b"\0" + code(b"N", b"\xe9" + u32(5), b"r" + u32(0)),
    "code-other-version": b"\1" + code(b"N"),
    "code-old-version": b"\2" + code(b"N"),
    "code-unknown-version": b"\3" + code(b"N"),
    "frozenset": b"\0>" + u32(3) + b"z\1bz\1ai" + u32(7),
    "frozenset-in-frozenset": b"\0>" + u32(2) + b">" + u32(1) + b"z\1az\1b",
    "frozenset-shared": b"\0)\2\xbe" + u32(2) + b"z\1bz\1ar" + u32(0),
    "long-most-negative": b"\0l" + u32(0x80000000),
    "nested-1999": b"\0" + nested(b")", 1999),
    "nested-2001": b"\0" + nested(b")", 2001),
    "refers-to-itself": b"\0\xa9\1r" + u32(0),
    "refers-ahead": b"\0)\2r" + u32(1) + b"\xe9" + u32(1),
    "size-that-lies": b"\0(" + u32(NONE),
    "sizes-in-sizes-that-lie": b"\0" + (b"(" + u32(2000)) * 500 + b"N" * 2000,
    "sets-of-values-without-end": b"\0" + doubled(60, 1),
    "sets-of-large-values": b"\0" + doubled(20, 200),
    "slice": b"\0:NNN",
    "behind": b"\0NN",
}

HANDOFF = {
    "usual": b"3:1:/lib/app.pyb\0/lib/app.pyb\0gc,exit\0p\0-X\0bundle=x\0-c\0pass\0",
    "colon-in-path": b"3:1:a:b\0a:b\0\0p\0",
    "no-path": b"3:1:\0\0,,\0p\0-I\0",
    "negative": b"-5:1:x\0x\0gc gc\0p\0",
    "sign-and-blank": b" +5: 1:x\0x\0site\0p\0",
    "wraps-around": b"18446744073709551621:4294967296:x\0x\0GC\0p\0",
    "largest": b"2147483647:4294967295:x\0x\0regex,generated,hugepages\0p\0",
    "bundle-bare": b"3:1:x\0x\0\0p\0-Xbundle\0-X\0bundle=\0a\0",
    "option-without-value": b"3:1:x\0x\0\0p\0-IX\0",
}

MANIFEST = {
    "least": b"version: 1\n",
    "all-keys": b"version: 1\nname: app\npython: /usr/bin/python3\nentry: a.b:f\n"
    b"bootstrap: a:g\nstartup: [a, a.b]\nmodules: ['c.**', d]\nabsent: [e]\nexclude: ['*.tests']\n"
    b"paths: [lib, /x]\noptimize: 2\ncompress: 19\ncheck: never\npayload: marshal\ngc: normal\n"
    b"exit: full\nhugepages: never\nchecksums: quick\nmemory: private\ntrial_run: no\nsnapshot: shared\n"
    b"variables: [TZ, A_B]\n",
    "block": b"version: 1\nstartup:\n  - a\n  - b # why\nmodules:\n- c\n",
    "unknown-key": b"version: 1\nstart: [a]\n",
    "twice": b"version: 1\nname: a\nname: b\nstartup: [a, a]\n",
    "alias": b"version: 1\nstartup: &x [a]\nmodules: *x\n",
    "alias-of-itself": b"version: 1\nstartup: &x [*x]\n",
    "tag": b"version: !!int 1\nstartup: !!set {a}\n",
    "two-documents": b"version: 1\n---\nversion: 1\n",
    "no-utf-8": b"version: 1\nname: \xff\xfe\n",
    "utf-16": "version: 1\nname: \u00e4\n".encode("utf-16"),
    "nul": b"version: 1\nname: a\0b\n",
    "deep": b"[" * 3000,
    "pattern": b"a.**.b?\na.c.d.bx\n",
    "pattern-of-stars": b"**.*a*a*a*a*b.**\n" + b"a" * 60 + b".b\n",
}

CASES = {
    "resolution": RESOLUTION,
    "trial_run": TRIAL_RUN,
    "image": IMAGE,
    "runlog": RUNLOG,
    "marshal": MARSHAL,
    "handoff": HANDOFF,
    "manifest": MANIFEST,
}
