"""Skbs of sockets that send no packets are left out unless they are asked for, and that is said once."""

import socket

LEFT_OUT = "skbs of sockets that send no packets"


def talk(netns):
    """By a unix socket and by UDP, in the namespace."""
    with netns.entered():
        ends = socket.socketpair()
    for end in ends:
        end.send(b"x")
    for end in ends:
        end.recv(1)
        end.close()
    with netns.udp() as sender:
        sender.sendto(b"x", ("127.0.0.1", 9))


def families(running, netns):
    talk(netns)
    result = running.stop()
    return {event["family"] for event in result.events if "family" in event}, result


def test_by_default_packets_are_shown_and_it_is_said_once_what_is_not(pair, trace):
    seen, result = families(trace("-N", pair.a.name), pair.a)
    assert "inet" in seen and "unix" not in seen
    assert result.stderr.count(LEFT_OUT) == 1
    assert result.summary["refused"]["other_families"] > 0


def test_what_netlink_hands_to_many_has_no_socket_and_is_left_out_as_well(pair, trace):
    """netlink_broadcast_filtered() frees its own skb, which has neither a socket nor a device nor a header."""
    shown = {}
    for words in ((), ("--family", "all")):
        running = trace("-t", "skb:consume_skb", "--comm", "ip", *words)
        pair.a.ip("link add two type veth peer name three", "link delete two")
        result = running.stop()
        shown[words] = [event for event in result.events if not {"ifname", "family", "protocol"} & event.keys()]
    assert shown[()] == [] and shown["--family", "all"]


def test_they_are_shown_where_they_are_named(pair, trace):
    for words in (("--family", "unix"), ("--family", "all"), ("-v",)):
        seen, result = families(trace("-N", pair.a.name, *words), pair.a)
        assert {"inet", "unix"} <= seen, words
        assert LEFT_OUT not in result.stderr or words == ("--family", "unix")
    seen, _ = families(trace("-N", pair.a.name, "--where", "family == unix"), pair.a)
    assert seen == {"unix"}


def test_a_family_of_packets_that_is_named_restricts(pair, trace):
    """What comes back through the loopback device is of no socket, and found to be for none."""
    running = {family: trace("--no-follow", "-N", pair.a.name, "--family", family, *words)
               for family, words in (("inet", ()), ("inet,unix", ("-v",)), ("inet6", ("udp",)))}
    talk(pair.a)
    with pair.a.udp(socket.AF_INET6) as sender:
        sender.sendto(b"x", (f"::ffff:{pair.B4}", 9))
    seen = {family: one.stop() for family, one in running.items()}
    for family, result in seen.items():
        assert {event.get("family") for event in result.events} == set(family.split(","))
        assert result.stderr.count("of none, are skipped") == 1
        assert result.summary["refused"]["other_families"] > 0


def test_a_recording_keeps_the_family(pair, trace, start, tmp_path):
    families(trace("-N", pair.a.name, "--family", "unix", "-w", tmp_path / "all"), pair.a)
    shown = start("read", "-o", "json", tmp_path / "all", "--where", "family == unix").ended()
    assert {event["family"] for event in shown.events} == {"unix"}
