"""tshark's reading of a pcap file: per packet the layers in order, with every field that occurs in them.

tshark looks at packets in a row (streams, fragments, sequence numbers); the preferences here make it judge each alone.
What a newcomer gets wrong: in its JSON a name may be several times in one object, and the packet that an ICMP error
quotes is inside the layer of the error, while a packet in a tunnel comes after it.
"""
import json
import shutil
import subprocess
from functools import cached_property

PREFERENCES = ("ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE", "tcp.relative_sequence_numbers:FALSE",
               "tcp.analyze_sequence_numbers:FALSE", "tcp.no_subdissector_on_error:FALSE", "eth.fcs:Never", "sctp.relative_tsns:FALSE",
               "sctp.tsn_analysis:FALSE", "sctp.reassembly:FALSE", "dccp.relative_sequence_numbers:FALSE", "esp.do_esp_sequence_analysis:FALSE",
               "dns.desegment_dns_messages:FALSE", "tls.desegment_ssl_records:FALSE")
# What the program takes for VXLAN, MPLS and ESP, and tshark does not by itself.
DECODE_AS = ("udp.port==8472,vxlan", *(f"tcp.port=={port},http" for port in (8008, 8081, 8888)))
NETWORK_LAYERS = ("ip", "ipv6", "arp")
QUOTING_LAYERS = ("icmp", "icmpv6")


def missing():
    """Why there is no tshark to ask, or nothing."""
    return None if shutil.which("tshark") else "tshark is not installed"


class Layer:
    """A protocol's part of a packet: its name, and (field, value) in the order of the bytes."""

    def __init__(self, name, content):
        self.name = name
        self.content = content if isinstance(content, list) else []

    def values(self, *names):
        """All values of these fields, in order; not of a packet that is quoted in this layer."""
        return [value for name, value in self.flat() if name in names]

    def flat(self):
        return _values(self.content, self.name in QUOTING_LAYERS)

    def first(self, *names):
        found = self.values(*names)
        return found[0] if found else None

    def quoted(self):
        """The packet that an ICMP error quotes."""
        if self.name not in QUOTING_LAYERS:
            return None
        layers = [Layer(name, content) for name, content in self.content if isinstance(content, list) and is_layer(name)]
        at = next((i for i, layer in enumerate(layers) if layer.name in ("ip", "ipv6")), None)
        return None if at is None else Packet(layers[at:])

    def holds_malformed(self):
        return _has(((self.name, self.content),), "_ws.malformed")

    def groups(self, name):
        """The values of a field that is an object and is there several times."""
        return [Layer(key, content) for key, content in self.content if key == name]


def is_layer(name):
    """Of an object in a layer: whether it is a layer of its own; the others have the names of fields."""
    return "." not in name and not name.endswith("_tree")


def _values(content, quotes):
    for name, value in content:
        if not isinstance(value, list):
            yield name, value
        elif not (quotes and is_layer(name)):
            yield from _values(value, quotes)


class Packet:
    """The layers from one network header to the next."""

    def __init__(self, layers):
        self.layers = layers

    def layer(self, *names):
        return next((layer for layer in self.layers if layer.name in names), None)

    def first(self, *names):
        found = self.values(*names)
        return found[0] if found else None

    def values(self, *names):
        found = [place for name in names for place in self._places.get(name, ())]
        return [value for _, value in (sorted(found) if len(names) > 1 else found)]

    @cached_property
    def _places(self):
        """Name to (place, value) of each time that it occurs: a packet is asked for some hundred fields."""
        places = {}
        for place, (name, value) in enumerate(each for layer in self.layers for each in layer.flat()):
            places.setdefault(name, []).append((place, value))
        return places

    def quoted(self):
        layer = self.layer(*QUOTING_LAYERS)
        return layer and layer.quoted()


class Reading:
    """One captured packet: `outer`, `inner` (the innermost, which may be the outer), and what tshark finds wrong."""

    def __init__(self, layers):
        self.layers = layers
        packets = [[]]
        for layer in layers:
            has_network = any(each.name in NETWORK_LAYERS for each in packets[-1])
            if has_network and layer.name in NETWORK_LAYERS or layer.name == "eth" and packets[-1]:
                packets.append([])
            packets[-1].append(layer)
        self.packets = [Packet(each) for each in packets]
        self.outer, self.inner = self.packets[0], self.packets[-1]

    def names(self):
        return [layer.name for layer in self.layers]

    def first(self, *names):
        return next((value for packet in self.packets if (value := packet.first(*names)) is not None), None)

    def malformed(self):
        return bool(self._marked("_ws.malformed"))

    def short(self):
        return bool(self._marked("_ws.short") or self._marked("_ws.unreassembled"))

    def _marked(self, mark):
        return _has(((layer.name, layer.content) for layer in self.layers), mark)


def _has(content, mark):
    return any(name == mark or isinstance(value, list) and _has(value, mark) for name, value in content)


def read(path):
    command = ["tshark", "-n", "-r", str(path), "-T", "json"]
    for preference in PREFERENCES:
        command += ["-o", preference]
    for rule in DECODE_AS:
        command += ["-d", rule]
    # Texts are the packet's bytes, which need not be UTF-8.
    text = subprocess.run(command, check=True, capture_output=True, encoding="utf-8", errors="surrogateescape", timeout=300).stdout
    readings = []
    for packet in json.loads(text, object_pairs_hook=list):
        layers = dict(dict(packet)["_source"])["layers"]
        readings.append(Reading([Layer(name, content) for name, content in layers if name != "frame"]))
    return readings
