"""Where the program and tshark may say different things of the same bytes, each with the reason.

A row that no longer explains any difference in the corpus fails the test: it has to go.
"""
import re
from dataclasses import dataclass
from typing import Any, Callable

from field_table import GTP_TYPES


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

# Of what is above the network header.
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
    Row("a name with a pointer that leads nowhere is none, as the fault says", "dns_(name|type)",
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
    Row("ICMP is no protocol of IPv6, ICMPv6 none of IPv4", "icmp_.*",
        lambda case: case.ours is None and (case.object["ip_version"], case.object["proto"]) in ((6, "icmp"), (4, "icmp6"))),
    Row("tshark chooses by the lower port, and 19 is chargen's", "dns_.*", lambda case: case.theirs is None and layers("chargen")(case)),
)



def payload(case):
    """tshark's of UDP goes beyond what UDP's length says."""
    octets = case.reading.outer.first("tcp.payload", "udp.payload")
    length = int(case.reading.outer.first("udp.length") or 0)
    return bytes.fromhex(octets.replace(":", ""))[:length - 8 if length else None] if octets else b""


def between(case, port):
    return str(port) in case.reading.outer.values("tcp.port", "udp.port")


# HTTP/1 (RFC 9112)

REQUEST_LINE = re.compile(rb"[A-Z-]{1,24} [^ ]+ HTTP/1\.\d")
STATUS_LINE = re.compile(rb"HTTP/1\.\d [1-9]\d\d[ \r\n]")


def lines(case):
    return [line.removesuffix(b"\r") for line in payload(case).removeprefix(b"\r\n").split(b"\n")]


def as_tshark_shows_it(text):
    """It ends a text at a zero, and has U+FFFD for what is no ASCII."""
    return re.sub(r"\\(12[89]|1[3-9]\d|2\d\d)", r"\\239\\191\\189", text.split("\\000")[0])


def without_spaces_behind(text):
    return re.sub(r"( |\\009)+$", "", text)


ACCEPTED += (
    Row("what does not begin with a request line is no request (RFC 9112 section 3)", "http_(method|path|host)",
        lambda case: case.ours is None and not {"http_method", "http_status"} & set(case.object) and not REQUEST_LINE.fullmatch(lines(case)[0])),
    Row("a method is any word (RFC 9110 section 9.1); tshark has a list", "http_(method|path|host)",
        lambda case: case.theirs is None and case.reading.first("http.request.method") is None and REQUEST_LINE.fullmatch(lines(case)[0])),
    Row("what does not begin with a status line of three digits is no answer (RFC 9112 section 4)", "http_status",
        lambda case: case.ours is None and not STATUS_LINE.match(payload(case))),
    Row("an answer is one before its line ends; on ports that are not HTTP's tshark waits for the end", "http_status",
        lambda case: case.theirs is None and STATUS_LINE.match(payload(case)) and b"\n" not in payload(case)),
    Row("a host stands in a request", "http_host", lambda case: case.ours is None and "http_status" in case.object),
    Row("what goes on in the next segment is not shown in part", "http_(path|host)",
        lambda case: case.ours is None and "http_method" in case.object and len(lines(case)) < {"http_path": 2, "http_host": 3}[case.field]),
    Row("a text of no byte is not shown", "http_(path|host)", lambda case: case.ours is None and case.theirs == ""),
    Row("tshark ends a text at a zero, and has U+FFFD for what is no ASCII", "http_(path|host)",
        lambda case: case.ours and case.theirs == as_tshark_shows_it(case.ours)),
    Row("spaces behind a value do not belong to it (RFC 9110 section 5.5)", "http_host",
        lambda case: case.ours and case.theirs and as_tshark_shows_it(case.ours) == without_spaces_behind(case.theirs)),
    Row("a line that is no field hides none behind it", "http_host",
        lambda case: case.theirs is None and any(line and b":" not in line for line in lines(case)[1:])),
    Row("a carriage return alone ends no line (RFC 9112 section 2.2)", "http_host", lambda case: re.search(rb"\r(?!\n)", payload(case))),
)

# DHCP (RFC 2131) and DHCPv6 (RFC 8415)


def is_bootp(case):
    op, hardware, length = (case.reading.outer.first(f"dhcp.{part}") for part in ("type", "hw.type", "hw.len"))
    hardware, length = int(hardware or "0", 16), int(length or "0")
    return op in ("1", "2") and (length == 6 if hardware == 1 else hardware != 0 and length <= 16) and len(payload(case)) >= 236


def dhcp_option_lengths(case, option):
    """Of all options of this number."""
    values = case.reading.outer.values("dhcp.option.type", "dhcp.option.length")
    return [length for kind, length in zip(values, values[1:]) if kind == str(option)]


