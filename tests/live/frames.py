"""Packets written by hand, for what no ordinary socket would send."""

import fcntl
import os
import socket
import struct

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_TAP, IFF_NO_PI = 1, 2, 0x1000


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, destination, protocol, payload):
    header = struct.pack("!2B3H2BH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, socket.inet_aton(source),
                         socket.inet_aton(destination))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def udp4(source, destination, sport=1111, dport=9, payload=b"text"):
    """An IPv4 packet with a UDP datagram that has no checksum."""
    return ipv4(source, destination, 17, struct.pack("!4H", sport, dport, 8 + len(payload), 0) + payload)


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ethernet(destination, source, packet, tags=(), ethertype=0x0800):
    """A frame; `tags` are (TPID, VLAN id), outermost first."""
    words = b"".join(struct.pack("!2H", tpid, vlan_id) for tpid, vlan_id in tags)
    return mac(destination) + mac(source) + words + struct.pack("!H", ethertype) + packet


def send_frame(netns, device, frame):
    with netns.open(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((device, 0))
        s.send(frame)


class Tun:
    """A tun (layer 3) or tap (layer 2) device of which this process is the other end."""

    def __init__(self, netns, name, kind=IFF_TUN):
        with netns.entered():
            self.fd = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), kind | IFF_NO_PI))

    def read(self):
        return os.read(self.fd, 2000)

    def write(self, packet):
        os.write(self.fd, packet)

    def close(self):
        os.close(self.fd)
