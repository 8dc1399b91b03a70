"""`--diagnose`: what is lost at devices, in tunnels and in queues is told.

Beside the namespaces of scene.py:   a (ve 10.21.0.1) ── e, a router (vl 10.22.0.1: slow) ── (vm 10.22.0.2) c
"""

import ctypes
import fcntl
import socket
import struct

import pytest
import scene
from frames import Tun, ethernet, ipv4, send_frame, udp4
from scene import A, B, C
from told import Case, check, packet, rules_of, to, to_address, watched
from tracing import wait_until

pytestmark = [pytest.mark.needs_fact("drop_reasons"), pytest.mark.needs_fact("follows")]

INNER, UNREADY, CLEAR, QUEUED, FRAGMENTED, DAMAGED, TAGGED, TO_GROUP, TO_ALL, LAST = range(2501, 2511)
KNOWN_VNI, UNKNOWN_VNI, VXLAN = 42, 43, 4789
KNOWN_SPI, UNKNOWN_SPI = 0x100, 0x777
BEHIND_POLICY, E, GONE, NARROW = "10.10.7.1", "10.21.0.2", "10.22.0.2", "10.23.0.2"
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17  # linux/sockios.h, linux/ethtool.h
GROUP, GROUP_MAC, ALL, ALL_MAC = "239.1.2.3", "01:00:5e:01:02:03", "10.9.0.255", "ff:ff:ff:ff:ff:ff"
NARROWEST, BACKLOG = 68, "/proc/sys/net/core/netdev_max_backlog"


def leave_checksums_to_software(netns, device):
    """As `ethtool -K DEVICE tx off`."""
    command = ctypes.create_string_buffer(struct.pack("=2I", ETHTOOL_STXCSUM, 0))
    with netns.open(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCETHTOOL, struct.pack("=16sQ16x", device.encode(), ctypes.addressof(command)))


class Scene(scene.Scene):
    last = f'"dport":{LAST}'

    def __init__(self, lab):
        super().__init__(lab)
        self.netns["e"] = self.e = lab.netns("e")
        self.e.sysctl(net__ipv6__conf__all__disable_ipv6=1)
        self.tun = Tun(self.b, "t0")
        self.make_tunnels()
        self.make_ways_to_c()

    def make_tunnels(self):
        words = f"ip xfrm policy add src {A} dst {BEHIND_POLICY} dir fwd tmpl src {A} dst {B} proto esp mode tunnel"
        self.try_to(["IPsec without a state"], self.b, *words.split())
        self.b.ip(f"route add {BEHIND_POLICY} via {C}")
        words = f"ip xfrm state add src {A} dst {B} proto esp spi {KNOWN_SPI} mode transport aead"
        self.try_to(["ESP without a state"], self.b, *words.split(), "rfc4106(gcm(aes))", "0x" + "11" * 20, "128")
        words = f"ip link add x0 type vxlan id {KNOWN_VNI} dstport {VXLAN}"
        if self.try_to(["VXLAN with an unknown VNI"], self.b, *words.split()):
            self.b.ip("link set x0 up")

    def make_ways_to_c(self):
        self.join(self.a, "ve", "10.21.0.1", self.e, "vg", E)
        leave_checksums_to_software(self.a, "ve")
        rule = f"tcp dport {DAMAGED} @th,144,16 set 0x1234"  # the urgent pointer, and not the checksum
        damages = f"table netdev m {{ chain i {{ type filter hook ingress device vg priority 0; {rule}; }}; }}\n"
        self.try_to(["a checksum that a path breaks"], self.e, "nft", "-f", "-", input=damages)
        self.join(self.e, "vl", "10.22.0.1", self.c, "vm", GONE)
        self.a.ip(f"route add 10.22.0.0/24 via {E}", "link set va mtu 65535")
        self.e.sysctl(net__ipv4__ip_forward=1)
        self.join(self.b, "vn", "10.23.0.1", self.c, "vo", NARROW)
        self.b.ip(f"link set vn mtu {NARROWEST}", "link set vb mtu 65535")
        self.e.run(*"tc qdisc add dev vl root tbf rate 8kbit burst 1600 limit 30000".split())

    def break_all(self):
        header = struct.pack("!2I", 0x08000000, UNKNOWN_VNI << 8)
        inner = ethernet("02:00:00:00:00:02", "02:00:00:00:00:01", udp4("10.30.0.1", "10.30.0.2", dport=INNER))
        self.udp(self.a, B, VXLAN, header + inner)
        with pytest.raises(OSError):
            self.tun.write(udp4("10.31.0.1", B, dport=UNREADY))
        self.udp(self.a, BEHIND_POLICY, CLEAR)
        self.send_what_nobody_takes()
        self.frame(ipv4(A, B, socket.IPPROTO_ESP, struct.pack("!2I", UNKNOWN_SPI, 1) + b"x" * 32))
        with self.a.open(socket.AF_INET, socket.SOCK_STREAM) as s:
            s.setblocking(False)
            s.connect_ex((E, DAMAGED))
        self.fill_backlog()
        for _ in range(4):
            self.udp(self.a, GONE, QUEUED, b"x" * 1000)
        self.e.remove()
        wait_until(lambda: "vm" not in self.c.run("ip", "-o", "link"), "the namespace to be gone")
        self.udp(self.a, B, LAST)

    def frame(self, packet, to=None, tags=()):
        send_frame(self.a, "va", ethernet(to or self.pair.macs["vb"], self.pair.macs["va"], packet, tags))

    def send_what_nobody_takes(self):
        self.frame(udp4(A, B, dport=TAGGED), tags=[(0x8100, 77)])
        self.frame(udp4(A, GROUP, dport=TO_GROUP), to=GROUP_MAC)
        self.frame(udp4(A, ALL, dport=TO_ALL), to=ALL_MAC)

    def fill_backlog(self):
        """A router makes more fragments at once than a CPU's backlog holds."""
        payload = b"x" * 65000
        with open(BACKLOG, encoding="ascii") as file:
            if int(file.read()) + 100 > len(payload) // (NARROWEST - 20):
                self.absent["a CPU's full backlog"] = "it is longer than usual"
                return
        with self.a.udp() as s:
            s.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER, IP_PMTUDISC_DONT: routers may make fragments
            s.sendto(payload, (NARROW, FRAGMENTED))

    def close(self):
        super().close()
        self.tun.close()


