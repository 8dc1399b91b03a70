"""What holds on every kernel of the matrix: the object loads whole, and a ping is seen over veth and over virtio NICs.

Runs inside a guest (tests/vm/run-matrix starts it): it takes the NICs eth0 and eth1 for itself and makes namespaces with
fixed names. What a newcomer gets wrong: on a virtio NIC the network header is not set when the packet is first seen, and
veth, which keeps the sender's offsets, hides it.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "live"))
from perf_lines import same  # noqa: E402

SKBTRAIL = os.path.join(os.environ["SKBTRAIL_BUILD"], "skbtrail")

# The steps of one packet from the sender's queue to the receiver's protocol handler, causal and so in this order.
SENT = ["net_dev_queue", "net_dev_start_xmit"]
VETH_RECEIVED = ["netif_rx_entry", "netif_rx", "netif_receive_skb"]
NIC_RECEIVED = ["napi_gro_receive_entry", "netif_receive_skb"]


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, text=True, capture_output=True, **options).stdout


def ip(*words):
    run("ip", *words)


class Link:
    """Two namespaces with a device each, addresses, and each other's MAC address, so that nothing but the ping is sent."""

    def __init__(self, left, right):
        self.devices = {"left": left, "right": right}
        for name, address in (("left", 1), ("right", 2)):
            device = self.devices[name]
            # No duplicate address detection, no router solicitation: the only packets are ours.
            run("ip", "netns", "exec", name, "sysctl", "-qw", f"net.ipv6.conf.{device}.disable_ipv6=1")
            ip("-n", name, "addr", "add", f"10.78.0.{address}/24", "dev", device)
            ip("-n", name, "link", "set", device, "up")
        for name, other, address in (("left", "right", 2), ("right", "left", 1)):
            mac = json.loads(run("ip", "-n", other, "-j", "link", "show", self.devices[other]))[0]["address"]
            ip("-n", name, "neigh", "add", f"10.78.0.{address}", "lladdr", mac, "dev", self.devices[name])


@pytest.fixture
def namespaces():
    for name in ("left", "right"):
        ip("netns", "add", name)
    yield
    for name in ("left", "right"):
        ip("netns", "del", name)


