"""Packets whose headers are not all written yet, and frames that come in by eth_type_trans(): at no function is one shown
as something that it is not, has a fault, or is matched by what stood in its memory before.

Runs inside a guest, as test_guest.py does. Every flow has a port and a payload of a length of its own, so that whatever
tells one of them without the other is told from another program's bytes.
"""
import os
from collections import Counter, defaultdict

import pytest

# pylint: disable=unused-import,redefined-outer-name
from test_functions import VERSION, here, listed
from test_guest import ip, namespaces, run, trace_with  # noqa: F401

# Port: (family, how it is sent); the payload is the port's last three digits long.
FLOWS = {4100: ("ip", "unconnected"), 4101: ("ip", "connected"), 4102: ("ip6", "unconnected"), 4103: ("ip6", "connected"),
         4104: ("ip", "mapped"), 4105: ("ip", "corked"), 4106: ("ip6", "corked")}
PING4, PING6, RAW4, RAW6 = 177, 178, 179, 180  # bytes of payload
ADDRESSES = {"10.78.0.1", "10.78.0.2", "fd78::1", "fd78::2"}

SENDER = f"""
import socket, sys
HOSTS = {{"ip": (socket.AF_INET, "10.78.0.2"), "ip6": (socket.AF_INET6, "fd78::2")}}
UDP_CORK = 1

def send(port, kind, how):
    family, host = HOSTS[kind]
    if how == "mapped":
        family, host = socket.AF_INET6, "::ffff:" + host
    payload = b"x" * (port % 1000)
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.bind(("", port + 1000))
        if how in ("connected", "corked"):
            s.connect((host, port))
        if how == "corked":
            s.setsockopt(socket.IPPROTO_UDP, UDP_CORK, 1)
            s.send(payload[:50])
            s.send(payload[50:])
            s.setsockopt(socket.IPPROTO_UDP, UDP_CORK, 0)
        elif how == "connected":
            s.send(payload)
        else:
            s.sendto(payload, (host, port))

for turn in range(2):
    for port, (kind, how) in {FLOWS!r}.items():
        send(port, kind, how)
for kind, length in (("ip", {RAW4}), ("ip6", {RAW6})):
    family, host = HOSTS[kind]
    with socket.socket(family, socket.SOCK_RAW, 253) as s:
        s.sendto(b"r" * length, (host, 0))
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.connect_ex((host, 4199))
"""
TRAFFIC = ("sh", "-c", f"""/usr/bin/python3 - <<'END'
{SENDER}
END
ping -q -c 1 -W 5 -s {PING4} 10.78.0.2
ping -q -c 1 -W 5 -s {PING6} fd78::2""")

# In which a packet on its way out has not all of its headers, and those around; a kernel has most of them.
AROUND = ["ip_generic_getfrag", "raw_getfrag", "raw6_getfrag", "icmp_glue_bits", "icmpv6_getfrag", "ip_reply_glue_bits",
          "nf_ct_attach", "skb_put", "skb_push", "ip_options_build", "udp_send_skb", "udp_v6_send_skb", "udp4_hwcsum",
          "udp6_hwcsum_outgoing", "ip_send_skb", "ip_local_out", "__ip_local_out", "ip6_send_skb", "ip6_local_out",
          "__ip6_local_out", "ip_output", "ip6_output", "nf_hook_slow", "skb_copy_bits", "skb_store_bits", "skb_clone",
          "__skb_clone", "__copy_skb_header", "ip_queue_xmit", "__ip_queue_xmit", "inet6_csk_xmit", "ip6_xmit",
          "__tcp_transmit_skb", "tcp_v4_send_check", "tcp_v6_send_check", "ip_build_and_send_pkt", "__dev_queue_xmit",
          "dev_hard_start_xmit", "eth_type_trans", "netif_rx", "ip_rcv", "ipv6_rcv", "udp_rcv", "udpv6_rcv", "consume_skb",
          "kfree_skb_reason", "skb_release_head_state", "skb_release_data", "sock_wfree", "kfree_skbmem", "mld_sendpack",
          "igmp_send_report", "ndisc_send_skb"]
# At which a UDP packet is judged by made headers, or before its IP header is complete.
EARLY4 = ["udp_send_skb", "ip_send_skb", "__ip_local_out"]
EARLY6 = ["udp_v6_send_skb", "ip6_send_skb", "__ip6_local_out"]

# Where kprobes are attached one by one, every function takes minutes in an emulator.
PLACES = "all" if VERSION >= (6, 12) else None


@pytest.fixture(scope="module")
def places():
    return PLACES or ",".join(here(AROUND))


