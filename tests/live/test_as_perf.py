"""`as perf trace` and `as perf list` answer the commands of the document with its lines, on this kernel; and perf itself,
where it is installed, says the same of the same packets."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from container import INSIDE, VETH, Container
from netlab import run
from perf_lines import parsed, same
from tracing import PROGRAM

# The document's lines, of which what differs from ping to ping is a class of characters.
NUMBER, ADDRESS = r"\d+", "0x[0-9a-f]{16}"
SKB = (r"vlan_tagged=0 vlan_proto=0x0000 vlan_tci=0x0000 protocol=0x0800 ip_summed=\d")
FIELDS = {
    "net_dev_queue": f"dev=DEV skbaddr={ADDRESS} len=98",
    "net_dev_start_xmit": f"dev=DEV queue_mapping=0 skbaddr={ADDRESS} {SKB} len=98 data_len=0 network_offset=14 "
                          "transport_offset_valid=1 transport_offset=34 tx_flags=0 gso_size=0 gso_segs=0 gso_type=(0|0x0)",
    "netif_rx": f"dev=DEV skbaddr={ADDRESS} len=84",
    "netif_rx_entry": f"dev=DEV napi_id=(0|0x[0-9a-f]+) queue_mapping=0 skbaddr={ADDRESS} {SKB} hash=0x[0-9a-f]{{8}} "
                      r"l4_hash=\d len=84 data_len=0 truesize=\d+ mac_header_valid=1 mac_header=-14 nr_frags=0 "
                      "gso_size=0 gso_type=(0|0x0)",
}
FIELDS["netif_receive_skb_entry"] = FIELDS["netif_rx_entry"]

ALL = [("net_dev_queue", "docker0"), ("net_dev_start_xmit", "docker0"), ("net_dev_queue", VETH),
       ("net_dev_start_xmit", VETH), ("netif_rx_entry", "eth0")]
FOUR = [("net_dev_queue", "docker0"), ("net_dev_queue", VETH), ("netif_rx", "eth0"), ("net_dev_queue", "eth0"),
        ("netif_rx", VETH), ("netif_receive_skb_entry", "docker0")]
FOUR_EVENTS = [word for event in ("net_dev_queue", "netif_receive_skb_entry", "netif_rx", "napi_gro_receive_entry")
               for word in ("--event", f"net:{event}")]


def steps(text):
    return [(event.removeprefix("net:"), device) for _, event, device in parsed(text)]


@pytest.fixture
def perf(start):
    """perf(NETNS, WORDS...) runs `as perf trace` there to its end, with ping's own output apart."""

    def run_one(netns, *words):
        return start("as", "perf", "trace", *words, netns=netns).ended()

    return run_one


def until(wanted, ping):
    """On a busy host the softirq may be left to ksoftirqd, whose events are not the command's: not the document's
    situation, so it is made again."""
    for _ in range(20):
        result = ping()
        assert result.status == 0, result.stderr
        if steps(result.stderr)[:len(wanted)] == wanted:
            return result
        assert set(steps(result.stderr)) & set(wanted)
    raise AssertionError(result.stderr)


def check_form(text):
    for match, event, device in parsed(text):
        pattern = FIELDS.get(event.removeprefix("net:"))
        if pattern:
            assert re.fullmatch(pattern.replace("DEV", device), match["fields"]), match[0]
        assert match["comm"] == "ping"


def test_the_documents_first_command_gives_its_lines(lab, perf):
    container = Container(lab)
    result = until(ALL, lambda: perf(container.host, "--no-syscalls", "--event", "net:*", "ping", "-c", "1", INSIDE))
    check_form(result.stderr)
    assert result.stderr.startswith("     0.000 ping/")
    assert len({match["tid"] for match, _, _ in parsed(result.stderr)}) == 1
    assert "1 packets transmitted, 1 received" in result.stdout


def test_the_documents_second_command_gives_its_six_lines(lab, perf):
    container = Container(lab)
    result = until(FOUR, lambda: perf(container.host, "--no-syscalls", *FOUR_EVENTS, "ping", "-c", "1", INSIDE))
    assert steps(result.stderr) == FOUR
    check_form(result.stderr)
    skbs = [re.search("skbaddr=(0x[0-9a-f]+)", match["fields"])[1] for match, _, _ in parsed(result.stderr)]
    assert skbs[0] == skbs[1] == skbs[2] != skbs[3] == skbs[4] == skbs[5]


