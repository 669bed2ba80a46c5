# SPDX-License-Identifier: MIT
"""A snapshot that has what a script imports first (key `snapshot_program`): the script is told from no other start,
and any other program, place or time from which the imports could turn out otherwise starts without it. What is no such
script gets a snapshot as any program does, and a message says why. Arguments: tests to run.
"""

import functools
import json
import os
import shutil
import sys

import harness
from resume import GONE_ON, LINES, on_terminal

MANIFEST = """version: 1
startup: [json, logging, multiprocessing.process, random, selectors, threading, part, pack.inner, chosen]
paths: [{place}]
snapshot: yes
snapshot_program: {place}/tool
"""
TOOL = """#!/usr/bin/python3
'''A tool.'''
import sys, os
import json, logging, multiprocessing.process, random, threading
VERSION = '1'
from part import VALUE, work
from pack import inner
import chosen
if __name__ == "__main__":
    main = threading.main_thread()
    state = {name: sorted(k for k in vars(module)) for name, module in sys.modules.items() if module}
    print(list(sys.modules), list(globals()), sys.path, sys.argv, sys.orig_argv, __file__, __loader__.path, VERSION)
    print(state, VALUE, work(), inner.VALUE, chosen.NAME, os.getcwd(), json.dumps({'a': 1}))
    print(main.ident == threading.get_ident(), main.native_id == os.getpid(), logging._startTime > 1e9,
          sys.stdout.isatty(), sys.stdout.line_buffering, sys.getsizeof(globals()), sys._getframe().f_back)
    print('drawn', random.random())
    import colorsys
    print(colorsys.__file__)
    try:
        import nowhere
    except ImportError as error:
        print(error)
"""
FILES = {
    "tool": TOOL,
    "part.py": "import sys\nVALUE = [sys._getframe(0).f_code.co_name]\ndef work():\n    return VALUE * 2\n",
    "pack/__init__.py": "",
    "pack/inner.py": "from pack import __name__ as VALUE\nimport part\n",
    "chosen.py": "import os\nNAME = os.environ.get('CHOSEN', 'nothing')\n",
    "other": "import json, part\nprint(part.VALUE)\n",
}


class Place:
    """A folder with the script, what it imports, and a bundle."""

    def __init__(self, sandbox, name, *, holds_bundle=False, **changes):
        self.path = sandbox.path / name
        self.tool = self.path / "tool"
        self.bundle = (self.path if holds_bundle else sandbox.path) / f"{name}.pyb"
        for file, text in {**FILES, **changes}.items():
            sandbox.write(f"{name}/{file}", text)
        self.manifest = sandbox.write(f"{name}.yaml", MANIFEST.format(place=self.path))
        # The first start writes bytecode.
        harness.run([harness.PYTHON, self.tool], env=harness.clean_environment(), cwd="/")
        if not changes:
            self.record()
        self.built = harness.run([harness.PYBUNDLE, "build", "-q", "-o", self.bundle, self.manifest],
                                 env=harness.clean_environment())

    def record(self):
        """As a user does. Then importlib need not look for anything, and lists no folder."""
        harness.run([harness.PYBUNDLE, "record", "-q", f"--python={harness.PYTHON}", "-o", self.manifest, self.tool],
                    env=harness.clean_environment())
        with self.manifest.open("a") as file:
            file.write("snapshot: yes\n")

    @property
    def left_out(self):
        """Why the snapshot is one for any program; empty: it has the imports."""
        return self.built.err.decode(errors="replace").partition("imports first: ")[2]

    def both(self, args, *, start=harness.run, cwd=None, **extra):
        """Under stock, and with the bundle."""
        options = {"cwd": cwd or self.path}
        stock = start([harness.PYTHON, *args], env=harness.clean_environment(**extra), **options)
        ours = start([harness.PYSTART, *args], **options, env=harness.clean_environment(
            PYSTART_BUNDLE=str(self.bundle), PYSTART_VERBOSE="1", **extra))
        return stock, ours


def cleaned(text):
    return [line for line in LINES.sub(b"", text.replace(b"\r\n", b"\n")).splitlines() if not line.startswith(b"drawn")]


def drawn(*outcomes):
    return [line for outcome in outcomes for line in outcome.out.splitlines() if line.startswith(b"drawn")]


