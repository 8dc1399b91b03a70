"""--inner: what is inside of a tunnel is judged as libpcap's own interpreter judges the inner bytes."""

import socket
import struct
from collections import namedtuple

import pytest
from filter_frames import ACK, authentication, fragment6, icmp, ip4, ip6, link, option, pppoe, tcp, udp
from frames import mac
from libpcap import Expression
from netlab import Pair
from tracing import wait_until

IP, IP6, TEB, ARP = 0x0800, 0x86DD, 0x6558, 0x0806
ETHERNET_HEADER = 14
SHORTEST = 200

# `inner` is what the second filter has to be asked of: an Ethernet frame, or a network packet of the type `ethertype`.
# None: there is no inner packet, or none that is believed.
Tunnel = namedtuple("Tunnel", "name data inner ethertype", defaults=[None, None])

ECHO = ip4(icmp(8) + bytes(20), 1, "192.168.1.1", "192.168.1.2")
OTHER = ip4(icmp(8) + bytes(20), 1, "192.168.1.3", "192.168.1.2")
HTTP = ip4(tcp(4000, 80), 6, "192.168.1.1", "192.168.1.2")
ECHO6 = ip6(icmp(128) + bytes(20), 58, "fd01::1", "fd01::2")
INNER_MACS = mac("02:00:00:00:00:0b") + mac("02:00:00:00:00:0a")


def frame(packet, ethertype=IP):
    return INNER_MACS + struct.pack("!H", ethertype) + packet


def vxlan(inner, port=4789, flags=0x08, vni=5):
    return udp(5000, port, struct.pack("!2I", flags << 24, vni << 8) + inner)


def geneve(inner, ethertype, options=b"", version=0):
    first = version << 6 | len(options) // 4
    return udp(5000, 6081, struct.pack("!2BHI", first, 0, ethertype, 9 << 8) + options + inner)


def gre(inner, ethertype, flags=0):
    words = [bit for bit in (0x8000, 0x2000, 0x1000) if flags & bit]
    return struct.pack("!2H", flags, ethertype) + bytes(4 * len(words)) + inner


def over4(payload, proto, **options):
    return link(ip4(payload, proto, **options), IP)


def over6(payload, proto):
    return link(ip6(payload, proto), IP6)


def behind_tags(data, *tpids):
    words = b"".join(struct.pack("!2H", tpid, 100 + i) for i, tpid in enumerate(tpids))
    return data[:12] + words + data[12:]


def _in_udp():
    for port in (4789, 8472):
        yield Tunnel(f"vxlan {port}", over4(vxlan(frame(ECHO), port), 17), frame(ECHO))
    yield Tunnel("vxlan, other address", over4(vxlan(frame(OTHER)), 17), frame(OTHER))
    yield Tunnel("vxlan, TCP", over4(vxlan(frame(HTTP)), 17), frame(HTTP))
    yield Tunnel("vxlan, IPv6", over4(vxlan(frame(ECHO6, IP6)), 17), frame(ECHO6, IP6))
    yield Tunnel("vxlan, tag inside", over4(vxlan(behind_tags(frame(ECHO), 0x8100)), 17),
                 behind_tags(frame(ECHO), 0x8100))
    yield Tunnel("vxlan over IPv6", over6(vxlan(frame(ECHO)), 17), frame(ECHO))
    yield Tunnel("vxlan, IP options outside", over4(vxlan(frame(ECHO)), 17, options=bytes([1] * 8)), frame(ECHO))
    yield Tunnel("vxlan without I", over4(vxlan(frame(ECHO), flags=0), 17))
    yield Tunnel("vxlan, source port", over4(udp(4789, 5000, bytes([8]) + bytes(7) + frame(ECHO)), 17))
    yield Tunnel("udp elsewhere", over4(vxlan(frame(ECHO), 4790), 17))
    yield Tunnel("geneve, Ethernet", over4(geneve(frame(ECHO), TEB), 17), frame(ECHO))
    yield Tunnel("geneve, IP", over4(geneve(ECHO, IP), 17), ECHO, IP)
    yield Tunnel("geneve, IPv6", over4(geneve(ECHO6, IP6), 17), ECHO6, IP6)
    yield Tunnel("geneve, options", over4(geneve(frame(ECHO), TEB, bytes(12)), 17), frame(ECHO))
    yield Tunnel("geneve, most options", over4(geneve(ECHO, IP, bytes(252)), 17), ECHO, IP)
    yield Tunnel("geneve version 1", over4(geneve(frame(ECHO), TEB, version=1), 17))


