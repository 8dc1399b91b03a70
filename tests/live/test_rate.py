"""--rate prints so many events a second; the rest is counted, and recorded where something records."""

from netlab import send_datagrams

SECOND = 1_000_000_000


def in_a_second(events):
    """How many were printed in each second that begins with an event."""
    counts, begin = [], None
    for event in events:
        if begin is None or event["mono"] >= begin + SECOND:
            begin = event["mono"]
            counts.append(0)
        counts[-1] += 1
    return counts


def test_what_is_withheld_is_counted_and_recorded(pair, trace, trace_command, tmp_path, start):
    one = trace("-N", pair.a.name, "-t", "net_dev_queue", "--rate", 10, "-w", tmp_path / "all", "udp")
    send_datagrams(pair.a, pair.B4, 50)
    result = one.stop()
    assert all(count <= 10 for count in in_a_second(result.events))
    assert result.summary["withheld"] == 50 - len(result.events) > 0
    assert result.summary["events"] == 50 and result.summary["lost_in_all"] == 0
    assert f"; {result.summary['withheld']} withheld by --rate" in result.stderr
    assert len(start("read", "-o", "json", tmp_path / "all").ended().events) == 50


def test_the_count_is_of_what_is_printed(pair, trace):
    one = trace("-N", pair.a.name, "-t", "net_dev_queue", "--rate", 1000, "-c", 5, "udp")
    send_datagrams(pair.a, pair.B4, 20)
    result = one.ended()
    assert len(result.events) == result.summary["events"] == 5 and result.summary["withheld"] == 0
