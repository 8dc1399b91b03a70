"""`as tracepkt` prints the lines of the article that showed the original, on this kernel."""

import itertools
import os
import subprocess

import pytest
from container import HOST, INSIDE, VETH, Container
from netlab import run
from tracing import PROGRAM

IDS = itertools.count(os.getpid() % 50000 + 5000)


@pytest.fixture
def tracepkt(start):
    """tracepkt(NETNS, WORDS...) runs it there to its end."""

    def run_one(netns, *words):
        return start("as", "tracepkt", *words, netns=netns).ended()

    return run_one


def lines(netns, icmp_id, text):
    """The article's lines, with what is of the test's own making: the namespaces' numbers and ping's identifier."""
    for name, one in netns.items():
        text = text.replace(name.rjust(12), str(one.inum).rjust(12))
    return text.replace("#ID", f"#{icmp_id:05}")


LOOPBACK = """\
[        HOST]               lo request #ID.001 127.0.0.1 -> 127.0.0.1
[        HOST]               lo request #ID.001 127.0.0.1 -> 127.0.0.1
[        HOST]               lo   reply #ID.001 127.0.0.1 -> 127.0.0.1
[        HOST]               lo   reply #ID.001 127.0.0.1 -> 127.0.0.1
"""

CONTAINER = f"""\
[        HOST]          docker0 request #ID.001 {HOST} -> {INSIDE}
[        HOST]      {VETH} request #ID.001 {HOST} -> {INSIDE}
[      INSIDE]             eth0 request #ID.001 {HOST} -> {INSIDE}
[      INSIDE]             eth0   reply #ID.001 {INSIDE} -> {HOST}
[        HOST]      {VETH}   reply #ID.001 {INSIDE} -> {HOST}
[        HOST]          docker0   reply #ID.001 {INSIDE} -> {HOST}
"""


def test_a_ping_of_localhost_gives_the_four_lines_of_the_article(lab, tracepkt):
    host, icmp_id = lab.netns("h"), next(IDS)
    result = tracepkt(host, "-4", "-e", icmp_id, "localhost")
    assert result.status == 0
    assert result.stdout == lines({"HOST": host}, icmp_id, LOOPBACK)


def test_a_ping_of_a_container_gives_the_six_lines_of_the_article(lab, tracepkt):
    container, icmp_id = Container(lab), next(IDS)
    result = tracepkt(container.host, "-e", icmp_id, INSIDE)
    assert result.status == 0
    assert result.stdout == lines({"HOST": container.host, "INSIDE": container.inside}, icmp_id, CONTAINER)


def test_an_ipv6_ping_reads_the_same(pair6, tracepkt):
    icmp_id = next(IDS)
    result = tracepkt(pair6.a, "-e", icmp_id, pair6.B6)
    a, b, echo = f"[{pair6.a.inum:>12}] {'va':>16}", f"[{pair6.b.inum:>12}] {'vb':>16}", f"#{icmp_id:05}.001"
    assert result.stdout.splitlines() == [
        f"{a} request {echo} {pair6.A6} -> {pair6.B6}", f"{b} request {echo} {pair6.A6} -> {pair6.B6}",
        f"{b}   reply {echo} {pair6.B6} -> {pair6.A6}", f"{a}   reply {echo} {pair6.B6} -> {pair6.A6}"]


def test_its_own_ping_alone_is_shown(pair, tracepkt):
    other = subprocess.Popen(pair.a.command("ping", "-q", "-i", "0.002", pair.B4), stdout=subprocess.DEVNULL)
    try:
        result = tracepkt(pair.a, "-c", "3", "-i", "0.05", pair.B4)
    finally:
        other.kill()
        other.wait()
    echoes = [line.split()[4 if line.startswith("[ ") else 3] for line in result.stdout.splitlines()]
    assert len(echoes) == 12, result.stdout
    assert len({echo.split(".")[0] for echo in echoes}) == 1
    assert [echo.split(".")[1] for echo in echoes] == ["001"] * 4 + ["002"] * 4 + ["003"] * 4


def test_without_a_target_every_ping_is_shown_until_it_is_stopped(pair, start):
    trace = start("as", "tracepkt", "--netns", pair.b.name).tracing()
    icmp_id = next(IDS)
    pair.a.run(*pair.ping("-e", icmp_id))
    trace.saw("reply")
    result = trace.stop()
    assert result.status == 0
    assert result.stdout.splitlines() == [
        f"[{pair.b.inum:>12}] {'vb':>16} request #{icmp_id:05}.001 {pair.A4} -> {pair.B4}",
        f"[{pair.b.inum:>12}] {'vb':>16}   reply #{icmp_id:05}.001 {pair.B4} -> {pair.A4}"]


def test_nothing_but_echoes_is_shown(pair, start):
    trace = start("as", "tracepkt", "--netns", pair.b.name).tracing()
    with pair.a.udp() as s:
        s.sendto(b"x", (pair.B4, 9))  # answered by an ICMP error
    pair.a.run(*pair.ping())
    trace.saw("reply")
    assert [line.split()[-4] for line in trace.stop().stdout.splitlines()] != []
    assert "9" not in trace.stdout().split()


