"""`as nettrace` prints the lines of the article that showed the original, on this kernel: with tracepoints alone, which
every kernel has."""

import re

LINE = re.compile(
    r"(?P<time>\d+\.\d{6}): \[(?P<skb>[0-9a-f]{16})\]\[(?P<device>[^]]*)\]\[pid:(?P<pid>\d+),(?P<comm>[^]]*)\]"
    r"\[(?P<tracer>[^]]{12,})\]\[(?P<function>[^]]{24,})\]: (?P<packet>.*)")


def test_a_ping_has_its_lines_with_details(pair, start):
    nettrace = start("as", "nettrace", "-p", "icmp", "--addr", pair.B4, "--detail",
                     "-t", "skb:consume_skb,skb:kfree_skb")
    nettrace.tracing()
    pair.a.run(*pair.ping())
    result = nettrace.stop()
    assert result.status == 0
    found = [LINE.fullmatch(line) for line in result.stdout.splitlines()]
    assert found and all(found)
    assert {one["tracer"] for one in found} == {"life        "}
    assert {one["function"].strip() for one in found} <= {"consume_skb", "kfree_skb"}
    assert any(one["packet"].endswith("ping request   , seq: 1") for one in found)
