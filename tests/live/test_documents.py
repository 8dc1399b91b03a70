"""Every command line that the documents give for one of the five tools, verbatim, and what they show of its output.

Each is run as it is written, by the tool's name (a symbolic link), on traffic like the document's: its addresses, ports
and devices, in namespaces of the test's own. Lines are compared field by field. What differs from run to run is masked,
in the document's line and in ours alike: times, addresses of skbs, namespaces, processes, CPUs, and the function, which
is a tracepoint where no function can be traced (tests/vm has the functions). What differs by intent is in
docs/compatibility.md.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest
import test_as_packetdrop
import test_as_perf
import test_as_tracepkt
from netlab import Netns, run
from tracing import PROGRAM, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The command lines, and by which test each is run.
COMMANDS = {
    "./skbtracer -h": "test_the_help_of_skbtracer_is_the_documents",
    "skbtracer                                      # trace all packets": "test_the_examples_of_skbtracer_run",
    "skbtracer --proto=icmp -H 1.2.3.4 --icmpid 22  # trace icmp packet with addr=1.2.3.4 and icmpid=22":
        "test_the_examples_of_skbtracer_run",
    "skbtracer --proto=tcp  -H 1.2.3.4 -P 22        # trace tcp  packet with addr=1.2.3.4:22":
        "test_the_examples_of_skbtracer_run",
    "skbtracer --proto=udp  -H 1.2.3.4 -P 22        # trace udp  packet wich addr=1.2.3.4:22":
        "test_the_examples_of_skbtracer_run",
    "skbtracer -t -T -p 1 -P 80 -H 127.0.0.1 --proto=tcp --callstack --icmpid=100 -N 10000":
        "test_the_examples_of_skbtracer_run",
    "sudo ./skbtracer -c 10": "test_ten_rows_of_skbtracer_read_as_the_documents",
    "sudo perf trace --no-syscalls --event 'net:*' ping 172.17.0.2  > /dev/null":
        test_as_perf.test_the_documents_first_command_gives_its_lines,
    "sudo perf list 'net:*'": test_as_perf.test_list_prints_the_documents_page,
    "sudo perf trace --no-syscalls               --event 'net:net_dev_queue'               "
    "--event 'net:netif_receive_skb_entry'     --event 'net:netif_rx'                    "
    "--event 'net:napi_gro_receive_entry'      ping 172.17.0.2  > /dev/null":
        test_as_perf.test_the_documents_second_command_gives_its_six_lines,
    "nettrace -p icmp --addr 10.35.13.63": "test_lines_of_nettrace_read_as_the_documents",
    "nettrace -p icmp --addr 10.35.13.63 --detail": "test_lines_of_nettrace_read_as_the_documents",
    "nettrace -t ?": "test_the_tree_of_nettrace_has_the_documents_form_and_groups",
    "nettrace -t napi_gro_receive,ip": "test_nettrace_takes_a_function_and_a_group",
    "nettrace -p icmp --addr 10.35.13.63 --detail --timeline": "test_a_block_of_nettrace_reads_as_the_documents",
    "nettrace -p icmp --addr 192.168.122.8 --timeline --skb-mode": "test_skb_mode_shows_a_packet_on_when_its_source_changes",
    "nettrace -h": "test_the_help_of_nettrace_has_the_documents_options",
    # The script is not one of ours: `packetdrop` is its name here.
    "sudo bpftrace -v net_package_drop.bt": test_as_packetdrop.test_a_refused_connection_reads_as_in_the_article,
    # And `tracepkt` that of the program, which is run beside a ping, or runs it.
    "sudo python ./tracepkt.py": test_as_tracepkt.test_without_a_target_every_ping_is_shown_until_it_is_stopped,
    "ping -4 localhost": test_as_tracepkt.test_a_ping_of_localhost_gives_the_four_lines_of_the_article,
    "ping -4 192.168.43.1": "test_a_ping_through_a_device_gives_the_two_lines_of_the_article",
    "ping -4 172.17.0.2": test_as_tracepkt.test_a_ping_of_a_container_gives_the_six_lines_of_the_article,
}


def test_every_command_line_has_a_test_that_is_there():
    tests = {name for name in globals() if name.startswith("test_")}
    for command, test in COMMANDS.items():
        assert callable(test) or test in tests, command
    assert {test for test in COMMANDS.values() if isinstance(test, str)} == tests - {
        "test_every_command_line_has_a_test_that_is_there", "test_what_differs_is_in_the_table_of_differences",
        "test_by_word_and_by_link_each_tool_is_the_same", "test_as_perf", "test_as_tracepkt", "test_as_packetdrop"}


def commands_of(test):
    return [command for command, by in COMMANDS.items() if by == test]


# Running as it is written ----------------------------------------------------------------------------------------

TOOLS = ["skbtracer", "perf", "perf-trace", "nettrace", "packetdrop", "tracepkt"]


@pytest.fixture
def by_name(tmp_path):
    """by_name(LINE, netns=) starts the line in a shell, where the tools are links to the program, and sudo is nothing."""
    for tool in TOOLS:
        (tmp_path / tool).symlink_to(os.path.abspath(PROGRAM))
    (tmp_path / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
    (tmp_path / "sudo").chmod(0o755)
    started = []

    def start_line(line, netns=None):
        started.append(Line(tmp_path, f"line{len(started)}", line, netns))
        return started[-1]

    yield start_line
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


class Line:
    def __init__(self, tools, name, line, netns):
        self.out, self.err = tools / f"{name}.out", tools / f"{name}.err"
        words = [*(netns.command() if netns else ()), "sh", "-c", "exec " + line]
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=tools,
                                            env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "TZ": "UTC"})

    def saw(self, text, there="out"):
        path = getattr(self, there)
        wait_until(lambda: text in path.read_text() or self.process.poll() is not None, text)
        assert text in path.read_text(), self.err.read_text()

    def ended(self):
        status = self.process.wait(60)
        assert status == 0, self.err.read_text()
        return self.out.read_text().splitlines()

    def stopped(self):
        self.process.send_signal(signal.SIGINT)
        return self.ended()


def two_hosts(lab, near, far, device="eth1"):
    """Two namespaces with these addresses and this device at either end, which know each other."""
    ends = [(lab.netns("a"), near), (lab.netns("b"), far)]
    for netns, _ in ends:
        netns.sysctl(net__ipv6__conf__all__disable_ipv6=1, net__ipv4__tcp_timestamps=0)
    ends[0][0].ip(f"link add {device} type veth peer name {device} netns {ends[1][0].name}")
    for netns, address in ends:
        netns.ip(f"address add {address}/32 dev {device}", f"link set {device} up")
    for (netns, _), (other, address) in (ends, ends[::-1]):
        netns.ip(f"route add {address}/32 dev {device}",
                 f"neighbour add {address} lladdr {other.mac(device)} dev {device}")
    return ends[0][0], ends[1][0]


def ping(netns: Netns, address, *words):
    netns.run("ping", "-n", "-q", "-c", "1", "-W", "5", *words, address)


# skbtracer -------------------------------------------------------------------------------------------------------

HELP_OF_SKBTRACER = """\
examples:
skbtracer                                      # trace all packets
skbtracer --proto=icmp -H 1.2.3.4 --icmpid 22  # trace icmp packet with addr=1.2.3.4 and icmpid=22
skbtracer --proto=tcp  -H 1.2.3.4 -P 22        # trace tcp  packet with addr=1.2.3.4:22
skbtracer --proto=udp  -H 1.2.3.4 -P 22        # trace udp  packet wich addr=1.2.3.4:22
skbtracer -t -T -p 1 -P 80 -H 127.0.0.1 --proto=tcp --callstack --icmpid=100 -N 10000

