"""Filters: what is printed satisfies the condition, and nothing that does is missing. Two runs watch the same packets,
one with the filter, which is evaluated for each event by itself, and one without; the first has to print just what the
condition leaves of the second. What follows from a match is in test_follow.py."""

import os
from collections import Counter

import pytest
from netlab import run, send_datagrams


def seen(events):
    return Counter((event["func"], event["skb"], event.get("len"), event["cpu"]) for event in events)


def both(trace, traffic, *arguments):
    """(events with these arguments, events without), of the same packets."""
    everything = trace()
    filtered = trace("--no-follow", *arguments)
    traffic()
    return filtered.stop().events, everything.stop().events


def ours(events, pair):
    return [event for event in events if event.get("netns") in (pair.a.name, pair.b.name)]


def pinging(pair, *options):
    return lambda: pair.a.run(*pair.ping(*options))


@pytest.mark.parametrize("form", ["name", "path", "inode"])
def test_netns_takes_a_name_a_path_and_an_inode_number(pair, trace, form):
    netns = pair.b
    text = {"name": netns.name, "path": netns.path, "inode": netns.inum}[form]
    filtered, everything = both(trace, pinging(pair), "-N", text)
    assert {event["netns_inum"] for event in filtered} == {netns.inum}
    assert seen(filtered) == seen([event for event in everything if event.get("netns_inum") == netns.inum])


def test_netns_takes_a_process_and_self(pair, trace):
    sleeper = trace("-N", "self", "-t", "net_dev_queue", netns=pair.a)
    other = trace("-N", f"pid:{sleeper.pid}", "-t", "net_dev_queue")
    pinging(pair)()
    of_self, of_process = sleeper.stop().events, other.stop().events
    assert {event["netns"] for event in of_self} == {pair.a.name}
    assert seen(of_self) == seen(of_process)


def test_netns_takes_a_number_that_nobody_has(pair, trace):
    running = trace("-N", "4294967295")
    pinging(pair)()
    result = running.stop()
    assert (result.status, result.events) == (0, [])


def test_ifname_prints_what_happens_at_that_device(pair, trace):
    filtered, everything = both(trace, pinging(pair), "-N", pair.a.name, "-i", "va")
    wanted = [event for event in everything if event.get("netns") == pair.a.name and event.get("ifname") == "va"]
    assert filtered and seen(filtered) == seen(wanted)
    # Something of the same namespace is left out: what is read from the socket has no device.
    assert len(wanted) < len([event for event in everything if event.get("netns") == pair.a.name])


def test_ifname_without_a_netns_finds_the_device_in_any(pair, trace):
    pair.b.ip("link set vb down", "link set vb name lone0", "link set lone0 up",
              f"neighbour replace {pair.A4} lladdr {pair.macs['va']} dev lone0")
    filtered, everything = both(trace, pinging(pair), "-i", "lone0")
    wanted = [event for event in ours(everything, pair) if event.get("ifname") == "lone0"]
    assert wanted and seen(ours(filtered, pair)) == seen(wanted)
    assert {event["ifname"] for event in filtered} == {"lone0"}


def test_ifname_finds_a_device_that_appears_later(pair, trace):
    running = trace("-N", pair.a.name, "-i", "late0", "-t", "net_dev_queue")
    pair.a.ip("link add late0 type veth peer name late1", "address add 10.5.0.1/24 dev late0", "link set late0 up",
              "link set late1 up", "neighbour add 10.5.0.2 lladdr 02:00:00:00:00:02 dev late0")
    send_datagrams(pair.a, "10.5.0.2", 3)
    result = running.stop()
    events = [event for event in result.events if event.get("proto") == "udp"]
    assert [(event["ifname"], event["dst"]) for event in events] == [("late0", "10.5.0.2")] * 3
    assert result.stderr.count("skbtrail: --ifname: there is no device 'late0' in that network namespace now; ") == 1


def test_a_device_or_namespace_that_is_not_there_is_told_and_one_that_is_not(pair, start):
    """No process lives in the namespaces of the pair: they are looked into all the same."""
    watching = ("-t", "net_dev_queue", "--duration", "1ms")
    there = [start("-i", "vb", *words, *watching) for words in ([], ["-N", pair.b.name], ["-N", pair.b.inum])]
    nowhere = start("-i", "nosuch0", *watching)
    not_living = start("-N", 1, "-i", "vb", *watching)
    for run in there:
        assert "now; nothing" not in run.ended().stderr
    assert "--ifname: no network namespace that can be seen has a device 'nosuch0' now; nothing is" in nowhere.ended().stderr
    assert "leads to network namespace 1 now; nothing is shown until there is one\nskbtrail: tracing" in not_living.ended().stderr


def test_ifname_any_is_no_condition(pair, trace):
    running = trace("-N", pair.a.name, "-i", "any", "-t", "net_dev_queue")
    send_datagrams(pair.a, pair.B4, 1)
    result = running.stop()
    assert [event["ifname"] for event in result.events] == ["va"]
    assert "--ifname" not in result.stderr


