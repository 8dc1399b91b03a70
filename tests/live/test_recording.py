"""Recordings: what `read` prints is what the live run printed, and other programs open them."""

import json
import os
import re
import signal
import struct
import subprocess

import pytest
from frames import ethernet, ipv4, udp4
from netlab import send_datagrams
from test_follow import CLIENT, SERVER, SERVICE, routed  # noqa: F401
from test_nat import OUTSIDE, ask_and_answer, translated  # noqa: F401
from tracing import PROGRAM, wait_until


def done(*words, status=0, **options):
    result = subprocess.run(list(map(str, words)), capture_output=True, check=False, **options)
    assert result.returncode == status, f"{words}: {result.stderr.decode()}"
    return result


def read(*words, **options):
    return done(PROGRAM, "read", *words, **options)


def events_in(path, *words):
    return [json.loads(line) for line in read("-o", "json", path, *words).stdout.splitlines()]


def traffic(pair):
    pair.a.run(*pair.ping())
    send_datagrams(pair.a, pair.B4, 3)
    pair.a.run(*pair.ping(to="127.0.0.1"))


@pytest.fixture
def recording(pair, start, tmp_path):
    """recording(ARGUMENTS...) records some traffic; gives the file and what was printed."""

    def record(*arguments, name="x.pcapng", act=lambda: traffic(pair)):
        path, printed = tmp_path / name, tmp_path / "printed"
        running = start("-w", path, "-O", printed, "-N", pair.a.name, *arguments).tracing()
        act()
        result = running.stop()
        assert result.status == 0, result.stderr
        return path, printed.read_bytes()

    return record


@pytest.mark.parametrize("words", [
    (), ("-v", "--meta"), ("-o", "json"), ("-o", "json", "--meta"), ("--stack",), ("--stack", "-o", "json"),
    ("--caller", "-v"), ("--time", "date"), ("--time", "utc"), ("--time", "mono"), ("--time", "delta"),
    ("--fields", "time,func,args"), ("-t", "net:*,sock:*,kfree_skb"), ("-t", "net:*", "-o", "json"),
    ("--fields", "+mono,+late,+stack", "-o", "json"), ("--color", "always"), ("-c", "7"),
    ("--where", "len > 40 and func ~ 'net*'")], ids=" ".join)
def test_read_prints_what_the_live_run_printed(recording, words):
    path, printed = recording(*words)
    assert len(printed.splitlines()) >= 7
    # The namespaces are gone for the reader, so that names can come from the recording alone.
    shown = read(path, *words, env={**os.environ, "TZ": os.environ.get("TZ", "")} if "TZ" in os.environ else None)
    assert shown.stdout == printed


@pytest.mark.floods
@pytest.mark.parametrize("words", [(), ("-o", "json")], ids=["line", "json"])
def test_gaps_stand_where_they_stood(pair, start, tmp_path, words):
    path, printed = tmp_path / "x.pcapng", tmp_path / "printed"
    running = start("-w", path, "-O", printed, "-N", pair.a.name, "-t", "net_dev_queue,net_dev_start_xmit", "--buffer",
                    "8K", *words).tracing()
    running.send(signal.SIGSTOP)
    send_datagrams(pair.a, pair.B4, 300)
    running.send(signal.SIGINT)
    result = running.stop(signal.SIGCONT)
    live = re.search(r"\d+ lost: .*", result.stderr).group()
    shown = read(path, *words)
    assert shown.stdout == printed.read_bytes()
    assert live in shown.stderr.decode()
    assert read("--strict", path, status=3)
    # It is not known what the filter would have said of what was lost, and the smaller recording says so, too.
    part = tmp_path / "part.pcapng"
    read(path, "udp", "-w", part)
    assert read(part, *words).stdout == read(path, "udp", *words).stdout
    assert b"that may have matched: " in read(part).stderr and read("--strict", part)


def test_w_alone_prints_nothing(pair, start, tmp_path):
    path = tmp_path / "x.pcapng"
    running = start("-w", path, "-N", pair.a.name).tracing()
    traffic(pair)
    result = running.stop()
    assert result.stdout == "" and len(events_in(path)) > 20


@pytest.mark.parametrize("words", [
    ("icmp",), ("udp", "port", "9"), ("not", "icmp"), ("-p", "udp", "--dport", "9"), ("-s", "10.9.0.1"),
    ("-i", "va"), ("-i", "lo"), ("--len", "40-60"), ("-t", "net_dev_*"), ("-x", "*skb"), ("ether", "proto", "0x0800"),
    ("--where", "dport == 9")], ids=" ".join)