Usage:
  skbtracer [flags]

Flags:
      --callstack          output kernel stack trace
  -c, --catch-count uint   catch and print count (default 1000)
      --dropstack          output kernel stack trace when drop packet
      --gops string        gops address
  -h, --help               help for skbtracer
      --icmpid uint16      trace icmp id
  -H, --ipaddr string      ip address
      --iptables           output iptables path
      --keep               keep trace packet all lifetime (DEPRECATED: not implemented yet)
  -N, --netns uint32       trace this Network Namespace only
      --noroute            do not output route path
  -p, --pid uint32         trace this PID only
  -P, --port uint16        udp or tcp port
      --proto string       tcp|udp|icmp|any
  -T, --time               show HH:MM:SS timestamp (default true)
  -t, --timestamp          show timestamp in seconds at us resolution
"""
# What these do is not what they did.
OTHER_MEANINGS = ("--gops", "--keep")


def test_the_help_of_skbtracer_is_the_documents(by_name):
    command, = commands_of("test_the_help_of_skbtracer_is_the_documents")
    ours = by_name(command).ended()
    for theirs, line in zip(HELP_OF_SKBTRACER.splitlines(), ours):
        kept = 27 if any(word in theirs for word in OTHER_MEANINGS) else None
        assert line[:kept] == theirs[:kept]
    assert "Of skbtrail:" in ours[len(HELP_OF_SKBTRACER.splitlines()):]


HEADER = ("TIME       SKB                  NETWORK_NS   PID      CPU    INTERFACE          DEST_MAC           IP_LEN "
          "PKT_INFO                                               TRACE_INFO")
# Of each kind of row of the document one, with the flags that such a packet has.
ROWS = [
    "[05:32:58] [0xffff8ab8cf0a5800] [4026531992] 0        3      enp0s3             00:00:00:00:00:00  40     "
    "T_ACK:10.0.2.15:56602->10.0.2.10:443                   pkt_type=HOST func=__dev_queue_xmit",
    "[05:32:58] [0xffff8ab8cf0a5100] [4026531992] 0        3      enp0s3             08:00:27:99:a7:c5  1000   "
    "T_ACK,PSH:10.0.2.10:443->10.0.2.15:56602               pkt_type=HOST func=napi_gro_receive",
    "[05:32:58] [0xffff8ab8cf0a5100] [4026531992] 0        3      enp0s3             08:00:27:99:a7:c5  387    "
    "T_ACK,PSH:10.0.2.10:443->10.0.2.15:56602               pkt_type=HOST func=napi_gro_receive",
]
LAST_OF_SKBTRACER = ["Printed 10 events, exiting...", "", "10 event(s) received",
                     "0 event(s) lost (e.g. small buffer, delays in processing)"]


def masked_row(line):
    """With each field in its width."""
    form = re.compile(r"\[\d\d:\d\d:\d\d\] \[0x[0-9a-f]{16}\] (?:\[\d+\]|-) +(?:\d+|-) +(?:\d+|-) +"
                      r"(?P<device>\S+ +)(?P<mac>[0-9a-f:]{17}  )(?P<length>\S+ +)(?P<packet>\S.*?) +pkt_type=(?P<type>[A-Z]+|-) "
                      r"func=\w+")
    found = form.fullmatch(line)
    assert found, line
    assert [found.start(field) for field in ("device", "mac", "length", "packet")] == [61, 80, 99, 106], line
    assert found.start("type") == 170 or len(found["packet"]) > 54, line
    # The address is ours where a header is written, and the original has zeros (docs/compatibility.md).
    return found["device"], found["length"], found["packet"], found["type"]


def test_ten_rows_of_skbtracer_read_as_the_documents(lab, by_name):
    """A client's 960 and 347 bytes come from the server, as there; ten rows come of anything on the host."""
    client, server = two_hosts(lab, "10.0.2.15", "10.0.2.10", "enp0s3")
    command, = commands_of("test_ten_rows_of_skbtracer_read_as_the_documents")
    ten, all_of_them = by_name(command), by_name(f"skbtracer --proto=tcp -N {client.inum}")
    for one in (ten, all_of_them):
        one.saw(HEADER)
    with server.open(socket.AF_INET, socket.SOCK_STREAM) as listener, \
            client.open(socket.AF_INET, socket.SOCK_STREAM) as end:
        listener.bind(("10.0.2.10", 443))
        listener.listen()
        end.bind(("10.0.2.15", 56602))
        end.connect(("10.0.2.10", 443))
        with listener.accept()[0] as other:
            for size in (960, 347):
                other.sendall(b"x" * size)
                assert len(end.recv(2000)) == size
    all_of_them.saw("T_ACK,FIN:10.0.2.15")
    rows = ten.ended()
    assert (rows[0], rows[-4:]) == (HEADER, LAST_OF_SKBTRACER)
    assert len([masked_row(line) for line in rows[1:-4]]) == 10
    ours = {masked_row(line) for line in all_of_them.stopped()[1:-4]}
    for row in ROWS:
        assert masked_row(row) in ours, ours


