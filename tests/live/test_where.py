"""--where, end to end: what is printed is what holds, whatever the field, and nothing else changes."""

from collections import Counter

import pytest
from test_filters import seen

PORTS = (9, 53, 8080)
SIZES = (10, 1500, 3000)


def traffic(pair):
    """Datagrams of several sizes to closed ports, and an echo."""
    pair.a.run("ip", "link", "set", "va", "mtu", 9000)
    with pair.a.udp() as s:
        for port in PORTS:
            for size in SIZES:
                s.sendto(bytes(size), (pair.B4, port))
    pair.a.run(*pair.ping())


@pytest.fixture
def quiet(pair):
    """The pair with room for large packets; no socket answers a datagram, so that none is refused."""
    pair.b.ip("link set vb mtu 9000")
    pair.b.sysctl(net__ipv4__icmp_ratelimit=0)
    return pair


def both(pair, trace, *arguments):
    everything = trace("--no-follow", "-N", pair.b.name, "--meta")
    filtered = trace("--no-follow", "-N", pair.b.name, *arguments)
    traffic(pair)
    return filtered.stop(), everything.stop()


CONDITIONS = [
    ("drop_reason == no_socket", lambda e: e.get("drop_reason") == "NO_SOCKET"),
    ("drop_reason ~ 'NO_*' and len > 1KiB", lambda e: e.get("drop_reason", "").startswith("NO_") and e["len"] > 1024),
    ("not known(drop_reason)", lambda e: "drop_reason" not in e),
    ("len >= 1.5K and len < 3K", lambda e: "len" in e and 1536 <= e["len"] < 3072),
    ("dport in (9, 50-60)", lambda e: e.get("dport") in (9, 53)),
    ("dport not in (9, 50-60)", lambda e: "dport" in e and e["dport"] not in (9, 53)),
    ("func ~ netif_*", lambda e: e["func"].startswith("netif_")),
    ("func !~ '*_r[xe]*'", lambda e: "_rx" not in e["func"] and "_re" not in e["func"]),
    ("src == 10.9.0.0/31 and proto = UDP", lambda e: e.get("src") == "10.9.0.1" and e.get("proto") == "udp"),
    ("icmp_type == 8 or tcp_flags == S", lambda e: e.get("icmp_type") == 8),
    ("truesize > 2K and users = 1", lambda e: e.get("truesize", 0) > 2048 and e.get("users") == 1),
    ("known(truesize)", lambda e: "truesize" in e),
    ("cloned", lambda e: e.get("cloned") is True),
    ("not cloned", lambda e: e.get("cloned") is False),
]


def test_what_is_printed_is_what_holds(quiet, trace):
    everything = trace("-N", quiet.b.name, "--meta")
    running = {text: trace("-N", quiet.b.name, "--where", text, "--buffer", "512K") for text, _ in CONDITIONS}
    traffic(quiet)
    events = everything.stop().events
    wrong = {}
    for text, holds in CONDITIONS:
        result, wanted = running[text].stop(), [event for event in events if holds(event)]
        assert len(wanted) < len(events), f"{text} proves nothing"
        assert result.gaps == [] and result.summary["recorded"] >= len(events)
        if seen(result.events) != seen(wanted):
            wrong[text] = (seen(wanted) - seen(result.events), seen(result.events) - seen(wanted))
    assert wrong == {}


def test_a_condition_on_a_section_switches_it_on_and_shows_no_more(quiet, trace):
    filtered, everything = both(quiet, trace, "--where", "truesize > 0", "-t", "netif_receive_skb")
    wanted = [event for event in everything.events if event["func"] == "netif_receive_skb"]
    assert wanted and seen(filtered.events) == seen(wanted)
    assert all("truesize" in event for event in wanted)
    assert not any("truesize" in event for event in filtered.events)


def test_a_field_that_is_not_shown_can_be_asked_for(quiet, start):
    running = start("-N", quiet.b.name, "-t", "netif_receive_skb", "--fields", "func,len", "--where",
                    "context != process and sport > 0 and dport == 53").tracing()
    traffic(quiet)
    lines = running.stop().stdout.splitlines()
    assert [line.split() for line in lines if "func" not in line] == [
        ["netif_receive_skb", str(28 + size)] for size in SIZES]


def test_a_count_counts_what_is_shown(quiet, trace):
    running = trace("-N", quiet.b.name, "-t", "netif_receive_skb", "-c", "2", "--where", "dport == 8080")
    traffic(quiet)
    result = running.ended()
    assert result.status == 0
    assert [(event["dport"], event["len"]) for event in result.events] == [(8080, 38), (8080, 1528)]


def test_the_summary_tells_what_was_recorded_and_what_was_shown(quiet, trace):
    filtered, everything = both(quiet, trace, "--where", "dport == 53", "-t", "netif_receive_skb")
    at_the_place = [event for event in everything.events if event["func"] == "netif_receive_skb"]
    assert filtered.summary["events"] == len(filtered.events) == 3
    assert filtered.summary["recorded"] == len(at_the_place) == len(PORTS) * len(SIZES) + 1
    assert filtered.summary["lost"] == everything.summary["lost"]
    assert sum(filtered.summary["lost"].values()) == 0


@pytest.mark.floods
def test_gaps_are_shown_whatever_the_condition(pair, trace):
    """Rings of a page are full at once while the program is stopped."""
    running = trace("-N", pair.b.name, "-t", "netif_receive_skb", "--buffer", "8K", "--where", "dport == 1")
    running.send(19)  # SIGSTOP
    with pair.a.udp() as s:
        for _ in range(500):
            try:
                s.sendto(b"x", (pair.B4, 2))
            except ConnectionRefusedError:
                pass
    running.send(18)
    result = running.stop()
    lost = result.summary["may_have_matched"]["ring_full"]
    assert result.events == [] and lost > 0 and result.summary["lost_in_all"] == 0
    assert sum(gap["ring_full"] for gap in result.gaps) == lost
    assert result.accounted() == 500


WRONG = [
    ("drop_reason == NO_SOCKT", 16, "NO_SOCKT", "NO_SOCKET"),
    ("len > 1 and drop_reson == NO_SOCKET", 13, "drop_reson", "drop_reason"),
    ("func == netif_rxx", 9, "netif_rxx", "netif_rx"),
    ("len > 3s", 7, "3s", ""),
]


@pytest.mark.parametrize("text, column, word, near", WRONG)
def test_a_wrong_name_is_shown_with_a_caret_under_it(start, text, column, word, near):
    result = start("--where", text).ended()
    assert (result.status, result.stdout) == (2, "")
    first, line, caret, *_ = result.stderr.splitlines()
    assert f"--where: column {column}:" in first and near in first
    assert line.endswith(text)
    assert line[caret.index("^"):].startswith(word)
    assert Counter(caret)["^"] == 1
