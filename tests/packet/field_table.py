"""What each field of the program is in tshark's words: field -> how it follows from a Reading; nothing where tshark has none."""
import re

from service_table import SERVICES, named

# Fields that no field of tshark says, and why.
WITHOUT_COUNTERPART = {
    "packet": "a text of our own, compared with tcpdump's in tests/unit/packet",
    "inner": "a text of our own, of the same kind",
    "fault": "compared with what tshark marks as malformed or short",
    "payload_len": "tshark has no length behind the innermost header that we decode",
    "made_headers": "of the skb, not of the bytes",
    "unwritten": "of the skb, not of the bytes",
    "nonlinear": "of the skb, not of the bytes",
    "undecided": "of the filter, not of the bytes",
}

# IANA's numbers that the program names.
PROTOCOLS = {
    0: "hopopt", 1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 8: "egp", 17: "udp", 33: "dccp", 41: "ipv6", 43: "ipv6-route", 44: "ipv6-frag", 47: "gre",
    9: "igp", 12: "pup", 22: "idp", 29: "tp", 46: "rsvp", 92: "mtp", 94: "beetph", 98: "encap", 108: "ipcomp", 143: "ethernet", 50: "esp", 51: "ah", 58: "icmp6", 59: "ipv6-nonxt", 60: "ipv6-opts", 88: "eigrp", 89: "ospf", 103: "pim", 112: "vrrp", 115: "l2tp", 132: "sctp",
    135: "mobility-header", 136: "udplite", 137: "mpls-in-ip", 255: "raw",
}


def number(text):
    return None if text is None else int(text, 0)


def hexadecimal(text):
    """Digits with or without 0x."""
    return None if text is None else int(text, 16)


def joined(values):
    return ",".join(values) or None


def protocol(packet):
    if packet.layer("arp"):
        return "arp"
    ip = packet.layer("ip", "ipv6")
    if not ip:
        return None
    numbers = ip.values("ip.proto") or ip.values("ipv6.nxt", "ipv6.hopopts.nxt", "ipv6.routing.nxt", "ipv6.fraghdr.nxt", "ipv6.dstopts.nxt",
                                                 "ipv6.mipv6.nxt", "ipv6.hip.nxt", "ipv6.shim6.nxt")
    numbers += packet.values("ah.next_header")
    return protocol_name(numbers[-1]) if numbers else None


def protocol_name(text):
    value = number(text)
    return PROTOCOLS.get(value, str(value))


def fragment_offset(reading):
    packet = reading.outer
    offset, more = number(packet.first("ip.frag_offset", "ipv6.fraghdr.offset")), number(packet.first("ip.flags.mf", "ipv6.fraghdr.more"))
    return offset * 8 if offset or more else None


PORT_LAYERS = ("tcp", "udp", "sctp", "dccp", "udplite")


def port(side):
    def of(packet):
        return number(packet and packet.first(*(f"{layer}.{side}port" for layer in PORT_LAYERS)))
    return of


TCP_LETTERS = "FSRP.UEWe"


def tcp_flags(reading):
    flags = hexadecimal(reading.outer.first("tcp.flags"))
    if flags is None:
        return None
    return "".join(letter for bit, letter in enumerate(TCP_LETTERS) if flags & 1 << bit) or "none"


def arp_op(reading):
    op = reading.outer.first("arp.opcode")
    return {"1": "request", "2": "reply"}.get(op, op)


def outer(*names, as_=number):
    return lambda reading: as_(reading.outer.first(*names))


def text(value):
    return value


def quoted(of):
    def from_reading(reading):
        packet = reading.outer.quoted()
        return packet and of(packet)
    return from_reading


def inner(of):
    """Of the innermost packet, where there is a tunnel, or labels or a session before the only one."""
    def from_reading(reading):
        if len(reading.packets) == 1 and not reading.outer.layer("mpls", "pppoes"):
            return None
        return of(reading.inner)
    return from_reading


def address(side):
    return lambda packet: packet.first(f"ip.{side}", f"ipv6.{side}")


EXTENSIONS = {"ipv6.hopopts": "hbh", "ipv6.routing": "routing", "ipv6.fraghdr": "frag", "ipv6.dstopts": "dstopt"}


def ip6_ext(reading):
    ip = reading.outer.layer("ipv6")
    return joined(EXTENSIONS[name] for name, _ in ip.content if name in EXTENSIONS) if ip else None


def ip_flags(reading):
    ip = reading.outer
    return joined(name for name, fields in (("DF", ("ip.flags.df",)), ("MF", ("ip.flags.mf", "ipv6.fraghdr.more"))) if ip.first(*fields) == "1")


