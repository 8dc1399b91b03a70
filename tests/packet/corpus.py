#!/usr/bin/env python3
"""The corpus: named packets of every protocol that the program decodes, and seeded mutations of them.

Built by scapy and, where it has no layer, byte by byte, so that nothing of src/packet or its tests is in it. The same
packets on every run. Nothing is sent and no name resolved.

    corpus.py pcap DIR     writes DIR/ether.pcap, DIR/ip.pcap and DIR/mutated.pcap, and the names beside them
    corpus.py seeds DIR    writes a file a packet, as tests/fuzz/packet_fuzz.cc reads its input
"""
import logging
import random
import struct
import sys
from ipaddress import ip_address
from pathlib import Path

logging.getLogger("scapy").setLevel(logging.ERROR)

# pylint: disable=wrong-import-position,wrong-import-order
from scapy.all import (  # noqa: E402
    AH, ARP, BOOTP, DHCP, DNS, DNSQR, DNSRR, DNSRRMX, DNSRRSOA, DNSRRSRV, ESP, GRE, ICMP, IP, IPv6, LLC, SCTP, SNAP, STP,
    TCP, UDP, VXLAN, Dot1AD, Dot1Q, Dot3, Ether, ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6MLDone,
    ICMPv6MLQuery, ICMPv6MLQuery2, ICMPv6MLReport, ICMPv6MLReport2, ICMPv6MLDMultAddrRec, ICMPv6ND_NA, ICMPv6ND_NS,
    ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6ND_RS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU, ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptRDNSS, ICMPv6NDOptRedirectedHdr, ICMPv6NDOptSrcLLAddr, ICMPv6PacketTooBig, ICMPv6ParamProblem,
    ICMPv6TimeExceeded, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, IPv6ExtHdrSegmentRouting,
    PPP, PPPoE, PPPoED, Raw, RouterAlert, SCTPChunkAbort, SCTPChunkCookieAck, SCTPChunkCookieEcho, SCTPChunkData,
    SCTPChunkError, SCTPChunkHeartbeatAck, SCTPChunkHeartbeatReq, SCTPChunkInit, SCTPChunkInitAck, SCTPChunkSACK,
    SCTPChunkShutdown, SCTPChunkShutdownAck, SCTPChunkShutdownComplete)
from scapy.contrib.geneve import GENEVE  # noqa: E402
from scapy.contrib.igmp import IGMP  # noqa: E402
from scapy.contrib.igmpv3 import IGMPv3, IGMPv3gr, IGMPv3mq, IGMPv3mr  # noqa: E402
from scapy.contrib.mpls import MPLS  # noqa: E402
import services  # noqa: E402

SEED = 20261126
MUTATIONS, SERVICE_MUTATIONS, GTP_U_MUTATIONS = 3000, 1500, 600
ETHERNET, RAW_IP = 1, 101  # LINKTYPE_*

MAC_A, MAC_B = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
V4_A, V4_B, V6_A, V6_B = "10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"


def ether(**more):
    return Ether(**{"src": MAC_A, "dst": MAC_B, **more})


def v4(**more):
    return IP(**{"src": V4_A, "dst": V4_B, "id": 0x1234, **more})


def v6(**more):
    return IPv6(**{"src": V6_A, "dst": V6_B, **more})


def tcp(**more):
    return TCP(**{"sport": 40000, "dport": 8000, "seq": 0x01020304, "ack": 0x0a0b0c0d, "window": 501, **more})


def udp(**more):
    return UDP(**{"sport": 40001, "dport": 9999, **more})


def arp(**more):
    return ARP(**{"hwsrc": MAC_A, "hwdst": MAC_B, "psrc": V4_A, "pdst": V4_B, **more})


def inner_packets():
    """What a tunnel carries: each upper protocol over both versions of IP."""
    yield "tcp4", v4(src="192.168.0.1", dst="192.168.0.2") / tcp(flags="S")
    yield "udp4", v4(src="192.168.0.1", dst="192.168.0.2") / udp() / b"inner"
    yield "icmp4", v4(src="192.168.0.1", dst="192.168.0.2") / ICMP(id=7, seq=8) / b"ping"
    yield "tcp6", v6(src="2001:db8::1", dst="2001:db8::2") / tcp(flags="FA")
    yield "udp6", v6(src="2001:db8::1", dst="2001:db8::2") / udp() / b"inner"
    yield "icmp6", v6(src="2001:db8::1", dst="2001:db8::2") / ICMPv6EchoRequest(id=7, seq=8, data=b"ping")


# Link layers ---------------------------------------------------------------------------------------------------------


def tag_stacks():
    tags = {"q": lambda n: Dot1Q(vlan=n, prio=n % 8), "ad": lambda n: Dot1AD(vlan=n, prio=n % 8, id=1)}
    stacks = [()]
    for _ in range(4):
        stacks = stacks + [stack + (kind,) for stack in stacks for kind in tags]
    for stack in sorted(set(stacks)):
        if not stack:
            continue
        link = ether()
        for number, kind in enumerate(stack):
            link = link / tags[kind](100 + number)
        for name, packet in (("tcp", v4() / tcp()), ("arp", arp()), ("icmp6", v6() / ICMPv6EchoRequest())):
            if name == "tcp" or len(stack) < 3:
                yield f"vlan {'-'.join(stack)} {name}", link / packet


def arp_variants():
    for op in (1, 2, 3, 4, 8, 9, 10, 255, 65535):
        yield f"arp op {op}", ether() / arp(op=op)
    yield "arp probe", ether(dst="ff:ff:ff:ff:ff:ff") / arp(psrc="0.0.0.0", hwdst="00:00:00:00:00:00")
    yield "arp announcement", ether(dst="ff:ff:ff:ff:ff:ff") / arp(pdst=V4_A)
    yield "arp padded to 60 bytes", ether() / arp() / bytes(18)
    for hardware, hardware_len, protocol, protocol_len in ((6, 6, 0x800, 4), (32, 20, 0x800, 4), (1, 6, 0x86dd, 16), (1, 0, 0x800, 0)):
        body = struct.pack(">HHBBH", hardware, protocol, hardware_len, protocol_len, 1) + bytes(range(2 * (hardware_len + protocol_len)))
        yield f"arp hardware {hardware} protocol {protocol:#x}", ether(type=0x806) / Raw(body)


