"""Functions of the kernel as probes, by every backend that this kernel has: the ordered path of a ping over two namespaces
and over virtio NICs, returns, sockets, early TCP packets, and every function at once.

Runs inside a guest, as test_guest.py does. Which functions there are differs between kernels; the program itself says which.
"""
import ctypes
import functools
import json
import os
import re
import signal
import struct
import subprocess
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

# pylint: disable=unused-import,redefined-outer-name
from test_guest import SKBTRAIL, in_order, namespaces, nics, run, trace_with, veth  # noqa: F401

VERSION = tuple(int(part) for part in os.uname().release.split(".")[:2])
BACKENDS = ["kprobe", "fentry"] + (["kprobe-multi"] if VERSION >= (6, 12) else [])
# From the sender's IP layer to the receiver's ICMP, in this order; the device is anything that is no loopback.
PATH = ["ip_output", "__dev_queue_xmit", "dev_hard_start_xmit", "ip_rcv", "ip_local_deliver", "icmp_rcv"]
LIBC = ctypes.CDLL(None, use_errno=True)
BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
PING = ("ping", "-q", "-c", "1", "-W", "5", "10.78.0.2")


@functools.cache
def listed():
    """Functions that can be traced here, with what they have: skb or sock."""
    return dict(line.split() for line in run(SKBTRAIL, "list", "--functions").splitlines())


def here(names):
    return [name for name in names if name in listed()]


def traced(tmp_path, names, *options, command=PING):
    return trace_with(tmp_path, ("-t", ",".join(here(names)), *options), *command)


def steps(events, icmp_type):
    return [event["func"] for event in events if event.get("icmp_type") == icmp_type]


def check_path(tmp_path, backend, path):
    events, summary = traced(tmp_path, path, "--backend", backend, "icmp")
    assert summary["skipped"] == []
    assert summary["lost_in_all"] == 0
    wanted = here(path)
    assert len(wanted) >= 4, wanted
    for icmp_type in (8, 0):
        assert in_order(steps(events, icmp_type), wanted), steps(events, icmp_type)
    places = {(event["netns"], event["func"]) for event in events if event.get("icmp_type") == 8}
    assert ("left", "__dev_queue_xmit") in places and ("right", "icmp_rcv") in places


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_ping_crosses_functions_in_order_over_veth(tmp_path, veth, backend):
    check_path(tmp_path, backend, PATH)


def links():
    """The numbers of all BPF links (bpf(2), BPF_LINK_GET_NEXT_ID)."""
    found, attributes = set(), struct.pack("III", 0, 0, 0)
    while True:
        buffer = ctypes.create_string_buffer(attributes)
        if LIBC.syscall(BPF_SYSCALL, 31, buffer, len(attributes)) != 0:
            return found
        number = struct.unpack_from("I", buffer, 4)[0]
        found.add(number)
        attributes = struct.pack("III", number, 0, 0)


def test_functions_are_let_go_after_the_run(tmp_path, veth):
    """The kernel takes its time for that, and the run does not wait for it: what sees the ends of packets, and all where our own rings
    are closed before."""
    before = links()
    _, summary = traced(tmp_path, PATH, "icmp")
    assert summary["lost_in_all"] == 0
    if VERSION >= (6, 2):  # which has them
        assert len(links() - before) > 3, "the run waited"
    deadline = time.monotonic() + 60
    while links() - before:
        assert time.monotonic() < deadline, "links were left"
        time.sleep(0.1)


def test_a_ping_crosses_functions_in_order_over_virtio_nics(tmp_path, nics):
    """A NIC's packets come in lists, which ip_list_rcv takes in place of ip_rcv."""
    check_path(tmp_path, BACKENDS[-1], [name for name in PATH if name != "ip_rcv"])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_function_on_the_way_in_or_out_tells_the_direction(tmp_path, veth, backend):
    """The skb does not: its type is PACKET_HOST all the way, so that where no function tells either it may be both."""
    names = ["ip_output", "dev_hard_start_xmit", "ip_rcv", "icmp_rcv", "nf_hook_slow", "consume_skb"]
    found = {}
    for word in ("inbound", "outbound"):
        events, _ = traced(tmp_path, names, "--backend", backend, "--no-follow", "--fields", "+undecided",
                           f"{word} and icmp[0] = 8")
        found[word] = {event["func"] for event in events if "undecided" not in event}
        open_at = {event["func"] for event in events if event.get("undecided") == "direction"}
        assert not open_at & {"ip_output", "dev_hard_start_xmit", "ip_rcv", "icmp_rcv"}
        assert open_at or not here(["consume_skb"])
    assert found["outbound"] == set(here(["ip_output", "dev_hard_start_xmit"]))
    assert found["inbound"] == set(here(["ip_rcv", "icmp_rcv"]))


