"""How a run ends, and what is left after it: its status, its files, nothing attached."""

import ctypes
import errno
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from netlab import send_datagrams
from tracing import PROGRAM, is_pending, wait_until

libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)


def sending(pair, trace, *arguments, **options):
    """A run that has seen three datagrams leave `a`."""
    running = trace("-N", pair.a.name, "-t", "net_dev_queue", *arguments, **options)
    send_datagrams(pair.a, pair.B4, 3)
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_cleanly_with_everything_printed_and_the_summary(pair, trace, number):
    result = sending(pair, trace).stop(number)
    assert result.status == 0
    assert len(result.events) == 3
    assert result.stderr == "skbtrail: tracing 1 tracepoint\nskbtrail: 3 events, none lost\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_twice_at_once_as_timeout_sends_it_is_one(pair, trace, number):
    running = sending(pair, trace)
    running.send(number)
    result = running.stop(number)
    assert (result.status, len(result.events)) == (0, 3)
    assert result.stderr.endswith("skbtrail: 3 events, none lost\n")


def test_a_hangup_that_nohup_ignores_is_ignored(pair, trace):
    running = sending(pair, trace, wrapper=("nohup",))
    running.send(signal.SIGHUP)
    wait_until(lambda: not is_pending(running.pid, signal.SIGHUP), "the signal to be taken")
    send_datagrams(pair.a, pair.B4, 2)
    running.saw('"pid"')
    assert len(running.stop().events) == 5


def test_quiet_prints_events_and_nothing_else(pair, start, tmp_path):
    running = start("-q", "-N", pair.a.name, "-t", "net_dev_queue", "--ready-file", tmp_path / "ready")
    wait_until((tmp_path / "ready").exists, "the ready file")
    send_datagrams(pair.a, pair.B4, 3)
    result = running.stop()
    assert (result.status, result.stderr, len(result.stdout.splitlines())) == (0, "", 3)


def test_the_ready_file_of_an_earlier_run_is_none_of_a_run_that_fails(start, tmp_path):
    ready = tmp_path / "ready"
    ready.write_text("1\n")
    assert start("--ready-file", ready, "-t", "no_such_tracepoint").ended().status != 0
    assert not ready.exists()


@pytest.mark.parametrize("layout", ["line", "json"])
def test_count_ends_the_run_after_exactly_so_many_events(pair, start, layout):
    running = start("-o", layout, "-N", pair.a.name, "-t", "net_dev_queue", "-c", 7, summary=True).tracing()
    send_datagrams(pair.a, pair.B4, 20)
    result = running.ended()
    assert (result.status, len(result.stdout.splitlines()), result.summary["events"]) == (0, 7, 7)


def test_duration_ends_the_run(pair, trace):
    result = sending(pair, trace, "--duration", "300ms").ended()
    assert (result.status, len(result.events)) == (0, 3)
    assert 0.3 <= result.summary["seconds"] < 2