def bridge_id(priority, mac):
    return struct.pack(">H", priority) + bytes.fromhex(mac.replace(":", ""))


def bpdu(version, kind, flags, tail=b""):
    return struct.pack(">HBBB", 0, version, kind, flags) + bridge_id(0x8001, MAC_A) + struct.pack(">I", 4) + \
        bridge_id(0x9001, MAC_B) + struct.pack(">HHHHH", 0x8002, 256, 20 * 256, 2 * 256, 15 * 256) + tail


def link_protocols():
    stp_link = Dot3(src=MAC_A, dst="01:80:c2:00:00:00") / LLC(dsap=0x42, ssap=0x42, ctrl=3)
    yield "stp config", stp_link / Raw(bpdu(0, 0, 0x01))
    yield "stp topology change", stp_link / Raw(struct.pack(">HBB", 0, 0, 0x80))
    for flags in (0x00, 0x02, 0x04, 0x0e, 0x3c, 0x7d, 0x81):
        yield f"rstp flags {flags:#x}", stp_link / Raw(bpdu(2, 2, flags, b"\0"))
    mstp = b"\0" + struct.pack(">H", 64) + bytes([0]) + b"region".ljust(32, b"\0") + struct.pack(">H", 1) + bytes(16) + \
        struct.pack(">I", 10) + bridge_id(0x8000, MAC_B) + bytes([20])
    yield "mstp", stp_link / Raw(bpdu(3, 2, 0x7c, mstp))
    yield "stp padded to 60 bytes", bytes(stp_link / Raw(bpdu(0, 0, 0))).ljust(60, b"\0")
    yield "snap ip", Dot3(src=MAC_A, dst=MAC_B) / LLC() / SNAP() / v4() / udp() / b"snap"
    yield "snap arp", Dot3(src=MAC_A, dst=MAC_B) / LLC() / SNAP(code=0x806) / arp()
    yield "llc test", Dot3(src=MAC_A, dst=MAC_B) / LLC(dsap=0, ssap=1, ctrl=0xe3) / b"test"
    yield "cdp", Dot3(src=MAC_A, dst="01:00:0c:cc:cc:cc") / LLC() / SNAP(OUI=0x0c, code=0x2000) / bytes([2, 180, 0, 0, 0, 1, 0, 6, 115, 119])
    yield from lldp_variants()
    for name, ethertype, body in (("lacp", 0x8809, bytes([1, 1]) + bytes(108)), ("eapol", 0x888e, bytes([2, 1, 0, 0])),
                                  ("macsec", 0x88e5, bytes(32)), ("ptp", 0x88f7, bytes([0x0b, 2, 0, 44]) + bytes(40)),
                                  ("loopback", 0x9000, bytes(46)), ("unknown", 0x88b5, bytes(46))):
        yield f"ethertype {name}", ether(type=ethertype) / Raw(body)


def tlv(kind, value):
    return struct.pack(">H", kind << 9 | len(value)) + value


def lldp_variants():
    mac = bytes.fromhex("02000000000a")
    chassis = {"mac": b"\4" + mac, "ip4": b"\5\1" + bytes([10, 0, 0, 1]), "ip6": b"\5\2" + ip_address(V6_A).packed,
               "name": b"\6eth0", "local": b"\7switch-1", "component": b"\1rack"}
    ports = {"name": b"\5swp1", "mac": b"\3" + mac, "local": b"\x07" + b"17", "alias": b"\1uplink", "ip4": b"\4\1" + bytes([10, 0, 0, 1])}
    link = ether(dst="01:80:c2:00:00:0e", type=0x88cc)
    for name, value in chassis.items():
        yield f"lldp chassis {name}", link / Raw(tlv(1, value) + tlv(2, ports["name"]) + tlv(3, b"\0x") + tlv(5, b"leaf-1") + tlv(0, b""))
    for name, value in ports.items():
        yield f"lldp port {name}", link / Raw(tlv(1, chassis["mac"]) + tlv(2, value) + tlv(3, b"\0x") + tlv(4, b"to spine") + tlv(0, b""))
    yield "lldp with more", link / Raw(tlv(1, chassis["mac"]) + tlv(2, ports["name"]) + tlv(3, b"\0x") + tlv(4, b"to spine") + tlv(5, b"leaf-1") +
                                       tlv(6, b"Linux") + tlv(7, b"\0\x14\0\x14") + tlv(127, b"\0\x80\xc2\1\0\1") + tlv(0, b""))


# IP ------------------------------------------------------------------------------------------------------------------


