"""A reader who does not read, and a disk that is full: the run ends all the same, and its summary says how many
events are where they were to go."""

import fcntl
import json
import os
import signal
import subprocess
import termios
from pathlib import Path

import pytest
from netlab import send_datagrams
from tracing import PROGRAM, in_write, wait_until

F_SETPIPE_SZ = 1031
RECORDING = Path(__file__).parent / "../data/newest.pcapng"


SENT = 1000


def blocked(pair, start, *arguments):
    """A run whose standard output takes nothing any more, with more to write than a pipe holds."""
    running = start("-N", pair.a.name, "-t", "net_dev_queue", *arguments, stdout=subprocess.PIPE, summary=True)
    running.tracing()
    send_datagrams(pair.a, pair.B4, SENT)
    wait_until(lambda: in_write(running.pid), "the pipe to be full")
    return running


def events_read(data):
    """Events of a recording that is cut somewhere."""
    shown = subprocess.run([PROGRAM, "read", "-q", "-o", "json", "-"], input=data, capture_output=True, check=True)
    return shown.stdout.count(b"\n")


@pytest.mark.parametrize("layout, number, count", [
    ("json", signal.SIGINT, lambda data: data.count(b"\n")), ("line", signal.SIGTERM, lambda data: data.count(b"\n")),
    ("pcapng", signal.SIGHUP, events_read)], ids=["json", "line", "pcapng"])
def test_a_signal_ends_a_run_whose_reader_does_not_read(pair, start, layout, number, count):
    running = blocked(pair, start, "-o", layout)
    result = running.stop(number)
    assert result.status == 0
    summary = result.summary
    assert summary["events"] == count(running.process.stdout.read()) < SENT
    assert summary["lost"]["not_written"] == summary["lost_in_all"] == SENT - summary["events"]
    assert summary["outputs"] == [{"name": "standard output", "events": summary["events"],
                                   "not_written": summary["lost_in_all"]}]
    assert f"{summary['events']} events, {summary['lost_in_all']} lost: {summary['lost_in_all']} not written\n" in \
        result.stderr


def test_duration_ends_a_run_whose_reader_does_not_read_and_strict_tells(pair, start, tmp_path):
    """What is recorded beside it is whole."""
    path = tmp_path / "x.pcapng"
    running = start("-N", pair.a.name, "-t", "net_dev_queue", "-o", "json", "-w", path, "--strict", "--duration", "1s",
                    stdout=subprocess.PIPE, summary=True).tracing()
    send_datagrams(pair.a, pair.B4, SENT)
    result = running.ended()
    assert result.status == 3
    printed, recorded = result.summary["outputs"]
    sent = result.summary["recorded"]
    assert printed["events"] == running.process.stdout.read().count(b"\n") < sent
    assert recorded == {"name": str(path), "events": sent, "not_written": 0}
    assert events_read(path.read_bytes()) == sent
    assert f"; {printed['events']} in standard output; {sent} in {path}\n" in result.stderr


def test_a_run_that_ended_by_itself_waits_for_its_reader_until_a_signal_comes(pair, start):
    whole = blocked(pair, start, "-o", "json", "-c", SENT)
    assert whole.process.stdout.read().count(b"\n") == SENT
    assert whole.ended().summary["lost_in_all"] == 0
    cut = blocked(pair, start, "-o", "json", "-c", SENT).stop()
    assert cut.status == 0 and cut.summary["lost"]["not_written"] > 0


def test_a_second_signal_ends_it_at_once(pair, start):
    running = blocked(pair, start, "-o", "json")
    # One that comes right after the first is the first: timeout(1) sends each twice.
    wait_until(lambda: running.send(signal.SIGINT) or running.process.poll() is not None, "its end")
    assert running.process.returncode in (0, -signal.SIGINT)


def test_a_terminal_that_was_stopped_does_not_keep_the_run_from_ending(pair, start):
    """Control-S."""
    master, slave = os.openpty()
    try:
        running = start("-N", pair.a.name, "-t", "net_dev_queue", stdout=slave, summary=True).tracing()
        wait_until(lambda: b"TIME" in os.read(master, 1000), "the head line")
        termios.tcflow(slave, termios.TCOOFF)
        send_datagrams(pair.a, pair.B4, 5)
        wait_until(lambda: in_write(running.pid), "the terminal to hold it up")
        result = running.stop()
        assert (result.status, result.summary["lost"]["not_written"]) == (0, 5)
    finally:
        os.close(slave)
        os.close(master)


