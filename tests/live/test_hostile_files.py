"""Files that cost more than they look, a stack that is tiny, and a host without /proc: a sentence, and soon."""

import os
import pathlib
import resource
import subprocess

import pytest
from tracing import PROGRAM, SANITIZED

DATA = pathlib.Path(__file__).parent.parent / "data" / "6.12.pcapng"
MIB = 1 << 20


def done(*words, wrapper=(), memory=None, **options):
    """The run: its status, what it said and the most memory it had, in MiB."""
    limit = None
    if memory is not None and not SANITIZED:
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (memory * MIB, memory * MIB))  # noqa: E731
    return subprocess.run([*wrapper, PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=20, check=False,
                          stdin=subprocess.DEVNULL, preexec_fn=limit, **options)


# Tracers ------------------------------------------------------------------------------------------------------------

def tracers(path, **options):
    return done("--tracers", path, "-t", "?", memory=600, **options)


def special(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    texts = {"values": "mine:\n  means: Mine\n" + "".join(f"  g{i}: x\n" for i in range(60_000)),
             "deep": "[" * 1_000_000, "deeper": "- " * 500_000, "long": "#" * 2_000_000,
             "bomb": "a: &a0 [" + "x," * 10 + "]\n" + "".join(f"b{i}: &a{i} [" + f"*a{i - 1}," * 10 + "]\n"
                                                               for i in range(1, 10))}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    said = {"/": "it is a directory", "/dev/zero": "it is a device", fifo: "", "/none": "No such file or directory",
            "values": "has at most", "deep": "has at most 64 lists", "deeper": "has at most 64 lists",
            "long": "it has more than 1024 KiB", "bomb": "has at most"}
    return {tmp_path / name if name in texts else name: text for name, text in said.items()}


def test_what_is_no_file_of_tracers_is_refused_in_a_sentence(tmp_path):
    for path, said in special(tmp_path).items():
        result = tracers(path)
        if said:
            assert result.returncode == 2 and said in result.stderr, (path, result.stderr)
            assert str(path) in result.stderr
        assert len(result.stderr) < 1000


def test_tracers_may_come_from_a_pipe():
    reader, writer = os.pipe()
    os.write(writer, b"mine:\n  means: My own\n  my_rcv: Mine\n")
    os.close(writer)
    result = tracers(f"/dev/fd/{reader}", pass_fds=(reader,))
    os.close(reader)
    assert result.returncode == 0 and "mine  My own" in result.stdout


def test_a_pipe_that_nothing_comes_from_is_not_waited_for():
    reader, writer = os.pipe()
    result = tracers(f"/dev/fd/{reader}", pass_fds=(reader,))
    os.close(reader)
    os.close(writer)
    assert result.returncode == 2 and "nothing came out of it for a second" in result.stderr


# Stacks -------------------------------------------------------------------------------------------------------------

TINY = ("sh", "-c", 'ulimit -s 32; exec "$@"', "sh")
DEEP = 3_000  # a tiny stack lets a command line have few words, too


@pytest.mark.parametrize("words", [
    ("-t", "kfree_skb", "--duration", "0.01"), ("-t", "all", "--duration", "0.01", "-q", "-O", "/dev/null"),
    ("read", DATA, "--stack", "-v"), ("read", DATA, "-o", "json"), ("read", DATA, "udp or tcp or icmp"), ("list",),
    ("doctor",), ("-t", "?"), ("--fields", "?"), ("-t", "kfree_skb", "tcp port 80", "--duration", "0.01"),
    ("-t", "kfree_skb", "-w", "/dev/null", "--duration", "0.01"), ("-t", "kfree_skb", "--", "true")],
    ids=lambda words: " ".join(map(str, words)))
def test_a_tiny_stack_is_enough(words):
    result = done(*words, wrapper=TINY)
    assert result.returncode == 0, result.stderr[-300:]


def test_the_command_has_the_stack_that_the_user_gave():
    # Only counted: packets of others are dropped, too.
    result = done("-t", "kfree_skb", "-o", "count", "-q", "--", "sh", "-c", "ulimit -s", wrapper=TINY)
    assert result.stdout.split() == ["32"]


@pytest.mark.parametrize("wrapper", [(), TINY], ids=["usual", "tiny"])
@pytest.mark.parametrize("words", [
    ("--where", "(" * DEEP + "len > 1" + ")" * DEEP), ("--where", "not " * DEEP + "len > 1"),
    ("(" * DEEP + "udp" + ")" * DEEP,), ("not " * DEEP + "udp",), ("udp or " * 500 + "tcp",),
    ("--where", "len > 1 or " * 1000 + "len > 2")], ids=lambda words: " ".join(words)[:15])
def test_nesting_and_length_of_expressions_end_in_a_sentence(words, wrapper):
    result = done("read", DATA, "-c", "1", *words, wrapper=wrapper)
    assert result.returncode in (0, 2), result.stderr[-300:]
    assert len(result.stderr) < 2000


# /proc --------------------------------------------------------------------------------------------------------------

SEND = ("/usr/bin/python3", "-c", "import socket; socket.socket(2, 2).sendto(b'', ('127.0.0.1', 9))")
NO_PROC = ("unshare", "-m", "sh", "-c", 'umount -l /proc; exec "$@"', "sh")


@pytest.mark.skipif(SANITIZED, reason="the sanitizer itself needs /proc")
@pytest.mark.parametrize("words, status", [
    (("-N", "pid:1"), 2), (("-N", "self"), 2), (("-N", "container:0123456789ab"), 2),
    (("-N", "4026531840", "--pid", "1", "-t", "kfree_skb", "--duration", "0.01"), 0),
    (("-t", "kfree_skb", "--stack", "-O", "/dev/null", "--", *SEND), 0)], ids=lambda words: str(words))
def test_without_proc_that_is_the_reason(words, status):
    result = done(*words, wrapper=NO_PROC)
    assert result.returncode == status
    assert "/proc is not mounted here" in result.stderr
    assert "there is no process" not in result.stderr and "CAP_SYSLOG" not in result.stderr
