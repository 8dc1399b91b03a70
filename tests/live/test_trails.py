"""Each packet by itself (--trail): which events are one packet's, and what became of it. The truth is a serial number in
each packet, told by the events of the same run (`read -o json`), of which the trails know nothing."""

import collections
import contextlib
import json
import re
import signal
import socket
import struct
import subprocess
import threading

import frames
import jsonschema
import kernel_facts
import pytest
from netlab import Pair, on_cpu
from test_loss import stopped
from tracing import PROGRAM

STARTS = ("net_dev_queue", "netif_rx_entry", "netif_receive_skb")


def trails_of(result):
    return [line for line in result.lines if "trail" in line]


def of(pair, trails):
    """Others trace and send on the same host."""
    names = {pair.a.name, pair.b.name}
    return [trail for trail in trails if names & set(trail["trail"]["netns"])]


def functions(trail, branch=0):
    return [step["func"] for step in trail["steps"] if step.get("branch", 0) == branch]


def read(start, path, *arguments):
    result = start("read", path, *arguments).ended()
    assert result.status == 0, result.stderr
    return result


def serials(start, path):
    """Of each event by its time and CPU: the serial number that its packet has, its source port."""
    events = read(start, path, "-o", "json", "--fields", "mono,cpu,func,sport").events
    return {(event["mono"], event["cpu"], event["func"]): event["sport"] for event in events if "sport" in event}


def assert_not_mixed(trails, serial_at):
    """No trail holds two packets. Gives how many trails each packet has."""
    packets = {}
    for trail in trails:
        held = {serial for step in trail["steps"]
                if (serial := serial_at.get((step["mono"], step["cpu"], step["func"]))) is not None}
        assert len(held) <= 1, f"packets {held} in one trail: {json.dumps(trail)}"
        for serial in held:
            packets.setdefault(serial, []).append(trail)
    return packets