def test_a_filter_finds_in_a_recording_what_it_finds_live(pair, start, tmp_path, words):
    """Two runs at the same time, one with the filter, one that records everything."""
    path, printed = tmp_path / "x.pcapng", tmp_path / "printed"
    filtered = start("--no-follow", "-O", printed, "-N", pair.a.name, "--time", "mono", *words).tracing()
    everything = start("--no-follow", "-w", path, "-N", pair.a.name).tracing()
    traffic(pair)
    everything.stop()
    assert filtered.stop().status == 0
    names = lambda text: [re.sub(r"^\S+ +", "", line) for line in text.decode().splitlines()]
    squeezed = lambda text: [" ".join(line.split()) for line in names(text)]
    live = squeezed(printed.read_bytes())
    assert len(live) > 0
    assert squeezed(read("--time", "mono", path, *words).stdout) == live


@pytest.mark.needs_fact("follows")
def test_a_packet_that_matched_is_chosen_wherever_it_goes(translated, start, tmp_path):  # noqa: F811
    """Behind NAT, too, where the filter does not hold for it."""
    client, _, server = translated
    path = tmp_path / "x.pcapng"
    running = start("-w", path, "-N", client.name, "udp").tracing()
    ask_and_answer(client, server)
    assert running.stop().status == 0
    asked = f"src host {CLIENT} and dst port 90"
    places = {(event["src"], event["dst"]) for event in events_in(path, asked)}
    assert places >= {(CLIENT, SERVICE), (OUTSIDE, SERVER)}, places
    assert SERVICE not in {src for src, _ in places}, "the answer is another packet"
    alone = {(event["src"], event["dst"]) for event in events_in(path, "--no-follow", asked)}
    assert alone == {(CLIENT, SERVICE)}
    part = tmp_path / "part.pcapng"
    assert read("-w", part, path, asked).returncode == 0
    assert events_in(part) == events_in(path, asked)


def test_what_was_not_kept_is_indeterminate_and_counted(recording, pair):
    path, _ = recording(act=lambda: send_datagrams(pair.a, pair.B4, 3, size=1000))
    # Byte 500 of the frame was not kept, byte 2000 does not exist.
    shown = read(path, "udp and ether[500] = 0x78")
    assert shown.stdout == b""
    count = int(re.search(rb"(\d+) indeterminate and not shown", shown.stderr).group(1))
    assert count == len([e for e in events_in(path) if "dport" in e])
    assert len(events_in(path, "--no-follow", "udp and ether[45] = 0x78")) == count


def test_what_was_recorded_of_a_process_reads_back_as_that_of_it(recording, pair):
    """Who owns a socket is known to the live run alone; the recording knows what it was asked for."""
    own = str(os.getpid())
    path, printed = recording("--pid", own)
    assert len(printed.splitlines()) >= 7
    assert read(path, "--pid", own).stdout == printed
    shown = read(path, "--pid", 1)
    assert shown.stdout == b"" and b" indeterminate and not shown" in shown.stderr


def test_netns_is_asked_by_the_name_that_was_recorded(recording, pair):
    path, _ = recording("--no-follow")
    everything = events_in(path)
    assert events_in(path, "-N", pair.a.name) == everything
    assert events_in(path, "-N", pair.a.inum) == everything
    assert events_in(path, "-N", "nosuch") == []
    assert b"a namespace of now" in read("-N", "pid:1", path, status=2).stderr


@pytest.mark.parametrize("words, sentence", [
    (("-N", "misspelled"), "--netns: no event in misspelled was recorded; there are: "),
    (("-i", "misspelled"), "--ifname: no event at misspelled was recorded; there are: "),
    (("--stack",), "--stack: no stack was recorded of what is shown"),
    (("--caller",), "--caller: no caller was recorded of what is shown")], ids=lambda words: "".join(words))
def test_what_is_asked_of_a_recording_and_is_not_in_it_is_told(recording, pair, words, sentence):
    path, _ = recording()
    told = read(path, *words).stderr.decode()
    assert sentence in told
    if "-N" in words:
        assert pair.a.name in told
    assert "was recorded" not in read(path, "-N", pair.a.name, "-i", "lo").stderr.decode()
    assert "was recorded" not in read(path, "-q", *words).stderr.decode()


def test_a_tracer_that_is_not_in_a_recording_leads_to_the_help_of_read(recording):
    path, _ = recording()
    assert done(PROGRAM, "read", path, "-t", "nope", status=2).stderr.decode().endswith(
        "\ntry 'skbtrail read --help'\n")


def test_reading_needs_no_privileges(recording):
    path, printed = recording()
    os.chmod(path, 0o644)
    for directory in path.parents[:3]:
        os.chmod(directory, 0o755)
    with open(path, "rb") as file:
        shown = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM, "read", "-"],
                               stdin=file, capture_output=True, check=True)
    assert shown.stdout == printed