def _in_ip():
    yield Tunnel("gre", over4(gre(ECHO, IP), 47), ECHO, IP)
    for name, flags in (("checksum", 0x8000), ("key", 0x2000), ("sequence", 0x1000), ("all", 0xB000)):
        yield Tunnel(f"gre {name}", over4(gre(ECHO, IP, flags), 47), ECHO, IP)
    yield Tunnel("gre, IPv6", over4(gre(ECHO6, IP6), 47), ECHO6, IP6)
    yield Tunnel("gre, Ethernet", over4(gre(frame(ECHO), TEB, 0x2000), 47), frame(ECHO))
    yield Tunnel("gre over IPv6", over6(gre(ECHO, IP), 47), ECHO, IP)
    yield Tunnel("gre, ARP's type", over4(gre(bytes(28), ARP), 47), bytes(28), ARP)
    yield Tunnel("gre version 1", over4(gre(ECHO, IP, 1), 47))
    yield Tunnel("gre routing", over4(gre(ECHO, IP, 0x4000), 47))
    yield Tunnel("ipip", over4(ECHO, 4), ECHO, IP)
    yield Tunnel("ipip, other address", over4(OTHER, 4), OTHER, IP)
    yield Tunnel("6in4", over4(ECHO6, 41), ECHO6, IP6)
    yield Tunnel("4in6", over6(ECHO, 4), ECHO, IP)
    yield Tunnel("6in6", over6(ECHO6, 41), ECHO6, IP6)
    yield Tunnel("ipip in ipip", over4(ip4(ECHO, 4), 4), ip4(ECHO, 4), IP)


def _behind():
    yield Tunnel("tag, vxlan", behind_tags(over4(vxlan(frame(ECHO)), 17), 0x8100), frame(ECHO))
    yield Tunnel("two tags, ipip", behind_tags(over4(ECHO, 4), 0x88A8, 0x8100), ECHO, IP)
    yield Tunnel("hop-by-hop, ipip", over6(option(4, ECHO), 0), ECHO, IP)
    yield Tunnel("hop-by-hop, options, vxlan", over6(option(60, option(17, vxlan(frame(ECHO)))), 0), frame(ECHO))
    yield Tunnel("four headers, gre", over6(option(60, option(43, option(60, option(47, gre(ECHO, IP))))), 0), ECHO, IP)
    yield Tunnel("first fragment6, ipip", over6(fragment6(4, 0, ECHO), 44), ECHO, IP)
    yield Tunnel("later fragment6, ipip", over6(fragment6(4, 3, ECHO), 44))
    yield Tunnel("first fragment, ipip", over4(ECHO, 4, fragment=0x2000), ECHO, IP)
    yield Tunnel("later fragment, ipip", over4(ECHO, 4, fragment=3), None)
    yield Tunnel("last fragment, vxlan", over4(vxlan(frame(ECHO)), 17, fragment=0x1FFF), None)
    yield Tunnel("first fragment, vxlan", over4(vxlan(frame(ECHO)), 17, fragment=0x2000), frame(ECHO))


def _without():
    yield Tunnel("echo itself", link(ECHO, IP))
    yield Tunnel("tcp", over4(tcp(flags=ACK), 6))
    yield Tunnel("esp", over4(bytes(60), 50))
    yield Tunnel("ah, ipip", over4(authentication(4, ECHO), 51))
    yield Tunnel("pppoe", link(pppoe(7, 0x0021, ECHO), 0x8864))
    yield Tunnel("lldp", link(ECHO, 0x88CC))


def _cut():
    """Cut off inside of a header. They cannot be padded, so the lengths are such that no two are alike."""
    whole = over4(vxlan(frame(ECHO)), 17)
    for length in range(14 + 20 + 7, 14 + 20 + 8 + 8 + 14 + 20 + 3, 3):
        data = whole[:length]
        inner = data[50:] if length > 50 else None
        yield Tunnel(f"vxlan cut at {length}", data, inner)
    ipip = over4(ECHO, 4)
    for length in (34, 37, 52, 55, 73, 76):
        yield Tunnel(f"ipip cut at {length}", ipip[:length], ipip[34:length] or None, IP)
    six = over6(gre(ECHO, IP, 0xB000), 47)
    for length in (57, 63, 72, 78):
        yield Tunnel(f"gre over IPv6 cut at {length}", six[:length], six[70:length] or None, IP)


def _padded(tunnel, length):
    """Padding lies after the inner packet, too."""
    more = bytes(length - len(tunnel.data))
    inner = None if tunnel.inner is None else tunnel.inner + more
    return tunnel._replace(data=tunnel.data + more, inner=inner)


def _all():
    whole = sorted((each for part in (_in_udp, _in_ip, _behind, _without) for each in part()),
                   key=lambda each: len(each.data))
    return [*_cut(), *(_padded(each, SHORTEST + i * 3) for i, each in enumerate(whole))]


TUNNELS = _all()
NAMES = {len(each.data): each.name for each in TUNNELS}


