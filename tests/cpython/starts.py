# SPDX-License-Identifier: MIT
"""Counts the starts that go on with a snapshot, and those that do not, with the reason.

What is counted leaves no trace in the processes, whose environment and output the tests look at: the
kernel tells when a start comes by certain functions of the importer (its uprobes; this takes root and
tracefs). That goes for all starts with this importer, children of children included, whoever starts
them. A bundle must be built before: a snapshot of a process that is watched has the kernel's
breakpoints in it.
"""

import collections
import contextlib
import os
import pathlib
import platform
import re
import subprocess
import threading

TRACING = pathlib.Path("/sys/kernel/tracing")
# Registers with the first three arguments of a function.
REGISTERS = {"x86_64": ("di", "si", "dx"), "aarch64": ("x0", "x1", "x2")}
# Steps that the kernel does itself. For others it would map a page of its own into the process.
HARMLESS = re.compile(r"push|call|nop|j[a-z]+")
EVENT = re.compile(r"-(?P<thread>\d+) .*?: (?P<kind>begun|told|resumed): \(0x[0-9a-f]+\)"
                   r"(?: fd=(?P<fd>-?\d+))?(?: format=\"(?P<format>.*?)\" reason=\"?(?P<reason>.*?)\"?)?$")
MARK = re.compile(r"tracing_mark_write: pystart (?P<name>.*)$")
MISS = "its snapshot is not used"
# What differs from start to start in a reason.
PARTICULAR = re.compile(r"(?<= it is ).*(?= now)|(?<=is not set now, it was ).*")


# What became of a start; anything else is why its snapshot was not used.
RESUMED, UNTRIED = "went on with the snapshot", "did not try"


class CannotCount(Exception):
    """The kernel does not tell, with the reason."""


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotCount(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout


def segments(library):
    """(address, offset in the file, size) of what is mapped."""
    for line in output_of("readelf", "-lW", library).splitlines():
        fields = line.split()
        if fields[:1] == ["LOAD"]:
            yield int(fields[2], 16), int(fields[1], 16), int(fields[4], 16)


def place_of(library, function):
    """The offset of its first harmless step."""
    text = output_of("objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}", library)
    for line in text.splitlines():
        found = re.match(r" +([0-9a-f]+):\s+(\S+)", line)
        if found and HARMLESS.match(found[2]):
            address = int(found[1], 16)
            return next(offset + address - start for start, offset, size in segments(library)
                        if start <= address < start + size)
    raise CannotCount(f"{library} has no symbol {function}")


def probes_of(library, group):
    """Definitions for the kernel, by the names of what they tell."""
    try:
        first, _, third = REGISTERS[platform.machine()]
    except KeyError as error:
        raise CannotCount(f"registers of {error} are not known") from error
    wanted = {
        "resumed": ("resumed_go_on", ""),
        "begun": ("process_begin", f" fd=%{first}:s32"),
        "told": ("message_verbose", f" format=+0(%{first}):string reason=+0(%{third}):string"),
    }
    return {name: f"p:{group}/{name} {library}:{place_of(library, function):#x}{arguments}"
            for name, (function, arguments) in wanted.items()}


class Starts:
    """Counts while it is entered: `counts` has for each name that was given to mark() how many starts
    went on, did not try, or have missed for a reason. The file at `path` has the same, up to the last
    mark(); with `resume` those that it has already are counted too."""

    def __init__(self, library, path, resume=False):
        self.path = path
        self.library = os.path.realpath(library)
        self.group = f"pystart_{os.getpid()}"
        self.folder = TRACING / "instances" / self.group
        self.counts = read(path) if resume else collections.defaultdict(collections.Counter)
        self._undone = contextlib.ExitStack()
        self._name = ""
        self._reasons = {}  # thread -> why its snapshot is not used

    def __enter__(self):
        try:
            self._begin()
        except OSError as error:
            self._undone.close()
            raise CannotCount(f"{error.filename}: {error.strerror}") from error
        except BaseException:
            self._undone.close()
            raise
        return self

    def __exit__(self, *_):
        self._undone.close()

    def mark(self, name):
        """What starts from now on belongs to `name`."""
        (self.folder / "trace_marker").write_text(f"pystart {name}\n")

    def _begin(self):
        probes = probes_of(self.library, self.group)
        self.folder.mkdir()
        self._undone.callback(self.folder.rmdir)
        for name, definition in probes.items():
            self._define(definition)
            self._undone.callback(self._define, f"-:{self.group}/{name}")
        enable = self.folder / "events" / self.group / "enable"
        enable.write_text("1")
        self._undone.callback(enable.write_text, "0")
        (self.folder / "buffer_size_kb").write_text("8192")
        self._undone.callback(self._read(open(self.folder / "trace_pipe", errors="replace")))

    @staticmethod
    def _define(definition):
        # Python's own way to append looks for the end first, which the kernel refuses here.
        file = os.open(TRACING / "uprobe_events", os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, os.fsencode(definition + "\n"))
        finally:
            os.close(file)

    def _read(self, pipe):
        """Read in a thread; returns what ends that."""
        end = f"the end of {self.group}"

        def read():
            for line in pipe:
                self.heed(line.rstrip("\n"))
                if end in line:
                    break
            pipe.close()

        thread = threading.Thread(target=read, daemon=True)
        thread.start()

        def stop():
            self.mark(end)
            thread.join(10)
        return stop

    def heed(self, line):
        """One line of the kernel's."""
        mark = MARK.search(line)
        if mark:
            self._name = mark["name"]
            write(self.path, self.counts)
        event = EVENT.search(line)
        if event is None:
            return
        count, thread = self.counts[self._name], event["thread"]
        if event["kind"] == "resumed":
            count[RESUMED] += 1
        elif event["kind"] == "told" and MISS in event["format"]:
            self._reasons[thread] = PARTICULAR.sub("...", event["reason"]).replace("\t", " ")
        elif event["kind"] == "begun" and int(event["fd"]) >= 0:
            count[self._reasons.pop(thread, UNTRIED)] += 1


def write(path, counts):
    """Lines with tabs in between: name, what became of starts, how many."""
    with open(path, "w", encoding="utf-8") as file:
        for name in sorted(counts):
            file.writelines(f"{name}\t{what}\t{number}\n"
                            for what, number in counts[name].most_common())


def read(path):
    """What write() has written; nothing if there is no such file."""
    counts = collections.defaultdict(collections.Counter)
    with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
        for line in file:
            name, what, number = line.rstrip("\n").split("\t")
            counts[name][what] += int(number)
    return counts


def summary(counts):
    """Lines about all of them together."""
    total = sum(counts.values(), collections.Counter())
    yield f"{total[RESUMED]} of {total.total()} starts {RESUMED}"
    for what, number in total.most_common():
        if what != RESUMED:
            yield f"  {number}: {what}"
