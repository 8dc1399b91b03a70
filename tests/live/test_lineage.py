"""What skbs are made from, where the kernel side sees the functions that make them."""

import contextlib
import os
import socket
import subprocess
import threading
import time

import kernel_facts
import pytest
import xdp
from echo_flood import receive_on_first_cpu
from netlab import on_cpu
from test_fragments_of_skb import set_offload
from test_trails import of, trails_of
from tracing import wait_until

PORT = 7701
DROP_DATA = f"""table ip retry {{
  chain in {{ type filter hook prerouting priority -300; tcp dport {PORT} tcp flags & psh == psh drop; }}
}}"""


def timeouts(netns):
    """Segments that TCP sent once more because nothing was acknowledged."""
    lines = [line.split() for line in netns.run("cat", "/proc/net/netstat").splitlines() if line.startswith("TcpExt:")]
    return int(dict(zip(*lines, strict=True))["TCPTimeouts"])


@pytest.mark.needs_fact("traces_functions")
def test_a_retransmission_is_told_as_one(pair, start):
    a, b = pair.a, pair.b
    done = subprocess.run(b.command("nft", "-f", "-"), input=DROP_DATA, text=True, check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"no nftables here: {done.stderr.splitlines()[0]}")
    with b.open(socket.AF_INET, socket.SOCK_STREAM) as listener, a.open(socket.AF_INET, socket.SOCK_STREAM) as client:
        listener.bind(("", PORT))
        listener.listen()
        trace = start("-o", "json", "--trail", "-t", "__tcp_transmit_skb,net_dev_queue,netif_receive_skb",
                      f"tcp dst port {PORT}").tracing()
        client.connect((pair.B4, PORT))
        accepted, _ = listener.accept()
        with accepted:
            client.send(b"once more")
            wait_until(lambda: timeouts(a), "a retransmission")
            b.run("nft", "delete", "table", "ip", "retry")
            assert accepted.recv(100) == b"once more"
        result = trace.stop()
    kinds = [[branch["lineage"] for branch in trail["branches"]] for trail in trails_of(result)]
    resent = [ours for ours in kinds if "retransmission" in ours]
    assert len(resent) == 1, kinds
    # All that was sent is in the trail of what is in the queue: it was sent, and sent again.
    assert resent[0][:3] == ["original", "clone", "retransmission"], kinds


@contextlib.contextmanager
def echoing(netns, port, cpu):
    """Sends each datagram back, on this CPU."""
    stop = threading.Event()
    with netns.udp() as sock:
        sock.bind(("", port))
        sock.settimeout(0.01)

        def echo():
            os.sched_setaffinity(0, {cpu})
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    sock.sendto(*sock.recvfrom(100))

        thread = threading.Thread(target=echo)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@pytest.mark.floods
@pytest.mark.needs_fact("traces_functions")
def test_the_end_of_an_skb_is_seen_in_an_interrupt_that_finds_the_same_program_running(pair, trace):
    """What one task frees is freed while softirqs on the same CPU free what others send. A packet whose end is missed
    is followed until its age: there is none. SKBTRAIL_NESTING_SECONDS: how long, to look closer."""
    age, seconds = 1.0, float(os.environ.get("SKBTRAIL_NESTING_SECONDS", "0.8"))
    running = trace("--follow", "--track-age", f"{age}s", "-t", "consume_skb,kfree_skb", "--stack", "--buffer", "64M",
                    f"udp port {PORT} and host {pair.A4} and host {pair.B4}")
    receive_on_first_cpu(pair.b, "vb")
    with echoing(pair.b, PORT, min(os.sched_getaffinity(0))), pair.a.udp() as sender, on_cpu(1):
        end = time.monotonic() + seconds
        sent = 0
        while time.monotonic() < end:
            sender.sendto(b"%d" % sent, (pair.B4, PORT))
            sent += 1
            with contextlib.suppress(BlockingIOError):
                while True:
                    sender.recv(100, socket.MSG_DONTWAIT)
    time.sleep(1.4 * age)  # for what it would not be: seen no more, and still followed
    result = running.stop()
    assert sent > 100
    assert result.summary["not_followed"] == 0
    assert result.summary["followed_aged"] == 0, f"of {sent}"


def branches_of(trails):
    return [branch for trail in trails for branch in trail["branches"]]


@pytest.mark.floods
def test_segments_are_children_of_what_was_cut_and_what_gro_merges_is_part_of_what_it_was_merged_into(pair, start):
    """The device cuts nothing and the other one merges: a large packet becomes segments, and they become one again. With
    tracepoints alone it is GRO's answer that tells, which has no packet that a filter could want."""
    exact, size = kernel_facts.traces_functions(), 40_000
    set_offload(pair.a, "va", "tso", False)
    set_offload(pair.b, "vb", "gro", True)
    with pair.b.open(socket.AF_INET, socket.SOCK_STREAM) as listener, pair.a.open(socket.AF_INET, socket.SOCK_STREAM) as client:
        listener.bind(("", PORT))
        listener.listen()
        client.connect((pair.B4, PORT))
        accepted, _ = listener.accept()
        with accepted:
            wanted = [f"tcp dst port {PORT} and dst host {pair.B4}"] if exact else ["-t", "net:*"]
            trace = start("-o", "json", "--trail", "--buffer", "64M", *wanted, summary=True).tracing()
            client.sendall(bytes(size))
            left = size
            while left:
                left -= len(accepted.recv(left))
            result = trace.stop()
    trails = [trail for trail in of(pair, trails_of(result)) if trail.get("dport") == PORT]
    branches = branches_of(trails)
    assert not [branch for branch in branches if branch["fate"] == "dropped"]
    segments = [branch for branch in branches if branch["lineage"] == "segment"]
    if exact:
        assert len(segments) > size // 1500 // 2, [branch["lineage"] for branch in branches]
    if not kernel_facts.merges_on_veth():
        return
    merged = [branch for branch in branches if branch["fate"] == "merged"]
    assert len(merged) > size // 1500 // 3, [branch["fate"] for branch in branches]
    known = {trail["trail"]["id"] for trail in trails}
    for trail in trails:
        for branch in trail["branches"]:
            if branch["fate"] == "merged":
                assert branch.get("into", 0) < len(trail["branches"])
                assert "into" in branch or branch.get("into_trail") in known, branch
    if exact:  # each went all the way: none is lost
        assert {trail["trail"]["fate"] for trail in trails} <= {"delivered", "merged"}


@pytest.mark.needs_fact("follows")
def test_an_skb_that_is_rebuilt_for_an_xdp_program_stays_in_the_trail_of_its_packet(pair, start):
    """After the sender nothing matches the filter, so that it is followed alone."""
    with xdp.passing_all(pair.b, "vb"), pair.b.udp() as sink, pair.a.udp() as sender:
        sink.bind(("", PORT))
        sink.settimeout(20)
        trace = start("-o", "json", "--trail", f"udp dst port {PORT} and host {pair.B4}", summary=True).tracing()
        for _ in range(5):
            sender.sendto(b"built anew", (pair.B4, PORT))
            sink.recv(100)
        result = trace.stop()
    trails = of(pair, trails_of(result))
    kinds = [[branch["lineage"] for branch in trail["branches"]] for trail in trails]
    exact = kernel_facts.traces_functions()
    if exact and not kernel_facts.tells_rebuilding():
        pytest.skip(f"this kernel has no function that could tell: {kinds}")
    assert len(trails) == 5, kinds
    assert all(ours[-1] == ("rebuilt" if exact else "copy") for ours in kinds), kinds
    assert {trail["trail"]["netns"][-1] for trail in trails} == {pair.b.name}
