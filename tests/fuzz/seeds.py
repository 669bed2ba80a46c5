# SPDX-License-Identifier: MIT
"""Make the seeds of the fuzz targets: seeds.py FOLDER.

FOLDER/TARGET/ gets real inputs, made by the programs of this build from tiny packages, damaged
ones made from those, and the cases of cases.py. The environment says what to use, as for tests.
"""
import marshal
import os
import pathlib
import subprocess
import sys
import tempfile

import streams
from cases import CASES

STAGE = os.environ["STAGE"]
PYTHON = os.environ["PYTHON"]
TOOLS = pathlib.Path(os.environ["abs_top_builddir"], "tests/cli")

SOURCES = {
    "app/__init__.py": "import re\nPATTERN = re.compile(r'(?P<word>[a-z]+)-(\\d)')\n",
    "app/code.py": "exec(compile('X = 1', '<made>', 'exec'))\n\n"
                   "def f(x, *y, z={1, 2}):\n    return x in {'a', 'b'}, 1.5, 2j, b'c', ...\n",
    "app/late.py": "class Late:\n    '''Text.'''\n    try:\n        x = 10 ** 30\n"
                   "    except Exception:\n        pass\n",
    "main.py": "import app.code\ntry:\n    import app.none\nexcept ImportError:\n    pass\n",
    # Those of the image's target, which has one startup module and one other.
    "a.py": "A = frozenset({1, 'x'})\n\ndef f(value):\n    return value in {'y', 'z'}\n",
    "b.py": "B = 'name', 1.5\n",
    # What bundles keep the distributions of.
    "pkg_resources.py": """
import os
class Distribution:
    def __init__(self, location):
        self.location, self.metadata, self.flag, self.name = location, None, True, "sämple"
def distributions_from_metadata(path):
    if os.listdir(path):
        with open(os.path.join(path, "PKG-INFO")) as stream:
            yield Distribution(path if stream.read() else None)
def _normalize_cached(path):
    return os.path.abspath(path)
def find_on_path(folder):
    for name in os.listdir(folder):
        if name.endswith(".egg-info"):
            yield from distributions_from_metadata(_normalize_cached(os.path.join(folder, name)))
found = list(find_on_path(os.path.dirname(__file__)))
""",
    "sample-1.0.egg-info/PKG-INFO": "Version: 1.0\n",
    "other-2.egg-info/PKG-INFO": "Version: 2\n",
}
MANIFEST = "version: 1\nname: app\npython: {spy}\nstartup: [app, app.code]\nmodules: [app.late]\n" \
           "absent: [app.none]\npaths: ['{folder}']\n"
SMALL = "version: 1\nname: small\npython: {spy}\nstartup: [a]\nmodules: [b]\npaths: ['{folder}']\n"
VARIANTS = {
    "marshal": "payload: marshal\n",
    "compressed": "payload: marshal\ncompress: 3\ncheck: directory\n",
    "image": "payload: image\n",
}
METADATA = "version: 1\nname: metadata\npython: {spy}\nstartup: [pkg_resources, os, posixpath]\n" \
           "paths: ['{folder}']\n"
LISTS = {"metadata": ["--list-metadata"], "image": ["--list-image"],
         "marshal": ["--list", "--list-growth", "--list-memo", "--list-snapshot"]}


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True,
                          text=True, **options).stdout


def build(work, name, manifest, key):
    """Build a bundle; give it and what the interpreter answered."""
    heard = work / f"{name}.heard"
    spy = work / f"{name}.spy"
    streams.make_spy(spy, heard, PYTHON)
    path = work / f"{name}.yaml"
    path.write_text(manifest.format(spy=spy, folder=work / "src") + key)
    bundle = work / f"{name}.pyb"
    run(f"{STAGE}/bin/pybundle", "build", "-q", "--snapshot=no", path, "-o", bundle)
    return bundle, streams.listen(heard)


def spoil(out, name, bundle):
    """All damaged forms of a bundle that there are a name for."""
    bad = bundle.with_suffix(".bad")
    for option in LISTS.get(name, ()):
        for line in run(TOOLS / "spoil", option).splitlines():
            case = line.split("\t")[0]
            # Those of memos need their sections.
            if subprocess.run([TOOLS / "spoil", case, bundle, bad], capture_output=True,
                              check=False).returncode != 0:
                continue
            streams.save(out / "bundle", f"{name}-{case}", bad.read_bytes())
            if option == "--list-snapshot":
                tables = streams.sections(bad.read_bytes()).get(streams.SNAPSHOT, b"")
                streams.save(out / "snapshot", case, tables)