@pytest.fixture
def pair(namespaces):
    """Two namespaces with both families; nothing waits for an address, and each knows the other's MAC address."""
    ip("-n", "left", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1", "netns", "right")
    for name, device, number in (("left", "veth0", 1), ("right", "veth1", 2)):
        run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0",
            f"net.ipv6.conf.{device}.accept_dad=0", f"net.ipv6.conf.{device}.router_solicitations=0")
        ip("-n", name, "link", "set", device, "address", f"02:00:00:00:00:0{number}")
        ip("-n", name, "addr", "add", f"10.78.0.{number}/24", "dev", device)
        ip("-n", name, "addr", "add", f"fd78::{number}/64", "dev", device, "nodad")
        ip("-n", name, "link", "set", device, "up")
        ip("-n", name, "link", "set", "lo", "up")
    for name, device, other in (("left", "veth0", 2), ("right", "veth1", 1)):
        for address in (f"10.78.0.{other}", f"fd78::{other}"):
            ip("-n", name, "neigh", "replace", address, "lladdr", f"02:00:00:00:00:0{other}", "dev", device)


def port_of(event):
    return next((port for port in (event["dport"], event["sport"] - 1000) if port in FLOWS), None)


def of_us(event):
    return event.get("src") in ADDRESSES and event.get("dst") in ADDRESSES


def wrong(event):
    """Why this event cannot be what it says; None: it can."""
    if "fault" in event:
        return event["fault"]
    if "src" in event and not of_us(event):
        multicast = event["dst"].startswith(("ff0", "224.")) or event["dst"] == "255.255.255.255"
        return None if multicast or event["src"].startswith("fe80:") or event["dst"].startswith("fe80:") else "addresses"
    if event.get("proto") == "udp":
        port = port_of(event)
        if port is None:
            return "ports"
        if event["ip_version"] != (6 if FLOWS[port][0] == "ip6" else 4):
            return "version"
        return None if event["payload_len"] == port % 1000 else "length"
    if event.get("proto") == "253":
        return None if event["payload_len"] == (RAW4 if event["ip_version"] == 4 else RAW6) else "length"
    if event.get("icmp_type") in (8, 0) and event.get("proto") == "icmp":
        return None if event["payload_len"] == PING4 else "length"
    if event.get("icmp_type") in (128, 129):
        return None if event["payload_len"] == PING6 else "length"
    if event.get("proto") == "tcp":
        return None if 4199 in (event["sport"], event["dport"]) and event["payload_len"] == 0 else "tcp"
    return None


def test_at_no_function_is_a_packet_shown_as_what_it_is_not(tmp_path, pair, places):
    shown, _ = trace_with(tmp_path, ("-t", places), *TRAFFIC)
    events = [event for event in shown if "func" in event]  # and gaps: with all functions a busy guest may lose some
    found = defaultdict(Counter)
    for event in events:
        if why := wrong(event):
            found[event["func"]][(why, event.get("packet"))] += 1
    assert not found, {name: seen.most_common(2) for name, seen in found.items()}
    seen = {event["func"]: event for event in events if "unwritten" in event}
    for name in here(["ip_generic_getfrag", "raw_getfrag", "icmp_glue_bits", "icmpv6_getfrag"]):
        assert seen[name]["unwritten"] == "all" and seen[name]["packet"] == "(headers not written yet)", seen[name]
    for name in here(["udp_send_skb", "udp_v6_send_skb"]):
        assert seen[name]["unwritten"] == "udp" and seen[name]["made_headers"] is True
    for name in here(["__ip_local_out", "__ip6_local_out"]):
        assert seen[name]["unwritten"] == "length" and seen[name]["made_headers"] is False
    # From the first function after it on, all is written.
    for name in here(["ip_output", "ip6_output"]):
        assert name not in seen
    assert {event["dport"] for event in events if event["func"] in ("udp_send_skb", "udp_v6_send_skb")} == set(FLOWS)


@pytest.mark.parametrize("port", [4100, 4103] if PLACES else list(FLOWS))
def test_of_a_filter_on_a_port_every_function_gets_its_packets_and_no_others(tmp_path, pair, places, port):
    words = ("-t", places, "--no-follow", f"udp dst port {port}")
    events, summary = trace_with(tmp_path, words, *TRAFFIC)
    assert {(event["dport"], event["payload_len"]) for event in events} == {(port, port % 1000)}
    assert not [event for event in events if "fault" in event or "undecided" in event]
    hits = Counter(event["func"] for event in events)
    four = FLOWS[port][0] == "ip"
    # With every function traced the kernel skips some that are hit in an interrupt of a program, whatever their packet.
    lost = summary["lost_in_all"]
    for name in here(EARLY4 + ["ip_output", "ip_rcv"] if four else EARLY6 + ["ip6_output", "ipv6_rcv"]):
        assert 2 - lost <= hits[name] <= 2, (name, hits)
    assert hits["eth_type_trans"] >= 2 - lost


