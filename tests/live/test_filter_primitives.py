"""Every primitive of pcap-filter(7) that docs/filters.md promises, on real packets: frames of all kinds (filter_frames)
cross a veth pair, and each expression has to show those at netif_receive_skb of which libpcap's own interpreter says
so. Many traces watch the same frames at once, because starting one takes longer than all the frames."""

import os
import platform
import re
import socket
import struct

import pytest
from filter_frames import ONE, all_frames, chain
from libpcap import Expression
from netlab import Pair, run
from tracing import wait_until

PAGE = os.path.join(os.path.dirname(__file__), "../../docs/filters.md")
FRAMES = all_frames()
NAMES = {len(frame.data): frame.name for frame in FRAMES}
ETHERNET_HEADER = 14
ETH_P_ALL = 3
AT_ONCE = 16

# What only the kernel can answer, and so not libpcap on bytes: where the frames are seen they come in.
NOT_IN_BYTES = {"inbound": set(NAMES.values()), "outbound": set()}

# Tags what has a mark, as a NIC with VLAN offload wants it: beside the bytes. bpf_skb_vlan_push is helper 18.
TAGGER = """
#include <linux/bpf.h>
static long (*vlan_push)(void*, __u16, __u16) = (void*)18;
__attribute__((section("tc"), used)) int tag(struct __sk_buff* skb) {
  if (skb->mark) vlan_push(skb, 0x0081, skb->mark);
  return 0;
}
"""


def sections():
    """{heading: examples that are mapped or bounded} of the tables."""
    found, heading, reached = {}, None, False
    with open(PAGE, encoding="utf-8") as page:
        for line in page:
            reached = reached or line.startswith("## Every primitive")
            if line.startswith("### "):
                heading = line[4:].strip()
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]
            if reached and len(cells) > 4 and cells[3] in ("mapped", "bounded"):
                examples = re.findall("`([^`]*)`", cells[2].replace("\\|", "|"))
                found.setdefault(heading, []).extend(examples)
    return found


SECTIONS = sections()


def as_judged(frame):
    """The bytes with the tag where it belongs."""
    if frame.tag is None:
        return frame.data
    return frame.data[:12] + struct.pack("!2H", 0x8100, frame.tag) + frame.data[12:]


def meant(expression):
    """The frames that libpcap says it shows."""
    if expression in NOT_IN_BYTES:
        return NOT_IN_BYTES[expression]
    compiled = Expression(expression)
    return {frame.name for frame in FRAMES if compiled.matches(as_judged(frame), len(as_judged(frame)))}


@pytest.fixture
def tagging(pair, tmp_path):
    """The pair, of which the end that sends tags what has a mark."""
    tagger = tmp_path / "tagger.o"
    includes = f"/usr/include/{platform.machine()}-linux-gnu"
    run("clang", "-target", "bpf", "-O2", "-idirafter", includes, "-x", "c", "-c", "-", "-o", tagger, input=TAGGER)
    pair.a.run("tc", "qdisc", "add", "dev", "va", "clsact")
    pair.a.run("tc", "filter", "add", "dev", "va", "egress", "bpf", "direct-action", "obj", tagger, "sec", "tc")
    return pair


def inject(pair, frames):
    with pair.a.open(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("va", 0))
        for frame in frames:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, frame.tag or 0)
            s.send(frame.data)


def names_of(events):
    return [NAMES.get(event["len"] + ETHERNET_HEADER) for event in events]


def shown_by(pair, start, filters):
    """What each filter (a list of words) shows at the receiving end, by name. The witness has none and sees all."""

    def begin(words):
        return start("-o", "json", "-N", pair.b.name, "-t", "netif_receive_skb", "--buffer", "256K", *words)

    witness, *others = [begin(words) for words in [[], *filters]]
    for one in (witness, *others):
        one.tracing()
    inject(pair, FRAMES)
    wait_until(lambda: witness.stdout().count("\n") >= len(FRAMES), "the frames on the other side")
    assert names_of(witness.stop().events) == [frame.name for frame in FRAMES]
    return [names_of(one.stop().events) for one in others]