@pytest.mark.parametrize("when", ["from the start", "at the end"])
def test_messages_that_nobody_reads_do_not_keep_the_run_from_ending(pair, start, tmp_path, when):
    ready, fifo = tmp_path / "ready", tmp_path / "fifo"
    os.mkfifo(fifo)
    ends = [os.open(fifo, os.O_RDONLY | os.O_NONBLOCK), os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)]

    def fill():
        with pytest.raises(BlockingIOError):
            while True:
                os.write(ends[1], b"x" * 4096)

    if when == "from the start":
        fill()
    running = start("-N", pair.a.name, "-t", "net_dev_queue", "--ready-file", ready, summary=True,
                    wrapper=("sh", "-c", f'exec "$@" 2>{fifo}', "sh"))
    if when == "from the start":
        wait_until(lambda: in_write(running.pid, 2), "the first message")
    else:
        wait_until(ready.exists, "the ready file")
        fill()
    result = running.stop()
    for end in ends:
        os.close(end)
    assert (result.status, result.summary["events"]) == (0, 0)


def test_read_ends_by_a_signal_though_its_reader_does_not_read(start):
    path = RECORDING
    everything = events_read(path.read_bytes())
    reader, writer = os.pipe()
    fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
    running = start("read", "-o", "json", path, "--summary", "/dev/fd/2", stdout=writer)
    os.close(writer)
    wait_until(lambda: in_write(running.pid), "the pipe to be full")
    result = running.stop()
    summary = json.loads(result.stderr[result.stderr.index("{"):])
    with os.fdopen(reader, "rb") as rest:
        assert summary["events"] == rest.read().count(b"\n")
    assert summary["events"] + summary["lost"]["not_written"] == everything
    assert result.status == 0


@pytest.mark.parametrize("name", ["x.pcapng", "x.pcapng.zst"])
def test_a_file_that_may_not_grow_is_told_of_with_what_it_holds(pair, start, tmp_path, name):
    """RLIMIT_FSIZE, of which the signal would have killed it."""
    path, printed = tmp_path / name, tmp_path / "printed"
    running = start("-w", path, "-O", printed, "-N", pair.a.name, "-t", "net_dev_queue", summary=True,
                    wrapper=("prlimit", "--fsize=30000")).tracing()
    send_datagrams(pair.a, pair.B4, SENT)
    result = running.ended()
    assert result.status == 1 and "File too large\n" in result.stderr
    outputs = {output["name"]: output for output in result.summary["outputs"]}
    assert outputs[str(printed)]["events"] == printed.read_bytes().count(b"\n") < SENT
    assert outputs[str(path)]["events"] == events_read(path.read_bytes())
    least = min(output["events"] for output in outputs.values())
    assert result.summary["events"] == least
    assert result.summary["events"] + result.summary["lost"]["not_written"] <= SENT


def test_read_tells_what_a_full_disk_holds(tmp_path):
    shown = subprocess.run([PROGRAM, "read", "-O", "/dev/full", RECORDING], capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    assert "skbtrail: 0 events" in shown.stderr and "not written" in shown.stderr
    assert "left out" not in shown.stderr, "of what was not read nothing is known"
    assert shown.stderr.endswith("skbtrail: cannot write to /dev/full: No space left on device\n")


@pytest.mark.parametrize("name", ["x.pcapng", "x.pcapng.zst"])
def test_what_is_read_in_part_is_not_accused(pair, start, tmp_path, name):
    path = tmp_path / name
    running = start("-w", path, f"host {pair.B4}").tracing()
    send_datagrams(pair.a, pair.B4, 3000)
    running.stop()
    for words, status in (("-c", "1"), 0), (("-w", "/dev/full"), 1), (("-o", "drop", "-c", "1"), 0):
        shown = subprocess.run([PROGRAM, "read", path, *words], capture_output=True, text=True, check=False)
        assert shown.returncode == status, shown.stderr
        assert "left out" not in shown.stderr and "cut" not in shown.stderr


@pytest.mark.parametrize("name", ["x.pcapng", "x.pcapng.zst"])
def test_a_ring_of_files_on_a_full_disk_tells_what_it_holds(pair, tmp_path, name):
    disk, kept, path = tmp_path / "disk", tmp_path / "kept", tmp_path / "summary"
    disk.mkdir()
    kept.mkdir()
    script = (f"mount -t tmpfs -o size=160k none {disk} || exit 1; {PROGRAM} -w {disk}/{name} --rotate 64K "
              f"-N {pair.a.name} --summary {path} -- nsenter --net={pair.a.path} ping -q -f -c 3000 127.0.0.1 "
              f"> /dev/null; echo status $?; cp {disk}/* {kept}")
    run = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "status 125\n"
    files, summary = sorted(kept.iterdir()), json.loads(path.read_text())
    # How much waits to be compressed depends on how late that thread runs: the first file may be the last.
    assert len(files) > 1 or name.endswith(".zst")
    assert f"cannot write to {disk / files[-1].name}, the recording ends there: No space left on device\n" in run.stderr
    found = sum(events_read(file.read_bytes()) for file in files)
    assert summary["events"] == summary["outputs"][0]["events"] == found > 300
    assert summary["lost"]["not_written"] == summary["recorded"] - found > 0
    assert f"{summary['lost']['not_written']} not written" in run.stderr
