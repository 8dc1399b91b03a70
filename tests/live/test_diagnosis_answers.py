"""`--diagnose`: what others answer is told, and what it is that nobody answers: ICMP errors, resets, segments that are lost.

Beside the namespaces of scene.py:   a (t0 10.20.0.1) ── relay.py, which loses what is large ── (t1 10.20.0.2) d
"""

import socket

import kernel_facts
import pytest
import scene
from relay import Relay
from scene import A, B, C
from told import Case, check, packet, rules_of, to, watched
from tracing import wait_until

pytestmark = pytest.mark.needs_fact("follows")

CLOSED, BIG, EXPIRES, UNREAD, LOST, AGAIN, LATE, LAST = range(2401, 2409)
FAR, OTHER_A, LATE_ONE = "10.20.0.2", "10.9.0.3", "10.19.0.2"
UNREACHABLE, PROHIBITED, NOWHERE = "10.211.0.1", "10.212.0.1", "10.213.0.1"
IP_MTU_DISCOVER, IP_PMTUDISC_PROBE = 10, 3  # DF, whatever is known of the way


class Scene(scene.Scene):
    last = f'"dport":{LAST}'

    def __init__(self, lab):
        super().__init__(lab)
        self.netns["d"] = self.d = lab.netns("d")
        for netns in (self.a, self.d):
            netns.sysctl(net__ipv6__conf__all__disable_ipv6=1)
        self.relay = Relay((self.a, "t0", "10.20.0.1"), (self.d, "t1", FAR), largest=1000)
        self.b.ip("link set vc mtu 1200", "route add unreachable 10.211.0.0/16", "route add prohibit 10.212.0.0/16")
        self.a.ip(f"address add {OTHER_A}/24 dev va")
        self.b.ip(f"neighbour add {OTHER_A} lladdr {self.pair.macs['va']} dev vb")
        self.a.ip(f"link add vl type veth peer name vm netns {self.c.name}", "address add 10.19.0.1/24 dev vl", "link set vl up")
        self.c.ip("link set vm up")
        rule = f"ip daddr {OTHER_A} icmp type destination-unreachable drop"
        silences = f"table ip m {{ chain i {{ type filter hook input priority 0; {rule}; }}; }}\n"
        self.try_to(["the message about the MTU is dropped"], self.a, "nft", "-f", "-", input=silences)

    def break_all(self):
        self.be_late()
        for to in (UNREACHABLE, PROHIBITED, NOWHERE):
            self.udp(self.a, to, CLOSED)
        self.udp(self.a, C, CLOSED)
        with self.a.udp() as s:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
            s.sendto(b"text", (C, EXPIRES))
        for address in (A, OTHER_A):
            self.send_too_big(address)
        self.break_off()
        self.connect(self.a, FAR, CLOSED)
        self.lose_large_ones()
        wait_until(lambda: "lladdr" in self.a.run("ip", "neighbour", "show", LATE_ONE), "the late answer")
        self.udp(self.a, B, LAST)

    def be_late(self):
        """The next hop has its address only after it was asked; it is asked again a second later."""
        self.udp(self.a, LATE_ONE, LATE)
        self.c.ip(f"address add {LATE_ONE}/24 dev vm")

    def send_too_big(self, address):
        with self.a.udp() as s:
            s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
            s.bind((address, BIG))
            s.sendto(b"x" * 1300, (C, BIG))

    def conversation(self, netns, address, port):
        """A connection from `a`: its two ends."""
        listener = self.bound(netns, address, port, socket.SOCK_STREAM)
        listener.listen()
        client = self.a.open(socket.AF_INET, socket.SOCK_STREAM)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.connect((address, port))
        server = listener.accept()[0]
        client.sendall(b"text")
        server.recv(4, socket.MSG_WAITALL)
        server.sendall(b"text")
        client.recv(4, socket.MSG_WAITALL)
        self.sockets += [client, server]
        return client, server

    def break_off(self):
        client, server = self.conversation(self.c, C, UNREAD)
        client.sendall(b"what nobody reads")
        wait_until(lambda: server.recv(100, socket.MSG_PEEK), "what is not read")
        server.close()

    def retransmits(self, port, times):
        shown = self.a.run("ss", "-Htino", f"dport = :{port}")
        return any(word.startswith("retrans:") and int(word.split("/")[1]) >= times for word in shown.split())

    def lose_large_ones(self):
        for port, payload, times in ((LOST, 1200, 3), (AGAIN, 980, 1)):
            client, _ = self.conversation(self.d, FAR, port)
            client.sendall(b"x" * payload)
            wait_until(lambda port=port, times=times: self.retransmits(port, times), "the large segment to be sent again")

    def close(self):
        super().close()
        self.relay.close()


