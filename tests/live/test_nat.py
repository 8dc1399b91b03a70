"""NAT: the fields nat and ct_* say of a packet's connection who it is between, before its addresses are translated and after."""

import subprocess

import pytest
from test_follow import CLIENT, SERVER, SERVICE, routed  # noqa: F401

OUTSIDE, PORT = "10.5.2.254", 2051
RULES = f"""table ip nat {{
  chain in {{ type nat hook prerouting priority -100; ip daddr {SERVICE} udp dport 90 dnat to {SERVER}:91; }}
  chain out {{ type nat hook postrouting priority 100; oifname "rs" udp dport 91 snat to {OUTSIDE}:{PORT}; }}
}}"""
FIELDS = "func,netns,ifname,src,dst,sport,dport,nat,ct_src,ct_sport,ct_dst,ct_dport,ct_reply_src,ct_reply_sport,ct_reply_dst,ct_reply_dport"


@pytest.fixture
def translated(routed):  # noqa: F811
    """The router translates source and destination of datagrams from the client to the service."""
    done = subprocess.run(routed[1].command("nft", "-f", "-"), input=RULES, text=True, check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"no NAT here: {done.stderr.splitlines()[0]}")
    return routed


def ask_and_answer(client, server):
    """Returns the client's port."""
    with server.udp() as receiver, client.udp() as sender:
        receiver.bind((SERVER, 91))
        receiver.settimeout(20)
        sender.settimeout(20)
        sender.sendto(b"ask", (SERVICE, 90))
        message, peer = receiver.recvfrom(9)
        assert (message, peer) == (b"ask", (OUTSIDE, PORT))
        receiver.sendto(b"answer", peer)
        assert sender.recvfrom(9) == (b"answer", (SERVICE, 90))
        return sender.getsockname()[1]


def test_a_translated_packet_has_both_tuples_of_its_connection(translated, trace):
    client, router, server = translated
    running = trace("--fields", FIELDS, "-N", router.name, "-t", "net:net_dev_queue,net:netif_receive_skb", "udp")
    port = ask_and_answer(client, server)
    events = running.stop().events
    sent = [event for event in events if event["func"] == "net_dev_queue"]
    assert [(event["src"], event["dst"]) for event in sent] == [(OUTSIDE, SERVER), (SERVICE, CLIENT)]
    for event in sent:
        assert event["nat"] == f"src {CLIENT}:{port} > {OUTSIDE}:{PORT}, dst {SERVICE}:90 > {SERVER}:91"
        assert [event[f"ct_{key}"] for key in ("src", "sport", "dst", "dport")] == [CLIENT, port, SERVICE, 90]
        assert [event[f"ct_reply_{key}"] for key in ("src", "sport", "dst", "dport")] == [SERVER, 91, OUTSIDE, PORT]
    # It was not looked at yet.
    assert not any(key.startswith(("nat", "ct_")) for event in events if event["func"] == "netif_receive_skb" for key in event)


def test_what_is_not_translated_has_its_tuples_and_no_nat(translated, trace):
    client, router, server = translated
    running = trace("--fields", FIELDS, "-N", router.name, "-t", "net:net_dev_queue", "udp")
    with server.udp() as receiver, client.udp() as sender:
        receiver.bind((SERVER, 92))
        receiver.settimeout(20)
        sender.sendto(b"plain", (SERVER, 92))
        assert receiver.recv(9) == b"plain"
    event, = running.stop().events
    assert "nat" not in event
    assert (event["ct_src"], event["ct_dst"], event["ct_reply_src"], event["ct_reply_dst"]) == (CLIENT, SERVER, SERVER, CLIENT)


@pytest.mark.needs_fact("follows")
def test_a_step_of_a_trail_says_that_what_changed_is_nat(translated, start):
    client, router, server = translated
    where = f"nat ~ '*{OUTSIDE}:{PORT}*'"
    running = start("--trail", "--where", where, "udp", "and", "host", CLIENT)
    running.tracing()
    port = ask_and_answer(client, server)
    text = " ".join(running.stop().stdout.split())
    assert f"NAT src {CLIENT}:{port} → {OUTSIDE}:{PORT}" in text or f"NAT src {CLIENT}:{port} -> {OUTSIDE}:{PORT}" in text, text
    assert f"NAT dst {SERVICE}:90 " in text and f"{SERVER}:91" in text, text


def test_a_condition_finds_what_is_translated_and_a_recording_keeps_it(translated, trace, start, tmp_path):
    client, router, server = translated
    path = tmp_path / "x.pcapng"
    running = trace("--fields", FIELDS, "--where", f"ct_dst == {SERVICE}", "-w", path, "-N", router.name, "-t", "net:net_dev_queue", "udp")
    ask_and_answer(client, server)
    live = running.stop().events
    assert [event["src"] for event in live] == [OUTSIDE, SERVICE]
    assert start("read", "-o", "json", "--fields", FIELDS, path).ended().events == live
