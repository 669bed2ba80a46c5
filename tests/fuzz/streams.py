# SPDX-License-Identifier: MIT
"""Records as the bundler's children send them, and how to listen to such children."""
import os
import pathlib
import stat
import struct

# A stand-in for an interpreter: it runs the real one and keeps what that one answers, or notes.
SPY = """#!{python} -B
import os, subprocess, sys
folder, python = {folder!r}, {python!r}
arguments = sys.argv[1:]
# Some are killed when they have answered: what was said is kept before it is passed on.
kept = open(os.path.join(folder, "%03d" % len(os.listdir(folder))), "wb", buffering=0)
if arguments[-2:] == ["3", "4"]:
    real = os.dup(4)
    ours, theirs = os.pipe()
    os.dup2(theirs, 4)
    os.close(theirs)
    child = subprocess.Popen([python, *arguments], close_fds=False)
    os.close(4)
    while data := os.read(ours, 65536):
        kept.write(data)
        os.write(real, data)
    sys.exit(child.wait())
status = subprocess.call([python, *arguments])
with open(arguments[arguments.index("-c") + 3], "rb") as file:
    kept.write(file.read())
sys.exit(status)
"""


def make_spy(path, folder, python):
    """Write the stand-in to `path`; what it hears goes to files in `folder`, in their order."""
    folder.mkdir()
    path.write_text(SPY.format(folder=str(folder), python=python))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def u8(value):
    return struct.pack("<B", value)


def u32(value):
    return struct.pack("<I", value & 0xFFFFFFFF)


def u64(value):
    return struct.pack("<Q", value & 0xFFFFFFFFFFFFFFFF)


def blob(data):
    return u32(len(data)) + data


def text(value):
    return blob(value.encode() if isinstance(value, str) else value) + b"\0"


def record(kind, *parts):
    payload = b"".join(parts)
    return kind.encode() + u32(len(payload)) + payload


def records(stream):
    """The records of a stream, as pairs of a type and a payload."""
    at = 0
    while at < len(stream):
        size = struct.unpack_from("<I", stream, at + 1)[0]
        yield stream[at:at + 1].decode(), stream[at + 5:at + 5 + size]
        at += 5 + size


# --- what format.h says of the parts of a bundle that an image consists of

HEADER_SIZE, SECTIONS_AT, SECTION_COUNT_AT = 4096, 304, 259
MODULES, HOT, COLD, IMAGE, RELOCATIONS, SNAPSHOT = 2, 8, 9, 10, 11, 20
MODULE_SIZE, CODE_SIZE_AT = 96, 72


def sections(bundle):
    """The contents of the sections by their types."""
    found = {}
    for i in range(bundle[SECTION_COUNT_AT]):
        kind, _, offset, size = struct.unpack_from("<IIQQ", bundle, SECTIONS_AT + 48 * i)
        found[kind] = bundle[offset:offset + size]
    return found


def image_answer(bundle):
    """What the image's builder must have sent for this bundle."""
    parts = sections(bundle)
    modules = parts[MODULES]
    sizes = b"".join(modules[at + CODE_SIZE_AT:at + CODE_SIZE_AT + 8]
                     for at in range(0, len(modules), MODULE_SIZE))
    return b"".join(record(kind, part) for kind, part in (
        ("I", parts[IMAGE]), ("R", parts.get(RELOCATIONS, b"")), ("H", parts.get(HOT, b"")),
        ("C", parts.get(COLD, b"")), ("S", sizes)))


def fingerprint(executable="/python", soabi="s"):
    return record("F", u32(0x030B02F0), u32(3495), u32(4), text("cpython"), text(soabi),
                  text("t"), text(executable), text(executable), text(""), text("3.11.2"))


def directory(path, mtime=1, sys_path=0, missing=0, root=0, ctime=2, inode=3):
    return record("D", text(path), u64(mtime), u64(ctime), u64(inode), u32(sys_path), u32(root),
                  u8(missing))


def listing(folder, *names):
    return record("L", u32(folder), *map(text, names))


NONE = 0xFFFFFFFF


def module(name, kind=1, package=NONE, startup=0, folder=0, origin=None, code=b"N", size=1,
           mtime=1, source_hash=0):
    origin = f"/{name}.py" if origin is None else origin
    return record("M", u8(kind), u8(package != NONE), u8(startup), u8(0), u8(0),
                  u32(folder),
                  u32(package), u64(mtime), u64(size), u64(source_hash), text(name), text(origin), text(""),
                  blob(code))


def resolution(*parts, count):
    """A resolver's answer behind the byte that says how the target makes the bundle."""
    return b"\0" + fingerprint() + b"".join(parts) + record("E", u32(count))


def listen(folder):
    """What a spy has heard so far."""
    return [path.read_bytes() for path in sorted(pathlib.Path(folder).iterdir())]


def save(folder, name, data):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)
