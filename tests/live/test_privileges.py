"""Tracing as an ordinary user who has a few capabilities, and what is said if one is missing."""

import json
import subprocess

import pytest

from netlab import send_datagrams
from tracing import PROGRAM

CLOSED_PORT = 9


def user_with(*capabilities):
    """Words that run a command as nobody with these capabilities alone, which a command of its own would inherit."""
    given = ",".join("+" + capability for capability in capabilities)
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if not capabilities:
        return (*words, "--bounding-set=-all")
    return (*words, f"--inh-caps={given}", f"--ambient-caps={given}")


ENOUGH = [("bpf", "perfmon", "net_admin"), ("bpf", "perfmon"), ("sys_admin",)]
TOO_LITTLE = [
    (("perfmon", "net_admin"), "CAP_BPF is missing, and tracing needs it"),
    (("bpf", "net_admin"), "CAP_PERFMON is missing, and tracing needs it"),
    (("net_admin",), "CAP_BPF and CAP_PERFMON are missing, and tracing needs them"),
    ((), "CAP_BPF and CAP_PERFMON are missing, and tracing needs them"),
]


@pytest.mark.parametrize("capabilities", ENOUGH, ids=",".join)
def test_an_ordinary_user_with_these_capabilities_traces(lab, start, capabilities):
    netns = lab.netns()
    trace = start("-o", "json", "-N", netns.inum, "-p", "udp", "--dport", CLOSED_PORT,
                  wrapper=user_with(*capabilities)).tracing()
    send_datagrams(netns, "127.0.0.1", 1, port=CLOSED_PORT)
    trace.saw('"func":"kfree_skb"')
    result = trace.stop()
    assert result.status == 0
    steps = {event["func"] for event in result.events}
    assert {"net_dev_queue", "netif_receive_skb", "kfree_skb"} <= steps
    assert {event["ifname"] for event in result.events if "ifname" in event} == {"lo"}
    assert {event["netns"] for event in result.events if "netns" in event} == {netns.name}


@pytest.mark.parametrize("capabilities, message", TOO_LITTLE, ids=["no bpf", "no perfmon", "neither", "none"])
def test_the_first_line_names_what_is_missing_and_a_command_that_works(capabilities, message):
    done = subprocess.run([*user_with(*capabilities), PROGRAM, "--duration", "10ms"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1
    assert done.stderr == f"skbtrail: {message}: try 'sudo skbtrail ...'; 'skbtrail doctor' says more\n"


@pytest.mark.parametrize("capabilities", [*ENOUGH, *(given for given, _ in TOO_LITTLE)],
                         ids=lambda given: ",".join(given) or "none")
def test_doctor_says_whether_tracing_would_run(capabilities):
    done = subprocess.run([*user_with(*capabilities), PROGRAM, "doctor", "--json"], capture_output=True, text=True,
                          check=False)
    found = json.loads(done.stdout)
    enough = capabilities in ENOUGH
    assert found["runs"] is enough
    assert done.returncode == (0 if enough else 1)
    states = {check["name"]: check["state"] for check in found["checks"]}
    for name in ("trace", "tp_btf", "raw_tp", "stacks", "JIT"):
        assert states[name] == ("ok" if enough else "unknown")
    assert states["ring buffer"] == ("ok" if enough or "bpf" in capabilities else "unknown")
