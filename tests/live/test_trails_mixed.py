"""Packets of all kinds at once, each with a serial number in it: no trail may hold two, on any kernel; where the kernel
side sees functions, none may be in two trails.

With SKBTRAIL_MIXED_PACKETS=100000 there are so many, in rounds that the serial numbers last for (`make soak`)."""

import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import threading

import frames
import kernel_facts
import pytest
from test_follow import CLIENT, DNAT, SERVER, SERVICE, routed  # noqa: F401
from test_trails import read, trails_of

CLIENT6, SERVER6 = "fd05:1::1", "fd05:2::1"
FIELDS = ("mono,cpu,func,proto,src,dst,sport,dport,ip_id,icmp_type,icmp_id,icmp_seq,fragment_offset,ip_flags,"
          "inner,inner_proto,tcp_seq,payload_len")
PING_ID, TUNNEL_PING_ID = 7001, 7002
SINK = 9000


def serial_of(event):
    """Which packet the event is about, told by what no router, tunnel or NAT changes; None: it does not say."""
    text = event.get("inner", "")
    if found := re.search(rf"echo (request|reply), id {TUNNEL_PING_ID}, seq (\d+)", text):
        return "tunnel ping", found[1], int(found[2])
    if event.get("icmp_id") in (PING_ID, TUNNEL_PING_ID) and "icmp_seq" in event:
        kind = "request" if event["icmp_type"] == 8 else "reply"
        return "ping" if event["icmp_id"] == PING_ID else "tunnel ping", kind, event["icmp_seq"]
    if "fragment_offset" in event or "MF" in event.get("ip_flags", ""):
        return "datagram", event["ip_id"]
    if event.get("proto") == "udp" and event.get("dport") == SINK:
        return "udp6" if ":" in event["src"] else "udp", event["sport"]
    if event.get("proto") == "tcp" and "tcp_seq" in event and "sport" in event:
        return "tcp", "there" if event["dport"] == SINK + 2 else "back"
    return None


def one_by_one(netns, family, to, count):
    """Each datagram from a port of its own, which is its serial number."""
    for serial in range(20_000, 20_000 + count):
        with netns.open(family, socket.SOCK_DGRAM) as sock:
            sock.bind((CLIENT6 if family == socket.AF_INET6 else CLIENT, serial))
            sock.sendto(b"the same bytes in all", (to, SINK))


def in_fragments(netns, to, count):
    with netns.udp() as sock:
        for _ in range(count):
            sock.sendto(b"x" * 4400, (to, SINK + 1))


