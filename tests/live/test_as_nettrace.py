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


RULE = re.compile(r"<------------------- skb: (?P<skb>[0-9a-f]{16}) ---------------------->")
TIMELINE = re.compile(
    r"(?P<time>\d+\.\d{6}): (?P<detail>\[(?P<skb>[0-9a-f]{16})\]\[(?P<device>[^]]{4,})\]\[pid:(?P<pid>\d+),(?P<comm>[^]]*))\]"
    r"\[(?P<tracer>[^]]{12,})\]\[(?P<function>[^]]{24,})\]: (?P<packet>.*)")


def blocks_of(text):
    """Of each block its first line and the others; between two is an empty line."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [(RULE.fullmatch(block[0]), [TIMELINE.fullmatch(line) for line in block[1:] if not line.startswith("*** ")])
            for block in blocks]


def test_a_timeline_has_a_block_for_each_packet_in_the_articles_form(pair, start):
    nettrace = start("as", "nettrace", "-p", "icmp", "--addr", pair.B4, "--detail", "--timeline", "-c", "4")
    nettrace.tracing()
    pair.a.run(*pair.ping("-c", "2", "-i", "0.01"))
    result = nettrace.ended()
    assert result.status == 0, result.stderr
    blocks = blocks_of(result.stdout)
    assert len(blocks) == 4, result.stdout
    assert "skipped" not in result.stderr, "nobody named a tracer"
    packets = []
    for rule, lines in blocks:
        assert rule and len(lines) > 3 and all(lines), result.stdout
        assert rule["skb"] == lines[0]["skb"]
        assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
        assert all(len(line["detail"]) >= 49 for line in lines)
        # What a driver said comes when the packet is the receiver's.
        packet, = {line["packet"] for line in lines if line["function"].strip() != "net_dev_xmit"}
        packets.append(packet)
        # The last line is its end: a request's, for a reply is freed when ping has read the copy.
        assert lines[-1]["function"].strip() in ("consume_skb", "kfree_skb"), result.stdout
    assert sorted(packets) == sorted(
        f"ICMP: {src} -> {dst}, {kind}, seq: {seq}" for seq in (1, 2)
        for src, dst, kind in ((pair.A4, pair.B4, "ping request   "), (pair.B4, pair.A4, "ping reply     ")))
