"""One frame of every kind that a pcap expression can ask for. No two have the same length, which is how they are told
apart in the output."""

import socket
import struct
from collections import namedtuple

from frames import checksum, mac

ONE, TWO, BROADCAST = "02:00:00:00:00:01", "02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff"
SYN, ACK, RST = 0x02, 0x10, 0x04
SHORTEST = 96

# `data` is what is sent. `tag` is a VLAN id that the kernel keeps beside the bytes, or None.
Frame = namedtuple("Frame", "name data tag", defaults=[None])


def link(payload, ethertype, destination=TWO, source=ONE):
    return mac(destination) + mac(source) + struct.pack("!H", ethertype) + payload


def ip4(payload, proto, source="10.0.0.1", destination="10.0.0.2", ttl=64, fragment=0, ident=1, options=b""):
    words = 5 + len(options) // 4
    header = struct.pack("!2B3H2BH4s4s", 0x40 | words, 0, 4 * words + len(payload), ident, fragment, ttl, proto, 0,
                         socket.inet_aton(source), socket.inet_aton(destination)) + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ip6(payload, proto, source="fd00::1", destination="fd00::2"):
    addresses = b"".join(socket.inet_pton(socket.AF_INET6, each) for each in (source, destination))
    return struct.pack("!IHBB", 0x60000000, len(payload), proto, 64) + addresses + payload


def tcp(sport=4000, dport=80, flags=SYN):
    return struct.pack("!2H2I2B3H", sport, dport, 1, 0, 0x50, flags, 1000, 0, 0)


def udp(sport=4000, dport=80, payload=b""):
    return struct.pack("!4H", sport, dport, 8 + len(payload), 0) + payload


def icmp(kind, code=0, ident=7):
    return struct.pack("!2B3H", kind, code, 0, ident, 1)


def arp(operation, source="10.0.0.1", target="10.0.0.2"):
    return (struct.pack("!2H2BH", 1, 0x0800, 6, 4, operation) + mac(ONE) + socket.inet_aton(source) + bytes(6) +
            socket.inet_aton(target))


def option(proto, payload):
    """An IPv6 header of options, or an authentication header's beginning: next header, length, padding."""
    return struct.pack("!2B", proto, 0) + b"\x01\x04\0\0\0\0" + payload


def authentication(proto, payload):
    return struct.pack("!2BH2I", proto, 1, 0, 1, 1) + payload


def fragment6(proto, offset, payload):
    return struct.pack("!2BHI", proto, 0, offset << 3 | (offset == 0), 9) + payload


def chain(headers, payload):
    """So many headers of destination options before TCP."""
    for i in range(headers):
        payload = option(6 if i == 0 else 60, payload)
    return link(ip6(payload, 60), 0x86DD)


def label(number, last):
    return struct.pack("!I", number << 12 | last << 8 | 64)


def geneve(vni, ethertype, inner):
    return udp(5000, 6081, struct.pack("!2HI", 0, ethertype, vni << 8) + inner)


def pppoe(session, proto, payload):
    return struct.pack("!2B3H", 0x11, 0, session, 2 + len(payload), proto) + payload


def tagged(payload, *tags, ethertype=0x0800):
    """Tags in the bytes, outermost first."""
    words = b"".join(struct.pack("!2H", 0x8100, each) for each in tags)
    return mac(TWO) + mac(ONE) + words + struct.pack("!H", ethertype) + payload


def _ipv4():
    yield "tcp", link(ip4(tcp(), 6), 0x0800)
    yield "tcp ack", link(ip4(tcp(80, 4000, SYN | ACK), 6, "10.0.0.2", "10.0.0.1", ttl=63), 0x0800)
    yield "tcp 22", link(ip4(tcp(22, 4001, RST), 6, "192.168.1.5", "172.16.0.9", ident=256), 0x0800)
    yield "tcp to itself", link(ip4(tcp(), 6, destination="10.0.0.1"), 0x0800)
    yield "tcp later fragment", link(ip4(bytes(40), 6, fragment=5), 0x0800)
    yield "tcp other MACs", link(ip4(tcp(), 6), 0x0800, "02:00:00:00:00:04", "02:00:00:00:00:03")
    yield "tcp IP options", link(ip4(tcp(), 6, options=b"\x07\x07\x04\0\0\0\0\0"), 0x0800)
    yield "udp", link(ip4(udp(), 17, ident=256), 0x0800)
    yield "udp 53", link(ip4(udp(53, 4000, bytes(40)), 17, "10.0.0.2", "10.0.0.1", ttl=1), 0x0800)
    yield "udp broadcast", link(ip4(udp(68, 67), 17, "0.0.0.0", "255.255.255.255"), 0x0800, BROADCAST)
    yield "udp multicast", link(ip4(udp(5353, 5353), 17, destination="224.0.0.251"), 0x0800, "01:00:5e:00:00:fb")
    yield "sctp", link(ip4(struct.pack("!2H", 4000, 80) + bytes(20), 132), 0x0800)
    yield "echo", link(ip4(icmp(8), 1), 0x0800)
    yield "echo 9", link(ip4(icmp(8, ident=9), 1), 0x0800)
    yield "unreachable", link(ip4(icmp(3, 3) + bytes(28), 1), 0x0800)
    for name, proto, first in (("igmp", 2, 0x16), ("igrp", 9, 1), ("gre", 47, 0), ("esp", 50, 0), ("pim", 103, 0x20),
                               ("vrrp", 112, 0x21)):
        yield name, link(ip4(bytes([first]) + bytes(19), proto), 0x0800)
    yield "ah tcp", link(ip4(authentication(6, tcp()), 51), 0x0800)
    yield "ah udp", link(ip4(authentication(17, udp()), 51), 0x0800)