@pytest.mark.parametrize("script, status", [
    ("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137)])
def test_the_status_of_the_command_is_passed_on(pair, trace_command, script, status):
    assert trace_command(["sh", "-c", script], "-N", pair.a.name).status == status


def test_a_command_that_is_not_there_gives_127(pair, trace_command):
    result = trace_command(["/no/such/command"], "-N", pair.a.name)
    assert result.status == 127
    assert "skbtrail: /no/such/command: No such file or directory" in result.stderr


def test_a_command_that_cannot_be_executed_gives_126(pair, trace_command):
    result = trace_command(["/etc/passwd"], "-N", pair.a.name)
    assert result.status == 126
    assert "skbtrail: /etc/passwd: Permission denied" in result.stderr


def test_a_run_with_a_command_that_fails_itself_gives_125(start, tmp_path):
    result = start("-O", tmp_path / "no" / "such" / "file", "--", "true").ended()
    assert result.status == 125
    assert "No such file or directory" in result.stderr


def test_a_signal_during_a_command_ends_the_command_too(pair, trace, tmp_path):
    pid_file = tmp_path / "pid"
    running = trace("-N", pair.a.name, "--", "sh", "-c", f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; "
                    "exec sleep 600")
    wait_until(pid_file.exists, "the command")
    result = running.stop(signal.SIGTERM)
    assert result.status == 143
    assert not Path(f"/proc/{pid_file.read_text().strip()}").exists()


def test_duration_ends_the_command_too(pair, trace):
    result = trace("-N", pair.a.name, "-t", "net_dev_queue", "--duration", "100ms", "--", "sleep", 600).ended()
    assert result.status == 143
    assert "skbtrail: --duration is over: SIGTERM is sent to the command (process " in result.stderr


def test_a_command_that_does_not_end_is_left_alone(pair, trace, tmp_path):
    script = f"trap '' TERM; echo $$ > {tmp_path}/pid; exec sleep 600"
    result = trace("-N", pair.a.name, "-t", "net_dev_queue", "--duration", "300ms", "--", "sh", "-c", script).ended()
    pid = int((tmp_path / "pid").read_text())
    os.kill(pid, signal.SIGKILL)  # it is there
    assert result.status == 143
    assert result.stderr.endswith(f"skbtrail: the command (process {pid}) has not ended, and is left alone\n")


def test_a_command_goes_on_after_the_last_event_until_a_signal_comes(pair, trace, tmp_path):
    script = f"touch {tmp_path}/on; exec sleep 600"
    running = trace("-N", pair.a.name, "-t", "net_dev_queue", "-c", 1, "--", "sh", "-c", script)
    wait_until((tmp_path / "on").exists, "the command")
    send_datagrams(pair.a, pair.B4, 3)
    wait_until(lambda: "goes on, untraced" in running.stderr(), "the note")
    assert running.stop(signal.SIGTERM).status == 143


def test_a_full_disk_leaves_the_command_alone_and_gives_125(pair, start, tmp_path):
    script = f"touch {tmp_path}/on; while ! [ -e {tmp_path}/off ]; do sleep 0.05; done"
    running = start("-N", pair.a.name, "-t", "net_dev_queue", "-O", "/dev/full", "--", "sh", "-c", script)
    wait_until((tmp_path / "on").exists, "the command")
    send_datagrams(pair.a, pair.B4, 3)
    wait_until(lambda: "cannot write to /dev/full" in running.stderr(), "the failure")
    (tmp_path / "off").touch()
    assert running.ended().status == 125


def test_what_a_command_sends_last_is_seen_to_its_end(pair, trace_command):
    """The command is gone before the packet that it sent has been freed."""
    send = "import socket; socket.socket(2, 2).sendto(b'last', ('10.9.0.2', 9))"
    result = trace_command(["/usr/bin/python3", "-c", send], "-N", pair.b.name, netns=pair.a)
    of_datagram = [event["func"] for event in result.events if event.get("proto") == "udp"]
    assert of_datagram[-1] == "kfree_skb"


def test_the_commands_output_goes_to_standard_error_when_events_are_for_machines(pair, trace_command):
    result = trace_command(["sh", "-c", "echo said; echo complained >&2"], "-N", pair.a.name)
    assert result.stdout == ""
    assert "said\n" in result.stderr and "complained\n" in result.stderr


def test_the_commands_output_stays_on_standard_output_when_events_go_to_a_file(pair, trace_command, tmp_path):
    result = trace_command(["sh", "-c", "echo said"], "-N", pair.a.name, "-O", tmp_path / "events")
    assert result.stdout == "said\n"


OF_ITSELF = "id -u; id -g; id -G; grep CapEff /proc/self/status; echo $HOME,$USER,$LOGNAME"


@pytest.mark.parametrize("user, told", [
    ("nobody", "65534\n65534\n65534\nCapEff:\t0000000000000000\n/nonexistent,nobody,nobody\n"),
    ("4294900000:1234", "4294900000\n1234\n1234\nCapEff:\t0000000000000000\n/,,\n")])
def test_user_runs_the_command_as_that_user_and_without_root(pair, trace_command, user, told):
    result = trace_command(["sh", "-c", OF_ITSELF], "-N", pair.a.name, "-t", "net_dev_queue", "--user", user)
    assert "\n" + told in result.stderr


def test_a_user_who_has_capabilities_of_root_does_not_hand_them_on(pair, start):
    """Ambient ones outlive a change from one ordinary user to another."""
    given = "+bpf,+perfmon,+setuid,+setgid"
    result = start("-o", "json", "-N", pair.a.inum, "-t", "net_dev_queue", "--user", "4294900000:1234", "--", "sh",
                   "-c", OF_ITSELF, wrapper=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                       f"--inh-caps={given}", f"--ambient-caps={given}")).ended()
    assert "4294900000\n1234\n1234\nCapEff:\t0000000000000000\n" in result.stderr


def test_the_command_gets_signals_and_limits_as_they_were_before_the_tracer(pair, trace_command):
    as_set = ("env", "--ignore-signal=PIPE,HUP", "--block-signal=USR2", "prlimit", "--nofile=200:4096")
    words = ["grep", "-hE", "SigBlk|SigIgn|Max open files", "/proc/self/status", "/proc/self/limits"]
    alone = subprocess.run([*as_set, *words], capture_output=True, text=True, check=True).stdout
    blocked, ignored = (int(re.search(rf"{name}:\t(\w+)", alone)[1], 16) for name in ("SigBlk", "SigIgn"))
    # PIPE and HUP, USR2. Who runs the tests may have more of them ignored.
    assert ignored & 0x1001 == 0x1001 and blocked & 0x800
    assert alone in trace_command(words, "-N", pair.a.name, "-t", "net_dev_queue", wrapper=as_set).stderr


def test_nobody_is_no_user_to_run_the_command_as(start, tmp_path):
    result = start("--user", "", "--", "touch", tmp_path / "ran").ended()
    assert (result.status, result.stderr.splitlines()[0]) == (2, "skbtrail: --user: the user's name is empty")
    assert not (tmp_path / "ran").exists()


def piped(pair, start, *arguments):
    """A run that writes into a pipe, of which it has written three events."""
    running = start("-o", "json", "-N", pair.a.name, "-t", "net_dev_queue", *arguments, stdout=subprocess.PIPE)
    running.tracing()
    send_datagrams(pair.a, pair.B4, 3)
    assert json.loads(running.process.stdout.readline())["func"] == "net_dev_queue"
    return running


def test_a_closed_pipe_ends_the_run_quietly_though_no_more_packets_come(pair, start):
    running = piped(pair, start)
    running.process.stdout.close()
    result = running.ended()
    assert result.status == 0
    assert "Broken pipe" not in result.stderr


def test_a_closed_pipe_ends_the_run_quietly_while_packets_come(pair, start):
    running = piped(pair, start)
    running.process.stdout.close()
    wait_until(lambda: send_datagrams(pair.a, pair.B4, 10) or running.process.poll() is not None, "the end")
    assert running.ended().status == 0


def redirected(start, redirection, *arguments, **options):
    """A run whose outputs the shell has redirected."""
    return start(*arguments, wrapper=("sh", "-c", f'exec "$@" {redirection}', "sh"), **options)


def test_a_closed_pipe_behind_both_outputs_ends_the_run_quietly(pair, start, tmp_path):
    """skbtrail ... 2>&1 | head -1"""
    ready = tmp_path / "ready"
    running = redirected(start, "2>&1", "-N", pair.a.name, "-t", "net_dev_queue", "--ready-file", ready,
                         stdout=subprocess.PIPE)
    assert running.process.stdout.readline() == b"skbtrail: tracing 1 tracepoint\n"
    running.process.stdout.close()
    assert running.ended().status == 0


def test_messages_that_cannot_be_written_do_not_keep_events_from_being_written(pair, start, tmp_path):
    ready = tmp_path / "ready"
    running = redirected(start, "2>/dev/full", "-N", pair.a.name, "-t", "net_dev_queue", "--ready-file", ready, "-c", 3)
    wait_until(lambda: ready.exists() or running.process.poll() is not None, "the ready file")
    send_datagrams(pair.a, pair.B4, 3)
    result = running.ended()
    assert (result.status, len(result.stdout.splitlines())) == (0, 3)


def test_a_run_without_a_standard_error_is_a_run(pair, start):
    assert redirected(start, "2>&-", "-N", pair.a.name, "--", "true").ended().status == 0


def test_a_run_without_a_standard_output_says_so(pair, start):
    result = redirected(start, ">&-", "-N", pair.a.name).ended()
    assert result.status == 1
    assert "standard output" in result.stderr


def test_a_recording_needs_no_standard_output(pair, start, tmp_path):
    path = tmp_path / "x.pcapng"
    running = redirected(start, ">&-", "-w", path, "-N", pair.a.name, "-t", "net_dev_queue").tracing()
    send_datagrams(pair.a, pair.B4, 3)
    assert running.stop().status == 0
    assert len(subprocess.run([PROGRAM, "read", path], capture_output=True, check=True).stdout.splitlines()) == 3


@pytest.mark.parametrize("words", [["list"], ["doctor"], ["-t", "?"], ["as", "perf", "list"]], ids=" ".join)
def test_a_page_that_cannot_be_written_is_a_failure(words):
    for redirection, reason in (">/dev/full", "No space left on device"), (">&-", "closed"):
        done = subprocess.run(["sh", "-c", f'exec "$@" {redirection}', "sh", PROGRAM, *words], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 1
        assert "standard output" in done.stderr and (reason in done.stderr or "Bad file descriptor" in done.stderr)


def test_minus_is_a_standard_stream(pair, start, tmp_path):
    running = start("-w", tmp_path / "x.pcapng", "-O", "-", "--summary", "-", "-N", pair.a.name, "-t",
                    "net_dev_queue").tracing()
    send_datagrams(pair.a, pair.B4, 3)
    result = running.stop()
    assert len(result.stdout.splitlines()) == 3
    assert json.loads(result.stderr[result.stderr.index("{"):])["events"] == 3


def test_what_cannot_be_written_is_refused_before_anything_is_attached(start, tmp_path):
    for option in "--summary", "--ready-file", "-w":
        result = start(option, tmp_path / "no" / "x").ended()
        assert result.status == 1
        assert result.stderr == f"skbtrail: cannot write '{tmp_path}/no/x': No such file or directory\n"


def test_no_output_is_written_over_another_file_of_the_run(start, tmp_path):
    path = tmp_path / "x.pcapng"
    path.write_bytes(b"precious")
    for words in (["-w", path, "-O", tmp_path / "." / "x.pcapng"], ["read", path, "-O", path],
                  ["--tracers", path, "-O", path]):
        result = start(*words).ended()
        assert result.status == 2 and (" same file" in result.stderr or " would overwrite " in result.stderr)
        assert path.read_bytes() == b"precious"


def test_a_ready_file_of_an_earlier_run_is_gone_until_this_one_is_ready(start, tmp_path):
    ready = tmp_path / "ready"
    ready.write_text("1\n")
    assert start("--ready-file", ready, "-t", "net_dev_queue", "-O", tmp_path / "no" / "x").ended().status == 1
    assert not ready.exists()


def test_an_event_reaches_a_pipe_soon_though_nothing_follows(pair, start):
    # piped() would wait for ever for a line that is kept back.
    running = piped(pair, start)
    assert running.stop().status == 0


def test_a_full_disk_is_told_and_gives_1(pair, start):
    running = start("-N", pair.a.name, "-t", "net_dev_queue", "-O", "/dev/full").tracing()
    send_datagrams(pair.a, pair.B4, 3)
    result = running.ended()
    assert result.status == 1
    assert "skbtrail: cannot write to /dev/full: No space left on device\n" in result.stderr


def test_a_full_disk_behind_standard_output_is_told_and_gives_1(pair, start):
    with open("/dev/full", "wb") as full:
        running = start("-N", pair.a.name, "-t", "net_dev_queue", stdout=full).tracing()
    send_datagrams(pair.a, pair.B4, 3)
    result = running.ended()
    assert result.status == 1
    assert "cannot write to standard output: No space left on device\n" in result.stderr


def test_an_output_file_that_is_a_directory_is_refused_before_anything_is_attached(start, tmp_path):
    result = start("-O", tmp_path).ended()
    assert result.status == 1
    assert result.stderr == f"skbtrail: cannot write '{tmp_path}': Is a directory\n"


def test_events_go_to_the_output_file_alone(pair, trace, tmp_path):
    result = sending(pair, trace, "-O", tmp_path / "events").stop()
    assert result.stdout == ""
    assert len((tmp_path / "events").read_text().splitlines()) == 3


def test_the_ready_file_holds_the_process_number_once_everything_is_attached(pair, start, tmp_path):
    ready = tmp_path / "ready"
    running = start("-o", "json", "-N", pair.a.name, "-t", "net_dev_queue", "--ready-file", ready)
    wait_until(lambda: ready.exists() and ready.read_text().endswith("\n"), "the ready file")
    assert ready.read_text() == f"{running.pid}\n"
    send_datagrams(pair.a, pair.B4, 3)
    assert len(running.stop().events) == 3


def test_the_summary_tells_what_was_done(pair, trace):
    summary = sending(pair, trace).stop().summary
    assert summary.pop("seconds") > 0
    assert summary.pop("lost").keys() >= {"ring_full", "kernel_skipped", "malformed"}
    assert summary.pop("may_have_matched").keys() >= {"ring_full", "kernel_skipped", "unfiltered"}
    assert summary.pop("may_have_matched_in_all") >= 0  # of other namespaces
    assert summary.pop("refused").keys() == {"other_families", "tagged", "elsewhere", "other_owner", "where"}
    assert summary == {"schema": 1, "events": 3, "withheld": 0, "recorded": 3, "lost_in_all": 0, "kernel_skipped_counted": True,
                       "without_stack": 0, "without_args": 0, "lists_cut": 0, "tasks_left_out": 0, "not_followed": 0,
                       "followed_no_more": 0, "followed_aged": 0, "undecided": 0, "indeterminate": 0, "undecidable": 0, "gaps": 0, "out_of_order": 0, "probes": 1, "skipped": [],
                       "outputs": [{"name": "standard output", "events": 3, "not_written": 0}]}


def test_a_device_that_vanishes_while_it_is_traced_is_no_trouble(pair, trace):
    running = trace("-N", pair.a.name, "-i", "va", "-t", "net_dev_queue")
    send_datagrams(pair.a, pair.B4, 3)
    pair.a.ip("link delete va", "link add va type veth peer name vc", f"address add {pair.A4}/24 dev va",
              "link set va up", "link set vc up", f"neighbour add {pair.B4} lladdr {pair.macs['vb']} dev va")
    send_datagrams(pair.a, pair.B4, 2)
    result = running.stop()
    udp = [event for event in result.events if event.get("proto") == "udp"]
    assert result.status == 0
    assert [event["ifname"] for event in udp] == ["va"] * 5
    assert udp[0]["ifindex"] != udp[-1]["ifindex"]


def bpf_objects(pid):
    """{(kind, id)} of the BPF programs, maps and links that a process holds."""
    found = set()
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        for line in info.read_text().splitlines():
            kind, _, number = line.partition(":")
            if kind in ("prog_id", "map_id", "link_id"):
                found.add((kind, int(number)))
    return found


def is_alive(kind, number):
    get = {"prog_id": libbpf.bpf_prog_get_fd_by_id, "map_id": libbpf.bpf_map_get_fd_by_id,
           "link_id": libbpf.bpf_link_get_fd_by_id}[kind]
    ctypes.set_errno(0)
    fd = get(ctypes.c_uint32(number))
    if fd >= 0:
        os.close(fd)
        return True
    assert ctypes.get_errno() == errno.ENOENT
    return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_stays_in_the_kernel_after_the_end_not_even_after_kill_9(pair, trace, number):
    running = sending(pair, trace)
    held = bpf_objects(running.pid)
    assert {"prog_id", "map_id"} <= {kind for kind, _ in held}
    assert all(is_alive(kind, one) for kind, one in held)
    running.stop(number)
    # The kernel frees after a grace period.
    wait_until(lambda: not any(is_alive(kind, one) for kind, one in held), "the kernel to free everything")