def test_wrong_names_are_refused_with_the_nearest(recording):
    path, _ = recording()
    assert b"did you mean 'kfree_skb'" in read("-t", "kfree_skp", path, status=2).stderr
    assert b"NO_SOCKET" in read("--where", "drop_reason == NO_SOCKED", path, status=2).stderr
    assert b"cannot read" in read(path.parent / "nosuch.pcapng", status=1).stderr


# A part of it --------------------------------------------------------------------------------------------------------

def test_a_part_of_a_recording_says_what_read_says_of_the_whole(recording, tmp_path, pair):
    path, _ = recording("--stack")
    everything = ("-v", "--meta", "--stack")
    other = tmp_path / "other.pcap"
    done("editcap", "-F", "pcap", path, other)
    for words in [(), ("icmp",), ("-t", "net_dev_*"), ("-x", "life"), ("-t", "net:*"), ("-t", "skb:kfree_skb"),
                  ("-c", "7"), ("--where", "len > 60 and func ~ 'net*'"), ("-p", "udp", "--dport", "9", "-x", "link-in"),
                  ("-N", pair.a.name, "-i", "va"), ("--stack=kfree_skb",)]:
        for whole, name in [(path, "part.pcapng"), (path, "part.pcapng.zst"), (other, "part.pcapng")]:
            if (whole == other and {"-t", "-x", "-N", "--stack=kfree_skb"} & set(words)) or (words and ".zst" in name):
                continue
            part = tmp_path / name
            written = read(whole, *words, "-w", part)
            assert written.stdout == b""
            asked = (*everything[:2], *words) if words == ("--stack=kfree_skb",) else (*everything, *words)
            assert read(part, *everything).stdout == read(whole, *asked).stdout, (words, whole, name)
    assert len(events_in(path, "-t", "net:*")) > 3 and len(events_in(path, "-t", "skb:kfree_skb")) > 0
    assert 0 < len(events_in(path, "-x", "life")) < len(events_in(path))


def test_several_recordings_become_one(recording, tmp_path, pair):
    first, _ = recording("-t", "net_dev_queue,kfree_skb", "udp", name="first.pcapng")
    second, _ = recording("-t", "kfree_skb,consume_skb", "icmp", name="second.pcapng.zst")
    both = tmp_path / "both.pcapng"
    printed = read(first, second, "-v", "-w", both, "-o", "line").stdout
    assert printed == read(both, "-v").stdout == read(first, second, "-v").stdout
    assert len(done("tcpdump", "-n", "-r", both).stdout.splitlines()) == len(events_in(both))
    comment = re.search(r"Capture comment:\s+(.*)", done("capinfos", both).stdout.decode()).group(1)
    assert f"-w {first}" in comment and comment.endswith(f", then skbtrail read {first} {second} -v -w {both} -o line")


def test_what_a_smaller_recording_cannot_be_made_of_is_refused(recording, tmp_path):
    path, _ = recording()
    before = path.read_bytes()
    (tmp_path / "again.pcapng").symlink_to(path)
    for name in path, tmp_path / "again.pcapng":
        assert b"would overwrite" in read(path, "-w", name, status=2).stderr
    part = tmp_path / "part.pcapng"
    assert b"matches none of the recorded probes" in read(path, "-t", "nosuch", "-w", part, status=2).stderr
    assert b"no event of 'vxlan_rcv' was recorded" in read(path, "-t", "vxlan_rcv", "-w", part, status=1).stderr
    assert b"and no other tells of drops" in read(path, "-t", "net_dev_queue", "-o", "drop", status=1).stderr
    assert path.read_bytes() == before and not part.exists()
    assert b"No space left" in read(path, "-w", "/dev/full", status=1).stderr
    assert read(path, "-x", "vxlan_rcv", "-o", "pcapng").stdout[:4] == b"\x0a\x0d\x0d\x0a"


# Other programs ------------------------------------------------------------------------------------------------------

def tshark(path, *words):
    return done("tshark", "-n", "-r", path, *words).stdout.decode().splitlines()


def test_wireshark_shows_packets_comments_places_and_directions(recording, pair):
    path, _ = recording("-t", "net_dev_queue,netif_receive_skb,kfree_skb")
    fields = "frame.comment", "frame.interface_name", "frame.packet_flags_direction", "udp.dstport", "frame.packet_id"
    rows = [row.split("\t") for row in
            tshark(path, "-T", "fields", *(word for field in fields for word in ("-e", field)))]
    assert len(rows) == len(events_in(path))
    sent = [row for row in rows if row[0] == f"net_dev_queue in {pair.a.name}" and row[3] == "9"]
    assert len(sent) == 3
    assert {row[1] for row in sent} == {f"va@{pair.a.name}"}
    assert {int(row[2], 0) for row in sent} == {2}
    received = [row for row in rows if row[0].startswith("netif_receive_skb")]
    assert received and {int(row[2], 0) for row in received} == {1}


