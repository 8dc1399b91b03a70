"""`skbtrail drop --table`: dropped packets counted in the kernel, and beside them the counters that tell of losses.

One run watches all causes in two namespaces; the tests look at what it counted.

   a (va 10.9.0.1) ── (vb 10.9.0.2) b        va sends by a slow qdisc, b has a tap device that is not read
"""

import fcntl
import json
import os
import pty
import select
import socket
import struct
import subprocess
import termios

import kernel_facts
import pytest
from conftest import in_room
from netlab import Lab, Pair
from test_drop import send_fin_to_time_wait
from tracing import SANITIZED, PROGRAM, Trace, wait_until

A, B, TAP = "10.9.0.1", "10.9.0.2", "10.9.7.2"
CLOSED, FULL, SLOW, LISTENS, LAST = range(3001, 3006)
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
CLOSED_TIMES = 7


def send(netns, to, port, times=1, size=4):
    with netns.udp() as s:
        for _ in range(times):
            s.sendto(b"x" * size, (to, port))


def refused_tcp(netns, port):
    with netns.open(socket.AF_INET, socket.SOCK_STREAM) as s, pytest.raises(ConnectionRefusedError):
        s.connect((B, port))


class Scene:
    """The namespaces, and what drops packets in them."""

    def __init__(self, lab):
        self.pair = Pair(lab)
        self.a, self.b = self.pair.a, self.pair.b
        self.b.ip("link add gone0 type veth peer name gone1")
        self.sockets = []
        self.tap = self.open_tap()
        self.a.run(*"tc qdisc add dev va root handle 5: tbf rate 800kbit burst 3000 limit 4000".split())

    def open_tap(self):
        """A tap device with room for two packets, in front of a program that does not read."""
        with self.b.entered():
            try:
                tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            except FileNotFoundError:
                return None
            fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"tp", IFF_TAP | IFF_NO_PI))
        self.b.ip("link set tp txqueuelen 2", "address add 10.9.7.1/24 dev tp", "link set tp up",
                  f"neighbour add {TAP} lladdr 02:00:00:00:00:07 dev tp")
        return tap

    def drop_all(self):
        send(self.b, B, CLOSED, CLOSED_TIMES)
        self.b.run("ping", "-qc2", "-i0.01", "-W5", B)
        self.full_buffer()
        send(self.a, B, SLOW, 40, 1000)
        self.listen_queue()
        if self.tap is not None:
            send(self.b, TAP, 9, 20)
        self.b.ip("link del gone0")
        refused_tcp(self.b, LAST)

    def full_buffer(self):
        s = self.b.open(socket.AF_INET, socket.SOCK_DGRAM)
        self.sockets.append(s)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        s.bind((B, FULL))
        send(self.b, B, FULL, 12, 1400)

    def listen_queue(self):
        """More connections than a queue of one takes."""
        listener = self.b.open(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind((B, LISTENS))
        listener.listen(0)
        self.sockets.append(listener)
        for _ in range(4):
            client = self.b.open(socket.AF_INET, socket.SOCK_STREAM)
            client.setblocking(False)
            client.connect_ex((B, LISTENS))
            self.sockets.append(client)

    def close(self):
        for one in self.sockets:
            one.close()
        if self.tap is not None:
            os.close(self.tap)


class Seen:
    """What one run counted of all causes, as rows and counters."""

    def __init__(self, directory, scene):
        self.names = {"a": scene.a.name, "b": scene.b.name}
        self.tap = scene.tap
        trace = Trace(directory, ("drop", "--table", "-o", "json", "--interval", "50ms"), summary=True)
        try:
            trace.tracing()
            scene.drop_all()
            wait_until(lambda: any(self.is_last(line) for line in trace.stdout().splitlines()), "the last drop")
            self.result = trace.stop()
        finally:
            trace.kill()
        mine = [line for line in self.result.lines if line.get("netns") in self.names.values()]
        self.rows = [line for line in mine if "drops" in line]
        self.counters = [line for line in mine if "counter" in line]

    def is_last(self, line):
        row = json.loads(line) if line.endswith("}") else {}
        return row.get("proto") == "tcp" and row.get("netns") == self.names["b"] and row.get("ifname") == "lo" and \
            kernel_facts.is_function(row.get("location", ""), ("tcp_v4_rcv",)) and row.get("drop_reason") in (
                "NO_SOCKET", None)

    def row(self, **wanted):
        """The last of the one row with these values."""
        found = [row for row in self.rows if all(row.get(key) == value for key, value in wanted.items())]
        assert found, f"nothing with {wanted} among {self.rows}"
        assert len({(row.get("location"), row.get("drop_reason"), row.get("ifname")) for row in found}) == 1
        return found[-1]

    def gained(self, netns, **wanted):
        wanted["netns"] = self.names[netns]
        return sum(one["new"] for one in self.counters if all(one.get(key) == value for key, value in wanted.items()))


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    directory = tmp_path_factory.mktemp("table")
    lab = Lab()
    with in_room():
        scene = None
        try:
            scene = Scene(lab)
            yield Seen(directory, scene)
        finally:
            if scene:
                scene.close()
            lab.close()


def reason(name):
    return {"drop_reason": name} if kernel_facts.drop_reasons() else {}


def test_drops_of_one_kind_are_one_row_with_their_number(seen):
    row = seen.row(netns=seen.names["b"], ifname="lo", proto="udp", ip_version=4, bytes=CLOSED_TIMES * 12,
                   **reason("NO_SOCKET"))
    assert row["drops"] == CLOSED_TIMES and kernel_facts.is_function(row["location"], kernel_facts.DROPS_UDP4)
    if kernel_facts.drop_reasons():
        assert row["meaning"].startswith("no socket takes it")
        assert row["look"][0].startswith(f"ip netns exec {seen.names['b']} ss ")


def test_what_is_new_in_each_interval_adds_up(seen):
    of_kind = {}
    for row in seen.rows:
        key = tuple(row.get(name) for name in ("drop_reason", "location", "netns", "ifname", "proto", "ip_version", "benign"))
        of_kind.setdefault(key, []).append(row)
    for rows in of_kind.values():
        assert sum(row["new"] for row in rows) == rows[-1]["drops"]
        assert all(row["new"] > 0 for row in rows)


@pytest.mark.needs_fact("drop_reasons")
def test_false_alarms_stay_apart(seen):
    row = seen.row(netns=seen.names["b"], proto="icmp", drop_reason="NO_SOCKET")
    assert row["benign"].startswith("no ping socket") and row["drops"] == 2 and "meaning" not in row
    assert seen.result.summary["drops"]["false_alarms"] >= 2


def test_a_full_listen_queue_is_no_false_alarm(seen):
    assert not [row for row in seen.rows if "TIME_WAIT" in row.get("benign", "")]


@pytest.mark.needs_fact("tells_time_wait")
def test_the_fin_that_time_wait_takes_is_a_false_alarm(pair, table):
    trace = table("-o", "json", "-N", pair.a.name, "-p", "tcp", "--interval", "50ms")
    send_fin_to_time_wait(pair)
    trace.saw("TIME_WAIT")
    assert trace.stop().summary["drops"] == {"dropped": 0, "false_alarms": 1}


def test_a_full_buffer_is_counted_in_both_places(seen):
    lost = seen.gained("b", counter="UdpRcvbufErrors")
    assert lost > 0 and seen.gained("b", counter="UdpInErrors") == 0, "they are those of RcvbufErrors, and told once"
    if kernel_facts.drop_reasons():
        assert seen.row(netns=seen.names["b"], drop_reason="SOCKET_RCVBUFF")["drops"] == lost
    counter = [one for one in seen.counters if one["counter"] == "UdpRcvbufErrors"][0]
    assert counter["packets"] == "shown" and counter["meaning"] == "the receive buffer of a socket was full"
    assert counter["look"] == [f"ip netns exec {seen.names['b']} ss -Hanupm"]


def test_a_full_qdisc_is_counted_in_both_places(seen):
    lost = seen.gained("a", counter="qdisc tbf", ifname="va", owner="va 5:")
    assert lost > 0
    assert sum(row["new"] for row in seen.rows if row["netns"] == seen.names["a"] and row.get("proto") == "udp") == lost


def test_a_full_listen_queue_is_told_though_no_packet_is(seen):
    assert seen.gained("b", counter="TcpExtListenOverflows") > 0
    assert seen.gained("b", counter="TcpExtListenDrops") == 0, "they are those of ListenOverflows"


def test_a_full_queue_of_a_device_is_told(seen):
    if seen.tap is None:
        pytest.skip("this kernel has no tap devices")
    assert seen.gained("b", counter="tx_dropped", ifname="tp") > 0


def test_a_device_that_goes_away_is_named(seen):
    assert f"the device gone0 of {seen.names['b']} went away" in seen.result.stderr


def test_every_line_is_valid_by_the_schema(seen):
    schema = json.loads(subprocess.run([PROGRAM, "drop", "--fields", "?", "-o", "json"], capture_output=True, text=True,
                                       check=True).stdout)
    for title, lines in (("drops", seen.rows), ("counter", seen.counters)):
        known, = (one["properties"] for one in schema["oneOf"] if title in one.get("required", ()))
        for line in lines:
            assert not line.keys() - known.keys()


@pytest.fixture
def table(start):
    return lambda *words: start("drop", "--table", *words, summary=True).tracing()


def counted(result):
    return {(row.get("drop_reason"), row.get("proto")): row["drops"] for row in result.lines if "drops" in row}


def test_filter_and_reasons_decide_before_counting(pair, table):
    words = ("-o", "json", "-N", pair.b.name, "--interval", "50ms")
    runs = [table(*words, "udp and port 9"), table(*words, "-i", "vb", "-p", "tcp")]
    if kernel_facts.drop_reasons():
        runs += [table(*words, "--reason", "TCP_*,no_socket"), table(*words, "--not-reason", "no_socket")]
    send(pair.a, pair.B4, 9, 3)
    send(pair.a, pair.B4, 10, 2)
    with pair.a.open(socket.AF_INET, socket.SOCK_STREAM) as s, pytest.raises(ConnectionRefusedError):
        s.connect((pair.B4, 9))
    of_filter, of_device, *of_reasons = (counted(trace.stop()) for trace in runs)
    no_socket = "NO_SOCKET" if kernel_facts.drop_reasons() else None
    assert of_filter == {(no_socket, "udp"): 3} and of_device == {(no_socket, "tcp"): 1}
    if of_reasons:
        assert of_reasons == [{(no_socket, "udp"): 5, (no_socket, "tcp"): 1}, {}]


def test_what_finds_no_row_is_counted_as_others(pair, table):
    trace = table("-N", pair.b.name, "--rows", "1")
    send(pair.a, pair.B4, 9, 3)
    with pair.a.open(socket.AF_INET, socket.SOCK_STREAM) as s, pytest.raises(ConnectionRefusedError):
        s.connect((pair.B4, 9))
    result = trace.stop()
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["1", "(others)"] in [line[:2] for line in lines]
    assert result.summary["drops"] == {"dropped": 4, "false_alarms": 0} and "4 drops, none lost" in result.stderr


def read_terminal(pair, columns):
    """What a table looks like in a terminal so wide, drawn at least twice."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    environment = dict(os.environ, LC_ALL="C.UTF-8", NO_COLOR="1")
    process = subprocess.Popen([PROGRAM, "drop", "--table", "-N", pair.b.name, "--interval", "50ms"], stdout=follower,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment)
    os.close(follower)
    text = b""
    try:
        while b"tracing" not in process.stderr.readline():
            assert process.poll() is None
        send(pair.a, pair.B4, 9, 3)
        while text.count(b"\033[J") < 3 or b"vb" not in text:
            assert select.select([leader], [], [], 60)[0]
            text += os.read(leader, 65536)
        process.send_signal(2)
        process.stderr.read()
        process.wait(60)
        while select.select([leader], [], [], 0)[0]:
            text += os.read(leader, 65536)
    except OSError:  # the other end was closed
        pass
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
        os.close(leader)
    return text.decode()


@pytest.mark.parametrize("columns", [80, 160])
def test_a_terminal_shows_it_anew_within_its_width(pair, columns):
    text = read_terminal(pair, columns)
    *_, last = text.replace("\r", "").split("\033[J")
    lines = last.splitlines()
    assert max(map(len, lines)) <= columns
    assert lines[0].endswith("  3 drops") and lines[1].split()[:2] == ["MORE", "DROPS"]
    row, = (line.split() for line in lines[2:] if " vb " in line)
    assert row[0] == "3" and pair.b.name[:6] in " ".join(row) and "udp" in row
    assert ("MEANING" in lines[1]) == (columns == 160)


@pytest.mark.parametrize("words, message", [
    (("--table", "--where", "len > 5"), "--where: not allowed with --table"),
    (("--table", "-w", "file"), "--write: not allowed with --table"),
    (("--table", "-c", "1"), "--count: not allowed with --table"),
    (("--table", "-o", "line"), "--table: allowed with -o drop and -o json"),
    (("--interval", "1s"), "--interval requires --table"),
    (("--table", "--interval", "1ms"), "--interval: must be at least 10ms"),
    (("--table", "--rows", "0"), "--rows: must be greater than 0"),
])
def test_wrong_words_get_a_sentence_and_status_2(start, words, message):
    result = start("drop", *words).ended()
    assert (result.status, result.stdout) == (2, "") and message in result.stderr.splitlines()[0]


def test_a_run_ends_with_its_command_and_passes_its_status_on(start):
    result = start("drop", "--table", "-N", "1", "--", "sh", "-c", "exit 7").ended()
    assert result.status == 7 and result.stdout.splitlines()[-1].endswith("  0 drops")


def test_drop_ends_with_what_the_counters_gained(pair, start):
    trace = start("drop", "-N", pair.b.name, summary=True).tracing()
    send(pair.a, pair.B4, 9, 3)
    trace.saw("no socket takes it" if kernel_facts.drop_reasons() else "no reason is told")
    result = trace.stop()
    assert "  +3  UdpNoPorts of " in result.stderr and "skbtrail: 3 drops" in result.stderr


@pytest.mark.skipif(SANITIZED, reason="it takes the time of a start")
def test_nothing_is_sent_for_a_packet(pair, table):
    trace = table("-o", "json", "-N", pair.b.name, "--interval", "10s")
    send(pair.a, pair.B4, 9, 1000)
    result = trace.stop()
    rows = [row for row in result.lines if "drops" in row]
    assert [(row["drops"], row["new"]) for row in rows] == [(1000, 1000)]
