"""Every decoded field of the corpus against tshark's reading of the same bytes."""
import gc
import json
import os
import subprocess
from functools import cached_property
from pathlib import Path

import pytest

import tshark_reading

pytest.importorskip("scapy", reason="python3-scapy is not installed")
if tshark_reading.missing():
    pytest.skip(tshark_reading.missing(), allow_module_level=True)

# pylint: disable=wrong-import-position
import corpus  # noqa: E402
from differences import ACCEPTED, UNREAD, UNREAD_OF_SERVICES, Case, explanation  # noqa: E402
from field_table import TABLE, WITHOUT_COUNTERPART  # noqa: E402
from service_table import SERVICES, SERVICE_LAYERS  # noqa: E402

gc.disable()  # millions of objects without a cycle: looking for one takes a third of the time
BUILD = Path(os.environ.get("SKBTRAIL_BUILD", Path(__file__).parents[2] / "build"))
SHOWN = 40  # differences in a message
SNAPLENS = (40, 64, 96, 128, 160)


def program(*arguments):
    return subprocess.run([BUILD / "packet_fields", *arguments], check=True, capture_output=True, text=True).stdout.splitlines()


def our_reading(*arguments):
    return [json.loads(line) for line in program(*arguments)]


def registry():
    return program("--fields")


class Packets:
    """A pcap file of named packets, and how both read it."""

    def __init__(self, path, link_type, frames, snaplen=None):
        self.path, self.names = path, list(frames)
        corpus.write_pcap(path, link_type, frames.values(), snaplen)
        self.ours = our_reading(path)
        self.theirs = tshark_reading.read(path)
        assert len(self.ours) == len(self.theirs) == len(frames)

    @cached_property
    def differing(self):
        return list(self._compared())

    def _compared(self):
        landed = set(registry())
        for name, ours, theirs in zip(self.names, self.ours, self.theirs):
            for field, meaning in TABLE.items():
                case = Case(name, field, ours.get(field), meaning(theirs), theirs, ours)
                if field in landed and case.ours != case.theirs:
                    yield case


@pytest.fixture(scope="session")
def frames():
    return corpus.packets()


@pytest.fixture(scope="session")
def ethernet(frames, tmp_path_factory):
    return Packets(tmp_path_factory.mktemp("ether") / "ether.pcap", corpus.ETHERNET, frames)


@pytest.fixture(scope="session")
def raw_ip(frames, tmp_path_factory):
    return Packets(tmp_path_factory.mktemp("ip") / "ip.pcap", corpus.RAW_IP, corpus.ip_packets(frames))


@pytest.fixture(scope="session")
def mutated(frames, tmp_path_factory):
    return Packets(tmp_path_factory.mktemp("mutated") / "mutated.pcap", corpus.ETHERNET, corpus.mutated(frames))


def none_of(cases):
    cases = [str(case) for case in cases]
    shown = "\n".join(cases[:SHOWN])
    assert not cases, f"{len(cases)} differences:\n{shown}"


def test_a_field_is_compared_or_a_reason_says_why_not():
    assert set(registry()) - set(TABLE) == set(WITHOUT_COUNTERPART)


def test_fields_that_have_not_landed_are_none(request):
    pending = set(TABLE) - set(registry())
    if pending:
        pytest.skip(f"not in the registry yet: {', '.join(sorted(pending))}")


def test_each_field_is_what_tshark_says(ethernet):
    none_of(case for case in ethernet.differing if not explanation(case))


def test_each_field_of_a_packet_without_link_layer_is_what_tshark_says(raw_ip):
    none_of(case for case in raw_ip.differing if not explanation(case))


def test_each_accepted_difference_is_still_one(ethernet, mutated):
    used = {explanation(case) for packets in (ethernet, mutated) for case in packets.differing}
    assert [row.why for row in ACCEPTED if row not in used] == []


def test_each_field_is_seen_in_the_corpus(ethernet):
    seen = {field for ours in ethernet.ours for field in ours}
    assert set(registry()) & set(TABLE) <= seen


def may_differ(case):
    """Bytes that were changed at random: where one of both stops at what is wrong, the other may go on."""
    found_wrong = case.reading.malformed() or case.reading.short()
    if case.field in LISTS and case.ours and case.theirs and (found_wrong or case.fault):
        return case.ours.startswith(case.theirs) or case.theirs.startswith(case.ours)
    if case.field in ("proto", "inner_proto") and found_wrong:
        return True  # of the last header that was read
    if case.ours is None:
        return bool(case.fault)
    return case.theirs is None and (found_wrong or bool(case.fault))


def test_what_is_read_of_damaged_packets_is_what_tshark_reads(mutated):
    none_of(case for case in mutated.differing if not may_differ(case) and not explanation(case))