def test_the_examples_of_skbtracer_run(by_name, pair):
    commands = commands_of("test_the_examples_of_skbtracer_run")
    started = [by_name(command) for command in commands]
    for one in started:
        one.saw("TRACE_INFO")
    ping(pair.a, pair.B4)
    started[0].saw("pkt_type=")
    shown = [one.stopped() for one in started]
    assert all(masked_row(line) for line in shown[0][1:-4])
    assert [lines[0] for lines in shown] == [HEADER] * 4 + [HEADER.replace("SKB", "TIMESTAMP            SKB")]


# nettrace --------------------------------------------------------------------------------------------------------

NEAR, FAR = "10.35.13.63", "9.135.224.89"
PLAIN = "453516.922978: [napi_gro_receive        ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1"
DETAIL = ("454861.534996: [ffff8887b6260800][2:eth1][pid:0,swapper/3][link-in     ][napi_gro_receive        ]: "
          "ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1")
BLOCK = """\
<------------------- skb: ffff88858f243a00 ---------------------->
461052.796174: [ffff88858f243a00][    ][pid:0,swapper/2         ][ip-out      ][ip_send_skb             ]: ICMP: 9.135.224.89 -> 10.35.13.63, ping reply     , seq: 1
461052.796189: [ffff88858f243a00][2:eth1][pid:0,swapper/2       ][netfilter   ][nf_hook_slow            ]: ICMP: 9.135.224.89 -> 10.35.13.63, ping reply     , seq: 1
461052.796264: [ffff88858f243a00][2:eth1][pid:0,swapper/0       ][life        ][consume_skb             ]: ICMP: 9.135.224.89 -> 10.35.13.63, ping reply     , seq: 1
""".splitlines()