def ipv4_variants():
    for tos in (0, 1, 2, 3, 0x10, 0xb8, 0xff):
        yield f"ipv4 tos {tos:#x}", v4(tos=tos, ttl=1 + tos % 255) / udp() / b"x"
    for flags in ("", "DF", "MF", "evil", "MF+DF"):
        yield f"ipv4 flags {flags or 'none'}", v4(flags=flags) / udp() / b"12345678"
    for proto in (0, 3, 8, 41, 47, 50, 51, 88, 89, 103, 112, 115, 132, 136, 137, 253, 255):
        yield f"ipv4 protocol {proto}", v4(proto=proto) / Raw(bytes(40))
    for proto in (103, 112, 253):
        yield f"ipv6 next header {proto}", v6(nh=proto) / Raw(bytes(40))
    options = {
        "record route": b"\x07\x0b\x08" + bytes([10, 0, 0, 9, 0, 0, 0, 0]) + b"\0",
        "timestamp": b"\x44\x0c\x0d\x00" + bytes(8),
        "timestamp with addresses": b"\x44\x0c\x0d\x01" + bytes([10, 0, 0, 9, 0, 0, 0, 1]),
        "loose source route": b"\x83\x07\x04" + bytes([10, 0, 0, 9]) + b"\0",
        "strict source route": b"\x89\x07\x04" + bytes([10, 0, 0, 9]) + b"\0",
        "router alert": b"\x94\x04\0\0", "security": b"\x82\x0b" + bytes(9) + b"\0", "stream id": b"\x88\x04\0\1",
        "nop": b"\1\1\1\1", "eol": b"\0\0\0\0", "unknown": b"\x5e\x04\1\2", "cipso": b"\x86\x08\0\0\0\1\1\2",
        "nop and router alert": b"\1\x94\x04\0\0\0\0\0",
        "bad length 0": b"\x94\0\0\0", "bad length 1": b"\x94\1\0\0", "too long": b"\x94\x14\0\0",
    }
    for name, octets in options.items():
        header = bytearray(bytes(v4(proto=17, ihl=5 + len(octets) // 4, len=20 + len(octets) + 12, chksum=0)))
        yield f"ipv4 option {name}", bytes(ether(type=0x800)) + bytes(header) + octets + bytes(udp(len=12, chksum=0)) + b"abcd"
    for name, offset, flags in (("first", 0, "MF"), ("middle", 185, "MF"), ("last", 370, "")):
        for upper, packet in (("udp", udp(len=4000, chksum=1)), ("tcp", tcp(flags="A", chksum=1)), ("icmp", ICMP(id=5, seq=6, chksum=1))):
            yield f"ipv4 {name} fragment {upper}", ether() / v4(flags=flags, frag=offset, proto={"udp": 17, "tcp": 6, "icmp": 1}[upper]) / Raw(bytes(packet).ljust(64, b"z"))
    yield "ipv4 padded to 60 bytes", bytes(ether() / v4() / tcp(flags="A")).ljust(60, b"\0")
    yield "ipv4 total length 0", ether() / v4(len=0) / tcp(flags="A") / b"large"
    yield "ipv4 total length too large", ether() / v4(len=400) / tcp(flags="A") / b"short"
    yield "ipv4 total length below header", ether() / v4(len=19) / tcp(flags="A")
    yield "ipv4 header length 4", ether() / v4(ihl=1) / tcp(flags="A")
    yield "ipv4 version 5", ether() / v4(version=5) / tcp(flags="A")
    yield "ipv6 version 5", ether() / v6(version=5) / tcp(flags="A")
    yield "ipv6 payload length too large", ether() / v6(plen=400) / udp() / b"short"
    yield "ipv6 payload length 0", ether() / v6(plen=0) / udp() / b"large"


EXTENSIONS = {
    "hbh": lambda: IPv6ExtHdrHopByHop(options=[RouterAlert(value=0)]), "dst": IPv6ExtHdrDestOpt,
    "rt0": lambda: IPv6ExtHdrRouting(addresses=["fd00::9"], segleft=1),
    "srh": lambda: IPv6ExtHdrSegmentRouting(addresses=["fd00::9", "fd00::8"], segleft=1, lastentry=1),
    "frag": lambda: IPv6ExtHdrFragment(id=77, offset=0, m=1),
}


def ipv6_variants():
    yield "ipv6 traffic class and flow label", ether() / v6(tc=0xb8, fl=0xabcde, hlim=1) / udp() / b"x"
    chains = [()]
    grown = [()]
    for depth in range(5):
        grown = [chain + (kind,) for chain in grown for kind in EXTENSIONS
                 if kind not in chain[-1:] and (kind != "hbh" or not chain) and chain.count("frag") + (kind == "frag") < 2]
        # All chains of one and two headers, a seeded choice of the longer ones.
        chains += grown if depth < 2 else random.Random(SEED + depth).sample(grown, 12)
    for chain in chains:
        packet = v6()
        for kind in chain:
            packet = packet / EXTENSIONS[kind]()
        for name, upper in (("tcp", tcp(flags="S")), ("udp", udp() / b"abcdefgh"), ("icmp6", ICMPv6EchoRequest(id=1, seq=2))):
            if name == "tcp" or len(chain) == 1:
                yield f"ipv6 {'-'.join(chain) or 'plain'} {name}", ether() / packet / upper
    yield "ipv6 no next header", ether() / v6(nh=59)
    yield "ipv6 jumbo", ether() / v6(plen=0, nh=0) / Raw(b"\x11\0\xc2\4\0\1\0\0" + bytes(udp(len=0, chksum=1)) + b"x" * 32)
    for name, offset, more in (("first", 0, 1), ("middle", 185, 1), ("last", 370, 0), ("atomic", 0, 0)):
        for upper, number, packet in (("udp", 17, udp(len=4000, chksum=1)), ("tcp", 6, tcp(chksum=1)), ("icmp6", 58, ICMPv6EchoRequest(cksum=1))):
            yield f"ipv6 {name} fragment {upper}", ether() / v6() / IPv6ExtHdrFragment(id=0xdeadbeef, offset=offset, m=more, nh=number) / Raw(bytes(packet).ljust(64, b"z"))
    for number, name in ((135, "mobility"), (139, "hip"), (140, "shim6")):
        yield f"ipv6 {name}", ether() / v6(nh=number) / Raw(b"\x3b\x04" + bytes(38))
    for kind in (2, 3):
        yield f"ipv6 routing type {kind}", ether() / v6(nh=43) / Raw(bytes([17, 2, kind, 1]) + bytes(4) + ip_address("fd00::9").packed + bytes(udp(len=9, chksum=1)) + b"x")


# Transport -----------------------------------------------------------------------------------------------------------


def tcp_variants():
    for flags in range(512):
        if flags < 64 or flags % 37 == 0 or flags in (0x0c2, 0x052, 0x1c2, 0x1ff):
            yield f"tcp flags {flags:#x}", ether() / v4() / tcp(flags=flags) / (b"" if flags % 2 else b"data")
    options = {
        "mss": [("MSS", 1460)], "wscale": [("NOP", None), ("WScale", 7)], "sackok": [("SAckOK", b"")],
        "sack": [("NOP", None), ("NOP", None), ("SAck", (0x100, 0x200))], "sack3": [("SAck", (1, 2, 3, 4, 5, 6))],
        "ts": [("NOP", None), ("NOP", None), ("Timestamp", (123456, 654321))], "nop": [("NOP", None)] * 4, "eol": [("EOL", None)],
        "syn of linux": [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)],
    }
    for name, chosen in options.items():
        for version, ip in (("4", v4()), ("6", v6())):
            yield f"tcp{version} options {name}", ether() / ip / tcp(flags="S" if name != "sack" else "A", options=chosen)
    raw = {"md5": b"\x13\x12" + bytes(range(16)) + b"\1\1", "ao": b"\x1d\x10\1\2" + bytes(12), "fast open": b"\x22\x0a" + bytes(8),
           "fast open request": b"\x22\2\1\1", "mptcp": b"\x1e\x0c\0\x81" + bytes(8), "unknown": b"\xfd\x06\xe2\xd4\1\2", "user timeout": b"\x1c\4\x80\1",
           "length 0": b"\2\0\0\0", "length 1": b"\2\1\0\0", "too long": b"\x08\x0a\0\1", "wrong mss": b"\2\3\5\1", "wrong wscale": b"\3\4\1\1",
           "eol and rest": b"\1\0\2\4", "mss at the end": b"\1\1\1\2"}
    for name, octets in raw.items():
        octets = octets.ljust((len(octets) + 3) // 4 * 4, b"\0")
        header = bytes(tcp(flags="S", dataofs=5 + len(octets) // 4, chksum=1))
        yield f"tcp option {name}", ether() / v4(proto=6) / Raw(header + octets)
    for offset in (0, 4, 15):
        yield f"tcp data offset {offset}", ether() / v4() / tcp(flags="A", dataofs=offset) / b"0123456789"
    yield "tcp urgent", ether() / v4() / tcp(flags="UA", urgptr=4) / b"data"
    yield "tcp6", ether() / v6() / tcp(flags="PA") / b"data"


def udp_variants():
    yield "udp empty", ether() / v4() / udp()
    for length in (0, 7, 8, 9, 200, 65535):
        yield f"udp length {length}", ether() / v4() / udp(len=length) / b"0123456789"
    yield "udp6", ether() / v6() / udp() / b"data"
    yield "udplite", ether() / v4(proto=136) / Raw(struct.pack(">HHHH", 5000, 5001, 8, 0x1234) + b"data")
    yield "udp dhcp", ether() / v4() / UDP(sport=68, dport=67) / BOOTP(chaddr=bytes.fromhex("02000000000a")) / DHCP(options=[("message-type", "discover"), "end"])


def sctp_variants():
    chunks = {
        "init": SCTPChunkInit(init_tag=0x11, a_rwnd=65535, n_out_streams=10, n_in_streams=2048, init_tsn=100),
        "init ack": SCTPChunkInitAck(init_tag=0x11, a_rwnd=65535, n_out_streams=10, n_in_streams=2048, init_tsn=100),
        "data": SCTPChunkData(data=b"payload!", tsn=100, stream_id=1, stream_seq=2, beginning=1, ending=1),
        "sack": SCTPChunkSACK(cumul_tsn_ack=100, a_rwnd=1000), "heartbeat": SCTPChunkHeartbeatReq(), "heartbeat ack": SCTPChunkHeartbeatAck(),
        "abort": SCTPChunkAbort(), "shutdown": SCTPChunkShutdown(cumul_tsn_ack=100), "shutdown ack": SCTPChunkShutdownAck(),
        "error": SCTPChunkError(), "cookie echo": SCTPChunkCookieEcho(cookie=b"cookie00"), "cookie ack": SCTPChunkCookieAck(),
        "shutdown complete": SCTPChunkShutdownComplete(),
    }
    head = {"sport": 36412, "dport": 36413, "tag": 0xcafebabe}
    for name, chunk in chunks.items():
        yield f"sctp {name}", ether() / v4() / SCTP(**head) / chunk
    yield "sctp cookie ack and data", ether() / v4() / SCTP(**head) / chunks["cookie ack"] / chunks["data"]
    yield "sctp sack and two data", ether() / v6() / SCTP(**head) / chunks["sack"] / chunks["data"] / SCTPChunkData(data=b"more", tsn=101)
    for kind in (14, 64, 0x80, 0x81, 0xc0, 0xc1, 200):
        yield f"sctp chunk type {kind}", ether() / v4() / SCTP(**head) / Raw(struct.pack(">BBH", kind, 0, 8) + bytes(4))
    for length in (0, 3, 100):
        yield f"sctp chunk length {length}", ether() / v4() / SCTP(**head) / Raw(struct.pack(">BBH", 0, 3, length) + bytes(16))


def dccp_variants():
    for kind in range(11):
        for long_sequence in (0, 1):
            if not long_sequence and kind not in (2, 3, 4):  # RFC 4340: only these have 24 bits
                continue
            more = {1: 12, 5: 12, 6: 12, 7: 12, 8: 8, 9: 8, 3: 8, 4: 8, 0: 4}.get(kind, 0)
            if not long_sequence:
                more = 4 if kind in (3, 4) else 0
            head_len = (16 if long_sequence else 12) + more
            sequence = struct.pack(">BHI", 0, 0, 77) if long_sequence else (77).to_bytes(3, "big")
            head = struct.pack(">HHBBHB", 5001, 5002, head_len // 4, 0, 0, kind << 1 | long_sequence) + sequence
            yield f"dccp type {kind}{' long' if long_sequence else ''}", ether() / v4(proto=33) / Raw(head + bytes(more))


# ICMP, IGMP, MLD -----------------------------------------------------------------------------------------------------


def icmp_variants():
    about = v4(src=V4_B, dst=V4_A)
    quoted = {"udp": about / udp(), "tcp": about / tcp(), "icmp": about / ICMP(id=3, seq=4), "sctp": about / SCTP(sport=1, dport=2, tag=3),
              "udp with ip options": v4(src=V4_B, dst=V4_A, options=[]) / udp()}
    codes = {3: range(17), 5: range(4), 11: range(3), 12: range(4), 0: (0,), 8: (0, 1), 4: (0,), 9: (0, 16), 10: (0,), 13: (0,), 14: (0,),
             15: (0,), 16: (0,), 17: (0,), 18: (0,), 30: (0,), 40: (0, 1), 42: (0,), 43: (0,), 41: (0,), 255: (9,)}
    for kind, numbers in codes.items():
        for code in numbers:
            head = struct.pack(">BBHI", kind, code, 0, 0x000005dc if kind == 3 else 0x0a000009 if kind == 5 else 0x14000000 if kind == 12 else 0x00070008)
            error = kind in (3, 4, 5, 11, 12)
            body = bytes(quoted["udp"]) if error else bytes(range(32))
            yield f"icmp type {kind} code {code}", ether() / v4(proto=1) / Raw(head + body)
    for name, packet in quoted.items():
        for length in (20, 24, 28, 48):
            yield f"icmp unreachable about {name}, {length} bytes", ether() / v4() / ICMP(type=3, code=3) / Raw(bytes(packet)[:length])
    yield "icmp about a fragment", ether() / v4() / ICMP(type=11, code=0) / Raw(bytes(v4(src=V4_B, dst=V4_A, frag=100, proto=17) / Raw(b"x" * 8)))
    yield "icmp with labels", ether() / v4(proto=1) / Raw(
        struct.pack(">BBHBBH", 11, 0, 0, 0, 32, 0) + bytes(quoted["udp"]).ljust(128, b"\0") + b"\x20\0\0\0\0\x08\1\1\0\1\x01\x01")


def icmp6_variants():
    about = v6(src=V6_B, dst=V6_A)
    quoted = {"udp": about / udp(), "tcp": about / tcp(), "icmp6": about / ICMPv6EchoRequest(id=3, seq=4),
              "fragment": about / IPv6ExtHdrFragment(id=5, m=1) / udp(), "hbh udp": about / IPv6ExtHdrHopByHop() / udp()}
    for code in range(9):
        yield f"icmp6 unreachable code {code}", ether() / v6() / ICMPv6DestUnreach(code=code) / quoted["udp"]
    for code in range(4):
        yield f"icmp6 parameter problem code {code}", ether() / v6() / ICMPv6ParamProblem(code=code, ptr=6) / quoted["udp"]
    for code in range(2):
        yield f"icmp6 time exceeded code {code}", ether() / v6() / ICMPv6TimeExceeded(code=code) / quoted["tcp"]
    for name, packet in quoted.items():
        yield f"icmp6 too big about {name}", ether() / v6() / ICMPv6PacketTooBig(mtu=1280) / packet
    yield "icmp6 echo request", ether() / v6() / ICMPv6EchoRequest(id=1, seq=2, data=b"x")
    yield "icmp6 echo reply", ether() / v6() / ICMPv6EchoReply(id=1, seq=2, data=b"x")
    src, dst = ICMPv6NDOptSrcLLAddr(lladdr=MAC_A), ICMPv6NDOptDstLLAddr(lladdr=MAC_B)
    yield "nd solicitation", ether() / v6(hlim=255) / ICMPv6ND_NS(tgt="fd00::9") / src
    yield "nd solicitation without option", ether() / v6(src="::", hlim=255) / ICMPv6ND_NS(tgt="fd00::9")
    for r, s, o in ((0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 0)):
        yield f"nd advertisement {r}{s}{o}", ether() / v6(hlim=255) / ICMPv6ND_NA(tgt="fd00::9", R=r, S=s, O=o) / dst
    yield "nd router solicitation", ether() / v6(hlim=255) / ICMPv6ND_RS() / src
    yield "nd router advertisement", ether() / v6(hlim=255) / ICMPv6ND_RA(M=1, O=1, routerlifetime=1800) / src / ICMPv6NDOptMTU(mtu=1400) / \
        ICMPv6NDOptPrefixInfo(prefix="2001:db8::", prefixlen=64) / ICMPv6NDOptRDNSS(dns=["2001:db8::53"], lifetime=60)
    yield "nd redirect", ether() / v6(hlim=255) / ICMPv6ND_Redirect(tgt="fe80::9", dst="2001:db8::9") / dst / ICMPv6NDOptRedirectedHdr(pkt=quoted["udp"])
    yield "nd option of length 0", ether() / v6(hlim=255, nh=58) / Raw(bytes(ICMPv6ND_NS(tgt="fd00::9", cksum=1)) + b"\1\0" + bytes(6))
    yield "nd option too long", ether() / v6(hlim=255, nh=58) / Raw(bytes(ICMPv6ND_NS(tgt="fd00::9", cksum=1)) + b"\1\2" + bytes(6))
    for kind in (100, 137, 138, 139, 141, 144, 148, 151, 155, 160, 200, 255):
        yield f"icmp6 type {kind}", ether() / v6(nh=58) / Raw(struct.pack(">BBHI", kind, 0, 0, 0) + bytes(40))
    alert = IPv6ExtHdrHopByHop(options=[RouterAlert(value=0)])
    link = ether() / v6(src="fe80::1", hlim=1) / alert
    yield "mld query", link / ICMPv6MLQuery(mladdr="::")
    yield "mld query of a group", link / ICMPv6MLQuery(mladdr="ff02::5")
    yield "mld report", link / ICMPv6MLReport(mladdr="ff02::5")
    yield "mld done", link / ICMPv6MLDone(mladdr="ff02::5")
    yield "mldv2 query", link / ICMPv6MLQuery2(mladdr="ff02::5", sources=["2001:db8::1"])
    for kind in range(1, 7):
        yield f"mldv2 report type {kind}", link / ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=kind, dst="ff02::5", sources=["2001:db8::1"])])
    yield "mldv2 report of three", link / ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=4, dst=f"ff02::{n}") for n in (5, 6, 7)])