def test_another_processs_packets_are_not_shown_and_a_childs_are(pair, perf):
    other = subprocess.Popen(pair.a.command("ping", "-q", "-i", "0.002", pair.B4), stdout=subprocess.DEVNULL)
    try:
        script = f"(ping -q -c 2 -i 0.1 {pair.B4}; true) & wait; true"
        result = perf(pair.a, "-e", "net:net_dev_queue", "--", "sh", "-c", script)
    finally:
        other.kill()
        other.wait()
    sent = [line for line in parsed(result.stderr) if line[2] == "va"]
    assert len(sent) == 2, result.stderr
    assert len({match["tid"] for match, _, _ in sent}) == 1 and str(other.pid) != sent[0][0]["tid"]


def test_a_grandchild_whose_parent_is_gone_still_counts(pair, perf):
    script = f"(sh -c 'ping -q -c 1 {pair.B4}; echo done >&2' &) ; sleep 1"
    result = perf(pair.a, "-e", "net:net_dev_queue", "sh", "-c", script)
    assert ("net_dev_queue", "va") in steps(result.stderr.replace("done\n", ""))


def test_events_of_a_process_that_runs_already(pair, start, tmp_path):
    ping = subprocess.Popen(pair.a.command("ping", "-q", "-i", "0.01", pair.B4), stdout=subprocess.DEVNULL)
    try:
        result = start("as", "perf", "trace", "-p", ping.pid, "-e", "net:net_dev_queue", "--max-events", 3).ended()
    finally:
        ping.kill()
        ping.wait()
    assert [match["tid"] for match, _, _ in parsed(result.stderr)] == [str(ping.pid)] * 3


# In a PID namespace: a process that runs already, which sends when it is told to, and a command that forks.
IN_PID_NAMESPACE = """
import os, subprocess, sys, time
program, ready, target = sys.argv[1:]
perf = [program, "as", "perf", "trace", "-e", "net:net_dev_queue"]
reading, writing = os.pipe()
ping = subprocess.Popen(["sh", "-c", f"read go; exec ping -q -c 2 -i 0.01 {target}"], stdin=reading, stdout=subprocess.DEVNULL)
traced = subprocess.Popen([*perf, "-p", str(ping.pid), "--max-events", "2", "--ready-file", ready])
while not os.path.exists(ready) and traced.poll() is None:
    time.sleep(0.01)
os.write(writing, b"go\\n")
status = traced.wait()
subprocess.run([*perf, "sh", "-c", f"ping -q -c 1 {target} >&2 | cat"], check=True)
sys.exit(status)
"""


def test_in_a_pid_namespace_a_process_and_a_command_are_found_by_their_numbers_there(pair, tmp_path):
    words = pair.a.command("unshare", "-pf", "--mount-proc", sys.executable, "-c", IN_PID_NAMESPACE, PROGRAM,
                           tmp_path / "ready", pair.B4)
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, timeout=30)
    assert result.returncode == 0, result.stderr
    queued = [step for step in steps("\n".join(line for line in result.stderr.splitlines() if "net_dev_queue" in line))]
    # Of the process and of the command; the answer may be sent on the same CPU while it is there.
    assert queued.count(("net_dev_queue", "va")) >= 2, result.stderr


def test_without_a_command_all_tasks_are_shown_and_output_goes_to_a_file(pair, start, tmp_path):
    trace = start("as", "perf", "trace", "-T", "-o", tmp_path / "out", "-e", "net:net_dev_queue", "-v").tracing()
    pair.a.run(*pair.ping())
    result = trace.stop()
    assert result.stdout == ""
    assert {"va", "vb"} <= {device for _, _, device in parsed((tmp_path / "out").read_text())}
    assert min(float(match["ms"]) for match, _, _ in parsed((tmp_path / "out").read_text())) > 1000


def test_the_commands_status_is_passed_on(perf, lab):
    netns = lab.netns()
    assert perf(netns, "-e", "net:*", "sh", "-c", "exit 7").status == 7
    assert perf(netns, "-e", "net:*", "nosuchcommand").status == 127


