"""The bytes of a packet in a record are the packet's, for every length and wherever they are cut."""

import socket
import struct

import pytest
from frames import ethernet, send_frame

ETHERTYPE = 0x88B5  # for experiments (IEEE 802)
LENGTHS = range(46, 300)


def frame(to, by, length):
    """No byte of it is that of another place or length nearby, and none is zero."""
    payload = bytes(1 + (length * 31 + i * 7) % 255 for i in range(length))
    return ethernet(to, by, payload, ethertype=ETHERTYPE)


def packets(path):
    """(captured bytes, length on the wire) of each Enhanced Packet in a pcapng of this host's byte order."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        kind, size = struct.unpack_from("=2I", data, at)
        if kind == 6:
            captured, wire = struct.unpack_from("=2I", data, at + 20)
            yield data[at + 28:at + 28 + captured], wire
        at += size


@pytest.mark.parametrize("snaplen", (64, 100, 160, 200))
def test_every_byte_of_a_packet_is_its_own(pair, start, tmp_path, snaplen):
    path = tmp_path / "x.pcapng"
    to, by = pair.b.mac("vb"), pair.a.mac("va")
    sent = [frame(to, by, length) for length in LENGTHS]
    trace = start("-t", "netif_rx", "-N", pair.b.path, "--snaplen", snaplen, "-w", path).tracing()
    with pair.a.open(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("va", 0))
        for each in sent:
            s.send(each)
    trace.stop()
    assert list(packets(path)) == [(each[:snaplen], len(each)) for each in sent]


def test_headers_of_zeros_are_shown(start, lab, tmp_path):
    """On loopback the addresses are zero; a byte that could not be read would be as well, and is told apart."""
    path, netns = tmp_path / "x.pcapng", lab.netns()
    netns.ip("link set lo up")
    sent = bytes(12) + struct.pack("!H", ETHERTYPE) + bytes(46)
    trace = start("-t", "netif_rx", "-N", netns.path, "-w", path).tracing()
    send_frame(netns, "lo", sent)
    trace.stop()
    assert list(packets(path)) == [(sent, len(sent))]