DHCP6_OVER_UDP = {*range(1, 16), 18, 19, 20, 21, 36, 37}


def is_dhcp6(message):
    """Of a registered type, with at least one option of a registered number that is there in whole."""
    if len(message) < 8 or message[0] not in DHCP6_OVER_UDP:
        return False
    options = message[34:] if message[0] in (12, 13) else message[4:]
    code, length = int.from_bytes(options[:2], "big"), int.from_bytes(options[2:4], "big")
    return len(options) >= 4 and 0 < code < 256 and length <= len(options) - 4


ACCEPTED += (
    Row("a message of no type that BOOTP has, with an address of no length that its kind has, or shorter than BOOTP, is none", "dhcp_(type|xid)",
        lambda case: case.ours is None and layers("dhcp")(case) and not is_bootp(case)),
    Row("0 is no type of a message", "dhcp_type", lambda case: case.ours is None and layers("dhcp")(case) and case.theirs == "type 0"),
    Row("a type has one byte (RFC 2132 section 9.6)", "dhcp_type", lambda case: case.ours is None and set(dhcp_option_lengths(case, 53)) - {"1"}),
    Row("options in the file's name come before those in the server's (RFC 2131 section 4.1)", "dhcp_type",
        lambda case: case.ours and case.theirs and case.reading.outer.first("dhcp.option.option_overload") == "3"),
    Row("what has no option of DHCPv6, or a type that is not registered or goes over TCP alone, is none", "dhcp_(type|xid)",
        lambda case: case.ours is None and layers("dhcpv6")(case) and not is_dhcp6(payload(case))),
    Row("messages of DHCPv4 over DHCPv6 have flags where others have an id (RFC 7341 section 6)", "dhcp_xid",
        lambda case: case.ours is None and case.reading.outer.first("dhcpv6.msgtype") in ("20", "21")),
)

# NTP (RFC 5905)


def is_ntp(message):
    if len(message) < 8:
        return False
    version, mode, stratum, poll = message[0] >> 3 & 7, message[0] & 7, message[1], message[2]
    if version not in (1, 2, 3, 4) or mode == 0:
        return False
    if mode >= 6:
        return len(message) >= (8 if mode == 7 else 12)
    return len(message) >= 48 and stratum <= 16 and (poll <= 17 or poll >= 0xf8)


ACCEPTED += (
    Row("what has a version, mode, stratum, poll or length that no message has is not called NTP", "ntp_mode",
        lambda case: case.ours is None and not is_ntp(payload(case))),
)

# SNMP (RFC 3416)

ACCEPTED += (
    Row("a name of no byte is not shown", "snmp_oid", lambda case: case.ours is None and case.theirs == "0"),
    Row("SNMP has no indefinite lengths (RFC 3417 section 8)", "snmp_.*", lambda case: case.ours is None and payload(case).startswith(b"\x30\x80")),
    Row("where something of another kind must stand is where we stop, as the fault says", "snmp_oid",
        lambda case: case.ours is None and case.fault == "snmp encoding is none"),
    Row("what has something of another kind before its PDU is not called SNMP", "snmp_.*",
        lambda case: case.ours is None and "snmp_pdu" not in case.object and case.reading.outer.layer("snmp") and case.reading.malformed()),
    Row("SNMPv2u (RFC 1910) is history", "snmp_.*", lambda case: case.ours is None and case.reading.outer.first("snmp.version") == "2"),
    Row("what is shorter than it says is shown as far as it is there, beside the fault", "snmp_.*",
        lambda case: case.theirs is None and "packet ends inside the snmp" in case.fault),
)

# Syslog (RFC 5424)


def is_syslog(message):
    priority = re.match(rb"<(\d{1,3})>", message)
    return bool(priority) and int(priority[1]) <= 191


ACCEPTED += (
    Row("a priority is a number of at most 191 in brackets (RFC 5424 section 6.2.1)", "syslog_priority",
        lambda case: case.ours is None and not is_syslog(payload(case))),
    Row("a message without text has a priority, too", "syslog_priority", lambda case: case.theirs is None and re.fullmatch(rb"<\d+>", payload(case))),
)

# QUIC (RFC 9000, version 2 RFC 9369)

QUIC_V1, QUIC_V2 = 1, 0x6b3343cf


def quic_ids(message):
    """Where what is after the ids begins; None if they are not there."""
    at = 5
    for _ in range(2):
        if at >= len(message) or message[at] > 20:
            return None
        at += 1 + message[at]
    return at if at <= len(message) else None


def quic_integer(message, at):
    """Value, and where it ends; None beyond the message."""
    length = 1 << (message[at] >> 6) if at < len(message) else len(message) + 1
    octets = message[at:at + length]
    return (int.from_bytes(octets, "big") & (1 << 8 * length - 2) - 1, at + length) if len(octets) == length else (None, None)


