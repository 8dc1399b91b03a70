"""Stacks and callers: by name, without our own frames, kept once."""

import re

from netlab import send_datagrams, with_capabilities

FRAME = re.compile(r"^[\w.]+\+0x[0-9a-f]+( \[\w+\])?$")
OURS = re.compile(r"bpf_prog_|bpf_trace_|__bpf_trace|__traceiter|trampoline")


def test_a_stack_leads_from_the_tracepoint_to_the_system_call(pair, trace):
    running = trace("-N", pair.a.name, "-t", "net_dev_queue", "--stack", "udp port 9")
    send_datagrams(pair.a, pair.B4, 1)
    (event,) = running.stop().events
    stack = event["stack"]
    functions = [frame.split("+")[0] for frame in stack]
    assert all(FRAME.match(frame) for frame in stack), stack
    assert not [frame for frame in stack if OURS.search(frame)]
    assert functions[0] == "__dev_queue_xmit"
    for function in ("ip_output", "udp_sendmsg"):
        assert function in functions
    assert functions[-1].startswith("entry_SYSCALL") or "el0" in functions[-1]


def test_the_caller_is_the_function_in_which_the_tracepoint_stands(pair, trace):
    running = trace("-N", pair.a.name, "-t", "net_dev_queue,net_dev_start_xmit", "--caller", "udp port 9")
    send_datagrams(pair.a, pair.B4, 1)
    callers = {event["func"]: event["caller"].split("+")[0] for event in running.stop().events}
    assert callers["net_dev_queue"] == "__dev_queue_xmit"
    assert callers["net_dev_start_xmit"] in ("dev_hard_start_xmit", "xmit_one")


def test_only_the_tracers_of_the_list_have_stacks(pair, trace):
    running = trace("-N", pair.a.name, "-t", "net_dev_*", "--stack=net_dev_queue", "udp port 9")
    send_datagrams(pair.a, pair.B4, 1)
    events = running.stop().events
    assert {event["func"] for event in events if "stack" in event} == {"net_dev_queue"}
    assert len(events) > 1


def test_a_word_behind_stack_is_not_its_list(pair, trace):
    running = trace("-N", pair.a.name, "--stack", "udp port 9", "-t", "net_dev_queue")
    send_datagrams(pair.a, pair.B4, 1)
    assert len(running.stop().events) == 1


def test_a_system_calls_stack_is_its_own(trace_command):
    result = trace_command(["cat", "/dev/null"], "-t", "syscalls:sys_enter_openat", "--stack", "--where", "comm == cat")
    assert result.events
    for event in result.events:
        functions = [frame.split("+")[0] for frame in event["stack"]]
        assert not [frame for frame in event["stack"] if OURS.search(frame)]
        assert functions[-1].startswith("entry_SYSCALL") or "el0" in functions[-1]


def test_an_event_whose_stack_found_no_place_says_so_and_is_not_lost(pair, start, tmp_path):
    recording = tmp_path / "stacks.pcapng"
    running = start("-o", "json", "-N", pair.a.name, "--stack", "--stack-map", "1", "--strict", "-w", recording,
                    summary=True).tracing()
    pair.a.run(*pair.ping())
    result = running.stop()
    for one in (result, start("read", recording, "-o", "json", "--stack", summary=True).ended()):
        with_stack = [event for event in one.events if "stack" in event]
        without = [event for event in one.events if event.get("stack_unknown")]
        assert with_stack and len(with_stack) + len(without) == len(one.events) > len(with_stack)
        assert len({tuple(event["stack"]) for event in with_stack}) == 1
        assert one.summary["without_stack"] == len(without)
        assert f"none lost; {len(without)} events without the stack" in one.stderr
        assert (one.status, one.summary["lost_in_all"]) == (0, 0)
        assert not any("stack" in cause for cause in one.summary["lost"])
    assert "more than 1 different stacks were met: --stack-map keeps more" in result.stderr


def test_a_line_has_its_stack_below(pair, start):
    running = start("-N", pair.a.name, "-t", "net_dev_queue", "--stack", "udp port 9").tracing()
    send_datagrams(pair.a, pair.B4, 1)
    first, *frames = running.stop().stdout.splitlines()
    assert "net_dev_queue" in first
    assert frames[0].startswith("    __dev_queue_xmit+0x")
    assert all(line.startswith("    ") for line in frames)


def test_where_the_kernel_hides_its_symbols_callers_are_not_guessed(pair, start):
    # Without a summary: who traces here may not write to the test's directory.
    running = start("-o", "json", "-N", pair.a.inum, "-t", "net_dev_queue", "--stack", "--caller", "udp port 9",
                    wrapper=with_capabilities("bpf", "perfmon", "net_admin")).tracing()
    send_datagrams(pair.a, pair.B4, 1)
    result = running.stop()
    (event,) = result.events
    assert "caller" not in event
    assert all(frame.startswith("0xffff") for frame in event["stack"])
    assert "because the kernel hides its symbols: this process lacks CAP_SYSLOG" in result.stderr
