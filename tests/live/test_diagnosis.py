"""`--diagnose`: what goes wrong for real is told, with the rule, in plain words, and with the command to type.

One run watches all causes, records, and is read back. A cause is known by a port or an address of its own; the drops are those of
test_drop.py, in its namespaces and with some more:

   a (vg 10.14.0.1, a slow queue) ── (vh 10.14.0.2) b        a (wa 10.13.0.1) ── (wc 10.13.0.2) c, whose way back to a this is
"""

import errno
import socket
import struct
import threading

import kernel_facts
import pytest
import test_drop
from frames import ethernet, send_frame, udp4
from test_drop import A, B, C, CLOSED, DOWN, FILTERED, FIREWALL, FULL, ROUTER, SUM, TC
from told import Case, check, packet, rules_of, to, watched
from tracing import wait_until

pytestmark = [pytest.mark.needs_fact("drop_reasons"), pytest.mark.needs_fact("follows")]

OUTPUT, FORWARD, JUMPED, NATTED, BEHIND, BIG, SILENT, FULL_LISTENER, TC_OUT, ANOTHER, FULL_AT_ACK = range(2101, 2112)
SLOW = "10.14.0.2"


class Scene(test_drop.Scene):
    """What goes wrong in the namespaces."""

    last = f'"dport":{DOWN}'

    def __init__(self, lab):
        super().__init__(lab)
        self.netns = {"a": self.a, "b": self.b, "c": self.c}
        if not kernel_facts.tells_listen_overflow():
            self.absent["a full listen queue, and a handshake's last ACK"] = "this kernel does not tell it from TIME_WAIT"
            if not kernel_facts.consumes_have_locations():
                self.absent["a full listen queue"] = "this kernel tells neither why nor where the SYN was used up"
        self.nft(self.a, f"chain s {{ type filter hook input priority 0; tcp sport {FULL_AT_ACK} drop; }};")
        self.nft(self.a, f"chain o {{ type filter hook output priority 0; udp dport {OUTPUT} drop; }};")
        self.nft(self.b, f"chain j {{ udp dport {JUMPED} drop; }};"
                         f"chain i {{ type filter hook input priority 1; tcp dport {SILENT} drop; jump j; }};"
                         f"chain f {{ type filter hook forward priority 0; udp dport {FORWARD} drop; }};"
                         f"chain n {{ type nat hook prerouting priority -100; udp dport {NATTED} dnat to {C}:{BEHIND}; }};")
        self.a.ip(f"link add wa type veth peer name wc netns {self.c.name}", "address add 10.13.0.1/24 dev wa", "link set wa up",
                  f"link add vg type veth peer name vh netns {self.b.name}", "address add 10.14.0.1/24 dev vg", "link set vg up")
        self.b.ip(f"address add {SLOW}/24 dev vh", "link set vh up", "link set vc mtu 1200",
                  f"route add 10.202.0.0/16 via {C}")
        self.c.ip("address add 10.13.0.2/24 dev wc", "link set wc up", "route add 10.9.0.0/24 via 10.13.0.1",
                  "route add default via 10.10.0.1")
        self.c.sysctl(net__ipv4__ip_forward=1)
        self.a.run(*"tc qdisc add dev vg root tbf rate 100kbit burst 1600 limit 6000".split())
        self.a.run("tc", "qdisc", "add", "dev", "va", "clsact")
        drops_port = f"4,40 0 0 36,21 0 1 {TC_OUT},6 0 0 2,6 0 0 0"
        self.a.run(*"tc filter add dev va egress protocol ip bpf da bytecode".split(), drops_port)

    @staticmethod
    def nft(netns, chains):
        netns.run("nft", "-f", "-", input=f"table ip more {{ {chains} }}\n")

    def ping(self, to):
        self.a.run("ping", "-n", "-q", "-c", "1", "-W", "5", to)

    def break_all(self):
        silent = self.a.open(socket.AF_INET, socket.SOCK_STREAM)
        silent.settimeout(1.5)  # a second try comes after a second
        unanswered = threading.Thread(target=lambda: silent.connect_ex((B, SILENT)))
        unanswered.start()
        with self.a.udp() as s, pytest.raises(PermissionError):
            s.sendto(b"text", (B, OUTPUT))
        for port, to in ((JUMPED, B), (FORWARD, C), (NATTED, B), (TC_OUT, B)):
            self.udp(self.a, to, port)
        self.too_big()
        self.ping(C)
        with self.a.udp() as s:
            s.sendto(b"text", ("10.202.0.1", ANOTHER))  # goes in a circle
        macs = self.pair.macs
        self.frame(udp4("127.0.0.5", B, dport=ANOTHER))
        self.frame(udp4(A, "10.203.0.1", dport=ANOTHER), to=macs["vb"])
        six = struct.pack("!IHBB", 6 << 28, 8, 17, 64) + socket.inet_pton(socket.AF_INET6, "fd00::1") + \
            socket.inet_pton(socket.AF_INET6, "fd00::2") + struct.pack("!4H", 1, ANOTHER, 8, 0)
        send_frame(self.a, "va", ethernet(macs["vb"], macs["va"], six, ethertype=0x86DD))
        send_frame(self.b, "vb", ethernet(macs["va"], macs["vb"], udp4("10.9.0.50", "10.12.0.1", dport=ANOTHER)))
        for _ in range(8):
            with self.a.udp() as s:
                s.sendto(b"x" * 1400, (SLOW, ANOTHER))
        self.full_listener()
        self.full_at_ack()
        self.drop_all()
        unanswered.join()
        silent.close()

    def too_big(self):
        for _ in range(2):
            with self.a.udp() as s:
                s.setsockopt(socket.IPPROTO_IP, 10, 3)  # IP_MTU_DISCOVER, IP_PMTUDISC_PROBE: DF, whatever is known of the way
                s.bind((A, BIG))
                s.sendto(b"x" * 1300, (C, BIG))

    def full_listener(self):
        listener = self.bound(FULL_LISTENER, socket.SOCK_STREAM)
        listener.listen(0)
        for timeout in (20, 0, 0):
            client = self.a.open(socket.AF_INET, socket.SOCK_STREAM)
            client.settimeout(timeout)
            # The first one is in the queue before the next ask for a place.
            assert client.connect_ex((B, FULL_LISTENER)) in (0, errno.EINPROGRESS)
            self.sockets.append(client)

    def full_at_ack(self):
        """A handshake of which one end is written here: while it lasts another connection takes the only place. The stack of `a` is not to
        know of it, or it would reset it."""
        listener = self.bound(FULL_AT_ACK, socket.SOCK_STREAM)
        listener.listen(0)
        with self.a.open(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as capture:
            capture.bind(("va", 3))
            capture.settimeout(20)
            self.frame(test_drop.tcp4(1000, sport=1112, dport=FULL_AT_ACK, right=True))
            while True:
                packet = capture.recv(2000)[14:]
                if packet[9] == socket.IPPROTO_TCP and struct.unpack("!H", packet[20:22])[0] == FULL_AT_ACK:
                    break
        its_number = struct.unpack("!I", packet[24:28])[0]
        other = self.b.open(socket.AF_INET, socket.SOCK_STREAM)
        other.connect((B, FULL_AT_ACK))
        self.sockets.append(other)
        wait_until(lambda: self.b.run("ss", "-Hlnt", f"sport = :{FULL_AT_ACK}").split()[1] == "1", "the other connection to wait")
        self.frame(test_drop.tcp4(1001, sport=1112, dport=FULL_AT_ACK, ack=(its_number + 1) & 0xFFFFFFFF, flags=0x10, right=True))

    def close(self):
        for one in self.sockets:
            one.close()


# Whose rules dropped a packet is known where functions are traced.
FIREWALL_RULE, FIREWALL_WORDS = (("nftables", "a rule, or the policy, of nftables ip ") if kernel_facts.traces_functions() else
                                 ("firewall", "a firewall rule dropped it"))
MARTIAN = (("martian", "b", "a loopback address (127.0.0.0/8)", "sysctl net/ipv4/conf/vb/route_localnet")
           if kernel_facts.tells_martians() else
           ("dropped", "", "dropped for a reason that this function does not tell", "skbtrail drop --stack"))
# cause: (its trail, rule, namespace, first words, begin of the command)
CAUSES = {
    "a closed UDP port": (to(CLOSED, "UDP"), "no-socket", "b", "no socket takes it", f"ss -Hanpu sport = :{CLOSED}"),
    "a closed TCP port": (to(CLOSED, "[S]"), "no-socket", "b", "no socket takes it", f"ss -Hanpt sport = :{CLOSED}"),
    "a reset that answers": (packet(f"{B}.{CLOSED} > {A}"), "refused", "b", f"{B} refuses the connection to port {CLOSED}",
                             f"ss -Hlnt sport = :{CLOSED}"),
    "a rule of the input": (to(FIREWALL), FIREWALL_RULE, "b", FIREWALL_WORDS, "nft "),
    "a rule in a chain that is jumped to": (to(JUMPED), FIREWALL_RULE, "b", FIREWALL_WORDS, "nft "),
    "a rule of the forward chain": (to(FORWARD), FIREWALL_RULE, "b", FIREWALL_WORDS, "nft "),
    "a rule of the output": (to(OUTPUT), FIREWALL_RULE, "a", FIREWALL_WORDS, "nft "),
    "nobody answers the SYN": (to(SILENT, "[S]"), "retransmitted", "a", "sent # times: no acknowledgement",
                               f"ss -Htino dport = :{SILENT}"),
    "reverse path filter": (packet("10.99.0.1"), "rp-filter", "b", "the way back to 10.99.0.1 leaves by another device than vb",
                            f"ip route get 10.99.0.1 from {B}"),
    "a martian": (packet("127.0.0.5"), *MARTIAN),
    "no route": (to(9, dst="10.200.0.1"), "no-route", "b", "received, and there is no route", "ip route get 10.200.0.1"),
    "a blackhole": (to(9, dst="10.201.0.1"), "dropped", "b", "its route says that it is to be dropped",
                    "ip route get 10.201.0.1 "),
    "a host that does not forward": (to(ANOTHER, dst="10.12.0.1"), "not-forwarded", "a", "received for an address that is not",
                                     ""),
    "TTL at its end": (to(ROUTER), "ttl-expired", "b", "its TTL has come to its end", f"ip route get {C}"),
    "routes in a circle": (to(ANOTHER, dst="10.202.0.1"), "looped", "bc", "it came ", "ip route get 10.202.0.1"),
    "another way back": (packet(f"{C} > {A}: ICMP echo reply"), "asymmetric-route", "c", "it leaves by wc, and what it answers "
                         "came in by vd", f"ip route get {A} from {C}"),
    "too big for the way": (to(BIG, "UDP"), "too-big", "b", "larger than the MTU", f"ip route get {C}"),
    "too big, again": (to(BIG, "UDP"), "mtu-black-hole", "b", "sent 2 times with the same size", f"ip route get {C}"),
    "another address behind NAT": (to(NATTED), "translated", "b", f"translated on its way (NAT): from then on it is from {A} to {C}",
                                   f"conntrack -L -s {A} -d {B}; "),
    "a closed port behind NAT": (to(NATTED), "no-socket", "c", "no socket takes it", f"ss -Hanpu sport = :{BEHIND}"),
    "a wrong IP checksum": (to(SUM, "length 4"), "bad-checksum", "b", "the checksum of its IP header", "nstat "),
    "a wrong UDP checksum": (to(SUM, "length 5"), "bad-checksum", "b", "its UDP checksum is wrong", "ethtool -k vb"),
    "a wrong TCP checksum": (to(SUM, "Flags"), "bad-checksum", "b", "its TCP checksum is wrong", "ethtool -k vb"),
    "a full socket buffer": (to(FULL), "receive-buffer-full", "b", "the socket's receive buffer", f"ss -Hanpmu sport = :{FULL}"),
    "a full listen queue": (to(FULL_LISTENER, "[S]"), "request-not-taken", "b", "a listener got this SYN # times, and no answer",
                            f"ss -Hlnt sport = :{FULL_LISTENER}"),
    "a full listen queue, and a handshake's last ACK": (to(FULL_AT_ACK, "[.]"), "listen-queue-full", "b",
                                                        "the listener's queue of new connections is full",
                                                        f"ss -Hltnp sport = :{FULL_AT_ACK}"),
    "a socket filter": (to(FILTERED), "socket-filter", "b", "a filter on the socket", f"ss -Hanpbu sport = :{FILTERED}"),
    "PAWS": (packet("length 7"), "old-duplicate", "b", "its timestamp is older", "nstat -az TcpExtPAWSEstab"),
    "tc on the way in": (to(TC), "traffic-control", "b", "a tc filter or BPF program", "tc -s filter show dev vb ingress"),
    "tc on the way out": (to(TC_OUT), "traffic-control", "a", "a tc filter or BPF program", "tc -s filter show dev va egress"),
    "an unknown protocol": (packet("ip-proto-253"), "unknown-protocol", "b", "no part of this kernel", "cat /proc/net/protocols"),
    "another host's MAC": (to(9, dst=B), "other-host", "b", "it is for another host's MAC", "ip -d link show dev vb"),
    "IPv6 is switched off": (packet("fd00::2"), "ipv6-disabled", "b", "IPv6 is switched off", "sysctl "),
    "a failed neighbour": (to(9, dst="10.9.0.77"), "neighbour-failed", "a", "the next hop did not answer", "ip neighbour show dev va"),
    "ARP without an answer": (packet("who-has 10.9.0.77"), "arp-unanswered", "a", "asked 3 times who has 10.9.0.77",
                              "ip neigh show to 10.9.0.77"),
    "a slow queue": (to(ANOTHER, dst=SLOW), "stuck-in-qdisc", "a", "it waited ", "tc -s qdisc show dev vg"),
    "a full queue": (to(ANOTHER, dst=SLOW), "qdisc-drop", "a", "the device's queue (qdisc)", "tc -s qdisc show dev vg"),
    "an interface that is down": (to(DOWN), "qdisc-drop", "b", "the device's queue (qdisc) did not take", "tc -s qdisc show dev vc"),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with watched(tmp_path_factory.mktemp("diagnosis"), Scene) as all_told:
        yield all_told


@pytest.mark.parametrize("cause", CAUSES)
def test_what_goes_wrong_is_told_with_its_rule_and_the_command_to_type(told, cause):
    check(told, cause, Case(*CAUSES[cause]))


def test_a_recording_tells_the_same(told):
    assert rules_of(told.read_back()) == rules_of(told.trails)


def test_at_the_end_it_is_counted(told):
    counted = {row["rule"]: row for row in told.sums[0]["rules"]}
    assert len(told.sums) == 1 and counted["no-socket"]["level"] == "error" and counted["no-socket"]["trails"] >= 3
    levels = [row["level"] for row in told.sums[0]["rules"]]
    assert levels == sorted(levels, key=["error", "warning", "info"].index)


def test_nothing_is_said_where_all_is_well(pair, start):
    """A ping, a datagram, and a connection that carries something both ways and is closed by both ends."""
    trace = start("--diagnose", "-o", "json", "-N", pair.b.name, summary=True).tracing()
    pair.a.run(*pair.ping())
    with pair.b.udp() as sink, pair.a.udp() as s:
        sink.bind((pair.B4, 9000))
        s.sendto(b"text", (pair.B4, 9000))
        sink.recv(10)
    with pair.b.open(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((pair.B4, 0))
        listener.listen()
        with pair.a.open(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.connect(listener.getsockname())
            server = listener.accept()[0]
            client.sendall(b"x" * 50_000)
            client.shutdown(socket.SHUT_WR)
            while server.recv(100_000):
                pass
            server.sendall(b"y" * 50_000)
            server.close()
            while client.recv(100_000):
                pass
    trace.saw("echo request")
    trails = [line for line in trace.stop().lines if "branches" in line]
    assert len(trails) > 8
    # A host that is busy may hold a packet up.
    said = {one["rule"] for trail in trails for one in trail["diagnosis"] if trail["trail"]["total"] < 50_000_000}
    assert said <= {"retransmitted", "resent"}, [trail for trail in trails if trail["diagnosis"]]


def test_lines_have_it_below_the_fate_and_a_sum_at_the_end(pair, start):
    words = ("python3", "-c", f"import socket; socket.socket().connect_ex(('{pair.B4}', 80))")
    result = start("--trail", "--diagnose", "-p", "tcp", "-H", pair.B4, "--", *words, netns=pair.a).ended()
    lines = result.stdout.splitlines()
    head = next(at for at, line in enumerate(lines) if "DROPPED: NO_SOCKET" in line)
    assert lines[head + 1:head + 3] == [
        "  error no-socket: no socket takes it; the sender gets a reset or an ICMP error",
        f"    look: ip netns exec {pair.b.name} ss -Hanpt sport = :80"]
    assert lines[-3:] == ["Diagnosis: what was said, and of how many packets",
                          "  error   no-socket                   1", "  error   refused                     1"]


def test_a_packet_that_waits_for_its_neighbour_when_the_run_ends_is_told(pair, start):
    words = ("python3", "-c", "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'text', ('10.9.0.66', 9))")
    result = start("--diagnose", "-H", "10.9.0.66", "-p", "udp", "--", *words, netns=pair.a).ended()
    assert "  error neighbour-awaited: it waits for the address (MAC) of its next hop" in result.stdout
    assert f"    look: ip netns exec {pair.a.name} ip neigh show dev va\n" in result.stdout


def test_where_no_packet_was_made_the_end_says_so(pair, start):
    words = ("python3", "-c", "import socket; socket.socket(type=socket.SOCK_DGRAM).connect_ex(('192.0.2.1', 9))")
    result = start("--diagnose", "-H", "192.0.2.1", "--", *words, netns=pair.a).ended()
    assert result.stdout.startswith("Diagnosis: no packet was seen")
    assert "\n    look: ip route get DST\n" in result.stdout


@pytest.mark.parametrize("words, message", [
    (("--diagnose", "-o", "line"), "--diagnose: not allowed with -o line; allowed: trail, json"),
    (("--rules", "/dev/null"), "--rules requires --diagnose"),
    (("--diagnose", "--rules", "/nonexistent"), "/nonexistent"),
])
def test_wrong_words_get_a_sentence_and_status_2(start, words, message):
    result = start(*words).ended()
    assert (result.status, result.stdout) == (2, "") and message in result.stderr.splitlines()[0]


def test_a_rule_of_ones_own_is_told_and_a_wrong_one_is_refused_with_its_place(pair, start, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("rules:\n  mine:\n    level: info\n    when: trail.droped\n    words: w\n")
    result = start("--diagnose", "--rules", file).ended()
    assert result.status == 2
    assert f"{file}:4:11: 'when': unknown field 'trail.droped'; did you mean trail.dropped?" in result.stderr
    file.write_text("rules:\n  mine:\n    level: info\n    step: dport == 4321\n    words: \"{dport} at {dev} of {netns}\"\n"
                    "    look: ss -u sport = :{dport}\n")
    trace = start("--diagnose", "--rules", file, "-o", "json", "-N", pair.b.name, "udp", "and", "dst", "port", "4321").tracing()
    with pair.a.udp() as s:
        s.sendto(b"text", (pair.B4, 4321))
    trace.saw("no-socket")
    found = {one["rule"]: one for trail in trace.stop().lines if "branches" in trail for one in trail["diagnosis"]}
    assert found["mine"] == {"rule": "mine", "level": "info", "words": f"4321 at vb of {pair.b.name}",
                             "look": [f"ip netns exec {pair.b.name} ss -u sport = :4321"]}
