"""Any tracepoint, with what it hands out as its format file says: by name, group and glob."""

import json
import os
import shutil
import socket
import subprocess
import tempfile

import pytest
from netlab import send_datagrams, with_capabilities
from tracing import PROGRAM


def listed(*words):
    return subprocess.run([PROGRAM, "list", *words], capture_output=True, text=True, check=True).stdout


def tcp_server(netns):
    with netns.entered():
        server = socket.socket()
        server.bind(("127.0.0.1", 0))
        server.listen()
    return server, server.getsockname()[1]


def test_packets_come_with_what_their_tracepoint_hands_out(pair, trace):
    running = trace("-N", pair.a.name, "-t", "net:net_dev_queue,net:net_dev_start_xmit", "udp port 9")
    send_datagrams(pair.a, pair.B4, 3, size=18)
    events = running.stop().events
    assert len(events) == 6
    for event in events:
        args = event["args"]
        assert (event["proto"], event["dport"], event["ifname"]) == ("udp", 9, "va")
        assert args["skbaddr"] == event["skb"]
        assert args["len"] == event["len"] == 60
        assert args["name"] == "va"
    assert {event["args"]["protocol"] for event in events if event["func"] == "net_dev_start_xmit"} == {0x0800}


def test_a_group_is_all_of_its_tracepoints(pair, trace):
    running = trace("-N", pair.a.name, "-t", "net:*")
    pair.a.run(*pair.ping())
    result = running.stop()
    assert result.summary["probes"] == len(listed("net:*").splitlines())
    assert result.summary["skipped"] == []
    assert {"net_dev_queue", "netif_receive_skb"} <= {event["func"] for event in result.events}
    assert all("args" in event for event in result.events)


def test_a_tracepoint_without_an_skb_tells_its_socket_and_namespace(lab, trace):
    here, elsewhere = lab.netns("h"), lab.netns("e")
    running = trace("-N", here.name, "-t", "inet_sock_set_state")
    for netns in (here, elsewhere):
        netns.ip("link set lo up")
        server, port = tcp_server(netns)
        with server, netns.entered(), socket.create_connection(("127.0.0.1", port)):
            pass
        if netns is here:
            wanted = port
    events = running.stop().events
    assert events and {event["netns"] for event in events} == {here.name}
    states = [(event["args"]["oldstate"], event["args"]["newstate"]) for event in events
              if event["args"]["sport"] == wanted]
    assert states[0] == (7, 10), "TCP_CLOSE to TCP_LISTEN"
    assert all(event["args"]["skaddr"] == event["sk"] for event in events)
    assert all("packet" not in event and "skb" not in event for event in events)


def test_a_line_shows_values_by_name(lab, start):
    netns = lab.netns("h")
    netns.ip("link set lo up")
    running = start("-N", netns.name, "-t", "sock:inet_sock_set_state").tracing()
    server, port = tcp_server(netns)
    server.close()
    result = running.stop()
    first = result.stdout.splitlines()[0]
    assert "oldstate=TCP_CLOSE newstate=TCP_LISTEN" in first
    assert f"sport={port} " in first
    assert "saddr=127.0.0.1 " in first


def test_tasks_texts_and_system_calls_are_told(trace_command):
    # A name of its own, for others on the machine run programs, too; in a short path, of which all is told.
    name = f"cat{os.getpid()}"
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        shutil.copy("/bin/cat", f"{folder}/{name}")
        result = trace_command(["/bin/sh", "-c", f"exec {folder}/{name} {folder}/nothing"], "-t",
                               "sched:sched_process_exec,syscalls:sys_enter_openat", "--where", f"comm == {name}")
    executed = [event for event in result.events if event["func"] == "sched_process_exec"]
    assert [os.path.basename(event["args"]["filename"]) for event in executed] == [name]
    assert executed[0]["args"]["pid"] == executed[0]["pid"]
    opened = [event for event in result.events if event["func"] == "sys_enter_openat"]
    assert opened and all(event["context"] == "process" for event in opened)
    assert result.status == 1


def test_the_arguments_of_all_are_there_if_the_field_is_asked_for(pair, trace):
    running = trace("-N", pair.a.name, "--fields", "func,args", "-t", "net_dev_queue,kfree_skb")
    pair.a.run(*pair.ping())
    events = running.stop().events
    assert events and all(event["args"]["skbaddr"].startswith("0xffff") or event["args"]["skbaddr"].startswith("0xff1")
                          for event in events)


def test_what_a_tracepoint_hands_out_can_be_asked_for(pair, trace):
    running = trace("-N", pair.a.name, "-t", "net:net_dev_queue", "--where", "args ~ '*len=142 *'")
    send_datagrams(pair.a, pair.B4, 2, size=18)
    send_datagrams(pair.a, pair.B4, 1, size=100)
    assert [event["args"]["len"] for event in running.stop().events] == [142]