CAUSES = {
    "VXLAN with an unknown VNI": Case(packet(f"vni {UNKNOWN_VNI}"), "unknown-vni", "b", "no VXLAN device here has its VNI",
                                      "ip -d link show type vxlan", ("VXLAN_VNI_NOT_FOUND", "NOT_SPECIFIED"), ("vxlan_rcv",)),
    "a tun device that is down": Case(to(UNREADY), "device-down", "b", "the device is down", "ip -d link show dev t0", "DEV_READY",
                                      ("tun_get_user",)),
    "IPsec without a state": Case(to(CLEAR), "xfrm", "b", "an IPsec policy does not allow it", "ip -s xfrm policy", "XFRM_POLICY",
                                  ("ip_forward",)),
    "ESP without a state": Case(packet(f"spi=0x{UNKNOWN_SPI:08x}"), "xfrm", "b", "no IPsec state has its SPI", "ip -s xfrm state",
                                "NOT_SPECIFIED", ("xfrm_input",)),
    "a VLAN of no device": Case(to(TAGGED), "no-vlan-device", "b", "it has a VLAN tag, and no device here has this VLAN",
                                "ip -d link show type vlan", "OTHERHOST", ("ip_rcv_core", "ip_rcv")),
    "a group without members": Case(to(TO_GROUP), "nobody-listens", "b", f"nobody here listens to this group or broadcast ({GROUP})",
                                    "ip maddress show dev vb; ", "NOT_SPECIFIED", ("ip_rcv_finish_core", "ip_rcv_finish")),
    "a broadcast that nobody takes": Case(to(TO_ALL), "nobody-listens", "b", f"nobody here listens to this group or broadcast ({ALL})",
                                          "ip maddress show dev vb; ", "NOT_SPECIFIED",
                                          ("__udp4_lib_rcv", "__udp4_lib_mcast_deliver", "udp_rcv")),
    "a checksum that a path breaks": Case(to(DAMAGED), "checksum-offload", "a", "its checksum was left to a device (offload)",
                                          "ethtool -k ve", "TCP_CSUM", ("tcp_v4_rcv",)),
    "a CPU's full backlog": Case(to_address(NARROW), "cpu-queue-full", "c", "the CPU's backlog of received packets is full",
                                 "cat /proc/net/softnet_stat", "CPU_BACKLOG", ("enqueue_to_backlog", "netif_rx_internal")),
    "a namespace that is deleted": Case(to(QUEUED), "queue-emptied", "e", "in the queue of a device (qdisc) that was emptied",
                                        "tc -s qdisc show dev vl", ("NOT_SPECIFIED", "QUEUE_PURGE"), ("__rtnl_unlock", "rtnl_unlock")),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with watched(tmp_path_factory.mktemp("devices"), Scene) as all_told:
        yield all_told


@pytest.mark.parametrize("cause", CAUSES)
def test_what_a_device_or_tunnel_loses_is_told_with_its_rule_and_the_command_to_type(told, cause):
    check(told, cause, CAUSES[cause])


def test_a_recording_tells_the_same(told):
    assert rules_of(told.read_back()) == rules_of(told.trails)


def test_a_route_of_ipv6_that_prohibits_is_told_with_the_device_by_which_the_packet_came(pair6, start):
    pair6.b.sysctl(net__ipv6__conf__all__forwarding=1)
    pair6.b.ip("route add prohibit fd55::/16")
    pair6.a.ip(f"route add fd55::/16 via {pair6.B6}")
    words = ("python3", "-c", "import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'text', ('fd55::1', 9))")
    result = start("--diagnose", "-H", "fd55::1", "-p", "udp", "--", *words, netns=pair6.a).ended()
    assert "  error prohibited: its route says prohibit: nothing may go to fd55::1\n" in result.stdout
    assert f"    look: ip netns exec {pair6.b.name} ip route get fd55::1 from {pair6.A6} iif vb\n" in result.stdout