# A datagram and a SYN to a closed port, of IPv4 and IPv6.
REFUSED = """
import socket
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    socket.socket(family, socket.SOCK_DGRAM).sendto(b"x", (address, 9))
    assert socket.socket(family, socket.SOCK_STREAM).connect_ex((address, 9)) == 111
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_function_that_sends_an_error_or_a_reset_says_what_and_about_which_packet(tmp_path, namespaces, backend):
    reset = "TCP reset: NO_SOCKET" if VERSION >= (6, 10) else "TCP reset"
    wanted = {"__icmp_send": ("ICMP port unreachable", "udp", "127.0.0.1"),
              "icmp6_send": ("ICMP6 port unreachable", "udp", "::1"),
              "tcp_v4_send_reset": (reset, "tcp", "127.0.0.1"), "tcp_v6_send_reset": (reset, "tcp", "::1")}
    assert set(here(wanted)) == set(wanted)
    run("ip", "-n", "left", "link", "set", "lo", "up")
    file = tmp_path / "recording"
    events, summary = traced(tmp_path, wanted, "--backend", backend, "-w", file, "port 9", command=("/usr/bin/python3", "-c", REFUSED))
    assert summary["skipped"] == []
    for of in (events, [json.loads(line) for line in run(SKBTRAIL, "read", "-o", "json", file).splitlines()]):
        assert {event["func"]: (event["sends"], event["proto"], event["dst"]) for event in of} == wanted
        assert len(of) == 4 and {event["dport"] for event in of} == {9}


LISTS = ["netif_receive_skb_list_internal", "__netif_receive_skb_list_core", "ip_list_rcv", "ip_sublist_rcv"]
# 300 datagrams faster than one by one is received, to a closed port.
BURST = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.78.0.1", 0))
for number in range(300):
    s.sendto(b"%d" % number, ("10.78.0.2", 4000 + number))
"""


@pytest.mark.parametrize("backend", [backend for backend in BACKENDS if backend != "fentry"] + ["auto"])
def test_every_packet_of_a_list_is_an_event(tmp_path, nics, backend):
    """The function after the lists is given the packets one by one: by then each has been in all of them."""
    events, summary = traced(tmp_path, [*LISTS, "udp_rcv"], "--backend", backend, "udp",
                             command=("/usr/bin/python3", "-c", BURST))
    assert summary["skipped"] == []
    assert summary["lost_in_all"] == 0
    ports = {name: [event["dport"] for event in events if event["func"] == name] for name in here([*LISTS, "udp_rcv"])}
    assert len(ports) == len(LISTS) + 1
    for name in LISTS:
        assert Counter(ports[name]) == Counter(range(4000, 4300)), name
    assert ports["udp_rcv"] == ports["ip_list_rcv"]
    assert {event["netns"] for event in events if event["func"] in LISTS} == {"right"}
    # And not one a list: where several were handed in at once, they are seen at one function before the next.
    runs = [event for event, before in zip(events, events[1:]) if event["func"] == before["func"] == "ip_list_rcv"]
    assert runs, "no list had two packets"


def test_of_a_list_what_the_filter_does_not_ask_for_is_left_out(tmp_path, nics):
    events, _ = traced(tmp_path, LISTS, "udp dst port 4007", command=("/usr/bin/python3", "-c", BURST))
    assert Counter(event["func"] for event in events) == {name: 1 for name in LISTS}


def test_lists_with_a_stack_and_lists_without_are_told_apart(tmp_path, nics):
    events, summary = traced(tmp_path, LISTS, "--stack=ip_list_rcv", "udp", command=("/usr/bin/python3", "-c", BURST))
    assert summary["skipped"] == []
    assert Counter(event["func"] for event in events) == {name: 300 for name in LISTS}
    assert {event["func"] for event in events if event.get("stack")} == {"ip_list_rcv"}


def test_fentry_says_that_it_cannot_walk_a_list(tmp_path, nics):
    """It has a program for each function, which the verifier knows too little of."""
    _, summary = traced(tmp_path, ["ip_list_rcv", "icmp_rcv"], "--backend", "fentry", "icmp")
    assert [(skipped["probe"], "list of skbs" in skipped["reason"]) for skipped in summary["skipped"]] == [("ip_list_rcv", True)]