def test_an_argument_is_asked_for_by_its_name_live_and_in_a_recording(pair, trace, tmp_path):
    path = tmp_path / "a.pcapng"
    running = trace("-N", pair.a.name, "-t", "net_dev_queue", "--where", "args.len in (100-150) and args.name == va")
    keeping = trace("-N", pair.a.name, "-t", "net:net_dev_queue", "-w", path)
    for size in (50, 100, 200):
        send_datagrams(pair.a, pair.B4, 1, size=size)
    assert [event["args"]["len"] for event in running.stop().events] == [142]
    keeping.stop()
    again = subprocess.run([PROGRAM, "read", path, "-o", "json", "--where", "args.len == 142"], capture_output=True,
                           text=True, check=True)
    assert [json.loads(line)["args"]["len"] for line in again.stdout.splitlines()] == [142]


def test_an_argument_that_nothing_hands_out_is_refused():
    refused = subprocess.run([PROGRAM, "-t", "net_dev_queue", "--where", "args.lenn == 1"], capture_output=True, text=True,
                             check=False)
    assert refused.returncode == 2
    assert "--where: nothing that is traced hands out 'lenn'; did you mean args.len?" in refused.stderr


def test_excluded_ones_are_not_there(pair, trace):
    running = trace("-N", pair.a.name, "-t", "net:*", "-x", "net:netif_*,net_dev_xmit")
    pair.a.run(*pair.ping())
    seen = {event["func"] for event in running.stop().events}
    assert "net_dev_queue" in seen
    assert not seen & {"netif_rx", "netif_receive_skb", "net_dev_xmit"}


@pytest.mark.floods
def test_in_a_flood_each_hit_has_its_own_arguments(pair, trace):
    """The typed program takes from the classic one what was put aside just before, and never another hit's."""
    running = trace("-N", pair.a.name, "-t", "net:net_dev_queue,net:net_dev_xmit", "--buffer", "64M", "-p", "icmp,udp",
                    "-x", "net_dev_xmit")
    send_datagrams(pair.a, pair.B4, 5000)
    result = running.stop()
    assert len(result.events) == 5000
    assert all(event["args"]["skbaddr"] == event["skb"] for event in result.events if "args" in event)
    assert sum("args" in event for event in result.events) > 4990


def test_list_prints_names_groups_and_who_has_a_packet():
    lines = listed("net:*").splitlines()
    assert all(line.startswith("net:") for line in lines)
    assert any(line.split() == ["net:net_dev_queue", "skb"] for line in lines)
    assert any(line.split() == ["net:netif_rx_exit"] for line in lines)
    assert set(lines) < set(listed().splitlines()) or len(listed().splitlines()) > len(lines)


def test_list_shows_the_fields_of_the_format_file():
    text = listed("-v", "inet_sock_set_state")
    assert "sock:inet_sock_set_state\n" in text
    assert "\n    oldstate                 int: 1 TCP_ESTABLISHED, 2 TCP_SYN_SENT" in text
    assert "    saddr                    __u8[4]\n" in text


@pytest.mark.parametrize("words, told", [
    (("nosuch:*",), "'nosuch:*' matches no tracepoint of this kernel"),
    (("net:net_dev_quee",), "did you mean 'net:net_dev_queue'?"),
    (("--nosuch",), "unrecognized option '--nosuch'"),
])
def test_list_says_what_is_wrong(words, told):
    result = subprocess.run([PROGRAM, "list", *words], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert told in result.stderr
    assert result.stdout == ""


def tracefs_mounts():
    """Lines of tracefs only: other tests that run beside this one mount their namespaces meanwhile."""
    return [line for line in open("/proc/self/mountinfo") if " - tracefs " in line]


def test_nothing_is_left_of_a_run_that_was_killed(pair, trace):
    mounts = tracefs_mounts()
    running = trace("-N", pair.a.name, "-t", "net:*")
    running.kill()
    assert tracefs_mounts() == mounts
    assert json.loads(subprocess.run([PROGRAM, "-o", "json", "-t", "net:net_dev_queue", "-N", pair.a.name, "--", "true"],
                                     capture_output=True, text=True, check=True).stdout or "{}") == {}


def test_without_tracefs_the_arguments_of_btf_take_the_place_of_format_files(lab, start):
    netns = lab.netns("h")
    netns.ip("link set lo up")
    # Without a summary: who traces here may not write to the test's directory.
    running = start("-o", "json", "-N", netns.inum, "-t", "sock:inet_sock_set_state,net:net_dev_xmit",
                    wrapper=with_capabilities("bpf", "perfmon", "net_admin")).tracing()
    server, port = tcp_server(netns)
    server.close()
    result = running.stop()
    event = next(event for event in result.events if event["func"] == "inet_sock_set_state")
    assert event["args"] == {"sk": event["sk"], "oldstate": 7, "newstate": 10}
    assert "what tracepoints hand out is told by their arguments, not by format files: tracefs cannot be opened" \
        in result.stderr


def test_without_tracefs_a_glob_of_a_group_is_refused_with_the_reason():
    words = [*with_capabilities("bpf", "perfmon", "net_admin"), PROGRAM, "-t", "net:*"]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "'net:*' cannot be looked up: tracefs cannot be opened" in result.stderr


def test_without_privileges_list_still_has_the_names():
    words = [*with_capabilities(), PROGRAM, "list"]
    result = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ["net_dev_queue", "skb"] in [line.split() for line in result.stdout.splitlines()]
    assert "groups and format files are not shown: tracefs cannot be opened" in result.stderr
