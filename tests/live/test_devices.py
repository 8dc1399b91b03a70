"""Packets are decoded rightly on devices of every kind: with a link layer and without one."""

import socket
import subprocess

import pytest
from frames import IFF_TAP, Tun, ethernet, udp4
from netlab import send_datagrams

OUTWARD = ("net_dev_queue", "net_dev_start_xmit")


def in_netns(result, *namespaces):
    names = {netns.name for netns in namespaces}
    return [event for event in result.events if event.get("netns") in names]


@pytest.fixture
def tun(pair):
    """A layer-3 device tun0 in `a`, 10.8.0.1; all of 10.8.0.0/24 is behind it."""
    device = Tun(pair.a, "tun0")
    pair.a.ip("address add 10.8.0.1/24 dev tun0", "link set tun0 up")
    yield device
    device.close()


@pytest.fixture
def tap(pair):
    device = Tun(pair.a, "tap0", IFF_TAP)
    pair.a.ip("address add 10.8.0.1/24 dev tap0", "link set tap0 up",
              "neighbour add 10.8.0.2 lladdr 02:00:00:00:00:02 dev tap0")
    yield device
    device.close()


def test_a_packet_to_a_layer_3_device_has_no_link_layer(pair, tun, trace):
    running = trace("-N", pair.a.name, "-i", "tun0")
    send_datagrams(pair.a, "10.8.0.2", 1)
    events = [event for event in running.stop().events if event["func"] in OUTWARD]
    assert [event["func"] for event in events] == list(OUTWARD)
    for event in events:
        assert event["packet"] == f"IP 10.8.0.1.{event['sport']} > 10.8.0.2.9: UDP, length 18"
        assert (event["len"], event["ttl"]) == (46, 64)
        assert "eth_src" not in event


def test_a_packet_from_a_layer_3_device_has_no_link_layer(pair, tun, trace):
    running = trace("-N", pair.a.name, "-i", "tun0", "-t", "netif_receive_skb")
    tun.write(udp4("10.8.0.2", "10.8.0.1"))
    (event,) = running.stop().events
    assert event["packet"] == "IP 10.8.0.2.1111 > 10.8.0.1.9: UDP, length 4"
    assert "eth_src" not in event


def test_an_ipv6_packet_from_a_layer_3_device_is_decoded(pair6, trace):
    device = Tun(pair6.a, "tun0")
    try:
        pair6.a.ip("link set tun0 addrgenmode none", "address add fd08::1/64 dev tun0 nodad", "link set tun0 up")
        running = trace("-N", pair6.a.name, "-i", "tun0", "-t", "netif_receive_skb")
        header = bytes.fromhex("60000000 000c 11 40".replace(" ", ""))
        addresses = socket.inet_pton(socket.AF_INET6, "fd08::2") + socket.inet_pton(socket.AF_INET6, "fd08::1")
        device.write(header + addresses + bytes.fromhex("0457 0009 000c 0000".replace(" ", "")) + b"text")
        (event,) = running.stop().events
        assert event["packet"] == "IP6 fd08::2.1111 > fd08::1.9: UDP, length 4"
    finally:
        device.close()


def test_a_tap_device_has_its_link_layer_both_ways(pair, tap, trace):
    running = trace("-N", pair.a.name, "-i", "tap0", "-t", "net_dev_queue,netif_receive_skb,napi_gro_*")
    own = pair.a.mac("tap0")
    send_datagrams(pair.a, "10.8.0.2", 1)
    tap.write(ethernet(own, "02:00:00:00:00:02", udp4("10.8.0.2", "10.8.0.1")))
    events = running.stop().events
    out = next(event for event in events if event["func"] == "net_dev_queue")
    into = next(event for event in events if event["func"] == "netif_receive_skb")
    assert (out["eth_src"], out["eth_dst"], out["dst"]) == (own, "02:00:00:00:00:02", "10.8.0.2")
    assert (into["eth_src"], into["eth_dst"], into["src"]) == ("02:00:00:00:00:02", own, "10.8.0.2")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.9.0.1"])
def test_loopback_packets_are_decoded_at_lo(pair, trace_command, address):
    result = trace_command(pair.ping(to=address), "-N", pair.a.name, netns=pair.a)
    assert result.status == 0
    at_lo = [event for event in result.events if event.get("ifname") == "lo" and "packet" in event]
    queued = [event["icmp_type"] for event in at_lo if event["func"] == "net_dev_queue"]
    assert queued == [8, 0]
    assert {(event["src"], event["dst"]) for event in at_lo} == {(address, address)}
    assert not any(event.get("ifname") == "va" for event in result.events)


