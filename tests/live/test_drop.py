"""`skbtrail drop`: packets that are dropped for real, each with its reason, function, namespace and advice.

One run watches all causes, records, and is read back as lines; the tests look at what it saw. A cause is known by a port
or an address of its own.

   a (va 10.9.0.1) ── (vb 10.9.0.2) b, a router ── (vc 10.10.0.1) b ── (vd 10.10.0.2) c
"""

import ctypes
import socket
import struct
import subprocess

import kernel_facts
import pytest
from conftest import in_room
from frames import checksum, ethernet, ipv4, send_frame, udp4
from netlab import Lab, Pair
from tracing import Trace, wait_until

pytestmark = pytest.mark.needs_fact("drop_reasons")

A, B, C = "10.9.0.1", "10.9.0.2", "10.10.0.2"
CLOSED, FIREWALL, FULL, TC, FILTERED, SUM, ROUTER, DOWN, LAST = range(2001, 2010)
UDP_QUEUE = ("udp_queue_rcv_one_skb", "__udp_queue_rcv_skb", "udp_queue_rcv_skb", "__udp_enqueue_schedule_skb")
RECEIVES = ("__netif_receive_skb_core", "sch_handle_ingress", "__netif_receive_skb_list_core")
SENDS = ("__dev_queue_xmit", "__dev_xmit_skb", "kfree_skb_list_reason", "__tcf_kfree_skb_list", "tcf_kfree_skb_list")

# name: (condition on the event, reason, functions, namespace, first words of the advice, of its command)
CAUSES = {
    "a closed UDP port": ({"dport": CLOSED, "proto": "udp"}, "NO_SOCKET", kernel_facts.DROPS_UDP4, "b",
                          "no socket takes it", f"ss -Hanpu sport = :{CLOSED}"),
    "a closed TCP port": ({"dport": CLOSED, "proto": "tcp"}, "NO_SOCKET", ("tcp_v4_rcv",), "b", "no socket takes it",
                          f"ss -Hanpt sport = :{CLOSED}"),
    "a rule of a firewall": ({"dport": FIREWALL}, "NETFILTER_DROP", ("nf_hook_slow", "nft_do_chain"), "b",
                           "a firewall rule dropped it", "nft list ruleset"),
    "reverse path filter": ({"src": "10.99.0.1"}, "IP_RPFILTER", ("ip_rcv_finish_core", "ip_rcv_finish"), "b",
                            "the way back to its source leaves by another", f"ip route get 10.99.0.1 from {B}"),
    "no route": ({"dst": "10.200.0.1"}, "IP_INNOROUTES", ("ip_error",), "b", "received, and there is no route",
                 f"ip route get 10.200.0.1 from {A} iif vb"),
    "a blackhole": ({"dst": "10.201.0.1"}, "NOT_SPECIFIED", ("ip_error",), "b", "its route says that it is to be",
                    f"ip route get 10.201.0.1 from {A} iif vb"),
    "TTL at its end": ({"dst": C, "ttl": 1}, "IP_INHDR", ("ip_forward",), "b", "its IP header is not valid, or its TTL",
                       f"ip route get {C} from {A} iif vb"),
    "a wrong IP checksum": ({"dport": SUM, "payload_len": 4}, "IP_CSUM", ("ip_rcv_core",), "b",
                            "the checksum of its IP header", "nstat -az IpExtInCsumErrors"),
    "a wrong UDP checksum": ({"dport": SUM, "proto": "udp", "payload_len": 5}, "UDP_CSUM", kernel_facts.DROPS_UDP4, "b",
                             "its UDP checksum is wrong", "ethtool -k vb"),
    "a wrong TCP checksum": ({"dport": SUM, "proto": "tcp"}, "TCP_CSUM", ("tcp_v4_rcv",), "b",
                             "its TCP checksum is wrong", "ethtool -k vb"),
    "a full socket buffer": ({"dport": FULL}, "SOCKET_RCVBUFF", UDP_QUEUE, "b", "the socket's receive buffer is full",
                             f"ss -Hanpmu sport = :{FULL}"),
    "tc": ({"dport": TC}, "TC_INGRESS", RECEIVES, "b", "a tc filter or BPF program dropped it on its way in",
           "tc -s filter show dev vb ingress"),
    "an unknown protocol": ({"proto": "253"}, "IP_NOPROTO", ("ip_protocol_deliver_rcu", "ip_local_deliver_finish"), "b",
                            "no part of this kernel takes this IP protocol", "cat /proc/net/protocols"),
    "another host's MAC": ({"eth_dst": "02:00:00:00:00:99"}, "OTHERHOST", ("ip_rcv_core",), "b",
                           "it is for another host, as its MAC address says, or a VLAN of no device here",
                           "ip -d link show dev vb"),
    "a socket filter": ({"dport": FILTERED}, "SOCKET_FILTER", UDP_QUEUE, "b", "a filter on the socket (BPF) refused it",
                        f"ss -Hanpbu sport = :{FILTERED}"),
    "PAWS": ({"proto": "tcp", "payload_len": 7}, "TCP_RFC7323_PAWS", ("tcp_validate_incoming", "tcp_rcv_established"),
             "b", "its timestamp is older than the last one", "nstat -az TcpExtPAWSEstab"),
    "a failed neighbour": ({"dst": "10.9.0.77"}, "NEIGH_FAILED", ("arp_error_report", "neigh_invalidate"), "a",
                           "the next hop did not answer", "ip neighbour show dev va"),
    "an interface that is down": ({"dport": DOWN}, "QDISC_DROP", SENDS, "b", "the device's queue (qdisc) did not take",
                                  "tc -s qdisc show dev vc"),
}