def marked(pair):
    """One echo with mark 0x123 and one without; the mark does not cross to the other namespace."""
    pinging(pair, "-m", 0x123)()
    pinging(pair)()


@pytest.mark.parametrize("text, matches", [
    ("0x123", lambda mark: mark == 0x123),
    ("291", lambda mark: mark == 0x123),
    ("0x100/0xf00", lambda mark: mark & 0xF00 == 0x100),
    ("0/0x1", lambda mark: mark & 1 == 0),
])
def test_mark_prints_packets_with_that_mark_under_its_mask(pair, trace, text, matches):
    filtered, everything = both(trace, lambda: marked(pair), "-N", pair.a.name, "--mark", text)
    wanted = [event for event in ours(everything, pair)
              if event["netns"] == pair.a.name and "mark" in event and matches(event["mark"])]
    assert wanted and seen(filtered) == seen(wanted)


def sized(pair):
    for size in 10, 50, 100:
        send_datagrams(pair.a, pair.B4, 2, size)


@pytest.mark.parametrize("text, low, high", [("92", 92, 92), ("60-100", 60, 100), ("100-4294967295", 100, 2**32)])
def test_len_prints_packets_of_that_length(pair, trace, text, low, high):
    filtered, everything = both(trace, lambda: sized(pair), "-N", pair.a.name, f"--len={text}")
    wanted = [event for event in everything
              if event.get("netns") == pair.a.name and "len" in event and low <= event["len"] <= high]
    assert wanted and seen(filtered) == seen(wanted)


def test_all_conditions_hold_together(pair, trace):
    filtered, everything = both(trace, lambda: marked(pair), "-N", pair.a.name, "-i", "va", "--mark", "0x123", "--len",
                                "98")
    wanted = [event for event in everything if event.get("netns") == pair.a.name and event.get("ifname") == "va"
              and event.get("mark") == 0x123 and event["len"] == 98]
    assert [event["func"] for event in filtered] == ["net_dev_queue", "net_dev_start_xmit"]
    assert seen(filtered) == seen(wanted)


def test_tracer_and_exclude_choose_the_tracepoints(pair, trace):
    filtered, everything = both(trace, pinging(pair), "-N", pair.a.name, "-t", "net_dev_*,consume_skb", "-x", "*_xmit")
    chosen = ("net_dev_queue", "consume_skb")
    wanted = [event for event in everything if event.get("netns") == pair.a.name and event["func"] in chosen]
    assert {event["func"] for event in filtered} == set(chosen)
    assert seen(filtered) == seen(wanted)


def test_the_witness_counts_what_a_filter_lets_through(pair, trace, witness):
    counted = ("net_dev_queue", "net_dev_start_xmit", "net_dev_xmit", "netif_rx", "netif_receive_skb")
    running = trace("--no-follow", "-N", pair.b.name, "-t", ",".join(counted))
    counter = witness(pair.b, *counted)
    pinging(pair)()
    sized(pair)
    events = running.stop().events
    assert Counter(event["func"] for event in events) == Counter(counter.counts())


def test_a_namespace_without_a_name_is_shown_by_a_process_that_lives_there(pair, trace):
    """unshare makes a namespace that has no name in /run/netns."""
    running = trace("-t", "net_dev_queue")
    script = "ip link set lo up; ping -qn -c1 127.0.0.1 >&2; stat -Lc %i /proc/self/ns/net"
    inum = int(run("unshare", "-n", "sh", "-c", script))
    events = [event for event in running.stop().events if event.get("netns_inum") == inum]
    assert len(events) == 2
    # The process may have gone before anybody asked: then it is the number.
    assert all(event["netns"] == str(inum) or event["netns"].endswith("]") for event in events)
    assert os.stat("/proc/self/ns/net").st_ino != inum


def test_an_expression_of_a_thousand_addresses_finds_the_one_that_is_there(pair, trace):
    listed = [f"10.{number % 250}.{number // 250}.9" for number in range(999)] + [pair.B4]
    at = ("-N", pair.a.name, "-t", "net_dev_queue")
    events = trace(*at, " or ".join(f"dst host {address}" for address in listed))
    others = trace(*at, " or ".join(f"dst host {address}" for address in listed[:999]))
    send_datagrams(pair.a, pair.B4, 3)
    assert len(events.stop().events) == 3
    assert not others.stop().events


PATHS = (("udp dst port 9", "fast reject, then bytes where they lie"),
         ("ether host 1:2:3:4:5:6", "no fast reject, then bytes where they lie"))


@pytest.mark.needs_fact("casts")
@pytest.mark.parametrize("expression, path", PATHS)
def test_verbose_says_how_the_packet_filter_is_run(start, lab, expression, path):
    result = start("-v", "-N", lab.netns().path, expression).tracing().stop()
    assert f"skbtrail: packet filter: {path}" in result.stderr
