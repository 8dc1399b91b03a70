"""One ICMP echo and its answer across veth: every step, in order, and in which namespace and at which device."""

import itertools
import socket

import kernel_facts
import pytest
from steps import across, on_this_kernel, steps

RED, DIM = "\033[1;31m", "\033[2m"
IDS = itertools.count(4242)
KINDS = {8: "request", 128: "request", 0: "reply", 129: "reply"}


def path(freed):
    """The answer is sent within the softirq that receives the request, and waits in the backlog of the same CPU until
    the request was freed."""
    return on_this_kernel([*across("request", "a"), *across("reply", "b")[:-1], (freed, "b", "vb", "request"),
                           across("reply", "b")[-1]])


# ping's raw socket gets a clone and wakes ping, perhaps on another CPU, while the original goes on to the protocol's
# own handler, which finds no ping socket and drops it. These two ends have no order between them.
DROPPED = [("kfree_skb", "a", "va", "reply")]
READ = [("skb_copy_datagram_iovec", "a", None, "reply"), ("consume_skb", "a", None, "reply")]


def echo(event):
    return KINDS.get(event.get("icmp_type"))


def echoes(result):
    return [(event, echo(event)) for event in result.events if echo(event)]


def traced_ping(pair, trace_command, *arguments, to=None):
    """The result, with nothing in it but what happened in the two namespaces."""
    icmp_id = next(IDS)
    result = trace_command(pair.ping("-e", icmp_id, to=to), *arguments, netns=pair.a)
    assert result.status == 0
    assert result.summary["lost_in_all"] == 0
    mine = [event for event in result.events if event.get("netns") in (pair.a.name, pair.b.name)]
    assert {event["icmp_id"] for event in mine if "icmp_id" in event} <= {icmp_id}
    result.stdout = "".join(line for line in result.stdout.splitlines(True)
                            if pair.a.name in line or pair.b.name in line)
    return result


def assert_path(found, expected):
    assert found[:len(expected)] == expected
    rest = found[len(expected):]
    assert [step for step in rest if step in DROPPED] == DROPPED
    assert [step for step in rest if step not in DROPPED] == READ


def test_a_ping_is_seen_step_by_step_in_both_namespaces(pair, trace_command):
    assert_path(steps(traced_ping(pair, trace_command).events, pair, echo), path("consume_skb"))


def test_an_ipv6_ping_is_seen_step_by_step_in_both_namespaces(pair6, trace_command):
    found = steps(traced_ping(pair6, trace_command, to=pair6.B6).events, pair6, echo)
    assert_path(found, path(kernel_facts.frees_icmpv6()))


def test_nothing_but_the_ping_happens_in_its_namespaces(pair, trace_command):
    events = traced_ping(pair, trace_command).events
    assert len(events) == len(steps(events, pair, echo))


def test_the_packet_of_every_step_is_told(pair, trace_command):
    result = traced_ping(pair, trace_command)
    for event, kind in echoes(result):
        ends = (pair.A4, pair.B4) if kind == "request" else (pair.B4, pair.A4)
        assert (event["src"], event["dst"]) == ends
        assert (event["proto"], event["ip_version"], event["icmp_seq"], event["ttl"]) == ("icmp", 4, 1, 64)
        assert event["payload_len"] == 56
        assert f"ICMP echo {kind}, id {event['icmp_id']}, seq 1" in event["packet"]


def test_the_request_keeps_its_skb_across_veth_and_the_reply_has_another(pair, trace_command):
    result = traced_ping(pair, trace_command, "-t", "net_dev_queue,netif_receive_skb")
    request, reply = ({event["skb"] for event, kind in echoes(result) if kind == wanted}
                      for wanted in ("request", "reply"))
    assert len(request) == len(reply) == 1
    assert request != reply


def test_the_sender_is_named_where_it_sends_and_nobody_in_the_softirq(pair, trace_command):
    by_step = {(event["func"], kind): event for event, kind in echoes(traced_ping(pair, trace_command))}
    sent = by_step["net_dev_queue", "request"]
    assert (sent["context"], sent["comm"]) == ("process", "ping")
    received = by_step["netif_receive_skb", "request"]
    assert received["context"] in ("interrupt", "softirq")
    assert "comm" not in received and "pid" not in received


def test_net_dev_xmit_tells_the_drivers_answer_and_the_length(pair, trace_command):
    (sent,) = traced_ping(pair, trace_command, "-t", "net_dev_xmit", "-N", pair.a.name).events
    assert (sent["result"], sent["len"], sent["ifname"]) == (0, 98, "va")
    assert "packet" not in sent


@pytest.mark.needs_fact("drop_reasons")
def test_the_drop_of_the_replys_original_has_its_reason_and_place(pair, trace_command):
    (drop,) = traced_ping(pair, trace_command, "-t", "kfree_skb", "-N", pair.a.name).events
    assert drop["drop_reason"] == "NO_SOCKET"
    assert kernel_facts.is_function(drop["location"], kernel_facts.DROPS_RAW_ECHO_REPLY)


@pytest.mark.needs_fact("drop_reasons")
@pytest.mark.parametrize("family", ["4", "6"])
def test_a_ping_that_was_answered_has_no_drop_in_red(request, start, family):
    pair = request.getfixturevalue("pair" if family == "4" else "pair6")
    shown = start("-t", "kfree_skb", "-N", pair.a.name, "--where", "icmp_type == 0 or icmp_type == 129", "--color",
                  "always", "--", *pair.ping(to=None if family == "4" else pair.B6), netns=pair.a).ended().stdout
    assert RED not in shown
    assert shown.count(DIM) == 1
    assert "benign=no ping socket, but a raw socket or a capture got a copy" in shown


@pytest.mark.needs_fact("drop_reasons")
def test_an_answer_that_nobody_got_a_copy_of_is_red(pair, start):
    running = start("-t", "kfree_skb", "-N", pair.b.name, "-p", "icmp", "--color", "always").tracing()
    with pair.a.open(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
        s.sendto(bytes.fromhex("0000fff600080001"), (pair.B4, 0))  # an echo reply that was not asked for
    shown = running.stop().stdout
    assert RED in shown and "benign=" not in shown
