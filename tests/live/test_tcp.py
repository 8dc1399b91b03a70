"""A TCP connection from the handshake to the close, and a retransmission."""

import json
import socket
from contextlib import contextmanager

import pytest
from netlab import Pair

PORT = 7777


@contextmanager
def connection(pair):
    """(client, server): connected, the client in `a`."""
    with pair.b.open(socket.AF_INET, socket.SOCK_STREAM) as listener, \
            pair.a.open(socket.AF_INET, socket.SOCK_STREAM) as client:
        listener.bind((pair.B4, PORT))
        listener.listen()
        client.connect((pair.B4, PORT))
        server, _ = listener.accept()
        with server:
            yield client, server


def converse(pair):
    """Both say something, the client closes first."""
    with connection(pair) as (client, server):
        client.sendall(b"hello")
        assert server.recv(100) == b"hello"
        server.sendall(b"world!")
        assert client.recv(100) == b"world!"
        client.close()
        assert server.recv(100) == b""


def traced(pair, trace, *arguments):
    running = trace(*arguments)
    converse(pair)
    return [event for event in running.stop().events if event.get("netns") in (pair.a.name, pair.b.name)]


def test_a_connection_that_was_closed_has_no_drop_in_red(pair, start):
    running = start("-t", "kfree_skb", "-N", pair.a.name, "-p", "tcp", "--color", "always").tracing()
    converse(pair)
    shown = running.stop().stdout
    assert "\033[1;31m" not in shown, shown
    assert shown.count("\033[2m") == shown.count("benign=unread when its socket was closed")


def sent(events, pair):
    """[(end, flags)] as the packets are put on the wire."""
    ends = {pair.a.name: "client", pair.b.name: "server"}
    return [(ends[event["netns"]], event["tcp_flags"]) for event in events if event["func"] == "net_dev_queue"]


def test_the_flags_of_a_connection_are_seen_in_order_on_the_wire(pair, trace):
    flags = sent(traced(pair, trace), pair)
    assert flags[:3] == [("client", "S"), ("server", "S."), ("client", ".")]
    # How many bare acknowledgements there are, and when, is the kernel's affair.
    assert [one for one in flags[3:] if one[1] != "."] == [
        ("client", "P."), ("server", "P."), ("client", "F."), ("server", "F.")]


@pytest.mark.parametrize("sender", ["a", "b"])
def test_what_one_end_sends_the_other_receives_in_the_same_order(pair, trace, sender):
    events = traced(pair, trace)
    here, there = (pair.a.name, pair.b.name) if sender == "a" else (pair.b.name, pair.a.name)

    def at(func, netns):
        return [(event["skb"], event["tcp_flags"], event["tcp_seq"], event["tcp_ack"]) for event in events
                if event["func"] == func and event["netns"] == netns]

    assert at("net_dev_queue", here) == at("netif_receive_skb", there) != []


def test_sequence_numbers_count_what_was_said(pair, trace):
    queued = [event for event in traced(pair, trace, "-t", "net_dev_queue") if event["func"] == "net_dev_queue"]
    first = {event["netns"]: event["tcp_seq"] for event in reversed(queued)}
    relative = [(event["tcp_flags"], (event["tcp_seq"] - first[event["netns"]]) % 2**32, event["payload_len"])
                for event in queued if event["tcp_flags"] != "."]
    assert relative == [("S", 0, 0), ("S.", 0, 0), ("P.", 1, 5), ("P.", 1, 6), ("F.", 6, 0), ("F.", 7, 0)]
    assert {(event["sport"], event["dport"]) for event in queued if event["netns"] == pair.b.name} == {
        (PORT, queued[0]["sport"])}


def test_a_reset_is_seen_where_nobody_listens(pair, trace):
    running = trace("-t", "net_dev_queue")
    with pair.a.open(socket.AF_INET, socket.SOCK_STREAM) as client, pytest.raises(ConnectionRefusedError):
        client.connect((pair.B4, PORT))
    events = [event for event in running.stop().events if event.get("netns") in (pair.a.name, pair.b.name)]
    assert sent(events, pair) == [("client", "S"), ("server", "R.")]


@pytest.mark.needs("tcp_send_reset")
@pytest.mark.needs_fact("reset_reasons")
def test_a_reset_says_why_it_is_sent_live_and_in_a_recording(pair, trace, start, tmp_path):
    file = tmp_path / "reset.pcapng"
    running = trace("-t", "tcp_send_reset", "-N", pair.b.name, "-w", file, "-O", tmp_path / "events")
    with pair.a.open(socket.AF_INET, socket.SOCK_STREAM) as client, pytest.raises(ConnectionRefusedError):
        client.connect((pair.B4, 9))
    running.stop()
    for events in (start("read", "-o", "json", file).ended().events,
                   [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]):
        (event,) = events
        assert (event["sends"], event["dport"], event["tcp_flags"]) == ("TCP reset: NO_SOCKET", 9, "S")


def assert_as_the_socket_tells(event, pair, client, flags, seq, length):
    assert event["made_headers"] is True
    assert event["packet"].endswith("(no headers yet: as the socket tells)")
    assert (event["src"], event["dst"]) == (pair.A4, pair.B4)
    assert (event["sport"], event["dport"]) == (client.getsockname()[1], PORT)
    assert (event["tcp_flags"], event["tcp_seq"], event["payload_len"]) == (flags, seq, length)
    assert event["netns"] == pair.a.name


def test_a_retransmission_shows_the_packet_as_the_socket_tells_it(pair, trace):
    with connection(pair) as (client, _):
        running = trace("-N", pair.a.name, "-t", "tcp_retransmit_skb,net_dev_queue")
        # The other end hears, but its acknowledgements go nowhere.
        pair.b.ip(f"route add blackhole {pair.A4}/32")
        client.sendall(b"hello?")
        running.saw("tcp_retransmit_skb")
        events = running.stop().events
        original = next(event for event in events if event["func"] == "net_dev_queue")
        again = next(event for event in events if event["func"] == "tcp_retransmit_skb")
        assert original["payload_len"] == 6
        assert_as_the_socket_tells(again, pair, client, "P.", original["tcp_seq"], 6)
        assert again["tcp_ack"] == original["tcp_ack"]


def test_a_syn_that_nobody_answers_is_seen_again_after_a_second(lab, trace):
    pair = Pair(lab)
    pair.b.ip(f"route add blackhole {pair.A4}/32")
    running = trace("-N", pair.a.name, "-t", "tcp_retransmit_skb,net_dev_queue")
    with pair.a.open(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.connect((pair.B4, PORT))
        running.saw("tcp_retransmit_skb")
        events = running.stop().events
        original = events[0]
        again = next(event for event in events if event["func"] == "tcp_retransmit_skb")
        assert (original["func"], original["tcp_flags"]) == ("net_dev_queue", "S")
        assert_as_the_socket_tells(again, pair, client, "S", original["tcp_seq"], 0)
        assert 0.9e9 < again["mono"] - original["mono"] < 5e9
