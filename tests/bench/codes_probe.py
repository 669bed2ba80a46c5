# SPDX-License-Identifier: MIT
"""What --codes runs in fresh processes.

    codes_probe.py prepare NAMES STREAMS    write the marshal streams of the modules in NAMES
    codes_probe.py marshal STREAMS          make code objects of them
    codes_probe.py image NAMES FOLDER       take those that the importer, from FOLDER, has made

The latter two print what it took.
"""

import gc
import json
import marshal
import resource
import sys
import time
from importlib.machinery import SourceFileLoader

CODE = type(compile("", "", "exec"))


def read_names(path):
    with open(path) as file:
        return json.load(file)


def prepare(names, streams):
    codes = [SourceFileLoader(*name).get_code(name[0]) for name in read_names(names)]
    with open(streams, "wb") as file:
        marshal.dump([marshal.dumps(code) for code in codes], file)


def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def walk(codes):
    """Look at every code object and each of its constants."""
    start = time.perf_counter_ns()
    codes = list(codes)
    while codes:
        codes += [const for const in codes.pop().co_consts if isinstance(const, CODE)]
    return time.perf_counter_ns() - start


def print_result(available_ns, faults_before, codes):
    first, second = walk(codes), walk(codes)
    json.dump({"available_ms": available_ns / 1e6, "touched_ms": max(0, first - second) / 1e6,
               "faults": faults() - faults_before}, sys.stdout)


def from_marshal(streams):
    with open(streams, "rb") as file:
        streams = marshal.load(file)
    start = time.perf_counter_ns()
    codes = [marshal.loads(stream) for stream in streams]
    print_result(time.perf_counter_ns() - start, faults(), codes)


def from_image(names, folder):
    sys.path.append(folder)
    from pystart import stats
    # A module that this process has imported keeps the only code object of an image.
    names = [name for name in read_names(names) if name[0] not in sys.modules]
    before = faults()
    codes = [SourceFileLoader(*name).get_code(name[0]) for name in names]
    found = stats()
    if found["codes"] != len(codes):
        raise SystemExit(f"{found['codes']} code objects of {len(codes)} came from the bundle")
    print_result(found["startup_ns"], before, codes)


if __name__ == "__main__":
    gc.disable()
    {"prepare": prepare, "marshal": from_marshal, "image": from_image}[sys.argv[1]](*sys.argv[2:])
