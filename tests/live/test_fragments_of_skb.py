"""Packets of which a part is in page fragments: an expression on bytes there is judged where the kernel lets us look,
and where it does not the event says that it is undecided."""

import contextlib
import ctypes
import fcntl
import os
import socket
import struct

import pytest
from netlab import Pair

PORT = 7777
SPORT = 5555
SIOCETHTOOL = 0x8946
GATHERED_MAX = 4096
# What is before skb->data comes first (bpf/packet_filter.h, GATHERED_BEFORE).
BEFORE = 160
WAY = "net_dev_queue,net_dev_start_xmit,netif_rx,netif_receive_skb"


def mtu(pair, size):
    pair.a.ip(f"link set va mtu {size}")
    pair.b.ip(f"link set vb mtu {size}")


OFFLOADS = {"tso": 0x1F, "gso": 0x24, "gro": 0x2C}  # ETHTOOL_STSO, SGSO, SGRO


def set_offload(netns, device, name, on):
    """As ethtool -K does."""
    value = ctypes.create_string_buffer(struct.pack("=2I", OFFLOADS[name], on), 8)
    with netns.udp() as s:
        fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sP16x", device.encode(), ctypes.addressof(value)))


def offloads(pair, on):
    """Segmentation and its reverse by the devices."""
    for netns, device in (pair.a, "va"), (pair.b, "vb"):
        for name in OFFLOADS:
            set_offload(netns, device, name, on)


def payload(size, **places):
    """Zeros, and at byte N the text of bN."""
    made = bytearray(size)
    for place, text in places.items():
        at = int(place[1:])
        made[at:at + len(text)] = text
    return bytes(made)


def send_udp(pair, *payloads):
    with pair.a.udp() as s, pair.b.udp() as sink:
        s.bind((Pair.A4, SPORT))
        sink.bind((Pair.B4, 9))
        for each in payloads:
            s.sendto(each, (Pair.B4, 9))


@contextlib.contextmanager
def connection(pair):
    with pair.b.open(socket.AF_INET, socket.SOCK_STREAM) as listener, \
            pair.a.open(socket.AF_INET, socket.SOCK_STREAM) as client:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((Pair.B4, PORT))
        listener.listen()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.connect((Pair.B4, PORT))
        with listener.accept()[0] as server:
            yield client, server


def send_file(pair, directory, contents):
    """TCP segments whose payload is pages of a file; each is read before the next is sent."""
    with connection(pair) as (client, server):
        for number, each in enumerate(contents):
            path = directory / f"file{number}"
            path.write_bytes(each)
            with open(path, "rb") as file:
                assert os.sendfile(client.fileno(), file.fileno(), 0, len(each)) == len(each)
            left = len(each)
            while left:
                left -= len(server.recv(left))


def judged(pair, trace, expressions, traffic, tracers=WAY):
    """({expression: [(func, len)]}, all events) of the same packets."""
    everything = trace("-t", tracers)
    running = {each: trace("--no-follow", "-t", tracers, *each.split()) for each in expressions}
    traffic()
    names = (pair.a.name, pair.b.name)

    def ours(result):
        return [event for event in result.events if event.get("netns") in names]

    results = {each: one.stop() for each, one in running.items()}
    shown = {each: ours(result) for each, result in results.items()}
    return shown, ours(everything.stop()), results


def counted(result):
    """Others' events are on the host, too: what the summary says is held against the whole output."""
    return result.summary["undecided"] == sum("undecided" in event for event in result.events)


def brief(events):
    return [(event["func"], event["skb"], event["len"]) for event in events]


def nonlinear(events):
    return [event for event in events if event.get("nonlinear")]


# The header of HTTP, which is in a fragment.
GET = "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420"


@pytest.mark.parametrize("segmented", [False, True])
def test_payload_of_a_file_is_found_in_its_page(pair, trace, tmp_path, segmented):
    offloads(pair, not segmented)
    contents = [b"GET / HTTP/1.1" + bytes(500), b"PUT / HTTP/1.1" + bytes(600), b"GET /again" + bytes(700)]
    shown, everything, _ = judged(pair, trace, [GET, f"{GET} and src port 1", f"not ({GET})"],
                                    lambda: send_file(pair, tmp_path, contents))
    with_file = nonlinear(everything)
    assert {event["func"] for event in with_file} == set(WAY.split(","))
    right = [event for event in everything if event.get("payload_len") in (514, 710)]
    assert right and brief(shown[GET]) == brief(right)
    assert shown[f"{GET} and src port 1"] == []
    # A packet without payload has no such byte, which is false under `not`, too.
    others = [event for event in everything if event.get("payload_len") == 614]
    assert brief(shown[f"not ({GET})"]) == brief(others)
    assert not any("undecided" in event for events in shown.values() for event in events)


def test_payload_is_found_at_all_places_of_the_default_set_but_where_the_skb_may_be_null(pair, trace, tmp_path):
    shown = trace("-v", "-N", pair.b.name, GET)
    send_file(pair, tmp_path, [b"GET / HTTP/1.1" + bytes(500), b"PUT / HTTP/1.1" + bytes(600)])
    result = shown.stop()
    events = [event for event in result.events if event["func"] != "qdisc_dequeue"]
    assert {event["payload_len"] for event in events} == {514}
    assert {"netif_rx", "netif_receive_skb", "tcp_probe", "skb_copy_datagram_iovec"} <= {event["func"] for event in events}
    assert not any("undecided" in event for event in events)
    assert "fragments too" in result.stderr


