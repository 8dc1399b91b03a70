"""Sections whose types are a module's: conntrack, for nf_conntrack is a module of Debian's kernels. The fields are filled
from the types that the module brings, and where there are none, doctor, list -v and the run say why they are empty.

Runs inside a guest, as test_guest.py does; first of all files, before others load the module.
"""
import json
import os
import subprocess

import pytest

# pylint: disable=unused-import,redefined-outer-name
from kernel_btf import STRUCT, Btf
from test_guest import SKBTRAIL, ip, namespaces, run, veth  # noqa: F401

VERSION = tuple(int(part) for part in os.uname().release.split(".")[:2])
MODULES_HAVE_TYPES = VERSION >= (5, 11)
EMPTY = "ct_state, ct_status, ct_mark, ct_zone, ct are unknown, or not all that they could be: " \
        "this kernel's types have no 'struct nf_conn': 'modprobe nf_conntrack' brings it"
FIELDS = ("func", "netns", "icmp_type", "ct_state", "ct_status", "ct_mark", "ct_zone")


def doctor():
    (check,) = [check for check in json.loads(run(SKBTRAIL, "doctor", "--json"))["checks"] if check["name"] == "section types"]
    return check


def list_notes():
    return subprocess.run([SKBTRAIL, "list", "-v", "kfree_skb"], capture_output=True, text=True, check=True).stderr


def ping(tmp_path):
    """Events in the namespace that answers, and what the run said beside them."""
    events = tmp_path / "events"
    done = subprocess.run(["ip", "netns", "exec", "left", SKBTRAIL, "-N", "right", "-t", "icmp_rcv,__dev_queue_xmit", "-o", "json",
                           "--fields", ",".join(FIELDS), "-O", events, "icmp", "--", "ping", "-qc1", "-W5", "10.78.0.2"],
                          capture_output=True, text=True, check=True)
    return [json.loads(line) for line in events.read_text().splitlines()], done.stderr


def check_empty(tmp_path):
    check = doctor()
    assert check["state"] == "missing" and "'struct nf_conn'" in check["tried"] + check.get("detail", "")
    assert EMPTY in list_notes()
    events, told = ping(tmp_path)
    assert EMPTY in told
    assert len(events) >= 2 and not [event for event in events if "ct_state" in event]


def has_type_without_module():
    with open("/sys/kernel/btf/vmlinux", "rb") as file:
        return any(name == "nf_conn" for name, _ in Btf(file.read()).own(STRUCT))


def test_fields_of_a_module_are_empty_with_a_reason_until_its_types_are_there(tmp_path, veth):
    if os.path.exists("/sys/module/nf_conntrack"):
        pytest.skip("nf_conntrack is loaded, or no module")
    if has_type_without_module():  # the kernel proper reads its mark for BPF programs (Linux 6.0, net/core/filter.c)
        assert doctor()["state"] == "ok" and "nf_conn" not in list_notes()
        return
    check_empty(tmp_path)
    run("modprobe", "nf_conntrack")
    if not MODULES_HAVE_TYPES:
        check_empty(tmp_path)
        return
    assert doctor()["state"] == "ok"
    assert "nf_conn" not in list_notes()


@pytest.mark.skipif(not MODULES_HAVE_TYPES, reason="modules have no types before Linux 5.11")
def test_a_connection_is_read_with_the_types_of_the_module(tmp_path, veth):
    # What arrives is counted to a connection, of zone 5 and with a mark, without the programs of netfilter.
    tc = ("tc", "-n", "right")
    run(*tc, "qdisc", "add", "dev", "veth1", "clsact")
    run(*tc, "filter", "add", "dev", "veth1", "ingress", "protocol", "ip", "matchall", "action", "ct", "commit", "zone", "5", "mark", "42")
    events, told = ping(tmp_path)
    assert "nf_conn" not in told
    (asked,) = [event for event in events if event["func"] == "icmp_rcv" and event["icmp_type"] == 8]
    assert {key: asked.get(key) for key in FIELDS[3:]} == \
        {"ct_state": "NEW", "ct_status": "CONFIRMED", "ct_mark": 42, "ct_zone": 5}
