"""Silence is explained: what was seen and refused, what cannot be here, and what a word may mean instead."""

import os
import subprocess
import sys

from netlab import send_datagrams
from test_vlan import tag_what_leaves
from tracing import PROGRAM


def test_where_nothing_is_shown_it_is_said_what_was_seen(pair, trace):
    elsewhere = trace("-N", pair.b.name, "-t", "net_dev_queue", "udp port 9")
    where = trace("-N", pair.a.name, "-t", "net_dev_queue", "--where", "len > 10000", "udp port 9")
    send_datagrams(pair.a, pair.B4, 3)
    result = where.stop()
    assert "nothing is shown, but seen: 3 events for which --where does not hold" in result.stderr
    assert result.summary["refused"]["where"] == 3
    result = elsewhere.stop()
    if result.summary["refused"]["elsewhere"]:  # counted where packets are refused at once, from Linux 6.2 on
        assert "of packets that the filter takes, in another namespace or at another device" in result.stderr
        assert result.summary["refused"]["elsewhere"] >= 3


def test_a_packet_behind_a_vlan_tag_is_told(pair, trace, tmp_path):
    tag_what_leaves(pair, tmp_path)
    running = trace("-N", pair.a.name, "-t", "net_dev_start_xmit", "udp port 9")
    send_datagrams(pair.a, pair.B4, 12)
    result = running.stop()
    assert result.events == []
    if result.summary["refused"]["tagged"]:  # counted where bytes are judged in their place, from Linux 6.2 on
        assert "nothing is shown, but seen: 12 hits of packets with a VLAN tag" in result.stderr


def test_a_namespaces_number_is_no_name(pair, trace):
    running = trace("-N", pair.a.name, "--where", f"netns == {pair.a.inum}")
    assert f"netns is a name; the number of a namespace is netns_inum: netns_inum == {pair.a.inum}" in running.stderr()
    running.stop()


def called(*words, **options):
    return subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, timeout=20, **options)


def test_words_of_a_later_version_say_so():
    for words in ("report f -o x.html", "diff a b", "top", "serve", "join a b"):
        result = called(PROGRAM, *words.split())
        assert result.returncode == 2 and "in this version" in result.stderr, words


IN_CONTAINER = """
import socket, subprocess, sys, os
reading, writing = os.pipe()
sender = subprocess.Popen([sys.executable, "-c",
    "import os, socket; os.read(0, 1); socket.socket(2, 2).sendto(b'x', ('127.0.0.1', 9))"], stdin=reading)
traced = subprocess.Popen([sys.argv[1], "-o", "json", "-t", "net_dev_queue", "--pid", str(sender.pid), "udp port 9",
    "--ready-file", sys.argv[2], "--", "sh", "-c", f"echo >&{writing}; while kill -0 {sender.pid}; do :; done"],
    pass_fds=[writing])
sender.wait()
sys.exit(traced.wait())
"""


def test_a_process_number_in_a_pid_namespace_is_the_one_of_that_namespace(pair, tmp_path):
    result = called(*pair.a.command("unshare", "-pf", "--mount-proc", sys.executable, "-c", IN_CONTAINER, PROGRAM,
                                    tmp_path / "ready"))
    assert result.stdout.count('"func":"net_dev_queue"') == 1, result.stderr
    assert "is a number of this PID namespace" in result.stderr
