"""Messages of the services that the program reads, byte by byte: for corpus.py, which puts headers before them.

Each function yields (name, ports, message), where ports are (source, destination). None uses scapy.
"""
import struct
from ipaddress import ip_address

MAC = bytes.fromhex("02000000000a")

# HTTP/1 --------------------------------------------------------------------------------------------------------------

HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND", "MKCOL", "BREW", "get", "Get", "GE!T")
HTTP_TARGETS = {
    "path": b"/index.html", "query": b"/a?b=c&d=%20e", "star": b"*", "absolute": b"http://www.example.org:8080/a?b=c", "https": b"HTTPS://www.example.org/",
    "host and port": b"www.example.org:443", "utf-8": "/caf\u00e9".encode(), "octets": b"/\x80\xff", "backslash": b"/a\\b", "space": b"/a b",
    "empty": b"", "control": b"/a\x1b[2Jb", "tab": b"/a\tb", "long": b"/" + b"a" * 300, "two spaces": b" /a", "zero": b"/a\0b",
}
HTTP_HEADERS = {
    "late host": b"Accept: */*\r\nUser-Agent: curl/8.0\r\nHost: www.example.org\r\n", "no host": b"Accept: */*\r\n", "no header": b"",
    "empty host": b"Host:\r\nAccept: */*\r\n", "host without space": b"Host:www.example.org\r\n", "spaces around host": b"Host: \t www.example.org \t \r\n",
    "lower case host": b"host: www.example.org\r\n", "upper case host": b"HOST: WWW.EXAMPLE.ORG\r\n", "host with port": b"Host: www.example.org:8080\r\n",
    "host of ipv6": b"Host: [2001:db8::1]:8080\r\n", "utf-8 host": "Host: caf\u00e9.example\r\n".encode(), "octets in host": b"Host: a\x80\xffb\r\n",
    "two hosts": b"Host: first.example\r\nHost: second.example\r\n", "folded field before host": b"X-Folded: a\r\n Host: wrong.example\r\nHost: right.example\r\n",
    "folded host": b"Host:\r\n www.example.org\r\n", "space before colon": b"Host : www.example.org\r\n", "hosts of other fields": b"X-Host: a\r\nHostname: b\r\n",
    "line without colon": b"nothing\r\nHost: www.example.org\r\n", "control in host": b"Host: a\x07b\r\n", "space in host": b"Host: a b\r\n",
    "bare line ends": b"Accept: */*\nHost: www.example.org\n", "long host": b"Host: " + b"a" * 63 + b".example\r\n", "zero in host": b"Host: a\0b\r\n",
    "host of a colon": b"Host: :\r\n", "host in carriage returns": b"Accept: a\rHost: wrong.example\r\nHost: right.example\r\n",
}
HTTP_ANSWERS = {
    "ok": b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nbody", "not found": b"HTTP/1.1 404 Not Found\r\n\r\n", "of 1.0": b"HTTP/1.0 301 Moved\r\nLocation: /x\r\n\r\n",
    "without reason": b"HTTP/1.1 204\r\n\r\n", "with an empty reason": b"HTTP/1.1 204 \r\n\r\n", "bare line ends": b"HTTP/1.1 500 No\nServer: x\n\n",
    "utf-8 reason": "HTTP/1.1 200 pr\u00eat\r\n\r\n".encode(), "100": b"HTTP/1.1 100 Continue\r\n\r\n", "599": b"HTTP/1.1 599 A\r\n\r\n",
    "600": b"HTTP/1.1 600 A\r\n\r\n", "999": b"HTTP/1.1 999 Denied\r\n\r\n", "099": b"HTTP/1.1 099 A\r\n\r\n", "2000": b"HTTP/1.1 2000 A\r\n\r\n",
    "20": b"HTTP/1.1 20 A\r\n\r\n", "2x0": b"HTTP/1.1 2x0 A\r\n\r\n", "of 2.0": b"HTTP/2.0 200 OK\r\n\r\n", "of 1.9": b"HTTP/1.9 200 OK\r\n\r\n",
    "in lower case": b"http/1.1 200 OK\r\n\r\n", "of icecast": b"ICY 200 OK\r\n\r\n", "two spaces": b"HTTP/1.1  200 OK\r\n\r\n",
    "without line end": b"HTTP/1.1 200 OK", "of a version alone": b"HTTP/1.1\r\n\r\n", "with a host": b"HTTP/1.1 200 OK\r\nHost: www.example.org\r\n\r\n",
}
HTTP_FRAGMENTS = {
    "version 1.0": b"GET / HTTP/1.0\r\n\r\n", "no version": b"GET /\r\n", "version 2.0": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "lower case version": b"GET / http/1.1\r\nHost: a\r\n\r\n",
    "bare line end": b"GET / HTTP/1.1\nHost: www.example.org\n\n", "empty line first": b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "line goes on": b"GET /index",
    "line ends with the segment": b"GET / HTTP/1.1\r\n", "headers go on": b"GET / HTTP/1.1\r\nHost: www.exam", "trailing space": b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "host in the body": b"POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nHost: b", "method alone": b"GET \r\n\r\n", "two requests": b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
    "preface of http2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "rtsp": b"OPTIONS rtsp://h/ RTSP/1.0\r\n\r\n", "sip": b"OPTIONS sip:a@b SIP/2.0\r\n\r\n", "words": b"GET UP STAND UP\r\n",
}
HTTP_PORTS = (80, 8080, 3128, 8008, 8081, 8888, 9090, 443)


