"""Namespaces in which something goes wrong, for one run that watches all of it (told.py).

   a (va 10.9.0.1) ── (vb 10.9.0.2) b, a router (vc 10.10.0.1) ── (vd 10.10.0.2) c
"""

import socket
import subprocess

from netlab import Pair

A, B, C = "10.9.0.1", "10.9.0.2", "10.10.0.2"


class Scene:
    def __init__(self, lab):
        self.pair = Pair(lab)
        self.a, self.b, self.c = self.pair.a, self.pair.b, lab.netns("c")
        self.netns = {"a": self.a, "b": self.b, "c": self.c}
        self.absent = {}  # why a cause cannot be had here
        self.sockets = []
        self.c.sysctl(net__ipv6__conf__all__disable_ipv6=1)
        self.join(self.b, "vc", "10.10.0.1", self.c, "vd", C)
        self.a.ip(f"route add default via {B}")
        self.c.ip("route add default via 10.10.0.1")
        self.b.sysctl(net__ipv4__ip_forward=1)
        for netns in self.netns.values():
            netns.sysctl(net__ipv4__icmp_ratemask=0)  # as many errors as there are causes

    @staticmethod
    def join(one, device, address, other, peer, its):
        """A veth pair, whose ends know each other's MAC addresses."""
        one.ip(f"link add {device} type veth peer name {peer} netns {other.name}", f"address add {address}/24 dev {device}",
               f"link set {device} up")
        other.ip(f"address add {its}/24 dev {peer}", f"link set {peer} up")
        one.ip(f"neighbour add {its} lladdr {other.mac(peer)} dev {device}")
        other.ip(f"neighbour add {address} lladdr {one.mac(device)} dev {peer}")

    def try_to(self, causes, netns, *words, **options):
        """Does what not every kernel can; gives whether this one could. What it was for is absent otherwise."""
        done = subprocess.run(netns.command(*words), capture_output=True, text=True, check=False, **options)
        if done.returncode:
            self.absent.update(dict.fromkeys(causes, (done.stderr.strip() or "it failed").splitlines()[0]))
        return done.returncode == 0

    def bound(self, netns, address, port, kind=socket.SOCK_DGRAM):
        self.sockets.append(netns.open(socket.AF_INET, kind))
        self.sockets[-1].bind((address, port))
        return self.sockets[-1]

    @staticmethod
    def udp(netns, to, port, payload=b"text"):
        """A datagram, whatever the sender is told."""
        with netns.udp() as s:
            try:
                s.sendto(payload, (to, port))
            except OSError:
                pass

    @staticmethod
    def connect(netns, to, port):
        """Tries to, and does not mind."""
        with netns.open(socket.AF_INET, socket.SOCK_STREAM) as s:
            s.settimeout(1)
            s.connect_ex((to, port))

    def close(self):
        for one in self.sockets:
            one.close()