def check(tap, place, name, args, *, miss=None, **options):
    stock, ours = place.both(args, **options)
    said = b"".join(LINES.findall(ours.out + ours.err))
    tap.result(cleaned(stock.out) == cleaned(ours.out) and cleaned(stock.err) == cleaned(ours.err)
               and stock.status == ours.status, f"{name}: as under stock", stock, ours)
    if miss is None:
        tap.result(GONE_ON in said, f"{name}: goes on", said.decode(errors="replace"))
    else:
        tap.result(miss.encode() in said and GONE_ON not in said, f"{name}: does not go on, with the reason",
                   said.decode(errors="replace"))


# --- what the script is started with


def start_cases():
    return [
        ("alone", {}),
        ("arguments", {"args": ["a", "--json", ""]}),
        ("another folder", {"cwd": "/"}),
        ("variables that nobody reads", {"SOMETHING": "else", "PYSTART_T": "x" * 5000}),
        ("a terminal", {"start": functools.partial(on_terminal, b"typed\n")}),
        ("a variable that a module has read", {"CHOSEN": "this", "miss": "CHOSEN is set"}),
        ("a folder that comes first", {"PYTHONPATH": "/nowhere", "miss": "PYTHONPATH is set"}),
        ("an option", {"options": ["-B"], "miss": "which is not argument 1"}),
        ("no folder of the script", {"options": ["-P"], "miss": "which is not argument 1"}),
        ("a variable that is an option", {"PYTHONDONTWRITEBYTECODE": "1", "miss": "PYTHONDONTWRITEBYTECODE is set"}),
        ("no folder, by a variable", {"PYTHONSAFEPATH": "1", "miss": "PYTHONSAFEPATH is set"}),
        ("no site", {"options": ["-S"], "miss": "other options"}),
        ("another spelling", {"tool": "{place}/../place/tool", "miss": "which is not argument 1"}),
        ("a relative path", {"tool": "tool"}),
        ("a relative path with a dot", {"tool": "./tool"}),
        ("a relative path from above", {"tool": "place/tool", "cwd": "{place}/.."}),
        ("two dots in front", {"tool": "././tool", "miss": "which is not argument 1"}),
        ("a link", {"tool": "{place}/../link", "miss": "which is not argument 1"}),
        ("another script", {"tool": "{place}/other", "miss": "which is not argument 1"}),
        ("a command", {"options": ["-c", "import json, sys; print(sys.argv)"], "miss": "which is not argument 1"}),
        ("a module", {"options": ["-m", "part"], "miss": "which is not argument 1"}),
    ]


def check_start(place, tap, name, *, args=(), options=(), tool="{place}/tool", cwd=None, **keywords):
    if cwd is not None:
        keywords["cwd"] = cwd.format(place=place.path)
    check(tap, place, name, [*options, tool.format(place=place.path), *args], **keywords)


def check_telling(place, tap):
    """What a user is told of it."""
    listed = harness.run([harness.PYBUNDLE, "list", "-v", place.bundle]).out.decode()
    told = json.loads(harness.run([harness.PYBUNDLE, "list", "--json", place.bundle]).out)["snapshot"]
    tap.result(f"for          {place.tool} alone, with {len(told['program_modules'])} modules" in listed
               and told["program"] == str(place.tool), "list tells the script", listed)
    tap.result({"part", "pack", "pack.inner", "chosen", "random"} <= set(told["program_modules"])
               and "encodings" not in told["program_modules"], "and its modules", told)
    verified = harness.run([harness.PYBUNDLE, "verify", place.bundle], env=harness.clean_environment())
    tap.result(verified.out == f"{place.bundle}: fresh\n".encode() and verified.status == 0,
               "verify asks for no argument", verified)
    stats = place.both([place.tool], PYSTART_STATS="1")[1].err.decode()
    tap.result(f"first imports    {len(told['program_modules'])} modules of the script" in stats, "so do statistics", stats)
    explained = harness.run([harness.PYBUNDLE, "build", "--explain", "-o", place.bundle.with_suffix(".again"),
                             place.manifest], env=harness.clean_environment()).out.decode()
    tap.result(f"is for {place.tool}, and has" in explained and "what its script imports first,\n  " in explained,
               "build --explain tells them", explained)


