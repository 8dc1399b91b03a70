"""Where the program and tshark may say different things of the same bytes, each with the reason.

A row that no longer explains any difference in the corpus fails the test: it has to go.
"""
import re
from dataclasses import dataclass
from typing import Any, Callable


@dataclass(frozen=True)
class Case:
    """One field of one packet: what both say, None if nothing."""

    packet: str
    field: str
    ours: Any
    theirs: Any
    reading: Any  # tshark_reading.Reading
    object: dict  # all that the program says

    @property
    def fault(self):
        return self.object.get("fault", "")

    def __str__(self):
        return f"{self.packet}: {self.field} is {self.ours!r}, tshark has {self.theirs!r}" + (f" ({self.fault})" if self.fault else "")


@dataclass(frozen=True)
class Row:
    why: str
    fields: str  # regular expression
    when: Callable[[Case], bool] = lambda case: True

    def explains(self, case):
        return re.fullmatch(self.fields, case.field) is not None and self.when(case)


def layers(*names):
    return lambda case: any(name in names for name in case.reading.names())


def icmp_type(*numbers):
    return lambda case: case.object.get("icmp_type") in numbers


ACCEPTED = (
    Row("a header whose length is wrong is there all the same, and we show it beside the fault; tshark stops at the length",
        ".*", lambda case: case.theirs is None and re.search(r"(ip|tcp) (header )?length \d+ is less than", case.fault)),
    Row("a number that is no version of IP stands in the fault; ip_version is 4 or 6", "ip_version",
        lambda case: case.ours is None and "header of version" in case.fault),
    Row("tshark shows the last address of a source route as the destination; we show the header's, where the packet goes next", "dst",
        lambda case: case.reading.outer.layer("ip") and set(case.reading.outer.values("ip.opt.type")) & {"131", "137"}),
    Row("icmp_id and icmp_seq are said of echo, where they tell one ping from another", "icmp_(id|seq)",
        lambda case: case.ours is None and icmp_type(13, 14, 15, 16, 17, 18, 42, 43, 160)(case)),
    Row("a header that is not there in whole is not shown, but for ports; the fault says which", ".*",
        lambda case: case.ours is None and "ends inside" in case.fault),
    Row("the protocol is that of the header where we stopped, not of the one behind it", "proto",
        lambda case: "ends inside" in case.fault and case.ours is not None),
    Row("four packets in one another are walked, six labels of a stack; the fault says that there are more", "tunnel|mpls|inner_.*",
        lambda case: "more than" in case.fault),
    Row("a header of AH that is too short is where we stop", "proto", lambda case: "ah header length" in case.fault),
    Row("what ERSPAN mirrors is named and not read", "inner_.*|tunnel", layers("erspan")),
    Row("GRE of version 1 carries PPP and nothing else (RFC 2637)", "tunnel|inner_.*",
        lambda case: case.ours in (None, "gre") and "GREv1" in case.object["packet"]),
    Row("bytes that cannot be printed are points; tshark escapes them, or ends the text at a zero", "lldp_.*",
        lambda case: "." in (case.ours or "") and len(case.reading.packets) == 1),
    Row("a BPDU of an unknown type is not read", "stp", lambda case: case.ours is None and "Unknown" in case.theirs),
    Row("GRE of an unknown version is no tunnel that we know", "tunnel", lambda case: case.ours is None and "gre header of version" in case.fault),
)

