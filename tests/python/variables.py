# SPDX-License-Identifier: MIT
"""Which environment variables a start is found to read, held against what a start does: whatever is set
or changed beside those that were found, the interpreter comes to its program in the same state. Tried with
every name in the interpreter, the C library and the modules of a start that could be one of a variable, and
with site code that is made at random. A failure of the latter names the number, and

    variables.py NUMBER

runs it again. RECORDER, if it is set, is the object to record with.
"""

import json
import os
import random
import re
import subprocess
import sys

import harness

VARIABLES = os.path.join(os.environ.get("abs_top_builddir", harness.STAGE.parent), "tests/cli/variables")
# What these choose is made new when a start goes on with a snapshot: resume.py has that.
MADE_NEW = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH"}
VALUES = ("1", "0", "", "no such thing", "/nowhere/at:/all", "de_DE.UTF-8", "C", "\udcff\u20ac=")
ROUNDS = 12
POOL = [f"TEST_{letter}" for letter in "ABCDEFGHIJKLMNOP"]

# Prints what a program could tell of the start before it.
STATE = r"""
import sys
sys.dont_write_bytecode = True
def tell(value, depth=0):
    if type(value) is int and abs(value) >> 32:
        return "an address, or as large as one"
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return repr(value)
    if isinstance(value, (list, tuple)) and depth < 3:
        return [type(value).__name__, *(tell(item, depth + 1) for item in value)]
    if isinstance(value, (set, frozenset)) and depth < 3:
        return [type(value).__name__, *sorted(str(tell(item, depth + 1)) for item in value)]
    if type(value) is dict and depth < 3:
        return {str(tell(key, depth + 1)): tell(item, depth + 1) for key, item in value.items()}
    return type(value).__name__
names = list(sys.modules)
attributes = {name: {key: tell(value) for key, value in vars(module).items()
                     if name != "__main__" and key not in ("environ", "environb", "__builtins__")}
              for name, module in sys.modules.items() if module is not None}
import os, gc, locale, signal, time, warnings, json
try:
    import faulthandler, tracemalloc
    tools = [faulthandler.is_enabled(), tracemalloc.is_tracing()]
except ImportError:
    tools = []
categories = [name for name in dir(locale) if name.startswith("LC_") and name != "LC_ALL"]
print(json.dumps({
    "modules": names, "attributes": attributes, "flags": tell(tuple(sys.flags)), "tools": tools,
    "locale": [locale.setlocale(getattr(locale, name)) for name in categories],
    "encodings": [sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(), locale.getpreferredencoding()],
    "streams": [[s.encoding, s.errors, s.line_buffering, s.newlines, s.write_through]
                for s in (sys.stdin, sys.stdout, sys.stderr)],
    "time": [time.tzname, time.timezone, time.daylight, time.localtime(0)[:]],
    "gc": [gc.get_threshold(), gc.isenabled()], "filters": tell(warnings.filters),
    "limits": [sys.getrecursionlimit(), getattr(sys, "get_int_max_str_digits", int)(), sys.getswitchinterval()],
    "signals": [str(signal.getsignal(n)) for n in range(1, 32)], "cpus": os.cpu_count(),
    "debug": [__debug__, hasattr(sys, "gettotalrefcount"), sys.getallocatedblocks() > 0],
}, sort_keys=True))
"""


def recorder():
    """What is installed for the interpreter that the tests are about."""
    name = os.path.basename(harness.PYSTART)[len("pystart"):]
    soabi = harness.must([harness.PYTHON, "-c", "import sysconfig; print(sysconfig.get_config_var('SOABI'))"])
    return os.environ.get("RECORDER") or str(
        harness.STAGE / "lib/pystart" / name / f"pystart_variables.{soabi.out.decode().strip()}.so")


RECORDER = recorder()


