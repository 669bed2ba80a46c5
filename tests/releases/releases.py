# SPDX-License-Identifier: MIT
"""Build pystart and run its tests in releases of Debian, as a user of each would.

    make check-releases
    make check-releases RELEASES='trixie testing:python3.15' RELEASES_MIRROR=http://mirror/debian

Each release is a folder tree that mmdebstrap makes: as root, or without with user namespaces. What is
needed is installed there by ./bootstrap, once; the tree is kept as an archive. For each row of the
table it is unpacked, and the sources, as `make dist` packs them, are built and tested in it.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from typing import NamedTuple

INSIDE = "/pystart/tests/releases/inside.sh"
WIDTH = 160
DIGITS = 12
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DEFAULT_MIRROR = "http://deb.debian.org/debian"
COUNTS = {"passed": ("PASS", "XFAIL"), "failed": ("FAIL", "XPASS", "ERROR"), "skipped": ("SKIP",)}
HEADER = ("release", "Python", "gcc", "passed", "failed", "skipped", "eight programs", "-c pass")
LOGS = ("versions", "step", "autoreconf.log", "configure.log", "make.log", "check.log",
        "test-suite.log", "bench.log", "bench.json")


class LeftOut(Exception):
    """Something is not to be had here; the message says what."""


class Broken(Exception):
    """A release did not get as far as results; the logs say why."""

    def __init__(self, message, logs):
        super().__init__(message)
        self.logs = logs


class Busy(Exception):
    """The folder is in use."""


class Stopped(BaseException):
    """By a signal, as with Ctrl-C. What is unfinished is taken away on the way out."""


class Row(NamedTuple):
    """One line of the table: a release, and which of its interpreters."""
    name: str
    release: str
    python: str

    @property
    def file(self):
        return re.sub("[:/]+", "-", self.name)


def say(text):
    print(f"\n== {text}", flush=True)


def parse_row(text):
    """RELEASE or RELEASE:INTERPRETER, as in testing:python3.15."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*(:[A-Za-z0-9_./-]+)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no release, such as trixie, nor one of its "
                                         "interpreters, such as testing:python3.15")
    release, _, python = text.partition(":")
    return Row(text, release, os.path.join("/usr/bin", python or "python3"))


def machine_mirror():
    """Where this machine has its Debian packages from."""
    folder = pathlib.Path("/etc/apt")
    lists = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    for path in filter(pathlib.Path.is_file, lists):
        text = path.read_text(errors="replace")
        found = re.search(r"^(?:URIs:|deb\s+(?:\[[^]\n]*\]\s*)?)\s*(https?://\S+/debian)/?(?:\s|$)",
                          text, re.MULTILINE)
        if found:
            return found[1]
    return DEFAULT_MIRROR


def succeeds(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                          check=False).returncode == 0


def stop(number, _frame):
    """Handles the signals that ask to end: once, so that nothing disturbs the cleaning up."""
    for each in STOPPING:
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)


def run_to_end(command, end_with, **options):
    """Run a command and return its exit status.

    It has a session of its own, so that Ctrl-C in a terminal reaches only this program. That ends the
    command, by a signal that it can clean up after, and waits until all of its processes are gone: they
    hold a pipe, whose end tells.
    """
    reader, writer = os.pipe()
    with open(reader, "rb") as pipe:
        with open(writer, "wb") as held:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True,
                                       pass_fds=[held.fileno()], **options)
        try:
            return process.wait()
        except BaseException:
            os.killpg(process.pid, end_with)
            process.wait()
            pipe.read()
            raise


def own_namespace():
    """The command that runs another one as root with mounts of its own, which end with it."""
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    if os.getuid() != 0:
        command += ["--user", "--map-root-user", "--map-auto"]
    if not shutil.which("unshare") or not succeeds([*command, "true"]):
        raise LeftOut("neither root nor user namespaces to be had (as another user: the package "
                      "uidmap, and a line for the user in /etc/subuid and /etc/subgid)")
    return command


# In the namespace: what programs expect, then the command in the tree. A /proc of its own is refused
# to some containers.
ENTER = """
root=$1
shift
{ mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"; } &&
mount --rbind /dev "$root/dev" &&
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp" &&
exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \\
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
"""