def save_bundles(out, work):
    told = run(f"{STAGE}/bin/pystart", "-X", "bundle=version").splitlines()
    if any(line.startswith("pystart: ") and "without ready-made code" in line for line in told):
        del VARIANTS["image"]
    for name, key in VARIANTS.items():
        bundle, answers = build(work, name, MANIFEST, key)
        streams.save(out / "bundle", name, bundle.read_bytes())
        streams.save(out / "launcher", name, bundle.read_bytes()[:streams.HEADER_SIZE])
        streams.save(out / "resolution", name, b"\0" + answers[0])
        streams.save(out / "trial_run", name, b"".join(answers[1:3]))
        spoil(out, name, bundle)
    bundle, _ = build(work, "metadata", METADATA, VARIANTS["marshal"])
    streams.save(out / "bundle", "metadata", bundle.read_bytes())
    spoil(out, "metadata", bundle)
    if "image" not in VARIANTS:
        return
    small, _ = build(work, "small", SMALL, VARIANTS["image"])
    streams.save(out / "bundle", "small", small.read_bytes())
    answer = streams.image_answer(small.read_bytes())
    streams.save(out / "image", "small", answer)
    # The sizes of the code objects, eight bytes each, come last.
    streams.save(out / "image", "code-without-size", answer[:-16] + bytes(8) + answer[-8:])


def save_run(out, work):
    heard = work / "run.heard"
    streams.make_spy(work / "run.spy", heard, PYTHON)
    run(f"{STAGE}/bin/pybundle", "record", "-q", "--python", work / "run.spy", "-o",
        work / "run.yaml", "--", work / "src/main.py")
    # The last ones ask for the search path.
    logs = [answer for answer in streams.listen(heard) if answer.startswith(b"B")]
    streams.save(out / "runlog", "run", logs[0])
    streams.save(out / "manifest", "recorded", (work / "run.yaml").read_bytes())


def save_headers(out, work):
    page = work / "page"
    for name, keys in {
        "plain": ["interpreter=/usr/bin/python3"],
        "script": ["interpreter=/usr/bin/python3", "entry=/usr/bin/hg", "optimize=1"],
        "module": ["interpreter=/usr/bin/python3", "entry=a.b"],
        "function": ["interpreter=/usr/bin/python3", "entry=a.b:C.main", "optimize=2"],
        "bad-function": ["interpreter=/usr/bin/python3", "entry=a:f()\nimport os"],
        "relative": ["interpreter=python3"],
        "build-id": ["interpreter=/usr/bin/python3", f"build-id={os.path.realpath(PYTHON)}"],
        "format": ["interpreter=/usr/bin/python3", "format=3"],
        "incompat": ["interpreter=/usr/bin/python3", "incompat=0x8000"],
        "checksum": ["interpreter=/usr/bin/python3", "checksum=1"],
        "cut": ["interpreter=/usr/bin/python3", "cut=4095"],
        "long": ["interpreter=/" + "x" * 2600],
    }.items():
        run(TOOLS / "mkheader", page, *keys)
        streams.save(out / "launcher", name, page.read_bytes())


def save_programs(out):
    programs = {"python": os.path.realpath(PYTHON), "pystart": f"{STAGE}/bin/pystart",
                "pybundle": f"{STAGE}/bin/pybundle"}
    for name, path in programs.items():
        with open(path, "rb") as file:
            streams.save(out / "elf", name, file.read(streams.HEADER_SIZE))
    note = streams.u32(4) + streams.u32(20) + streams.u32(3) + b"GNU\0" + bytes(range(20))
    streams.save(out / "elf", "note", note)
    streams.save(out / "elf", "two-notes", streams.u32(5) + streams.u32(3) + streams.u32(1)
                 + b"Other\0\0\0abc\0" + note)
    streams.save(out / "elf", "script", b"#!/bin/sh\n")


def save_code(out):
    for name, source in SOURCES.items():
        if not name.endswith(".py"):
            continue
        stream = marshal.dumps(compile(source, name, "exec"))
        streams.save(out / "marshal", name.replace("/", "-"), b"\0" + stream)


def main():
    out = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for name, source in SOURCES.items():
            path = work / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        save_bundles(out, work)
        save_run(out, work)
        save_headers(out, work)
    save_programs(out)
    save_code(out)
    for target, cases in CASES.items():
        for name, data in cases.items():
            streams.save(out / target, name, data)


main()
