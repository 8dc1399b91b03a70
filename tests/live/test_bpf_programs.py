"""XDP and tc programs as places that are traced (-t bpf:*): what they are given, what they answer, and what becomes of the
packet. Programs are those of packet_programs.bpf.c, which answer by the port of a datagram."""

import contextlib
import os
import subprocess

import pytest
import xdp
from test_trails import of, trails_of
from tracing import BUILD, PROGRAM

OBJECT = os.path.join(BUILD, "live_packet_programs.bpf.o")
PASSED, DROPPED, SENT_BACK, ABORTED, NONSENSE, SHOT = 9000, 9001, 9002, 9003, 9004, 9005

pytestmark = pytest.mark.needs_fact("traces_programs")


@contextlib.contextmanager
def on_xdp(netns, device, program, mode="xdpdrv"):
    netns.ip(f"link set dev {device} {mode} object {OBJECT} program {program}")
    try:
        yield
    finally:
        netns.ip(f"link set dev {device} {mode} off")


@contextlib.contextmanager
def on_tc(netns, device, side, program):
    netns.run("tc", "qdisc", "add", "dev", device, "clsact")
    netns.run("tc", "filter", "add", "dev", device, side, "bpf", "da", "object-file", OBJECT, "program", program)
    try:
        yield
    finally:
        netns.run("tc", "qdisc", "del", "dev", device, "clsact")


def send(netns, address, *ports, payload=b"to a program"):
    with netns.udp() as s:
        s.bind(("", 7700))
        for port in ports:
            with contextlib.suppress(ConnectionRefusedError):
                s.sendto(payload, (address, port))


def listed(*words):
    return subprocess.run([PROGRAM, "list", *words], capture_output=True, text=True, check=False)


def by_port(result):
    """What was answered, of each port."""
    return {event["dport"]: event["returned"] for event in result.events if event.get("proto") == "udp"}


@pytest.fixture(params=["xdpdrv", "xdpgeneric"])
def mode(request):
    return request.param


def test_an_xdp_program_is_an_event_with_its_answer_by_name(pair, start, mode):
    with on_xdp(pair.b, "vb", "xdp_answers_by_port", mode):
        trace = start("-o", "json", "-t", "bpf:xdp_answers_by_port", "-c", "5",
                      f"udp and src host {pair.A4} and portrange 9000-9004").tracing()
        send(pair.a, pair.B4, PASSED, DROPPED, SENT_BACK, ABORTED, NONSENSE)
        result = trace.ended()
    assert by_port(result) == {PASSED: "XDP_PASS", DROPPED: "XDP_DROP", SENT_BACK: "XDP_TX", ABORTED: "XDP_ABORTED",
                               NONSENSE: "77"}
    event = result.events[0]
    assert event["func"] == "bpf:xdp_answers_by_port"
    assert (event["program"], event["program_type"], event["rx_queue"]) == ("xdp_answers_by_port", "xdp", 0)
    assert event["decision"] == "xdp xdp_answers_by_port: XDP_PASS"
    assert (event["ifname"], event["netns"]) == ("vb", pair.b.name)
    assert (event["src"], event["dst"], event["sport"]) == (pair.A4, pair.B4, 7700)
    assert event["eth_dst"] == pair.macs["vb"]
    assert event["len"] == 14 + 20 + 8 + len(b"to a program")


def test_filters_are_judged_on_the_bytes_of_the_buffer(pair, start, mode):
    with on_xdp(pair.b, "vb", "xdp_answers_by_port", mode):
        for words in (["-p", "udp", "-P", DROPPED], ["-H", pair.A4, "--dport", DROPPED], [f"udp dst port {DROPPED}"],
                      ["-N", pair.b.name, "-i", "vb", f"dst port {DROPPED}"], ["--len", "54", f"udp dst port {DROPPED}"],
                      ["--where", f"dport == {DROPPED} and verdict == XDP_DROP", f"src host {pair.A4}"],
                      [f"ether dst {pair.macs['vb']} and udp dst port {DROPPED} and less 100"],
                      [f"inbound and udp dst port {DROPPED}"]):
            trace = start("-o", "json", "-t", "bpf:xdp_answers_by_port", "-c", "1", *words).tracing()
            send(pair.a, pair.B4, PASSED, DROPPED)
            result = trace.ended()
            assert by_port(result) == {DROPPED: "XDP_DROP"}, words


