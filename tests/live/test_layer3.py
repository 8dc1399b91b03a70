"""Packets of a device without link layer are judged after a made Ethernet header, as docs/filters.md says: of their
type, with addresses that are zero, which does not count in the length."""

import struct

import pytest
from filter_frames import icmp, ip4, ip6, tcp, udp
from frames import Tun
from libpcap import Expression
from tracing import wait_until

OWN, OTHER = "10.8.0.1", "10.8.0.2"
SHORTEST = 60

PACKETS = [
    ("echo", ip4(icmp(8), 1, OTHER, OWN)),
    ("tcp", ip4(tcp(4000, 80), 6, OTHER, OWN)),
    ("tcp 22", ip4(tcp(4000, 22), 6, "10.8.0.3", OWN)),
    ("udp", ip4(udp(53, 4000), 17, OTHER, OWN)),
    ("later fragment", ip4(bytes(20), 17, OTHER, OWN, fragment=4)),
    ("tcp6", ip6(tcp(4000, 80), 6, "fd08::2", "fd08::1")),
    ("echo6", ip6(icmp(128), 58, "fd08::2", "fd08::1")),
]

EXPRESSIONS = [
    "ip", "ip6", "arp", "not arp", "not ip", "vlan", "not vlan", "mpls", "pppoes", "ether proto 0x0800",
    "ether proto 0x86dd", "ether host 02:00:00:00:00:01", "not ether host 02:00:00:00:00:01",
    "ether host 00:00:00:00:00:00",
    "ether broadcast", "ether multicast", "not multicast", "ether[0] = 0", "ether[12:2] = 0x0800", "link[14] = 0x45",
    "tcp", "tcp port 80", "not tcp", "dst port 80 or icmp", f"host {OTHER}", f"src host 10.8.0.3 and dst host {OWN}",
    "net 10.8.0.0/16", "src host fd08::2", "udp port 53", "udp[0:2] = 53",
    "ip[6:2] & 0x1fff != 0", "icmp[icmptype] = 8",
    "icmp6", "len > 62", "len = 60", "less 61", "greater 64", "inbound", "outbound", "stp", "llc",
]
OPTIONS = ["-p tcp", "-p arp", f"-H {OTHER}", "-P 80", "--tcp-flags syn", "-p icmp6", "--icmp-id 7"]
MEANT = {"-p tcp": "tcp", "-p arp": "arp", f"-H {OTHER}": f"host {OTHER}", "-P 80": "port 80",
         "--tcp-flags syn": "tcp[13] & 2 != 0 or ip6[53] & 2 != 0 and tcp", "-p icmp6": "icmp6",
         "--icmp-id 7": "icmp[4:2] = 7 or icmp6[4:2] = 7"}
# What libpcap asks of the skb and not of bytes.
OF_THE_SKB = {"inbound": True, "outbound": False}


def padded(number, packet):
    """No two have the same length; what is after the IP packet belongs to no header."""
    return packet + bytes(SHORTEST + number - len(packet))


DATA = {name: padded(number, packet) for number, (name, packet) in enumerate(sorted(PACKETS, key=lambda p: len(p[1])))}
NAMES = {len(data): name for name, data in DATA.items()}


def meant(text):
    if text in OF_THE_SKB:
        return set(DATA) if OF_THE_SKB[text] else set()
    expression = Expression(MEANT.get(text, text))

    def matches(packet):
        ethertype = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
        return expression.matches(bytes(12) + struct.pack("!H", ethertype) + packet, len(packet))

    return {name for name, packet in DATA.items() if matches(packet)}


@pytest.fixture
def tun(pair6):
    device = Tun(pair6.a, "tun0")
    pair6.a.ip("link set tun0 addrgenmode none", f"address add {OWN}/24 dev tun0",
               "address add fd08::1/64 dev tun0 nodad", "link set tun0 up")
    yield device
    device.close()


@pytest.fixture
def place(pair6, tun):
    return ("-N", pair6.a.name, "-i", "tun0", "--buffer", "64K")


def shown_by(trace, place, texts, traffic, count):
    """{text: events} of the same packets."""
    everything = trace(*place)
    running = {text: trace(*place, *(text.split() if text.startswith("-") else [text])) for text in texts}
    traffic()
    wait_until(lambda: everything.stdout().count("\n") >= count, "the packets")
    all_of_it = everything.stop().events
    return {text: one.stop().events for text, one in running.items()}, all_of_it


@pytest.mark.parametrize("texts", [EXPRESSIONS[:14], EXPRESSIONS[14:28], EXPRESSIONS[28:] + OPTIONS],
                         ids=["link layer", "network", "length and options"])
def test_what_comes_from_a_tun_device_is_judged_behind_a_made_header(tun, trace, place, texts):

    def traffic():
        for packet in DATA.values():
            tun.write(packet)

    shown, everything = shown_by(trace, (*place, "-t", "netif_receive_skb"), texts, traffic, len(DATA))
    assert [NAMES[event["len"]] for event in everything] == list(DATA)
    found = {text: {NAMES[event["len"]] for event in events} for text, events in shown.items()}
    assert {text: names for text, names in found.items() if names != meant(text)} == {}


def test_not_all_expressions_hold_and_not_all_fail():
    held = [meant(text) for text in EXPRESSIONS + OPTIONS]
    assert any(0 < len(names) < len(DATA) for names in held)
    assert set() in held and set(DATA) in held


@pytest.mark.parametrize("text, holds", [
    ("udp dst port 9", True), ("ip", True), ("not arp", True), ("ether host 02:00:00:00:00:01", False), ("vlan", False),
    ("not ether host 02:00:00:00:00:01", True), ("ip6", False), ("len = 46", True), ("outbound", True),
    ("inbound", False), ("ether src 00:00:00:00:00:00", True),
])
def test_what_goes_to_a_tun_device_is_judged_behind_a_made_header(pair6, tun, trace, place, text, holds):
    def traffic():
        with pair6.a.udp() as s:
            s.sendto(bytes(18), (OTHER, 9))

    shown, everything = shown_by(trace, (*place, "-t", "net_dev_queue,net_dev_start_xmit"), [text], traffic, 2)
    assert [event["len"] for event in everything] == [46, 46]
    assert [event["func"] for event in shown[text]] == ([event["func"] for event in everything] if holds else [])