def test_a_filter_on_the_length_is_judged_by_the_one_that_will_be_written(tmp_path, pair):
    """On which side of the function that writes it should make no difference."""
    names = here(EARLY4 + ["ip_output"])
    events, _ = trace_with(tmp_path, ("-t", ",".join(names), "ip[2:2] = 128 and udp"), *TRAFFIC)  # 20 + 8 + 100
    assert Counter(event["func"] for event in events) == {name: 2 for name in names}
    assert {event["dport"] for event in events} == {4100}
    names = here(EARLY6 + ["ip6_output"])
    events, _ = trace_with(tmp_path, ("-t", ",".join(names), "ip6[4:2] = 111 and udp"), *TRAFFIC)  # 8 + 103
    assert Counter(event["func"] for event in events) == {name: 2 for name in names}
    assert {event["dport"] for event in events} == {4103}


def test_short_options_find_a_packet_from_its_first_function_on(tmp_path, pair):
    names = here(["udp_send_skb", "udp_v6_send_skb", "ip_output", "ip6_output"])
    events, _ = trace_with(tmp_path, ("-t", ",".join(names), "-p", "udp", "--dport", "4101-4102", "--sport", "5100-5102"), *TRAFFIC)
    assert Counter((event["func"], event["dport"]) for event in events) == {
        ("udp_send_skb", 4101): 2, ("ip_output", 4101): 2, ("udp_v6_send_skb", 4102): 2, ("ip6_output", 4102): 2}


TUNNELS = {
    "vxlan": ("type", "vxlan", "id", "7", "remote", "10.78.0.{other}", "local", "10.78.0.{own}", "dstport", "4789"),
    "geneve": ("type", "geneve", "id", "7", "remote", "10.78.0.{other}"),
    "gretap": ("type", "gretap", "remote", "10.78.0.{other}", "local", "10.78.0.{own}"),
    "ip6gretap": ("type", "ip6gretap", "remote", "fd78::{other}", "local", "fd78::{own}"),
}


@pytest.fixture(params=TUNNELS)
def tunnel(request, pair):
    for name, own, other in (("left", 1, 2), ("right", 2, 1)):
        words = [word.format(own=own, other=other) for word in TUNNELS[request.param]]
        ip("-n", name, "link", "add", "tunnel", *words)
        ip("-n", name, "link", "set", "tunnel", "address", f"02:00:00:00:07:0{own}")
        ip("-n", name, "addr", "add", f"10.79.0.{own}/24", "dev", "tunnel")
        ip("-n", name, "link", "set", "tunnel", "up")
        ip("-n", name, "neigh", "replace", f"10.79.0.{other}", "lladdr", f"02:00:00:00:07:0{other}", "dev", "tunnel")
    return request.param


def test_out_of_a_tunnel_comes_the_inner_packet(tmp_path, tunnel):
    """At eth_type_trans() the outer headers' offsets are still there; the frame is the inner one."""
    names = here(["ip_local_out", "ip6_local_out", "__ip_local_out", "__ip6_local_out", "eth_type_trans", "gro_cells_receive",
                  "netif_rx", "__netif_receive_skb", "icmp_rcv", "udp_rcv", "__iptunnel_pull_header"])
    ping = ("ping", "-q", "-c", "1", "-W", "5", "10.79.0.2")
    events, _ = trace_with(tmp_path, ("-t", ",".join(names)), *ping)
    events = [event for event in events if event.get("proto") != "icmp6"]
    assert not [(event["func"], event["packet"]) for event in events if "fault" in event]
    inner = [event for event in events if event["func"] == "eth_type_trans" and event.get("eth_dst", "").startswith("02:00:00:00:07:")]
    assert {(event["src"], event["dst"], event["icmp_type"]) for event in inner} == {
        ("10.79.0.1", "10.79.0.2", 8), ("10.79.0.2", "10.79.0.1", 0)}, [event["packet"] for event in events]
    outer = [event for event in events if event["func"] == "eth_type_trans" and event.get("eth_dst") in ("02:00:00:00:00:01", "02:00:00:00:00:02")]
    assert {event["src"] for event in outer} <= ADDRESSES and len(outer) >= 2
    # By the tunnel's device it goes on up as what it is.
    up = [event for event in events if event.get("ifname") == "tunnel" and event["func"] in ("gro_cells_receive", "netif_rx", "__netif_receive_skb")]
    assert up and {event.get("icmp_type") for event in up} == {8, 0}, [(event["func"], event["packet"]) for event in up]
    # Where the outer header is written its length comes last.
    early = [event for event in events if event["func"] in ("__ip_local_out", "__ip6_local_out") and event["src"] in ADDRESSES]
    assert early and {event["unwritten"] for event in early} == {"length"}

    words = ("-t", "eth_type_trans", "icmp and host 10.79.0.2")
    events, _ = trace_with(tmp_path, words, *ping)
    assert Counter(event["icmp_type"] for event in events) == {8: 1, 0: 1}, [event["packet"] for event in events]