def pings(netns, to, identifier, count):
    """How many had no answer: under load a backlog may be full."""
    unanswered = 0
    with netns.open(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.settimeout(2)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        for serial in range(1, count + 1):
            message = struct.pack("!2B3H", 8, 0, 0, identifier, serial) + b"all alike"[:8]
            sock.sendto(message[:2] + struct.pack("!H", frames.checksum(message)) + message[4:], (to, 0))
            with contextlib.suppress(TimeoutError):
                reply = None
                while reply != (0, identifier, serial):
                    message = sock.recv(2000)[20:]
                    reply = (message[0], *struct.unpack("!2H", message[4:8]))
            unanswered += reply != (0, identifier, serial)
    return unanswered


def stream(client, server, to, size):
    """As much over TCP, with segmentation on the one side and GRO on the other."""
    with server.open(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("", SINK + 2))
        listener.listen()
        with client.open(socket.AF_INET, socket.SOCK_STREAM) as sender:
            sender.connect((to, SINK + 2))
            accepted, _ = listener.accept()
            with accepted:
                sending = threading.Thread(target=lambda: (sender.sendall(b"s" * size), sender.shutdown(socket.SHUT_WR)))
                sending.start()
                while accepted.recv(1 << 16):
                    pass
                sending.join()


@contextlib.contextmanager
def sinks(server):
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        threads = []
        for family, port in ((socket.AF_INET, SINK), (socket.AF_INET6, SINK), (socket.AF_INET, SINK + 1)):
            sock = stack.enter_context(server.open(family, socket.SOCK_DGRAM))
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(("", port))
            sock.settimeout(0.01)

            def read_all(sock=sock):
                while not stop.is_set():
                    with contextlib.suppress(TimeoutError):
                        sock.recv(65536)

            threads.append(threading.Thread(target=read_all))
            threads[-1].start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def add_ipv6(client, router, server):
    for netns, device, address in ((client, "cr", CLIENT6), (router, "rc", "fd05:1::fe"), (router, "rs", "fd05:2::fe"),
                                   (server, "sr", SERVER6)):
        netns.ip(f"address add {address}/64 dev {device} nodad")
    # To ask for neighbors takes an address of the link, of which it is not known for a second that no other has it: until
    # then packets would wait.
    for netns, device, neighbor, there, address in (
            (client, "cr", router, "rc", "fd05:1::fe"), (router, "rc", client, "cr", CLIENT6),
            (router, "rs", server, "sr", SERVER6), (server, "sr", router, "rs", "fd05:2::fe")):
        netns.ip(f"neighbour add {address} lladdr {neighbor.mac(there)} dev {device}")
    client.ip("route add default via fd05:1::fe")
    server.ip("route add default via fd05:2::fe")
    router.sysctl(net__ipv6__conf__all__forwarding=1)


def add_tunnel(client, server):
    for netns, own, other, number in ((client, CLIENT, SERVER, 1), (server, SERVER, CLIENT, 2)):
        netns.ip(f"link add vx type vxlan id 42 dstport 4789 local {own} remote {other} nolearning",
                 f"address add 10.8.0.{number}/24 dev vx", "link set vx up")
    client.ip(f"neighbour add 10.8.0.2 lladdr {server.mac('vx')} dev vx")
    server.ip(f"neighbour add 10.8.0.1 lladdr {client.mac('vx')} dev vx")


def mixed_ways(client, router, server):
    """IPv4, IPv6, a tunnel, and NAT where this kernel has it; whether it has."""
    add_ipv6(client, router, server)
    add_tunnel(client, server)
    nat = subprocess.run(router.command("nft", "-f", "-"), input=DNAT, text=True, check=False, capture_output=True).returncode == 0
    if nat:
        # What conntrack takes for out of the window goes on untranslated, and is answered by a reset.
        router.sysctl(net__netfilter__nf_conntrack_tcp_be_liberal=1)
    return nat


def send_all(client, server, count, nat):
    """All at once; gives how many pings had no answer."""
    work = [
        (one_by_one, client, socket.AF_INET, SERVICE if nat else SERVER, count),
        (one_by_one, client, socket.AF_INET6, SERVER6, count // 2),
        (in_fragments, client, SERVER, count // 4),
        (pings, client, SERVER, PING_ID, count // 2),
        (pings, client, "10.8.0.2", TUNNEL_PING_ID, count // 4),
        (stream, client, server, SERVER, count * 3000),
    ]
    with concurrent.futures.ThreadPoolExecutor(len(work)) as threads:
        done = [threads.submit(*words) for words in work]
    return sum(one.result() or 0 for one in done)


def packets_of(trails, serial_at):
    """Of each packet the trails it is in. No trail may hold two."""
    packets = collections.defaultdict(list)
    for trail in trails:
        held = {serial for step in trail["steps"] if (serial := serial_at.get((step["mono"], step["cpu"], step["func"])))}
        assert len(held) <= 1, f"packets {held} in one trail: {trail}"
        for serial in held:
            packets[serial].append(trail)
    return packets


def told(trails):
    """Trails of one packet, to see why they are several."""
    return "\n".join(f"{trail['packet']}: {trail['trail']} "
                     + " ".join(f"{step['func']}/{step.get('branch', 0)}" for step in trail["steps"][-12:])
                     for trail in trails)


PACKETS = int(os.environ.get("SKBTRAIL_MIXED_PACKETS", "0"))
# Rounds long enough that starts are few, and short enough that their trails have room in memory.
COUNT_RECORDED_AT_ONCE = 2500
PACKETS_RECORDED_AT_ONCE = 8125  # counting neither TCP nor pings that had no answer: see send_all()
EVERYTHING = f"net 10.5.0.0/16 or net 10.8.0.0/16 or host {SERVICE} or net fd05::/16"


def sent_round(start, path, client, server, count, nat, tracers):
    """One round, traced: what became of the run, and what has to be known to look at its trails (looked_at())."""
    with sinks(server):
        trace = start("-w", path, "-o", "json", "--trail", "--buffer", "256M", *tracers, EVERYTHING,
                      summary=True).tracing()
        unanswered = send_all(client, server, count, nat)
        result = trace.stop()
    assert result.status == 0, result.stderr
    return result, {"count": count, "unanswered": unanswered, "lost": result.summary["lost_in_all"],
                    "functions": kernel_facts.traces_functions(), "kernel": os.uname().release}


def looked_at(start, path, trails, sent):
    """How many packets are in the trails of a round, and how many of them in several. All that was sent is in one."""
    events = read(start, path, "-o", "json", "--fields", FIELDS).events
    serial_at = {(event["mono"], event["cpu"], event["func"]): serial
                 for event in events if (serial := serial_of(event))}
    packets = packets_of(trails, serial_at)
    kinds = collections.Counter(serial[0] for serial in packets)
    count = sent["count"]
    assert kinds["tcp"] >= 2
    if not sent["lost"]:
        replies = (count // 2 + count // 4) * 2 - kinds.pop("ping") - kinds.pop("tunnel ping")
        assert 0 <= replies <= sent["unanswered"]
        assert {**kinds, "tcp": 2} == {"udp": count, "udp6": count // 2, "datagram": count // 4, "tcp": 2}
    split = {serial: len(trails) for serial, trails in packets.items() if serial[0] != "tcp" and len(trails) > 1}
    if sent["functions"] and not sent["lost"]:
        # The router puts datagrams together for conntrack, and cuts them again: they may be in several trails.
        others = [serial for serial in split if serial[0] != "datagram"]
        assert not others, "\n".join(told(packets[serial]) for serial in others[:2])
    else:
        assert len(split) <= 0.02 * len(packets)
    return len(packets), len(split)


def a_round(start, path, client, server, count, nat, tracers):
    result, sent = sent_round(start, path, client, server, count, nat, tracers)
    return looked_at(start, path, trails_of(result), sent)


@pytest.mark.floods
@pytest.mark.needs_fact("follows")
@pytest.mark.parametrize("tracers", [(), ("-t", "all")], ids=["default", "all"])
def test_no_trail_holds_two_packets_whatever_they_are(routed, start, tmp_path, tracers):  # noqa: F811
    client, router, server = routed
    if tracers and not kernel_facts.attaches_many_at_once():
        pytest.skip("all that can be traced here is little more than the default, or takes minutes to attach")
    nat = mixed_ways(client, router, server)
    count, sent, split = 200 if kernel_facts.traces_functions() else 2000, 0, 0
    wanted = 0 if tracers else PACKETS
    for number in range(1 << 20):
        packets, more = a_round(start, tmp_path / f"mixed{number}.pcapng", client, server, count, nat, tracers)
        (tmp_path / f"mixed{number}.pcapng").unlink()
        sent, split = sent + packets, split + more
        if sent >= wanted:
            break
    print(f"{sent} packets, no trail of two, {split} packets in several trails")


@pytest.mark.skipif("SKBTRAIL_MIXED_RECORD" not in os.environ, reason="tests/vm/mixed-packets runs it in a guest")
def test_mixed_packets_are_recorded(routed, start):  # noqa: F811
    """In an emulated guest to look at trails takes ten times as long as to make them: the recordings are for the host."""
    client, router, server = routed
    directory = pathlib.Path(os.environ["SKBTRAIL_MIXED_RECORD"])
    nat = mixed_ways(client, router, server)
    for number in range(-(-PACKETS // PACKETS_RECORDED_AT_ONCE)):
        path = directory / f"mixed{number}.pcapng.zst"
        _, sent = sent_round(start, path, client, server, COUNT_RECORDED_AT_ONCE, nat, ())
        path.with_suffix(".json").write_text(json.dumps(sent))


@pytest.mark.skipif("SKBTRAIL_MIXED_RECORDED" not in os.environ, reason="tests/vm/mixed-packets has recordings for it")
def test_recorded_trails_hold_no_two_packets(start):
    packets = split = lost = 0
    for facts in sorted(pathlib.Path(os.environ["SKBTRAIL_MIXED_RECORDED"]).glob("*.json")):
        sent, path = json.loads(facts.read_text()), facts.with_suffix(".zst")
        more = looked_at(start, path, trails_of(read(start, path, "-o", "json", "--trail")), sent)
        packets, split, lost = packets + more[0], split + more[1], lost + sent["lost"]
    assert packets >= PACKETS
    print(f"{sent['kernel']}: {packets} packets, no trail of two, {split} packets in several trails, {lost} events lost")


@pytest.mark.floods
def test_no_event_is_missing_where_programs_come_in_between_others(routed, start, tmp_path, witness):  # noqa: F811
    """Tasks and interrupts on both CPUs send and receive at once, so that hits come within hits."""
    client, router, server = routed
    add_ipv6(client, router, server)
    add_tunnel(client, server)
    path = tmp_path / "all.pcapng"
    seen = ("net_dev_queue", "net_dev_start_xmit", "netif_rx", "netif_receive_skb")
    with sinks(server):
        # Other tracepoints are traced as well, so that programs are shared.
        trace = start("-w", path, "--buffer", "256M", "--no-follow", "-N", router.name, "-t", "net:*,skb:*", summary=True).tracing()
        counter = witness(router, *seen)
        send_all(client, server, 200 if kernel_facts.traces_functions() else 2000, nat=False)
        result = trace.stop()
        happened = counter.counts()
    assert result.summary["lost_in_all"] == 0
    counted = collections.Counter(event["func"] for event in read(start, path, "-o", "json", "--fields", "func").events)
    # The kernel itself may send a few before and after: the end of a connection, neighbor discovery.
    assert {func: happened[func] - counted[func] for func in seen if abs(happened[func] - counted[func]) > 20} == {}
