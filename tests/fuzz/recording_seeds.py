"""recording_seeds.py DIRECTORY: inputs for recording_fuzz to begin with, made of the recordings in tests/data. Their
heads are replaced by a small one, so that most changes hit events and names."""

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


directory = pathlib.Path(sys.argv[1])
directory.mkdir(parents=True, exist_ok=True)
for path in (pathlib.Path(__file__).parent.parent / "data").glob("*.pcapng"):
    recording = path.read_bytes()
    events = recording[struct.unpack_from("=I", recording, 4)[0]:]
    for name, size in (("short", 2000), ("whole", len(events))):
        seed = directory / f"{path.stem}.{name}"
        seed.write_bytes(section_header() + events[:size])
        if shutil.which("zstd"):
            subprocess.run(["zstd", "-q", "-f", "-1", "--no-check", str(seed)], check=True)
