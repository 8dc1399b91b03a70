"""A datagram to a closed port: dropped with its reason, and the refusal goes back."""

import socket

import kernel_facts
import pytest
from steps import across, on_this_kernel, steps

PORT = 9


def refused(pair, trace, family, address):
    """Sends one datagram and waits for the refusal; gives the events of the two namespaces."""
    running = trace()
    with pair.a.udp(family) as s:
        s.settimeout(20)
        s.connect((address, PORT))
        s.send(b"x" * 18)
        with pytest.raises(ConnectionRefusedError):
            s.recv(1)
    return [event for event in running.stop().events if event.get("netns") in (pair.a.name, pair.b.name)]


def kind(event):
    return {"udp": "datagram", "icmp": "refusal", "icmp6": "refusal"}.get(event.get("proto"))


def path(freed):
    return [*across("datagram", "a"), ("icmp_send", "b", "vb", "datagram"), *across("refusal", "b")[:-1],
            ("kfree_skb", "b", "vb", "datagram"), across("refusal", "b")[-1], (freed, "a", "va", "refusal")]


def test_a_datagram_to_a_closed_port_and_its_refusal_are_seen_step_by_step(pair, trace):
    events = refused(pair, trace, socket.AF_INET, pair.B4)
    expected = on_this_kernel(path("consume_skb"))
    assert steps(events, pair, kind) == expected
    assert len(events) == len(expected)


def test_an_ipv6_datagram_to_a_closed_port_is_seen_step_by_step(pair6, trace):
    # icmp_send is a tracepoint of IPv4's alone.
    expected = [step for step in path(kernel_facts.frees_icmpv6()) if step[0] != "icmp_send"]
    events = refused(pair6, trace, socket.AF_INET6, pair6.B6)
    # Groups are announced by ICMPv6 too: only what has our addresses.
    mine = [event for event in events if event.get("src") in (pair6.A6, pair6.B6, None)]
    assert steps(mine, pair6, kind) == on_this_kernel(expected)


@pytest.mark.needs_fact("drop_reasons")
@pytest.mark.parametrize("version", [4, 6])
def test_the_drop_has_its_reason_and_the_function_that_dropped(pair6, trace, version):
    family, address, functions = {
        4: (socket.AF_INET, pair6.B4, kernel_facts.DROPS_UDP4),
        6: (socket.AF_INET6, pair6.B6, kernel_facts.DROPS_UDP6),
    }[version]
    drops = [event for event in refused(pair6, trace, family, address)
             if event["func"] == "kfree_skb" and event.get("proto") == "udp"]
    (drop,) = drops
    assert (drop["drop_reason"], drop["netns"], drop["dport"]) == ("NO_SOCKET", pair6.b.name, PORT)
    assert kernel_facts.is_function(drop["location"], functions)


@pytest.mark.needs("icmp_send")
def test_what_is_sent_is_said_of_the_packet_that_it_is_about(pair, trace, start, tmp_path):
    file = tmp_path / "sent.pcapng"
    recorder = trace("-t", "icmp_send", "-N", pair.b.name, "-w", file)
    (event,) = [event for event in refused(pair, trace, socket.AF_INET, pair.B4) if event["func"] == "icmp_send"]
    recorder.stop()
    assert (event["sends"], event["proto"], event["dport"]) == ("ICMP port unreachable", "udp", PORT)
    assert "sends=ICMP port unreachable" in start("read", file).ended().stdout


def test_the_refusal_names_the_port(pair, trace):
    events = refused(pair, trace, socket.AF_INET, pair.B4)
    refusals = {event["packet"] for event in events if event.get("proto") == "icmp"}
    (refusal,) = refusals
    assert refusal.startswith("IP 10.9.0.2 > 10.9.0.1: ICMP 10.9.0.2 udp port 9 unreachable, length 54 (for 10.9.0.1.")
    assert refusal.endswith(" > 10.9.0.2.9: udp, ip length 46)")
    assert {(event["icmp_type"], event["icmp_code"]) for event in events if event.get("proto") == "icmp"} == {(3, 3)}
