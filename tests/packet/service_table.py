"""What the fields of services are in tshark's words: field -> how it follows from a tshark_reading.Reading."""


def number(text):
    return None if text is None else int(text, 0)


def escaped(text):
    """Bytes that another host chose, as the program shows them: what is not plain ASCII in three decimal digits."""
    if text is None:
        return None
    octets = text.encode("utf-8", "surrogateescape")
    return "".join(chr(octet) if 0x20 <= octet < 0x7f and octet != 0x5c else f"\\{octet:03}" for octet in octets)


def named(names, value, otherwise="{}"):
    return None if value is None else names.get(value) or otherwise.format(value)


# QUIC

QUIC_VERSIONS = {0x00000001: 1, 0x6b3343cf: 2}


def quic_version(reading):
    version = number(reading.outer.first("quic.version"))
    return QUIC_VERSIONS.get(version, version)


def quic_dcid(reading):
    """Of the first packet in the datagram; of one without a version in it is not known."""
    destination = reading.outer.first("quic.dcid") if reading.outer.first("quic.version") else None
    return destination.replace(":", "") if destination else None


# HTTP/1


def http(field):
    """Of the first message of the segment."""
    return lambda reading: escaped((reading.outer.layer("http") or reading.outer).first(field))


# DHCP

DHCP_TYPES = dict(enumerate(("Discover", "Offer", "Request", "Decline", "ACK", "NAK", "Release", "Inform"), 1))
DHCP6_TYPES = {
    **dict(enumerate(("solicit", "advertise", "request", "confirm", "renew", "rebind", "reply", "release", "decline", "reconfigure", "inf-req", "relay-fwd", "relay-reply"), 1)),
    14: "leasequery", 15: "leasequery-reply", 18: "reconfigure-request", 19: "reconfigure-reply", 20: "dhcpv4-query", 21: "dhcpv4-response", 36: "addr-reg-inform", 37: "addr-reg-reply",
}
RELAYED = ("12", "13")


def dhcp_type(reading):
    kind = number(reading.outer.first("dhcpv6.msgtype"))
    if kind is not None:
        return named(DHCP6_TYPES, kind, "type {}")
    return named(DHCP_TYPES, number(reading.outer.first("dhcp.option.dhcp")), "type {}")


def dhcp_xid(reading):
    """A relay's message has none, though the one in it has."""
    if reading.outer.first("dhcpv6.msgtype") in RELAYED:
        return None
    return number(reading.outer.first("dhcp.id", "dhcpv6.xid"))


# NTP

NTP_MODES = {1: "symmetric active", 2: "symmetric passive", 3: "Client", 4: "Server", 5: "Broadcast", 6: "Control Message", 7: "Reserved"}


def ntp_mode(reading):
    return named(NTP_MODES, number(reading.outer.first("ntp.flags.mode")))


# SNMP

SNMP_PDUS = dict(enumerate(("GetRequest", "GetNextRequest", "GetResponse", "SetRequest", "Trap", "GetBulk", "Inform", "V2Trap", "Report")))
SNMP_TRAP_V1 = "4"


def snmp_pdu(reading):
    return named(SNMP_PDUS, number(reading.outer.first("snmp.data")))


def snmp_oid(reading):
    trap = reading.outer.first("snmp.data") == SNMP_TRAP_V1
    return reading.outer.first("snmp.enterprise" if trap else "snmp.name") or None


# Syslog

FACILITIES = ("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "security", "console", "cron",
              *(f"local{number}" for number in range(8)))
SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")


def syslog_priority(reading):
    facility, level = (number(reading.outer.first(f"syslog.{part}")) for part in ("facility", "level"))
    if facility is None or level is None:
        return None
    return f"{FACILITIES[facility] if facility < len(FACILITIES) else facility}.{SEVERITIES[level]}"


SERVICES = {
    "quic_version": quic_version,
    "quic_dcid": quic_dcid,
    "http_method": http("http.request.method"),
    "http_path": http("http.request.uri"),
    "http_host": http("http.host"),
    "http_status": lambda reading: number(reading.outer.first("http.response.code")),
    "dhcp_type": dhcp_type,
    "dhcp_xid": dhcp_xid,
    "ntp_mode": ntp_mode,
    "snmp_pdu": snmp_pdu,
    "snmp_oid": snmp_oid,
    "syslog_priority": syslog_priority,
}

# How the fields of what tshark has in this layer begin. UDP: tshark found something wrong before it named the service.
SERVICE_LAYERS = {"quic": "quic_", "http": "http_", "dhcp": "dhcp_", "dhcpv6": "dhcp_", "ntp": "ntp_", "snmp": "snmp_", "syslog": "syslog_", "udp": ""}