@pytest.mark.skipif(shutil.which("perf") is None, reason="perf is not installed")
@pytest.mark.skipif(not os.path.isdir("/sys/kernel/tracing/events"), reason="perf needs tracefs mounted")
def test_perf_itself_says_the_same_event_by_event(pair, start, tmp_path):
    """perf runs the ping, and is run by us: both see each event of the ping. A program of ours that kept events from
    others would leave perf without any."""
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    result = start("as", "perf", "trace", "-o", ours, "-e", "net:*", "--",
                   "perf", "trace", "--no-syscalls", "--libtraceevent_print", "-o", theirs, "-e", "net:*",
                   "ping", "-q", "-c", "3", "-i", "0.1", pair.B4, netns=pair.a).ended()
    assert result.status == 0, result.stderr
    same(ours.read_text(), theirs.read_text())


def called(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    return done.returncode, done.stdout, done.stderr


def test_list_prints_the_documents_page():
    status, stdout, stderr = called(PROGRAM, "as", "perf", "list", "net:*")
    assert (status, stderr) == (0, "")
    head, events = stdout.split("\n\n", 1)
    assert head == "\nList of pre-defined events (to be used in -e):"
    names = [line.split()[0] for line in events.splitlines()]
    assert names == sorted(names) and "net:netif_rx" in names
    assert "  net:netif_receive_skb_list_entry                   [Tracepoint event]" in events.splitlines()
    assert {name.split(":")[0] for name in names} == {"net"}


@pytest.mark.skipif(shutil.which("perf") is None, reason="perf is not installed")
@pytest.mark.skipif(not os.path.isdir("/sys/kernel/tracing/events"), reason="perf needs tracefs mounted")
@pytest.mark.parametrize("pattern", ["net:*", "skb:*", "sock:inet*"])
def test_list_prints_what_perf_prints(pattern):
    theirs = run("perf", "list", pattern).strip("\n").splitlines()
    ours = run(PROGRAM, "as", "perf", "list", pattern).splitlines()[3:]
    assert ours == [line for line in theirs if "Tracepoint event" in line]


def test_list_without_a_pattern_prints_every_group():
    groups = {line.split(":")[0].strip() for line in run(PROGRAM, "as", "perf", "list").splitlines()[3:]}
    assert {"net", "skb", "sched", "syscalls", "sock"} <= groups


def test_a_link_named_perf_trace_behaves_as_it(tmp_path):
    (tmp_path / "perf-trace").symlink_to(os.path.abspath(PROGRAM))
    assert called(tmp_path / "perf-trace", "--help") == called(PROGRAM, "as", "perf", "trace", "--help")
    assert called(PROGRAM, "as", "perf-trace", "--help")[0] == 0


@pytest.mark.parametrize("words, message", [
    ("perf", "perf: requires a subcommand: trace or list"),
    ("perf lst", "perf: unknown subcommand 'lst'; did you mean list?"),
    ("perf record", "perf: unknown subcommand 'record'; allowed: trace, list"),
    ("perf trace ping", "perf trace: requires --event"),
    ("perf trace -s ping", "perf trace: option -s is not supported here; system calls are not shown here"),
    ("perf trace --evnt x", "perf trace: unrecognized option '--evnt'; did you mean --event?"),
    ("perf trace -e", "perf trace: "),
    ("perf trace -e net:nosuch true", "no tracepoint is called 'net:nosuch' on this kernel"),
    ("perf trace -e net:netif_rz true", "did you mean 'net:netif_rx'?"),
    ("perf trace -e net:* -p 4194303", "--pid: there is no process 4194303"),
    ("perf trace -e net:* -p x", "--pid: 'x' is not a number"),
    ("perf trace record", "perf trace: recordings are not made here"),
    ("perf trace -e net:* --", "perf trace: no command after '--'"),
    ("perf list nosuch:*", "perf list: 'nosuch:*' matches no tracepoint of this kernel"),
    ("perf list --details", "perf list: unrecognized option '--details'"),
])
def test_wrong_words_get_a_sentence_and_status_2(words, message):
    status, stdout, stderr = called(PROGRAM, "as", *words.split())
    assert (status, stdout) == (2, "")
    assert message in stderr.splitlines()[0]
    assert stderr.splitlines()[1].startswith("try 'skbtrail as perf")


@pytest.mark.parametrize("words", ["perf -h", "perf trace --help", "perf list --help"])
def test_help_fits_80_columns(words):
    status, stdout, stderr = called(PROGRAM, "as", *words.split())
    assert (status, stderr) == (0, "")
    assert max(map(len, stdout.splitlines())) <= 80