def tcp_options(reading):
    """As tcpdump writes them, from tshark's values."""
    layer = reading.outer.layer("tcp")
    tree = layer and dict(layer.content).get("tcp.options_tree")
    if not tree:
        return None
    words = []
    for name, content in tree:
        if name.endswith("_tree") and isinstance(content, list):
            words += raw_options(name[len("tcp.options."):-len("_tree")], Layered(content))
    if "eol" in words:
        del words[words.index("eol") + 1:]  # what follows is padding
    return joined(words)


class Layered:
    def __init__(self, content):
        self.content = content

    def all(self, name):
        return [value for key, value in self.content if key == name]

    def one(self, name):
        return (self.all(name) or ["?"])[0]


def raw_options(kind, of):
    if kind == "nop":
        return ["nop"]
    if kind == "eol":
        return ["eol"]
    if kind == "mss":
        return [f"mss {of.one('tcp.options.mss_val')}"]
    if kind == "wscale":
        return [f"wscale {of.one('tcp.options.wscale.shift')}"]
    if kind == "sack_perm":
        return ["sackOK"]
    if kind == "timestamp":
        return [f"TS val {of.one('tcp.options.timestamp.tsval')} ecr {of.one('tcp.options.timestamp.tsecr')}"]
    if kind == "sack":
        edges = [f"{{{left}:{right}}}" for left, right in zip(of.all("tcp.options.sack_le"), of.all("tcp.options.sack_re"))]
        return [f"sack {len(edges)} {''.join(edges)}"]
    return [kind]


SCTP_CHUNKS = {64: "I-DATA", 128: "ASCONF ACK", 192: "FOR CUM TSN", 193: "ASCONF", 0: "DATA", 1: "INIT", 2: "INIT ACK", 3: "SACK", 4: "HB REQ", 5: "HB ACK", 6: "ABORT", 7: "SHUTDOWN", 8: "SHUTDOWN ACK", 9: "OP ERR",
               10: "COOKIE ECHO", 11: "COOKIE ACK", 12: "ECN ECHO", 13: "CWR", 14: "SHUTDOWN COMPLETE"}


def sctp_chunks(reading):
    kinds = [number(value) for value in reading.outer.values("sctp.chunk_type")]
    return joined(SCTP_CHUNKS.get(kind, f"chunk {kind}") for kind in kinds)


def vlans(reading):
    return joined(reading.outer.values("vlan.id", "ieee8021ad.id", "ieee8021ad.svid", "ieee8021ad.cvid"))


def mpls(reading):
    for packet in reading.packets:
        labels = []
        for layer in packet.layers:
            if layer.name == "mpls":
                labels += layer.values("mpls.label")
                if layer.first("mpls.bottom") == "1":
                    break
        if labels:
            return joined(labels)
    return None


def tunnel(reading):
    """By the layers between network headers."""
    names, version, previous = [], None, None
    for layer in reading.layers:
        if layer.name in ("ip", "ipv6"):
            if version and previous == version:
                names.append({("ip", "ip"): "ipip", ("ip", "ipv6"): "6in4", ("ipv6", "ip"): "4in6", ("ipv6", "ipv6"): "ip6ip6"}[(version, layer.name)])
            version = layer.name
        elif layer.name in ("gre", "gtp", "vxlan", "geneve"):
            names.append(layer.name)
        elif layer.name == "pppoes":
            names.append("pppoe")
        elif layer.name == "mpls" and previous != "mpls":
            names.append("mpls")
        previous = layer.name if layer.name != "ah" else version
    return joined(names)


# 3GPP TS 29.281 table 6.1-1.
GTP_TYPES = {1: "Echo Request", 2: "Echo Response", 26: "Error Indication", 31: "Supported Extension Headers Notification", 254: "End Marker", 255: "G-PDU"}


def gtp_type(text):
    return GTP_TYPES.get(number(text))


# By RFC 791, 1108, 2113 and IANA's register of IP options.
IP_OPTIONS = {0: "EOL", 1: "NOP", 7: "RR", 25: "QS", 30: "EXP", 68: "timestamp", 82: "traceroute", 130: "security", 131: "LSRR", 133: "extended-security",
              134: "CIPSO", 136: "satid", 137: "SSRR", 148: "RA"}
IPV6_OPTIONS = {0x04: "tunnel-limit", 0x05: "RA", 0x07: "calipso", 0x26: "QS", 0x63: "RPL", 0x23: "RPL", 0x30: "PMTU", 0x31: "IOAM", 0x11: "IOAM",
                0x8a: "ILNP-nonce", 0xc2: "jumbo", 0xc9: "home-address"}
IPV6_PADDING = (0, 1)


