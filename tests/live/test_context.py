"""Who does it: the task on the CPU is named where it acts itself, and never where an interrupt only borrows it."""

import os

import pytest
from echo_flood import echo_flood, receive_on_first_cpu
from netlab import on_cpu, send_datagrams


def test_what_a_process_sends_is_its_own(pair, trace):
    running = trace("-N", pair.a.name, "-t", "net_dev_queue")
    send_datagrams(pair.a, pair.B4, 3)
    events = running.stop().events
    assert {(event["context"], event["pid"]) for event in events} == {("process", os.getpid())}
    assert all(event["comm"] == event["cpu_comm"] for event in events)


@pytest.mark.floods
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs")
def test_what_an_interrupt_receives_is_not_told_of_the_process_that_it_interrupted(pair, trace):
    receive_on_first_cpu(pair.b, "vb")
    running = trace("-N", pair.b.name, "-t", "netif_receive_skb")
    with echo_flood(pair.a, 0.3) as flood, on_cpu(0):
        while flood.poll() is None:
            sum(range(2000))  # this process computes, in user mode
    events = running.stop().events
    assert events
    assert {event["context"] for event in events} <= {"interrupt", "softirq"}
    assert not any("pid" in event or "comm" in event for event in events)