def check_off_switches(place, tap):
    text = place.manifest.read_text()
    without = place.manifest.with_suffix(".no.yaml")
    without.write_text(text.replace(f"snapshot_program: {place.tool}", "snapshot_program: no"))
    tap.result(f"\nsnapshot_program: {place.tool}\n" in text, "record names the script", text)
    no = harness.run([harness.PYBUNDLE, "build", "-q", "-o", place.bundle.with_suffix(".no"), without],
                     env=harness.clean_environment())
    listed = harness.run([harness.PYBUNDLE, "list", place.bundle.with_suffix(".no")]).out.decode()
    tap.result(no.err == b"" and "for          any program\n" in listed, "'snapshot_program: no'", no, listed)
    stock, ours = place.both([place.tool], PYSTART_WITHOUT="snapshot")
    tap.result(cleaned(stock.out) == cleaned(ours.out) and GONE_ON not in ours.err, "PYSTART_WITHOUT=snapshot", ours)


def check_own_folder(sandbox, tap):
    """The bundle lies beside the script: writing it is no reason against it."""
    place = Place(sandbox, "own", holds_bundle=True)
    tap.result(place.built.status == 0 and not place.built.err, "a bundle in the script's folder", place.built)
    check(tap, place, "with a bundle in the script's folder", [place.tool])


def check_draws(place, tap):
    starts = [place.both([place.tool])[1] for _ in range(3)]
    tap.result(len(set(drawn(*starts))) == 3, "three starts draw different numbers", *starts)


# --- what changes afterwards


def edit(name):
    def change(place):
        path = place.path / name
        path.write_text(path.read_text().replace("'1'", "'2'") + "\nADDED = 1\n")
    return change


def add(name):
    def change(place):
        (place.path / name).write_text("raise SystemExit('another one')\n")
    return change


def set_back(place):
    """A name that hides a module comes, and the folder has the time that it had."""
    before = place.path.stat()
    add("json.py")(place)
    os.utime(place.path, ns=(before.st_atime_ns, before.st_mtime_ns))


def add_many(place):
    """What no import asks for, or finds: the folder is another one, and its guard holds."""
    for name in ("unasked.py", "json.txt", "part.pyc", "random.py~"):
        add(name)(place)
    (place.path / "part.so").symlink_to("nothing")
    (place.path / "unasked").mkdir()
    (place.path / "unasked.py").unlink()


def add_found_later(place):
    """Names that the script itself asks for, when it has begun."""
    for name in ("colorsys", "nowhere"):
        (place.path / f"{name}.py").write_text(f"print('another {name}')\n")


def move(place):
    """The folder that the path of the script leads to is another one, with the same files."""
    shutil.move(place.path, place.path.parent / "moved")
    place.path.symlink_to("moved")


CHANGES = [
    ("script edited", edit("tool"), "tool has changed"),
    ("module edited", edit("part.py"), "has changed"),
    ("module hidden", add("json.py"), "json.py was not there"),
    ("module of the library hidden later", add("random.py"), "random.py was not there"),
    ("own module hidden", lambda place: (place.path / "part").mkdir(), "part was not there"),
    ("hidden by an extension module", add("logging.abi3.so"), "logging.abi3.so was not there"),
    ("hidden with the time set back", set_back, "json.py was not there"),
    ("hidden by a link", lambda place: (place.path / "json.py").symlink_to("part.py"), "json.py was not there"),
    ("others in the folder", add_many, None),
    ("hidden for what comes later", add_found_later, None),
    ("folder behind a link", move, "leads to the folder"),
]


def check_change(sandbox, tap, name, change, miss):
    place = Place(sandbox, name.replace(" ", "_"))
    check(tap, place, f"before: {name}", [place.tool])
    change(place)
    check(tap, place, name, [place.tool], miss=miss)


# --- what modules may do