def test_tcpdump_reads_it(recording, pair):
    path, _ = recording()
    lines = done("tcpdump", "-n", "-r", path, "udp port 9").stdout.decode().splitlines()
    assert len(lines) == len(events_in(path, "--no-follow", "udp port 9")) > 3
    assert len(done("tcpdump", "-n", "-r", path).stdout.splitlines()) == len(events_in(path))


def test_an_empty_recording_is_one(recording):
    path, printed = recording(act=lambda: None)
    assert printed == b"" and events_in(path) == []
    done("tcpdump", "-n", "-r", path)
    tshark(path)


def test_capinfos_tells_where_it_comes_from(recording):
    path, _ = recording()
    text = done("capinfos", path).stdout.decode()
    assert f"Linux {os.uname().release}" in text
    assert "skbtrail" in re.search(r"Capture application:\s+(.*)", text).group(1)
    assert f"-w {path}" in re.search(r"Capture comment:\s+(.*)", text).group(1)


def test_what_editcap_and_mergecap_write_is_read(recording, tmp_path, pair):
    path, printed = recording("-o", "json")
    part, both = tmp_path / "part.pcapng", tmp_path / "both.pcapng"
    done("editcap", "-r", path, part, "1-5")
    assert read("-o", "json", part).stdout == b"".join(printed.splitlines(keepends=True)[:5])
    done("mergecap", "-w", both, path, path)
    assert len(events_in(both)) == 2 * len(events_in(path))


def test_recordings_of_two_runs_that_mergecap_put_together_are_read(recording, tmp_path, pair):
    """Whose names they are is told by each section's own head."""
    first, _ = recording("icmp", name="first.pcapng")
    second, _ = recording("-t", "kfree_skb,consume_skb", "udp", name="second.pcapng")
    done("mergecap", "-w", tmp_path / "both.pcapng", first, second)
    both = events_in(tmp_path / "both.pcapng")
    apart = events_in(first) + events_in(second)
    facts = lambda events: sorted((event["time"], event["func"], event["netns"]) for event in events)  # noqa: E731
    assert facts(both) == facts(apart)


def test_a_part_that_editcap_or_mergecap_made_was_not_killed(recording, tmp_path, pair):
    path, _ = recording()
    part, both = tmp_path / "part.pcapng", tmp_path / "both.pcapng"
    done("editcap", "-r", path, part, "1-5")
    done("mergecap", "-w", both, path, path)
    for file in part, both:
        assert b"killed" not in read(file).stderr
    # What skbtrail itself left without an end still is.
    data = path.read_bytes()
    last = struct.unpack("=I", data[-4:])[0]
    (tmp_path / "killed.pcapng").write_bytes(data[:-last])
    assert b"was killed, or had no room\n" in read(tmp_path / "killed.pcapng").stderr


def test_captures_of_others_are_events_without_a_place(recording, pair, tmp_path):
    path, _ = recording()
    for kind in "pcap", "pcapng":
        other = tmp_path / f"other.{kind}"
        done("tshark", "-r", path, "-F", kind, "-w", other, "-Y", "udp.dstport == 9 and not icmp")
        done("editcap", "--discard-all-secrets", "-F", kind, other, tmp_path / "again")
    events = events_in(tmp_path / "other.pcap")
    assert len(events) >= 3
    for event in events:
        assert not {"func", "cpu", "netns", "ifname", "len"} & set(event)
        assert event["dport"] == 9
    line = read(tmp_path / "other.pcap", "-c", 1).stdout.decode()
    assert re.match(r"\d\d:\d\d:\d\d\.\d{6} +- +- +- +IP 10\.9\.0\.1\.", line), line


def write_pcap(path, link_type, frames, version=(2, 4)):
    head = struct.pack("=I2H4I", 0xa1b2c3d4, *version, 0, 0, 65535, link_type)
    path.write_bytes(head + b"".join(struct.pack("=4I", 1 + i, 0, len(frame), len(frame)) + frame
                                     for i, frame in enumerate(frames)))
    return path


def cooked(way, packet, device=1, protocol=0x0800):
    return struct.pack(">3H8xH", way, device, 6, protocol) + packet