def igmp_variants():
    for kind in (0x11, 0x12, 0x16, 0x17):
        for group in ("0.0.0.0", "239.1.2.3"):
            yield f"igmp type {kind:#x} group {group}", ether() / v4(dst="224.0.0.1", ttl=1) / IGMP(type=kind, gaddr=group)
    yield "igmpv1 query", ether() / v4(dst="224.0.0.1", ttl=1) / IGMP(type=0x11, gaddr="0.0.0.0", mrcode=0)
    yield "igmpv3 query", ether() / v4(dst="224.0.0.1", ttl=1) / IGMPv3(type=0x11) / IGMPv3mq(gaddr="239.1.2.3", srcaddrs=["10.0.0.9"])
    for kind in range(1, 7):
        yield f"igmpv3 report type {kind}", ether() / v4(dst="224.0.0.22", ttl=1) / IGMPv3(type=0x22) / IGMPv3mr(records=[IGMPv3gr(rtype=kind, maddr="239.1.2.3", srcaddrs=["10.0.0.9"])])
    yield "igmpv3 report of three", ether() / v4(dst="224.0.0.22", ttl=1) / IGMPv3(type=0x22) / IGMPv3mr(records=[IGMPv3gr(rtype=4, maddr=f"239.1.2.{n}") for n in (3, 4, 5)])
    yield "igmp unknown type", ether() / v4(proto=2, ttl=1) / Raw(b"\x30\0\0\0\0\0\0\0")