@pytest.fixture
def veth(namespaces):
    ip("-n", "left", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1", "netns", "right")
    return Link("veth0", "veth1")


@pytest.fixture
def nics(namespaces):
    ip("link", "set", "eth0", "netns", "left")
    ip("link", "set", "eth1", "netns", "right")
    yield Link("eth0", "eth1")
    for name, device in (("left", "eth0"), ("right", "eth1")):
        ip("-n", name, "link", "set", device, "netns", "1")


def trace_with(tmp_path, options, *command):
    """Events and summary of one command in the left namespace."""
    events, summary = tmp_path / "events", tmp_path / "summary"
    run("ip", "netns", "exec", "left", SKBTRAIL, "-o", "json", "-O", events, "--summary", summary, *options, "--", *command)
    return [json.loads(line) for line in events.read_text().splitlines()], json.loads(summary.read_text())


def trace(tmp_path, *command):
    return trace_with(tmp_path, ("--backend", "tracepoint", "--meta"), *command)


def path_of(events, icmp_type):
    return [(event["netns"], event["ifname"], event["func"]) for event in events
            if event.get("icmp_type") == icmp_type and "ifname" in event]


def in_order(steps, wanted):
    """Whether `wanted` is what is left of `steps` when others are struck out, each once."""
    at = iter(steps)
    return all(step in at for step in wanted)


def expected(link, sender, received):
    receiver = "left" if sender == "right" else "right"
    return [(sender, link.devices[sender], step) for step in SENT] + \
           [(receiver, link.devices[receiver], step) for step in received]


def check_ping(tmp_path, link, received):
    events, summary = trace(tmp_path, "ping", "-c", "1", "-W", "5", "10.78.0.2")
    for icmp_type, sender in ((8, "left"), (0, "right")):
        steps = path_of(events, icmp_type)
        assert in_order(steps, expected(link, sender, received)), steps
    echoes = {event["packet"] for event in events if event.get("icmp_type") == 8}
    assert len(echoes) == 1, "one packet reads the same at every step"
    assert "IP 10.78.0.1 > 10.78.0.2: ICMP echo request, id " in echoes.pop()
    assert not [event for event in events if "fault" in event]
    assert summary["lost_in_all"] == 0
    assert summary["gaps"] == 0


def skb_tracepoints():
    listed = run(SKBTRAIL, "list", "--tracepoints").splitlines()
    return [line.split()[0].split(":")[-1] for line in listed if line.endswith("  skb")]


def test_every_tracepoint_with_an_skb_is_loaded_and_attached(tmp_path):
    summary = tmp_path / "summary"
    run(SKBTRAIL, "--backend", "tracepoint", "--meta", "-v", "--summary", summary, "--duration", "100ms")
    listed = skb_tracepoints()
    facts = json.loads(summary.read_text())
    assert facts["skipped"] == []
    assert facts["probes"] == len(listed)
    assert {"kfree_skb", "consume_skb", "net_dev_queue", "netif_receive_skb", "napi_gro_receive_entry"} <= set(listed)


def test_a_ping_over_veth_is_seen_step_by_step(tmp_path, veth):
    check_ping(tmp_path, veth, VETH_RECEIVED)


def test_a_ping_over_virtio_nics_is_seen_step_by_step(tmp_path, nics):
    check_ping(tmp_path, nics, NIC_RECEIVED)


def test_a_virtio_nic_hands_over_packets_without_a_network_header(tmp_path, nics):
    """The situation that the test above is about. Kernels of the 7 series set the header before."""
    events, _ = trace(tmp_path, "ping", "-c", "1", "-W", "5", "10.78.0.2")
    offsets = [event["network_header"] for event in events
               if event["func"] == "napi_gro_receive_entry" and event.get("icmp_type") == 8]
    if int(os.uname().release.split(".")[0]) >= 7:
        assert offsets and 0 not in offsets
    else:
        assert offsets == [0]


def test_the_task_is_named_in_process_context_only(tmp_path, veth):
    events, _ = trace(tmp_path, "ping", "-c", "1", "-W", "5", "10.78.0.2")
    sent = next(event for event in events if event["func"] == "net_dev_queue" and event.get("icmp_type") == 8)
    received = next(event for event in events if event["func"] == "netif_receive_skb" and event.get("icmp_type") == 8)
    assert (sent["context"], sent["comm"]) == ("process", "ping")
    assert received["context"] in ("softirq", "interrupt")
    assert "comm" not in received and "cpu_comm" in received


def test_a_dropped_datagram_names_the_function_and_the_reason_if_the_kernel_has_one(tmp_path, veth):
    send = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('10.78.0.2', 9))"
    events, _ = trace(tmp_path, "/usr/bin/python3", "-c", send)
    drop = next(event for event in events if event["func"] == "kfree_skb" and event.get("dport") == 9)
    assert drop["netns"] == "right"
    assert "udp4_lib_rcv+0x" in drop["location"] or "udp_rcv+0x" in drop["location"], drop["location"]
    with open("/sys/kernel/btf/vmlinux", "rb") as btf:
        has_reasons = b"\0skb_drop_reason\0" in btf.read()
    assert drop.get("drop_reason") == ("NO_SOCKET" if has_reasons else None)


def shown(tmp_path, link, *conditions):
    """What a ping leaves behind under these conditions, all probes loaded: (ICMP type, step)."""
    summary = tmp_path / "summary"
    output = run("ip", "netns", "exec", "left", SKBTRAIL, "--backend", "tracepoint", "-o", "json", "--summary", summary, *conditions,
                 "--", "ping", "-q", "-c", "1", "-W", "5", "10.78.0.2")
    assert json.loads(summary.read_text())["skipped"] == []
    return [(event["icmp_type"], event["func"]) for event in map(json.loads, output.splitlines())]