def http_messages():
    """Each in a stream of its own: tshark remembers what it saw of one."""
    source = iter(range(20000, 32000))

    def request(method, target, headers=b"Host: www.example.org\r\n"):
        return method.encode() + b" " + target + b" HTTP/1.1\r\n" + headers + b"\r\n"

    for method in HTTP_METHODS:
        target = b"www.example.org:443" if method == "CONNECT" else b"/"
        for port in (80, 9090):
            yield f"http {method} port {port}", (next(source), port), request(method, target)
    for name, target in HTTP_TARGETS.items():
        for port in (80, 9090):
            yield f"http target {name} port {port}", (next(source), port), request("GET", target)
        yield f"http connect to {name}", (next(source), 80), request("CONNECT", target)
    for name, headers in HTTP_HEADERS.items():
        yield f"http {name}", (next(source), 80), request("GET", b"/", headers)
    for name, message in HTTP_ANSWERS.items():
        for port in (80, 9090):
            yield f"http answer {name} port {port}", (port, next(source)), message
    for name, message in HTTP_FRAGMENTS.items():
        for port in (80, 9090):
            yield f"http {name} port {port}", (next(source), port), message
    for port in HTTP_PORTS:
        yield f"http request to port {port}", (next(source), port), request("POST", b"/api")
        yield f"http answer of port {port}", (port, next(source)), b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n"


# DHCP ----------------------------------------------------------------------------------------------------------------

COOKIE = bytes.fromhex("63825363")


def dhcp(options, op=1, hardware=(1, 6), xid=0x12345678, cookie=COOKIE, sname=b"", file=b""):
    addresses = bytes(4) + bytes([10, 0, 0, 5]) + bytes(8) if op == 2 else bytes(16)
    return struct.pack(">BBBBIHH", op, *hardware, 0, xid, 1, 0x8000) + addresses + MAC.ljust(16, b"\0") + sname.ljust(64, b"\0") + \
        file.ljust(128, b"\0") + cookie + options


def dhcp_type(number):
    return bytes([53, 1, number])


DHCP_ASK, DHCP_SERVER = bytes([50, 4, 10, 0, 0, 5]), bytes([54, 4, 10, 0, 0, 1])