# Tunnels -------------------------------------------------------------------------------------------------------------


def as_frame(packet):
    return Ether(src="02:00:00:00:01:0a", dst="02:00:00:00:01:0b") / packet


def ethertype_of(packet):
    return 0x800 if isinstance(packet, IP) else 0x86dd


def gtp_u(kind, behind=b"", flags=0x30, teid=0xdeadbeef):
    """`behind` the tunnel's identifier: sequence number, N-PDU number and the next header's type where flags say so, and the rest."""
    return UDP(sport=50000, dport=2152) / Raw(struct.pack(">BBHI", flags, kind, len(behind), teid) + behind)


def gtp_u_variants():
    sequence = b"\0\7\0\0"
    inner = bytes(v4(src="172.16.0.1", dst="172.16.0.2") / udp() / b"inner")
    yield "gtp-u echo request", ether() / v4() / gtp_u(1, sequence, flags=0x32, teid=0)
    yield "gtp-u echo response", ether() / v4() / gtp_u(2, sequence + b"\x0e\0", flags=0x32, teid=0)
    yield "gtp-u error indication", ether() / v4() / gtp_u(26, sequence + b"\x10\0\0\0\7" b"\x85\0\4\n\0\0\1", flags=0x32, teid=0)
    yield "gtp-u end marker", ether() / v4() / gtp_u(254)
    yield "gtp-u with a sequence number", ether() / v4() / gtp_u(255, sequence + inner, flags=0x32)
    yield "gtp-u with two extension headers", ether() / v4() / gtp_u(255, b"\0\0\0\xc0" b"\1\0\1\x85" b"\1\0\x09\0" + inner, flags=0x34)
    yield "gtp-u cut in an extension header", ether() / v4() / gtp_u(255, b"\0\0\0\x85" b"\1\0", flags=0x34)


