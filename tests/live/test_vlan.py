"""The VLAN id is shown wherever the tag is: in the packet's bytes, or beside them in the skb (accelerated)."""

import platform
import subprocess

import pytest
from frames import ethernet, send_frame, udp4
from netlab import run, send_datagrams

WIRE = ("net_dev_queue", "net_dev_start_xmit", "netif_rx_entry", "netif_rx", "netif_receive_skb")

# Tags every packet that leaves, as a NIC with VLAN offload wants it: beside the bytes. bpf_skb_vlan_push is helper 18.
TAGGER = """
#include <linux/bpf.h>
static long (*vlan_push)(void*, __u16, __u16) = (void*)18;
__attribute__((section("tc"), used)) int tag(struct __sk_buff* skb) {
  vlan_push(skb, 0x0081, 7);
  return 0;
}
"""


def on_the_wire(running, pair):
    names = (pair.a.name, pair.b.name)
    return [event for event in running.stop().events
            if event.get("netns") in names and event["func"] in WIRE and event.get("proto") == "udp"]


def assert_vlan(events, vlan, packet):
    assert [event["func"] for event in events] == list(WIRE)
    assert {event["vlan"] for event in events} == {vlan}
    assert {event["packet"] for event in events} == {packet}


def test_a_tag_in_the_bytes_is_shown(pair, trace):
    running = trace()
    frame = ethernet(pair.macs["vb"], pair.macs["va"], udp4(pair.A4, pair.B4), tags=[(0x8100, 7)])
    send_frame(pair.a, "va", frame)
    events = on_the_wire(running, pair)
    assert_vlan(events, 7, "vlan 7, p 0, IP 10.9.0.1.1111 > 10.9.0.2.9: UDP, length 4")
    assert {event["protocol"] for event in events} == {0x8100}


def test_of_two_tags_the_outer_one_is_the_field_and_both_are_in_the_line(pair, trace):
    running = trace()
    frame = ethernet(pair.macs["vb"], pair.macs["va"], udp4(pair.A4, pair.B4), tags=[(0x88A8, 100), (0x8100, 7)])
    send_frame(pair.a, "va", frame)
    assert_vlan(on_the_wire(running, pair), 100,
                "vlan 100, p 0, vlan 7, p 0, IP 10.9.0.1.1111 > 10.9.0.2.9: UDP, length 4")


def tag_what_leaves(pair, tmp_path):
    tagger = tmp_path / "tagger.o"
    includes = f"/usr/include/{platform.machine()}-linux-gnu"
    run("clang", "-target", "bpf", "-O2", "-idirafter", includes, "-x", "c", "-c", "-", "-o", tagger, input=TAGGER)
    pair.a.run("tc", "qdisc", "add", "dev", "va", "clsact")
    pair.a.run("tc", "filter", "add", "dev", "va", "egress", "bpf", "direct-action", "obj", tagger, "sec", "tc")


def test_an_accelerated_tag_is_shown(pair, trace, tmp_path):
    tag_what_leaves(pair, tmp_path)
    running = trace()
    send_datagrams(pair.a, pair.B4, 1)
    events = on_the_wire(running, pair)
    source = events[0]["sport"]
    assert_vlan(events, 7, f"vlan 7, p 0, IP 10.9.0.1.{source} > 10.9.0.2.9: UDP, length 18")
    # The bytes say nothing of it: IP follows the MAC addresses.
    assert {event["protocol"] for event in events} == {0x0800}
    assert events[0]["len"] == 14 + 20 + 8 + 18


def test_a_packet_without_a_tag_has_no_vlan(pair, trace):
    running = trace()
    send_datagrams(pair.a, pair.B4, 1)
    events = on_the_wire(running, pair)
    assert len(events) == len(WIRE)
    assert not any("vlan" in event for event in events)


def vlan_devices(pair):
    for netns, device, address in (pair.a, "va", "10.7.0.1"), (pair.b, "vb", "10.7.0.2"):
        netns.ip(f"link add link {device} name {device}.7 type vlan id 7", f"address add {address}/24 dev {device}.7",
                 f"link set {device}.7 up")


def test_over_vlan_devices_the_tag_appears_below_and_is_gone_above(pair, trace_command):
    if subprocess.run(pair.a.command("ip", "link", "add", "link", "va", "name", "probe", "type", "vlan", "id", "9"),
                      capture_output=True, check=False).returncode:
        pytest.skip("this kernel has no VLAN devices")
    vlan_devices(pair)
    result = trace_command(pair.ping(to="10.7.0.2"), "-t", "net_dev_queue,netif_receive_skb", netns=pair.a)
    assert result.status == 0
    request = [(event["func"], event["ifname"], event.get("vlan")) for event in result.events
               if event.get("netns") in (pair.a.name, pair.b.name) and event.get("icmp_type") == 8]
    assert request == [("net_dev_queue", "va.7", None), ("net_dev_queue", "va", 7), ("netif_receive_skb", "vb", 7)]