def fits(expression, tunnel):
    """Does libpcap say so of the inner bytes? A made Ethernet header does not count in the length."""
    if not tunnel.inner:
        return False
    made = bytes(12) + struct.pack("!H", tunnel.ethertype) if tunnel.ethertype else b""
    return expression.matches(made + tunnel.inner, len(tunnel.inner))


def meant(inner, outer=""):
    inside, outside = Expression(inner), Expression(outer)
    return {each.name for each in TUNNELS if fits(inside, each) and outside.matches(each.data, len(each.data))}


def inject(pair):
    with pair.a.open(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("va", 0))
        for each in TUNNELS:
            s.send(each.data)


def names_of(events):
    return [NAMES.get(event["len"] + ETHERNET_HEADER) for event in events]


def test_no_two_frames_are_alike_in_length():
    assert len(NAMES) == len(TUNNELS)


# Inner expression, outer one.
ASKED = [
    ("icmp and host 192.168.1.1", ""),
    ("not host 192.168.1.1", ""),
    ("ip", ""),
    ("ip6", ""),
    ("icmp6 and src host fd01::1", ""),
    ("tcp dst port 80", ""),
    ("ether src 02:00:00:00:00:0a", ""),
    ("not ether src 02:00:00:00:00:0a", ""),
    ("vlan and icmp", ""),
    ("len > 200", ""),
    ("less 60", ""),
    ("ip[8] = 64", ""),
    ("arp", ""),
    ("ip proto 4", ""),
    ("icmp and host 192.168.1.1", "udp port 4789"),
    ("icmp and host 192.168.1.1", "ip6"),
    ("icmp", "not udp"),
    ("icmp", "vlan"),
]


def test_the_inner_packet_is_judged_as_libpcap_judges_its_bytes(pair, start):
    wanted = {asked: meant(*asked) for asked in ASKED}
    for asked, names in wanted.items():
        assert 0 < len(names) < len(TUNNELS), f"{asked} proves nothing"

    def begin(*words):
        return start("-o", "json", "-N", pair.b.name, "-t", "netif_receive_skb", "--buffer", "256K", *words)

    running = {(inner, outer): begin("--inner", inner, *outer.split()) for inner, outer in ASKED}
    everything = begin()
    for one in (everything, *running.values()):
        one.tracing()
    inject(pair)
    wait_until(lambda: everything.stdout().count("\n") >= len(TUNNELS), "the frames on the other side")
    assert names_of(everything.stop().events) == [each.name for each in TUNNELS]
    wrong = {}
    for asked, one in running.items():
        shown = names_of(one.stop().events)
        if sorted(shown) != sorted(wanted[asked]):
            wrong[asked] = {"missing": wanted[asked] - set(shown), "too much": set(shown) - wanted[asked]}
    assert wrong == {}


@pytest.fixture
def tunnel(pair):
    """A vxlan device on each end; nothing but what is asked for goes through."""
    for netns, device, remote, own in (pair.a, "va", Pair.B4, "10.6.0.1"), (pair.b, "vb", Pair.A4, "10.6.0.2"):
        netns.ip(f"link add vx0 type vxlan id 5 dstport 4789 remote {remote} dev {device}",
                 f"address add {own}/24 dev vx0", "link set vx0 up")
    for netns, other, address in (pair.a, pair.b, "10.6.0.2"), (pair.b, pair.a, "10.6.0.1"):
        netns.ip(f"neighbour add {address} lladdr {other.mac('vx0')} dev vx0")
    return pair


def test_the_echo_in_a_vxlan_tunnel_is_found_where_it_is_inside(tunnel, trace):
    running = trace("--no-follow", "--inner", "icmp and host 10.6.0.2")
    other = trace("--inner", "icmp and host 10.6.0.3")
    tunnel.a.run(*tunnel.ping(to="10.6.0.2"))
    namespaces = (tunnel.a.name, tunnel.b.name)
    events = [event for event in running.stop().events if event.get("netns") in namespaces]
    way = [(event["netns"], event["ifname"], event["src"]) for event in events if event["func"] == "net_dev_queue"]
    assert way == [(tunnel.a.name, "va", Pair.A4), (tunnel.b.name, "vb", Pair.B4)]
    assert {event["ifname"] for event in events} == {"va", "vb"}
    assert {event["dport"] for event in events} == {4789}
    assert {"net_dev_start_xmit", "netif_receive_skb"} <= {event["func"] for event in events}
    assert [event for event in other.stop().events if event.get("netns") in namespaces] == []


def test_an_inner_expression_that_is_wrong_ends_with_status_2(start):
    result = start("--inner", "icmp and hots 10.0.0.1").ended()
    assert (result.status, result.stdout) == (2, "")
    assert "--inner" in result.stderr