def tunnel_variants():
    yield from gtp_u_variants()
    for name, packet in inner_packets():
        number = 4 if isinstance(packet, IP) else 41
        yield f"ip in ipv4, {name}", ether() / v4(proto=number) / packet
        yield f"ip in ipv6, {name}", ether() / v6(nh=number) / packet
        for port in (4789, 8472):
            yield f"vxlan {port}, {name}", ether() / v4() / UDP(sport=50000, dport=port) / VXLAN(vni=42, flags=8) / as_frame(packet)
        yield f"vxlan over ipv6, {name}", ether() / v6() / UDP(sport=50000, dport=4789) / VXLAN(vni=0xabcdef, flags=8) / as_frame(packet)
        yield f"geneve, {name}", ether() / v4() / UDP(sport=50000, dport=6081) / GENEVE(vni=43, proto=0x6558) / as_frame(packet)
        yield f"geneve with options, {name}", ether() / v4() / UDP(sport=50000, dport=6081) / Raw(
            struct.pack(">BBHI", 2, 0, 0x6558, 44 << 8) + b"\1\2\3\1\0\0\0\5") / as_frame(packet)
        yield f"geneve of ip, {name}", ether() / v4() / UDP(sport=50000, dport=6081) / GENEVE(vni=43, proto=ethertype_of(packet)) / packet
        for version, ip in ((4, v4()), (6, v6())):
            yield f"gtp-u over ipv{version}, {name}", ether() / ip / gtp_u(255, bytes(packet))
            yield f"gtp-u with a session over ipv{version}, {name}", ether() / ip / gtp_u(255, b"\0\0\0\x85" b"\1\0\x09\0" + bytes(packet), flags=0x34)
        for checksum in (0, 1):
            for key in (0, 1):
                for sequence in (0, 1):
                    gre = GRE(proto=ethertype_of(packet), chksum_present=checksum, key_present=key, seqnum_present=sequence, key=0xdeadbeef if key else None, sequence_number=9 if sequence else None)
                    yield f"gre c{checksum} k{key} s{sequence}, {name}", ether() / v4(proto=47) / gre / packet
        yield f"gre of ethernet, {name}", ether() / v4(proto=47) / GRE(proto=0x6558) / as_frame(packet)
        yield f"gre over ipv6, {name}", ether() / v6(nh=47) / GRE(proto=ethertype_of(packet)) / packet
        for depth in (1, 2, 3):
            link = ether(type=0x8847)
            for level in range(depth):
                link = link / MPLS(label=16 + level, cos=level, s=level == depth - 1, ttl=64 - level)
            yield f"mpls of {depth}, {name}", link / packet
        yield f"mpls in gre, {name}", ether() / v4(proto=47) / GRE(proto=0x8847) / MPLS(label=99, s=1, ttl=3) / packet
        yield f"pppoe, {name}", ether(type=0x8864) / PPPoE(sessionid=0x17) / PPP(proto=0x21 if isinstance(packet, IP) else 0x57) / packet
        yield f"ah, {name}", ether() / v4() / AH(spi=0x100, seq=3, icv=bytes(12), payloadlen=4, nh=number) / packet
        yield f"vlan and vxlan, {name}", ether() / Dot1Q(vlan=5) / v4() / UDP(sport=50000, dport=4789) / VXLAN(vni=42, flags=8) / Ether(src=MAC_B, dst=MAC_A) / Dot1Q(vlan=6) / packet
        yield f"vxlan in gre, {name}", ether() / v4(proto=47) / GRE(proto=0x800) / v4(src="172.16.0.1", dst="172.16.0.2") / UDP(sport=50000, dport=4789) / VXLAN(vni=42, flags=8) / as_frame(packet)
    deep = v4(src="192.168.0.1", dst="192.168.0.2") / udp() / b"deep"
    for depth in range(1, 6):
        deep = v4(src=f"10.1.{depth}.1", dst=f"10.1.{depth}.2", proto=4) / deep
        yield f"ipip {depth} deep", ether() / deep
    yield "gre pptp", ether() / v4(proto=47) / Raw(struct.pack(">HHHHII", 0x3081, 0x880b, 4, 7, 1, 2) + b"\xff\3\0\x21")
    yield "gre erspan", ether() / v4(proto=47) / Raw(struct.pack(">HHI", 0x1000, 0x88be, 1) + struct.pack(">HHI", 0x1001, 0x0001, 0)) / as_frame(v4() / udp())
    yield "gre keepalive", ether() / v4(proto=47) / Raw(struct.pack(">HH", 0, 0))
    yield "gre version 5", ether() / v4(proto=47) / Raw(struct.pack(">HH", 5, 0x800) + bytes(20))
    yield "pppoe lcp", ether(type=0x8864) / PPPoE(sessionid=0x17) / PPP(proto=0xc021) / Raw(b"\1\1\0\4")
    yield "pppoe ipcp", ether(type=0x8864) / PPPoE(sessionid=0x17) / PPP(proto=0x8021) / Raw(b"\1\1\0\4")
    for code in (0x09, 0x07, 0x19, 0x65, 0xa7):
        yield f"pppoe discovery code {code:#x}", ether(type=0x8863) / PPPoED(code=code, sessionid=0x17 if code in (0x65, 0xa7) else 0) / Raw(b"\1\1\0\0")
    yield from ipsec_variants()


