"""Every way to lose an event, forced: what is seen and what is counted as lost are together what happened, and a gap is
marked where it was."""

import os
import re
import signal
import socket

import pytest
from echo_flood import echo_flood, receive_on_first_cpu
from frames import udp4
from netlab import on_cpu, send_datagrams
from tracing import wait_until

# Hit with interrupts of the network off, so that no hit comes within another: neither the program nor the witness can
# miss one.
SENDING = ("net_dev_queue", "net_dev_start_xmit")
SMALL_RINGS = ("--buffer", "8K")
BEFORE, FLOOD, AFTER = 20, 18, 22  # payload lengths, to tell the datagrams apart
NOWHERE = "10.9.0.99"  # no host has that address, so nothing comes back


@pytest.fixture
def quiet(pair):
    """A pair in which a datagram to NOWHERE leaves `a` and is not answered."""
    pair.a.ip(f"neighbour add {NOWHERE} lladdr {pair.macs['vb']} dev va")
    return pair


def stopped(running):
    """The program no longer runs, and drains no ring."""
    running.send(signal.SIGSTOP)
    wait_until(lambda: state(running) == "T", "the program to stop")


def state(running):
    with open(f"/proc/{running.pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0]



def flood_while_stopped(running, pair, count=1000):
    """Everything on one CPU, so that there is one gap."""
    with on_cpu(0):
        send_datagrams(pair.a, NOWHERE, 5, BEFORE)
        wait_until(lambda: running.stdout().count(f"length {BEFORE}") == 5 * len(SENDING), "the first events")
        stopped(running)
        send_datagrams(pair.a, NOWHERE, count, FLOOD)


def go_on(running, pair):
    """Continues; once what was in the rings is out, five more."""
    running.send(signal.SIGCONT)
    wait_until(lambda: f"length {FLOOD}" in running.stdout(), "what fitted into the rings")
    with on_cpu(0):
        send_datagrams(pair.a, NOWHERE, 5, AFTER)
        wait_until(lambda: running.stdout().count(f"length {AFTER}") == 5 * len(SENDING), "the last events")


def of_length(lines, length):
    return [index for index, line in enumerate(lines) if line.get("payload_len") == length]


@pytest.mark.floods
class TestFullRings:
    def test_seen_and_lost_are_together_what_the_witness_counted(self, quiet, trace, witness):
        running = trace("-N", quiet.a.name, "-t", ",".join(SENDING), *SMALL_RINGS)
        counter = witness(quiet.a, *SENDING)
        flood_while_stopped(running, quiet)
        go_on(running, quiet)
        result, happened = running.stop(), counter.counts()
        lost = result.summary["lost"]
        assert happened == {func: 1010 for func in SENDING}
        assert lost["ring_full"] > 1000
        assert len(result.events) + lost["ring_full"] == sum(happened.values())
        assert sum(lost.values()) == lost["ring_full"] == result.summary["lost_in_all"]
        assert result.summary["events"] == result.summary["recorded"] == len(result.events)

    def test_json_marks_the_gap_between_the_events_before_and_after_it(self, quiet, trace):
        running = trace("-N", quiet.a.name, "-t", ",".join(SENDING), *SMALL_RINGS)
        flood_while_stopped(running, quiet)
        go_on(running, quiet)
        result = running.stop()
        lines = result.lines
        (place,) = [index for index, line in enumerate(lines) if "gap" in line]
        gap, before, after = lines[place]["gap"], lines[place - 1], lines[place + 1]
        assert max(of_length(lines, FLOOD)) < place < min(of_length(lines, AFTER))
        assert (gap["after"], gap["before"]) == (before["time"], after["time"])
        assert gap["cpu"] == before["cpu"] == after["cpu"]
        assert gap["ring_full"] == result.summary["lost"]["ring_full"]
        assert result.summary["gaps"] == 1

    def test_line_marks_the_gap_between_the_events_before_and_after_it(self, quiet, start):
        running = start("-N", quiet.a.name, "-t", ",".join(SENDING), *SMALL_RINGS, summary=True).tracing()
        flood_while_stopped(running, quiet)
        go_on(running, quiet)
        result = running.stop()
        lines = result.stdout.splitlines()
        (place,) = [index for index, line in enumerate(lines) if line.startswith("***")]
        lost = result.summary["lost"]["ring_full"]
        assert re.fullmatch(rf"\*\*\* lost on CPU \d+ within \d+\.\d{{6}} s: {lost} \(ring full\) \*\*\*", lines[place])
        assert f"length {FLOOD}" in lines[place - 1]
        assert f"length {AFTER}" in lines[place + 1]

    def test_a_gap_at_the_end_has_nothing_after_it(self, quiet, trace):
        running = trace("-N", quiet.a.name, "-t", ",".join(SENDING), *SMALL_RINGS)
        flood_while_stopped(running, quiet)
        running.send(signal.SIGINT)
        result = running.stop(signal.SIGCONT)
        assert "gap" in result.lines[-1]
        gap = result.gaps[-1]
        assert "before" not in gap
        assert gap["after"] == result.events[-1]["time"]
        assert sum(one["ring_full"] for one in result.gaps) == result.summary["lost"]["ring_full"]
        assert len(result.events) + result.summary["lost"]["ring_full"] == 1005 * len(SENDING)

    def test_several_gaps_add_up_to_what_was_lost(self, quiet, trace, witness):
        running = trace("-N", quiet.a.name, "-t", ",".join(SENDING), *SMALL_RINGS)
        counter = witness(quiet.a, *SENDING)
        for _ in range(3):
            seen = running.stdout().count(f"length {AFTER}")
            stopped(running)
            send_datagrams(quiet.a, NOWHERE, 300, FLOOD)
            running.send(signal.SIGCONT)
            wait_until(lambda: state(running) != "T", "the program to go on")
            with on_cpu(0):
                # Until one gets through: there may still be no room.
                wait_until(lambda: send_datagrams(quiet.a, NOWHERE, 1, AFTER) or
                           running.stdout().count(f"length {AFTER}") > seen, "an event after the gap")
        result, happened = running.stop(), counter.counts()
        assert len(result.gaps) >= 3
        assert sum(gap["ring_full"] for gap in result.gaps) == result.summary["lost"]["ring_full"]
        assert len(result.events) + result.summary["lost"]["ring_full"] == sum(happened.values())
        assert result.summary["gaps"] == len(result.gaps)

    def test_strict_turns_a_loss_into_status_3_and_the_summary_says_how_many(self, quiet, trace):
        running = trace("-N", quiet.a.name, "-t", ",".join(SENDING), "--strict", *SMALL_RINGS)
        flood_while_stopped(running, quiet)
        running.send(signal.SIGINT)
        result = running.stop(signal.SIGCONT)
        assert result.status == 3
        lost = result.summary["lost"]["ring_full"]
        assert f"skbtrail: {len(result.events)} events, {lost} lost: {lost} ring full" in result.stderr
        assert "a larger --buffer (now " in result.stderr

    def test_without_strict_a_loss_leaves_the_status_0(self, quiet, trace):
        running = trace("-N", quiet.a.name, "-t", ",".join(SENDING), *SMALL_RINGS)
        flood_while_stopped(running, quiet)
        running.send(signal.SIGINT)
        result = running.stop(signal.SIGCONT)
        assert result.summary["lost"]["ring_full"] > 0
        assert result.status == 0

    def test_the_default_rings_lose_nothing_of_a_burst_of_1000_packets(self, pair, trace, witness):
        counted = (*SENDING, "netif_rx", "netif_receive_skb")
        running = trace("--no-follow", "-N", pair.a.name, "--strict")
        counter = witness(pair.a, *counted)
        with pair.b.udp() as receiver:
            receiver.bind((pair.B4, 9))
            send_datagrams(pair.a, pair.B4, 1000)
        result, happened = running.stop(), counter.counts()
        assert (result.status, result.summary["lost_in_all"]) == (0, 0)
        assert result.stderr.endswith(" events, none lost\n")
        assert happened["net_dev_queue"] == 1000
        for func in counted:
            assert sum(event["func"] == func for event in result.events) == happened[func]


SO_RCVBUFFORCE = 33


class Interrupted:
    """Hits of consume_skb that are interrupted by hits of consume_skb, all in namespace `b`: a process there reads echo
    requests from a raw socket (each is freed as it is read), while the softirq of the same CPU receives more of them
    (each is freed by icmp_rcv)."""

    def __init__(self, pair):
        self.pair = pair
        self.socket = pair.b.open(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        self.socket.setblocking(False)
        receive_on_first_cpu(pair.b, "vb")

    def flood(self, seconds):
        return echo_flood(self.pair.a, seconds)

    def read_all(self):
        try:
            while True:
                self.socket.recv(100)
        except BlockingIOError:
            pass

    def run(self):
        with self.flood(0.4) as flood, on_cpu(0):
            while flood.poll() is None:
                self.read_all()


needs_two_cpus = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs")


@pytest.fixture
def interrupted(pair):
    scene = Interrupted(pair)
    scene.flood(0.15).wait()  # something to read, so that the reader is busy from the start
    yield scene
    scene.socket.close()


@pytest.mark.floods
@needs_two_cpus
def test_hits_that_interrupt_a_hit_are_counted_as_lost(interrupted, trace, witness):
    """The kernel does not run a program for a hit within a hit of the same program. The witness is kept from some, too,
    and from others: with what each was kept from, both come to the same sum."""
    netns = interrupted.pair.b
    sums = []
    for _ in range(20):
        running = trace("-N", netns.name, "-t", "consume_skb", "--buffer", "64M")
        counter = witness(netns, "consume_skb")
        interrupted.run()
        summary = running.stop().summary
        counts, missed = counter.counts_and_missed()
        lost = summary["lost"]
        skipped = summary["may_have_matched"]["kernel_skipped"] + lost["nested"]
        sums.append((skipped, summary["recorded"] + lost["ring_full"] + skipped, counts["consume_skb"] + missed))
        # Once in a while a stranger in another namespace interrupts, which the kernel counts and the filter does not.
        if skipped and sums[-1][1] == sums[-1][2]:
            return
    pytest.fail(f"(skipped, seen and lost, happened) were {sums}")


@pytest.fixture
def interrupted_while(interrupted, trace):
    """Runs of consume_skb in that scene, one for each list of words, at the same time; their results, once in each of
    them hits were skipped."""

    def run(*words):
        for _ in range(20):
            running = [trace("-t", "consume_skb", "--buffer", "64M", "--strict", *one) for one in words]
            interrupted.run()
            results = [one.stop() for one in running]
            if all(skipped(result.summary) for result in results):
                return results
        return pytest.fail("no hit was interrupted")

    return run


def skipped(summary):
    return summary["lost"]["kernel_skipped"] + summary["may_have_matched"]["kernel_skipped"]


@pytest.mark.floods
@needs_two_cpus
@pytest.mark.needs_fact("casts_pointers")
def test_hits_that_the_kernel_skipped_are_lost_where_nothing_could_have_refused_them(interrupted_while, start, tmp_path):
    recording = tmp_path / "recording.pcapng"
    (result,) = interrupted_while(["--fields", "func,time,late", "-w", recording])
    lost = result.summary["lost"]
    assert result.status == 3
    assert result.summary["may_have_matched_in_all"] == 0
    assert f'{lost["kernel_skipped"]} skipped by the kernel, busy with another hit' in result.stderr
    gaps = [gap for gap in result.gaps if "kernel_skipped" in gap]
    assert {gap["func"] for gap in gaps} == {"consume_skb"}
    assert sum(gap["kernel_skipped"] for gap in gaps) == lost["kernel_skipped"] > 0
    for gap in gaps:
        assert gap.keys() == {"func", "after", "before", "kernel_skipped"}
        # From one look to the next: a second on a host that is not busy.
        assert 0 < gap["before"] - gap["after"] < 60e9
    in_order(result.lines)
    # And so says the recording.
    read = start("read", recording, "-o", "json", "--fields", "func,time,late", summary=True).ended()
    assert [line["gap"] for line in read.lines if "gap" in line] == result.gaps
    assert read.summary["lost"] == lost
    as_lines = start("read", recording).ended().stdout
    assert "*** lost at consume_skb within " in as_lines


def in_order(lines):
    """A gap of skipped hits comes after all that came before its end, and before all that came after it."""
    for index, line in enumerate(lines):
        if "kernel_skipped" not in line.get("gap", {}):
            continue
        end = line["gap"]["before"]
        assert all(event["time"] <= end for event in lines[:index] if "time" in event)
        assert all(event["time"] >= end for event in lines[index + 1:] if "time" in event and "late" not in event)


@pytest.mark.floods
@needs_two_cpus
@pytest.mark.needs_fact("casts_pointers")
def test_with_any_condition_they_may_have_matched_and_strict_does_not_mind_them(interrupted_while):
    for result in interrupted_while(["udp", "dst", "port", "1"], ["--where", "sport == 1"], ["--mark", "4711"]):
        most = result.summary["may_have_matched"]["kernel_skipped"]
        assert (result.status, result.summary["lost_in_all"], result.gaps, result.events) == (0, 0, [], [])
        assert result.summary["may_have_matched_in_all"] == most > 0
        assert f"0 events, none lost; up to {most} that may have matched: {most} skipped by the kernel" in result.stderr


@pytest.mark.floods
def test_what_where_had_not_judged_may_have_matched(quiet, start):
    """No such packet exists, so it cannot be lost either. The gaps are marked, for there may be one."""
    running = start("-o", "json", "-N", quiet.a.name, "-t", ",".join(SENDING), "--where", f"payload_len == {AFTER}", "--strict",
                    *SMALL_RINGS, summary=True).tracing()
    stopped(running)
    send_datagrams(quiet.a, NOWHERE, 1000, FLOOD)
    running.send(signal.SIGINT)
    result = running.stop(signal.SIGCONT)
    most = result.summary["may_have_matched"]["ring_full"]
    assert (result.status, result.summary["lost_in_all"]) == (0, 0)
    assert most > 0 and sum(gap["ring_full"] for gap in result.gaps) == most
    assert all(gap["may_have_matched"] for gap in result.gaps)


@pytest.mark.floods
@pytest.mark.needs_fact("casts_pointers")
@pytest.mark.parametrize(("port", "wanted"), ((9, 1000), (8, 0)))
def test_a_full_ring_loses_what_was_asked_for_and_nothing_else(quiet, trace, port, wanted):
    """The filter says yes or no before room is taken, --inner too, so a loss is an event that was asked for."""
    running = trace(
        *("-N", quiet.a.name, "-t", ",".join(SENDING), "--inner", f"udp dst port {port}", "--strict"), *SMALL_RINGS
    )
    stopped(running)
    inner = udp4("192.0.2.1", "192.0.2.2")
    with quiet.a.open(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IPIP) as tunnel:
        for _ in range(1000):
            tunnel.sendto(inner, (NOWHERE, 0))
    running.send(signal.SIGINT)
    result = running.stop(signal.SIGCONT)
    lost = result.summary["lost_in_all"]
    assert len(result.events) + lost == wanted * len(SENDING)
    assert (lost > 0, result.status) == ((True, 3) if wanted else (False, 0))
    assert sum(gap["ring_full"] for gap in result.gaps) == lost
    assert not any(result.summary["may_have_matched"].values())


@pytest.mark.floods
def test_what_is_lost_behind_the_last_event_that_was_asked_for_is_not_missing(quiet, trace):
    running = trace("-N", quiet.a.name, "-t", ",".join(SENDING), "-c", "2", "--strict", *SMALL_RINGS)
    stopped(running)
    send_datagrams(quiet.a, NOWHERE, 1000, FLOOD)
    running.send(signal.SIGCONT)
    result = running.ended()
    assert (result.status, result.summary["lost_in_all"], len(result.events)) == (0, 0, 2)
