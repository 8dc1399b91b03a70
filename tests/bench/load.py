"""The flood between two namespaces, and which CPU does what."""

import ctypes
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../live"))
from netlab import Lab, Pair  # noqa: E402

PORT, OTHER_PORT, UNUSED_PORT = 5001, 5002, 9
EVERY = 100  # one packet in so many goes to OTHER_PORT
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Cpus:
    """The flood has the first CPU to itself; what watches it has the others. With one CPU nothing is pinned. `nice` is
    for both; below 0 it keeps other work of a busy host from the numbers."""

    def __init__(self, nice=0):
        self._nice = nice
        allowed = sorted(os.sched_getaffinity(0))
        self.pinned = len(allowed) > 1
        self.flood = {allowed[0]}
        self.tools = set(allowed[1:]) or self.flood

    def on(self, cpus):
        """For Popen: the child runs there, and does not outlive us."""
        def prepare():
            os.sched_setaffinity(0, cpus)
            if self._nice:
                self._be_nice()
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        return prepare

    def _be_nice(self):
        os.setpriority(os.PRIO_PROCESS, 0, self._nice)
        # Sessions share a CPU by the niceness of the session where the kernel groups them so (SCHED_AUTOGROUP).
        if os.path.exists("/proc/self/autogroup"):
            with open("/proc/self/autogroup", "w", encoding="ascii") as group:
                group.write(str(self._nice))

    def told(self):
        rest = ",".join(map(str, sorted(self.tools)))
        where = f"flood on CPU {min(self.flood)}, tracers on CPU {rest}" if self.pinned else "one CPU, nothing pinned"
        return where + (f", nice {self._nice}" if self._nice else "")


class FloodFailed(Exception):
    pass


class Load:
    """Owns the namespaces; use as a context manager."""

    def __init__(self, build, cpus):
        self._program = os.path.join(build, "bench_flood")
        self._cpus = cpus
        self._lab = Lab()
        self._process = None

    def __enter__(self):
        # Interrupted between making a namespace and noting it, it would stay behind.
        ends = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        try:
            self.pair = Pair(self._lab)
        except BaseException:
            self._lab.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
        return self

    def __exit__(self, *_):
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._lab.close()

    def dropped_flood(self):
        """The same of packets that are dropped: no socket takes them."""
        return _DroppedFlood(self.pair, self._cpus)

    def flood(self, seconds, rate=0, count=0):
        """So many packets, or until the time is over. What bench_flood says of itself, with `packets_per_second` and `cpu_share`: how much of the time it had its
        CPU (1 unless the host is busy or the flood is paced)."""
        words = [self._program, "--from", self.pair.a.path, "--to", self.pair.b.path, "--address", self.pair.B4,
                 "--port", PORT, "--other-port", OTHER_PORT, "--every", EVERY, "--seconds", seconds, "--rate", rate, "--count", count]
        self._process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                         text=True, start_new_session=True,
                                         preexec_fn=self._cpus.on(self._cpus.flood))
        out, err = self._process.communicate(timeout=seconds + 60)
        if self._process.returncode != 0:
            raise FloodFailed(f"{err.strip()} {out.strip()}")
        told = json.loads(out)
        told["packets_per_second"] = told["sent"] / told["seconds"]
        told["cpu_share"] = told["cpu_seconds"] / told["seconds"]
        return told


class _DroppedFlood:
    """Only as fast as a script sends, which does not matter for the cost of a drop."""

    SENDER = """
import os, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
to, end, sent = (sys.argv[1], int(sys.argv[2])), time.monotonic() + float(sys.argv[3]), 0
while time.monotonic() < end:
    for _ in range(100):
        try:
            sent += s.sendto(b"x", to)
        except OSError:
            pass
print(sent)
"""

    def __init__(self, pair, cpus):
        self._pair, self._cpus = pair, cpus

    def flood(self, seconds, rate=0):
        del rate
        words = self._pair.a.command(sys.executable, "-c", self.SENDER, self._pair.B4, UNUSED_PORT, seconds)
        done = subprocess.run(words, capture_output=True, text=True, check=False, start_new_session=True,
                              preexec_fn=self._cpus.on(self._cpus.flood))
        if done.returncode != 0:
            raise FloodFailed(done.stderr.strip())
        return {"sent": int(done.stdout), "seconds": seconds}