def ipsec_variants():
    for version, ip in (("4", v4()), ("6", v6())):
        yield f"esp over ipv{version}", ether() / ip / ESP(spi=0xc0ffee, seq=12) / Raw(bytes(range(48)))
        for name, upper in (("tcp", tcp(flags="S")), ("udp", udp() / b"x")):
            yield f"ah and {name} over ipv{version}", ether() / ip / AH(spi=0x100, seq=3, icv=bytes(12), payloadlen=4, nh=6 if name == "tcp" else 17) / upper
        yield f"ah and esp over ipv{version}", ether() / ip / AH(spi=0x100, seq=3, icv=bytes(12), payloadlen=4, nh=50) / ESP(spi=0x200, seq=5) / Raw(bytes(32))
    port = UDP(sport=4500, dport=4500)
    yield "esp in udp", ether() / v4() / port / Raw(struct.pack(">II", 0xc0ffee, 12) + bytes(40))
    yield "ike in udp 4500", ether() / v4() / port / Raw(bytes(4) + bytes(range(1, 17)) + bytes([0, 0x20, 34, 8]) + struct.pack(">II", 0, 28))
    yield "nat keepalive", ether() / v4() / port / Raw(b"\xff")
    yield "wireguard", ether() / v4() / UDP(sport=51820, dport=51820) / Raw(b"\1\0\0\0" + bytes(144))


# Names in payloads ---------------------------------------------------------------------------------------------------