KEEPS = """import functools, sys, weakref
sys.stderr.mark = "given"
VALUE = [sys.stdout.encoding, sys.stdin.errors, sys.stdout.name, sys.stderr.fileno(), sys.stdin.closed]
STREAMS = sys.stdin, sys.stdout, sys.stderr
NOTES = weakref.WeakKeyDictionary((stream, stream.mode) for stream in STREAMS)
say, write = functools.partial(print, file=sys.stdout), sys.stderr.write
def work(out=sys.stdout, layers=("buffer", "raw")):
    say("kept", [stream is getattr(sys, name) for stream, name in zip(STREAMS, ("stdin", "stdout", "stderr"))])
    for stream in STREAMS:
        print(stream, vars(stream), NOTES[stream], type(stream.buffer), stream.newlines, stream.line_buffering,
              stream.write_through, stream.isatty(), stream.seekable(), sys.getsizeof(stream), stream.closed, file=out)
        print(getattr(stream.buffer, "raw", None), sys.getsizeof(stream.buffer), sys.getrefcount(stream), file=out)
    out.flush()
    write("written\\n")
    print("read", STREAMS[0].readline(6), file=out)
    out.write("no end of line")
"""
# Neither changes anything.
CACHES = """import os
os.makedirs(os.path.join(os.path.dirname(__file__), 'pack'), exist_ok=True)
try:
    with open(os.path.join(os.path.dirname(__file__), 'cache', 'file'), 'w') as file:
        VALUE = 'written'
except OSError as error:
    VALUE = str(error)
work = int
"""
FITS = [("keeps streams", {"part.py": KEEPS}), ("looks for its cache", {"part.py": CACHES})]
STARTS = [("a pipe", {}), ("a terminal", {"start": functools.partial(on_terminal, b"typed\n")}),
          ("no buffers", {"PYTHONUNBUFFERED": "1", "miss": "PYTHONUNBUFFERED is set"})]


def check_fit(sandbox, tap, name, changes):
    place = Place(sandbox, name.replace(" ", "_"), **changes)
    for start, keywords in STARTS:
        check(tap, place, f"{name}, {start}", [place.tool, "a"], **keywords)


# What site imports may do so, too, in a snapshot for any program.
SITE_STARTS = [*((f"{options} {name}", {"options": options, **keywords}) for options in ([], ["-u"])
                 for name, keywords in STARTS if "miss" not in keywords), ("a variable", {"PYTHONUNBUFFERED": "1"})]


def check_site(sandbox, tap, name):
    place = Place(sandbox, "site", **{"tool": "import usercustomize\nprint(usercustomize.work())\n"})
    home = sandbox.path / "home"
    folder = f"home/.local/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    sandbox.write(f"{folder}/usercustomize.py", KEEPS)
    harness.run([harness.PYTHON, "-c", "pass"], env=harness.clean_environment(HOME=str(home)))
    manifest = sandbox.write("site.yaml", "version: 1\nstartup: [json]\nsnapshot: yes\n")
    built = harness.run([harness.PYBUNDLE, "build", "-q", "-o", place.bundle, manifest],
                        env=harness.clean_environment(HOME=str(home)))
    tap.result(not built.err, f"{name}: a bundle", built)
    for start, keywords in SITE_STARTS:
        options = keywords.pop("options", [])
        check(tap, place, f"{name}, {start}", [*options, place.tool], HOME=str(home), **keywords)


# --- scripts that no such snapshot is made of