def test_a_packet_filter_is_loaded_and_shows_what_it_asks_for(tmp_path, nics):
    all_shown = shown(tmp_path, nics, "icmp")
    assert {kind for kind, _ in all_shown} == {8, 0}
    assert {step for _, step in all_shown} >= {"net_dev_queue", *NIC_RECEIVED}
    assert {kind for kind, _ in shown(tmp_path, nics, "icmp[icmptype] = icmp-echo")} == {8}
    assert {kind for kind, _ in shown(tmp_path, nics, "-p", "icmp", "-s", "10.78.0.2/32")} == {0}
    assert shown(tmp_path, nics, "udp or arp or port 80 or ip[8] = 3") == []


def test_inner_packets_and_owners_are_judged_by_programs_that_this_kernel_takes(tmp_path, veth):
    assert shown(tmp_path, veth, "--inner", "icmp") == []
    assert {kind for kind, _ in shown(tmp_path, veth, "icmp", "--comm", "p[h-j]n?")} == {8, 0}
    assert shown(tmp_path, veth, "icmp", "--comm", "ping6*", "--pid", "1") == []


def test_tracepoints_tell_what_they_hand_out_with_and_without_an_skb(tmp_path, veth):
    events, summary = trace_with(tmp_path, ("-t", "net:*,sock:*,syscalls:sys_enter_sendto", "--caller"),
                                 "ping", "-q", "-c", "1", "-W", "5", "10.78.0.2")
    assert summary["skipped"] == []
    queued = [event for event in events if event["func"] == "net_dev_queue" and event.get("icmp_type") == 8]
    assert [(event["args"]["name"], event["args"]["skbaddr"], event["args"]["len"]) for event in queued] == \
           [("veth0", event["skb"], event["len"]) for event in queued]
    assert {event["caller"].split("+")[0] for event in queued} == {"__dev_queue_xmit"}
    sent = [event for event in events if event["func"] == "sys_enter_sendto" and event.get("comm") == "ping"]
    assert sent and sent[0]["args"]["len"] == 64


def test_stacks_lead_from_the_tracepoint_to_the_system_call(tmp_path, veth):
    events, summary = trace_with(tmp_path, ("--backend", "tracepoint", "--stack"), "ping", "-q", "-c", "1", "-W", "5", "10.78.0.2")
    assert summary["skipped"] == [] and summary["lost_in_all"] == 0
    sent = next(event for event in events if event["func"] == "net_dev_queue" and event.get("icmp_type") == 8)
    functions = [frame.split("+")[0] for frame in sent["stack"]]
    assert functions[0] == "__dev_queue_xmit"
    assert "raw_sendmsg" in functions or "ping_v4_sendmsg" in functions
    assert functions[-1].startswith("entry_SYSCALL")
    assert all("stack" in event for event in events)


def test_list_names_what_is_there(tmp_path):
    listed = [line.split() for line in run(SKBTRAIL, "list").splitlines()]
    assert ["net:net_dev_queue", "skb"] in listed
    assert ["sock:inet_sock_set_state"] in listed
    assert ["skb:kfree_skb", "skb"] in listed