def dns_variants():
    def query(name, kind, port=53):
        return ether() / v4() / UDP(sport=40001, dport=port) / DNS(id=4660, rd=1, qd=DNSQR(qname=name, qtype=kind))

    for kind in ("A", "AAAA", "NS", "CNAME", "SOA", "PTR", "MX", "TXT", "SRV", "DS", "ANY", 64, 65, 65280):
        yield f"dns query {kind}", query("www.example.org", kind)
    for name in (".", "a", "a." * 60 + "b", "x" * 63 + ".example", "_dns._udp.example.org", "UPPER.Case.Example"):
        yield f"dns query of {name[:20]}", query(name, "A")
    yield "mdns query", ether() / v4(dst="224.0.0.251", ttl=255) / UDP(sport=5353, dport=5353) / DNS(id=0, rd=0, qd=DNSQR(qname="printer.local", qtype="PTR"))
    yield "llmnr query", ether() / v4(dst="224.0.0.252") / UDP(sport=50000, dport=5355) / DNS(id=77, rd=0, qd=DNSQR(qname="host", qtype="A"))
    question = DNSQR(qname="www.example.org", qtype="A")

    def answer(**more):
        return ether() / v4(src=V4_B, dst=V4_A) / UDP(sport=53, dport=40001) / DNS(**{"id": 4660, "qr": 1, "rd": 1, "ra": 1, "qd": question, **more})

    for rcode in range(17):
        yield f"dns answer rcode {rcode}", answer(rcode=rcode % 16)
    name = "www.example.org"
    yield "dns answer a", answer(an=DNSRR(rrname=name, type="A", ttl=60, rdata="192.0.2.1"))
    yield "dns answer of three", answer(an=DNSRR(rrname=name, type="CNAME", rdata="host.example.org") / DNSRR(rrname="host.example.org", rdata="192.0.2.1") / DNSRR(rrname="host.example.org", rdata="192.0.2.2"))
    yield "dns answer mx", answer(an=DNSRRMX(rrname=name, exchange="mail.example.org"))
    yield "dns answer srv", answer(an=DNSRRSRV(rrname=name, target="host.example.org", port=80))
    yield "dns answer soa", answer(ns=DNSRRSOA(rrname="example.org", mname="ns.example.org", rname="root.example.org"))
    head = struct.pack(">HHHHHH", 4660, 0x8180, 1, 1, 0, 0)
    asked = b"\3www\7example\3org\0\0\1\0\1"
    pointed = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
    raw = {"compressed answer": head + asked + pointed, "pointer to itself": struct.pack(">HHHHHH", 4660, 0x100, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
           "pointer beyond the end": struct.pack(">HHHHHH", 4660, 0x100, 1, 0, 0, 0) + b"\xc1\xff\0\1\0\1",
           "label of 64": struct.pack(">HHHHHH", 4660, 0x100, 1, 0, 0, 0) + b"\x40" + b"a" * 64 + b"\0\0\1\0\1",
           "binary name": struct.pack(">HHHHHH", 4660, 0x100, 1, 0, 0, 0) + b"\4a\0\xffb\2\".\0\0\1\0\1",
           "two questions": struct.pack(">HHHHHH", 4660, 0x100, 2, 0, 0, 0) + asked + asked,
           "no question": struct.pack(">HHHHHH", 4660, 0x100, 0, 0, 0, 0), "update": struct.pack(">HHHHHH", 4660, 0x2800, 1, 0, 0, 0) + asked,
           "header only by its counts": struct.pack(">HHHHHH", 4660, 0x100, 1, 0, 0, 0)}
    for name, message in raw.items():
        yield f"dns {name}", ether() / v4() / UDP(sport=40001, dport=53) / Raw(message)
        yield f"dns over tcp {name}", ether() / v4() / tcp(dport=53, flags="PA") / Raw(struct.pack(">H", len(message)) + message)
    yield "dns over ipv6", ether() / v6() / UDP(sport=40001, dport=53) / Raw(head + asked + pointed)


def client_hello(extensions, version=0x0303, session=b"\5" * 32):
    listed = b"".join(struct.pack(">HH", kind, len(body)) + body for kind, body in extensions)
    body = struct.pack(">H", version) + bytes(range(32)) + bytes([len(session)]) + session + struct.pack(">H", 4) + b"\x13\1\x13\2" + b"\1\0" + \
        struct.pack(">H", len(listed)) + listed
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16" + struct.pack(">HH", 0x0301, len(message)) + message


def server_name(name):
    entry = b"\0" + struct.pack(">H", len(name)) + name
    return 0, struct.pack(">H", len(entry)) + entry


def alpn(*names):
    listed = b"".join(bytes([len(name)]) + name for name in names)
    return 16, struct.pack(">H", len(listed)) + listed


def tls_variants():
    versions = (43, b"\4\3\4\3\3")
    hellos = {"sni": [server_name(b"www.example.org")], "sni and alpn": [server_name(b"www.example.org"), alpn(b"h2", b"http/1.1")],
              "alpn first": [alpn(b"h2"), server_name(b"example.org")], "tls 1.3": [versions, server_name(b"example.org"), alpn(b"h3")],
              "no extension": [], "unknown extensions": [(0x0a0a, b""), (51, bytes(38)), server_name(b"example.org")],
              "long name": [server_name(b"a" * 200 + b".example")], "name behind a key share": [(51, bytes(1200)), server_name(b"example.org")],
              "empty name": [server_name(b"")]}
    for name, extensions in hellos.items():
        for port in (443, 8000):
            yield f"tls hello {name} port {port}", ether() / v4() / tcp(dport=port, flags="PA") / Raw(client_hello(extensions))
    for kind, body in ((20, b"\1"), (21, b"\2\x28"), (23, bytes(40)), (24, bytes(8)), (22, b"\2\0\0\x26" + b"\3\3" + bytes(36))):
        yield f"tls record {kind}", ether() / v4() / tcp(sport=443, flags="PA") / Raw(struct.pack(">BHH", kind, 0x0303, len(body)) + body)


# Services ------------------------------------------------------------------------------------------------------------


def service_variants():
    """Over both versions of IP in turn; what differs between them is not the service's."""
    for family in services.OVER_TCP + services.OVER_UDP:
        for number, (name, (source, destination), message) in enumerate(family()):
            ip = v6() if number % 3 == 2 else v4()
            transport = tcp(flags="PA") if family in services.OVER_TCP else udp()
            transport.sport, transport.dport = source, destination
            yield name, ether() / ip / transport / Raw(message)


FAMILIES = (tag_stacks, arp_variants, link_protocols, ipv4_variants, ipv6_variants, tcp_variants, udp_variants, sctp_variants, dccp_variants,
            icmp_variants, icmp6_variants, igmp_variants, tunnel_variants, dns_variants, tls_variants, service_variants)


def packets():
    """Name to bytes of an Ethernet frame."""
    named = {}
    for family in FAMILIES:
        for name, packet in family():
            if isinstance(packet, (IP, IPv6)):
                packet = ether() / packet
            assert name not in named, name
            named[name] = bytes(packet)
    return named


def ip_packets(frames):
    """The same without link header, where that is Ethernet with IP after it."""
    return {name: frame[14:] for name, frame in frames.items() if frame[12:14] in (b"\x08\0", b"\x86\xdd")}


def mutated(frames):
    """As many of headers whether or not there are services."""
    of_services = {name for name, _ in service_variants()} & set(frames)
    of_gtp_u = {name for name in frames if name.startswith("gtp-u")}
    return {**mutated_by(SEED, {name: frames[name] for name in frames if name not in of_services | of_gtp_u}, MUTATIONS),
            **mutated_by(SEED + 1, {name: frames[name] for name in of_services}, SERVICE_MUTATIONS),
            **mutated_by(SEED + 2, {name: frames[name] for name in of_gtp_u}, GTP_U_MUTATIONS)}


def mutated_by(seed, frames, count):
    """Some bytes of a packet changed, or its end cut off; never the first 14, which say that it is Ethernet."""
    chance = random.Random(seed)
    names = sorted(frames)
    changed = {}
    while len(changed) < count:
        name = chance.choice(names)
        frame = bytearray(frames[name])
        kind = chance.choice(("flip", "byte", "length", "end"))
        where = chance.randrange(14, len(frame))
        if kind == "flip":
            for _ in range(chance.randint(1, 3)):
                frame[chance.randrange(14, len(frame))] ^= 1 << chance.randrange(8)
        elif kind == "byte":
            frame[where] = chance.choice((0, 1, 0x7f, 0x80, 0xff, chance.randrange(256)))
        elif kind == "length" and where + 1 < len(frame):
            frame[where:where + 2] = struct.pack(">H", chance.choice((0, 1, 7, 19, 65535, len(frame), chance.randrange(2000))))
        else:
            del frame[where:]
        changed[f"{len(changed)}: {kind} at {where} of {name}"] = bytes(frame)
    return changed


def write_pcap(path, link_type, frames, snaplen=None):
    with open(path, "wb") as file:
        file.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link_type))
        for number, frame in enumerate(frames):
            kept = frame[:snaplen]
            file.write(struct.pack("=IIII", number, 0, len(kept), len(frame)) + kept)


def write_seeds(directory, frames):
    """tests/fuzz/packet_fuzz.cc: seven bytes say how what follows is presented; 8: with its length, from the link header on."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames.values()):
        (directory / f"corpus-{number:04}").write_bytes(b"\x08" + bytes(6) + frame)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("pcap", "seeds"):
        sys.exit(__doc__)
    directory = Path(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    frames = packets()
    if sys.argv[1] == "seeds":
        write_seeds(directory, frames)
        return
    for name, link_type, chosen in (("ether", ETHERNET, frames), ("ip", RAW_IP, ip_packets(frames)), ("mutated", ETHERNET, mutated(frames))):
        write_pcap(directory / f"{name}.pcap", link_type, chosen.values())
        (directory / f"{name}.names").write_text("".join(f"{each}\n" for each in chosen))


if __name__ == "__main__":
    main()