# Where functions are traced, what is sent again belongs to the trail of what it was made from.
SENT_AGAIN = (("retransmitted", "a", "sent # times: no acknowledgement came back in time") if kernel_facts.traces_functions() else
              ("resent", "a", "TCP sends it again: no acknowledgement came back in time"))
CAUSES = {
    "a closed port": Case(packet(f"{C} > {A}: ICMP {C} udp port {CLOSED} unreachable"), "port-unreachable", "c",
                          f"{C} answers that nothing listens there (ICMP)", "ss -Hlntu"),
    "an unreachable route": Case(packet(f"ICMP host {UNREACHABLE} unreachable"), "unreachable", "b", f"{B} answers that it knows no way",
                                 "ip -4 route"),
    "no route": Case(packet(f"ICMP net {NOWHERE} unreachable"), "unreachable", "b", f"{B} answers that it knows no way", "ip -4 route"),
    "a prohibited route": Case(packet(f"ICMP host {PROHIBITED} unreachable - admin prohibited"), "rejected", "b",
                               f"{B} answers that it is not allowed (ICMP): a firewall, or a route", "nft -a list ruleset"),
    "a TTL at its end": Case(packet("ICMP time exceeded in-transit"), "time-exceeded", "b", f"{B} answers that a TTL came to its end",
                             "ip -4 route"),
    "a message about the MTU": Case(packet(f"{B} > {A}: ICMP {C} unreachable - need to frag"), "told-mtu", "a",
                                    f"{B} asks {A} for smaller packets", f"ip -4 route get {C}"),
    "the message about the MTU is dropped": Case(packet(f"{B} > {OTHER_A}: ICMP {C} unreachable - need to frag"),
                                                 "mtu-message-dropped", "a",
                                                 f"it is the message that packets of {OTHER_A} are too big", "nft list ruleset"),
    "a connection that is broken off": Case(packet(f"{C}.{UNREAD} > {A}"), "reset", "c", f"{C} breaks the connection off with a reset",
                                            "nstat -az TcpOutRsts"),
    "a closed port elsewhere": Case(packet(f"{FAR}.{CLOSED} > 10.20.0.1"), "refused-elsewhere", "",
                                    f"{FAR} refuses the connection to its port {CLOSED} with a reset", ""),
    "a closed port at the other end": Case(packet(f"{FAR}.{CLOSED} > 10.20.0.1"), "refused", "d",
                                           f"{FAR} refuses the connection to port {CLOSED}", f"ss -Hlnt sport = :{CLOSED}"),
    "large segments are lost": Case(to(LOST), "large-lost", "a", "sent # times, though 10.20.0.2 answers to smaller ones",
                                    f"tracepath -n {FAR}"),
    "what TCP sends again": Case(to(AGAIN), *SENT_AGAIN, f"ss -Htino dport = :{AGAIN}"),
    "a neighbour that answers late": Case(to(LATE), "delayed", "", ("#.# s of #.# s went by between ", "#.# ms of #.# s went by between "), ""),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with watched(tmp_path_factory.mktemp("answers"), Scene) as all_told:
        yield all_told


@pytest.mark.parametrize("cause", CAUSES)
def test_an_answer_or_its_absence_is_told_with_its_rule_and_the_command_to_type(told, cause):
    check(told, cause, CAUSES[cause])


def test_a_recording_tells_the_same(told):
    assert rules_of(told.read_back()) == rules_of(told.trails)
