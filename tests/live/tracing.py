"""Runs the built program and its witness, waits for their marks, and reads what they say."""

import contextlib
import itertools
import json
import mmap
import os
import platform
import re
import signal
import subprocess
import time

BUILD = os.environ.get("SKBTRAIL_BUILD") or os.path.join(os.path.dirname(__file__), "../../build")
PROGRAM = os.path.join(BUILD, "skbtrail")
COUNTER = os.path.join(BUILD, "live_counter")
# Nothing takes that long; but on Linux 5.10 in an emulated guest, with another one beside it, trails that are recorded as
# well take more than a minute to start.
PATIENCE = 180
TRACING = "skbtrail: tracing"
_numbers = itertools.count()


def _sanitized():
    with open(PROGRAM, "rb") as program, mmap.mmap(program.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return text.find(b"__asan_init") >= 0


# AddressSanitizer asks for terabytes of addresses, and takes the stack for foreign where it cannot read /proc.
SANITIZED = _sanitized()


def wait_until(condition, what, patience=PATIENCE):
    """Polls until the condition gives something true, and gives that."""
    deadline = time.monotonic() + patience
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.002)
    return result


def is_pending(pid, number):
    """A second signal of a kind that still waits to be taken would be one with the first."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return any(int(line.split()[1], 16) >> (number - 1) & 1 for line in status
                   if line.startswith(("SigPnd:", "ShdPnd:")))


def in_write(pid, fd=1):
    """A thread of the process is in write(fd, ...) and waits there."""
    number = {"x86_64": "1", "aarch64": "64"}[platform.machine()]
    for task in os.listdir(f"/proc/{pid}/task"):
        # A thread may end between being listed and being asked.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), \
                open(f"/proc/{pid}/task/{task}/syscall", encoding="ascii") as state:
            if state.read().split()[:2] == [number, hex(fd)]:
                return True
    return False


class Result:
    """What a run left behind."""

    def __init__(self, status, stdout, stderr, summary):
        self.status, self.stdout, self.stderr, self.summary = status, stdout, stderr, summary

    @property
    def lines(self):
        """Events and gaps in the order of the output (layout json)."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def events(self):
        return [line for line in self.lines if "gap" not in line]

    @property
    def gaps(self):
        return [line["gap"] for line in self.lines if "gap" in line]

    def accounted(self):
        """Events that were recorded or counted as lost in the rings, before --where looked at them or not."""
        return sum([self.summary["recorded"], *(self.summary[one]["ring_full"] for one in ("lost", "may_have_matched"))])


def recorded(arguments):
    """With SKBTRAIL_RECORDINGS=DIRECTORY each run leaves its recording there, under the name of its test: words that
    make it so, and change nothing of what is printed."""
    directory = os.environ.get("SKBTRAIL_RECORDINGS")
    words = list(map(str, arguments))
    if not directory or "-w" in words or "--table" in words or (words and words[0] in ("as", "doctor", "list", "read")):
        return []
    test = os.environ.get("PYTEST_CURRENT_TEST", "run").split("::")[-1].split(" ")[0]
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", test)[:100]
    path = os.path.join(directory, f"{name}.{next(_numbers)}.pcapng.zst")
    prints = any(word in ("-o", "-O", "--output", "--output-file") for word in words)
    return ["-w", path, *(() if prints else ("-o", "drop" if words[:1] == ["drop"] else "line"))]


class Trace:
    """One run of the program, with its standard output and error in files, so that it never waits for its reader."""

    def __init__(self, directory, arguments, wrapper=(), stdout=None, summary=False):
        self.stdout_path = directory / "stdout"
        self.stderr_path = directory / "stderr"
        self.summary_path = directory / "summary"
        asked = ["--summary", self.summary_path] if summary else []
        asked += recorded(arguments)
        subcommand, rest = (arguments[:1], arguments[1:]) if arguments[:1] in (("read",), ("drop",)) else ((), arguments)
        self.arguments = [PROGRAM, *map(str, [*subcommand, *asked, *rest])]
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.process = subprocess.Popen([*wrapper, *self.arguments], stdin=subprocess.DEVNULL,
                                            stdout=stdout if stdout is not None else out, stderr=err)

    def stderr(self):
        return self.stderr_path.read_text()

    def stdout(self):
        return self.stdout_path.read_text()

    @property
    def pid(self):
        return self.process.pid

    def tracing(self):
        """Waits for the mark that everything is attached."""
        wait_until(lambda: TRACING in self.stderr() or self.process.poll() is not None, TRACING)
        assert TRACING in self.stderr(), f"ended with status {self.process.returncode}: {self.stderr()}"
        return self

    def saw(self, text):
        """Waits until the text is on standard output."""
        wait_until(lambda: text in self.stdout(), f"'{text}' in the output")

    def send(self, number):
        self.process.send_signal(number)

    def ended(self):
        """Waits for its end."""
        status = self.process.wait(PATIENCE)
        summary = json.loads(self.summary_path.read_text()) if self.summary_path.exists() else None
        return Result(status, self.stdout_path.read_bytes().decode(), self.stderr(), summary)

    def stop(self, number=signal.SIGINT):
        self.send(number)
        return self.ended()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Witness:
    """The independent counter (counter.bpf.c) of some tracepoints in one namespace."""

    def __init__(self, directory, netns, tracepoints):
        self.path = directory / "witness"
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen([COUNTER, str(netns.inum), *tracepoints], stdout=out)

    def counting(self):
        wait_until(lambda: "ready" in self.path.read_text() or self.process.poll() is not None, "the witness")
        assert self.process.poll() is None
        return self

    def counts_and_missed(self):
        """Ends the counting; gives {tracepoint: hits}, and how many hits the kernel kept from the witness."""
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0
        counts = json.loads(self.path.read_text().splitlines()[-1])
        return counts, counts.pop("missed")

    def counts(self):
        """The same of tracepoints that are not hit within themselves, so that none can be missed."""
        counts, missed = self.counts_and_missed()
        assert missed == 0, "the witness is no witness of these tracepoints"
        return counts

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
