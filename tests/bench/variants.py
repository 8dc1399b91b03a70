"""What runs beside the flood: nothing, empty programs, skbtrail in several ways, tcpdump, bpftrace. Each knows its
command line, when it is ready, and how to read from what it left how many events it had and lost."""

import json
import os
import re
import shutil
import subprocess

import bpf_descriptors
from load import OTHER_PORT, UNUSED_PORT

HERE = os.path.dirname(os.path.abspath(__file__))
SKBTRAIL_READY = "skbtrail: tracing"
# With -v. A filter's miss is measured on this path, wherever the kernel has it (bpf_rdonly_cast, Linux 6.2).
FAST_REJECT = "packet filter: fast reject, then bytes where they lie"


class VariantFailed(Exception):
    pass


class Variant:
    """`missing` says why it cannot run here, if it cannot. Files of a run: stdout, stderr and summary in `place`."""

    missing = None
    is_skbtrail = False

    def __init__(self, name, title):
        self.name, self.title = name, title

    def command(self, place):
        """The words to run; None: nothing."""
        raise NotImplementedError

    def ready(self, pid, place):
        raise NotImplementedError

    def outcome(self, place):
        """{"events", "lost", "causes"} after its end, as far as it tells."""
        return {}


class Untraced(Variant):
    def __init__(self):
        super().__init__("untraced", "nothing attached")

    def command(self, place):
        return None


class Empty(Variant):
    def __init__(self, build, tracepoints):
        super().__init__("empty", f"empty programs on the same {len(tracepoints)} tracepoints")
        self._words = [os.path.join(build, "bench_empty"), *tracepoints]

    def command(self, place):
        return self._words

    def ready(self, pid, place):
        return "ready" in _text(place, "stdout")


class Bare(Variant):
    """`arguments` are those of bench_bare."""

    def __init__(self, build, name, title, *arguments):
        super().__init__(name, title)
        self._words = [os.path.join(build, "bench_bare"), *arguments]

    def command(self, place):
        return self._words

    def ready(self, pid, place):
        return "ready" in _text(place, "stdout")


class Skbtrail(Variant):
    is_skbtrail = True

    def __init__(self, build, name, title, *arguments, says=None):
        """`says`: what has to stand in its standard error, or the numbers would be those of another thing."""
        super().__init__(name, f"skbtrail, {title}")
        self.program = os.path.join(build, "skbtrail")
        self.arguments = arguments
        self._says = says
        if arguments[:1] != ("drop",) and not self._understands(arguments):
            self.missing = "not in this skbtrail"

    def _understands(self, arguments):
        """A page is printed instead of tracing only if the rest of the command line is right."""
        words = [self.program, *arguments, "-t", "?"]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def command(self, place):
        return [self.program, *self.arguments, "--summary", os.path.join(place, "summary")]

    def ready(self, pid, place):
        return SKBTRAIL_READY in _text(place, "stderr")

    def outcome(self, place):
        said = _text(place, "stderr")
        if self._says and self._says not in said:
            raise VariantFailed(f"{self.name} does not say '{self._says}' but: {said.strip()}")
        summary = json.loads(_text(place, "summary"))
        return {"events": summary["events"], "lost": summary["lost_in_all"],
                "causes": {cause: number for cause, number in summary["lost"].items() if number}}


class Tcpdump(Variant):
    def __init__(self, name, title, netns, *arguments):
        super().__init__(name, f"tcpdump, {title}")
        self._words = netns.command("tcpdump", "-i", "any", "-n", "-Z", "root", *arguments)
        if not shutil.which("tcpdump"):
            self.missing = "not installed"

    def command(self, place):
        return [word.format(place=place) for word in self._words]

    def ready(self, pid, place):
        return "listening on" in _text(place, "stderr")

    def outcome(self, place):
        text = _text(place, "stderr")
        captured, dropped = (re.search(rf"(\d+) packets? {what}", text) for what in ("captured", "dropped by kernel"))
        return {"events": int(captured[1]), "lost": int(dropped[1])} if captured and dropped else {}


