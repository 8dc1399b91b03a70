"""`as packetdrop` prints what the script of the article prints, with the packet's own addresses and the right reasons."""

import os
import re
import signal
import subprocess

import pytest
from frames import ethernet, ipv4, send_frame
from tracing import PROGRAM

pytestmark = pytest.mark.needs_fact("drop_reasons")

HEADER = ["Tracing Packet drops. Hit Ctrl-C to end.",
          "TIME     PID      COMM             IP_PROTO   REASON           SADDR:SPORT           DADDR:DPORT          "]
# "%H:%M:%S %-8d %-16s %-10s %-16s %15s:%-6d %15s:%-6d", and bpftrace's kstack below.
LINE = re.compile(r"\d\d:\d\d:\d\d \d{1,8} +\S.{15} (?P<proto>\w+) +(?P<reason>[\w:]+) +"
                  r"(?P<source>\S+):(?P<sport>\d+) +(?P<target>\S+):(?P<dport>\d+) *")
FRAME = re.compile(r"        [\w.]+\+\d+( \[\w+\])?")


def connect(netns, address, port):
    """As the article's nc does, with a closed port."""
    netns.run(*"sh -c".split(), f"exec 2>/dev/null; : | bash -c 'cat >/dev/tcp/{address}/{port}' || true")


def test_a_refused_connection_reads_as_in_the_article(pair, start):
    trace = start("as", "packetdrop", "-N", pair.b.name)
    trace.saw("Hit Ctrl-C to end.")
    connect(pair.a, pair.B4, 9)
    trace.saw("SKB_DROP_REASON_NO_SOCKET")
    result = trace.stop()
    lines = result.stdout.splitlines()
    assert (result.status, lines[:2], result.stderr) == (0, HEADER, "")
    drop = LINE.fullmatch(lines[2])
    assert drop and drop.group("proto", "reason", "target", "dport", "source") == (
        "TCP", "SKB_DROP_REASON_NO_SOCKET", pair.B4, "9", pair.A4), lines[2]
    assert lines[3] == "" and lines[-1] == ""
    assert all(FRAME.fullmatch(line) for line in lines[4:-1]), lines[4:-1]
    assert any(line.startswith("        tcp_v4_rcv+") for line in lines)


def test_the_scripts_choice_of_reasons_holds_unless_another_is_made(pair, start):
    script, all_of_them = (start("as", "packetdrop", "-N", pair.b.name, *words) for words in ((), ("--reason", "*")))
    for trace in (script, all_of_them):
        trace.saw("Hit Ctrl-C to end.")
    pair.b.ip("route add blackhole 10.201.0.0/16")
    pair.b.sysctl(net__ipv4__ip_forward=1)
    frame = ethernet(pair.macs["vb"], pair.macs["va"], ipv4(pair.A4, "10.201.0.1", 89, b"text"))
    send_frame(pair.a, "va", frame)
    connect(pair.a, pair.B4, 9)
    for trace in (script, all_of_them):
        trace.saw("NO_SOCKET")
    texts = [trace.stop().stdout for trace in (script, all_of_them)]
    assert ["NOT_SPECIFIED" in text for text in texts] == [False, True]
    assert "OSPF       SKB_DROP_REASON_NOT_SPECIFIED        10.9.0.1:0           10.201.0.1:0     \n" in texts[1]


def test_its_lines_are_the_scripts_alone_and_none_go_into_a_recording(pair, start):
    refused = start("as", "packetdrop", "-o", "json").ended()
    assert refused.status == 2 and "'skbtrail drop -o LAYOUT' has others" in refused.stderr
    trace = start("as", "packetdrop", "-v", "-w", "-", "-N", pair.b.name).tracing()
    connect(pair.a, pair.B4, 9)
    trace.send(signal.SIGINT)
    assert trace.process.wait() == 0
    with open(trace.stdout_path, "rb") as recording:
        shown = subprocess.run([PROGRAM, "read", "-"], stdin=recording, capture_output=True, text=True, check=True)
    assert "NO_SOCKET" in shown.stdout and shown.stderr == "skbtrail: 1 event, none lost\n"


def test_under_its_name_the_program_behaves_as_packetdrop(tmp_path):
    (tmp_path / "packetdrop").symlink_to(os.path.abspath(PROGRAM))
    called = [subprocess.run(words, capture_output=True, text=True, check=True).stdout
              for words in ([tmp_path / "packetdrop", "--help"], [PROGRAM, "as", "packetdrop", "-h"])]
    assert called[0] == called[1] and called[0].startswith("usage: skbtrail as packetdrop")
    assert max(map(len, called[0].splitlines())) <= 80
