"""TCP before it has headers: an expression is judged on those that are made from the socket."""

import contextlib
import socket
import struct

import pytest
from libpcap import Expression
from netlab import Pair

PORT, SPORT = 80, 4000
SYN, PSH, ACK = 2, 8, 16

FAMILIES = {"ip": (socket.AF_INET, Pair.A4, Pair.B4), "ip6": (socket.AF_INET6, Pair.A6, Pair.B6)}


def deaf(pair, family):
    """The other end hears, but its answers go nowhere."""
    pair.b.ip(f"route add blackhole {FAMILIES[family][1]}/{32 if family == 'ip' else 128}")


@contextlib.contextmanager
def client(pair, family):
    kind, own, _ = FAMILIES[family]
    with pair.a.open(kind, socket.SOCK_STREAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((own, SPORT))
        yield s


@contextlib.contextmanager
def connected(pair, family):
    kind, _, other = FAMILIES[family]
    with pair.b.open(kind, socket.SOCK_STREAM) as listener, client(pair, family) as s:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((other, PORT))
        listener.listen()
        s.connect((other, PORT))
        with listener.accept()[0]:
            yield s


def begin_to_connect(pair, family, s):
    s.setblocking(False)
    with pytest.raises(BlockingIOError):
        s.connect((FAMILIES[family][2], PORT))


def made(family, flags, payload):
    """The packet as it will be, after a made Ethernet header. What the expressions here do not ask for is zero."""
    _, own, other = FAMILIES[family]
    tcp = struct.pack("!2H2I2B3H", SPORT, PORT, 0, 0, 0x50, flags, 0, 0, 0)
    addresses = b"".join(socket.inet_pton(FAMILIES[family][0], each) for each in (own, other))
    if family == "ip":
        return bytes(12) + struct.pack("!H2B3H2BH", 0x0800, 0x45, 0, 40 + payload, 0, 0, 0, 6, 0) + addresses + tcp
    return bytes(12) + struct.pack("!HIHBB", 0x86DD, 0x60000000, 20 + payload, 6, 0) + addresses + tcp


ASKED = [
    "tcp dst port 80", "tcp dst port 81", "src port 4000 and not port 22", f"src host {Pair.A4}", f"src host {Pair.B4}",
    "src net 10.9.0.0/24", f"src host {Pair.A6}", "net fd09::/64", "ip", "ip6", "arp", "not tcp",
    "tcp[tcpflags] & tcp-syn != 0", "ip6[53] & 2 != 0", "vlan", "not ether host 02:00:00:00:00:01", "len > 45",
    "tcp[20] = 0x68", "not tcp[20] = 0x68",
]
# Shown of a SYN, shown of payload.
OPTIONS = [
    ("-p tcp -P 80", True, True), ("--sport 81", False, False), ("--tcp-flags syn", True, False),
    ("--tcp-flags psh,!syn", False, True),
]


def expected(family, flags, payload):
    """[(words, is it to be shown)]. Of a payload nothing is known yet: a byte of it is out of range."""
    data = made(family, flags, payload)
    length = len(data) - 14 + payload
    wanted = [([text], Expression(text).matches(data, length)) for text in ASKED]
    is_syn = bool(flags & SYN)
    return wanted + [(words.split(), syn if is_syn else push) for words, syn, push in OPTIONS]


def shown_by(pair, trace, wanted, traffic):
    """[(words, was it shown, should it)] of a retransmission."""
    place = ("-N", pair.a.name, "-t", "tcp_retransmit_skb", "--buffer", "64K")
    everything = trace(*place)
    running = [(words, trace(*place, *words), shown) for words, shown in wanted]
    with traffic():
        everything.saw("tcp_retransmit_skb")
        found = [(words, one.stop().events, shown) for words, one, shown in running]
    first = everything.stop().events[0]
    assert first["made_headers"] is True and first["dport"] == PORT
    for _, events, _ in found:
        assert all(event["made_headers"] for event in events)
    return [(words, bool(events), shown) for words, events, shown in found]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_retransmitted_syn_is_judged_by_made_headers(pair6, trace, family):
    deaf(pair6, family)

    @contextlib.contextmanager
    def traffic():
        with client(pair6, family) as s:
            begin_to_connect(pair6, family, s)
            yield

    found = shown_by(pair6, trace, expected(family, SYN, 0), traffic)
    assert [(" ".join(words), was) for words, was, should in found if was != should] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_retransmitted_payload_is_judged_by_made_headers(pair6, trace, family):
    with connected(pair6, family) as s:

        @contextlib.contextmanager
        def traffic():
            deaf(pair6, family)
            s.sendall(b"hello?")
            yield

        found = shown_by(pair6, trace, expected(family, PSH | ACK, 6), traffic)
        assert [(" ".join(words), was) for words, was, should in found if was != should] == []


@pytest.mark.needs("tcp_sendmsg_locked")
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_being_queued_is_judged_by_made_headers(pair6, trace, family):
    """The tracepoint is hit once more when there is no skb yet; that is no event."""
    with connected(pair6, family) as s:
        place = ("-N", pair6.a.name, "-t", "tcp_sendmsg_locked")
        right, wrong = trace(*place, "tcp dst port 80"), trace(*place, "tcp dst port 81")
        deaf(pair6, family)
        # The second finds the skb of the first, which waits for an acknowledgement.
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        s.sendall(b"hello")
        s.sendall(b"world")
        events = right.stop().events
        assert wrong.stop().events == []
    assert [(event["made_headers"], event["dport"], event["payload_len"]) for event in events] == [(True, PORT, 5)]