MAKES = "def __getattr__(name):\n    if name != 'VALUE':\n        raise AttributeError(name)\n    return 1\ndef work():\n    return 2\n"
HOSTILE = [
    ("reads arguments", {"part.py": "import sys\nVALUE = sys.argv[1:]\nwork = list\n"}, "part asks for sys.argv"),
    ("reads the command line", {"part.py": "import sys\nVALUE = len(sys.orig_argv)\nwork = list\n"}, "part asks for sys.argv"),
    ("makes a name", {"part.py": MAKES}, "module part makes VALUE when it is asked for"),
    ("starts a thread", {"part.py": "import threading\nthreading.Thread(target=int).start()\nVALUE = 1\nwork = int\n"}, ""),
    ("draws a number", {"part.py": "import random\nVALUE = random.random() < 2\nwork = int\n"}, "random numbers are drawn"),
    ("keeps random bytes", {"part.py": "import os\nVALUE = len(os.urandom(4))\nwork = int\n"}, "random"),
    ("asks for the time", {"part.py": "import time\nVALUE = time.time() > 0\nwork = int\n"}, "time"),
    ("asks for its number", {"part.py": "import os\nVALUE = os.getpid() > 0\nwork = int\n"}, "another process"),
    ("asks for the folder", {"part.py": "import os\nVALUE = len(os.getcwd()) > 0\nwork = int\n"}, "folder"),
    ("asks for all variables", {"part.py": "import os\nVALUE = len(dict(os.environ)) > 0\nwork = int\n"}, "variables"),
    ("changes a variable", {"part.py": "import os\nos.environ['A_NAME'] = 'b'\nVALUE = 1\nwork = int\n"}, ""),
    ("keeps what is below a stream", {"part.py": "import sys\nVALUE = sys.stdout.buffer\nwork = int\n"}, "below it"),
    ("keeps a file below a stream", {"part.py": "import sys\nVALUE = sys.stdin.buffer.raw\nwork = int\n"}, "below it"),
    ("keeps the attributes of a stream", {"part.py": "import sys\nVALUE = vars(sys.stderr)\nwork = int\n"}, "below it"),
    ("sets up a stream", {"part.py": "import sys\nsys.stdout.reconfigure(errors='replace')\nVALUE = 1\nwork = int\n"}, ""),
    ("replaces a stream", {"part.py": "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer)\nVALUE = 1\nwork = int\n"}, ""),
    ("remembers a terminal", {"part.py": "import sys\nVALUE = sys.stdout.line_buffering\nwork = int\n"}, ""),
    ("changes sys.path", {"part.py": "import sys\nsys.path.insert(0, '/nowhere')\nVALUE = 1\nwork = int\n"}, "sys.path"),
    ("changes __main__", {"part.py": "import __main__\n__main__.new = 1\nVALUE = 1\nwork = int\n"}, "__main__"),
    ("prints", {"part.py": "print('imported')\nVALUE = 1\nwork = int\n"}, ""),
    ("writes a file", {"part.py": "import os\nos.close(os.open('/dev/shm/pystart-first', os.O_CREAT | os.O_RDWR))\n"
                                  "os.unlink('/dev/shm/pystart-first')\nVALUE = 1\nwork = int\n"}, ""),
    ("fails", {"part.py": "raise OSError('no')\n"}, "no"),
    ("does something first", {"tool": "import sys\nprint(sys.argv)\nimport json\n"}, None),
    ("imports what is there", {"tool": "import os, sys\nprint('drawn')\n"}, "nothing first that is not there"),
    ("imports nothing", {"tool": "print('drawn')\n"}, "does not begin with imports"),
    ("is no Python", {"tool": "this is\n"}, ""),
]


def check_hostile(sandbox, tap, name, changes, reason):
    place = Place(sandbox, name.replace(" ", "_"), **changes)
    if reason is None:
        check(tap, place, name, [place.tool, "a"])
        return
    tap.result(place.left_out and reason in place.left_out, f"{name}: a message says why", place.left_out)
    listed = harness.run([harness.PYBUNDLE, "list", place.bundle]).out.decode()
    tap.result("for          any program, without what a script imports first: " in listed, f"{name}: list says so", listed)
    stock, ours = place.both([place.tool, "a"])
    tap.result((cleaned(stock.out), stock.status) == (cleaned(ours.out), ours.status) and GONE_ON in ours.out + ours.err,
               f"{name}: as under stock, from a snapshot of any program", stock, ours)


def main():
    harness.leave_to_plain_build()
    wanted = sys.argv[1:]
    with harness.Sandbox() as sandbox:
        place = Place(sandbox, "place")
        (sandbox.path / "link").symlink_to(place.tool)

        def task(case, tap):
            kind, name, *rest = case
            if kind == "start":
                check_start(place, tap, name, **rest[0])
            elif kind == "draws":
                check_draws(place, tap)
            elif kind == "own":
                check_own_folder(sandbox, tap)
            elif kind == "telling":
                check_telling(place, tap)
            elif kind == "switches":
                check_off_switches(place, tap)
            elif kind == "change":
                check_change(sandbox, tap, name, *rest)
            elif kind == "site":
                check_site(sandbox, tap, name)
            elif kind == "fit":
                check_fit(sandbox, tap, name, *rest)
            else:
                check_hostile(sandbox, tap, name, *rest)

        cases = [("draws", "draws"), ("telling", "telling"), ("switches", "off switches"), ("own", "own folder"),
                 ("site", "what site imports keeps streams"), *(("start", *case) for case in start_cases()),
                 *(("change", *case) for case in CHANGES), *(("fit", *case) for case in FITS),
                 *(("hostile", *case) for case in HOSTILE)]
        return harness.in_parallel(task, [case for case in cases if not wanted or case[1] in wanted])


if __name__ == "__main__":
    sys.exit(main())