def quic_agrees(message):
    """A long header of a known version with a length that is not more than there is: enough to know QUIC on any port."""
    version, at = int.from_bytes(message[1:5], "big"), quic_ids(message)
    if version not in (QUIC_V1, QUIC_V2) or at is None or message[0] < 0xc0:
        return False
    kind = (message[0] >> 4) - (1 if version == QUIC_V2 else 0) & 3
    if kind == 3:
        return False
    if kind == 0:
        token, at = quic_integer(message, at)
        if token is None:
            return False
        at += token
    length, at = quic_integer(message, at)
    return length is not None and 20 <= length <= len(message) - at


ACCEPTED += (
    Row("versions 1 and 2 are QUIC's; drafts, those of companies and those that stand for none are not shown", "quic_.*",
        lambda case: case.ours is None and int(case.reading.outer.first("quic.version"), 16) not in (QUIC_V1, QUIC_V2)),
    Row("on ports that are not its own QUIC is what has a length that agrees with the datagram's", "quic_.*",
        lambda case: case.ours is None and not between(case, 443) and not quic_agrees(payload(case))),
    Row("on its port QUIC is read up to its ids, and what is behind them is not looked at", "quic_.*",
        lambda case: case.theirs is None and between(case, 443) and (quic_ids(payload(case)) is not None or "quic" in case.fault)),
)


def not_gtp_u(case):
    """Of another version than 1, GTP', or a message of the control plane."""
    flags, kind = case.reading.first("gtp.flags"), case.reading.first("gtp.message")
    return "gtp_type" not in case.object and flags is not None and (int(flags, 16) >> 4 != 3 or int(kind or "0", 0) not in GTP_TYPES)


ACCEPTED += (
    Row("GTP that is not GTP-U is not read", "gtp_.*|tunnel|inner_.*", lambda case: case.ours is None and not_gtp_u(case)),
)


@dataclass(frozen=True)
class Unread:
    """What tshark finds wrong in a layer where the program does not look."""

    layer: str
    why: str
    when: Callable[[Case], bool]

    def explains(self, case, malformed):
        return self.layer in malformed and bool(self.when(case))


UNREAD_OF_SERVICES = (
    Unread("http", "an empty line may stand before a request (RFC 9112 section 2.2)", lambda case: payload(case).startswith(b"\r\n")),
    Unread("dhcp", "vendor information of BOOTP, which has no cookie of DHCP", lambda case: payload(case)[236:240] != b"\x63\x82\x53\x63"),
    Unread("dhcpv6", "what a relay carries", lambda case: case.object.get("dhcp_type") in ("relay-fwd", "relay-reply")),
    Unread("ntp", "data of control messages", lambda case: case.object.get("ntp_mode") == "Control Message"),
    Unread("snmp", "version 3 in front of its PDU", lambda case: case.reading.outer.first("snmp.msgVersion", "snmp.version") == "3"),
    Unread("snmp", "what is behind the first name", lambda case: "snmp_oid" in case.object),
    Unread("syslog", "what is behind the priority", lambda case: "syslog_priority" in case.object),
    Unread("who", "tshark chooses by the lower port", lambda case: "513" in case.reading.outer.values("udp.port")),
)


def explanation(case):
    return next((row for row in ACCEPTED if row.explains(case)), None)


# Protocols that are named and not read, or not to their end: what is wrong there is not seen. By tshark's name of the layer.
UNREAD = {
    "ipv6.hopopts": "hop-by-hop options are no protocol of IPv4; behind IPv6 their last option is not evaluated",
    "ipv6": "of shim6 and of options of IPv6 only kind and length are read",
    "s1ap": "what SCTP carries", "sctp": "parameters of SCTP's heartbeats", "udplite": "what UDP-Lite carries",
    "ptp": "PTP", "lacp": "LACP", "eigrp": "EIGRP", "igrp": "IGRP", "pim": "PIM", "rsvp": "RSVP", "vrrp": "VRRP", "loop": "the loopback protocol",
    "ppp": "what GRE of version 1 carries", "pppoed": "tags of PPPoE discovery",
    "dccp": "types of DCCP that are reserved",
    "gtpv2": "GTP of version 2, which is for control and comes to another port",
    "dns": "records behind the first answer, and what the last one holds",
    "icmpv6": "options of neighbour discovery that no RFC allows there, and types that are only named",
    "icmp": "extensions of ICMP errors (RFC 4884) other than labels",
    "igmp": "types of IGMP that are not registered",
    "tls": "extensions of a client hello other than names, protocols and versions",
}
