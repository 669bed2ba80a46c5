# SPDX-License-Identifier: MIT
"""Print rows for known_code.c's table: digests of the functions whose source was read.

    python3.N known_code.py FOLDER...

Each folder is one that modules are found in, as the Lib of a release. Under each interpreter the
functions are compiled as it does that, at all levels of optimization. Compare the source of what is new
with what the importer assumes of the function before a row goes into the table.
"""

import pathlib
import struct
import sys

FUNCTIONS = {
    "KNOWN_WEAK_VALUE_REMOVE": ("weakref", "WeakValueDictionary.__init__.<locals>.remove"),
    "KNOWN_WEAK_KEY_REMOVE": ("weakref", "WeakKeyDictionary.__init__.<locals>.remove"),
    "KNOWN_WEAK_SET_REMOVE": ("_weakrefset", "WeakSet.__init__.<locals>._remove"),
    "KNOWN_WEAK_SET_ITER": ("_weakrefset", "WeakSet.__iter__"),
    "KNOWN_LOGGING_REMOVE": ("logging", "_removeHandlerRef"),
    "KNOWN_LOGGING_ACQUIRE": ("logging", "_acquireLock"),
    "KNOWN_LOGGING_RELEASE": ("logging", "_releaseLock"),
    "KNOWN_RESPONSE_CLOSE": ("http.client", "HTTPResponse.close"),
    "KNOWN_RESPONSE_FLUSH": ("http.client", "HTTPResponse.flush"),
    "KNOWN_SOCKET_REPR": ("socket", "socket.__repr__"),
    "KNOWN_SOCKET_FAMILY": ("socket", "socket.family"),
    "KNOWN_SOCKET_TYPE": ("socket", "socket.type"),
    "KNOWN_SOCKET_CONVERTER": ("socket", "_intenum_converter"),
    "KNOWN_LOCAL_DEL": ("asgiref.local", "Local.__del__"),
    "KNOWN_ANSIBLE_LOCKING": (
        "ansible.utils.display",
        "_synchronize_textiowrapper.<locals>._wrap_with_lock.<locals>.locking_wrapper"),
    "KNOWN_COLORAMA_GETATTR": ("colorama.ansitowin32", "StreamWrapper.__getattr__"),
    "KNOWN_COLORAMA_CLOSED": ("colorama.ansitowin32", "StreamWrapper.closed"),
}


def sized(tag, data):
    return tag + struct.pack("<I", len(data)) + data


def serialize(value):
    """As code_digest.c does it."""
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"T" if value else b"F"
    if isinstance(value, int):
        return b"i" + struct.pack("<q", value)
    if isinstance(value, str):
        return sized(b"s", value.encode())
    if isinstance(value, bytes):
        return sized(b"b", value)
    if isinstance(value, tuple):
        return b"t" + struct.pack("<I", len(value)) + b"".join(map(serialize, value))
    return b"c" + struct.pack("<4I", value.co_argcount, value.co_posonlyargcount,
                              value.co_kwonlyargcount, value.co_flags) + b"".join(
        map(serialize, (value.co_code, value.co_exceptiontable, value.co_names, value.co_varnames,
                        value.co_cellvars, value.co_freevars, value.co_consts)))


def digest(code):
    """FNV-1a."""
    result = 0xcbf29ce484222325
    for byte in serialize(code):
        result = (result ^ byte) * 0x100000001b3 % 2 ** 64
    return result


def codes_in(code):
    yield code
    for constant in code.co_consts:
        if hasattr(constant, "co_consts"):
            yield from codes_in(constant)


def find_source(folder, module):
    path = pathlib.Path(folder, *module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


def rows(folder):
    for name, (module, qualname) in FUNCTIONS.items():
        source = find_source(folder, module)
        for level in range(3) if source else ():
            module_code = compile(source.read_bytes(), str(source), "exec", 0, True, level)
            for code in codes_in(module_code):
                if code.co_qualname == qualname:
                    yield name, digest(code)


def main():
    branch = f"0x{sys.version_info[0]:x}{sys.version_info[1]:02x}"
    found = {row: None for folder in sys.argv[1:] for row in rows(folder)}
    for name, value in sorted(found, key=lambda row: list(FUNCTIONS).index(row[0])):
        print(f"\t{{{name}, {branch}, 0x{value:016x}}},")


main()