def masked_line(line):
    """With the width of what is masked: of a task in a block, where it ends."""
    task = re.search(r"\[pid:[^]]*\]", line)
    if task:
        ends = f"at {task.end() - line.index('[')}" if " ]" in task[0] else "there"
        line = line.replace(task[0], f"TASK that ends {ends}")
    line = re.sub(r"^\d+\.\d{6}:", "TIME:", line)
    line = re.sub(r"\[[0-9a-f]{16}\]|skb: [0-9a-f]{16} ", "SKB", line)
    line = re.sub(r"\[\d+:", "[INDEX:", line)
    return re.sub(r"\[[\w.-]+ *\](\[[\w.:-]{1,23} *\])?: ", lambda found: f"{len(found[0])} of names: ", line)


@pytest.fixture
def hosts(lab):
    return two_hosts(lab, NEAR, FAR)


def test_lines_of_nettrace_read_as_the_documents(hosts, by_name):
    for command, theirs in zip(commands_of("test_lines_of_nettrace_read_as_the_documents"), (PLAIN, DETAIL)):
        line = by_name(command)
        line.saw("skbtrail: tracing", "err")
        ping(hosts[0], FAR)
        line.saw("ping reply")
        ours = {masked_line(one) for one in line.stopped()}
        assert masked_line(theirs) in ours, ours


def test_a_block_of_nettrace_reads_as_the_documents(hosts, by_name):
    command, = commands_of("test_a_block_of_nettrace_reads_as_the_documents")
    line = by_name(command)
    line.saw("skbtrail: tracing", "err")
    ping(hosts[0], FAR)
    line.saw("ping reply")
    ours = line.stopped()
    assert masked_line(ours[0]) == masked_line(BLOCK[0])
    assert "" in ours, "between two blocks is an empty line"
    masked = {masked_line(one) for one in ours}
    for theirs in BLOCK[2:]:
        assert masked_line(theirs) in masked, masked


def test_skb_mode_shows_a_packet_on_when_its_source_changes(lab, by_name):
    command, = commands_of("test_skb_mode_shows_a_packet_on_when_its_source_changes")
    guest, host, world = lab.netns("a"), lab.netns("b"), lab.netns("c")
    host.ip(f"link add virbr0 type veth peer name eth0 netns {guest.name}",
            f"link add eth1 type veth peer name eth1 netns {world.name}")
    for netns, device, address in ((guest, "eth0", "192.168.122.8/24"), (host, "virbr0", "192.168.122.1/24"),
                                   (host, "eth1", "10.123.119.97/24"), (world, "eth1", "10.123.119.98/24")):
        netns.ip(f"address add {address} dev {device}", f"link set {device} up")
    guest.ip("route add default via 192.168.122.1")
    host.sysctl(net__ipv4__ip_forward=1)
    world.ip("route add default via 10.123.119.97")
    host.run("nft", "add table ip t; add chain ip t c { type nat hook postrouting priority 100; }; "
                    "add rule ip t c ip saddr 192.168.122.8 snat to 9.135.224.89")
    line = by_name(command)
    line.saw("skbtrail: tracing", "err")
    ping(guest, "10.123.119.98")
    line.saw("ICMP: 9.135.224.89 ")
    ours = line.stopped()
    # The sources of a block are lined up.
    assert masked_line("1.000000: [consume_skb             ]: ICMP: 192.168.122.8 -> 10.123.119.98, ping request   , seq: 1"
                       ) in map(masked_line, ours)
    assert masked_line("1.000000: [consume_skb             ]: ICMP: 9.135.224.89  -> 10.123.119.98, ping request   , seq: 1"
                       ) in map(masked_line, ours), ours