def test_which_way_is_what_the_capture_says_or_indeterminate(tmp_path):
    packet = udp4("10.0.0.1", "10.0.0.2", dport=53)
    sll = write_pcap(tmp_path / "sll.pcap", 113, [cooked(way, packet) for way in (0, 4, 4, 3)])
    count = lambda path, *words: len(events_in(path, *words))  # noqa: E731
    assert [count(sll, word) for word in ("inbound", "outbound", "udp port 53")] == [2, 2, 4]
    assert count(sll, "--where", "pkt_type == outgoing") == 2
    part = tmp_path / "part.pcapng"
    read(sll, "-w", part)
    assert [count(part, word) for word in ("inbound", "outbound", "udp port 53")] == [2, 2, 4]
    assert [int(way, 0) for way in tshark(part, "-T", "fields", "-e", "frame.packet_flags_direction")] == [1, 2, 2, 1]

    raw = write_pcap(tmp_path / "raw.pcap", 101, [packet] * 3)
    for word in "inbound", "outbound", "not outbound":
        shown = read(raw, word)
        assert shown.stdout == b"" and b"; 3 indeterminate and not shown" in shown.stderr
    assert count(raw, "inbound or udp") == 3
    # tcpdump knows no more.
    assert [len(done("tcpdump", "-nr", sll, word).stdout.splitlines()) for word in ("inbound", "outbound")] == [2, 2]
    assert done("tcpdump", "-nr", raw, "inbound", status=1)


def test_what_is_not_understood_is_named_and_indeterminate(tmp_path):
    """A link type that is not known, and what is no packet in Linux cooked."""
    unheard = write_pcap(tmp_path / "unheard.pcap", 147, [bytes(60)])
    assert b": 1 packet of link type 147 (" in read(unheard).stderr
    for word in "udp", "not udp":
        shown = read(unheard, word)
        assert shown.stdout == b"" and b"; 1 indeterminate and not shown" in shown.stderr
    frames = [cooked(0, bytes(16), device=280, protocol=12), cooked(4, b"\x45" + bytes(40), device=824, protocol=0x0800)]
    other = write_pcap(tmp_path / "cooked.pcap", 113, frames)
    shown = read(other)
    assert b"LLC" not in shown.stdout and b"IP" not in shown.stdout
    assert b": 2 packets of link type 113 (Linux cooked v1)" in shown.stderr


def test_of_wireless_frames_an_expression_may_ask_what_tcpdump_knows(tmp_path):
    beacon, ack = b"\x80" + bytes(40), b"\xd4" + bytes(9)
    path = write_pcap(tmp_path / "wlan.pcap", 105, [beacon, ack, beacon])
    assert len(events_in(path, "wlan type mgt subtype beacon")) == 2
    assert len(events_in(path, "wlan type ctl")) == 1
    assert b"802.11" in read(write_pcap(tmp_path / "e.pcap", 1, [bytes(60)]), "wlan type mgt", status=2).stderr


def test_compressed_captures_are_read_and_cut_ones_are_damaged(tmp_path):
    whole = write_pcap(tmp_path / "x.pcap", 101, [udp4("10.0.0.1", "10.0.0.2", dport=port) for port in range(2000)])
    done("gzip", "-k", whole)
    done("zstd", "-q", whole)
    for packed in tmp_path / "x.pcap.gz", tmp_path / "x.pcap.zst":
        assert read(packed).stdout == read(whole).stdout
        cut = tmp_path / f"cut{packed.suffix}"
        cut.write_bytes(packed.read_bytes()[:-20])
        for files in (cut,), (cut, whole), (whole, cut):
            shown = read(*files, status=1)
            assert b": it was cut" in shown.stderr
            assert len(shown.stdout.splitlines()) >= 2000 * (len(files) - 1)
    assert 0 < len(read(tmp_path / "cut.gz", status=1).stdout.splitlines()) <= 2000
    plain = tmp_path / "plain.pcap"
    plain.write_bytes(whole.read_bytes()[:-5])
    assert b"it ends within a packet" in read(plain).stderr
    assert b"a capture of version 2.5" in read(write_pcap(plain, 1, [], version=(2, 5)), status=1).stderr


def test_the_monotonic_time_of_a_capture_is_not_known(tmp_path):
    path = write_pcap(tmp_path / "x.pcap", 101, [udp4("10.0.0.1", "10.0.0.2")])
    assert "mono" not in events_in(path, "--fields", "time,mono")[0]
    assert re.match(rb"- ", read(path, "--time", "mono").stdout)


def test_the_time_between_events_of_two_files_is_that_of_the_times_of_day(recording, tmp_path):
    """Their monotonic clocks are of two hosts, or of none."""
    path, _ = recording()
    capture = write_pcap(tmp_path / "x.pcap", 101, [udp4("10.0.0.1", "10.0.0.2")])
    words = "-c", "3", "--fields", "time,func", capture, path
    times = [event["time"] for event in events_in(*words)]
    assert times[0] == 10**9
    deltas = [after - before for before, after in zip(times, times[1:])]
    shown = read("--time", "delta", *words).stdout.decode().split()[::2]
    assert shown == ["+0.000000000", *(f"+{delta // 10**9}.{delta % 10**9:09}" for delta in deltas)]


