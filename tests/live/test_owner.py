"""--pid and --comm: what the process's sockets send and receive, whoever is on the CPU, and what it does itself without
one."""

import os

import pytest
from echo_flood import echo_flood, receive_on_first_cpu
from frames import Tun, ethernet, udp4
from netlab import Pair, on_cpu
from processes import Servant
from test_filters import seen
from tracing import wait_until

UDP = "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(1, 15, 1); s.bind(('{}', {}))"
TCP_PORT = 7777
# By default a kernel whose functions can be traced has dev_hard_start_xmit in its place.
SENDING = ("-t", "net:net_dev_start_xmit")


@pytest.fixture
def servant(turn):
    """servant(NETNS, COMM) starts one."""
    started = []

    def start_one(netns, comm=""):
        started.append(Servant(netns, comm))
        return started[-1]

    yield start_one
    for one in started:
        one.kill()


def at(events, *funcs):
    return [event for event in events if event["func"] in funcs]


def of(pair, events):
    return [event for event in events if event.get("netns") in (pair.a.name, pair.b.name)]


def sizes(events):
    return [event["len"] for event in at(events, "net_dev_start_xmit")]


def send(size, port=9):
    return f"s.sendto(bytes({size}), ('{Pair.B4}', {port}))"


def test_a_socket_that_is_open_at_the_start_is_the_process_s_own(pair, servant, trace):
    one, other = servant(pair.a), servant(pair.a)
    for each in one, other:
        each.do(UDP.format(Pair.A4, 5555))
    running = trace("--pid", one.pid, *SENDING)
    one.do(send(100))
    other.do(send(200))
    one.do(send(101))
    assert sizes(of(pair, running.stop().events)) == [14 + 28 + 100, 14 + 28 + 101]


def test_a_socket_that_is_opened_later_is_the_process_s_own(pair, servant, trace):
    one, other = servant(pair.a), servant(pair.a)
    running = trace("--pid", one.pid, *SENDING)
    for size, each in ((100, one), (200, other)):
        each.do(UDP.format(Pair.A4, 5555), send(size))
    assert sizes(of(pair, running.stop().events)) == [14 + 28 + 100]


def connect(client, server, listener_first=True):
    """The client in `a` connects to the server in `b`, which accepts."""
    if listener_first:
        server.do(f"l = socket.create_server(('{Pair.B4}', {TCP_PORT}))")
    client.do(f"c = socket.create_connection(('{Pair.B4}', {TCP_PORT}))")
    server.do("s, _ = l.accept()")


def flags(events):
    return [event["tcp_flags"] for event in at(events, "net_dev_queue")]


def test_what_is_received_by_a_socket_is_its_reader_s(pair, servant, trace):
    """Neither the device nor IP knows for whom a packet is: the first event is the reading."""
    client, server, other = servant(pair.a), servant(pair.b), servant(pair.b)
    connect(client, server)
    other.do(f"l = socket.create_server(('{Pair.B4}', {TCP_PORT + 1}))")
    client.do(f"d = socket.create_connection(('{Pair.B4}', {TCP_PORT + 1}))")
    other.do("s, _ = l.accept()")
    running = trace("--pid", server.pid, "-t", "skb_copy_datagram_iovec,netif_receive_skb,consume_skb")
    client.do("c.sendall(bytes(50))", "d.sendall(bytes(60))")
    for each in other, server:
        each.do("assert len(s.recv(2000)) in (50, 60)")
    events = [event for event in running.stop().events if event.get("proto") == "tcp"]
    assert [event["payload_len"] for event in at(events, "skb_copy_datagram_iovec")] == [50]
    # An acknowledgement stays its sender's across a veth pair.
    assert {TCP_PORT, *(min(event["sport"], event["dport"]) for event in events)} == {TCP_PORT}


def test_a_connection_is_its_process_s_from_the_first_packet_to_the_last(pair, servant, trace):
    """Acknowledgements and the end are sent by softirqs, and when the process has no socket any more."""
    client, server = servant(pair.a), servant(pair.b)
    everything = trace("-N", pair.a.name, "-t", "net_dev_queue")
    running = trace("--pid", client.pid, "-t", "net_dev_queue")
    connect(client, server)
    server.do("s.sendall(bytes(3000))")
    client.do("n = 0\\nwhile n < 3000: n += len(c.recv(3000))", "c.sendall(b'hello')")
    server.do("s.recv(100)")
    client.do("c.close()")
    server.do("assert s.recv(100) == b''", "s.close()")
    wanted = [event for event in everything.stop().events if event.get("proto") == "tcp"]
    events = running.stop().events
    assert {event["netns"] for event in events} == {pair.a.name}
    assert seen(events) == seen(wanted)
    contexts = {event["context"] for event in events}
    assert "process" in contexts and contexts & {"softirq", "interrupt"}
    assert "F." in flags(events)


