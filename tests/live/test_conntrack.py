"""Conntrack: the fields ct_* say of a packet's connection what the rules of nft made of it."""

import subprocess

import pytest
from netlab import send_datagrams

FIELDS = "func,netns,proto,sport,dport,drop_reason,ct_state,ct_status,ct_mark,ct_zone,ct"
PLACES = "net:netif_receive_skb,net:net_dev_queue,skb:kfree_skb"
# Datagrams to 7000 are answered, those to 7001 dropped, pings are not tracked.
RULES = """
table ip t {
  chain first { type filter hook prerouting priority raw; udp dport 7000 ct zone set 5; icmp type echo-request notrack; }
  chain out { type filter hook output priority raw; udp sport 7000 ct zone set 5; icmp type echo-reply notrack; }
  chain in { type filter hook input priority 0; ct state new udp dport 7000 ct mark set 0x2a; udp dport 7001 drop; }
}
"""


@pytest.fixture
def tracked(pair):
    """The second namespace has rules about connections, without which nothing is tracked there."""
    done = subprocess.run(pair.b.command("nft", "-f", "-"), input=RULES, text=True, check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"no connections are tracked here: {done.stderr.splitlines()[0]}")
    return pair


def ask_and_answer(pair):
    with pair.b.udp() as server, pair.a.udp() as client:
        server.settimeout(20)
        client.settimeout(20)
        server.bind((pair.B4, 7000))
        client.sendto(b"ask", (pair.B4, 7000))
        server.sendto(b"answer", server.recvfrom(9)[1])
        assert client.recv(9) == b"answer"


def of_connection(event):
    return {key: event[key] for key in ("ct_state", "ct_status", "ct_mark", "ct_zone") if key in event}


def test_a_packet_has_the_state_mark_and_zone_of_its_connection(tracked, trace):
    running = trace("--fields", FIELDS, "-N", tracked.b.name, "-t", PLACES)
    ask_and_answer(tracked)
    send_datagrams(tracked.a, tracked.B4, 1, port=7001)
    tracked.a.run(*tracked.ping())
    events = running.stop().events

    def only(func, **wanted):
        (found,) = [e for e in events if e["func"] == func and all(e.get(key) == value for key, value in wanted.items())]
        return found

    # It was not looked at yet.
    arrived = only("netif_receive_skb", proto="udp", dport=7000)
    assert of_connection(arrived) == {} and "ct" not in arrived
    answer = only("net_dev_queue", proto="udp", sport=7000)
    assert of_connection(answer) == {"ct_state": "ESTABLISHED,REPLY", "ct_status": "SEEN_REPLY,CONFIRMED",
                                     "ct_mark": 0x2a, "ct_zone": 5}
    # 0xff11... with five levels of page tables.
    assert answer["ct"].startswith("0xff")
    dropped = only("kfree_skb", proto="udp", dport=7001)
    assert of_connection(dropped) == {"ct_state": "NEW", "ct_status": "0", "ct_mark": 0, "ct_zone": 0}
    assert of_connection(only("net_dev_queue", proto="icmp")) == {"ct_state": "UNTRACKED"}


def test_a_condition_may_ask_for_the_connection(tracked, trace):
    running = trace("--where", "ct_mark == 0x2a and ct_state ~ '*REPLY'", "-N", tracked.b.name)
    ask_and_answer(tracked)
    events = running.stop().events
    assert events and {(event["proto"], event["sport"]) for event in events} == {("udp", 7000)}
    assert not any(key.startswith("ct_") for event in events for key in event)


def test_a_recording_keeps_what_is_known_of_connections(tracked, trace, start, tmp_path):
    path = tmp_path / "x.pcapng"
    running = trace("--fields", FIELDS, "-w", path, "-N", tracked.b.name, "-t", PLACES)
    ask_and_answer(tracked)
    send_datagrams(tracked.a, tracked.B4, 1, port=7001)
    tracked.a.run(*tracked.ping())
    live = running.stop().events
    assert {event["ct_state"] for event in live if "ct_state" in event} == {"ESTABLISHED,REPLY", "NEW", "UNTRACKED"}
    assert start("read", "-o", "json", "--fields", FIELDS, path).ended().events == live