def test_a_bridge_is_crossed_port_by_port(lab, trace):
    left, middle, right = lab.netns("l"), lab.netns("m"), lab.netns("r")
    for netns in (left, middle, right):
        netns.sysctl(net__ipv6__conf__all__disable_ipv6=1)
    middle.ip("link add br0 type bridge forward_delay 0", f"link add p1 type veth peer name e1 netns {left.name}",
              f"link add p2 type veth peer name e2 netns {right.name}", "link set p1 master br0",
              "link set p2 master br0", "link set p1 up", "link set p2 up", "link set br0 up")
    left.ip("address add 10.9.0.1/24 dev e1", "link set e1 up")
    right.ip("address add 10.9.0.2/24 dev e2", "link set e2 up")
    middle.forwards("p1", "p2")
    left.ip(f"neighbour add 10.9.0.2 lladdr {right.mac('e2')} dev e1")
    running = trace("-t", "net_dev_queue,netif_receive_skb")
    send_datagrams(left, "10.9.0.2", 1, port=4321)
    events = [event for event in in_netns(running.stop(), left, middle, right) if event.get("proto") == "udp"]
    way = [(event["func"], event["netns"], event["ifname"]) for event in events]
    assert way == [
        ("net_dev_queue", left.name, "e1"),
        ("netif_receive_skb", middle.name, "p1"),
        ("net_dev_queue", middle.name, "p2"),
        ("netif_receive_skb", right.name, "e2"),
    ]
    assert len({event["skb"] for event in events}) == 1
    assert {(event["dport"], event["eth_dst"]) for event in events} == {(4321, right.mac("e2"))}


def test_macvlan_packets_are_decoded_at_the_device_and_below(pair, trace):
    pair.a.ip("link add link va name mv0 type macvlan mode bridge", "address add 10.9.0.3/24 dev mv0",
              "link set mv0 up", f"neighbour add 10.9.0.77 lladdr {pair.macs['vb']} dev mv0",
              "route add 10.9.0.77/32 dev mv0")
    running = trace("-N", pair.a.name, "-t", "net_dev_queue")
    send_datagrams(pair.a, "10.9.0.77", 1)
    events = running.stop().events
    assert [event["ifname"] for event in events] == ["mv0", "va"]
    assert {event["dst"] for event in events} == {"10.9.0.77"}


def test_vxlan_shows_the_inner_packet_above_and_the_outer_one_below(pair, trace):
    for netns, device, remote, own in (pair.a, "va", pair.B4, "10.6.0.1"), (pair.b, "vb", pair.A4, "10.6.0.2"):
        netns.ip(f"link add vx0 type vxlan id 5 dstport 4789 remote {remote} dev {device}",
                 f"address add {own}/24 dev vx0", "link set vx0 up")
    pair.a.ip(f"neighbour add 10.6.0.2 lladdr {pair.b.mac('vx0')} dev vx0")
    running = trace("-t", "net_dev_queue,netif_receive_skb,netif_rx")
    send_datagrams(pair.a, "10.6.0.2", 1, port=4321)
    events = in_netns(running.stop(), pair.a, pair.b)
    way = {(event["func"], event["ifname"]): (event["dst"], event["dport"]) for event in events if "dport" in event}
    assert way["net_dev_queue", "vx0"] == ("10.6.0.2", 4321)
    assert way["net_dev_queue", "va"] == (pair.B4, 4789)
    assert way["netif_receive_skb", "vb"] == (pair.B4, 4789)
    assert way["netif_receive_skb", "vx0"] == ("10.6.0.2", 4321)


@pytest.mark.parametrize("kind", ["ipip", "gre"])
def test_an_ip_tunnel_shows_the_inner_packet_above_and_the_outer_one_below(pair, trace, kind):
    for netns, local, remote, own in (pair.a, pair.A4, pair.B4, "10.6.0.1"), (pair.b, pair.B4, pair.A4, "10.6.0.2"):
        made = subprocess.run(netns.command("ip", "link", "add", "t0", "type", kind, "local", local, "remote", remote),
                              capture_output=True, check=False)
        if made.returncode:
            pytest.skip(f"this kernel has no {kind} devices")
        netns.ip(f"address add {own}/24 dev t0", "link set t0 up")
    running = trace("-t", "net_dev_queue,netif_receive_skb")
    send_datagrams(pair.a, "10.6.0.2", 1, port=4321)
    events = in_netns(running.stop(), pair.a, pair.b)
    way = {(event["func"], event["ifname"], event["netns"]): event for event in events if "packet" in event}
    assert way["net_dev_queue", "t0", pair.a.name]["dport"] == 4321
    assert way["net_dev_queue", "va", pair.a.name]["dst"] == pair.B4
    assert way["netif_receive_skb", "vb", pair.b.name]["dst"] == pair.B4
    inner = way["netif_receive_skb", "t0", pair.b.name]
    assert (inner["src"], inner["dst"], inner["dport"]) == ("10.6.0.1", "10.6.0.2", 4321)