def differences(pair, start, wanted):
    """`wanted` is [(words, names)]; gives what was shown otherwise."""
    wrong = {}
    for first in range(0, len(wanted), AT_ONCE):
        some = wanted[first:first + AT_ONCE]
        for (words, names), shown in zip(some, shown_by(pair, start, [words for words, _ in some])):
            if sorted(shown) != sorted(names):
                wrong[" ".join(words)] = {"missing": names - set(shown), "too much": set(shown) - names, "shown": shown}
    return wrong


@pytest.mark.parametrize("section", SECTIONS)
def test_an_expression_shows_what_libpcap_says_of_the_same_frames(tagging, start, section):
    wanted = [([example], meant(example)) for example in SECTIONS[section]]
    for (example,), names in wanted:
        assert names and len(names) < len(FRAMES) or example in NOT_IN_BYTES, f"{example} proves nothing"
    assert differences(tagging, start, wanted) == {}


# Short options, what they show of the frames, and an expression that holds beside them.
TCP = {"tcp", "tcp ack", "tcp 22", "tcp to itself", "tcp later fragment", "tcp other MACs", "tcp IP options", "ah tcp",
       "tcp6", "tcp6 ack", "first fragment6", "hop-by-hop tcp6", "vlan 7 tcp", "vlan 100 7",
       "vlan 100 7 destination options tcp6", "beside 7 tcp", "beside 8 tcp6", "beside 100, vlan 7"}
TCP_22 = {"tcp 22", "vlan 100 7 destination options tcp6"}
UDP6_80 = {"destination options udp6", "beside 7 hop-by-hop udp6"}
UDP_80 = {"udp", "ah udp", "hop-by-hop ah udp6", "vlan 8 udp6", *UDP6_80}
ECHO_7 = {"echo", "echo6", "routing mobility echo6"}
OPTIONS = [
    ("-p tcp", TCP),
    ("-p tcp not vlan", TCP - {name for name in TCP if name.startswith(("vlan", "beside"))}),
    ("-p tcp vlan 7", {"vlan 7 tcp", "beside 7 tcp"}),
    ("-p arp", {"arp request", "arp reply", "vlan 7 arp"}),
    ("-p ah", {"ah tcp", "ah udp", "hop-by-hop ah udp6"}),
    ("-p ipv6-frag,135", {"first fragment6", "later fragment6", "routing mobility echo6"}),
    ("-p udp -P 80", UDP_80),
    ("-P 80", UDP_80 | {"sctp"} | TCP - {"tcp 22", "tcp later fragment"}),
    ("-P 22", TCP_22),
    ("-p udp --sport 4001", UDP6_80),
    ("-p udp --sport 4001 ip6", {"destination options udp6"}),
    ("-p icmp,tcp -P 22", TCP_22 | {"echo", "echo 9", "unreachable"}),
    ("--icmp-id 7", ECHO_7),
    ("--tcp-flags syn,!ack", TCP - {"tcp ack", "tcp 22", "tcp6 ack", "tcp later fragment"}),
    ("-H fd00::/16 -P 22", {"vlan 100 7 destination options tcp6"}),
    ("-s 10.0.0.2,fd00::2", {"tcp ack", "udp 53", "arp reply", "tcp6 ack"}),
]


def test_short_options_see_through_tags_and_extension_headers_live_and_in_a_recording(tagging, start, tmp_path):
    file = tmp_path / "all.pcapng"
    recorder = start("-N", tagging.b.name, "-t", "netif_receive_skb", "-w", file).tracing()
    wanted = [(options.split(), names) for options, names in OPTIONS]
    for options, names in wanted:
        assert names <= set(NAMES.values()), options
    assert differences(tagging, start, wanted) == {}
    recorder.stop()
    # The frames crossed once for each group of filters.
    turns = (len(wanted) + AT_ONCE - 1) // AT_ONCE
    for options, names in wanted:
        shown = names_of(start("read", "-o", "json", file, *options).ended().events)
        assert sorted(shown) == sorted([*names] * turns), options


