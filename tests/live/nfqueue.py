"""A program that packets are queued to (nfnetlink_queue), and that lets each go on: as little of the protocol as that takes.

    nlmsghdr  len 4, type 2, flags 2, seq 4, pid 4     in the host's order
    nfgenmsg  family 1, version 1, queue 2             the queue in the network's order
    nlattr    len 2, type 2, value, padded to 4        values in the network's order
"""

import socket
import struct
import subprocess

NETLINK_NETFILTER = 12
SUBSYSTEM = 3  # NFNL_SUBSYS_QUEUE
PACKET, VERDICT, CONFIG = 0, 1, 2
ATTRIBUTE_HEADER, ATTRIBUTE_VERDICT, ATTRIBUTE_COMMAND, ATTRIBUTE_MODE = 1, 2, 1, 2
BIND, COPY_PACKET, ACCEPT = 1, 2, 1


def attribute(kind, value):
    return struct.pack("=2H", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def rule(netns, protocol, port):
    """What goes out to this port of UDP is queued; False: this kernel has neither way to say so."""
    chain = f"table ip q {{ chain out {{ type filter hook output priority 0; {protocol} dport {port} queue num 0; }}; }}"
    nft = subprocess.run(netns.command("nft", "-f", "-"), input=chain, text=True, capture_output=True, check=False)
    words = ("-A", "OUTPUT", "-p", protocol, "--dport", str(port), "-j", "NFQUEUE", "--queue-num", "0")
    return nft.returncode == 0 or any(
        subprocess.run(netns.command(tables, *words), capture_output=True, check=False).returncode == 0
        for tables in ("iptables-legacy", "iptables"))


class Queue:
    """Queue 0 of a namespace."""

    def __init__(self, netns):
        self.sock = netns.open(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.sock.settimeout(10)
        self._say(CONFIG, attribute(ATTRIBUTE_COMMAND, struct.pack("!BxH", BIND, socket.AF_INET)))
        self._say(CONFIG, attribute(ATTRIBUTE_MODE, struct.pack("!IB", 0xFFFF, COPY_PACKET)))

    def _say(self, kind, attributes):
        message = struct.pack("!2BH", 0, 0, 0) + attributes
        self.sock.send(struct.pack("=I2H2I", 16 + len(message), SUBSYSTEM << 8 | kind, 1, 0, 0) + message)

    def take(self):
        """Waits for a packet; gives its number."""
        while True:
            message = self.sock.recv(1 << 17)
            if struct.unpack_from("=H", message, 4)[0] != SUBSYSTEM << 8 | PACKET:
                continue
            at = 20
            while at + 4 <= len(message):
                length, kind = struct.unpack_from("=2H", message, at)
                if kind == ATTRIBUTE_HEADER:
                    return struct.unpack_from("!I", message, at + 4)[0]
                at += (length + 3) & ~3

    def let_go(self, number):
        self._say(VERDICT, attribute(ATTRIBUTE_VERDICT, struct.pack("!2I", ACCEPT, number)))

    def close(self):
        self.sock.close()