class Releases:
    """The trees, in a folder that can be kept."""

    def __init__(self, options):
        self.options = options
        self.folder = options.folder.resolve()
        self.source = options.source.resolve()
        self.namespace = own_namespace()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = self.lock_folder()

    def lock_folder(self):
        """Two at a time would take the trees from each other. The lock ends with this process."""
        lock = open(self.folder / "lock", "wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise Busy(f"another run is at work in {self.folder}") from None
        return lock

    def pythons(self, release):
        """The interpreters that the rows of a release are about."""
        return sorted({row.python for row in self.options.releases if row.release == release})

    def archive(self, release):
        """The name tells what was installed, so that a change of that makes a new archive."""
        wanted = subprocess.run([self.source / "bootstrap", "packages"], check=True,
                                capture_output=True).stdout
        digest = hashlib.sha256(wanted + " ".join(self.pythons(release)).encode()).hexdigest()
        return self.folder / f"{release}-{digest[:DIGITS]}.tar"

    def reach(self, release):
        url = f"{self.options.mirror}/dists/{release}/Release"
        try:
            with urllib.request.urlopen(url, timeout=30):
                pass
        except urllib.error.HTTPError as error:
            raise LeftOut(f"{url}: {error}") from None
        except OSError as error:
            raise LeftOut(f"{url} cannot be reached: {error}") from None

    def make(self, release):
        """The archive of a release, made if it is not there yet."""
        archive = self.archive(release)
        if archive.exists():
            return archive
        if not shutil.which("mmdebstrap"):
            raise LeftOut("mmdebstrap is not installed")
        self.reach(release)
        for old in self.folder.glob(f"{release}-{'[0-9a-f]' * DIGITS}.tar"):
            old.unlink()
        say(f"making {release} from {self.options.mirror} (its output: {self.log(release)})")
        unfinished = archive.with_suffix(".new.tar")
        try:
            self.bootstrap(release, unfinished)
            unfinished.rename(archive)
        finally:
            unfinished.unlink(missing_ok=True)
        return archive

    def log(self, release):
        return self.folder / f"{release}.log"

    def bootstrap(self, release, archive):
        """Have mmdebstrap make a release, with what ./bootstrap installs."""
        command = [
            "mmdebstrap", "--variant=minbase",
            f"--mode={'root' if os.getuid() == 0 else 'unshare'}",
            # Mirrors that are a snapshot have a Release file that is out of date.
            '--aptopt=Acquire::Check-Valid-Until "false"',
            "--customize-hook=mkdir \"$1/pystart\"",
            f"--customize-hook=sync-in {shlex.quote(str(self.source))} /pystart",
            f"--customize-hook=chroot \"$1\" {INSIDE} deps {' '.join(self.pythons(release))}",
            "--customize-hook=rm -r \"$1/pystart\"",
            release, archive, f"deb {self.options.mirror} {release} main"]
        with open(self.log(release), "wb") as file:
            # It unmounts and removes its tree when it is interrupted.
            status = run_to_end(command, signal.SIGINT, stdout=file, stderr=subprocess.STDOUT)
        if status != 0:
            raise Broken(f"mmdebstrap ended with {status}", [self.log(release)])

    def run(self, *command):
        """In a namespace, which ends with whatever was started and mounted there."""
        return run_to_end([*self.namespace, "--", *command], signal.SIGKILL)

    def remove(self, tree):
        """By what is root there: to others, files of other users do not belong."""
        if tree.exists():
            self.run("rm", "-rf", "--", tree)

    def unpack(self, archive, tree):
        self.remove(tree)
        tree.mkdir(parents=True)
        status = self.run("sh", "-ec", 'tar -C "$2" --exclude="./dev/*" -xpf "$1"; '
                          'mkdir "$2/pystart"; cp -R "$3/." "$2/pystart"',
                          "unpack", archive, tree, self.source)
        if status != 0:
            self.remove(tree)
            raise Broken(f"{archive} could not be unpacked", [])

    @contextlib.contextmanager
    def tree(self, row):
        """The tree of a row; it stays if something fails, to be looked at."""
        archive = self.make(row.release)
        tree = self.folder / "trees" / row.file
        try:
            self.unpack(archive, tree)
            yield tree
        except Stopped:
            self.remove(tree)
            raise
        self.remove(tree)


def count(log):
    """How many tests passed, failed and were skipped, by automake's summary."""
    totals = dict.fromkeys(COUNTS, 0)
    for word, number in re.findall(r"^# ([A-Z]+): +(\d+)$", log, re.MULTILINE):
        for name, words in COUNTS.items():
            if word in words:
                totals[name] += int(number)
    return totals


def ratios(document):
    """What a bench found: all eight programs together, and the start of the interpreter alone."""
    walls = {result["name"]: result["wall"]["ratio"]["median"] for result in document["results"]}
    return document["geometric_mean"]["programs"]["wall"], walls.get("-c pass")


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""


def keep_logs(build, logs):
    """Beside the trees, where they stay when a tree does not."""
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    for name in LOGS:
        if (build / name).exists():
            shutil.copyfile(build / name, logs / name)


def show_failures(logs):
    """The tests that failed, with the beginning of what they say; skipped ones by name."""
    for line in read(logs / "check.log").splitlines():
        if line.startswith(("FAIL:", "XPASS:", "ERROR:", "SKIP:")):
            print("  " + line[:WIDTH])
    shown = 0
    for line in read(logs / "test-suite.log").splitlines():
        shown = 20 if line.startswith("not ok") else 0 if line.startswith("ok ") else shown - 1
        if shown > 0:
            print("    " + line[:WIDTH])


def test(releases, row, logs):
    """Build and test a row in a tree of its own."""
    options = releases.options
    with releases.tree(row) as tree:
        say(f"{row.name}: building and testing (the logs will be in {logs})")
        releases.run("sh", "-c", ENTER, "enter", tree, INSIDE, "check", row.python,
                     str(options.jobs), str(options.rounds))
        keep_logs(tree / "pystart/build", logs)
        step = read(logs / "step").strip()
        if step != "finished":
            raise Broken(f"{step or 'the start'} failed; the tree is {tree}",
                         [logs / f"{step}.log"])


def cells(row, logs):
    """What the table shows of a row."""
    versions = dict(line.split() for line in read(logs / "versions").splitlines())
    counts = count(read(logs / "test-suite.log"))
    bench = read(logs / "bench.json")
    both = ratios(json.loads(bench)) if bench else (None, None)
    return (row.name, versions["python"], versions["gcc"], *(str(counts[name]) for name in COUNTS),
            *("-" if value is None else f"{value:.3f}" for value in both))


def is_well(row_cells):
    passed, failed = (int(row_cells[HEADER.index(name)]) for name in ("passed", "failed"))
    return passed > 0 and failed == 0


def run_row(releases, row):
    """A line of the table, and whether all is well. What is not to be had is no failure."""
    logs = releases.folder / "logs" / row.file
    try:
        test(releases, row, logs)
    except LeftOut as reason:
        return (row.name, f"LEFT OUT: {reason}"), True
    except Broken as reason:
        for log in reason.logs:
            print("\n".join(read(log).splitlines()[-60:]))
        return (row.name, f"FAILED: {reason}"), False
    except OSError as reason:
        return (row.name, f"FAILED: {reason}"), False
    show_failures(logs)
    line = cells(row, logs)
    return line, is_well(line)


def print_table(lines):
    """Lines of two cells have only a message."""
    full = [line for line in lines if len(line) == len(HEADER)]
    widths = [max(len(line[i]) for line in full) for i in range(len(HEADER))]
    widths[0] = max(len(line[0]) for line in lines)
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
              if len(line) == len(HEADER) else f"{line[0].ljust(widths[0])}  {line[1]}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("releases", nargs="+", type=parse_row, metavar="RELEASE[:INTERPRETER]")
    parser.add_argument("--source", type=pathlib.Path, required=True,
                        help="the sources, as `make dist` packs them")
    parser.add_argument("--folder", type=pathlib.Path, required=True,
                        help="where archives, trees and logs are kept")
    parser.add_argument("--mirror", default="",
                        help=f"this machine's by default ({machine_mirror()})")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--rounds", type=int, default=11, help="of the bench; 0 for none")
    options = parser.parse_args()
    options.mirror = (options.mirror or machine_mirror()).rstrip("/")
    return options


def main():
    options = parse_arguments()
    try:
        releases = Releases(options)
    except LeftOut as reason:
        say(f"check-releases: LEFT OUT: {reason}")
        return 0
    except (Busy, OSError) as reason:
        say(f"check-releases: {reason}")
        return 1
    results = [run_row(releases, row) for row in options.releases]
    say("results (ratios: pystart divided by stock)")
    print_table([HEADER, *(line for line, _ in results)])
    return 0 if all(well for _, well in results) else 1


def stoppable_main():
    for each in STOPPING:
        signal.signal(each, stop)
    try:
        return main()
    except Stopped as reason:
        number = reason.args[0]
        say(f"check-releases: stopped by {signal.Signals(number).name}; what was unfinished is removed")
        return 128 + number


if __name__ == "__main__":
    sys.exit(stoppable_main())
