# SPDX-License-Identifier: MIT
"""A start that goes on with a snapshot is told from no other: the same command line under stock, with
a bundle, and with a bundle that has a snapshot too. Each test says whether that is to be gone on with,
and if not, why; scripts in resume/ print what a program can see. Arguments: tests to run.
"""

import fcntl
import functools
import os
import pty
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import zipfile

import harness

CASES = harness.HERE / "resume"
TIOCGPTN = 0x80045430  # asm-generic/ioctls.h of Linux
MANIFEST = "version: 1\nmodules: [json, email, threading, ctypes, subprocess]\nentry: tell\n"
OPTIMIZED = "optimized"  # what the name of a bundle begins with that is for -O
GONE_ON = b"the start goes on with its snapshot"
TELL = "import sys; print(__name__, sys.argv, sys.orig_argv, sys.path, globals().get('__file__'), __spec__)"
LINES = re.compile(rb"^pystart: .*\r?\n", re.MULTILINE)
CHATTER = re.compile(rb"0x[0-9a-f]+|^import time: +\d+ \| +\d+", re.MULTILINE)


class Bundles:
    """A folder with programs, and two bundles that differ by the snapshot."""

    def __init__(self, sandbox):
        self.path = sandbox.path
        self.used = sandbox.bundle
        self.build(sandbox.write("app.yaml", MANIFEST))
        self.build(sandbox.write("optimized.yaml", MANIFEST + "optimize: 1\n"), OPTIMIZED)
        for script in CASES.glob("*.py"):
            shutil.copy(script, self.path)
        sandbox.write("tell.py", TELL)
        sandbox.write("folder/__main__.py", TELL)
        sandbox.write("package/__init__.py", "")
        sandbox.write("package/__main__.py", TELL)
        sandbox.write("unreadable.py", TELL).chmod(0)
        with zipfile.ZipFile(self.path / "app.zip", "w") as archive:
            archive.writestr("__main__.py", TELL)
        (self.path / "link.py").symlink_to("tell.py")
        shutil.copy(self.path / "tell.py", os.fsencode(self.path) + b"/not\xfftext.py")

    def build(self, manifest, prefix=""):
        for name, kind in (("plain.pyb", "no"), ("snapshot.pyb", "yes")):
            harness.must([harness.PYBUNDLE, "build", "-q", f"--snapshot={kind}", "-o", self.path / (prefix + name),
                          manifest], env=self.env())

    def env(self, **extra):
        return harness.clean_environment(PYSTART_VERBOSE="1", **extra)

    def kinds(self):
        """Who is run, and with which bundle."""
        return ((harness.PYTHON, "plain.pyb"), (harness.PYSTART, "plain.pyb"),
                (harness.PYSTART, "snapshot.pyb"))


def is_optimized(args):
    return any(word in ("-O", "-OB") for word in args[:2])


def outcomes(bundles, args, start, extra):
    """Three of them, and what pystart said of the last."""
    results = []
    for program, bundle in bundles.kinds():
        bundle = (OPTIMIZED if is_optimized(args) else "") + bundle
        env = bundles.env(PYSTART_BUNDLE=str(bundles.path / bundle), **extra)
        hidden = os.fsencode(bundle)
        done = start([program, *args], env=env, cwd=bundles.path)
        said = b"".join(LINES.findall(done.out + done.err))
        out, err = (CHATTER.sub(b"", LINES.sub(b"", text)) for text in (done.out, done.err))
        results.append(harness.Outcome(done.status, out.replace(hidden, b""), err.replace(hidden, b"")))
    return results, said


