"""Names that would steer a terminal: of a namespace, a device and a task, and in what the user wrote."""

import json
import os
import struct
import subprocess

import pytest
from netlab import Pair
from tracing import PROGRAM

# ESC and C1 begin sequences, DEL, a change of direction, what is not seen, no UTF-8, a surrogate.
HOSTILE = b"\x1b[31m\xc2\x9b5m\x7f\xe2\x80\xae\xef\xbb\xbf\xff\xed\xa0\x80"
SHOWN = "?[31m?5m???????"  # each character, and each byte that is none, is one
HIDDEN = {*range(0x20), *range(0x7F, 0xA0), 0x61C, *range(0x200B, 0x2010), *range(0x2028, 0x202F),
          *range(0x2060, 0x206A), 0xFEFF}


def harmless(text):
    """The text, which a terminal shows and does nothing else."""
    text = text.decode("utf-8")
    found = [f"U+{ord(c):04x}" for c in text if ord(c) in HIDDEN and c != "\n"]
    assert not found, f"{found} in {text!r}"
    return text


class HostileLab:
    """Hands out namespaces, `a` with a hostile name."""

    def __init__(self, lab):
        self.netns = lambda letter: lab.netns(letter + os.fsdecode(HOSTILE) if letter == "a" else letter)


@pytest.fixture
def hostile(lab):
    """The sending namespace, in which the device has a hostile name, too."""
    pair = Pair(HostileLab(lab))
    device = HOSTILE[:15]
    for words in (b"link set va down", b"link set va name " + device, b"link set " + device + b" up",
                  b"neighbour replace 10.9.0.2 lladdr " + pair.macs["vb"].encode() + b" dev " + device):
        subprocess.run([b"ip", b"-n", os.fsencode(pair.a.name), *words.split()], check=True)
    return pair.a


def send(netns):
    comm = "\\x1b]0;\\xc2\\x9b\\xe2\\x80\\xae\\xff\\n"
    netns.run("/usr/bin/python3", "-c", f"import ctypes, socket; ctypes.CDLL(None).prctl(15, b'{comm}'); "
                                        "socket.socket(2, 2).sendto(b'', ('10.9.0.2', 9))")


def test_names_steer_no_terminal_in_any_layout(hostile, start, tmp_path):
    path, layouts = tmp_path / "x.pcapng", {}
    running = start("-N", hostile.name, "-t", "net_dev_queue", "-v", "-w", path, "-o", "line").tracing()
    send(hostile)
    result = running.stop()
    layouts["live"] = harmless(running.stdout_path.read_bytes())
    harmless(running.stderr_path.read_bytes())
    # The namespace's name may be long enough to be shortened; the device and the task are shown whole.
    assert f"{hostile.name[:3]}" in layouts["live"]
    assert "?[31m?5m????" in layouts["live"] and "?]0;????" in layouts["live"]
    assert result.status == 0 and len(layouts["live"].splitlines()) == 1
    for words in ("-v",), ("-o", "json"), ("-t", "?"):
        layouts[words] = harmless(subprocess.run([PROGRAM, "read", path, *words], capture_output=True, check=True).stdout)
    assert layouts["-v",] == layouts["live"]
    event = json.loads(layouts["-o", "json"])
    assert event["netns"] == hostile.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    assert event["comm"] == "\x1b]0;\x9b\u202e\ufffd\n"
    recording = path.read_bytes()
    comment = recording.index(b"net_dev_queue in ")
    (size,) = struct.unpack_from("=H", recording, comment - 2)
    assert SHOWN in harmless(recording[comment:comment + size])


@pytest.mark.parametrize("words", [
    ("-N", HOSTILE), ("-i", b"a b" + HOSTILE), ("-t", HOSTILE), ("-x", HOSTILE), ("-o", HOSTILE), (b"--" + HOSTILE,),
    ("--where", HOSTILE), ("--where", b"func == '" + HOSTILE), ("--fields", HOSTILE), (HOSTILE,), ("-p", HOSTILE),
    ("-H", HOSTILE), ("--time", HOSTILE), ("--user", HOSTILE, "--", "true"), ("--tracers", HOSTILE),
    ("--duration", HOSTILE), ("-O", b"/none/" + HOSTILE), ("-w", b"/none/" + HOSTILE), ("read", HOSTILE),
    ("list", HOSTILE), ("doctor", HOSTILE), ("as", HOSTILE), ("as", "nettrace", "-t", HOSTILE),
    ("as", "perf", "trace", "-e", HOSTILE)], ids=lambda words: str(words[:-1]))
def test_what_was_written_is_quoted_harmlessly(words):
    """Nor can it end a line and begin one that reads as ours."""
    for written in (words, [word.replace(HOSTILE, HOSTILE + b"\nskbtrail: tracing") if isinstance(word, bytes) else word
                            for word in words]):
        result = subprocess.run([PROGRAM, *written], capture_output=True, timeout=20, check=False)
        assert result.returncode in (1, 2), result.stderr
        assert SHOWN[1:7] in harmless(result.stderr)
        assert b"\nskbtrail: tracing" not in result.stderr
    harmless(result.stdout)


def test_a_command_that_is_not_there_is_named_harmlessly():
    result = subprocess.run([PROGRAM, "-t", "kfree_skb", "--", HOSTILE], capture_output=True, timeout=20, check=False)
    assert result.returncode == 127
    assert f"skbtrail: {SHOWN}: No such file or directory\n" in harmless(result.stderr)