def ipv4_option_kinds(content):
    """Where tshark has no name for one, its number is in the line."""
    for key, value in content:
        unknown = re.match(r"Unknown \((0x[0-9a-f]{2})\)", key)
        if key == "ip.opt.type" or unknown:
            yield number(unknown[1] if unknown else value)
        elif isinstance(value, list):
            yield from ipv4_option_kinds(value)


def ip_options(reading):
    ip = reading.outer.layer("ip", "ipv6")
    if not ip:
        return None
    if ip.name == "ip":
        return joined(named(IP_OPTIONS, kind, "unknown-{}") for kind in ipv4_option_kinds(ip.content))
    kinds = [number(kind) for kind in ip.values("ipv6.opt.type")]
    return joined(named(IPV6_OPTIONS, kind, "unknown-{}") for kind in kinds if kind not in IPV6_PADDING)


# IANA's register of types of resource records.
DNS_TYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 11: "WKS", 12: "PTR", 13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 24: "SIG",
    25: "KEY", 28: "AAAA", 29: "LOC", 33: "SRV", 35: "NAPTR", 36: "KX", 37: "CERT", 39: "DNAME", 41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY",
    46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 49: "DHCID", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA", 59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY",
    62: "CSYNC", 63: "ZONEMD", 64: "SVCB", 65: "HTTPS", 99: "SPF", 108: "EUI48", 109: "EUI64", 249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 255: "ANY",
    256: "URI", 257: "CAA",
}


def dns_type(reading):
    return named(DNS_TYPES, number(reading.outer.first("dns.qry.type")), "Type{}")


def dns_name(reading):
    name = reading.outer.first("dns.qry.name")
    return "." if name in ("<Root>", None) and name else name and name.rstrip(".") + "."


RCODES = ("NoError", "FormErr", "ServFail", "NXDomain", "NotImp", "Refused", "YXDomain", "YXRRSet", "NXRRSet", "NotAuth", "NotZone")


def dns_rcode(reading):
    code = number(reading.outer.first("dns.flags.rcode"))
    return None if code is None else RCODES[code] if code < len(RCODES) else f"Resp{code}"


DCCP_TYPES = ("Request", "Response", "Data", "Ack", "DataAck", "CloseReq", "Close", "Reset", "Sync", "SyncAck")


def dccp_type(reading):
    kind = number(reading.outer.first("dccp.type"))
    return None if kind is None else DCCP_TYPES[kind] if kind < len(DCCP_TYPES) else str(kind)


STP_VERSIONS = {0: "STP 802.1d", 2: "STP 802.1w", 3: "STP 802.1s", 4: "STP 802.1aq"}
STP_TYPES = {0: "Config", 2: "Rapid STP", 0x80: "Topology Change"}
STP_FLAGS = {0x01: "Topology change", 0x02: "Proposal", 0x10: "Learn", 0x20: "Forward", 0x40: "Agreement", 0x80: "Topology change ACK"}


def bridge_id(layer, whose):
    priority = number(layer.first(f"stp.{whose}.prio")) + number(layer.first(f"stp.{whose}.ext"))
    return f"{priority:04x}.{layer.first(f'stp.{whose}.hw')}"


def stp(reading):
    layer = reading.outer.layer("stp")
    if not layer:
        return None
    head = f"{STP_VERSIONS.get(number(layer.first('stp.version')), 'STP')}, {STP_TYPES.get(number(layer.first('stp.type')), 'Unknown')}"
    flags = number(layer.first("stp.flags"))
    if flags is None:
        return head
    named = ", ".join(name for bit, name in STP_FLAGS.items() if flags & bit) or "none"
    port = number(layer.first("stp.port"))
    # In MSTP the second id is the regional root's, whatever tshark's field is called.
    multiple = number(layer.first("stp.version")) >= 3
    sender = f"regional-root-id {bridge_id(layer, 'bridge')}, port-id {port:04x}" if multiple else f"bridge-id {bridge_id(layer, 'bridge')}.{port:04x}"
    return f"{head}, Flags [{named}], {sender}, root-id {bridge_id(layer, 'root')}, cost {layer.first('stp.root.cost')}"


TEXTS_AS_BYTES = ("1", "2", "3", "6", "7")  # subtypes of the chassis id: component, interface alias, port, interface name, local


def lldp(part):
    def of(reading):
        layer = reading.outer.layer("lldp")
        if not layer:
            return None
        address = layer.first(*(f"lldp.{part}.id.{kind}" for kind in ("mac", "ip4", "ip6")))
        named = layer.first(f"lldp.{part}.id")
        # tshark shows some kinds of text as bytes.
        if named and part == "chassis" and layer.first("lldp.chassis.subtype") in TEXTS_AS_BYTES:
            named = bytes.fromhex(named.replace(":", "")).decode("ascii", "replace")
        return address or named
    return of