def malformed_layers(reading):
    """Where tshark found something malformed: in a layer, or after it as a layer of its own."""
    names = reading.names()
    if "_ws.malformed" in names:
        return {names[names.index("_ws.malformed") - 1]}
    return {layer.name for layer in reading.layers if layer.holds_malformed()}


def says_what_is_wrong(ours):
    return "fault" in ours or "truncated-ip" in ours["packet"]


def is_not_read(ours, layers):
    """Whether what is in the layer is not taken for a message of a service; where tshark took it for one and named no layer, for none."""
    fields = {field for field in ours if field in SERVICES}
    return all(layer in SERVICE_LAYERS and not any(field.startswith(SERVICE_LAYERS[layer]) for field in fields) for layer in layers)


def unread_row(case, layers):
    return next((row for row in UNREAD_OF_SERVICES if row.explains(case, layers)), None)


def stops_too_early(packets):
    """Packets whose service we read on with a reason where tshark stops."""
    return {case.packet for case in packets.differing if case.field in SERVICES and case.theirs is None and explanation(case)}


def test_what_tshark_calls_malformed_has_a_fault_or_is_not_read_at_all(ethernet, mutated):
    found, used, wrong = 0, set(), []
    for packets in (ethernet, mutated):
        with_reason = stops_too_early(packets)
        for name, ours, theirs in zip(packets.names, packets.ours, packets.theirs):
            if not theirs.malformed():
                continue
            found += 1
            layers = malformed_layers(theirs)
            row = unread_row(Case(name, "", None, None, theirs, ours), layers)
            used.add(row)
            if not (says_what_is_wrong(ours) or layers & set(UNREAD) or row or is_not_read(ours, layers) or name in with_reason):
                wrong.append(f"{name}: {layers}; {ours['packet']}")
    assert found > 500
    assert set(UNREAD_OF_SERVICES) <= used
    assert not wrong, f"{len(wrong)} of {found}:\n" + "\n".join(wrong[:SHOWN])


@pytest.mark.parametrize("snaplen", SNAPLENS)
def test_what_is_read_of_a_cut_packet_is_what_tshark_reads(frames, tmp_path, snaplen):
    cut = Packets(tmp_path / "cut.pcap", corpus.ETHERNET, frames, snaplen)
    none_of(case for case in cut.differing if case.ours is not None and case.theirs is not None and not may_differ(case) and not explanation(case))


# These depend on how far the headers could be read: texts of all that is there, and what is said of the last header.
GROWING = {"packet", "inner", "fault", "payload_len", "proto", "inner_proto"}
# Of a cut packet the first ones are there.
LISTS = {"vlans", "mpls", "tunnel", "ip_options", "ip6_ext", "tcp_options", "igmp_group", "mld_groups", "sctp_chunks", "tls_alpn"}


def is_less(field, cut, whole):
    if field in LISTS and isinstance(cut["value"], str) and isinstance(whole["value"], str):
        return whole["value"].startswith(cut["value"])
    # The innermost packet of which something is there is another one.
    if field.startswith("inner_") and cut["tunnel"] != whole["tunnel"]:
        return True
    return cut["value"] == whole["value"]


def wrong_with_cut(whole, cut):
    """The fields of a cut packet are some of the whole one's, with the same values."""
    def of(packet, field):
        return {"value": packet.get(field), "tunnel": packet.get("tunnel")}

    return {field: (cut[field], whole.get(field)) for field in cut if field not in GROWING and not is_less(field, of(cut, field), of(whole, field))}


def wrongly_short(whole, cut):
    """A copy that ends is not a packet that ends."""
    fault = cut.get("fault", "")
    return fault if "packet ends" in fault and fault != whole.get("fault") else None


@pytest.fixture(scope="session")
def cuts(frames, ethernet):
    """What is wrong with packets of which the first N bytes are there, for each N: by test, a text for the smallest N of a packet."""
    every = iter(our_reading("--every-snaplen", ethernet.path))
    wrong = {wrong_with_cut: {}, wrongly_short: {}}
    for (name, frame), whole in zip(frames.items(), ethernet.ours):
        for length in range(1, len(frame) + 1):
            cut = next(every)
            for find, found in wrong.items():
                if difference := find(whole, cut):
                    found.setdefault(name, f"{name}, {length} bytes: {difference}; whole: {whole.get('fault')}")
    return wrong


def test_a_cut_packet_tells_less_and_nothing_else(cuts):
    none_of(cuts[wrong_with_cut].values())


def test_a_cut_packet_is_never_called_short(cuts):
    none_of(cuts[wrongly_short].values())


def test_no_text_has_a_control_character(ethernet, mutated):
    for packets in (ethernet, mutated):
        for name, ours in zip(packets.names, packets.ours):
            for field, value in ours.items():
                assert not isinstance(value, str) or value.isprintable(), f"{name}: {field} is {value!r}"
            assert ours["packet"], name