def test_the_tree_of_nettrace_has_the_documents_form_and_groups(by_name):
    command, = commands_of("test_the_tree_of_nettrace_has_the_documents_form_and_groups")
    ours = by_name(command).ended()
    assert ours[:3] == ["available tracer:", "-" * 51, ""]
    indents = {name: indent for indent, name in (("", "all"), ("    ", "link"), ("        ", "link-in"),
                                                 ("        ", "link-out"), ("        ", "sched"))}
    found = {group["name"]: group["indent"] for group in
             (re.fullmatch(r"(?P<indent> *)(?P<name>[\w-]+): \S.*", line) for line in ours) if group}
    assert {name: found.get(name) for name in indents} == indents
    functions = [line for line in ours[3:] if line and ":" not in line and "-" not in line]
    assert "            napi_gro_receive" in functions and "            dev_hard_start_xmit" in functions


def test_nettrace_takes_a_function_and_a_group(hosts, by_name):
    """Where no function can be traced it says so; what the group has of tracepoints is shown."""
    command, = commands_of("test_nettrace_takes_a_function_and_a_group")
    line = by_name(command)
    wait_until(lambda: "tracing" in line.err.read_text() or line.process.poll() is not None, "a start or a reason")
    if line.process.poll() is None:
        line.stopped()
    else:
        assert re.search(r"none of the \d+ functions of napi_gro_receive, ip can be traced: ", line.err.read_text())


HELP_OF_NETTRACE = ("[-h] [-s SADDR] [-d DADDR] [--addr ADDR] [-p PROTO] [--dport DPORT] [--sport SPORT] [--port PORT] "
                    "[-t TRACER] [-v] [--detail] [--stack] [--stack-tracer STACK_TRACER] [--timeline] [-c COUNT] [--ret] "
                    "[--skb-mode] [--force-stack] --help --saddr --daddr --proto --tracer --verbose --count")


def test_the_help_of_nettrace_has_the_documents_options(by_name):
    command, = commands_of("test_the_help_of_nettrace_has_the_documents_options")
    ours = "\n".join(by_name(command).ended())
    for option in re.findall(r"--?[a-z-]+", HELP_OF_NETTRACE):
        assert re.search(rf"^  .*{option}\b", ours, re.MULTILINE), option


# tracepkt --------------------------------------------------------------------------------------------------------

def test_a_ping_through_a_device_gives_the_two_lines_of_the_article(lab, by_name):
    near, _ = two_hosts(lab, "192.168.43.191", "192.168.43.1", "wlp2s0")
    tracer = by_name(f"tracepkt --netns {near.inum}")
    tracer.saw("skbtrail: tracing", "err")
    command, = commands_of("test_a_ping_through_a_device_gives_the_two_lines_of_the_article")
    assert command == "ping -4 192.168.43.1"
    near.run(*command.split(), "-c", "1", "-q", "-e", "20710")
    tracer.saw("reply")
    assert tracer.stopped() == [
        f"[{near.inum:>12}]           wlp2s0 request #20710.001 192.168.43.191 -> 192.168.43.1",
        f"[{near.inum:>12}]           wlp2s0   reply #20710.001 192.168.43.1 -> 192.168.43.191"]


# All of them -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("tool", TOOLS)
def test_by_word_and_by_link_each_tool_is_the_same(by_name, tool):
    by_link = by_name(f"{tool} --help").ended()
    assert by_link == run(PROGRAM, "as", tool, "--help").splitlines()
    assert by_link == run(PROGRAM, "as", tool, "-h").splitlines() and max(map(len, by_link)) <= 100
    wrong = by_name(f"{tool} --nosuch")
    assert wrong.process.wait(60) == 2
    message, hint = wrong.err.read_text().splitlines()
    assert message.startswith("skbtrail: ") and "--nosuch" in message and hint.startswith("try 'skbtrail as ")


def test_what_differs_is_in_the_table_of_differences():
    """Each tool has one, and each row of it has what, what here, and why."""
    text = (ROOT / "docs/compatibility.md").read_text()
    sections = dict(re.findall(r"^## ([\w ]+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert {"nettrace", "packetdrop", "skbtracer", "perf", "tracepkt"} <= set(sections)
    for tool, section in sections.items():
        for row in re.findall(r"^\| .*$", section, re.MULTILINE):
            assert len(row.split(" | ")) == 3, (tool, row)