def test_too_few_open_files_fail_the_run_before_one_kprobe_after_the_other_is_attached():
    names = [name for name, has in listed().items() if has == "skb"][:40]
    result = subprocess.run(["prlimit", "--nofile=40:40", SKBTRAIL, "-t", ",".join(names), "--backend", "kprobe", "--duration", "1ms"],
                            capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "cannot trace 40 functions by kprobes" in result.stderr and "may have 40 files open (EMFILE)" in result.stderr


@contextmanager
def running_with(tmp_path, *options):
    """skbtrail, from when everything is attached."""
    ready = tmp_path / "ready"
    process = subprocess.Popen([SKBTRAIL, "-q", "-O", tmp_path / "out", "--summary", tmp_path / "summary", "--ready-file", ready, *options])
    try:
        while not ready.exists() and process.poll() is None:
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
    assert process.wait(60) == 0


def test_the_default_set_has_functions_and_starts_in_time(tmp_path, veth):
    began = time.monotonic()
    with running_with(tmp_path):
        took = time.monotonic() - began
    facts = json.loads((tmp_path / "summary").read_text())
    print(f"{facts['probes']} probes after {took:.1f} s")
    assert facts["probes"] >= 30
    assert took < 30, "5 s on a quiet host; this one may share its CPUs"


@pytest.mark.parametrize("backend", BACKENDS + ["auto"])
def test_returns_have_their_value_by_name_and_the_packet_as_it_was(tmp_path, veth, backend):
    events, summary = traced(tmp_path, ["ip_rcv", "icmp_rcv", "__dev_queue_xmit"], "--return", "--backend", backend, "icmp")
    assert summary["lost_in_all"] == 0
    returned = [event for event in events if "returned" in event]
    entered = [event for event in events if "returned" not in event]
    assert sorted((event["func"], event["skb"]) for event in returned) == sorted((event["func"], event["skb"]) for event in entered)
    assert {event["returned"] for event in returned if event["func"] == "ip_rcv"} == {"NET_RX_SUCCESS"}
    assert {event["return_value"] for event in returned if event["func"] == "ip_rcv"} == {0}
    assert all(event["icmp_type"] in (0, 8) for event in returned)


def test_a_result_is_called_what_it_means(tmp_path, veth):
    """By the arguments of a function (a classifier's -1 is no errno), by its type (an EtherType) and by its name: what the
    core answers says nothing of a ping that was delivered."""
    run("tc", "-n", "right", "qdisc", "add", "dev", "veth1", "clsact")
    run("tc", "-n", "right", "filter", "add", "dev", "veth1", "ingress", "protocol", "ip", "u32", "match", "ip", "protocol", "17",
        "0xff", "action", "drop")
    send = "import socket; socket.socket(2, 2).sendto(b'x', ('10.78.0.2', 4000))"
    names = ["eth_type_trans", "u32_classify", "__netif_receive_skb_core", "__dev_queue_xmit"]
    events, _ = traced(tmp_path, names, "--return", "ip", command=("sh", "-c", f'{" ".join(PING)}; python3 -c "{send}"'))
    called = {name: {event["returned"] for event in events if event["func"] == name and "returned" in event} for name in here(names)}
    wanted = {"eth_type_trans": {"0x0800 (IPv4)"}, "u32_classify": {"TC_ACT_UNSPEC", "TC_ACT_SHOT"},
              "__dev_queue_xmit": {"NET_XMIT_SUCCESS"}}
    assert called.pop("__netif_receive_skb_core", set()) <= {"0", "1"}
    assert called == {name: wanted[name] for name in called}
    assert {"eth_type_trans", "__dev_queue_xmit"} <= called.keys()
    assert {event.get("return_value") for event in events if event["func"] == "eth_type_trans"} - {None} == {0x0800}


def test_more_functions_than_there_are_programs_for_fentry_have_their_returns(tmp_path, veth):
    """By kprobes, also where these do not tell at a return from which function it was."""
    names = [name for name, has in listed().items() if has == "skb" and name.startswith(("ip_", "icmp_", "__dev_", "dev_"))]
    assert len(names) > 32
    events, summary = traced(tmp_path, names, "--return", "icmp")
    assert [one for one in summary["skipped"] if "return" in one["probe"] or "fentry" in one["reason"]] == []
    returned = Counter(event["func"] for event in events if "returned" in event)
    entered = Counter(event["func"] for event in events if "returned" not in event)
    assert {"ip_rcv", "icmp_rcv", "__dev_queue_xmit"} <= set(returned)
    assert all(entered[name] == returned[name] for name in returned), (entered, returned)
    assert {event["returned"] for event in events if event["func"] == "ip_rcv" and "returned" in event} == {"NET_RX_SUCCESS"}


@pytest.mark.skipif(VERSION >= (5, 11), reason="this kernel has types of modules")
def test_a_function_of_a_module_without_types_is_answered_with_that(tmp_path, veth):
    """And not as one that is nowhere."""
    for words in (("-t", "veth_xmit"), ("-t", "veth_*")):
        result = subprocess.run([SKBTRAIL, *words, "--duration", "1ms"], capture_output=True, text=True, check=False)
        assert result.returncode == 1
        assert "it is in module veth, of which this kernel has no type information" in result.stderr
    result = subprocess.run([SKBTRAIL, "-t", "veth_xmit,ip_rcv", "--duration", "1ms"], capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert "veth_xmit is skipped: it is in module veth" in result.stderr
    result = subprocess.run([SKBTRAIL, "list", "veth_xmit"], capture_output=True, text=True, check=False)
    assert result.returncode == 0 and "veth_xmit cannot be traced: it is in module veth" in result.stderr


@pytest.mark.skipif(VERSION < (6, 12), reason="no kprobe.session")
@pytest.mark.parametrize("backend, links", [("auto", 1), ("kprobe-multi", 2)])
def test_entry_and_return_are_one_link_where_the_kernel_has_sessions(tmp_path, veth, backend, links):
    with running_with(tmp_path, "-t", "ip_rcv", "--return", "--backend", backend, "udp dst port 9") as process:
        facts = [file.read_text() for file in Path(f"/proc/{process.pid}/fdinfo").iterdir()]
        assert sum("probe_multi" in fact for fact in facts) == links, facts


@pytest.mark.parametrize("backend", ["auto"] + (["kprobe-multi"] if VERSION >= (6, 12) else []))
def test_of_calls_that_the_filter_refuses_no_return_is_shown(tmp_path, veth, backend):
    """One in two of these pings has another length."""
    command = ("sh", "-c", "for size in 1 100 1 100; do ping -q -c 1 -s $size -W 5 10.78.0.2; done")
    events, _ = traced(tmp_path, ["ip_rcv", "icmp_rcv"], "--return", "--backend", backend, "icmp and greater 60", command=command)
    returned = [event for event in events if "returned" in event]
    assert len(returned) * 2 == len(events) > 0
    assert Counter(event["func"] for event in returned) == {"ip_rcv": 4, "icmp_rcv": 4}


def test_the_caller_of_a_function_is_the_one_behind_it(tmp_path, veth):
    events, _ = traced(tmp_path, ["ip_local_deliver", "icmp_rcv"], "--caller", "icmp")
    callers = {event["caller"].split("+")[0] for event in events if event["func"] == "icmp_rcv"}
    assert callers and not any(name.startswith("icmp_rcv") for name in callers), callers


def test_a_function_with_a_socket_alone_is_a_probe(tmp_path, veth):
    """The first program of many: who listens."""
    run("ip", "-n", "left", "link", "set", "lo", "up")
    code = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(1)"
    events, _ = trace_with(tmp_path, ("-t", "inet_listen"), "/usr/bin/python3", "-c", code)
    assert [event["func"] for event in events] == ["inet_listen"]
    assert events[0]["comm"].startswith("python")
    assert int(events[0]["sk"], 16) != 0
    assert events[0]["netns"] == "left"


def test_a_tcp_packet_is_seen_from_its_first_function_on_with_its_flags(tmp_path, veth):
    run("ip", "-n", "left", "link", "set", "lo", "up")
    code = "import socket; s = socket.socket(); s.settimeout(1); s.connect_ex(('127.0.0.1', 80))"
    events, _ = trace_with(tmp_path, ("-t", ",".join(here(["__tcp_transmit_skb", "ip_output", "ip_rcv"])), "tcp dst port 80"),
                           "/usr/bin/python3", "-c", code)
    assert events[0]["func"] == "__tcp_transmit_skb"
    assert events[0]["tcp_flags"] == "S" and events[0]["made_headers"] is True
    assert events[0]["dport"] == 80
    assert in_order([event["func"] for event in events], here(["__tcp_transmit_skb", "ip_output", "ip_rcv"]))


def test_a_group_of_tracers_is_traced_by_the_names_of_this_kernel(tmp_path, veth):
    events, _ = trace_with(tmp_path, ("-t", "icmp-in,ip-in", "icmp"), *PING)
    assert {"ip_rcv", "icmp_rcv"} <= {event["func"] for event in events}


@pytest.mark.skipif(VERSION < (6, 12), reason="one kprobe after the other takes minutes in an emulator")
def test_every_function_with_an_skb_is_attached_and_follows_a_ping(tmp_path, veth):
    events, summary = trace_with(tmp_path, ("-t", "all", "icmp"), *PING)
    print(f"{summary['probes']} functions, {len(events)} events, skipped: {summary['skipped']}")
    assert summary["probes"] > 1000
    assert len(summary["skipped"]) < 20
    assert summary["lost_in_all"] == 0
    assert in_order(steps(events, 8), here(PATH))
    assert len({event["func"] for event in events}) > 40


TRACEFS = Path("/sys/kernel/tracing")
HIT = re.compile(r"\[(?P<cpu>\d+)\].*? (?P<time>\d+\.\d{6}): (?P<func>[\w.]+) <-")


@contextmanager
def function_tracer(names):
    """The kernel's own, on these functions; yields a call for what it has seen: (name, time in microseconds)."""
    def put(file, text):
        (TRACEFS / file).write_text(text)

    was_mounted = (TRACEFS / "trace").exists()
    if not was_mounted:
        run("mount", "-t", "tracefs", "tracefs", TRACEFS)
    try:
        put("trace_clock", "mono")
        put("set_ftrace_filter", " ".join(names))
        put("current_tracer", "function")
        yield lambda: [(hit["func"], round(float(hit["time"]) * 1e6))
                       for hit in map(HIT.search, (TRACEFS / "trace").read_text().splitlines()) if hit]
    finally:
        put("current_tracer", "nop")
        put("set_ftrace_filter", "")
        if not was_mounted:
            run("umount", TRACEFS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_kernels_own_function_tracer_has_seen_the_same_calls(tmp_path, veth, backend):
    """What is absent is what is counted as missed, and nothing is."""
    wanted = here(["ip_output", "ip_finish_output2", "__dev_queue_xmit", "dev_hard_start_xmit", "ip_rcv", "ip_rcv_core",
                   "ip_local_deliver", "icmp_rcv", "icmp_echo", "netif_rx", "__netif_receive_skb",
                   "icmp_push_reply", "raw_local_deliver", "ip_send_skb", "__ip_local_out", "eth_type_trans"])
    with function_tracer(wanted) as calls:
        events, summary = traced(tmp_path, wanted, "--backend", backend, command=("ping", "-q", "-c", "5", "-i", "0.01", "10.78.0.2"))
        seen = calls()
    assert summary["lost_in_all"] == 0, summary["lost"]
    begin, end = events[0]["mono"] // 1000, events[-1]["mono"] // 1000
    # Of the two one is asked first, and on a busy host an emulator that meets our code for the first time may take more
    # than 5 ms until the other is. Between our start and the first ping there is more time than this.
    tracers = Counter(name for name, when in seen if begin - 50_000 <= when <= end + 50_000)
    ours = Counter(event["func"] for event in events)
    assert len(ours) >= 8 and ours["icmp_rcv"] >= 10
    assert ours == Counter({name: tracers[name] for name in ours}), (ours, tracers)
    assert set(tracers) <= set(ours)


NETTRACE_LINE = re.compile(r"\d+\.\d{6}: \[[0-9a-f]{16}\]\[[^]]*\]\[pid:\d+,[^]]*\]\[(?P<tracer>[\w-]+) *\]\[(?P<func>\w+) *\]: "
                           r"ICMP: 10\.78\.0\.\d+ -> 10\.78\.0\.\d+, ping (request|reply) .*")


def test_as_nettrace_names_tracer_and_function_of_a_ping(tmp_path, veth):
    """Its `all` is the tree, whose names are those of this kernel."""
    out, errors = tmp_path / "out", tmp_path / "errors"
    with open(out, "wb") as lines, open(errors, "wb") as said:
        running = subprocess.Popen([SKBTRAIL, "as", "nettrace", "-p", "icmp", "--detail", "-t", "ip-in,icmp-in,ip-out"],
                                   stdout=lines, stderr=said)
    while "tracing" not in errors.read_text() and "begin" not in out.read_text() and running.poll() is None:
        time.sleep(0.05)
    run("ip", "netns", "exec", "left", *PING)
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 0, errors.read_text()
    found = [hit for hit in map(NETTRACE_LINE.fullmatch, out.read_text().splitlines()) if hit]
    places = {(hit["tracer"], hit["func"]) for hit in found}
    assert {("ip-in", "ip_rcv"), ("icmp-in", "icmp_rcv")} <= places, out.read_text()
    assert any(tracer == "ip-out" for tracer, _ in places)


def test_a_timeline_of_nettrace_has_the_clone_in_the_block_of_its_original_and_its_address_below_skb_clone(tmp_path, veth):
    """ping's raw socket gets a clone of the reply."""
    out = tmp_path / "out"
    names = ",".join(here(["ip_rcv", "ip_local_deliver", "skb_clone", "icmp_rcv", "__dev_queue_xmit"]))
    words = ["-p", "icmp", "-s", "10.78.0.2", "--detail", "--timeline", "-c", "1", "-t", names + ",skb:consume_skb,skb:kfree_skb"]
    errors = tmp_path / "errors"
    with open(out, "wb") as lines, open(errors, "wb") as said:
        running = subprocess.Popen([SKBTRAIL, "as", "nettrace", *words], stdout=lines, stderr=said)
    while "tracing" not in errors.read_text() and running.poll() is None:
        time.sleep(0.05)
    run("ip", "netns", "exec", "left", *PING)
    assert running.wait(60) == 0, errors.read_text()
    text = out.read_text()
    rule, *lines = text.splitlines()
    shown = [hit for hit in map(NETTRACE_LINE.fullmatch, lines) if hit]
    at = next(number for number, line in enumerate(lines) if "[skb_clone " in line)
    value = re.fullmatch(r" {16}return value:([0-9a-f]{16})", lines[at + 1])
    assert value, text
    assert rule == f"<------------------- skb: {re.search(r'[0-9a-f]{16}', lines[0])[0]} ---------------------->"
    # The clone is read, and freed; all other lines are of the original.
    assert any(f"[{value[1]}]" in line and "[consume_skb " in line for line in lines), text
    assert [hit["func"] for hit in shown].count("skb_clone") == 1, text
    assert len(shown) == len(lines) - 1 and "returns" not in text, text


def test_as_skbtracer_has_a_row_for_each_function_of_its_route(tmp_path, veth):
    out, ready = tmp_path / "out", tmp_path / "ready"
    with open(out, "wb") as lines:
        running = subprocess.Popen([SKBTRAIL, "as", "skbtracer", "--proto=icmp", "-H", "10.78.0.2", "-c", "8", "--ready-file", ready],
                                   stdout=lines)
    while not ready.exists() and running.poll() is None:
        time.sleep(0.05)
    run("ip", "netns", "exec", "left", *PING)
    assert running.wait(60) == 0
    header, *rows = out.read_text().splitlines()[:-4]
    assert len(rows) == 8
    functions = [row.rsplit("func=", 1)[1] for row in rows]
    assert functions[0] == "ip_output" and {"ip_finish_output", "__dev_queue_xmit"} <= set(functions), functions
    assert all(row[header.index("PKT_INFO"):].startswith("I_request:10.78.0.1->10.78.0.2 ") for row in rows[:3])
    assert not any("net_dev_queue" in function for function in functions)


def test_a_recording_of_functions_and_their_returns_reads_back_byte_for_byte(tmp_path, veth):
    recording, live = tmp_path / "functions.pcapng", tmp_path / "live"
    backend = "fentry" if VERSION < (6, 1) else BACKENDS[-1]  # 5.10 knows at no kretprobe which function it was
    run("ip", "netns", "exec", "left", SKBTRAIL, "-q", "-w", recording, "-O", live, "--return", "--backend", backend,
        "-t", ",".join(here(["ip_rcv", "icmp_rcv", "ip_output"])), "icmp", "--", *PING)
    assert "returned=NET_RX_SUCCESS" in live.read_text()
    # A live trace that goes to a file has no heading, and neither has what is read into one.
    assert run(SKBTRAIL, "read", "-q", recording) == live.read_text()
    assert run(SKBTRAIL, "read", "-q", recording, "-t", "icmp_rcv").splitlines() == [
        line for line in live.read_text().splitlines() if " icmp_rcv " in line]