@contextlib.contextmanager
def reader(pair, port=9000):
    """Reads all that comes to this port, in a thread."""
    stop = threading.Event()
    with pair.b.udp() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        sock.bind((pair.B4, port))
        sock.settimeout(0.01)

        def read_all():
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    sock.recv(65536)

        thread = threading.Thread(target=read_all)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def flood(pair, count, payload=b"", port=9000):
    """UDP datagrams with their number as the source port, and all else alike."""
    with pair.a.open(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for serial in range(1, count + 1):
            raw.sendto(frames.ipv4(pair.A4, pair.B4, 17, struct.pack("!4H", serial, port, 8 + len(payload), 0) + payload),
                       (pair.B4, 0))


def flow(pair):
    """An expression for what the namespaces send each other."""
    return f"host {pair.A4} and host {pair.B4}"


def test_a_ping_is_two_trails_that_end_where_it_was_read(pair, trace_command, start, tmp_path):
    path = tmp_path / "ping.pcapng"
    live = trace_command(pair.ping(), "-w", path, "--trail", "icmp and " + flow(pair), netns=pair.a)
    request, reply = of(pair, trails_of(live))
    assert request["trail"]["fate"] == "consumed"
    assert request["trail"]["netns"] == [pair.a.name, pair.b.name]
    assert functions(request)[-1] == "consume_skb"
    # The original is freed as dropped, and is not: ping's raw socket had got a copy.
    assert reply["trail"]["fate"] == "delivered"
    assert not reply["trail"]["dropped"]
    assert [branch["fate"] for branch in reply["branches"]] == ["consumed", "delivered"]
    assert reply["branches"][1]["comm"] == "ping"
    # The recording tells the same.
    again = of(pair, trails_of(read(start, path, "-o", "json", "--trail")))
    assert [(functions(trail), trail["trail"]["fate"], trail["trail"]["total"]) for trail in again] == \
           [(functions(trail), trail["trail"]["fate"], trail["trail"]["total"]) for trail in (request, reply)]
    # And a person reads it from the first line of each.
    heads = [line for line in read(start, path, "--trail").stdout.splitlines() if "ICMP echo" in line and pair.a.name in line]
    assert len(heads) == 2
    assert re.search("   CONSUMED by (icmp_rcv|the kernel)$", heads[0])  # Linux 6.3 tells the function
    assert "DELIVERED to ping[" in heads[1]


def test_the_first_packet_to_a_neighbour_is_one_trail_with_the_copy_that_asked_for_it(lab, trace_command):
    pair = Pair(lab, neighbours=False)
    result = trace_command(pair.ping(), "--trail", f"arp or (icmp and {flow(pair)})", netns=pair.a)
    trails = of(pair, trails_of(result))
    assert sorted(trail["packet"].split()[0].rstrip(",") for trail in trails) == ["ARP", "ARP", "IP", "IP"]
    request = next(trail for trail in trails if "echo request" in trail["packet"])
    # The kernel side sees that it is a clone, where it sees functions.
    assert [branch["lineage"] for branch in request["branches"]] in (["original", "copy"], ["original", "clone"])
    assert functions(request, 1) == ["consume_skb"]


@pytest.mark.floods
def test_no_trail_of_a_flood_holds_two_packets(pair, start, tmp_path):
    count = 2_000 if kernel_facts.traces_functions() else 20_000  # guests are slow
    path = tmp_path / "flood.pcapng"
    with reader(pair):
        trace = start("-w", path, "-o", "json", "--trail", "--buffer", "64M", "udp and " + flow(pair), netns=pair.a,
                      summary=True).tracing()
        flood(pair, count)
        result = trace.stop()
    packets = assert_not_mixed(of(pair, trails_of(result)), serials(start, path))
    assert set(packets) == set(range(1, count + 1)) or result.summary["lost_in_all"] > 0
    if result.summary["lost_in_all"] == 0:
        assert all(len(trails) == 1 for trails in packets.values())
        # Half of the frees have no event; each is seen when it is put into the socket's queue (Linux 6.3, or a function).
        if kernel_facts.traces_functions() or kernel_facts.tells_readers():
            fates = collections.Counter(trail["trail"]["fate"] for trails in packets.values() for trail in trails)
            assert fates["delivered"] >= 0.99 * count, fates


def test_the_fragments_of_a_datagram_are_one_trail(pair, start, tmp_path):
    path = tmp_path / "fragments.pcapng"
    with reader(pair):
        trace = start("-w", path, "-o", "json", "--trail", flow(pair), netns=pair.a).tracing()
        with pair.a.udp() as sock:
            for _ in range(50):
                sock.sendto(b"x" * 4400, (pair.B4, 9000))
        result = trace.stop()
    trails = of(pair, trails_of(result))
    assert len(trails) == 50
    for trail in trails:
        # The three that were sent; the kernel makes a copy of the last one when it puts them together.
        sent = {step.get("branch", 0) for step in trail["steps"] if step["func"] in ("net_dev_queue", "__dev_queue_xmit")}
        assert len(sent) == 3
        # Where the kernel side sees functions, it sees that the last one is cloned when they are put together.
        assert {branch["lineage"] for branch in trail["branches"][1:]} - {"clone"} == {"fragment"}
        assert {branch.get("parent") for branch in trail["branches"][1:] if branch["lineage"] == "fragment"} == {0}
        assert not trail["trail"]["dropped"]


def test_of_two_pings_at_once_each_reply_is_delivered(pair, start):
    trace = start("-o", "json", "--trail", "icmp and " + flow(pair), netns=pair.a).tracing()
    both = "; ".join(f"{' '.join(pair.ping('-e', number))} & " for number in (771, 772)).replace("& ;", "&")
    pair.a.run("sh", "-c", both + " wait")
    replies = [trail for trail in of(pair, trails_of(trace.stop())) if "echo reply" in trail["packet"]]
    assert len(replies) == 2
    for reply in replies:
        assert reply["trail"]["fate"] == "delivered"
        assert not reply["trail"]["dropped"]


def bridge(lab, ports=2):
    """`a` sends through a bridge in `hub` to ports behind it, which it floods."""
    hub, source = lab.netns("h"), lab.netns("a")
    sinks = [lab.netns("b") for _ in range(ports)]
    for netns in (hub, source, *sinks):
        netns.sysctl(net__ipv6__conf__all__disable_ipv6=1)
    hub.ip("link add br0 type bridge mcast_snooping 0", "link set br0 up")
    for number, netns in enumerate((source, *sinks)):
        hub.ip(f"link add p{number} type veth peer name e0 netns {netns.name}", f"link set p{number} master br0 up")
        netns.ip(f"address add 10.9.1.{number + 1}/24 dev e0", "link set e0 up")
    hub.forwards(*(f"p{number}" for number in range(ports + 1)))
    return hub, source, sinks


def test_a_flooded_packet_is_one_trail_with_a_branch_for_each_port_and_captures_are_no_fate(lab, start):
    hub, source, _ = bridge(lab)
    source.ip("neighbour add 10.9.1.9 lladdr 02:00:00:00:99:99 dev e0")
    taps = []
    for port in ("p1", "p2"):
        taps.append(hub.open(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
        taps[-1].bind((port, 3))
    trace = start("-o", "json", "--trail", "udp and host 10.9.1.9", netns=hub).tracing()
    with source.udp() as sock:
        sock.sendto(b"to nobody", ("10.9.1.9", 9))
    for tap in taps:
        while b"to nobody" not in tap.recv(2048):
            pass
    for tap in taps:
        tap.close()
    trails = [trail for trail in trails_of(trace.stop()) if hub.name in trail["trail"]["netns"]]
    assert len(trails) == 1, trails
    fates = [branch["fate"] for branch in trails[0]["branches"]]
    assert fates.count("captured") == 2
    assert trails[0]["trail"]["fate"] != "captured"
    devices = {step["ifname"] for step in trails[0]["steps"] if "ifname" in step}
    assert {"p0", "p1", "p2", "e0"} <= devices


def test_a_packet_is_one_trail_through_a_tunnel(lab, start):
    pair = Pair(lab)
    for netns, own, other in ((pair.a, 1, 2), (pair.b, 2, 1)):
        netns.ip(f"link add vx type vxlan id 42 dstport 4789 local 10.9.0.{own} remote 10.9.0.{other}",
                 f"address add 10.8.0.{own}/24 dev vx", "link set vx up")
    macs = {netns: netns.mac("vx") for netns in (pair.a, pair.b)}
    pair.a.ip(f"neighbour add 10.8.0.2 lladdr {macs[pair.b]} dev vx")
    pair.b.ip(f"neighbour add 10.8.0.1 lladdr {macs[pair.a]} dev vx")
    trace = start("-o", "json", "--trail", "icmp or udp port 4789", netns=pair.a).tracing()
    pair.a.run(*pair.ping(to="10.8.0.2"))
    request, reply = of(pair, trails_of(trace.stop()))
    for trail, ends in ((request, ("10.9.0.1", "10.9.0.2")), (reply, ("10.9.0.2", "10.9.0.1"))):
        changes = [change for step in trail["steps"] for change in step.get("changes", ())]
        tunnel = [change for change in changes if change["what"] in ("encapsulated", "decapsulated")]
        assert [change["what"] for change in tunnel] == ["encapsulated", "decapsulated"]
        assert all(change["tunnel"] == "vxlan" and change["vni"] == 42 for change in tunnel)
        assert (tunnel[0]["src"], tunnel[0]["dst"]) == ends


def test_trails_are_counted_and_chosen(pair, trace_command, start, tmp_path):
    path = tmp_path / "both.pcapng"
    with pair.a.udp() as sock:
        trace = start("-w", path, flow(pair), netns=pair.a).tracing()
        sock.sendto(b"x", (pair.B4, 9))
        pair.a.run(*pair.ping())
        trace.stop()
    dropped = trails_of(read(start, path, "-o", "json", "--trail", "--only-dropped"))
    assert [(trail["trail"]["fate"], trail["dport"]) for trail in dropped] == [("dropped", 9)]
    assert dropped[0]["branches"][0]["drop_reason"] == "NO_SOCKET"
    assert len(trails_of(read(start, path, "-o", "json", "--trail", "-c", "2"))) == 2
    chosen = trails_of(read(start, path, "-o", "json", "--trail", "--where", "func ~ 'skb_copy_datagram_*'"))
    assert len(chosen) == 1 and len(chosen[0]["steps"]) > 3
    # Live it ends there, though the command goes on.
    live = trace_command(pair.ping("-c", "3", "-i", "0.1"), "--trail", "-c", "2", "icmp and " + flow(pair), netns=pair.a)
    assert len(trails_of(live)) == 2
    assert live.summary["trails"]["printed"] == 2


def test_events_of_trails_that_were_not_chosen_are_not_lost(pair, start):
    for layout in ("--trail",), ("-o", "json", "--trail"), ("-o", "route"):
        run = start(*layout, "--only-dropped", "--strict", "icmp and " + flow(pair), "--", *pair.ping(), netns=pair.a,
                    summary=True).ended()
        assert run.status == 0 and run.summary["lost_in_all"] == 0
        assert run.summary["events"] == run.summary["recorded"] > 10
        assert (run.summary["trails"]["printed"], run.summary["trails"]["not_chosen"]) == (0, 2)


def test_events_of_a_trail_for_which_there_is_no_room_are_not_written(pair, start):
    trace = start("-O", "/dev/full", "--trail", "icmp and " + flow(pair), "--", *pair.ping(), netns=pair.a, summary=True)
    run = trace.ended()
    assert run.status == 125 and "cannot write to /dev/full" in run.stderr
    assert run.summary["events"] == 0
    assert run.summary["lost"]["not_written"] == run.summary["recorded"] > 10


def fragments(pair, *offsets, ident=77):
    """Pieces of 16 bytes of a datagram of three."""
    with pair.a.open(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for offset in offsets:
            more = 0x2000 if offset < 4 else 0
            header = struct.pack("!2B3H2BH4s4s", 0x45, 0, 36, ident, more | offset, 64, 17, 0, socket.inet_aton(pair.A4),
                                 socket.inet_aton(pair.B4))
            payload = struct.pack("!4H", 4000, 9000, 48, 0) + b"piece 00" if offset == 0 else b"more of the text"
            raw.sendto(header + payload, (pair.B4, 0))


def test_what_has_no_end_yet_is_printed_as_unfinished_when_the_run_ends(pair, start, tmp_path):
    path = tmp_path / "lost.pcapng"
    trace = start("-w", path, "-o", "json", "--trail", flow(pair), netns=pair.a, summary=True).tracing()
    fragments(pair, 0, 4)  # the second of three never comes
    result = trace.stop(signal.SIGINT)
    assert result.status == 0
    trails = of(pair, trails_of(result))
    assert [(trail["trail"]["fate"], trail["trail"]["end"]) for trail in trails] == [("not known", "run ended")]
    assert {branch["lineage"] for branch in trails[0]["branches"]} == {"original", "fragment"}
    assert not trails[0]["trail"]["complete"]
    assert result.summary["trails"]["unfinished"] >= 1  # strangers' are counted as well
    text = read(start, path, "--trail")
    assert re.search(f"{pair.a.name}.*UNFINISHED after ", text.stdout)
    assert re.search(r"^skbtrail: [0-9]+ trails?, [0-9]+ events, none lost", text.stderr, re.M)
    only = trails_of(read(start, path, "-o", "json", "--trail", "--only-incomplete"))
    assert len(of(pair, only)) == 1


def test_a_trail_that_lost_events_says_so_and_where(pair, start, tmp_path):
    if kernel_facts.traces_functions():
        pytest.skip("the steps of a whole trail are others")
    path = tmp_path / "lost.pcapng"
    trace = start("-w", path, "-o", "json", "--trail", "--buffer", "16K", "udp and " + flow(pair), netns=pair.a,
                  summary=True).tracing()
    with on_cpu(0):
        stopped(trace)  # so that the rings are not drained
        flood(pair, 300)
        trace.send(signal.SIGCONT)
        trace.saw('"trail"')
        flood(pair, 5)
    result = trace.stop()
    assert result.status == 0 and result.summary["lost_in_all"] > 0
    trails = of(pair, trails_of(result))
    always = {"net_dev_queue", "net_dev_start_xmit", "netif_rx", "netif_receive_skb"}
    short = [trail for trail in trails if not always <= set(functions(trail))]
    for trail in short:
        assert trail["trail"]["lost"] > 0 and not trail["trail"]["complete"], trail
        first = trail["steps"][0]["mono"] - 20_000_000
        assert all(gap["lost"] > 0 and gap.get("mono", first) >= first for gap in trail["trail"]["gaps"])
    # The page has it at the place, and the recording tells the same.
    assert not short or re.search(r"^  \*\*\* up to [0-9]+ events were lost here \*\*\*$", read(start, path, "--trail").stdout, re.M)


def test_every_trail_keeps_to_the_schema(lab, start, tmp_path):
    schema = json.loads(subprocess.run([PROGRAM, "--fields", "?", "-o", "json"], capture_output=True, text=True,
                                       check=True).stdout)
    validator = jsonschema.Draft202012Validator(schema)
    pair = Pair(lab, neighbours=False)
    # Strangers' packets have to keep to it, too.
    trace = start("-o", "json", "--trail", "--notices").tracing()
    pair.a.run(*pair.ping())
    fragments(pair, 0, 4)
    with pair.a.udp() as sock:
        sock.sendto(b"x", (pair.B4, 9))
    lines = trace.stop().lines
    assert len([line for line in lines if "trail" in line]) >= 4
    for line in lines:
        validator.validate(line)
    assert lines[-1]["summary"]["trails"]["printed"] >= 4
