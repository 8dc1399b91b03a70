"""Who asks for an address and who answers, on both sides."""

import pytest
from netlab import Pair
from steps import across, on_this_kernel, steps

PATH = across("request", "a") + across("reply", "b")[:-1] + [
    ("consume_skb", "b", "vb", "request"),
    across("reply", "b")[-1],
]


@pytest.fixture
def strangers(lab):
    return Pair(lab, neighbours=False)


def resolve(pair, trace_command):
    """Everything ARP while `a` finds out who `b` is."""
    result = trace_command(pair.ping(), netns=pair.a)
    assert result.status == 0
    return [event for event in result.events if event.get("netns") in (pair.a.name, pair.b.name)]


def test_an_arp_request_and_its_reply_are_seen_step_by_step_in_both_namespaces(strangers, trace_command):
    found = steps(resolve(strangers, trace_command), strangers, lambda event: event.get("arp_op"))
    # The reply is freed when the waiting packet was sent, which takes it across veth first.
    assert found == on_this_kernel(PATH + [("consume_skb", "a", "va", "reply")])


def test_it_is_told_who_asks_and_who_answers(strangers, trace_command):
    events = [event for event in resolve(strangers, trace_command) if event.get("proto") == "arp"]
    asks, answers = ([event for event in events if event["arp_op"] == wanted] for wanted in ("request", "reply"))
    assert asks and answers
    assert {event["packet"] for event in asks} == {"ARP, Request who-has 10.9.0.2 tell 10.9.0.1, length 28"}
    mac = strangers.macs["vb"]
    assert {event["packet"] for event in answers} == {f"ARP, Reply 10.9.0.2 is-at {mac}, length 28"}


def test_the_request_goes_to_everybody_and_the_reply_to_the_asker(strangers, trace_command):
    queued = {event["arp_op"]: event for event in resolve(strangers, trace_command)
              if event["func"] == "net_dev_queue" and "arp_op" in event}
    va, vb = strangers.macs["va"], strangers.macs["vb"]
    assert (queued["request"]["eth_src"], queued["request"]["eth_dst"]) == (va, "ff:ff:ff:ff:ff:ff")
    assert (queued["reply"]["eth_src"], queued["reply"]["eth_dst"]) == (vb, va)


def test_the_waiting_ping_leaves_after_the_reply_came(strangers, trace_command):
    events = resolve(strangers, trace_command)
    order = [(event["func"], event.get("arp_op") or event.get("proto")) for event in events]
    assert order.index(("netif_receive_skb", "reply")) < order.index(("net_dev_queue", "icmp"))
