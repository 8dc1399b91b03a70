"""Wrong command lines get a sentence that says what is wrong, status 2, and nothing is attached."""

import shlex
import subprocess

import pytest
from tracing import PROGRAM, TRACING

WRONG = [
    # Options
    ("--nosuch", "unrecognized option '--nosuch'"),
    ("--ouput json", "unrecognized option '--ouput'; did you mean --output?"),
    ("--sumary=x", "unrecognized option '--sumary'; did you mean --summary?"),
    ("-r file", "unrecognized option '-r'; 'skbtrail read FILE' reads a recording"),
    ("-n", "unrecognized option '-n'; addresses and ports are always numbers here"),
    ("-e", "unrecognized option '-e'; did you mean '--fields +eth_src,+eth_dst'?"),
    ("-T", "unrecognized option '-T'; did you mean '--time'?"),
    ("icpm", "packet expression 'icpm': can't parse filter expression: syntax error; did you mean icmp?"),
    ("-P 80 -p icmp", "--port: only TCP, UDP, SCTP, DCCP and UDP-Lite have ports, and --proto names icmp"),
    ("--", "no command after '--'"),
    ("-o", "--output: requires a value"),
    ("--comm= udp", "--comm: requires a value"),
    ("--write= -q", "--write: requires a value"),
    ("-c -N x", "--count: requires a value, and '-N' is an option"),
    ("-v drop", "packet expression 'drop': can't parse filter expression: syntax error; a subcommand is the first word"),
    ("-o JSON", "--output: unknown layout 'JSON'; did you mean json?"),
    # Places
    ("-t nosuch", "no tracepoint and no function with an skb is called 'nosuch' on this kernel"),
    ("-t nosuch:*", "no tracepoint is called 'nosuch:*' on this kernel"),
    ("-t net:net_dev_quee", "no tracepoint is called 'net:net_dev_quee' on this kernel; did you mean 'net:net_dev_queue'?"),
    ("-t inet_sock_set_state tcp", "inet_sock_set_state: hits have no skb, so a condition on the packet cannot be evaluated there"),
    ("-t KFREE_SKB", "no tracepoint and no function with an skb is called 'KFREE_SKB' on this kernel; did you mean 'kfree_skb'?"),
    ("-t netfliter", "no tracepoint and no function with an skb is called 'netfliter' on this kernel; did you mean 'netfilter'?"),
    ("-o drop -t netif_rx", "-o drop shows drops alone, and nothing that is traced tells of any; -t kfree_skb does"),
    ("--stack=nosuch", "--stack: 'nosuch' matches nothing that is traced"),
    ("--stack=,", "--stack: the list is empty"),
    ("--stack=", "--stack: requires a value"),
    ("--stack-map 10", "--stack-map requires --stack"),
    ("--track 10", "--track requires --follow, --trail or a filter"),
    ("--follow --track 0", "--track: must be at least 16"),
    ("--trail --track-age 10ms", "--track-age: must be between 100ms and 1h"),
    ("--stack --stack-map 0", "--stack-map: must be greater than 0"),
    ("-t kfree_skd", "no tracepoint and no function with an skb is called 'kfree_skd' on this kernel; did you mean 'kfree_skb'?"),
    ("-x nosuch*", "no tracepoint and no function with an skb is called 'nosuch*' on this kernel"),
    ("-t kfree_skb -x kfree_skb", "--exclude leaves nothing to trace"),
    ("-t ,", "--tracer: the list is empty"),
    ("-x ,", "--exclude: the list is empty"),
    # Packets
    ("-N nosuchns", "--netns: no network namespace 'nosuchns' (/run/netns/nosuchns: No such file or directory)"),
    ("-N /no/such", "--netns: no network namespace '/no/such' (/no/such: No such file or directory)"),
    ("-N pid:x", "--netns: 'x' is not a process number; write pid:N"),
    ("-N pid:4194303", "--netns: there is no process 4194303, or its namespace may not be read"),
    ("-N container:feed", "--netns: no process runs in a container whose id begins with 'feed'"),
    ("-i ''", "--ifname: the name is empty"),
    ("-i averyverylongname", "--ifname: 'averyverylongname' is longer than the 15 characters of a device's name, and no device has it as an alternative name"),
    ("-i a/b", "--ifname: 'a/b' cannot be a device's name"),
    ("--mark x", "--mark: 'x' is not a number"),
    ("--mark 0x10/0x1", "--mark: 0x10 has bits outside of its mask 0x1, so no mark could match"),
    ("--len x", "--len: 'x' is not a number"),
    ("--len 9-3", "--len: "),
    # Output
    ("-o xml", "--output: unknown layout 'xml'; allowed: line, trail, route, drop, json, count and pcapng"),
    ("--time noon", "--time: unknown format 'noon'; allowed: clock, date, utc, mono, delta"),
    ("--fields nosuch", "--fields: unknown field 'nosuch'"),
    ("--fields ifnam", "--fields: unknown field 'ifnam'; did you mean 'ifname'?"),
    ("--fields time,+func",
     "--fields: either a whole list (a,b) or changes to the default one (+a,-b), not both at once"),
    ("--fields ,", "--fields: the list is empty"),
    ("-q -v", "--quiet and --verbose are mutually exclusive"),
    # The run
    ("-c 0", "--count: must be greater than 0"),
    ("-c x", "--count: 'x' is not a number"),
    ("-c -1", "--count: '-1' is not a number"),
    ("--duration 0", "--duration: must be greater than 0"),
    ("--duration x", "--duration: "),
    ("--buffer 0", "--buffer: must be greater than 0"),
    ("--buffer x", "--buffer: "),
    ("--buffer 99G", "--buffer: must be at most 16G"),
    ("--snaplen 10", "--snaplen: must be at least 64, so that headers fit; not 10"),
    ("--snaplen 5000", "--snaplen: "),
    ("--user nobody", "--user requires a command: -- COMMAND [ARG ...]"),
    ("--user nosuchuser -- true", "--user: unknown user 'nosuchuser'"),
    ("-O ''", "--output-file: the file's name is empty"),
    ("--summary ''", "--summary: the file's name is empty"),
    ("--ready-file ''", "--ready-file: the file's name is empty"),
    ("--ready-file=", "--ready-file: requires a value"),
]


