"""Fields: JSON keeps to its own schema, and what is chosen is what is shown."""

import json
import re
import signal
import subprocess
import time

import jsonschema
import pytest
from netlab import send_datagrams
from tracing import PROGRAM


@pytest.fixture(scope="module")
def schema():
    text = subprocess.run([PROGRAM, "--fields", "?", "-o", "json"], capture_output=True, text=True, check=True).stdout
    parsed = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(parsed)
    return jsonschema.Draft202012Validator(parsed)


def traffic(pair):
    pair.a.run(*pair.ping())
    send_datagrams(pair.a, pair.B4, 2)


def all_kinds(pair6):
    traffic(pair6)
    pair6.a.run(*pair6.ping(to=pair6.B6))
    pair6.a.run(*pair6.ping(to="127.0.0.1"))


@pytest.mark.parametrize("arguments", [(), ("--meta",)], ids=["default", "meta"])
def test_every_line_keeps_to_the_schema(pair6, trace, schema, arguments):
    # Without -N: what strangers do on the host has to keep to it, too.
    running = trace(*arguments)
    all_kinds(pair6)
    lines = running.stop().lines
    assert len(lines) > 50
    for line in lines:
        schema.validate(line)


@pytest.mark.floods
def test_a_gap_keeps_to_the_schema(pair, trace, schema):
    running = trace("-N", pair.a.name, "-t", "net_dev_queue,net_dev_start_xmit", "--buffer", "8K")
    running.send(signal.SIGSTOP)
    send_datagrams(pair.a, pair.B4, 300)
    running.send(signal.SIGINT)
    result = running.stop(signal.SIGCONT)
    assert result.gaps
    for line in result.lines:
        schema.validate(line)


def test_the_schema_refuses_what_is_not_an_event(schema):
    assert not schema.is_valid({"nosuch": 1})
    assert not schema.is_valid({"time": "noon"})


def strange_names(pair):
    """Device and sender have names with a quote, a backslash, a byte that is no UTF-8 and control characters."""
    device = b'q"\\\xff\xc3\xa9'
    namespace = pair.a.name.encode()
    for words in (b"link set va down", b"link set va name " + device, b"link set " + device + b" up",
                  b"neighbour replace 10.9.0.2 lladdr " + pair.macs["vb"].encode() + b" dev " + device):
        subprocess.run([b"ip", b"-n", namespace, *words.split()], check=True)
    send = ("import ctypes, socket; ctypes.CDLL(None).prctl(15, b'c\"\\n\\x1b[m'); "
            "socket.socket(2, 2).sendto(b'', ('10.9.0.2', 9))")
    return lambda: pair.a.run("/usr/bin/python3", "-c", send)


def test_strange_names_make_no_strange_json(pair, trace, schema):
    send = strange_names(pair)
    running = trace("-N", pair.a.name, "-t", "net_dev_queue")
    send()
    (event,) = running.stop().events
    schema.validate(event)
    assert (event["ifname"], event["comm"]) == ('q"\\\N{REPLACEMENT CHARACTER}\u00e9', 'c"\n\x1b[m')


def test_strange_names_write_no_control_characters_into_a_line(pair, start):
    send = strange_names(pair)
    running = start("-N", pair.a.name, "-t", "net_dev_queue", "-v").tracing()
    send()
    running.send(signal.SIGINT)
    assert running.process.wait(20) == 0
    (line,) = running.stdout_path.read_bytes().splitlines()
    assert b'c"??[m' in line
    assert not any(byte < ord(" ") for byte in line)


def test_times_are_whole_nanoseconds_that_never_go_back(pair, trace):
    running = trace("-N", pair.a.name)
    traffic(pair)
    events = running.stop().events
    for key in "time", "mono":
        times = [event[key] for event in events]
        assert all(type(one) is int for one in times)
        assert times == sorted(times)


def test_the_time_is_the_time_of_day(pair, trace):
    running = trace("-N", pair.a.name)
    before = time.time_ns()
    traffic(pair)
    after = time.time_ns()
    times = [event["time"] for event in running.stop().events]
    # The clock may be set a little while this runs.
    assert before - 1e9 < times[0] <= times[-1] < after + 1e9


def test_mono_is_the_monotonic_clock(pair, trace):
    running = trace("-N", pair.a.name)
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    traffic(pair)
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    assert all(before < event["mono"] < after for event in running.stop().events)


