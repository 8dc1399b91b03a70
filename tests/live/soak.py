"""Mixed traffic for as long as SKBTRAIL_SOAK_SECONDS says (`make soak`: ten minutes), with the program running all the time:
as trails, as JSON, as lines, and into a recording that is rotated. Memory and descriptors stay as they are, the table of
followed packets does not fill, and nothing is lost that is not counted. No pytest takes this file that is not told to."""

import json
import os
import subprocess
import threading
import time

import kernel_facts
import pytest
from test_follow import DNAT, routed  # noqa: F401
from test_trails_mixed import EVERYTHING, add_ipv6, add_tunnel, send_all, sinks

SECONDS = int(os.environ.get("SKBTRAIL_SOAK_SECONDS", "600"))
PACKETS_OF_EACH_ROUND = 100 if kernel_facts.traces_functions() else 1000
# Open trails have that much at most (docs/following.md), and what a burst took stays with the process. In ten minutes a leak
# of 30 bytes a packet comes to more.
SLACK, MOST = 64 << 20, 400 << 20


class Watched:
    """A run of the program, of which every second is noted what it holds."""

    def __init__(self, name, trace):
        self.name, self.trace = name, trace
        self.resident, self.descriptors = [], []

    def look(self):
        with open(f"/proc/{self.trace.pid}/statm", encoding="ascii") as file:
            self.resident.append(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        self.descriptors.append(len(os.listdir(f"/proc/{self.trace.pid}/fd")))

    def assert_flat(self):
        """The last third is no more than the third before, from which on all tables are as large as they get."""
        third = len(self.resident) // 3
        for what, seen, slack in (("bytes", self.resident, SLACK), ("descriptors", self.descriptors, 1)):
            before, last = max(seen[third:2 * third]), max(seen[2 * third:])
            print(f"{self.name}: {what} {max(seen[:third])} {before} {last}")
            assert last <= before + slack and last < MOST, f"{self.name} grows: {seen}"


def runs(start, directory):
    """One of each kind; their output goes to files that are not kept."""
    ring = ("-w", directory / "ring.pcapng.zst", "--rotate", "4M,3", "-O", "/dev/null", "--trail")
    words = {"trails": ("-O", "/dev/null", "--trail"), "json": ("-O", "/dev/null", "-o", "json", "--trail"),
             "lines": ("-O", "/dev/null", "-o", "line"), "recording": ring}
    return [Watched(name, start(*each, EVERYTHING, summary=True).tracing()) for name, each in words.items()]


@pytest.mark.floods
@pytest.mark.needs_fact("casts_pointers")
def test_what_runs_for_long_stays_as_it_is(routed, start, tmp_path):  # noqa: F811
    client, router, server = routed
    nat = subprocess.run(router.command("nft", "-f", "-"), input=DNAT, text=True, check=False,
                         capture_output=True).returncode == 0
    add_ipv6(client, router, server)
    add_tunnel(client, server)
    watched = runs(start, tmp_path)
    rounds = send_for(SECONDS, watched, client, server, nat)
    sent = rounds * PACKETS_OF_EACH_ROUND * 13 // 4  # of what has a number (send_all), beside TCP
    for each in watched:
        result = each.trace.stop()
        assert result.status == 0, f"{each.name}: {result.stderr}"
        told = {key: result.summary[key] for key in ("recorded", "lost_in_all", "gaps", "not_followed", "followed_no_more")}
        print(f"{each.name}: {rounds} rounds, {json.dumps(told)}, trails {result.summary.get('trails')}")
        each.assert_flat()
        assert result.summary["not_followed"] == 0
        if each.name != "lines" and result.summary["lost_in_all"] == 0:
            assert result.summary["trails"]["printed"] >= sent
        assert (result.summary["lost_in_all"] == 0) == (result.summary["gaps"] == 0)
        assert result.summary["lost_in_all"] <= result.summary["recorded"] // 100
    files = sorted(tmp_path.glob("ring*"))
    assert 1 <= len(files) <= 3 and all(file.stat().st_size <= 5 << 20 for file in files)


def send_for(seconds, watched, client, server, nat):
    """Rounds of all kinds of packets, one after the other."""
    until = time.monotonic() + seconds
    stop = threading.Event()

    def look():
        while not stop.wait(max(0.2, seconds / 600)):
            for each in watched:
                each.look()

    looking = threading.Thread(target=look)
    looking.start()
    rounds = 0
    try:
        with sinks(server):
            while time.monotonic() < until:
                send_all(client, server, PACKETS_OF_EACH_ROUND, nat)
                rounds += 1
    finally:
        stop.set()
        looking.join()
    return rounds