def test_as_perf_trace_says_what_perf_says_event_by_event(tmp_path, veth):
    """perf runs the ping, and is run by us."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], capture_output=True, check=False)
    run("ip", "netns", "exec", "left", SKBTRAIL, "as", "perf", "trace", "-o", ours, "-e", "net:*", "--",
        "perf", "trace", "--no-syscalls", "--libtraceevent_print", "-o", theirs, "-e", "net:*",
        "ping", "-q", "-c", "3", "-i", "0.2", "-W", "5", "10.78.0.2")
    same(ours.read_text(), theirs.read_text(), within_ms=200)  # the emulator stops to translate what is new


# What each kernel of the matrix has, by what it can do; a kernel that is not here has all of it.
CHECKED = ["trace", "tp_btf", "raw_tp", "tracepoint", "ring buffer", "kprobe", "kprobe.multi", "kprobe.session", "fentry",
           "fexit", "fentry in modules", "drop reasons", "bpf_rdonly_cast", "bpf_dynptr_from_skb"]
LACKING = {
    (5, 10): {"kprobe.multi", "kprobe.session", "drop reasons", "bpf_rdonly_cast", "bpf_dynptr_from_skb"},
    (6, 1): {"kprobe.multi", "kprobe.session", "bpf_rdonly_cast", "bpf_dynptr_from_skb"},
}
# No types of modules, so there is nothing to try.
NOTHING_TO_TRY = {(5, 10): {"fentry in modules"}}


def test_doctor_finds_by_trying_what_is_known_of_this_kernel(veth):
    version = tuple(int(part) for part in os.uname().release.split(".")[:2])
    found = json.loads(run(SKBTRAIL, "doctor", "--json"))
    states = {check["name"]: check["state"] for check in found["checks"]}
    expected = {name: "missing" if name in LACKING.get(version, ()) else
                      "n/a" if name in NOTHING_TO_TRY.get(version, ()) else "ok" for name in CHECKED}
    assert {name: states[name] for name in CHECKED} == expected
    assert found["runs"] is True
    # All of these kernels let programs hang on functions.
    assert found["following"] == "exact"
    # A module may come with a tracepoint of its own; those of the kernel proper are all listed.
    assert found["tracepoints"] == len(skb_tracepoints())


def test_list_says_of_which_fields_this_kernel_lacks_the_types_as_doctor_does():
    (section,) = [check for check in json.loads(run(SKBTRAIL, "doctor", "--json"))["checks"] if check["name"] == "section types"]
    told = subprocess.run([SKBTRAIL, "list", "-v", "kfree_skb"], capture_output=True, text=True, check=True).stderr
    assert ("ct_state, ct_status, ct_mark, ct_zone, ct are unknown" in told) == (section["state"] == "missing")


LEAST = ["prlimit", "--memlock=unlimited", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         "--inh-caps=+bpf,+perfmon", "--ambient-caps=+bpf,+perfmon"]


def test_two_capabilities_are_enough_to_trace(tmp_path, veth):
    """On 6.1 as well, where libbpf would look for functions in modules, which takes more than these."""
    events = run("ip", "netns", "exec", "left", *LEAST, SKBTRAIL, "--backend", "tracepoint", "-o", "json", "icmp", "--", "ping", "-qc1", "10.78.0.2")
    steps = [event["func"] for event in map(json.loads, events.splitlines())]
    assert in_order(steps, SENT + VETH_RECEIVED), steps
    assert json.loads(run(*LEAST, SKBTRAIL, "doctor", "--json"))["runs"] is True


@pytest.fixture
def offline_cpu():
    switch = Path("/sys/devices/system/cpu/cpu1/online")
    if not switch.exists():
        pytest.skip("this guest has no CPU that can be taken off")
    switch.write_text("0")
    yield switch
    switch.write_text("1")


def test_what_a_cpu_sees_that_came_online_after_the_start_is_there(tmp_path, veth, offline_cpu):
    """In a ring of its own, which was made at the start."""
    events, summary = trace_with(tmp_path, ["--backend", "tracepoint", "--fields", "+cpu", "icmp"], "sh", "-c",
                                 f"echo 1 > {offline_cpu} && exec taskset -c 1 ping -q -c 3 10.78.0.2")
    assert {event["cpu"] for event in events if event.get("comm") == "ping"} == {1}
    assert len([event for event in events if event["func"] == "net_dev_queue"]) == 6
    assert summary["lost_in_all"] == 0, summary["lost"]
