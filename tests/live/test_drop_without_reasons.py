"""`skbtrail drop` on kernels that tell no reasons (before Linux 5.17): what is shown instead, and that this is said."""

import kernel_facts
import pytest
from test_drop import refused, send_fin_to_time_wait

pytestmark = pytest.mark.needs_fact("lacks_drop_reasons")


def test_the_function_and_the_call_path_stand_in(pair, start):
    trace = start("drop", "-N", pair.b.name, "-p", "udp").tracing()
    refused(pair.a, pair.B4, 9)
    trace.saw("ip_local_deliver")
    result = trace.stop()
    facts, advice, *path = result.stdout.splitlines()
    assert facts.split()[4] == "-" and facts.split()[5] in kernel_facts.DROPS_UDP4
    assert advice.startswith("    no reason is told; likely NO_SOCKET, UDP_CSUM or PKT_TOO_SMALL")
    assert advice.endswith(f"ip netns exec {pair.b.name} ss -Hanpu sport = :9")
    assert any(line.startswith("        ip_local_deliver") for line in path)
    assert "skbtrail: this kernel tells no drop reasons (Linux 5.17 does)" in result.stderr
    assert "skbtrail: 1 drop, none lost" in result.stderr


@pytest.mark.needs_fact("tells_time_wait")
def test_the_fin_that_time_wait_takes_is_no_drop(pair, start):
    trace = start("drop", "-N", pair.a.name, "-p", "tcp", summary=True).tracing()
    send_fin_to_time_wait(pair)
    trace.saw("no drop: its connection is in TIME_WAIT, which took note of it")
    assert trace.stop().summary["drops"]["dropped"] == 0


def test_a_reason_cannot_be_asked_for(start):
    result = start("drop", "--reason", "NO_SOCKET").ended()
    assert (result.status, result.stdout) == (1, "")
    assert "--reason: this kernel tells no drop reasons" in result.stderr
