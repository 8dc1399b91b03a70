"""Where the program and tshark may say different things of the same bytes, each with the reason.

A row that no longer explains any difference in the corpus fails the test: it has to go. Rows of PENDING need not differ:
they wait for a decoder, and go when it has landed.
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

PENDING = (
    Row("SCTP, DCCP, UDP-Lite", "[sd]port", layers("sctp", "dccp", "udplite")),
    Row("jumbo payloads", ".*", lambda case: "hbh" in case.fault),
)


def explanation(case):
    return next((row for row in ACCEPTED + PENDING if row.explains(case)), None)
