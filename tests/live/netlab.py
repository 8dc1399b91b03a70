"""Network namespaces that a test makes and that are gone after it: names are unique to the process, so that any number
of test runs share a host."""

import ctypes
import io
import itertools
import json
import os
import socket
import subprocess
from contextlib import contextmanager

from tracing import wait_until

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count()


def run(*words, **options):
    """Runs a command that has to succeed; gives its standard output."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.stderr or done.stdout}"
    return done.stdout


class Netns:
    """One namespace. `ip()` configures it; `open()` makes a socket that lives in it, though the caller does not."""

    def __init__(self, letter="n"):
        self.name = f"sl{os.getpid()}{letter}{next(_numbers)}"
        run("ip", "netns", "add", self.name)
        self.path = f"/run/netns/{self.name}"
        self.inum = os.stat(self.path).st_ino

    def remove(self):
        subprocess.run(["ip", "netns", "delete", self.name], capture_output=True, check=False)

    def ip(self, *commands):
        """`ip` commands, one a line; one process for all of them."""
        run("ip", "-n", self.name, "-batch", "-", input="\n".join(commands) + "\n")

    def command(self, *words):
        """The command line that runs these words in the namespace. Mounts nothing, unlike `ip netns exec`."""
        return ["nsenter", f"--net={self.path}", *map(str, words)]

    def run(self, *words, **options):
        return run(*self.command(*words), **options)

    def sysctl(self, **settings):
        """net.a.b=1 is written net__a__b=1."""
        text = "".join(f"echo {value} > /proc/sys/{key.replace('__', '/')};" for key, value in settings.items())
        # /proc/sys/net shows the namespace of the process that opens it.
        self.run("sh", "-c", text)

    @contextmanager
    def entered(self):
        """The calling thread is in the namespace; new threads of it would be, too."""
        with io.open("/proc/thread-self/ns/net") as home, io.open(self.path) as there:
            _setns(there.fileno())
            try:
                yield
            finally:
                _setns(home.fileno())

    def open(self, *arguments):
        with self.entered():
            return socket.socket(*arguments)

    def udp(self, family=socket.AF_INET):
        return self.open(family, socket.SOCK_DGRAM)

    def forwards(self, *ports):
        """Waits until a bridge sends on by these ports: it does once the kernel has noticed that both ends are up."""
        def states():
            return {link["ifname"]: link.get("state") for link in json.loads(self.run("bridge", "-j", "link"))}

        wait_until(lambda: all(states().get(port) == "forwarding" for port in ports), f"{ports} to forward")

    def mac(self, ifname):
        with self.entered():
            return _mac(ifname)


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _mac(ifname):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((ifname, 0))
        return ":".join(f"{byte:02x}" for byte in s.getsockname()[4])


class Lab:
    """Makes namespaces and removes them all."""

    def __init__(self):
        self._made = []

    def netns(self, letter="n"):
        self._made.append(Netns(letter))
        self._made[-1].ip("link set lo up")
        return self._made[-1]

    def close(self):
        while self._made:
            self._made.pop().remove()


class Pair:
    """Two namespaces joined by veth: `a` has device va with 10.9.0.1 and fd09::1, `b` has vb with .2 and ::2. They know
    each other's MAC addresses unless `neighbours` is False, so that no ARP or ND comes between. Without `ipv6` there is
    none at all, and so nothing that was not asked for."""

    A4, B4, A6, B6 = "10.9.0.1", "10.9.0.2", "fd09::1", "fd09::2"

    def __init__(self, lab, neighbours=True, ipv6=False):
        self.a, self.b = lab.netns("a"), lab.netns("b")
        if not ipv6:
            for netns in (self.a, self.b):
                netns.sysctl(net__ipv6__conf__all__disable_ipv6=1)
        self.a.ip(f"link add va type veth peer name vb netns {self.b.name}")
        for netns, device, four, six in self._ends():
            lines = [f"address add {four}/24 dev {device}", f"link set {device} up"]
            if ipv6:
                lines = [f"link set {device} addrgenmode none", *lines, f"address add {six}/64 dev {device} nodad"]
            netns.ip(*lines)
        self.macs = {"va": self.a.mac("va"), "vb": self.b.mac("vb")}
        if neighbours:
            self._introduce(ipv6)

    def _ends(self):
        return (self.a, "va", self.A4, self.A6), (self.b, "vb", self.B4, self.B6)

    def _introduce(self, ipv6):
        ends = self._ends()
        for (netns, device, _, _), (_, other, four, six) in (ends, ends[::-1]):
            addresses = [four, six] if ipv6 else [four]
            netns.ip(*(f"neighbour add {each} lladdr {self.macs[other]} dev {device}" for each in addresses))

    def ping(self, *options, to=None):
        """The words of a single ping from `a`."""
        return ["ping", "-n", "-q", "-c", "1", "-W", "5", *map(str, options), to or self.B4]


def send_datagrams(netns, address, count, size=18, port=9):
    """`count` UDP datagrams, as fast as they go. Refusals of the other side (ICMP) do not matter."""
    with netns.udp() as s:
        payload = b"x" * size
        for _ in range(count):
            try:
                s.sendto(payload, (address, port))
            except ConnectionRefusedError:
                pass


@contextmanager
def on_cpu(number):
    """The calling thread runs on this CPU (counted among those allowed), so that what it sends stays there, too."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(allowed)[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def with_capabilities(*names):
    """Words that run a command as nobody, with these capabilities alone."""
    wanted = ",".join(["-all", *("+" + name for name in names)])
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={wanted}",
            f"--ambient-caps={wanted}", f"--bounding-set={wanted}"]