def dhcp_messages():
    client, server = (68, 67), (67, 68)
    for number in (*range(20), 255):
        yield f"dhcp type {number}", client, dhcp(dhcp_type(number) + b"\xff")
    yield "dhcp offer", server, dhcp(dhcp_type(2) + DHCP_SERVER + b"\xff", op=2)
    yield "dhcp ack to any address", server, dhcp(dhcp_type(5) + DHCP_SERVER + bytes(40), op=2)
    yield "dhcp between relays", (67, 67), dhcp(dhcp_type(3) + DHCP_ASK + bytes([82, 6, 1, 4]) + b"eth0" + b"\xff")
    yield "dhcp to another port", (67, 1067), dhcp(dhcp_type(5) + b"\xff", op=2)
    yield "dhcp from another port", (1068, 67), dhcp(dhcp_type(8) + b"\xff")
    for xid in (0, 1, 0xffffffff):
        yield f"dhcp xid {xid:#x}", client, dhcp(dhcp_type(1) + b"\xff", xid=xid)
    options = {
        "type behind others": bytes([12, 4]) + b"host" + DHCP_ASK + bytes([55, 3, 1, 3, 6]) + dhcp_type(1) + b"\xff", "type behind padding": bytes(9) + dhcp_type(1) + b"\xff",
        "no end": dhcp_type(7), "type behind the end": b"\xff" + dhcp_type(7), "two types": dhcp_type(1) + dhcp_type(3) + b"\xff", "type of no byte": bytes([53, 0, 255]),
        "type of two bytes": bytes([53, 2, 1, 3, 255]), "type cut off": bytes([53, 1]), "option without length": bytes([53]), "no option": b"", "only an end": b"\xff",
        "option too long": dhcp_type(1) + bytes([12, 200]) + b"host", "option too long before the type": bytes([12, 200]) + dhcp_type(1) + b"\xff",
        "type in the middle of padding": bytes(4) + dhcp_type(4) + bytes(60), "host name that is no text": bytes([12, 4, 0x80, 0xff, 0, 27]) + dhcp_type(3) + b"\xff",
        "client id and long list": bytes([61, 7, 1]) + MAC + bytes([55, 40]) + bytes(range(1, 41)) + dhcp_type(3) + b"\xff",
        "overload without options": dhcp_type(1) + bytes([52, 1, 1, 255]), "type 53 in another option": bytes([43, 3]) + dhcp_type(5) + b"\xff",
    }
    for name, octets in options.items():
        yield f"dhcp {name}", client, dhcp(octets)
    for where, file, sname in ((1, dhcp_type(2) + b"\xff", b""), (2, b"", dhcp_type(2) + b"\xff"), (3, DHCP_SERVER + b"\xff", dhcp_type(2) + b"\xff"), (3, dhcp_type(2) + b"\xff", dhcp_type(5) + b"\xff"),
                               (4, dhcp_type(2) + b"\xff", b""), (1, dhcp_type(2), b""), (1, bytes([12, 127]) + bytes(120), b"")):
        yield f"dhcp overload {where}, file {file[:4].hex()}, sname {sname[:4].hex()}", server, dhcp(bytes([52, 1, where, 255]), op=2, file=file, sname=sname)
    yield "dhcp overload behind a type", server, dhcp(dhcp_type(5) + bytes([52, 1, 1, 255]), op=2, file=dhcp_type(2) + b"\xff")
    yield "dhcp names", server, dhcp(dhcp_type(5) + b"\xff", op=2, sname=b"server", file=b"pxelinux.0")
    for op in (0, 3, 255):
        yield f"dhcp op {op}", client, dhcp(dhcp_type(1) + b"\xff", op=op)
    for hardware in ((6, 6), (32, 0), (32, 16), (1, 0), (1, 16), (1, 17), (0, 6), (7, 1), (255, 255)):
        yield f"dhcp hardware {hardware[0]} of {hardware[1]} bytes", client, dhcp(dhcp_type(1) + b"\xff", hardware=hardware)
    for cookie in (bytes(4), b"\x63\x82\x53\x64", b"CMU\0"):
        yield f"bootp with cookie {cookie.hex()}", client, dhcp(dhcp_type(1) + b"\xff", cookie=cookie)
    whole = dhcp(dhcp_type(1) + b"\xff")
    for length in (3, 8, 235, 236, 238, 240, 241, 242):
        yield f"dhcp of {length} bytes", client, whole[:length]