def first_address(*names):
    return lambda reading: reading.outer.first(*names)


def any_packet(*names, as_=number):
    return lambda reading: as_(reading.first(*names))


TABLE = {
    "eth_src": outer("eth.src", as_=text),
    "eth_dst": outer("eth.dst", as_=text),
    "vlan": lambda reading: number((vlans(reading) or "").split(",")[0] or None),
    "vlans": vlans,
    "proto": lambda reading: protocol(reading.outer),
    "ip_version": outer("ip.version", "ipv6.version"),
    "src": lambda reading: address("src")(reading.outer),
    "dst": lambda reading: address("dst")(reading.outer),
    "sport": lambda reading: port("src")(reading.outer),
    "dport": lambda reading: port("dst")(reading.outer),
    "ttl": outer("ip.ttl", "ipv6.hlim"),
    "ip_id": outer("ip.id", "ipv6.fraghdr.ident", as_=hexadecimal),
    "fragment_offset": fragment_offset,
    "tos": outer("ip.dsfield", "ipv6.tclass", as_=hexadecimal),
    "flow_label": outer("ipv6.flow", as_=hexadecimal),
    "ip_flags": ip_flags,
    "ip_options": ip_options,
    "ip6_ext": ip6_ext,
    "tcp_flags": tcp_flags,
    "tcp_seq": outer("tcp.seq_raw"),
    "tcp_ack": outer("tcp.ack_raw"),
    "tcp_window": outer("tcp.window_size_value"),
    "tcp_options": tcp_options,
    "udp_len": outer("udp.length"),
    "icmp_type": outer("icmp.type", "icmpv6.type"),
    "icmp_code": outer("icmp.code", "icmpv6.code"),
    "icmp_id": outer("icmp.ident", "icmpv6.echo.identifier"),
    "icmp_seq": outer("icmp.seq", "icmpv6.echo.sequence_number"),
    "icmp_mtu": outer("icmp.mtu", "icmpv6.mtu"),
    "icmp_target": first_address("icmpv6.nd.ns.target_address", "icmpv6.nd.na.target_address", "icmpv6.rd.na.target_address", "icmp.redir_gw"),
    "quoted_src": quoted(address("src")),
    "quoted_dst": quoted(address("dst")),
    "quoted_proto": quoted(protocol),
    "quoted_sport": quoted(port("src")),
    "quoted_dport": quoted(port("dst")),
    "nd_lladdr": outer("icmpv6.opt.linkaddr", as_=text),
    "igmp_type": outer("igmp.type", as_=hexadecimal),
    "igmp_group": lambda reading: joined(value for value in reading.outer.values("igmp.maddr") if value != "0.0.0.0"),
    "mld_groups": lambda reading: joined(reading.outer.values("icmpv6.mld.multicast_address", "icmpv6.mldr.mar.multicast_address")),
    "arp_op": arp_op,
    "sctp_vtag": outer("sctp.verification_tag", as_=hexadecimal),
    "sctp_chunks": sctp_chunks,
    "dns_id": outer("dns.id", as_=hexadecimal),
    "dns_name": dns_name,
    "dns_type": dns_type,
    "dns_rcode": dns_rcode,
    "dccp_type": dccp_type,
    "dns_answers": outer("dns.count.answers"),
    "tls_sni": outer("tls.handshake.extensions_server_name", as_=text),
    "tls_alpn": lambda reading: joined(reading.outer.values("tls.handshake.extensions_alpn_str")),
    **SERVICES,
    "mpls": mpls,
    "pppoe_session": any_packet("pppoe.session_id"),
    "tunnel": tunnel,
    "vni": any_packet("vxlan.vni", "geneve.vni"),
    "gtp_teid": any_packet("gtp.teid", as_=hexadecimal),
    "gtp_type": any_packet("gtp.message", as_=gtp_type),
    "gre_key": any_packet("gre.key", as_=hexadecimal),
    "spi": any_packet("ah.spi", "esp.spi", as_=hexadecimal),
    "ipsec_seq": any_packet("ah.sequence", "esp.sequence"),
    "inner_proto": inner(protocol),
    "inner_src": inner(address("src")),
    "inner_dst": inner(address("dst")),
    "inner_sport": inner(port("src")),
    "inner_dport": inner(port("dst")),
    "stp": stp,
    "lldp_chassis": lldp("chassis"),
    "lldp_port": lldp("port"),
    "lldp_name": outer("lldp.tlv.system.name", as_=text),
}