def run_in(environment, command):
    done = subprocess.run(command, env=environment, cwd="/", stdin=subprocess.DEVNULL, timeout=harness.TIMEOUT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return harness.Outcome(done.returncode, done.stdout, done.stderr)


def state(environment, python):
    """All that is to be seen of a start."""
    return run_in(environment, [python, "-c", STATE])


def find(environment, python):
    """The names, and the families, that a start was found to depend on."""
    done = run_in(environment, [VARIABLES, RECORDER, python])
    if done.status != 0:
        raise RuntimeError(f"variables: status {done.status}: {done.err.decode(errors='replace')}")
    lines = [line.split("\t") for line in os.fsdecode(done.out).splitlines()]
    return ({name for kind, name, *_ in lines if kind != "family"},
            tuple(name for kind, name, *_ in lines if kind == "family"))


def base():
    """With a seed, for a state that does not depend on chance."""
    return {"HOME": "/nonexistent", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1"}


def differing(environment, python, names, value, expected):
    """Those of the names that make a difference when they are set to the value, by halves."""
    changed = {**environment, **dict.fromkeys(names, value)}
    if state(changed, python) == expected:
        return []
    if len(names) == 1:
        return names
    half = len(names) // 2
    found = (differing(environment, python, names[:half], value, expected) +
             differing(environment, python, names[half:], value, expected))
    return found or [f"{names[0]} and others together"]


# --- every name that there is

def files_of_start(python):
    """The program, its libraries, and the sources of the modules of a start."""
    program = ("import sys, os, importlib.util\n"
               "names = {line.split()[-1] for line in open('/proc/self/maps') if '/' in line}\n"
               "for module in list(sys.modules.values()):\n"
               "    spec = getattr(module, '__spec__', None)\n"
               "    names.add(getattr(module, '__file__', None) or getattr(spec, 'origin', None) or '')\n"
               "    names.add(os.__file__.replace('os.py', module.__name__.replace('.', '/') + '.py'))\n"
               "import json; print(json.dumps(sorted(names)))")
    return [name for name in json.loads(harness.must([python, "-c", program]).out) if os.path.isfile(name)]


def candidates(python):
    """All that is a word in capital letters, and some that are in no file."""
    word = re.compile(rb"(?<![A-Za-z0-9_])_{0,2}[A-Z][A-Z0-9_]{1,48}(?![A-Za-z0-9_])")
    names = set()
    for path in files_of_start(python):
        with open(path, "rb") as file:
            names.update(match.decode() for match in word.findall(file.read()))
    chance = random.Random(1)
    names.update("".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", k=chance.randrange(1, 12)))
                 for _ in range(200))
    names.update(("NLSPATH", "RES_OPTIONS", "HOSTALIASES", "LOCALDOMAIN", "TMPDIR", "OPENSSL_CONF", "INPUTRC",
                  "SSL_CERT_FILE", "TERM", "USER", "LOGNAME", "EDITOR", "VIRTUAL_ENV", "no_proxy", "http_proxy",
                  "PYTHONSTARTUP", "PYTHONBREAKPOINT", "PYTHON_HISTORY", "PYTHON_BASIC_REPL", "PYTHON_COLORS",
                  "LANGUAGE", "COLUMNS", "LINES", "PATH", "LD_DEBUG", "LD_LIBRARY_PATH", "LD_TRACE_LOADED_OBJECTS",
                  "GLIBC_TUNABLES", "MALLOC_PERTURB_", "MALLOC_CHECK_", "MIMALLOC_VERBOSE", "mimalloc_verbose"))
    return sorted(names)


def try_unread(tap, python):
    """What was not found makes no difference, whatever its value."""
    environment = base()
    expected = state(environment, python)
    tap.result(expected.status == 0 and state(environment, python) == expected,
               f"{python}: a start is as the one before", expected.err.decode(errors="replace"))
    names, families = find(environment, python)
    unread = [name for name in candidates(python)
              if name not in names | MADE_NEW and not name.startswith(families)]
    tap.result(len(unread) > 1000, f"{python}: there are names to try", len(unread))
    for value in VALUES:
        found = differing(environment, python, unread, value, expected)
        tap.result(not found, f"{python}: no other variable matters, as {value!a}",
                   f"of {len(unread)}: {', '.join(found)}")
    return names


def try_read(tap, python, names):
    """Of what was found, some do make one: the state shows it."""
    environment = base()
    expected = state(environment, python)
    values = ("1", "/nowhere", "C", "Asia/Tokyo")
    matter = {name for name in names
              if any(state({**environment, name: value}, python) != expected for value in values)}
    known = {"HOME", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONOPTIMIZE",
             "PYTHONVERBOSE", "PYTHONWARNINGS", "PYTHONDEVMODE", "PYTHONNOUSERSITE",
             "PYTHONFAULTHANDLER", "PYTHONTRACEMALLOC"}
    tap.result(known <= matter, f"{python}: variables that matter are seen to", sorted(known - matter))
    print(f"# {python}: {len(matter)} of {len(names)} matter: {' '.join(sorted(matter))}")


# --- site code at random

WAYS = ("os.environ.get({0!r}, '')", "os.environ[{0!r}] if {0!r} in os.environ else ''", "os.getenv({0!r}, '')",
        "os.getenvb({1!r}, b'').decode()", "os.environb.get({1!r}, b'').decode()", "os.path.expandvars('${0}')",
        "posix.environ.get({1!r}, b'').decode()", "os.environ.pop({0!r} + 'X', '')",
        "(c.getenv({1!r}) or b'').decode()", "(c.secure_getenv({1!r}) or b'').decode()")


def site_code(chance, names, depth=0):
    """Statements that read some of the names, and what they then do depends on it."""
    lines = []
    for _ in range(chance.randrange(1, 4)):
        name = chance.choice(names)
        way = chance.choice(WAYS).format(name, name.encode())
        lines.append(f"value = {way}")
        lines.append(f"sys.told.append(({name!r}, value))")
        if depth < 3:
            lines.append(f"if value == {chance.choice(['', 'one', 'two'])!r}:")
            lines += ["    " + line for line in site_code(chance, names, depth + 1)]
    return lines


def make_site(sandbox):
    """A virtual environment: its interpreter, and the folder of its modules, relative to the sandbox."""
    python = str(sandbox.path / "venv/bin/python3")
    harness.must([harness.PYTHON, "-m", "venv", "--without-pip", sandbox.path / "venv"])
    site = harness.must([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    sandbox.write(f"{os.path.relpath(site.out.decode().strip(), sandbox.path)}/test.pth", "import asking\n")
    return python, os.path.relpath(site.out.decode().strip(), sandbox.path)


def other_environments(chance, environment, unread, values):
    """The same, but for what is not read."""
    for _ in range(4):
        other = {name: environment[name] for name in environment if name not in unread}
        yield {**other, **{name: chance.choice(values) for name in unread if chance.random() < .7}}


def try_site_code(tap, number, sandbox, python, site):
    chance = random.Random(number)
    values = ["one", "two", "", "three"]
    text = ["import os, posix, sys, ctypes", "c = ctypes.CDLL(None)", "sys.told = []",
            "c.getenv.restype = c.secure_getenv.restype = ctypes.c_char_p", *site_code(chance, POOL)]
    sandbox.write(f"{site}/asking.py", "\n".join(text) + "\n")
    environment = {**base(), **{name: chance.choice(values) for name in POOL if chance.random() < .5}}
    expected = state(environment, python)
    names, _ = find(environment, python)
    unread = [name for name in POOL if name not in names]
    wrong = []
    for other in other_environments(chance, environment, unread, values):
        found = state(other, python)
        if found != expected:
            wrong += [str(other), *harness.describe("state", expected.out.replace(b", ", b",\n"),
                                                    found.out.replace(b", ", b",\n"))]
    tap.result(expected.status == 0 and not wrong and len(unread) < len(POOL),
               f"site code {number}: what it does not read makes no difference",
               *wrong, expected.err.decode(errors="replace"), *text)


def main():
    harness.leave_to_plain_build()
    tap = harness.Tap()
    if len(sys.argv) == 1:
        names = try_unread(tap, harness.PYTHON)
        try_read(tap, harness.PYTHON, names)
    with harness.Sandbox() as sandbox:
        python, site = make_site(sandbox)
        for number in map(int, sys.argv[1:] or range(ROUNDS)):
            try_site_code(tap, number, sandbox, python, site)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