class Bpftrace(Variant):
    """Mounts tracefs for itself alone: bpftrace wants it at its usual place."""

    SCRIPT = os.path.join(HERE, "same.bt")

    def __init__(self):
        super().__init__("bpftrace", "bpftrace, the same lines into a file")
        with open(self.SCRIPT, encoding="utf-8") as script:
            self._probes = len(re.findall(r"^tracepoint:", script.read(), re.MULTILINE))
        if not shutil.which("bpftrace"):
            self.missing = "not installed"

    def command(self, place):
        mount = "mount -t tracefs tracefs /sys/kernel/tracing && exec bpftrace " + self.SCRIPT
        return ["unshare", "--mount", "sh", "-c", mount]

    def ready(self, pid, place):
        """It has a perf event for each tracepoint and one buffer for each CPU; it says nothing itself."""
        return bpf_descriptors.count(pid, "[perf_event]") >= self._probes + os.cpu_count()

    def outcome(self, place):
        lost = events = 0
        for name in ("stdout", "stderr"):
            with open(os.path.join(place, name), "rb") as lines:
                for line in lines:
                    if line.startswith(b"Lost "):
                        lost += int(line.split()[1])
                    elif b"tracepoint:" in line:
                        events += 1
        return {"events": events, "lost": lost}


def _text(place, name):
    with open(os.path.join(place, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def fast_reject():
    major, minor = map(int, re.match(r"(\d+)\.(\d+)", os.uname().release).groups())
    return FAST_REJECT if (major, minor) >= (6, 2) else None


def all_variants(build, tracepoints, pair):
    """In the order of the table. `pair` is where the flood goes."""
    def skbtrail(name, title, *arguments, **expected):
        return Skbtrail(build, name, title, *arguments, **expected)

    return [
        Untraced(),
        Empty(build, tracepoints),
        skbtrail("miss", f"'udp dst port {UNUSED_PORT}' (nothing matches)", "-v", f"udp dst port {UNUSED_PORT}",
                 says=fast_reject()),
        skbtrail("miss-options", f"-p udp --dport {UNUSED_PORT} (nothing matches)", "-v", "-p", "udp", "--dport",
                 str(UNUSED_PORT), says=fast_reject()),
        skbtrail("miss-no-follow", f"--no-follow 'udp dst port {UNUSED_PORT}' (nothing matches)", "-v", "--no-follow",
                 f"udp dst port {UNUSED_PORT}", says=fast_reject()),
        skbtrail("miss-len", "--len 9999 (nothing matches)", "--len", "9999"),
        skbtrail("one-percent", f"'udp dst port {OTHER_PORT}' (1 % matches), line", f"udp dst port {OTHER_PORT}"),
        skbtrail("count", "everything, only counted", "-o", "count"),
        skbtrail("line", "everything, line into a file"),
        skbtrail("line-follow", "--follow, everything, line into a file", "--follow"),
        skbtrail("json", "everything, json into a file", "-o", "json"),
        Tcpdump("tcpdump-w", "-w into a file, receiver's side only", pair.b, "-w", "{place}/packets"),
        Tcpdump("tcpdump", "printing into a file, receiver's side only", pair.b),
        Bpftrace(),
    ]


def drop_variants(build):
    """What looks at drops; the empty program is the first."""
    return [
        Empty(build, ["kfree_skb"]),
        Skbtrail(build, "drop-table", "drop --table", "drop", "--table", "--interval", "10s"),
        Skbtrail(build, "drop", "drop into a file", "drop"),
    ]


def attached_tracepoints(build, runner):
    """What skbtrail attaches to when it is asked for nothing in particular."""
    with runner.running(Skbtrail(build, "default", "default", "--len", "9999")) as running:
        return sorted(bpf_descriptors.tracepoints(running.pid).values())