def test_what_does_not_match_is_not_shown(pair, start):
    with on_xdp(pair.b, "vb", "xdp_passes"):
        for words in (["-p", "tcp"], ["-H", "10.9.0.77"], ["udp dst port 4"], ["-i", "va", "-N", pair.b.name], ["--mark", "0"],
                      ["outbound"], ["-N", pair.a.name]):
            trace = start("-o", "json", "-t", "bpf:xdp_passes", *words).tracing()
            send(pair.a, pair.B4, PASSED)
            assert not [e for e in trace.stop().events if e.get("netns") in (pair.a.name, pair.b.name)], words


def test_a_tc_program_is_an_event_with_its_answer_by_name(pair, start):
    for netns, device, side in ((pair.a, "va", "egress"), (pair.b, "vb", "ingress")):
        with on_tc(netns, device, side, "tc_answers_by_port"):
            trace = start("-o", "json", "-t", "bpf:tc_*", "-c", "2", "-N", netns.name,
                          f"udp and src host {pair.A4} and portrange 9000-9005").tracing()
            send(pair.a, pair.B4, PASSED, SHOT)
            result = trace.ended()
        assert by_port(result) == {PASSED: "TC_ACT_OK", SHOT: "TC_ACT_SHOT"}
        for event in result.events:
            assert (event["func"], event["program"], event["program_type"]) == ("bpf:tc_answers_by_port",
                                                                               "tc_answers_by_port", "tc")
            assert (event["ifname"], "rx_queue" in event) == (device, False)
            assert event["skb"] != "0x0"


def test_with_return_there_are_both_ends(pair, start):
    with on_xdp(pair.b, "vb", "xdp_passes"):
        trace = start("-o", "json", "-t", "bpf:xdp_passes", "--return", "-c", "2", f"udp dst port {PASSED}").tracing()
        send(pair.a, pair.B4, PASSED)
        first, second = trace.ended().events
    assert "returned" not in first
    assert second["returned"] == "XDP_PASS"


def functions_of(trail):
    """Of all its skbs: veth builds another one for XDP."""
    return [step["func"] for step in trail["steps"]]


def droppers(trail):
    return [branch["dropped_by"] for branch in trail["branches"] if "dropped_by" in branch]


def trails(pair, result):
    return [trail for trail in of(pair, trails_of(result)) if trail.get("packet", "").startswith("IP ")
            and ": UDP" in trail["packet"]]


def test_a_trail_has_the_program_as_a_step(pair, start, mode):
    with on_xdp(pair.b, "vb", "xdp_passes", mode), on_tc(pair.a, "va", "egress", "tc_passes"), \
            pair.b.udp() as reader:
        reader.bind((pair.B4, PASSED))
        trace = start("-o", "json", "--trail", "-t", "bpf:*,net_dev_queue,netif_receive_skb",
                      f"udp and dst host {pair.B4} and dst port {PASSED}").tracing()
        send(pair.a, pair.B4, PASSED)
        reader.recv(100)
        result = trace.stop()
    (trail,) = trails(pair, result)
    steps = [(step["func"], step.get("verdict")) for step in trail["steps"] if "verdict" in step]
    assert sorted(steps) == [("bpf:tc_passes", "TC_ACT_OK"), ("bpf:xdp_passes", "XDP_PASS")]
    names = functions_of(trail)
    assert names.index("net_dev_queue") < names.index("bpf:xdp_passes")
    assert "netif_receive_skb" in names, names
    # Nothing is traced here that delivers it, and its free may have no event.
    assert trail["trail"]["fate"] in ("delivered", "consumed", "not known"), trail


@pytest.mark.parametrize("port", [DROPPED, ABORTED, NONSENSE])
def test_what_xdp_drops_is_dropped_by_the_program(pair, start, mode, port):
    with on_xdp(pair.b, "vb", "xdp_answers_by_port", mode):
        trace = start("-o", "json", "--trail", "-t", "bpf:*,net_dev_queue,netif_receive_skb",
                      f"udp and dst host {pair.B4} and dst port {port}").tracing()
        send(pair.a, pair.B4, port)
        result = trace.stop()
    found = trails(pair, result)
    ours = [trail for trail in found if "bpf:xdp_answers_by_port" in functions_of(trail)]
    assert len(ours) == 1, found
    assert ours[0]["trail"]["fate"] == "dropped", ours
    assert droppers(ours[0]) == ["xdp xdp_answers_by_port"], ours
    assert len(found) == 1, found