def dhcp6_option(code, body):
    return struct.pack(">HH", code, len(body)) + body


def dhcp6(kind, options, xid=0xabcdef):
    return struct.pack(">I", kind << 24 | xid) + options


DUID = dhcp6_option(1, b"\0\3\0\1" + MAC)


def dhcp6_relayed(kind, message, hops=0):
    return bytes([kind, hops]) + ip_address("2001:db8::1").packed + ip_address("fe80::1").packed + dhcp6_option(9, message)


def dhcp6_messages():
    client, server = (546, 547), (547, 546)
    address = dhcp6_option(5, ip_address("2001:db8::5").packed + bytes(8))
    prefix = dhcp6_option(26, bytes(8) + b"\x38" + ip_address("2001:db8:1::").packed)
    for kind in (*range(38), 255):
        if kind not in (12, 13):
            yield f"dhcp6 type {kind}", client, dhcp6(kind, DUID)
    options = {
        "address": dhcp6_option(3, bytes(12) + address), "prefix": dhcp6_option(25, bytes(12) + prefix), "temporary address": dhcp6_option(4, bytes(4) + address),
        "status": dhcp6_option(13, b"\0\2no"), "status in an association": dhcp6_option(3, bytes(12) + dhcp6_option(13, b"\0\6no")),
        "elapsed time and more": dhcp6_option(8, b"\0\0") + dhcp6_option(6, b"\0\x17\0\x18") + dhcp6_option(16, b"\0\0\1\x37\0\4MSFT"), "option 300": dhcp6_option(300, b"abcd"),
        "option too long": struct.pack(">HH", 6, 200) + b"\0\x17", "association too short": dhcp6_option(3, bytes(4)), "address too long": dhcp6_option(3, bytes(12) + struct.pack(">HH", 5, 60) + bytes(24)),
        "half an option": b"\0\6\0",
    }
    for name, octets in options.items():
        yield f"dhcp6 {name}", server, dhcp6(7, DUID + octets)
    for name, octets in (("no option", b""), ("option 0", dhcp6_option(0, b"abcd")), ("option 300 first", dhcp6_option(300, b"ab")), ("option too long first", struct.pack(">HH", 1, 100) + b"abcd")):
        yield f"dhcp6 {name}", client, dhcp6(1, octets)
    for xid in (0, 1, 0xffffff):
        yield f"dhcp6 xid {xid:#x}", client, dhcp6(1, DUID, xid)
    yield "dhcp6 relayed", (547, 547), dhcp6_relayed(12, dhcp6(1, DUID))
    yield "dhcp6 relayed twice", (547, 547), dhcp6_relayed(12, dhcp6_relayed(12, dhcp6(3, DUID)), 1)
    yield "dhcp6 relayed answer", (547, 547), dhcp6_relayed(13, dhcp6(7, DUID), 2)
    yield "dhcp6 relayed with an interface", (547, 547), dhcp6_relayed(12, dhcp6(1, DUID)) + dhcp6_option(18, b"eth0")
    yield "dhcp6 relayed without option", (547, 547), dhcp6_relayed(12, dhcp6(1, DUID))[:34]
    yield "dhcp6 relayed and cut", (547, 547), dhcp6_relayed(12, dhcp6(1, DUID))[:44]
    yield "dhcp6 to another port", (547, 20546), dhcp6(2, DUID)


# NTP -----------------------------------------------------------------------------------------------------------------


def ntp(version, mode, stratum=2, poll=6, length=48):
    return (bytes([version << 3 | mode, stratum, poll, 0xec]) + bytes(range(1, 200)))[:length]