def _ipv6():
    yield "tcp6", link(ip6(tcp(), 6), 0x86DD)
    yield "tcp6 ack", link(ip6(tcp(80, 4000, SYN | ACK), 6, "fd00::2", "fd00::1"), 0x86DD)
    yield "udp6 multicast", link(ip6(udp(5353, 53), 17, "fe80::1", "ff02::fb"), 0x86DD, "33:33:00:00:00:fb")
    yield "echo6", link(ip6(icmp(128), 58), 0x86DD)
    yield "unreachable6", link(ip6(icmp(1, 4) + bytes(48), 58), 0x86DD)
    yield "solicitation", link(ip6(icmp(135) + bytes(16), 58), 0x86DD)
    yield "first fragment6", link(ip6(fragment6(6, 0, tcp()), 44), 0x86DD)
    yield "later fragment6", link(ip6(fragment6(17, 8, bytes(24)), 44), 0x86DD)
    yield "hop-by-hop tcp6", link(ip6(option(6, tcp()), 0), 0x86DD)
    yield "hop-by-hop ah udp6", link(ip6(option(51, authentication(17, udp())), 0), 0x86DD)
    yield "destination options udp6", link(ip6(option(17, udp(4001, 80)), 60), 0x86DD)
    yield "routing mobility echo6", link(ip6(option(135, option(58, icmp(128))), 43), 0x86DD)


def _below_ip():
    yield "arp request", link(arp(1), 0x0806, BROADCAST)
    yield "arp reply", link(arp(2, "10.0.0.2", "10.0.0.1"), 0x0806)
    yield "rarp", link(arp(3), 0x8035)
    for name, ethertype in (("lldp", 0x88CC), ("loopback", 0x9000), ("atalk", 0x809B), ("aarp", 0x80F3),
                            ("ipx", 0x8137), ("pppoed", 0x8863)):
        yield name, link(bytes(30), ethertype)
    for name, ethertype in (("lat", 0x6004), ("sca", 0x6007), ("moprc", 0x6002), ("mopdl", 0x6001)):
        yield name, link(b"\x01" + bytes(30), ethertype)
    yield "decnet", link(bytes([8, 0, 2, 3, 4, 2, 4]) + bytes(20), 0x6003)  # from 1.2 to 1.3
    yield "decnet other", link(bytes([9, 0, 2, 5, 4, 6, 4]) + bytes(20), 0x6003)


def _llc():
    """802.3 frames, whose Ethernet type is their length: added when the length is known."""
    yield "stp", bytes([0x42, 0x42, 0x03])
    yield "netbeui", bytes([0xF0, 0xF0, 0x03])
    for name, control in (("i", 0x00), ("rr", 0x01), ("rnr", 0x05), ("rej", 0x09), ("ui", 0x03), ("ua", 0x63),
                          ("disc", 0x43), ("sabme", 0x6F), ("test", 0xE3), ("xid", 0xAF), ("frmr", 0x87)):
        yield f"llc {name}", bytes([0x04, 0x04, control, 0])
    for name, proto in (("clnp", 0x81), ("esis", 0x82)):
        yield name, bytes([0xFE, 0xFE, 0x03, proto])
    for kind in (15, 16, 18, 25, 26):
        yield f"isis {kind}", bytes([0xFE, 0xFE, 0x03, 0x83, 27, 1, 0, kind])


def _inside():
    inner = ip4(tcp(), 6)
    yield "vlan 7 tcp", tagged(inner, 7)
    yield "vlan 8 udp6", tagged(ip6(udp(), 17), 8, ethertype=0x86DD)
    yield "vlan 100 7", tagged(inner, 100, 7)
    yield "vlan 100 7 destination options tcp6", tagged(ip6(option(6, tcp(22)), 60), 100, 7, ethertype=0x86DD)
    yield "vlan 7 arp", tagged(arp(1), 7, ethertype=0x0806)
    yield "mpls 16", link(label(16, True) + inner, 0x8847)
    yield "mpls 17 16", link(label(17, False) + label(16, True) + inner, 0x8847)
    yield "pppoes 7", link(pppoe(7, 0x0021, inner), 0x8864)
    yield "pppoes 9", link(pppoe(9, 0x0057, ip6(tcp(), 6)), 0x8864)
    yield "geneve 11", link(ip4(geneve(11, 0x6558, link(ip4(udp(1, 9), 17), 0x0800)), 17), 0x0800)
    yield "geneve 12", link(ip4(geneve(12, 0x0800, inner), 17), 0x0800)


def _beside():
    inner = ip4(tcp(), 6)
    yield Frame("beside 7 tcp", link(inner, 0x0800), 7)
    yield Frame("beside 8 tcp6", link(ip6(tcp(), 6), 0x86DD), 8)
    yield Frame("beside 100, vlan 7", tagged(inner, 7), 100)
    yield Frame("beside 7 hop-by-hop udp6", link(ip6(option(17, udp(4001, 80)), 0), 0x86DD), 7)


def _padded(frame, length, is_llc=False):
    data = link(frame.data, length - 14) if is_llc else frame.data
    assert len(data) <= length, frame.name
    return frame._replace(data=data + bytes(length - len(data)))


def all_frames():
    """Shorter ones first, so that there is room for padding."""
    plain = [(Frame(*each), False) for part in (_ipv4, _ipv6, _below_ip, _inside) for each in part()]
    wanted = [*plain, *((Frame(*each), True) for each in _llc()), *((each, False) for each in _beside())]
    wanted.sort(key=lambda each: len(each[0].data))
    return [_padded(frame, SHORTEST + i, is_llc) for i, (frame, is_llc) in enumerate(wanted)]
