"""What -N and -i name may come and go: later devices, renamed ones, alternative names, a namespace that is made anew."""

import os
import subprocess

import pytest
from netlab import Netns, send_datagrams
from tracing import wait_until

QUEUED = ("-t", "net_dev_queue", "udp port 9")


def devices(result):
    return {event["ifname"] for event in result.events}


def test_lists_and_globs_name_devices_that_come_later_and_that_are_renamed(pair, trace):
    running = trace("-N", pair.a.name, "-i", "nosuch0,va,la*,other?", *QUEUED)
    pair.a.ip("link add later0 type veth peer name other", "address add 10.8.0.1/24 dev later0", "link set later0 up",
              "link set other up", "neighbour add 10.8.0.2 lladdr 02:00:00:00:00:02 dev later0")
    send_datagrams(pair.a, "10.8.0.2", 1)
    pair.a.ip("link set later0 down", "link set later0 name unwanted", "link set unwanted up",
              "neighbour add 10.8.0.2 lladdr 02:00:00:00:00:02 dev unwanted")
    send_datagrams(pair.a, "10.8.0.2", 1)
    pair.a.ip("link set unwanted down", "link set unwanted name other1", "link set other1 up",
              "neighbour add 10.8.0.2 lladdr 02:00:00:00:00:02 dev other1")
    send_datagrams(pair.a, "10.8.0.2", 1)
    send_datagrams(pair.a, pair.B4, 1)
    result = running.stop()
    assert devices(result) == {"later0", "other1", "va"}
    assert "there is no device 'nosuch0' in that network namespace now; nothing of it is shown" in result.stderr
    assert "there is no device 'la*' in that network namespace now" in result.stderr
    assert "'va'" not in result.stderr


def test_any_device_of_a_list_is_every_device(pair, trace):
    running = trace("-N", pair.a.name, "-i", "any", *QUEUED)
    send_datagrams(pair.a, pair.B4, 1)
    result = running.stop()
    assert devices(result) == {"va"} and "--ifname" not in result.stderr


@pytest.mark.parametrize("where", [True, False], ids=["in-a-namespace", "in-any"])
def test_an_alternative_name_is_a_devices_name(pair, trace, where):
    """Of one that has it now, or in a namespace that is named, gets it later."""
    long = f"a-much-longer-name-than-fifteen-{pair.a.name}"
    pair.a.ip(f"link property add dev va altname {long}", f"link property add dev va altname E{pair.a.name}")
    for name in (long, f"E{pair.a.name}", f"E{pair.a.name[:-1]}?"):
        running = trace(*(("-N", pair.a.name) if where else ()), "-i", name, *QUEUED)
        send_datagrams(pair.a, pair.B4, 1)
        result = running.stop()
        assert devices(result) == {"va"} and len(result.events) == 1
        assert "is another name of va" in result.stderr


def test_an_alternative_name_may_come_later(pair, trace):
    running = trace("-N", pair.a.name, "-i", "later", *QUEUED)
    pair.a.ip("link property add dev va altname later")
    wait_until(lambda: "'later' is another name of va" in running.stderr(), "the name")
    send_datagrams(pair.a, pair.B4, 1)
    assert devices(running.stop()) == {"va"}


@pytest.fixture
def namespace():
    made = Netns("w")
    yield made
    made.remove()


def loop(netns):
    netns.ip("link set lo up")
    send_datagrams(netns, "127.0.0.1", 1)


def test_the_next_namespace_of_a_name_is_traced_in_the_place_of_the_one_that_is_gone(namespace, trace, lab):
    running = trace("-N", namespace.name, *QUEUED)
    loop(namespace)
    running.saw("127.0.0.1")
    subprocess.run(["ip", "netns", "delete", namespace.name], check=True)
    wait_until(lambda: f"'{namespace.name}', network namespace {namespace.inum}, is gone" in running.stderr(), "the end")
    lab.netns("x")  # takes the number that has become free
    subprocess.run(["ip", "netns", "add", namespace.name], check=True)
    wait_until(lambda: f"'{namespace.name}' is another network namespace now" in running.stderr(), "the next one")
    loop(namespace)
    result = running.stop()
    assert [event["netns_inum"] for event in result.events] == [namespace.inum, os.stat(namespace.path).st_ino]


def test_a_namespace_by_its_number_that_goes_away_is_told(namespace, trace):
    running = trace("-N", namespace.inum, *QUEUED)
    namespace.remove()
    wait_until(lambda: f"network namespace {namespace.inum}, is gone" in running.stderr(), "the end")
    assert running.stop().status == 0