def keys(pair, trace, fields):
    """The keys of the queued packets, with these --fields."""
    running = trace("-N", pair.a.name, "-t", "net_dev_queue", *fields)
    send_datagrams(pair.a, pair.B4, 3)
    return [list(event) for event in running.stop().events]


def test_a_list_of_fields_is_the_keys_in_its_order(pair, trace):
    assert keys(pair, trace, ["--fields", "dst,func,len"]) == [["dst", "func", "len"]] * 3


def test_fields_are_added_and_removed(pair, trace):
    plain = keys(pair, trace, [])[0]
    changed = keys(pair, trace, ["--fields=+truesize,-packet,-cpu"])[0]
    assert changed == [key for key in plain if key not in ("packet", "cpu")] + ["truesize"]


def lines(pair, start, *arguments):
    """What layout `line` prints of three queued datagrams."""
    running = start("-N", pair.a.name, "-t", "net_dev_queue", *arguments).tracing()
    send_datagrams(pair.a, pair.B4, 3)
    printed = running.stop().stdout.splitlines()
    assert len(printed) == 3
    return printed


def test_a_list_of_fields_is_the_columns_in_its_order(pair, start):
    for line in lines(pair, start, "--fields", "dst,func,len"):
        assert line.split() == [pair.B4, "net_dev_queue", "60"]


def test_columns_are_added_and_removed(pair, start):
    for line in lines(pair, start, "--fields=+cpu,+truesize,-packet,-time"):
        assert re.fullmatch(rf"{pair.a.name} +va +net_dev_queue +\d+  truesize=\d+", line)


def test_both_layouts_tell_the_same(pair, start, trace):
    fields = ("--fields", "mono,cpu,netns_inum,ifindex,len,sport,dport")
    machine = trace("-N", pair.a.name, "-t", "net_dev_queue", *fields)
    human = start("-N", pair.a.name, "-t", "net_dev_queue", *fields).tracing()
    send_datagrams(pair.a, pair.B4, 3)
    of_machine = [list(event.values())[1:] for event in machine.stop().events]
    of_human = [[int(word) for word in line.split()][1:] for line in human.stop().stdout.splitlines()]
    assert of_machine == of_human


@pytest.mark.parametrize("style, pattern", [
    ("clock", r"\d\d:\d\d:\d\d\.\d{6}"),
    ("date", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}"),
    ("utc", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"),
    ("mono", r"\d+\.\d{6,9}"),
    ("delta", r"\+?\d+\.\d{6,9}"),
])
def test_time_is_written_in_the_style_asked_for(pair, start, style, pattern):
    for line in lines(pair, start, "--fields", "time", "--time", style):
        assert re.fullmatch(pattern, line.strip())


def kind_of(line):
    return next((kind for kind in ("notice", "summary", "gap") if kind in line), "event")


def test_notices_and_the_summary_are_objects_in_their_place(pair, trace, schema, start, tmp_path):
    one = trace("--notices", "-N", pair.a.name, "-t", "net_dev_queue", "-w", tmp_path / "all", "--where",
                "netns != 4026531840", "udp")
    send_datagrams(pair.a, pair.B4, 3)
    result = one.stop()
    for line in result.lines:
        schema.validate(line)
    kinds = [kind_of(line) for line in result.lines]
    assert kinds == ["notice", "notice", "event", "event", "event", "summary"]
    texts = [line["notice"]["text"] for line in result.lines[:2]]
    assert [f"skbtrail: {text}" for text in texts] == result.stderr.splitlines()[:2]
    assert texts[0].startswith("--where: netns is a name") and texts[1] == "tracing 1 tracepoint"
    summary = result.lines[-1]["summary"]
    assert {key: summary[key] for key in summary if key != "outputs"} == {
        key: value for key, value in result.summary.items() if key != "outputs"}

    read = start("read", "-q", "--notices", "-o", "json", tmp_path / "all").ended()
    assert [kind_of(line) for line in read.lines] == ["event"] * 3 + ["summary"]
    assert read.stderr == ""


def test_without_notices_objects_are_events_alone(pair, trace):
    one = trace("-N", pair.a.name, "-t", "net_dev_queue", "udp")
    send_datagrams(pair.a, pair.B4, 2)
    assert [kind_of(line) for line in one.stop().lines] == ["event"] * 2