def test_the_last_words_of_a_closed_connection_are_its_owner_s(pair, servant, trace):
    """What is sent again after the close is sent by a socket without inode."""
    client, server = servant(pair.a), servant(pair.b)
    connect(client, server)
    running = trace("--pid", client.pid, "-N", pair.a.name, "-t", "net_dev_queue,tcp_retransmit_skb")
    # The other end hears, but its acknowledgements go nowhere.
    pair.b.ip(f"route add blackhole {pair.A4}/32")
    client.do("c.sendall(b'bye')", "c.close()")
    running.saw("tcp_retransmit_skb")
    events = running.stop().events
    assert flags(events)[:2] == ["P.", "F."]
    assert [event["tcp_flags"] for event in at(events, "tcp_retransmit_skb")][0] in ("P.", "F.", "FP.")
    assert at(events, "tcp_retransmit_skb")[0]["context"] != "process"


def test_what_a_process_left_behind_stays_its_own(pair, servant, trace):
    client, server = servant(pair.a), servant(pair.b)
    connect(client, server)
    running = trace("--pid", client.pid, "-N", pair.a.name, "-t", "net_dev_queue,tcp_retransmit_skb")
    pair.b.ip(f"route add blackhole {pair.A4}/32")
    client.do("c.sendall(b'bye')")
    client.end()
    running.saw("tcp_retransmit_skb")
    assert flags(running.stop().events)[:2] == ["P.", "F."]


def test_the_listener_answers_for_a_connection_that_is_being_accepted(pair, servant, trace):
    client, server, other = servant(pair.a), servant(pair.b), servant(pair.b)
    server.do(f"l = socket.create_server(('{Pair.B4}', {TCP_PORT}))")
    other.do(f"l = socket.create_server(('{Pair.B4}', {TCP_PORT + 1}))")
    running = trace("--pid", server.pid, "-t", "net_dev_queue")
    connect(client, server, listener_first=False)
    client.do(f"d = socket.create_connection(('{Pair.B4}', {TCP_PORT + 1}))")
    server.do("s.sendall(b'hello')")
    client.do("assert c.recv(100) == b'hello'", "c.sendall(b'world')")
    server.do("assert s.recv(100) == b'world'")
    events = running.stop().events
    assert {(event["netns"], event["sport"]) for event in events} == {(pair.b.name, TCP_PORT)}
    assert flags(events)[:2] == ["S.", "P."]


def test_a_socket_at_the_address_of_a_closed_one_is_another_one(pair, servant, trace):
    """The kernel gives the memory of a socket to the next one at once."""
    one, other = servant(pair.a), servant(pair.a)
    running = trace("--pid", one.pid, *SENDING)
    for number in range(20):
        one.do(UDP.format(Pair.A4, 0), send(100 + number), "s.close()")
        other.do(UDP.format(Pair.A4, 0), send(200), "s.close()")
    events = of(pair, running.stop().events)
    assert sizes(events) == [14 + 28 + 100 + number for number in range(20)]


def test_a_process_acts_without_a_socket_where_it_writes_to_a_tun_device(pair, servant, trace):
    device = Tun(pair.a, "tun0")
    try:
        pair.a.ip("address add 10.8.0.1/24 dev tun0", "link set tun0 up")
        running = trace("--pid", os.getpid(), "-N", pair.a.name, "-i", "tun0")
        nobody = trace("--pid", servant(pair.a).pid, "-N", pair.a.name, "-i", "tun0")
        device.write(udp4("10.8.0.2", "10.8.0.1"))
        events = running.stop().events
        assert at(events, "netif_receive_skb", "netif_rx", "napi_gro_frags_entry", "netif_receive_skb_entry")
        assert {(event["context"], event["pid"]) for event in events} == {("process", os.getpid())}
        assert nobody.stop().events == []
    finally:
        device.close()