def ntp_messages():
    between = (123, 123)
    for version in range(8):
        for mode in range(8):
            yield f"ntp version {version} mode {mode}", between, ntp(version, mode)
    for leap in (1, 2, 3):
        yield f"ntp leap {leap}", between, bytes([leap << 6 | 4 << 3 | 4]) + ntp(4, 4)[1:]
    for stratum in (0, 1, 15, 16, 17, 255):
        yield f"ntp stratum {stratum}", between, ntp(4, 4, stratum)
    for poll in (0, 3, 17, 18, 0x7f, 0x80, 0xf7, 0xf8, 0xff):
        yield f"ntp poll {poll:#x}", between, ntp(4, 3, poll=poll)
    for length in (1, 3, 4, 12, 47, 52, 68, 72, 90):
        yield f"ntp of {length} bytes", between, ntp(4, 3, length=length)
        yield f"ntp control of {length} bytes", between, ntp(2, 6, stratum=2, length=length)
        yield f"ntp private of {length} bytes", between, ntp(2, 7, length=length)
    yield "ntp query", (20123, 123), ntp(4, 3)
    yield "ntp answer", (123, 20123), ntp(4, 4)


# SNMP ----------------------------------------------------------------------------------------------------------------


def ber(tag, body, long=0):
    """`long`: bytes of a length in the long form, which may be more than are needed."""
    if not long and len(body) > 127:
        long = 1 if len(body) < 256 else 2
    head = bytes([0x80 | long]) + len(body).to_bytes(long, "big") if long else bytes([len(body)])
    return bytes([tag]) + head + body


