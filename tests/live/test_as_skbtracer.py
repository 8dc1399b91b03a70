"""`as skbtracer` prints the table of the document that showed the original, on this kernel: with tracepoints alone, which
every kernel has."""

import json
import re
import socket
import urllib.request

from tracing import wait_until

HEADER = ("TIME       SKB                  NETWORK_NS   PID      CPU    INTERFACE          DEST_MAC           IP_LEN "
          "PKT_INFO                                               TRACE_INFO")
ROW = re.compile(
    r"\[\d\d:\d\d:\d\d\] \[0x(?P<skb>[0-9a-f]{16})\] \[(?P<netns>\d+)\] +(?P<pid>\d+) +(?P<cpu>\d+) +"
    r"(?P<ifname>\S+) +(?P<mac>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})  (?P<len>\d+|-) +(?P<packet>\S+) +"
    r"pkt_type=(?P<type>[A-Z]+) func=(?P<func>\w+)(?P<more>.*)")


def rows(lines):
    found = [ROW.fullmatch(line) for line in lines]
    assert found and all(found), lines
    return found


def traced(running, pair):
    """A connection over the pair that carries a few bytes and ends."""
    with pair.b.open(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((pair.B4, 8080))
        listener.listen()
        with pair.a.open(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.connect((pair.B4, 8080))
            client.sendall(b"x" * 960)
            with listener.accept()[0] as server:
                assert server.recv(2000)
    return running.ended()


def started(start, tmp_path, *words):
    ready = tmp_path / "ready"
    running = start("as", "skbtracer", "--ready-file", ready, *words)
    wait_until(lambda: ready.exists() or running.process.poll() is not None, "the ready file")
    return running


def test_ten_rows_of_a_connection_and_how_many_there_were(pair, start, tmp_path):
    running = started(start, tmp_path, "-c", "10", "-N", pair.b.inum, "--proto=tcp", "-H", pair.A4, "-P", 8080)
    result = traced(running, pair)
    assert result.status == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == HEADER
    assert lines[-4:] == ["Printed 10 events, exiting...", "", "10 event(s) received",
                          "0 event(s) lost (e.g. small buffer, delays in processing)"]
    found = rows(lines[1:-4])
    assert len(found) == 10
    assert {row["netns"] for row in found} == {str(pair.b.inum)}
    assert {row["ifname"] for row in found} == {"vb"}
    assert found[0]["packet"].startswith(f"T_SYN:{pair.A4}:") and found[0]["packet"].endswith(f"->{pair.B4}:8080")
    assert found[0]["len"] == "60"
    for column, title in ((11, "SKB"), (32, "NETWORK_NS"), (45, "PID"), (54, "CPU"), (61, "INTERFACE"), (80, "DEST_MAC"),
                          (99, "IP_LEN"), (106, "PKT_INFO"), (161, "TRACE_INFO")):
        assert HEADER.index(title) == column
        assert all(line[column - 1] == " " and line[column] != " " for line in lines[1:11]), title


def test_a_drop_has_its_reason_and_its_stack(pair, start, tmp_path):
    running = started(start, tmp_path, "--dropstack", "--noroute", "-N", pair.b.inum, "--proto=udp", "-c", "1")
    with pair.a.udp() as sender:
        sender.sendto(b"to nobody", (pair.B4, 9))
    result = running.ended()
    assert result.status == 0, result.stderr
    lines = result.stdout.splitlines()
    row, = rows(lines[1:2])
    assert row["func"] == "kfree_skb" and row["packet"].startswith("U:") and row["more"] == " reason=NO_SOCKET"
    frames = lines[2:-4]
    assert frames and all(re.fullmatch(r"    [\w.]+\+0x[0-9a-f]+", frame) for frame in frames), frames


def test_gops_serves_the_counters_of_the_run_while_it_goes_on(pair, start, tmp_path):
    """On a connection that nothing else wakes the run for."""
    running = started(start, tmp_path, "--gops", "0", "-N", pair.b.inum, "--proto=udp", "-c", "1")
    url, = re.findall(r"skbtrail: counters are at (http://127\.0\.0\.1:\d+/)\n", running.stderr())
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        counters = json.load(answer)
    assert (counters["events"], counters["lost_in_all"]) == (0, 0) and counters["seconds"] > 0
    with pair.a.udp() as sender:
        sender.sendto(b"the one", (pair.B4, 9))
    assert running.ended().status == 0


def test_an_address_of_counters_that_is_in_use_ends_the_run_before_it_begins(start):
    with socket.create_server(("127.0.0.1", 0)) as other:
        result = start("as", "skbtracer", "--gops", f"127.0.0.1:{other.getsockname()[1]}").ended()
    assert result.status == 1 and "Address already in use" in result.stderr