def test_a_packet_socket_is_owned_too(pair, servant, trace):
    one, other = servant(pair.a), servant(pair.a)
    lines = "p = socket.socket(17, 3); p.bind(('va', 0)); p.send(bytes.fromhex('{}') + bytes({}))"
    frame = ethernet(pair.macs["vb"], pair.macs["va"], udp4(Pair.A4, Pair.B4)).hex()
    running = trace("--pid", one.pid, *SENDING)
    one.do(lines.format(frame, 20))
    other.do(lines.format(frame, 40))
    assert sizes(of(pair, running.stop().events)) == [len(frame) // 2 + 20]


@pytest.mark.floods
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs")
def test_a_process_that_is_interrupted_has_nothing_to_do_with_it(pair, trace):
    """What comes in is received on the first CPU, where this process computes."""
    receive_on_first_cpu(pair.b, "vb")
    place = ("-N", pair.b.name, "-t", "netif_receive_skb")
    running = trace("--pid", os.getpid(), *place)
    everything = trace(*place)
    with echo_flood(pair.a, 0.3) as flood, on_cpu(0):
        while flood.poll() is None:
            sum(range(2000))  # in user mode
    assert any(event["cpu_pid"] == os.getpid() for event in everything.stop().events)
    assert running.stop().events == []


@pytest.mark.parametrize("glob, shown", [
    ("tlive-one", [100]),
    ("tlive-*", [100, 200]),
    ("tlive-t?o", [200]),
    ("tlive-[a-o]*", [100]),
    ("*-[!o]wo", [200, 300]),
    ("tlive", []),
])
def test_a_comm_is_a_glob_over_the_whole_name(pair, servant, trace, glob, shown):
    one, two, three = servant(pair.a, "tlive-one"), servant(pair.a, "tlive-two"), servant(pair.a, "another-two")
    open_before = trace("--comm", glob, *SENDING)
    for size, each in ((100, one), (200, two), (300, three)):
        each.do(UDP.format(Pair.A4, 5555), send(size))
    # All sockets are open when this one starts.
    open_at_start = trace("--comm", glob, *SENDING)
    for size, each in ((100, one), (200, two), (300, three)):
        each.do(send(size))
    at_start = of(pair, open_at_start.stop().events)
    later = of(pair, open_before.stop().events)
    assert sizes(at_start) == [42 + size for size in shown]
    assert sizes(later) == [42 + size for size in shown * 2]


def test_a_process_that_does_not_exist_owns_nothing(pair, servant, trace):
    one = servant(pair.a)
    gone = servant(pair.a)
    gone.end()
    running = trace("--pid", gone.pid)
    one.do(UDP.format(Pair.A4, 5555), send(100))
    result = running.stop()
    assert (result.status, result.events) == (0, [])
    assert f"--pid: there is no process {gone.pid} now; nothing is shown until there is one" in result.stderr


def test_a_name_that_no_task_has_is_told_unless_the_command_may_get_it(trace, trace_command):
    options = ("--comm", "nobody-at-all", "-t", "skb:kfree_skb")
    nobody = trace(*options).stop()
    assert (nobody.status, nobody.events) == (0, [])
    assert "--comm: no task is called nobody-at-all now; nothing is shown until one is" in nobody.stderr
    assert "--comm:" not in trace_command(["true"], *options).stderr


def test_who_takes_another_s_packets_away_does_not_get_the_socket(pair, servant, trace):
    """tc frees what waits in the queue that it removes. That is its own doing; what the socket sends next is not."""
    one = servant(pair.a)
    one.do(UDP.format(Pair.A4, 5555))
    pair.a.run("tc", "qdisc", "add", "dev", "va", "root", "tbf", "rate", "1kbit", "burst", "1600", "limit", "100000")
    one.do(send(1400), send(1300))
    running = trace("--comm", "tc", "-N", pair.a.name)
    pair.a.run("tc", "qdisc", "delete", "dev", "va", "root")
    one.do(send(100))
    events = [event for event in running.stop().events if event.get("proto") == "udp"]
    assert [(event["func"], event["len"]) for event in events] == [("kfree_skb", 14 + 28 + 1300)]


def test_a_datagram_that_waits_is_still_its_sender_s_when_the_socket_is_closed(pair, servant, trace):
    """Who sends and ends at once (DNS) leaves the packet to the queue of the device."""
    one = servant(pair.a)
    pair.a.run("tc", "qdisc", "add", "dev", "va", "root", "tbf", "rate", "40kbit", "burst", "1600", "limit", "100000")
    running = trace("--pid", one.pid, "-N", pair.a.name, "-t", "net_dev_*")
    one.do(UDP.format(Pair.A4, 0), send(1400), send(1300), "s.close()")
    one.end()
    shown = ("tc", "-s", "qdisc", "show", "dev", "va")
    wait_until(lambda: " backlog 0b 0p" in pair.a.run(*shown), "the queue to be empty")
    events = running.stop().events
    assert [event["len"] for event in at(events, "net_dev_queue")] == [42 + 1400, 42 + 1300]
    assert sizes(events) == [42 + 1400, 42 + 1300]
    assert at(events, "net_dev_start_xmit")[1]["context"] != "process"


def test_a_socket_that_was_inherited_is_owned_by_who_uses_it(pair, trace):
    """The other one that has it open did not ask for it; a packet that waits leaves in a softirq."""
    pair.a.run("tc", "qdisc", "add", "dev", "va", "root", "tbf", "rate", "40kbit", "burst", "1600", "limit", "100000")
    running = trace("--comm", "tlive-heir", "-N", pair.a.name, "-t", "net_dev_*")
    with pair.a.udp() as s:
        heir = Servant(pair.a, "tlive-heir", pass_fds=(s.fileno(),))
        try:
            heir.do(f"s = socket.socket(fileno={s.fileno()})", send(1400), send(1300))
            shown = ("tc", "-s", "qdisc", "show", "dev", "va")
            wait_until(lambda: " backlog 0b 0p" in pair.a.run(*shown), "the queue to be empty")
        finally:
            heir.kill()
    events = running.stop().events
    assert sizes(events) == [42 + 1400, 42 + 1300]
    assert at(events, "net_dev_start_xmit")[1]["context"] != "process"
