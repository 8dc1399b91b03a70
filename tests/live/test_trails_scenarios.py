"""Ways of packets on which tracers go wrong, each with what is true of it. Where the kernel side sees functions the whole truth
is asked for; with tracepoints alone what they can tell, and never more than one packet in a trail."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import frames
import kernel_facts
import nfqueue
import pytest
import xdp
from netlab import on_cpu
from test_trails import (assert_not_mixed, bridge, flow, fragments, functions, of, reader, serials, trails_of)
from tracing import PATIENCE, SANITIZED

EXACT = kernel_facts.traces_functions() and kernel_facts.casts_pointers()


SO_NO_CHECK = 11  # asm-generic/socket.h


def namespaces(trail):
    return {step["netns"] for step in trail["steps"] if "netns" in step}


def fates(trail):
    return [branch["fate"] for branch in trail["branches"]]


def changes(trail, what):
    return [change for step in trail["steps"] for change in step.get("changes", ()) if change["what"] == what]


@pytest.mark.floods
@pytest.mark.parametrize("words", [(), ("--exact",)], ids=["as by default", "exact"])
def test_packets_without_an_identification_and_with_equal_payloads_are_not_mixed(pair6, start, tmp_path, words):
    """IPv6: nothing in them but the port differs, by which no packet is told from another."""
    if words and not EXACT and not kernel_facts.tells_memory():
        pytest.skip("neither ends nor the slab tell when an address is another packet's")
    pair, count, path = pair6, 300 if kernel_facts.traces_functions() else 5000, tmp_path / "equal.pcapng"
    for netns in (pair.a, pair.b):
        netns.sysctl(net__ipv6__auto_flowlabels=0)
    with pair.b.udp(socket.AF_INET6) as sink:
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        sink.bind((pair.B6, 9000))
        sink.settimeout(PATIENCE)
        read_all = threading.Thread(target=lambda: [sink.recv(100) for _ in range(count)])
        read_all.start()
        trace = start("-w", path, "-o", "json", "--trail", "--buffer", "64M", *words, f"udp port 9000 and host {pair.B6}",
                      netns=pair.a, summary=True).tracing()
        for serial in range(20_000, 20_000 + count):
            with pair.a.udp(socket.AF_INET6) as sock:
                sock.bind((pair.A6, serial))
                sock.sendto(b"the same bytes in all", (pair.B6, 9000))
        read_all.join()
        result = trace.stop()
    packets = assert_not_mixed(of(pair, trails_of(result)), serials(start, path))
    assert result.summary["lost_in_all"] == 0 and len(packets) == count
    split = [serial for serial, trails in packets.items() if len(trails) > 1]
    assert len(split) <= (0 if EXACT or words else 0.003 * count)
    # Where it is not known that the other one had ended, its trail says so.
    known = {"delivered", "not known", "same probe and device again", "other skb at its address"}
    if words:
        known.remove("same probe and device again")  # it was told before
    others = [trail for trails in packets.values() for trail in trails
              if {branch.get("cut", branch["fate"]) for branch in trail["branches"]} - known]
    assert not others, others[0]


@pytest.mark.floods
def test_frees_on_another_cpu_after_the_delivery_make_no_trail_and_leave_none_unfinished(pair, start):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is one CPU")
    count = 100 if kernel_facts.traces_functions() else 1000
    done = threading.Event()

    def read_all():
        with on_cpu(1):
            for _ in range(count):
                sink.recv(100)
        done.set()

    with pair.b.udp() as sink, pair.a.udp() as sock:
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        sink.bind((pair.B4, 9000))
        sink.settimeout(PATIENCE)
        thread = threading.Thread(target=read_all)
        thread.start()
        trace = start("-o", "json", "--trail", "udp and " + flow(pair), netns=pair.a, summary=True).tracing()
        with on_cpu(0):
            for _ in range(count):
                sock.sendto(b"to the other CPU", (pair.B4, 9000))
        thread.join()
        assert done.is_set()
        result = trace.stop()
    trails = of(pair, trails_of(result))
    assert len(trails) == count
    first = {functions(trail)[0] for trail in trails}
    assert not [name for name in first if "free" in name or "consume" in name]
    if EXACT:
        assert {trail["trail"]["fate"] for trail in trails} == {"delivered"}
        assert {trail["trail"]["end"] for trail in trails} == {"fate"}
        # Also where the kernel frees what was read later, on the CPU that made it (Linux 6.18).
        readers = {branch.get("pid") for trail in trails for branch in trail["branches"] if branch["fate"] == "delivered"}
        assert readers == {os.getpid()}
    else:
        # With tracepoints alone, half of those that were read have no end that can be seen.
        assert {trail["trail"]["fate"] for trail in trails} <= {"delivered", "not known"}


@pytest.mark.floods  # others may send fragments with the same identification between the same addresses
def test_fragments_that_come_in_the_wrong_order_are_one_trail(pair, start):
    trace = start("-o", "json", "--trail", flow(pair), netns=pair.a).tracing()
    with reader(pair):
        fragments(pair, 4, 2, 0)
        result = trace.stop()
    trails = of(pair, trails_of(result))
    assert len(trails) == 1
    sent = {step.get("branch", 0) for step in trails[0]["steps"] if step["func"] in ("net_dev_queue", "__dev_queue_xmit")}
    assert len(sent) == 3
    assert not trails[0]["trail"]["dropped"]
    if EXACT:
        fates = [branch["fate"] for branch in trails[0]["branches"]]
        assert (fates.count("delivered"), fates.count("merged")) == (1, 2), fates


@pytest.mark.floods  # others may send fragments with the same identification between the same addresses
def test_fragments_of_which_one_is_lost_are_dropped_when_their_time_is_over(pair, start):
    pair.b.sysctl(net__ipv4__ipfrag_time=1)
    trace = start("-o", "json", "--trail", flow(pair) + " and not icmp", netns=pair.a).tracing()
    fragments(pair, 0, 4)
    trace.saw("FRAG_REASM_TIMEOUT" if kernel_facts.tells_lost_fragments() else '"fate":"dropped"')
    trails = of(pair, trails_of(trace.stop()))
    assert len(trails) == 1
    assert trails[0]["trail"]["fate"] == "dropped"
    arrived = [branch for branch in trails[0]["branches"] if branch["fate"] != "consumed"]
    assert len(arrived) >= 2 and {branch["fate"] for branch in arrived} == {"dropped"}
    if kernel_facts.tells_lost_fragments():
        assert {branch.get("drop_reason") for branch in arrived} == {"FRAG_REASM_TIMEOUT"}


@pytest.mark.floods  # a copy that is read 20 ms after the packet's fate comes too late for its trail
def test_a_packet_flooded_to_three_ports_is_one_trail_with_the_fate_of_each(lab, start):
    hub, source, sinks = bridge(lab, 3)
    source.ip("neighbour add 10.9.1.9 lladdr 02:00:00:00:99:99 dev e0")
    taps = [hub.open(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) for _ in range(2)]
    for tap, port in zip(taps, ("p1", "p3")):
        tap.bind((port, 3))
    trace = start("-o", "json", "--trail", "udp and host 10.9.1.9", netns=hub).tracing()
    with source.udp() as sock:
        sock.sendto(b"to nobody", ("10.9.1.9", 9))
    for tap in taps:
        while b"to nobody" not in tap.recv(2048):
            pass
    for tap in taps:  # only now: closing one waits for RCU, and the other would be read too late
        tap.close()
    trails = [trail for trail in trails_of(trace.stop()) if hub.name in trail["trail"]["netns"]]
    assert len(trails) == 1, trails
    trail, = trails
    assert fates(trail).count("captured") == 2 and trail["trail"]["fate"] != "captured"
    # At each port it came to the host behind it, which is not meant: all are dropped, or were captured before.
    reached = {(step.get("netns"), step.get("ifname")) for step in trail["steps"]}
    assert {(sink.name, "e0") for sink in sinks} <= reached
    ends = {step["netns"]: fates(trail)[step.get("branch", 0)] for step in trail["steps"]
            if step.get("ifname") == "e0" and step.get("netns") != source.name}
    assert set(ends.values()) == {"dropped"} and len(ends) == 3


@pytest.mark.floods
def test_more_unread_packets_than_are_followed_at_once_are_not_mixed_and_take_no_more_memory(pair, start, tmp_path):
    if kernel_facts.traces_functions():
        pytest.skip("guests are slow")
    if SANITIZED:
        pytest.skip("a sanitizer takes memory of its own")
    count, path = 70_000, tmp_path / "unread.pcapng"
    with pair.b.udp() as sink:
        sink.setsockopt(socket.SOL_SOCKET, 33, 512 << 20)  # SO_RCVBUFFORCE
        sink.bind((pair.B4, 9000))
        trace = start("-w", path, "-O", os.devnull, "-o", "json", "--trail", "--buffer", "256M", "udp and " + flow(pair),
                      netns=pair.a, summary=True).tracing()
        sizes = []
        with pair.a.open(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            for serial in range(count):
                header = struct.pack("!2B3H2BH4s4s", 0x45, 0, 28, serial & 0xFFFF or 1, 0, 64, 17, 0,
                                     socket.inet_aton(pair.A4), socket.inet_aton(pair.B4))
                raw.sendto(header + struct.pack("!4H", 1 + serial % 60_000, 9000, 8, 0), (pair.B4, 0))
                if serial % 10_000 == 9_999:
                    sizes.append(resident(trace.pid))
        result = trace.stop()
    assert result.status == 0
    assert result.summary["trails"]["printed"] + result.summary["lost_in_all"] >= count * 0.99
    assert result.summary["not_followed"] > 0 or result.summary["lost_in_all"] > 0
    assert max(sizes) < 512 << 20


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_what_a_program_reads_from_a_tun_device_ends_there_and_what_it_writes_is_another_packet(lab, start):
    """The program is a tunnel without a cipher: what it writes, into the device of another host, is byte for byte what it read."""
    near, far = lab.netns("t"), lab.netns("t")
    for netns in (near, far):
        netns.sysctl(net__ipv6__conf__all__disable_ipv6=1)
    tuns = [frames.Tun(netns, "tun0") for netns in (near, far)]
    for number, netns in enumerate((near, far), 1):
        netns.ip(f"address add 10.9.3.{number}/24 dev tun0", "link set tun0 up")
    trace = start("-o", "json", "--trail", "udp port 9 and net 10.9.3.0/24", netns=near).tracing()
    with near.udp() as sock, far.udp() as sink:
        sink.bind(("10.9.3.2", 9))
        sink.settimeout(PATIENCE)
        sock.sendto(b"through a program", ("10.9.3.2", 9))
        tuns[1].write(tuns[0].read())
        assert sink.recv(100) == b"through a program"
        result = trace.stop()
    for tun in tuns:
        tun.close()
    read, written = [trail for trail in trails_of(result) if {near.name, far.name} & set(trail["trail"]["netns"])]
    assert (read["trail"]["fate"], read["trail"]["netns"]) == ("to program", [near.name])
    assert read["branches"][0]["comm"].startswith(("python3", "pytest"))
    assert written["trail"]["netns"] == [far.name]
    assert written["trail"]["fate"] in (("delivered",) if EXACT else ("delivered", "not known"))
    assert len(read["branches"]) == len(written["branches"]) == 1


def test_a_packet_that_waits_in_a_queue_of_a_device_is_one_trail_with_the_time_it_waited(pair, start):
    pair.a.run("tc", "qdisc", "add", "dev", "va", "root", "tbf", "rate", "32kbit", "burst", "1600", "limit", "10000")
    trace = start("-o", "json", "--trail", "udp and " + flow(pair), netns=pair.a).tracing()
    with pair.b.udp() as sink, pair.a.udp() as sock:
        sink.bind((pair.B4, 9000))
        sink.settimeout(PATIENCE)
        for _ in range(2):
            sock.sendto(b"x" * 1300, (pair.B4, 9000))
        for _ in range(2):
            sink.recv(2000)
    first, second = of(pair, trails_of(trace.stop()))
    times = {step["func"]: step["mono"] for step in second["steps"]}
    queued = times.get("net_dev_queue", times.get("__dev_queue_xmit"))
    sent = times.get("net_dev_start_xmit", times.get("dev_hard_start_xmit"))
    assert sent - queued > 200_000_000
    assert second["trail"]["total"] > 200_000_000 > first["trail"]["total"]


def test_a_packet_that_a_program_lets_go_on_is_one_trail(pair, start):
    if not nfqueue.rule(pair.a, "udp", 9000):
        pytest.skip("this kernel does not queue packets to programs")
    try:
        queue = nfqueue.Queue(pair.a)
    except OSError as error:
        pytest.skip(f"nfnetlink_queue: {error}")
    trace = start("-o", "json", "--trail", "-t", "net:*,skb:*" + (",ip_output,nf_queue" if EXACT else ""),
                  "udp and " + flow(pair), netns=pair.a).tracing()
    with pair.b.udp() as sink, pair.a.udp() as sock, contextlib.closing(queue):
        sink.bind((pair.B4, 9000))
        sink.settimeout(PATIENCE)
        sock.sendto(b"wait", (pair.B4, 9000))
        number = queue.take()
        time.sleep(0.05)  # it waits as long
        queue.let_go(number)
        assert sink.recv(100) == b"wait"
    trails = of(pair, trails_of(trace.stop(signal.SIGINT)))
    assert len(trails) == 1, [functions(trail) for trail in trails]
    assert {"va", "vb"} <= {step.get("ifname") for step in trails[0]["steps"]}


@pytest.mark.parametrize("mode", [xdp.BY_DRIVER, xdp.GENERIC], ids=["by the driver", "generic"])
def test_a_packet_that_xdp_redirects_is_one_trail_or_its_end_is_not_known(lab, start, mode):
    """By the driver another skb is built of it, at the peer of the other device, whose driver has to have a program for that. With
    tracepoints alone its content tells what it is; where ids do, nothing tells them of it."""
    left, middle, right = (lab.netns(letter) for letter in "lmr")
    for netns in (left, middle, right):
        netns.sysctl(net__ipv6__conf__default__disable_ipv6=1)
    left.ip(f"link add l0 type veth peer name m0 netns {middle.name}", "address add 10.55.0.1/24 dev l0")
    right.ip(f"link add r0 address 02:00:00:00:00:02 type veth peer name m1 netns {middle.name}", "address add 10.55.0.2/24 dev r0")
    for netns, device in ((left, "l0"), (middle, "m0"), (middle, "m1"), (right, "r0")):
        netns.ip(f"link set {device} up")
    left.ip("neighbour add 10.55.0.2 lladdr 02:00:00:00:00:02 dev l0")
    right.ip("neighbour add 10.55.0.1 lladdr 02:00:00:00:00:01 dev r0")
    with contextlib.ExitStack() as programs, right.udp() as sink, left.udp() as sock:
        programs.enter_context(xdp.passing_all(right, "r0"))
        programs.enter_context(xdp.redirecting(middle, "m0", "m1", mode))
        sink.bind(("10.55.0.2", 9000))
        sink.settimeout(PATIENCE)
        sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)  # which nobody would compute on this way
        trace = start("-o", "json", "--trail", "udp port 9000", netns=left).tracing()
        sock.sendto(b"by another way", ("10.55.0.2", 9000))
        assert sink.recv(100) == b"by another way"
        trails = [trail for trail in trails_of(trace.stop()) if "10.55.0.1" in trail["packet"]]
    crossed = [namespaces(trail) for trail in trails]
    assert left.name in crossed[0] and right.name in crossed[-1], trails
    by_ids = kernel_facts.traces_functions()
    assert len(trails) == 1 or by_ids and len(trails) == 2 and trails[0]["trail"]["fate"] in ("not known", "consumed", "sent"), trails


LISTENS = """
import socket, sys, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], 9000))
print(flush=True)
"""
ANSWERS_ONCE = LISTENS + "sock.sendto(b'answer', sock.recvfrom(100)[1])"
NEVER_READS = LISTENS + "time.sleep(60)"


def test_a_server_that_has_ended_does_not_have_the_socket_of_the_next_one(pair, start):
    """Which often is at the same address, and has the same port and the same client."""
    @contextlib.contextmanager
    def server(program):
        with subprocess.Popen(pair.b.command(sys.executable, "-c", program, pair.B4), stdout=subprocess.PIPE) as process:
            try:
                process.stdout.readline()
                yield process
            finally:
                process.kill()

    trace = start("-o", "json", "--trail", "udp and " + flow(pair), netns=pair.a).tracing()
    with pair.a.udp() as client:
        client.settimeout(PATIENCE)
        client.bind((pair.A4, 9001))
        with server(ANSWERS_ONCE) as first:
            client.sendto(b"first", (pair.B4, 9000))
            assert client.recv(100) == b"answer"
            first.wait(PATIENCE)
        with server(NEVER_READS):
            time.sleep(0.2)
            client.sendto(b"second", (pair.B4, 9000))
            time.sleep(0.1)
            trails = of(pair, trails_of(trace.stop()))
    to_server = [trail["trail"] for trail in trails if f"> {pair.B4}.9000" in trail["packet"]]
    assert len(to_server) == 2
    assert "receiver" not in to_server[1], to_server[1]


def test_the_head_tells_who_sent_it_and_from_where(pair, start):
    """The reply is read as another skb than its fragments, by who did not send it; and a broadcast is given to its own host first,
    as if it had come in by the device."""
    pair.a.ip(f"address change {pair.A4}/24 broadcast 10.9.0.255 dev va")
    trace = start("--trail", "-t", "net:*,skb:*", f"host {pair.A4}", netns=pair.a).tracing()
    pair.a.run(*pair.ping("-s", 3000))
    with pair.a.udp() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.sendto(b"to all", ("10.9.0.255", 9000))
    heads = [line for line in trace.stop().stdout.splitlines() if " > " in line and pair.a.name in line]
    reply = next(line for line in heads if "echo reply" in line)
    assert f"   {pair.b.name} → {pair.a.name}   " in reply or f"   {pair.b.name} -> {pair.a.name}   " in reply, reply
    broadcast = next(line for line in heads if "10.9.0.255" in line)
    assert "va →" not in broadcast and "va ->" not in broadcast and f"[{os.getpid()}]" in broadcast, broadcast