def test_pings_exit_status_is_passed_on(pair, tracepkt):
    result = tracepkt(pair.a, "-W", "1", "10.9.0.77")
    assert (result.status, "skbtrail: ping got no answer" in result.stderr) == (1, True)
    result = tracepkt(pair.a, "nosuch.invalid")
    assert (result.status, "nosuch.invalid" in result.stderr) == (2, True)


@pytest.mark.needs_fact("drop_reasons")
@pytest.mark.parametrize("version", [4, 6])
def test_an_address_that_nobody_has_shows_who_was_asked_and_the_drop(pair6, tracepkt, version):
    pair = pair6
    target, kind, sender = ("10.9.9.9", "arp", "10.9.9.1") if version == 4 else ("fd99::9", "ndp", "fd99::1")
    pair.a.ip(f"addr add {sender}/{24 if version == 4 else 64} dev va {'nodad' if version == 6 else ''}")
    pair.a.sysctl(**{f"net__ipv{version}__neigh__va__retrans_time_ms": 20})
    result = tracepkt(pair.a, "-W", "20", target)
    a, b = f"[{pair.a.inum:>12}] {'va':>16}", f"[{pair.b.inum:>12}] {'vb':>16}"
    shown = [line for line in result.stdout.splitlines() if target in line]
    assert shown[0] == f"{a} {kind:>7} {'':10} who has {target}, tell {sender}"
    assert shown[1] == f"{b} {kind:>7} {'':10} who has {target}, tell {sender}"
    assert shown[-1].startswith(f"{a} dropped #") and f"{sender} -> {target}" in shown[-1]
    assert " at " in shown[-1]
    assert result.status == 1 and "skbtrail: ping got no answer" in result.stderr


def test_more_has_answered_questions_and_says_what_this_kernel_cannot_tell(pair, tracepkt):
    pair.a.ip("neigh flush dev va", f"neigh del {pair.B4} dev va")
    result = tracepkt(pair.a, "--more", pair.B4)
    a, b = f"[{pair.a.inum:>12}] {'va':>16}", f"[{pair.b.inum:>12}] {'vb':>16}"
    lines_of_arp = [line for line in result.stdout.splitlines() if " arp " in line]
    assert lines_of_arp == [f"{end} {'arp':>7} {'':10} {text}" for end, text in (
        (a, f"who has {pair.B4}, tell {pair.A4}"), (b, f"who has {pair.B4}, tell {pair.A4}"),
        (b, f"{pair.B4} is at {pair.macs['vb']}"), (a, f"{pair.B4} is at {pair.macs['vb']}"))]
    assert result.stdout.splitlines()[4].startswith(f"{a} request #")
    assert ("--more: routes and verdicts are not shown" in result.stderr) == (" arrived " not in result.stdout)


def test_what_ping_says_is_shown_if_asked_for(pair, tracepkt):
    assert "1 packets transmitted, 1 received" not in tracepkt(pair.a, pair.B4).stderr
    assert "1 packets transmitted, 1 received" in tracepkt(pair.a, "--verbose", pair.B4).stderr


def called(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_under_its_name_the_program_behaves_as_tracepkt(tmp_path, pair):
    (tmp_path / "tracepkt").symlink_to(os.path.abspath(PROGRAM))
    assert called(tmp_path / "tracepkt", "--help") == called(PROGRAM, "as", "tracepkt", "--help")
    assert "request" in run(*pair.a.command(tmp_path / "tracepkt", pair.B4))


@pytest.mark.parametrize("words, message", [
    (("as",), "as: requires a tool: tracepkt"),
    (("as", "tracepk"), "as: unknown tool 'tracepk'; did you mean tracepkt?"),
    (("as", "zzz"), "as: unknown tool 'zzz'; allowed: tracepkt"),
    (("as", "tracepkt", "--netn", "x"), "tracepkt: unrecognized option '--netn'; did you mean --netns?"),
    (("as", "tracepkt", "--netns"), "--netns: requires a value"),
    (("as", "tracepkt", "--netns", "nosuch"), "--netns: no network namespace 'nosuch'"),
    (("as", "tracepkt", "-e", "x", "127.0.0.1"), "-e: 'x' is not a number"),
])
def test_wrong_words_get_a_sentence_and_status_2(words, message):
    status, stdout, stderr = called(PROGRAM, *words)
    assert (status, stdout) == (2, "")
    assert message in stderr.splitlines()[0]
    assert stderr.splitlines()[1].startswith("try 'skbtrail as ")


@pytest.mark.parametrize("words", [("as", "--help"), ("as", "tracepkt", "--help"), ("as", "tracepkt", "-h")])
def test_help_fits_80_columns(words):
    status, stdout, stderr = called(PROGRAM, *words)
    assert (status, stderr) == (0, "")
    assert max(map(len, stdout.splitlines())) <= 80