def ber_number(value, length=None):
    return ber(2, value.to_bytes(length or (value + (value < 0)).bit_length() // 8 + 1, "big", signed=True))


def oid(*numbers):
    def digits(number):
        out = bytes([number & 0x7f])
        while number := number >> 7:
            out = bytes([number & 0x7f | 0x80]) + out
        return out
    return b"".join(digits(number) for number in (numbers[0] * 40 + numbers[1], *numbers[2:]))


SYS_DESCR = oid(1, 3, 6, 1, 2, 1, 1, 1, 0)
SNMP_V1, SNMP_V2C, SNMP_V3 = 0, 1, 3
GET, GET_NEXT, RESPONSE, SET, TRAP_V1, GET_BULK, INFORM, TRAP_V2, REPORT = range(0xa0, 0xa9)


def variable(name=SYS_DESCR, value=b"\5\0", long=0):
    return ber(0x30, ber(6, name, long) + value, long)


def snmp_pdu(kind, variables=variable(), numbers=(4660, 0, 0), long=0):
    return ber(kind, b"".join(ber_number(number) for number in numbers) + ber(0x30, variables, long), long)


def snmp(version, pdu, community=b"public", long=0):
    return ber(0x30, ber_number(version) + ber(4, community, long) + pdu, long)


def snmp_trap_v1(enterprise=oid(1, 3, 6, 1, 4, 1, 9), variables=b""):
    return ber(TRAP_V1, ber(6, enterprise) + ber(0x40, bytes([10, 0, 0, 1])) + ber_number(6) + ber_number(1) + ber(0x43, b"\1") + ber(0x30, variables))


def snmp_v3(scoped, flags=4, user=b"user", model=3):
    about = ber(0x30, ber_number(1) + ber_number(65507) + ber(4, bytes([flags])) + ber_number(model))
    security = ber(0x30, ber(4, b"\x80\0\x1f\x88\4") + ber_number(1) + ber_number(2) + ber(4, user) + ber(4, bytes(12 if flags & 1 else 0)) + ber(4, bytes(8 if flags & 2 else 0)))
    return ber(0x30, ber_number(SNMP_V3) + about + ber(4, security) + scoped)


def snmp_scoped(pdu, context=b""):
    return ber(0x30, ber(4, b"\x80\0\x1f\x88\4") + ber(4, context) + pdu)


def snmp_messages():
    ask, answer, trap = (20161, 161), (161, 20161), (20162, 162)
    for version, name in ((SNMP_V1, "v1"), (SNMP_V2C, "v2c")):
        for kind in range(0xa0, 0xaa):
            if kind != TRAP_V1:
                yield f"snmp {name} pdu {kind:#x}", ask, snmp(version, snmp_pdu(kind))
        yield f"snmp {name} answer", answer, snmp(version, snmp_pdu(RESPONSE, variable(value=ber(4, b"Linux \xff"))))
        yield f"snmp {name} error", answer, snmp(version, snmp_pdu(RESPONSE, numbers=(4660, 2, 1)))
        yield f"snmp {name} trap", trap, snmp(version, snmp_trap_v1())
    yield "snmp trap v1 with variables", trap, snmp(SNMP_V1, snmp_trap_v1(variables=variable()))
    yield "snmp trap v2", trap, snmp(SNMP_V2C, snmp_pdu(TRAP_V2, variable(oid(1, 3, 6, 1, 2, 1, 1, 3, 0), ber(0x43, b"\1")) + variable(oid(1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0), ber(6, oid(1, 3, 6, 1, 6, 3, 1, 1, 5, 3)))))
    yield "snmp inform", trap, snmp(SNMP_V2C, snmp_pdu(INFORM))
    yield "snmp bulk", ask, snmp(SNMP_V2C, snmp_pdu(GET_BULK, numbers=(1, 0, 50)))
    names = {
        "zero": oid(0, 0), "one arc": oid(1, 3), "of root 2": oid(2, 100, 3), "of root 2 and 999": oid(2, 999, 3), "iso 39": oid(1, 39), "root 2 and 0": oid(2, 0), "large arcs": oid(1, 3, 6, 1, 4, 1, 311, 16383, 16384, 2097152),
        "the largest arc": oid(1, 3, 6, 1, 4294967295, 0), "an arc beyond 32 bits": oid(1, 3, 6, 1, 4294967296), "an arc of 64 bits": oid(1, 3, (1 << 64) - 1), "128 arcs": oid(1, 3, *range(1, 127)),
        "an unfinished arc": SYS_DESCR + b"\x81", "a padded arc": b"\x2b\x06\x80\x01", "no byte": b"",
    }
    for name, octets in names.items():
        yield f"snmp oid of {name}", ask, snmp(SNMP_V2C, snmp_pdu(GET, variable(octets)))
        yield f"snmp enterprise of {name}", trap, snmp(SNMP_V1, snmp_trap_v1(octets))
    yield "snmp without variables", ask, snmp(SNMP_V2C, snmp_pdu(GET, b""))
    yield "snmp with three variables", ask, snmp(SNMP_V2C, snmp_pdu(GET_NEXT, variable(oid(1, 3, 6, 1, 2, 1, 1, 5, 0)) + variable() + variable(oid(1, 3, 6, 1, 2, 1, 1, 6, 0))))
    for community in (b"", b"a" * 130, b"caf\xc3\xa9", b"\0\xff"):
        yield f"snmp community of {len(community)} bytes", ask, snmp(SNMP_V2C, snmp_pdu(GET), community)
    for long in (1, 2, 3, 4, 5):
        yield f"snmp with lengths of {long} bytes", ask, snmp(SNMP_V2C, snmp_pdu(GET, variable(long=long), long=long), long=long)
    yield "snmp of indefinite length", ask, b"\x30\x80" + ber_number(1) + ber(4, b"public") + snmp_pdu(GET) + b"\0\0"
    for number in (-1, -2147483648, 2147483647, 1 << 40):
        yield f"snmp request id {number}", ask, snmp(SNMP_V2C, snmp_pdu(GET, numbers=(number, 0, 0)))
    for version in (2, 4, 127, -1, 256):
        yield f"snmp version {version}", ask, snmp(version, snmp_pdu(GET))
    padded = snmp(SNMP_V2C, snmp_pdu(GET))
    yield "snmp with a padded version", ask, ber(0x30, ber_number(1, 4) + padded[5:])
    yield "snmp with more behind", ask, padded + b"more"
    yield "snmp longer than its datagram", ask, padded[:1] + bytes([padded[1] + 40]) + padded[2:]
    yield "snmp shorter than what it holds", ask, padded[:1] + bytes([padded[1] - 9]) + padded[2:]
    yield "snmp pdu too long", ask, snmp(SNMP_V2C, bytes([GET, 100]) + snmp_pdu(GET)[2:])
    yield "snmp variable too long", ask, snmp(SNMP_V2C, snmp_pdu(GET, bytes([0x30, 60]) + variable()[2:]))
    yield "snmp name too long", ask, snmp(SNMP_V2C, snmp_pdu(GET, ber(0x30, bytes([6, 60]) + SYS_DESCR)))
    yield "snmp null in place of a name", ask, snmp(SNMP_V2C, snmp_pdu(GET, ber(0x30, b"\5\0\5\0")))
    yield "snmp text in place of a request id", ask, snmp(SNMP_V2C, ber(GET, ber(4, b"1") + ber_number(0) + ber_number(0) + ber(0x30, variable())))
    for port in ((161, 161), (162, 162), (161, 162)):
        yield f"snmp from {port[0]} to {port[1]}", port, padded
    for flags in (0, 1, 4, 5):
        yield f"snmp v3 flags {flags}", ask, snmp_v3(snmp_scoped(snmp_pdu(GET)), flags)
    for flags in (3, 7):
        yield f"snmp v3 encrypted flags {flags}", ask, snmp_v3(ber(4, bytes(range(40))), flags)
    for kind in (RESPONSE, GET_BULK, INFORM, TRAP_V2, REPORT):
        yield f"snmp v3 pdu {kind:#x}", ask, snmp_v3(snmp_scoped(snmp_pdu(kind)))
    yield "snmp v3 discovery", ask, snmp_v3(ber(0x30, ber(4, b"") + ber(4, b"") + snmp_pdu(GET, b"")), user=b"")
    yield "snmp v3 report", answer, snmp_v3(snmp_scoped(snmp_pdu(REPORT, variable(oid(1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0), ber(0x41, b"\1")))), 0, b"")
    yield "snmp v3 with a context", ask, snmp_v3(snmp_scoped(snmp_pdu(GET), b"caf\xc3\xa9"))
    yield "snmp v3 of another model", ask, snmp_v3(snmp_scoped(snmp_pdu(GET)), model=7)


# Syslog --------------------------------------------------------------------------------------------------------------


def syslog_messages():
    ports = (20514, 514)
    for priority in (*range(0, 192, 5), 191, 192, 200, 255, 256, 999, 1000, 4096):
        yield f"syslog priority {priority}", ports, b"<%d>Nov 28 15:04:05 host app[1]: text" % priority
    texts = {
        "no priority": b"Nov 28 15:04:05 host app: text", "leading zeros": b"<007>text", "two zeros": b"<00>text", "four digits": b"<0013>text", "empty priority": b"<>text", "unfinished": b"<13", "unfinished at once": b"<",
        "letter": b"<1a>text", "space": b"< 3>text", "sign": b"<-1>text", "plus": b"<+1>text", "no closing bracket": b"<13 text", "no text": b"<13>", "rfc 5424": b"<165>1 2026-11-28T15:04:05.003Z host app 1 ID47 [x@1 a=\"b\"] text",
        "rfc 5424 with a mark": b"<165>1 2026-11-28T15:04:05.003Z host app - ID47 - \xef\xbb\xbfcaf\xc3\xa9", "octets": b"<13>a\x80\xff\x1b[31m", "line end": b"<13>text\n", "zero": b"<13>text\0", "long": b"<13>" + b"x" * 300,
        "space before": b" <13>text", "two": b"<13>one\n<14>two", "octet counting": b"11 <13>message", "other bytes": bytes(range(128, 160)),
    }
    for name, message in texts.items():
        yield f"syslog {name}", ports, message
    yield "syslog between its ports", (514, 514), b"<27>text"
    yield "syslog answer", (514, 20514), b"<27>text"


# QUIC ----------------------------------------------------------------------------------------------------------------

QUIC_VERSIONS = {"v1": 1, "v2": 0x6b3343cf, "draft 29": 0xff00001d, "draft 34": 0xff000022, "q050": 0x51303530, "q043": 0x51303433, "greased": 0x1a2a3a4a, "mvfst": 0xfaceb002, "unknown": 0x00000002, "draft of v2": 0x709a50c4}
QUIC_IDS = {0: b"", 1: b"\1", 4: b"\1\2\3\4", 8: bytes(range(0xa0, 0xa8)), 20: bytes(range(20)), 21: bytes(range(21)), 255: bytes(255)}


def quic_integer(value, length):
    return (value | {1: 0, 2: 1, 4: 2, 8: 3}[length] << length * 8 - 2).to_bytes(length, "big")


def quic(first, version, destination=QUIC_IDS[8], source=b"\xaa\xbb", rest=b"\0" + quic_integer(40, 2) + bytes(range(40))):
    return bytes([first]) + struct.pack(">I", version) + bytes([len(destination)]) + destination + bytes([len(source)]) + source + rest


def quic_messages():
    """Each between ports of its own: tshark remembers the ids of a connection."""
    source = iter(range(32000, 40000))
    no_token = quic_integer(40, 2) + bytes(range(40))
    for name, version in QUIC_VERSIONS.items():
        for kind in range(4):
            rest = bytes(range(60)) if kind == 3 else None
            for port in (443, 8443):
                starts = (0x80, 0xc0) if (name, kind) == ("v1", 0) else (0xc0,)
                for start in starts:
                    initial = kind == (1 if version == QUIC_VERSIONS["v2"] else 0)
                    body = rest or (b"\0" if initial else b"") + no_token
                    yield f"quic {name} type {kind} start {start:#x} port {port}", (next(source), port), quic(start | kind << 4, version, rest=body)
    for length, octets in QUIC_IDS.items():
        yield f"quic id of {length} bytes", (next(source), 443), quic(0xc0, 1, octets)
        yield f"quic source id of {length} bytes", (next(source), 443), quic(0xc0, 1, source=octets)
        yield f"quic id of {length} bytes elsewhere", (next(source), 8443), quic(0xc0, 1, octets)
    yield "quic answer", (443, next(source)), quic(0xc0, 1)
    yield "quic over its port twice", (443, 443), quic(0xe0, 1, rest=no_token)
    yield "quic version negotiation", (443, next(source)), quic(0xc0, 0, rest=struct.pack(">II", 1, 0x6b3343cf))
    yield "quic version negotiation elsewhere", (8443, next(source)), quic(0x80, 0, rest=struct.pack(">I", 1))
    yield "quic token", (next(source), 443), quic(0xc0, 1, rest=b"\4abcd" + no_token)
    yield "quic token too long", (next(source), 443), quic(0xc0, 1, rest=quic_integer(200, 2) + no_token)
    yield "quic token too long elsewhere", (next(source), 8443), quic(0xc0, 1, rest=quic_integer(200, 2) + no_token)
    for length in (1, 2, 4, 8):
        yield f"quic length in {length} bytes", (next(source), 8443), quic(0xc0, 1, rest=b"\0" + quic_integer(40, length) + bytes(range(40)))
    yield "quic length too large", (next(source), 443), quic(0xc0, 1, rest=b"\0" + quic_integer(41, 2) + bytes(range(40)))
    yield "quic length too large elsewhere", (next(source), 8443), quic(0xc0, 1, rest=b"\0" + quic_integer(41, 2) + bytes(range(40)))
    yield "quic length too small elsewhere", (next(source), 8443), quic(0xc0, 1, rest=b"\0\3abc")
    yield "quic two packets", (next(source), 443), quic(0xc0, 1) + quic(0xe0, 1, rest=no_token)
    for first in (0x40, 0x48, 0x60):
        yield f"quic short header {first:#x}", (next(source), 443), bytes([first]) + QUIC_IDS[8] + bytes(range(40))
    for length in (1, 4, 5, 6, 10, 14, 15, 16, 17):
        yield f"quic of {length} bytes", (next(source), 443), quic(0xc0, 1)[:length]
        yield f"quic of {length} bytes elsewhere", (next(source), 8443), quic(0xc0, 1)[:length]


OVER_TCP = (http_messages,)
OVER_UDP = (dhcp_messages, dhcp6_messages, ntp_messages, snmp_messages, syslog_messages, quic_messages)