def tcp4(seq=1, options=b"", payload=b"", sport=1111, dport=SUM, ack=0, flags=2, right=False):
    """An IPv4 packet with a TCP segment, whose checksum is wrong unless `right`."""
    header = struct.pack("!2H2I2B3H", sport, dport, seq, ack, (20 + len(options)) << 2, flags, 1000, 0, 0)
    segment = header + options + payload
    if right:
        pseudo = socket.inet_aton(A) + socket.inet_aton(B) + struct.pack("!2H", 6, len(segment))
        total = checksum(pseudo + segment + b"\0" * (len(segment) % 2))
        segment = segment[:16] + struct.pack("!H", total) + segment[18:]
    return ipv4(A, B, 6, segment)


class Scene:
    """The namespaces, and what drops packets in them."""

    def __init__(self, lab):
        self.pair = Pair(lab)
        self.a, self.b, self.c = self.pair.a, self.pair.b, lab.netns("c")
        self.b.ip(f"link add vc type veth peer name vd netns {self.c.name}", "address add 10.10.0.1/24 dev vc",
                  "link set vc up", "route add blackhole 10.201.0.0/16")
        self.c.ip(f"address add {C}/24 dev vd", "link set vd up")
        self.a.ip(f"route add default via {B}")
        self.b.sysctl(net__ipv4__ip_forward=1, net__ipv4__conf__vb__rp_filter=1)
        self.a.sysctl(net__ipv4__neigh__va__retrans_time_ms=10)
        rules = f"table ip t {{ chain c {{ type filter hook input priority 0; udp dport {FIREWALL} drop; }}; }}\n"
        firewall = subprocess.run(self.b.command("nft", "-f", "-"), input=rules, text=True, check=False,
                                  capture_output=True)
        self.absent = {} if firewall.returncode == 0 else {"a rule of a firewall": firewall.stderr}
        self.b.run("tc", "qdisc", "add", "dev", "vb", "clsact")
        drops_port = f"4,40 0 0 36,21 0 1 {TC},6 0 0 2,6 0 0 0"  # of UDP behind Ethernet and IP; 2 is TC_ACT_SHOT
        self.b.run(*"tc filter add dev vb ingress protocol ip bpf da bytecode".split(), drops_port)
        self.sockets = []

    @staticmethod
    def udp(netns, to, port):
        with netns.udp() as s:
            s.sendto(b"text", (to, port))

    def frame(self, packet, to=None):
        macs = self.pair.macs
        send_frame(self.a, "va", ethernet(to or macs["vb"], macs["va"], packet))

    def bound(self, port, kind=socket.SOCK_DGRAM):
        self.sockets.append(self.b.open(socket.AF_INET, kind))
        self.sockets[-1].bind((B, port))
        return self.sockets[-1]

    def drop_all(self):
        self.udp(self.a, "10.9.0.77", 9)
        for port in (CLOSED, FIREWALL, TC):
            self.udp(self.a, B, port)
        with self.a.open(socket.AF_INET, socket.SOCK_STREAM) as s, pytest.raises(ConnectionRefusedError):
            s.connect((B, CLOSED))
        self.frame(udp4("10.99.0.1", B, dport=LAST - 100))
        self.udp(self.a, "10.200.0.1", 9)
        self.udp(self.a, "10.201.0.1", 9)
        with self.a.udp() as s:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
            s.sendto(b"text", (C, ROUTER))
        self.wrong_sums()
        self.frame(ipv4(A, B, 253, b"text"))
        self.frame(udp4(A, B), to="02:00:00:00:00:99")
        self.full_buffer()
        self.socket_filter()
        self.old_timestamp()
        self.c.ip("link set vd down")
        wait_until(lambda: "NO-CARRIER" in self.b.run("ip", "link", "show", "vc"), "the other end to be down")
        self.b.ip(f"neighbour replace {C} lladdr 02:00:00:00:00:01 dev vc")
        self.udp(self.b, C, DOWN)
        wait_until(lambda: "FAILED" in self.a.run("ip", "neighbour", "show", "10.9.0.77"), "the neighbour to fail")

    def wrong_sums(self):
        good = udp4(A, B, dport=SUM)
        self.frame(good[:10] + b"\x12\x34" + good[12:])
        self.frame(ipv4(A, B, 17, struct.pack("!4H", 1111, SUM, 13, 0x1234) + b"words"))
        self.frame(tcp4())

    def full_buffer(self):
        s = self.bound(FULL)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        for _ in range(8):
            with self.a.udp() as sender:
                sender.sendto(b"x" * 1400, (B, FULL))

    def socket_filter(self):
        refuses = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0))  # ret 0
        self.bound(FILTERED).setsockopt(socket.SOL_SOCKET, 26, struct.pack("HL", 1, ctypes.addressof(refuses)))
        self.udp(self.a, B, FILTERED)

    def old_timestamp(self):
        """A segment that continues a connection, with the timestamp of an older time."""
        listener = self.bound(0, socket.SOCK_STREAM)
        listener.listen()
        every_protocol = 3  # others are not told of what goes out
        with self.a.open(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(every_protocol)) as capture:
            capture.bind(("va", every_protocol))
            capture.settimeout(20)
            client = self.a.open(socket.AF_INET, socket.SOCK_STREAM)
            client.connect(listener.getsockname())
            server = listener.accept()[0]
            self.sockets += [client, server]
            client.send(b"text")
            server.recv(4)
            while True:
                packet = capture.recv(2000)[14:]
                if packet[9] == 6 and packet[16:20] == socket.inet_aton(B) and packet[-4:] == b"text":
                    break
        sport, dport, seq, ack = struct.unpack("!2H2I", packet[20:32])
        stamp, echo = struct.unpack("!2I", packet[44:52])
        old = struct.pack("!4B2I", 1, 1, 8, 10, (stamp - (1 << 30)) & 0xFFFFFFFF, echo)
        self.frame(tcp4((seq + 4) & 0xFFFFFFFF, old, b"a sword", sport, dport, ack, 0x18, right=True))


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What one run saw of all causes: its events, its lines by what is searched for, and how it ended."""
    directory = tmp_path_factory.mktemp("drop")
    lab = Lab()
    with in_room():
        try:
            yield Seen(directory, Scene(lab))
        finally:
            lab.close()


class Seen:
    def __init__(self, directory, scene):
        file = directory / "drops.pcapng"
        trace = Trace(directory, ("drop", "-o", "json", "-w", file))
        try:
            trace.tracing()
            scene.drop_all()
            scene.udp(scene.a, B, LAST)
            trace.saw(f'"dport":{LAST}')
            self.result = trace.stop()
        finally:
            trace.kill()
            for one in scene.sockets:
                one.close()
        # The packet has no device there any more.
        unplaced = {} if kernel_facts.drops_have_sockets() else {"PAWS": "the tracepoint does not tell whose it was (Linux 6.11)"}
        self.absent = scene.absent | unplaced
        self.names = {"a": scene.a.name, "b": scene.b.name}
        self.events = [event for event in self.result.events if event.get("netns") in self.names.values()]
        self.file = file

    def drop(self, wanted):
        """The one event with these values."""
        found = [event for event in self.events if all(event.get(key) == value for key, value in wanted.items())]
        assert found, f"nothing with {wanted} among {[(e.get('packet'), e['drop_reason']) for e in self.events]}"
        return found[0]

    def lines(self, event, *words):
        """What `read -o drop` prints of it, without the line of its packet."""
        moment = f"mono == {event['mono']}"
        read = Trace(self.file.parent, ("read", self.file, "-o", "drop", "-q", "--where", moment, *words)).ended()
        return read.stdout.splitlines()


@pytest.mark.parametrize("cause", CAUSES)
def test_a_drop_has_its_reason_function_namespace_and_advice(seen, cause):
    if cause in seen.absent:
        pytest.skip(f"nothing of the kind here: {seen.absent[cause]}")
    wanted, reason, functions, netns, means, command = CAUSES[cause]
    event = seen.drop(wanted)
    assert (event["drop_reason"], event["netns"]) == (reason, seen.names[netns])
    assert kernel_facts.is_function(event["location"], functions), event["location"]
    assert event["meaning"].startswith(means) and "causes" not in event
    assert event["look"][0].startswith(f"ip netns exec {seen.names[netns]} {command}") and len(event["look"]) == 1
    line, advice = seen.lines(event)
    assert [line.split()[1], line.split()[4]] == [seen.names[netns], reason]
    assert advice.startswith(f"    {means}")
    assert advice.split("; look: ")[1].startswith(f"ip netns exec {seen.names[netns]} {command}")


def test_each_dropped_packet_is_told_once(seen):
    for cause, (wanted, *_) in CAUSES.items():
        times = [event for event in seen.events if all(event.get(key) == value for key, value in wanted.items())]
        assert len({event["mono"] for event in times}) == len(times)
        assert len(times) == (0 if cause in seen.absent else 1) or cause == "a full socket buffer", cause


def test_all_that_is_known_is_explained(seen):
    event = seen.drop({"dst": "10.200.0.1"})
    explained = seen.lines(event, "--explain")
    assert [line.split(":")[0] for line in explained[1:]] == [
        "    received, and there is no route to its destination",
        "      - a missing route or default route on a router, an unreachable route", "    look", "    look", "    look",
        "    source"]


@pytest.fixture
def drop(start):
    """drop(WORDS...) starts a run, and waits until it traces."""
    return lambda *words: start("drop", *words, summary=True).tracing()


def refused(netns, to, port):
    with netns.udp() as s:
        s.connect((to, port))
        s.send(b"text")
        with pytest.raises(ConnectionRefusedError):
            s.recv(1)


def test_reasons_choose_and_the_others_are_counted(pair, drop):
    some = drop("-o", "json", "-N", pair.b.name, "--reason", "TCP_*,no_socket", "-p", "udp")
    others = drop("-o", "json", "-N", pair.b.name, "--not-reason", "NO_SOCKET", "-p", "udp")
    refused(pair.a, pair.B4, 9)
    send_frame(pair.a, "va", ethernet(pair.macs["vb"], pair.macs["va"], udp4(pair.A4, pair.B4)[:10] + b"\x12\x34"
                                      + udp4(pair.A4, pair.B4)[12:]))
    others.saw("IP_CSUM")
    results = [trace.stop() for trace in (some, others)]
    assert [[event["drop_reason"] for event in result.events] for result in results] == [["NO_SOCKET"], ["IP_CSUM"]]
    for result in results:
        assert result.summary["drops"] == {"dropped": 1, "false_alarms": 0}
        assert "skbtrail: 1 drop, none lost; 1 other not chosen" in result.stderr


def test_the_call_path_is_shown_where_it_is_asked_for(pair, drop):
    trace = drop("-N", pair.b.name, "--stack", "-p", "udp")
    refused(pair.a, pair.B4, 9)
    trace.saw("net_rx_action")
    path = [line for line in trace.stop().stdout.splitlines() if line.startswith("        ")]
    assert any(kernel_facts.is_function(line.strip(), kernel_facts.DROPS_UDP4) for line in path)


def test_a_false_alarm_says_why_and_is_no_drop(pair, drop):
    trace = drop("-N", pair.a.name, "-p", "icmp", "-c", "1")
    pair.a.run(*pair.ping())
    trace.saw("no drop: no ping socket, but a raw socket or a capture got a copy")
    result = trace.stop()
    assert result.summary["drops"] == {"dropped": 0, "false_alarms": 1}
    assert "skbtrail: 0 drops, 1 false alarm, none lost" in result.stderr


def send_fin_to_time_wait(pair):
    """a closes first, and is in TIME_WAIT when the FIN of b comes."""
    with pair.b.open(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((pair.B4, 0))
        listener.listen()
        client = pair.a.open(socket.AF_INET, socket.SOCK_STREAM)
        client.connect(listener.getsockname())
        server = listener.accept()[0]
        client.close()
        assert server.recv(1) == b""
        wait_until(lambda: "FIN-WAIT-2" in pair.a.run("ss", "-Htan"), "the ACK of the first FIN")
        server.close()


@pytest.mark.needs_fact("tells_time_wait")
def test_the_fin_that_time_wait_takes_is_no_drop(pair, drop):
    trace = drop("-N", pair.a.name, "-p", "tcp")
    send_fin_to_time_wait(pair)
    trace.saw("no drop: its connection is in TIME_WAIT, which took note of it")
    assert trace.stop().summary["drops"]["dropped"] == 0


@pytest.mark.parametrize("words, message", [
    (("--reason", "NO_SOKET"), "--reason: no drop reason is called 'NO_SOKET'; did you mean NO_SOCKET?"),
    (("--not-reason", "nothing:*"), "--not-reason: 'nothing:*' matches no drop reason"),
    (("--reason", ","), "--reason: the list is empty"),
    (("-t", "ip_rcv"), "-t: not allowed with drop, which shows dropped packets alone"),
    (("--diagnose",), "--diagnose: not allowed with drop; 'skbtrail --diagnose' takes it"),
    (("--fields", "func"), "--fields: not used by -o drop; allowed with: -o line, -o json, -w"),
    (("-o", "line", "--explain"), "--explain requires -o drop"),
    (("-o", "json", "--fields", "dst", "--explain"), "--explain: --fields has the keys that are wanted"),
])
def test_wrong_words_get_a_sentence_and_status_2(start, words, message):
    result = start("drop", *words).ended()
    assert (result.status, result.stdout) == (2, "") and message in result.stderr.splitlines()[0]
    assert result.stderr.splitlines()[1] == "try 'skbtrail drop --help'"


def test_help_fits_80_columns(start):
    result = start("drop", "--help").ended()
    assert result.status == 0 and max(map(len, result.stdout.splitlines())) <= 80