# Of what stands above the network header.
ACCEPTED += (
    Row("UDP-Lite has a coverage where UDP has a length (RFC 3828)", "udp_len", lambda case: case.object.get("proto") == "udplite" and case.ours is None),
    Row("an option of IPv4 whose length cannot be is where we stop", ".*",
        lambda case: case.ours is None and re.search(r"ip option \d+ cannot have length", case.fault)),
    Row("headers of mobility, HIP and shim6 are walked over, and their next header is the protocol", "proto|ip6_ext",
        lambda case: re.search("mobility|hip|shim6", case.object.get("ip6_ext", ""))),
    Row("options that tshark has no words of tcpdump for, and a length that is wrong is shown with them", "tcp_options",
        lambda case: re.search(r"md5|tcp-ao|tfo|mptcp|unknown-|uto|\[len|\[bad", case.ours or "")),
    Row("a chunk whose length cannot be is not named", "sctp_chunks", lambda case: case.ours is None and "sctp length" in case.fault),
    Row("ports of SCTP stand in a quoted packet as well, which tshark does not read in so few bytes", "quoted_[sd]port",
        lambda case: case.object.get("quoted_proto") == "sctp" and case.theirs is None),
    Row("groups of MLD and targets of a redirect are icmp_target as well, under other names in tshark", "icmp_target",
        lambda case: case.theirs is None and icmp_type(130, 131, 132, 137)(case)),
    Row("how many answers a question has is no news", "dns_answers",
        lambda case: case.ours is None and case.reading.outer.first("dns.flags.response") in ("0", "False", None)),
    Row("bytes of a name that are not printed as they are get the escapes of RFC 4343", "dns_name", lambda case: "\\" in (case.ours or "")),
    Row("what contradicts a DNS header is not called DNS, though it came by on the port", "dns_.*",
        lambda case: case.ours is None and "dns_id" not in case.object),
    Row("a name with a pointer that leads nowhere is none, as the fault says", "dns_name",
        lambda case: case.ours is None and "dns name" in case.fault),
    Row("tshark stops at a length of UDP that is more than there is; the fault says so", "dns_.*",
        lambda case: case.theirs is None and bool(case.fault)),
    Row("a server name without letters is none, and what is no letter is escaped", "tls_sni",
        lambda case: case.theirs == "" or "\\" in (case.ours or "")),
    Row("protocols of a client hello are shown as far as they are there, also where the packet ends before its IP length says", "tls_alpn",
        lambda case: case.theirs is None and (bool(case.fault) or "truncated-ip" in case.object["packet"])),
    Row("a name of another kind than a host's is no server name", "tls_sni",
        lambda case: case.ours is None and case.reading.first("tls.handshake.extensions_server_name_type") != "0"),
    Row("IGMP of version 0 (RFC 988), which nobody speaks, is only named", "igmp_group",
        lambda case: case.ours is None and case.object.get("igmp_type", 255) < 0x11),
    Row("tshark chooses by the lower port, and 19 is chargen's", "dns_.*", lambda case: case.theirs is None and layers("chargen")(case)),
)

def explanation(case):
    return next((row for row in ACCEPTED if row.explains(case)), None)


# Protocols that are named and not read, or not to their end: what is wrong there is not seen. By tshark's name of the layer.
UNREAD = {
    "ipv6.hopopts": "hop-by-hop options are no protocol of IPv4; behind IPv6 their last option is not evaluated",
    "ipv6": "of shim6 and of options of IPv6 only kind and length are read",
    "s1ap": "what SCTP carries", "sctp": "parameters of SCTP's heartbeats", "udplite": "what UDP-Lite carries",
    "ptp": "PTP", "lacp": "LACP", "eigrp": "EIGRP", "igrp": "IGRP", "pim": "PIM", "rsvp": "RSVP", "vrrp": "VRRP", "loop": "the loopback protocol",
    "ppp": "what GRE of version 1 carries", "dhcp": "DHCP", "pppoed": "tags of PPPoE discovery",
    "dccp": "types of DCCP that are reserved",
    "dns": "records behind the first answer, and what the last one holds",
    "icmpv6": "options of neighbour discovery that no RFC allows there, and types that are only named",
    "icmp": "extensions of ICMP errors (RFC 4884) other than labels",
    "igmp": "types of IGMP that are not registered",
    "tls": "extensions of a client hello other than names, protocols and versions",
}
