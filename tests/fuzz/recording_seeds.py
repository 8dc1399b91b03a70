"""recording_seeds.py DIRECTORY: inputs for recording_fuzz to begin with, made of the recordings in tests/data. Their
heads are replaced by a small one, so that most changes hit events and names."""

import gzip
import pathlib
import shutil
import struct
import subprocess
import sys

HEAD = b'{"probes":[{"name":"kfree_skb"},{"name":"a","arguments":[{"name":"x"}]}]}'


def option(code, value):
    return struct.pack("=HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section_header():
    """As src/recording/format.h draws it."""
    options = option(2989, struct.pack("=I", 32473) + b"s\x01\x20" + HEAD) + struct.pack("=I", 0)
    length = 24 + len(options) + 4
    return (struct.pack("=IIIHHq", 0x0A0D0D0A, length, 0x1A2B3C4D, 1, 0, -1) + options + struct.pack("=I", length))


DATAGRAM = bytes.fromhex("4500001c000100004011 00000a0000010a000002 0fa0003500080000".replace(" ", ""))
SNAP = bytes.fromhex("aaaa030000000800")
LINKS = {0: b"\x02\0\0\0", 1: bytes(12) + b"\x08\0", 8: bytes(16), 9: b"\xff\x03\0\x21", 101: b"", 104: b"\x0f\0\x08\0",
         105: b"\x08\x01" + bytes(22) + SNAP, 113: bytes(14) + b"\x08\0", 127: b"\0\0\x08\0" + bytes(4) + b"\x88\x03" +
         bytes(30) + SNAP, 192: b"\0\0\x08\0\x69\0\0\0\x08\x01" + bytes(22) + SNAP, 204: b"\x01\0\x21",
         239: b"\x02\0\0\0\x07\0\x0a\0ab\0\0\x20\0\x09\0", 242: bytes(40) + b"\x08\0\0\0", 276: b"\x08\0" + bytes(18),
         281: bytes(12) + b"\x20\0\0\1\x08\0", 285: bytes(12) + b"\xda\xda\0\0\x40\0\0\1\x08\0"}


def capture(link_type, frame):
    return (struct.pack("=IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type) +
            struct.pack("=IIII", 1, 0, len(frame), len(frame)) + frame)


directory = pathlib.Path(sys.argv[1])
directory.mkdir(parents=True, exist_ok=True)
for link, header in LINKS.items():
    seed = directory / f"link.{link}"
    seed.write_bytes(capture(link, header + DATAGRAM))
    seed.with_suffix(f".{link}.gz").write_bytes(gzip.compress(seed.read_bytes(), mtime=0))
for path in (pathlib.Path(__file__).parent.parent / "data").glob("*.pcapng"):
    recording = path.read_bytes()
    events = recording[struct.unpack_from("=I", recording, 4)[0]:]
    for name, size in (("short", 2000), ("whole", len(events))):
        seed = directory / f"{path.stem}.{name}"
        seed.write_bytes(section_header() + events[:size])
        if shutil.which("zstd"):
            subprocess.run(["zstd", "-q", "-f", "-1", "--no-check", str(seed)], check=True)