def called(*words, **options):
    return subprocess.run([*words], capture_output=True, text=True, check=False, timeout=20, **options)


@pytest.mark.parametrize("line, sentence", WRONG, ids=[line for line, _ in WRONG])
def test_a_wrong_command_line_is_told_with_status_2_and_attaches_nothing(line, sentence):
    done = called(PROGRAM, *shlex.split(line))
    assert done.stderr.startswith(f"skbtrail: {sentence}")
    assert done.stderr.endswith("\ntry 'skbtrail --help'\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert TRACING not in done.stderr


@pytest.mark.parametrize("line, page", [
    ("list nope", "list"), ("list --resons", "list"), ("list -o yaml", "list"), ("list --reasons nope", "list"),
    ("doctor --jsn", "doctor"), ("doctor nope", "doctor"), ("drop --nope", "drop"), ("read", "read")])
def test_the_help_that_is_named_is_that_of_the_subcommand(line, page):
    done = called(PROGRAM, *shlex.split(line))
    assert done.returncode == 2
    assert done.stderr.endswith(f"\ntry 'skbtrail {page} --help'\n")


def test_a_wrong_command_line_does_not_start_the_command(tmp_path):
    done = called(PROGRAM, "-t", "nosuch", "--", "touch", tmp_path / "started")
    assert done.returncode == 2
    assert not (tmp_path / "started").exists()


def test_help_is_a_subcommand_too():
    assert called(PROGRAM, "help").stdout == called(PROGRAM, "-h").stdout
    assert called(PROGRAM, "help", "list").stdout == called(PROGRAM, "list", "--help").stdout
    assert called(PROGRAM, "help", "--", "false").stdout == called(PROGRAM, "-h").stdout


@pytest.mark.parametrize("option, words", [
    ("-h", "usage: skbtrail"), ("--help", "usage: skbtrail"), ("-V", "skbtrail "), ("-t?", "skb:kfree_skb"),
    ("--fields=?", "FIELD ")])
def test_a_page_is_printed_with_status_0(option, words):
    done = called(PROGRAM, option)
    assert (done.returncode, done.stderr) == (0, "")
    assert words in done.stdout


def test_a_page_that_cannot_be_written_is_told():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr


def test_trace_is_the_default_subcommand():
    assert called(PROGRAM, "trace", "-h").stdout == called(PROGRAM, "-h").stdout


NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set", "-all")


@pytest.mark.parametrize("command, status", [((), 1), (("--", "true"), 125)])
def test_without_privileges_the_first_line_names_what_is_missing_and_what_would_work(command, status):
    done = called(*NOBODY, PROGRAM, *command)
    assert done.stderr.splitlines()[0] == (
        "skbtrail: CAP_BPF and CAP_PERFMON are missing, and tracing needs them: "
        "try 'sudo skbtrail ...'; 'skbtrail doctor' says more")
    assert done.returncode == status


@pytest.mark.parametrize("option", ["-h", "-t?", "--fields=?"])
def test_pages_need_no_privileges(option):
    assert called(*NOBODY, PROGRAM, option).returncode == 0


def test_a_wrong_name_is_told_before_a_lack_of_privileges():
    done = called(*NOBODY, PROGRAM, "-t", "nosuch")
    assert done.returncode == 2
