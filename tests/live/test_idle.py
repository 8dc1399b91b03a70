"""A tracer that has nothing to tell costs nothing."""

import os
import time

from netlab import send_datagrams

OBSERVED_S = 2


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])  # utime, stime


def test_no_processor_time_is_used_while_nothing_matches(pair, trace):
    """The one test that has to let time pass. Packets are on their way meanwhile, but not where it looks."""
    running = trace("-N", pair.a.name, "-i", "nosuch0")
    before = cpu_ticks(running.pid)
    end = time.monotonic() + OBSERVED_S
    while time.monotonic() < end:
        send_datagrams(pair.a, pair.B4, 10)
        time.sleep(0.05)
    used = cpu_ticks(running.pid) - before
    assert used <= 1, f"{used} of {OBSERVED_S * os.sysconf('SC_CLK_TCK')} ticks"
    assert running.stop().summary["recorded"] == 0