# Lengths, and offsets from the end, of frames whose tag is beside their bytes as of all others.
LENGTHS = ["less 110", "greater 110", "len & 1 = 0", "ether[len - 4:4] = 0", "vlan and len > 120",
           "ether[len - 1] = 0 and vlan"]


def test_lengths_are_the_same_live_and_in_a_recording(tagging, start, tmp_path):
    file = tmp_path / "all.pcapng"
    recorder = start("-N", tagging.b.name, "-t", "netif_receive_skb", "--snaplen", 400, "-w", file).tracing()
    wanted = [([expression], meant(expression)) for expression in LENGTHS]
    assert differences(tagging, start, wanted) == {}
    recorder.stop()
    for (expression,), names in wanted:
        assert names, f"{expression} proves nothing"
        assert sorted(names_of(start("read", "-o", "json", file, expression).ended().events)) == sorted(names)


@pytest.mark.parametrize("headers, matches", [(7, True), (20, False)])
def test_protochain_follows_so_many_headers_as_are_told(pair, start, headers, matches):
    frame = chain(headers, bytes([0x0F, 0xA0, 0, 80]) + bytes(16))
    everything, filtered = (start("-o", "json", "-N", pair.b.name, "-t", "netif_receive_skb", *words).tracing()
                            for words in ([], ["ip6 protochain 6"]))
    with pair.a.open(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("va", 0))
        s.send(frame)
    everything.saw("\n")
    assert len(everything.stop().events) == 1
    assert Expression("ip6 protochain 6").matches(frame, len(frame))
    assert len(filtered.stop().events) == (1 if matches else 0)


def test_outbound_is_the_copy_for_a_packet_socket(pair, start):
    """The only skbs that say that they are outgoing. One is read here, which is when the tracepoint is hit."""
    outbound, inbound = (start("-o", "json", "-t", "skb_copy_datagram_iovec", f"{word} and ether src {ONE}").tracing()
                         for word in ("outbound", "inbound"))
    frame = FRAMES[0]
    with pair.a.open(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as tap:
        tap.bind(("va", ETH_P_ALL))
        inject(pair, [frame])
        assert tap.recv(2000) == frame.data
    assert [event["len"] for event in outbound.stop().events] == [len(frame.data)]
    assert inbound.stop().events == []


def test_where_nothing_tells_the_direction_the_answer_is_open_live_and_in_a_recording(pair, start, tmp_path):
    """PACKET_HOST is what a packet for this host has, and what any skb begins with."""
    file = tmp_path / "freed.pcapng"
    expressions = {"inbound and udp dst port 9": ["direction"], "not outbound and udp dst port 9": ["direction"],
                   "inbound and tcp": [], "udp dst port 9 and (inbound or outbound)": [None], "udp dst port 9": [None]}
    recorder = start("-N", pair.b.name, "-t", "kfree_skb", "-w", file).tracing()
    running = {text: start("-o", "json", "--fields", "+undecided,+direction", "-N", pair.b.name, "-t", "kfree_skb", text,
                           summary=True).tracing() for text in expressions}
    with pair.a.udp() as s:
        s.sendto(bytes(18), (Pair.B4, 9))
    everything = running["udp dst port 9"]
    everything.saw("\n")
    ended = {text: one.stop() for text, one in running.items()}
    assert {text: [event.get("undecided") for event in result.events] for text, result in ended.items()} == expressions
    assert "direction" not in ended["udp dst port 9"].events[0]
    assert ended["inbound and udp dst port 9"].summary["undecided"] == 1
    recorder.stop()
    for text, undecided in expressions.items():
        read = start("read", "-o", "json", file, text, summary=True).ended()
        assert (len(read.events), read.summary["indeterminate"]) == (undecided.count(None), undecided.count("direction")), text


def test_what_is_refused_ends_with_status_2_and_what_to_use(start):
    result = start("ifname", "eth0").ended()
    assert (result.status, result.stdout) == (2, "")
    assert "use --ifname NAME" in result.stderr