def test_a_datagram_larger_than_a_page_is_judged_in_its_fragments(pair, trace):
    """The kernel puts what is larger than four pages into fragments. Up to 4,096 bytes can be judged."""
    mtu(pair, 60000)
    at_5000 = payload(20000, b3000=b"find", b5000=b"find")
    nothing = payload(20000)
    early, late = "udp[3008:4] = 0x66696e64", "udp[5008:4] = 0x66696e64"
    shown, everything, results = judged(pair, trace, [early, late, f"{late} and src port 1"],
                                        lambda: send_udp(pair, at_5000, nothing, payload(20000, b3000=b"find")))
    datagrams = [event for event in everything if event.get("payload_len") == 20000]
    if not nonlinear(datagrams):
        pytest.skip("this kernel has all of it in the linear part")
    first, second, third = (
        [event for event in datagrams if event["ip_id"] == number] for number in
        sorted({event["ip_id"] for event in datagrams}, key=[event["ip_id"] for event in datagrams].index))
    assert brief(shown[early]) == brief([event for event in datagrams if event in first + third])
    # Where 4,096 bytes do not reach, it is not known; none is missing.
    assert brief(shown[late]) == brief(datagrams)
    assert {event.get("undecided") for event in shown[late]} == {"not linear"}
    assert counted(results[late])
    assert not any("undecided" in event for event in shown[early])
    assert second


def test_the_bytes_that_can_be_judged_end_at_4096(pair, trace):
    mtu(pair, 60000)
    # UDP's byte 8 is the payload's first, and the frame's 42nd; 160 of the 4,096 bytes are for what is before data.
    last = GATHERED_MAX - BEFORE
    expressions = {place: f"udp[{place - 34}] = 0x21" for place in (100, last - 200, last - 1, last + 200, 20000)}
    contents = payload(20000, **{f"b{place - 42}": b"!" for place in expressions})
    shown, everything, _ = judged(pair, trace, expressions.values(), lambda: send_udp(pair, contents, payload(20000)),
                                  "netif_receive_skb")
    datagrams = [event for event in everything if event.get("payload_len") == 20000]
    if not nonlinear(datagrams):
        pytest.skip("this kernel has all of it in the linear part")
    for place, text in expressions.items():
        undecided = place >= last + 100
        assert brief(shown[text]) == brief(datagrams if undecided else datagrams[:1]), place
        assert {event.get("undecided") == "not linear" for event in shown[text]} == {undecided}, place


def test_a_byte_behind_a_packet_with_fragments_is_not_there(pair, trace, tmp_path):
    """Out of range is false, and not undecided, for the whole packet was looked at."""
    texts = ["tcp[1000] = 0", "not tcp[1000] = 7"]
    shown, everything, results = judged(pair, trace, texts,
                                        lambda: send_file(pair, tmp_path, [bytes(900), bytes(1100)]))
    assert {event["payload_len"] for event in nonlinear(everything)} == {900, 1100}
    for text in texts:
        assert {event["payload_len"] for event in shown[text]} == {1100}
        assert counted(results[text]) and not any("undecided" in event for event in shown[text])


def test_headers_are_enough_where_nothing_else_is_asked_for(pair, trace, tmp_path):
    shown, everything, _ = judged(pair, trace, [f"tcp dst port {PORT}", "len > 1000", "less 1000"],
                                        lambda: send_file(pair, tmp_path, [bytes(900), bytes(1100)]))
    to_port = [event for event in everything if event.get("dport") == PORT]
    assert brief(shown[f"tcp dst port {PORT}"]) == brief(to_port)
    large = [event for event in everything if event.get("payload_len") == 1100]
    assert brief(shown["len > 1000"]) == brief(large)
    assert not any("undecided" in event for events in shown.values() for event in events)


def test_of_an_skb_of_many_segments_the_first_bytes_can_be_judged(pair, trace, tmp_path):
    """With GSO one skb is larger than what can be looked at; how the stream is cut is the kernel's affair."""
    offloads(pair, True)
    files = [payload(14000, b2000=b"find", b13000=b"find"), bytes(14000)]
    shown, everything, results = judged(pair, trace, ["tcp[2032:4] = 0x66696e64", "tcp[13032:4] = 0x66696e64"],
                                        lambda: send_file(pair, tmp_path, files))
    in_reach, beyond = shown.values()
    segments = [event for event in everything if event.get("dport") == PORT and event.get("payload_len", 0) > 0]
    begin, stream = segments[0]["tcp_seq"], b"".join(files)

    def has_it(event, offset):
        at = (event["tcp_seq"] - begin) % 2**32 + offset
        return event["payload_len"] >= offset + 4 and stream[at:at + 4] == b"find"

    assert set(WAY.split(",")) == {event["func"] for event in segments if event["payload_len"] > GATHERED_MAX}
    assert brief(in_reach) == brief([event for event in segments if has_it(event, 2000)])
    assert not any("undecided" in event for event in in_reach)
    # All that is larger than what can be looked at is undecided, even where it is shorter than what was asked for.
    assert brief(beyond) == brief([event for event in segments if event["payload_len"] > GATHERED_MAX - BEFORE])
    assert {event["undecided"] for event in beyond} == {"not linear"}
    assert all(counted(result) for result in results.values())
