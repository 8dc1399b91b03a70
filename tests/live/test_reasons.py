"""What is known of drop reasons: every reason of the running kernel is known, and `list --reasons` tells of it."""

import json
import subprocess

import kernel_facts
import pytest
from netlab import with_capabilities
from tracing import PROGRAM


def called(*words, wrapper=()):
    done = subprocess.run([*wrapper, PROGRAM, "list", "--reasons", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_every_reason_of_this_kernel_is_known():
    status, stdout, stderr = called("-o", "json")
    reasons = {line["reason"]: line for line in map(json.loads, stdout.splitlines())}
    assert (status, stderr) == (0, "")
    here = {name for name, reason in reasons.items() if reason.get("here")}
    assert len(here) > 50 if kernel_facts.drop_reasons() else not here
    assert [name for name in sorted(here) if "means" not in reasons[name]] == []


def test_reasons_are_told_without_privileges():
    status, stdout, stderr = called("NO_SOCKET", "IP_INHDR", wrapper=with_capabilities())
    assert (status, stderr) == (0, "")
    assert "\n    no socket takes it; the sender gets a reset or an ICMP error\n" in stdout
    assert "ss -Hanptuw sport = :DPORT" in stdout and "\nIP_INHDR" in stdout
    assert "source: udp_rcv() in net/ipv4/udp.c, " in stdout


def test_without_a_name_each_reason_is_a_line():
    status, stdout, stderr = called()
    lines = stdout.splitlines()
    assert (status, stderr) == (0, "")
    assert len(lines) > 200 and len({line.split()[0] for line in lines}) == len(lines)
    assert any(line.startswith("openvswitch:METER ") for line in lines)


@pytest.mark.parametrize("words, message", [
    (["NO_SOKET"], "no drop reason is called 'NO_SOKET'; did you mean NO_SOCKET?"),
    (["nothing:*"], "'nothing:*' matches no drop reason"),
    (["-o", "line"], "list: --output: unknown layout 'line'; allowed: json"),
    (["--functions"], "list: --reasons and --tracepoints or --functions are mutually exclusive"),
])
def test_wrong_words_get_a_sentence_and_status_2(words, message):
    status, stdout, stderr = called(*words)
    assert (status, stdout) == (2, "") and message in stderr.splitlines()[0]
