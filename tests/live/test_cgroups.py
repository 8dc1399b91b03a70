"""Where a process runs: container and unit by its control group, in fields, in trails, and in a recording."""

import os
import pathlib
import secrets
import subprocess

import pytest
from tracing import wait_until

SENDER = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"from inside", (sys.argv[1], 7))
sys.stdin.read()
"""


def hierarchies():
    """Where a control group can be made: of v2 first, for every process is in it."""
    mounts = [line.split() for line in pathlib.Path("/proc/self/mounts").read_text().splitlines()]
    of_v2 = [mount[1] for mount in mounts if mount[2] == "cgroup2"]
    return of_v2 + [mount[1] for mount in mounts if mount[2] == "cgroup" and "name=systemd" in mount[3]]


@pytest.fixture
def scope():
    """A control group as docker makes it with systemd; gives the container's id and the folder."""
    container = secrets.token_hex(32)
    above = None
    for hierarchy in hierarchies():
        above = pathlib.Path(hierarchy, f"skbtrail{os.getpid()}.slice")
        try:
            above.mkdir()
            break
        except OSError:
            above = None
    if not above:
        pytest.skip("no control group can be made here: nothing is mounted, or it is read-only")
    folder = above / f"docker-{container}.scope"
    folder.mkdir()
    yield container, folder
    for each in (folder, above):
        wait_until(lambda each=each: not (each / "cgroup.procs").read_text(), f"{each} to be empty")
        each.rmdir()


def test_a_process_is_shown_with_its_container_live_and_from_a_recording(pair, scope, start, tmp_path):
    container, folder = scope
    path = tmp_path / "trace.pcapng"
    fields = "func,pid,comm,context,container,pod,unit,cgroup"
    live = start("-o", "json", "--fields", fields, "-w", path, "udp dst port 7", netns=pair.a)
    live.tracing()
    words = pair.a.command("/usr/bin/python3", "-c", SENDER, pair.B4)
    sender = subprocess.Popen(["sh", "-c", 'echo $$ >"$0"; exec "$@"', str(folder / "cgroup.procs"), *words],
                              stdin=subprocess.PIPE)
    try:
        live.saw('"net_dev_queue"')
    finally:
        sender.communicate()
    result = live.stop()
    assert result.status == 0, result.stderr
    ours = [event for event in result.events if event.get("pid") == sender.pid]
    assert ours, result.stdout
    for event in ours:
        assert event["container"] == container
        assert event["unit"] == folder.name
        assert event["cgroup"].endswith(f"{folder.parent.name}/{folder.name}")
        assert "pod" not in event
    # In a softirq the task on the CPU is anybody's.
    assert not any("container" in event for event in result.events if event["context"] != "process")
    # The process is gone, and its group may be.
    read = start("read", path, "-o", "json", "--fields", fields).ended()
    assert [event for event in read.events if event.get("pid") == sender.pid] == ours
    trails = start("read", path, "--trail").ended()
    assert f"[{sender.pid}] in container {container[:12]}" in trails.stdout
    objects = start("read", path, "--trail", "-o", "json").ended()
    processes = [process for trail in objects.lines for process in trail.get("processes", ())]
    assert {"container": container, "unit": folder.name}.items() <= next(
        process for process in processes if process["pid"] == sender.pid).items()
    # A part of the recording keeps it.
    part = tmp_path / "part.pcapng"
    assert start("read", path, "-w", part, "udp").ended().status == 0
    again = start("read", part, "-o", "json", "--fields", fields, "--where", f"container ~ '{container[:12]}*'").ended()
    assert [event for event in again.events if event.get("pid") == sender.pid] == ours


def test_where_processes_have_other_numbers_nobody_says_where_they_run(pair, start):
    """In a PID namespace with a /proc of its own, which has others under the kernel's numbers."""
    words = ("-o", "json", "--fields", "pid,cgroup", "-c", "1", "-t", "net_dev_queue", "udp dst port 7")
    there = start(*words, netns=pair.a, wrapper=("unshare", "-pf", "--mount-proc")).tracing()
    here = start(*words, netns=pair.a).tracing()
    with pair.a.udp() as sender:
        sender.sendto(b"x", (pair.B4, 7))
    assert there.ended().events == [{"pid": os.getpid()}]
    event, = here.ended().events
    assert event["pid"] == os.getpid() and event["cgroup"].startswith("/")
