"""Runs one variant beside one flood, and takes what can be known of it only while it lives."""

import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import bpf_descriptors
from variants import VariantFailed

START_PATIENCE = 30  # s
END_PATIENCE = 120  # s; bpftrace prints what it has first
LET_GO_PATIENCE = 60  # s
TICKS = os.sysconf("SC_CLK_TCK")


def wait_until_let_go():
    """Functions are let go after a run (docs/design/start.md): a process of that name is there meanwhile."""
    deadline = time.monotonic() + LET_GO_PATIENCE
    while time.monotonic() < deadline:
        names = []
        for file in Path("/proc").glob("[0-9]*/comm"):
            with suppress(OSError):
                names.append(file.read_text(encoding="utf-8", errors="replace").strip())
        if "skbtrail" not in names:
            return
        time.sleep(0.1)


class Running:
    """`pid` is None where nothing is run. `outcome`, once it has ended: what it left in its files."""

    def __init__(self, pid=None):
        self.pid, self.outcome = pid, {}


class Runner:
    """`directory`: where files of runs go; each is removed after its run."""

    def __init__(self, directory, cpus):
        self._directory, self._cpus = directory, cpus

    @contextmanager
    def running(self, variant):
        """From ready to ended."""
        wait_until_let_go()
        with tempfile.TemporaryDirectory(dir=self._directory, prefix="bench-") as place:
            words = variant.command(place)
            if words is None:
                yield Running()
                return
            process = self._start(words, place)
            try:
                self._wait_ready(variant, process, place)
                running = Running(process.pid)
                yield running
                process.send_signal(signal.SIGINT)
                process.wait(END_PATIENCE)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            running.outcome = variant.outcome(place)

    def _start(self, words, place):
        # A session of its own: ctrl-C is for us, who end it in order.
        with open(f"{place}/stdout", "wb") as out, open(f"{place}/stderr", "wb") as err:
            return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
                                    preexec_fn=self._cpus.on(self._cpus.tools))

    @staticmethod
    def _wait_ready(variant, process, place):
        deadline = time.monotonic() + START_PATIENCE
        while not variant.ready(process.pid, place):
            if process.poll() is not None or time.monotonic() > deadline:
                with open(f"{place}/stderr", encoding="utf-8", errors="replace") as err:
                    said = err.read().strip().splitlines()
                raise VariantFailed(f"{variant.name} did not get ready: {said[-1] if said else 'it said nothing'}")
            time.sleep(0.002)

    def beside_flood(self, load, variant, seconds, rate=0):
        """One measurement: what the flood said, what the variant said, memory, CPU, run times per tracepoint."""
        taken = {}
        with self.running(variant) as running:
            pid = running.pid
            before, waited, stolen = _cpu_seconds(pid), _waited_seconds(pid), _stolen_seconds()
            told = load.flood(seconds, rate)
            told["stolen_share"] = (_stolen_seconds() - stolen) / told["seconds"]
            if pid is not None:
                taken = {"tool_cpu_share": (_cpu_seconds(pid) - before) / told["seconds"],
                         "tool_waited_share": (_waited_seconds(pid) - waited) / told["seconds"],
                         "memory": _memory(pid), "run_times": bpf_descriptors.run_times(pid)}
        return {**told, **taken, **running.outcome}

    def start_seconds(self, variant):
        """From the decision to run it to its word that everything is attached, through a pipe."""
        with tempfile.TemporaryDirectory(dir=self._directory, prefix="bench-") as place:
            begin = time.monotonic()
            process = subprocess.Popen(variant.command(place), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, text=True, start_new_session=True,
                                       preexec_fn=self._cpus.on(self._cpus.tools))
            try:
                ready = any(line.startswith("skbtrail: tracing") for line in process.stderr)
                took = time.monotonic() - begin
                if not ready:
                    raise VariantFailed(f"{variant.name} did not get ready")
                process.send_signal(signal.SIGINT)
                process.stderr.read()
                process.wait(END_PATIENCE)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
                process.stderr.close()
            return took


def _cpu_seconds(pid):
    if pid is None:
        return 0
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _waited_seconds(pid):
    """How long it was ready to run and another ran on its CPU. Zero where the kernel does not tell (SCHED_INFO)."""
    if pid is None or not os.path.exists(f"/proc/{pid}/schedstat"):
        return 0
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[1]) * 1e-9


def _stolen_seconds():
    """When a CPU of ours was ready to run and the hypervisor ran something else, all CPUs together."""
    with open("/proc/stat", encoding="ascii") as stat:
        return int(stat.readline().split()[8]) / TICKS


def _memory(pid):
    """In bytes. The rings are counted twice in the peak, once they were mapped and read: it has them, and the maps
    too. `anonymous` has no ring."""
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status:
        sizes = {key: int(size) * 1024 for key, size in re.findall(r"^(\w+):\s+(\d+) kB$", status.read(), re.MULTILINE)}
    return {"peak": sizes["VmHWM"], "anonymous": sizes["RssAnon"], "maps": bpf_descriptors.map_bytes(pid)}