# Files ---------------------------------------------------------------------------------------------------------------

def test_the_packet_inside_of_a_tunnel_is_judged(tmp_path):
    """One capture of three packets: two in tunnels, one in none."""
    path, head = tmp_path / "tunnels.pcap", struct.pack("=I2H4I", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    inside = [udp4("10.1.0.1", "10.1.0.2", dport=port) for port in (53, 80)]
    packets = [ipv4("10.0.0.1", "10.0.0.2", 4, packet) for packet in inside] + [udp4("10.0.0.1", "10.0.0.2", dport=53)]
    frames = [ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", packet) for packet in packets]
    path.write_bytes(head + b"".join(struct.pack("=4I", 1, i, len(frame), len(frame)) + frame
                                     for i, frame in enumerate(frames)))
    found = events_in(path, "--inner", "udp port 53")
    assert [(event["src"], event["inner_src"]) for event in found] == [("10.0.0.1", "10.1.0.1")]
    assert len(events_in(path, "--inner", "udp")) == 2
    assert len(events_in(path, "udp port 53")) == 1


def test_the_packet_in_gtp_u_is_judged_and_named(tmp_path):
    inside = udp4("10.1.0.1", "10.1.0.2", dport=53)
    header = struct.pack("!2BHI", 0x34, 255, 8 + len(inside), 42) + bytes.fromhex("00000085" "01000900")
    path = write_pcap(tmp_path / "gtp.pcap", 101, [udp4("10.0.0.1", "10.0.0.2", dport=2152, payload=header + inside)])
    event, = events_in(path, "--inner", "udp port 53 and host 10.1.0.2", "--where", "gtp_teid == 42")
    assert [event[name] for name in ("tunnel", "gtp_type", "inner_dst", "inner_dport")] == ["gtp", "G-PDU", "10.1.0.2", 53]
    assert events_in(path, "--inner", "tcp") == []


def test_several_files_are_merged_by_time(pair, start, tmp_path):
    paths = tmp_path / "a.pcapng", tmp_path / "b.pcapng"
    whole = tmp_path / "all.pcapng"
    tracers = "net_dev_queue", "netif_receive_skb"
    runs = [start("-w", path, "-N", pair.a.name, "-t", tracer).tracing() for path, tracer in zip(paths, tracers)]
    traffic(pair)
    for run in runs:
        run.stop()
    merged = events_in(*paths)
    times = [event["time"] for event in merged]
    assert times == sorted(times) and {event["func"] for event in merged} == set(tracers)
    assert len(merged) == sum(len(events_in(path)) for path in paths)
    del whole


def test_a_compressed_recording_is_read_alike(recording):
    path, printed = recording(name="x.pcapng.zst")
    assert path.read_bytes()[:4] == b"\x28\xb5\x2f\xfd"
    assert read(path).stdout == printed
    done("zstd", "-dqf", path, "-o", f"{path}.plain")
    assert len(tshark(f"{path}.plain")) == len(printed.splitlines())


@pytest.mark.parametrize("name", ["x.pcapng", "x.pcapng.zst"])
def test_killed_it_leaves_what_was_written(pair, start, tmp_path, name):
    path = tmp_path / name
    running = start("-w", path, "-N", pair.a.name).tracing()
    send_datagrams(pair.a, pair.B4, 50)
    wait_until(lambda: read(path).stdout.count(b"net_dev_queue") == 50, "the events to be written")
    running.send(signal.SIGKILL)
    running.ended()
    shown = read(path)
    assert shown.stdout.count(b"net_dev_queue") == 50
    assert b"it was not ended" in shown.stderr


@pytest.mark.parametrize("option", ["-w", "-O"])
def test_a_file_that_another_run_writes_is_left_alone(pair, start, tmp_path, option):
    path = tmp_path / "all.pcapng"
    running = start(option, path, "-N", pair.a.name, "-t", "net_dev_queue").tracing()
    second = start(option, path, "-N", pair.a.name, "-t", "net_dev_queue").ended()
    assert second.status == 1
    assert second.stderr == f"skbtrail: cannot write '{path}': another run writes to it\n"
    send_datagrams(pair.a, pair.B4, 5)
    assert running.stop().status == 0
    text = read(path).stdout.decode() if option == "-w" else path.read_text()
    assert text.count("net_dev_queue") == 5


@pytest.mark.parametrize("words", [("-t", "kfree_skb"), ("-o", "drop")], ids=["a tracer", "drops"])
def test_what_is_wrong_with_a_file_is_said_before_what_is_not_in_it(tmp_path, words):
    junk = tmp_path / "junk"
    junk.write_text("junk\n")
    assert b"neither a recording nor a capture" in read(junk, *words, status=1).stderr


def test_a_full_disk_is_told_to_those_who_read_objects(pair, tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    script = (f"mount -t tmpfs -o size=64k none {mount} && {PROGRAM} -w {mount}/x.pcapng -o json --notices -N {pair.a.name} -- "
              f"nsenter --net={pair.a.path} ping -q -f -c 500 127.0.0.1")
    objects = [json.loads(line) for line in done("unshare", "-m", "sh", "-c", script, status=125).stdout.splitlines()]
    summary = objects[-1]["summary"]
    assert summary["lost_in_all"] == summary["lost"]["not_written"] > 0
    assert any("No space left on device" in one["notice"]["text"] for one in objects if "notice" in one)


def test_a_full_disk_is_told_and_leaves_a_readable_file(pair, tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    script = (f"mount -t tmpfs -o size=256k none {mount} && {{ {PROGRAM} -w {mount}/x.pcapng -N {pair.a.name} -- "
              f"nsenter --net={pair.a.path} ping -q -f -c 2000 127.0.0.1 >/dev/null; echo status $? >&2; "
              f"{PROGRAM} read {mount}/x.pcapng | wc -l; tcpdump -nr {mount}/x.pcapng 2>&1 >/dev/null | tail -1 >&2; }}")
    result = done("unshare", "-m", "sh", "-c", script)
    text = result.stderr.decode()
    assert "No space left on device" in text and "status 125" in text
    assert "it ends within" not in text and "truncated" not in text
    assert int(result.stdout) > 300


def test_a_ring_of_files_keeps_the_last(pair, start, tmp_path):
    path = tmp_path / "ring" / "x.pcapng"
    path.parent.mkdir()
    for runs in 1, 2:
        running = start("-w", path, "--rotate", "64K,3", "-N", pair.a.name).tracing()
        send_datagrams(pair.a, pair.B4, 1000)
        sent = running.stop()
        assert sent.status == 0
        files = sorted(path.parent.iterdir())
        assert len(files) == 3
        assert all(re.fullmatch(r"x_\d{5}\.pcapng", file.name) for file in files)
        assert all(file.stat().st_size < 100 << 10 for file in files)
        for file in files:
            one = read(file)
            assert one.stdout and b"not ended" not in one.stderr
            assert pair.a.name.encode() in one.stdout
        assert read("--follow-file", files[0], timeout=20).stdout, "a later file goes on where it ends"
        together = events_in(*files)
        assert len(together) == sum(len(events_in(file)) for file in files)
        del runs


def test_a_growing_file_is_followed(pair, start, tmp_path):
    path = tmp_path / "x.pcapng"
    running = start("-w", path, "-N", pair.a.name, "-t", "net_dev_queue").tracing()
    follower = start("read", "--follow-file", path)
    for number in 1, 2, 3:
        send_datagrams(pair.a, pair.B4, 1)
        wait_until(lambda count=number: follower.stdout().count("net_dev_queue") == count, "the event")
    running.stop()
    assert follower.ended().status == 0  # its end is the follower's


def test_that_a_file_without_an_end_is_waited_for_is_said_once(recording, start, tmp_path):
    path, _ = recording()
    part = tmp_path / "part.pcapng"
    done("editcap", "-r", path, part, "1-5")
    follower = start("read", "--follow-file", part, path)
    wait_until(lambda: f"waiting for more of {part}; Ctrl-C ends\n" in follower.stderr(), "the note")
    result = follower.stop()
    assert result.status == 0
    assert result.stderr.count("waiting for") == 1


def test_a_damaged_file_and_a_pipe_without_a_writer_are_not_waited_for(recording, tmp_path):
    path, _ = recording()
    recorded = path.read_bytes()
    damaged, part = tmp_path / "damaged.pcapng", tmp_path / "part.pcapng"
    damaged.write_bytes(recorded[:-300] + b"\xff" * 300)
    result = done(PROGRAM, "read", "--follow-file", damaged, path, status=1, timeout=20)
    assert result.stdout and b"waiting for" not in result.stderr
    assert f"{damaged}: ".encode() in result.stderr and b"the rest is not read" in result.stderr
    done("editcap", "-r", path, part, "1-5")
    result = done("sh", "-c", f"cat {part} | {PROGRAM} read --follow-file -", timeout=20)
    assert result.stdout.count(b"\n") == 5 and b"waiting for" not in result.stderr


def test_pcapng_on_standard_output_is_live(pair, start):
    reader = subprocess.Popen(["tshark", "-l", "-n", "-r", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    running = start("-o", "pcapng", "-N", pair.a.name, "-t", "net_dev_queue", stdout=reader.stdin).tracing()
    reader.stdin.close()
    send_datagrams(pair.a, pair.B4, 1)
    assert b"10.9.0.2" in reader.stdout.readline()
    running.stop()
    assert reader.wait(60) == 0


def test_a_closed_pipe_ends_it_quietly(pair, start):
    reader = subprocess.Popen(["head", "-c", "10"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    running = start("-o", "pcapng", "-N", pair.a.name, stdout=reader.stdin).tracing()
    reader.stdin.close()
    send_datagrams(pair.a, pair.B4, 5)
    result = running.ended()
    assert result.status == 0 and "cannot" not in result.stderr


def unpacked(packed):
    """The words that src/recording/packed.h packs."""
    words, at = [], 1
    while at < len(packed):
        present, at = packed[at], at + 1
        for word in range(8):
            number = 0
            if present >> word & 1:
                which, at = packed[at], at + 1
                for byte in range(8):
                    if which >> byte & 1:
                        number |= packed[at] << 8 * byte
                        at += 1
            words.append(number)
    return words[:len(words) - 8 + packed[0]]


def packed(words):
    out = bytearray([(len(words) - 1) % 8 + 1])
    for first in range(0, len(words), 8):
        group = words[first:first + 8]
        out.append(sum(1 << i for i, word in enumerate(group) if word))
        for word in filter(None, group):
            digits = word.to_bytes(8, "little")
            out.append(sum(1 << i for i, digit in enumerate(digits) if digit))
            out += bytes(digit for digit in digits if digit)
    return bytes(out)


def with_options(body, change):
    """A block's options with those of ours changed: change(kind, rest)."""
    out, at = b"", 0
    while True:
        code, size = struct.unpack_from("=2H", body, at)
        value = body[at + 4:at + 4 + size]
        at += 4 + (size + 3) // 4 * 4
        if code == 2989 and value[:5] == struct.pack("=I", 32473) + b"s":
            value = value[:7] + change(value[6], value[7:])
        out += struct.pack("=2H", code, len(value)) + value + bytes(-len(value) % 4)
        if code == 0:
            return out


def from_the_future(recording):
    """Each event has a section "weather" that no version knows, after all others, and each task is 16 bytes longer."""

    def in_head(kind, rest):
        if kind != 32:
            return rest
        head = json.loads(rest)
        for section in head["sections"]:
            if section["name"] == "drop":
                section["bit"], section["size"] = 21, 24
        head["sections"].insert(-1, {"name": "weather", "bit": 27, "size": 16})
        return json.dumps(head).encode()

    def in_event(kind, rest):
        if kind >= 32 or kind & 8:
            return rest
        words = unpacked(rest)
        sections = words[5] & 0xffffffff
        # After core, result and task, of which the task's is usual.
        drop = 7 + (sections >> 3 & 1) + (0 if sections >> 1 & 1 else 4)
        if sections >> 2 & 1:
            sections = sections & ~(1 << 2) | 1 << 21
            words.insert(drop + 2, 0xdead)
        words[5] = words[5] & ~0xffffffff | sections | 1 << 27
        return packed(words + [0xbad, 0xbad])

    out, at = b"", 0
    while at < len(recording):
        kind, size = struct.unpack_from("=2I", recording, at)
        body = recording[at + 8:at + size - 4]
        at += size
        if kind == 0x0a0d0d0a:
            body = body[:16] + with_options(body[16:], in_head)
        elif kind == 6:
            fixed = 20 + (struct.unpack_from("=I", body, 12)[0] + 3) // 4 * 4
            body = body[:fixed] + with_options(body[fixed:], in_event)
        out += struct.pack("=2I", kind, len(body) + 12) + body + struct.pack("=I", len(body) + 12)
    return out


def test_a_recording_with_a_section_from_the_future_is_read_without_it_and_says_so(recording, tmp_path):
    path, printed = recording()
    assert b"NO_SOCKET" in printed
    future, again = tmp_path / "future.pcapng", tmp_path / "again.pcapng"
    future.write_bytes(from_the_future(path.read_bytes()))
    result = read(future)
    assert result.stdout == printed
    told = f"{future}: its events have a section 'weather' that this version does not know: it is not shown"
    assert result.stderr.decode().count(told) == 1
    written = read(future, "-w", again).stderr.decode()
    assert told + ", but kept in what is written" in written
    cut = f"{future}: the section 'drop' of its events is longer than this version knows: the rest of it is not shown"
    assert result.stderr.decode().count(cut) == 1
    assert cut + ", nor kept in what is written" in written
    result = read(again)
    assert result.stdout == printed
    assert result.stderr.decode().count("a section 'weather'") == 1
    assert "is longer than" not in result.stderr.decode()