@pytest.mark.parametrize("side", ["egress", "ingress"])
def test_what_tc_drops_is_dropped_by_the_program(pair, start, side):
    netns, device = (pair.a, "va") if side == "egress" else (pair.b, "vb")
    with on_tc(netns, device, side, "tc_answers_by_port"):
        trace = start("-o", "json", "--trail", "-t", "bpf:*,net_dev_queue",
                      f"udp and dst host {pair.B4} and dst port {SHOT}").tracing()
        send(pair.a, pair.B4, SHOT)
        result = trace.stop()
    (trail,) = trails(pair, result)
    assert trail["trail"]["fate"] == "dropped", trail
    assert droppers(trail) == ["tc tc_answers_by_port"], trail


def test_two_packets_are_never_in_one_trail(pair, start):
    ports = [PASSED, DROPPED] * 50
    with on_xdp(pair.b, "vb", "xdp_answers_by_port"):
        trace = start("-o", "json", "--trail", "-t", "bpf:*,net_dev_queue,netif_receive_skb",
                      f"udp and dst host {pair.B4} and portrange {PASSED}-{DROPPED}").tracing()
        send(pair.a, pair.B4, *ports)
        result = trace.stop()
    found = trails(pair, result)
    answers = [[step["verdict"] for step in trail["steps"] if step["func"].startswith("bpf:")] for trail in found]
    assert sorted(answer for each in answers for answer in each) == ["XDP_DROP"] * 50 + ["XDP_PASS"] * 50
    assert all(len(each) <= 1 for each in answers), answers
    for trail, each in zip(found, answers):
        if each:
            wanted = DROPPED if each == ["XDP_DROP"] else PASSED
            assert f".{wanted}:" in trail["packet"], trail


def test_a_recording_has_the_same(pair, start, tmp_path):
    path = tmp_path / "programs.pcapng"
    with on_xdp(pair.b, "vb", "xdp_answers_by_port"):
        trace = start("-w", path, "-t", "bpf:*", "-c", "2", f"udp and dst host {pair.B4} and portrange 9000-9001").tracing()
        send(pair.a, pair.B4, PASSED, DROPPED)
        trace.ended()
    result = start("read", path, "-o", "json", "-t", "bpf:xdp_*").ended()
    assert by_port(result) == {PASSED: "XDP_PASS", DROPPED: "XDP_DROP"}
    assert {event["program"] for event in result.events} == {"xdp_answers_by_port"}


def test_list_shows_programs_and_why_one_cannot_be_traced(pair):
    with on_xdp(pair.b, "vb", "xdp_passes"), on_tc(pair.a, "va", "egress", "tc_of_any"), xdp.passing_all(pair.a, "va"):
        page = listed("bpf:*")
        lines = {line.split()[0]: line for line in page.stdout.splitlines()}
        whole = [lines[name] for name in lines if name.split("#")[0] == "bpf:xdp_passes"]
        assert whole and "  xdp " in whole[0] and "cannot" not in whole[0] and "  on vb" in whole[0], page
        any_of = [lines[name] for name in lines if name.split("#")[0] == "bpf:tc_of_any"]
        assert any_of and "cannot be traced: its types do not say" in any_of[0], page
        assert any("without type information (BTF)" in line for line in lines.values()), page


def test_what_is_loaded_later_is_told(pair, start):
    with on_xdp(pair.b, "vb", "xdp_passes"):
        trace = start("-o", "json", "-t", "bpf:*", "-N", pair.b.name).tracing()
        with on_tc(pair.b, "vb", "ingress", "tc_passes"):
            result = trace.stop()
    assert "bpf:tc_passes (id" in result.stderr and "was loaded after the start, and is not traced" in result.stderr


def test_a_program_that_is_taken_off_meanwhile_has_no_more_events(pair, start):
    with on_xdp(pair.b, "vb", "xdp_passes"):
        trace = start("-o", "json", "-t", "bpf:xdp_passes", f"udp dst port {PASSED}").tracing()
        send(pair.a, pair.B4, PASSED)
        trace.saw("XDP_PASS")
    send(pair.a, pair.B4, PASSED)
    result = trace.stop()
    assert result.status == 0
    assert len(result.events) == 1


def test_a_name_that_is_no_program_is_refused(pair, start):
    with on_xdp(pair.b, "vb", "xdp_passes"):
        result = start("-t", "bpf:xdp_pases").ended()
        assert result.status == 2
        assert "no XDP or tc program is called 'bpf:xdp_pases'; did you mean 'bpf:xdp_passes" in result.stderr
        result = start("-t", "bpf:x", "-x", "bpf:nosuch").ended()
        assert result.status == 2