def check(bundles, tap, name, args, *, miss=None, start=harness.run, extra=None):
    """The outcomes are equal, and the snapshot was used, unless `miss` says why not; it is empty where
    variables of pystart are not to be heeded."""
    results, said = outcomes(bundles, args, start, extra or {})
    for other, which in zip(results, ("stock", "the bundle without it")):
        notes = (harness.describe("stdout", other.out, results[2].out)
                 + harness.describe("stderr", other.err, results[2].err))
        if other.status != results[2].status:
            notes.append(f"exit status: {other.status}, {results[2].status} with the snapshot")
        tap.result(not notes, f"{name}: as with {which}", *notes)
    if miss == "":
        tap.result(said == b"", f"{name}: the bundle is not heeded", said.decode(errors="replace"))
    elif miss is None:
        tap.result(GONE_ON in said, f"{name}: goes on", said.decode(errors="replace"))
    else:
        is_told = re.search(rb"snapshot is not used: .*" + miss.encode(), said) is not None
        tap.result(is_told and GONE_ON not in said, f"{name}: does not go on, with the reason",
                   said.decode(errors="replace"))


# --- how it is started


def on_terminal(text, command, **options):
    """On a terminal of its own, where `text` is typed. Which of the free ones that is changes."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(options["cwd"])
        os.execve(command[0], command, {**options["env"], "TERM": "dumb"})
    number = struct.unpack("i", fcntl.ioctl(terminal, TIOCGPTN, bytes(4)))[0]
    os.write(terminal, text)
    out = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        if not more:
            break
        out += more
    os.close(terminal)
    out = out.replace(b"/dev/pts/%d'" % number, b"/dev/pts/own'")
    return harness.Outcome(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out, b"")


def through_shell(redirection, command, **options):
    return harness.run(["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", *command], **options)


def from_file(name, command, **options):
    with open(options["cwd"] / name, "rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, timeout=harness.TIMEOUT, **options)
    return harness.Outcome(done.returncode, done.stdout, done.stderr)


def messages_to_file(command, **options):
    with tempfile.TemporaryFile() as messages:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages,
                              timeout=harness.TIMEOUT, **options)
        messages.seek(0)
        return harness.Outcome(done.returncode, done.stdout, messages.read())


def with_stdin(text, command, **options):
    return harness.run(command, stdin=text, **options)


def prepared(function, command, **options):
    return harness.run(command, preexec_fn=function, **options)


def in_environment(entries, command, **options):
    """With an environment that no dictionary can hold: entries as they are, behind the usual ones."""
    code = ("import ctypes, os, sys\n"
            "ours = [os.fsencode(f'{k}={v}') for k, v in os.environ.items()]\n"
            f"ours += {entries!r}\n"
            "words = [os.fsencode(a) for a in sys.argv[1:]]\n"
            "array = lambda l: (ctypes.c_char_p * (len(l) + 1))(*l, None)\n"
            "ctypes.CDLL(None).execve(words[0], array(words), array(ours))\n")
    return harness.run([harness.PYTHON, "-c", code, *command], **options)


def told_to_file(start, command, **options):
    """What the script has told, in the place of what it has printed."""
    with tempfile.NamedTemporaryFile() as told:
        done = start(command, **{**options, "env": {**options["env"], "TOLD": told.name}})
        return done._replace(out=done.out + told.read())


# --- tests: name, arguments, further keywords of check()


def begin_with(start, *arguments):
    return {"start": functools.partial(start, *arguments)}


def limit(kind, size):
    return begin_with(prepared, lambda: resource.setrlimit(kind, (size, resource.getrlimit(kind)[1])))


def state_cases():
    odd = [b"TWICE=first", b"NOTEXT=\xff\xfe", b"TWICE=second", b"no sign", b"=empty name", b"EMPTY="]
    streams = [("a pipe", begin_with(told_to_file, functools.partial(with_stdin, b"line\nmore"))),
               ("a file", begin_with(told_to_file, functools.partial(from_file, "tell.py"))),
               ("a file for messages", begin_with(told_to_file, messages_to_file)),
               ("a terminal", begin_with(told_to_file, functools.partial(on_terminal, b"typed\n")))]
    for redirection in ("</dev/null", "</dev/zero", ">/dev/null", ">/dev/full", "0<>scratch.$$",
                        ">scratch.$$", ">>scratch.$$"):
        streams.append((redirection, begin_with(told_to_file,
                                                functools.partial(through_shell, redirection))))
    for redirection in ("<&-", ">&-"):
        streams.append((redirection, {"miss": "is closed", **begin_with(
            told_to_file, functools.partial(through_shell, redirection))}))
    return [
        ("state", ["state.py", "a", "b"], {}),
        ("state, of a command", ["-c", "exec(open('state.py').read())", "a"], {}),
        ("state, odd environment", ["state.py"], begin_with(in_environment, odd)),
        ("state, umask and priority", ["state.py"],
         begin_with(prepared, lambda: (os.umask(0o077), os.nice(1)))),
        ("state, few descriptors", ["state.py"], limit(resource.RLIMIT_NOFILE, 64)),
        ("state, another stack", ["state.py"], limit(resource.RLIMIT_STACK, 4 << 20)),
        ("state, signals that are ignored", ["state.py"],
         begin_with(prepared, lambda: [signal.signal(number, signal.SIG_IGN) for number in (
             signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGRTMAX)])),
        ("state, a time zone", ["state.py"], {"miss": "TZ", "extra": {"TZ": "Asia/Kolkata"}}),
        ("state, another locale", ["state.py"], {"miss": "LC_ALL", "extra": {"LC_ALL": "POSIX"}}),
        *((f"streams, {name}", ["streams.py"], keywords) for name, keywords in streams),
        ("afterwards", ["afterwards.py"], {}),
        ("stacks", ["stacks.py"], {}),
        *((f"stack of {size}", ["stacks.py"], limit(resource.RLIMIT_STACK, size))
          for size in (256 << 10, (512 << 10) + 1, 1 << 20, 64 << 20, 1 << 30, resource.RLIM_INFINITY)),
        # In a large one 3.14 goes on for half a minute until it has come too deep.
        *((f"afterwards, stack of {size}", ["afterwards.py"], limit(resource.RLIMIT_STACK, size))
          for size in (1 << 20, resource.RLIM_INFINITY)),
        ("libraries", ["libraries.py"], {}),
    ]


def command_cases():
    root = [] if os.geteuid() == 0 else [("an unreadable file", ["unreadable.py"], {})]
    options = [[letter, "-c", TELL] for letter in "-I -E -S -s -OO -b -q -v -uS -Bv".split()]
    options += [["-X", name, "-c", TELL] for name in "dev utf8 faulthandler importtime mine=1".split()]
    options += [["-W", "error", "-c", TELL], ["--version"], ["-Z"], ["-c"], ["-O", "-c"],
                ["--", "tell.py"], ["-O", "-O", "-c", TELL], ["-O", "-s", "tell.py"]]
    variables = {"PATH": "package", "HASHSEED": "0", "UTF8": "1", "DEVMODE": "1", "WARNINGS": "error",
                 "IOENCODING": "latin-1", "OPTIMIZE": "1", "NOUSERSITE": "1", "MALLOC": "debug", "INSPECT": "1"}
    return root + [
        ("-c", ["-c", TELL, "a", "-b"], {}),
        ("-m package", ["-m", "package", "a"], {}),
        ("-m module", ["-m", "tell", "a"], {}),
        ("-m missing", ["-m", "missing_module"], {}),
        ("a file", ["tell.py", "-c", "", "x"], {}),
        ("a file by a path with dots", ["./package/../tell.py"], {}),
        ("a symbolic link", ["link.py"], {}),
        ("a folder", ["folder", "a"], {}),
        (".", ["."], {}),
        ("a zip archive", ["app.zip", "a"], {}),
        ("a file that is missing", ["missing.py"], {}),
        ("a file's name that is no text", [b"not\xfftext.py", b"\xff\xfe", ""], {"start": run_bytes}),
        ("an empty name", [""], {"miss": "options"}),
        ("many arguments, and long ones", ["tell.py", *map(str, range(3000)), "x" * 100_000], {}),
        ("standard input", ["-", "a"], begin_with(with_stdin, TELL.encode())),
        ("standard input, unnamed", [], begin_with(with_stdin, TELL.encode())),
        ("standard input, empty", [], {}),
        ("standard input, a file", [], begin_with(from_file, "tell.py")),
        ("a terminal", [], begin_with(on_terminal, b"import sys\nsys.argv, sys.ps1, sys.flags\n1/0\nexit(3)\n")),
        ("-O -c", ["-O", "-c", TELL + "; print(__debug__, sys.flags)", "a", "-b"], {}),
        ("-O -m", ["-O", "-m", "tell", "a"], {}),
        ("-O and a file", ["-O", "state.py", "a"], {}),
        ("-O and standard input", ["-O"], begin_with(with_stdin, TELL.encode())),
        ("-O and PYTHONOPTIMIZE", ["-O", "-c", TELL],
         {"miss": "PYTHONOPTIMIZE", "extra": {"PYTHONOPTIMIZE": "1"}}),
        ("a terminal, by -", ["-", "a"], begin_with(on_terminal, b"import sys; sys.argv\nexit()\n")),
        *((f"option {' '.join(args)[:20]}", args, {"miss": "" if args[0] in ("-I", "-E") else "options"})
          for args in options),
        *((f"PYTHON{name}", ["-c", TELL], {"miss": f"PYTHON{name} is set", "extra": {"PYTHON" + name: value}})
          for name, value in variables.items()),
    ]


CHOICES = {"-u": "UNBUFFERED", "-B": "DONTWRITEBYTECODE", "-P": "SAFEPATH"}
ON_OR_OFF = ["1", "0", "", "-1", "00", "+0", " 0", "0 ", "x", "0x", "2147483648", "99999999999999999999"]


def choice_cases():
    """What options and variables choose that a snapshot has none of, and is used with."""
    lines = [["-uBP", "choices.py"], ["-P", "-u", "-B", "choices.py", "-u"], ["-Bc" + TELL, "-c", "x"],
             ["-uc", TELL, "a"], ["-c" + TELL], ["-mtell"], ["-Pm", "tell", "a"], ["-Pu", "folder"],
             ["-OB", "choices.py"], ["-u", "-O", "choices.py"]]
    streams = [("a pipe", begin_with(with_stdin, b"line\nmore")), ("a file", begin_with(from_file, "tell.py")),
               ("a file for messages", begin_with(messages_to_file)), ("a terminal", begin_with(on_terminal, b"typed\n"))]
    return [
        *((f"options {' '.join(line)[:24]}", line, {}) for line in lines),
        *((f"{option} and {where}", [option, script], keywords) for option in CHOICES for where, keywords in streams
          for script in ("choices.py", "streams.py")[:1 + (option == "-u")]),
        *((f"PYTHON{name}={value}", ["choices.py"], {"extra": {"PYTHON" + name: value}})
          for name in CHOICES.values() for value in ON_OR_OFF),
        *((f"PYTHON{name} and the state", ["state.py"], {"extra": {"PYTHON" + name: "1"}})
          for name in CHOICES.values()),
        *((f"{option} and the state", [option, "state.py"], {}) for option in CHOICES),
        ("all three variables", ["choices.py"], {"extra": {"PYTHON" + name: "1" for name in CHOICES.values()}}),
        ("-u and a terminal session", ["-u"], begin_with(on_terminal, b"import sys\nsys.flags, sys.argv\nexit()\n")),
    ]


def run_bytes(command, **options):
    done = subprocess.run([os.fsencode(word) for word in command], capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=harness.TIMEOUT, **options)
    return harness.Outcome(done.returncode, done.stdout, done.stderr)


ENDINGS = {
    "status": "import sys; sys.exit(3)",
    "a message": "import sys; sys.exit('the end')",
    "an exception": "def f(): raise ValueError('x')\nf()",
    "a chain": "try:\n  1/0\nexcept Exception as e:\n  raise KeyError('k') from e",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "SIGINT": "import os, signal; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(60)",
    "SIGTERM": "import os; os.kill(os.getpid(), 15)",
    "os._exit": "import os, sys; print('lost'); os._exit(4)",
    "abort": "import os; os.abort()",
    "flushed": "print('no line end', end='')",
    "atexit": "import atexit\nfor n in 1, 2, 3: atexit.register(print, n)\nprint(atexit._ncallbacks())",
    "threads": "import threading, time\n"
               "threading.Thread(target=lambda: (threading.main_thread().join(), print('late'))).start()",
    "daemon threads": "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
    "pthread_exit": "import ctypes, sys; sys.stdout.flush(); ctypes.CDLL(None).pthread_exit(None)",
    "a segmentation fault": "import faulthandler; faulthandler._sigsegv()",
    "finalizers": "class C:\n  def __del__(self): print('gone')\nc = C(); d = C(); d.d = d",
    "much": "for _ in range(5000): print('x' * 20)",
}


def end_cases():
    return [
        *((f"ending, {name}", ["-c", code], {}) for name, code in ENDINGS.items()),
        ("ending, a full device", ["-c", "print('x')"], begin_with(through_shell, ">/dev/full")),
        ("ending, a closed descriptor", ["-c", "import os; os.close(1); print('x')"], {}),
        ("ending, closed output", ["-c", "print('x')"], {"miss": "is closed", **begin_with(through_shell, ">&-")}),
        ("ending, a broken pipe", ["-c", ENDINGS["much"]], begin_with(into_closed_pipe)),
    ]


def into_closed_pipe(command, **options):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE,
                          timeout=harness.TIMEOUT, **options)
    os.close(writing)
    return harness.Outcome(done.returncode, b"", done.stderr)


def check_draws(bundles, tap):
    """Three starts with one snapshot have nothing in common."""
    env = bundles.env(PYSTART_BUNDLE=str(bundles.path / "snapshot.pyb"))
    runs = [harness.run([harness.PYSTART, "draws.py"], env=env, cwd=bundles.path) for _ in range(3)]
    drawn = [run.out.splitlines() for run in runs]
    same = [i for i, line in enumerate(zip(*drawn)) if len(set(line)) != 3]
    tap.result(not same and drawn[0] and all(GONE_ON in run.err for run in runs),
               "three starts draw different numbers", f"the same in lines {same}", *runs)


def check_entry(bundles, tap, prefix, *options):
    """A bundle that is a program: it starts the interpreter as its code was compiled."""
    stock = harness.run([harness.PYTHON, *options, "-m", "tell", "a", "-b"], env=bundles.env(), cwd=bundles.path)
    ours = harness.run([harness.PYSTART, f"{prefix}snapshot.pyb", "a", "-b"], env=bundles.env(), cwd=bundles.path)
    tap.result(CHATTER.sub(b"", stock.out) == CHATTER.sub(b"", ours.out) != b"" and GONE_ON in ours.err
               and stock.status == ours.status == 0,
               f"an entry point, {prefix or 'plain'}", stock, ours)


def main():
    harness.leave_to_plain_build()
    wanted = sys.argv[1:]
    with harness.Sandbox() as sandbox:
        bundles = Bundles(sandbox)

        def task(case, tap):
            if case[0] == "draws":
                return check_draws(bundles, tap)
            if case[0] == "entry":
                return check_entry(bundles, tap, *case[1])
            name, args, keywords = case
            check(bundles, tap, name, args, **keywords)

        cases = [*state_cases(), *command_cases(), *choice_cases(), *end_cases(), ("draws",), ("entry", [""]),
                 ("entry", [OPTIMIZED, "-O"])]
        return harness.in_parallel(task, [case for case in cases if not wanted or case[0] in wanted])


if __name__ == "__main__":
    sys.exit(main())
