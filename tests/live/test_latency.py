"""Where the time of packets goes (--latency, --between), and the way that they took (-o route), live and from a
recording."""

import json
import re

import jsonschema
import pytest
from test_trails import flow, of, read, trails_of

# Other tests send between the same addresses, and what is asked here tells no namespace.
pytestmark = pytest.mark.floods


def echoes(pair, start, tmp_path):
    """Runs of five echoes and their replies: a table after trails, a histogram, the flow; and a recording."""
    asked = ("icmp and " + flow(pair),)
    path = tmp_path / "echoes.pcapng"
    runs = [start(*words, *asked) for words in (
        ("--latency",), ("--between", "net_dev_queue,netif_receive_skb"), ("-o", "route", "--merge"),
        ("-w", path, "-o", "json", "--trail", "--latency", "--between", "net_dev_queue,kfree_skb"))]
    for run in runs:
        run.tracing()
    pair.a.run(*pair.ping("-c", 5, "-i", "0.002"))
    return [run.stop() for run in runs], path


def check_objects(both, path, pair, start):
    trails = of(pair, trails_of(both))
    ends = [line for line in both.lines if "latency" in line or "between" in line]
    latency, between = ends[0]["latency"], ends[1]["between"]
    assert latency["total"]["count"] == len(trails) == 10
    assert latency["total"]["max"] == max(trail["trail"]["total"] for trail in trails)
    hop = next(hop for hop in latency["hops"] if hop["from"]["func"] == "net_dev_queue"
               and hop["from"]["netns"] == pair.a.name)
    assert hop["to"] == {"func": "net_dev_start_xmit", "netns": pair.a.name, "ifname": "va"}
    took = sorted(trail["steps"][1]["mono"] - trail["steps"][0]["mono"] for trail in trails
                  if "echo request" in trail["packet"] and trail["steps"][0]["func"] == "net_dev_queue")
    assert hop["count"] == 5 and hop["max"] >= took[-1] and took[2] <= hop["p50"] <= took[2] * 33 // 32 + 1
    # Of the replies alone: the requests are consumed.
    assert (between["count"], between["without_to"]) == (5, 5)
    schema = json.loads(start("-o", "json", "--fields", "?").ended().stdout)
    for line in ends:
        jsonschema.validate(line, schema)
    again = read(start, path, "-o", "json", "--latency", "--trail").lines
    assert [line["latency"] for line in again if "latency" in line] == [latency]


def check_lines(table, histogram, route, path, pair, start):
    text = table.stdout
    assert text.count("ICMP echo") == 10
    assert "Time of 10 trails, and of their hops" in text[text.rindex("ICMP echo"):]
    assert re.search(rf"^ +5 .* {pair.a.name} va net_dev_queue -> net_dev_start_xmit$|→ net_dev_start_xmit$", text, re.M)
    assert re.search(r"netif_rx_entry +\+\S+ \S+ +\d+ %", text)
    # With --between alone nothing but the histogram.
    assert histogram.stdout.splitlines()[0] == "Time from net_dev_queue to netif_receive_skb of 10 packets"
    assert sum(int(count) for count in re.findall(r"^ .* to +\S+ \S+ +(\d+)", histogram.stdout, re.M)) == 10
    # The flow, and the replies beneath it.
    lines = route.stdout.splitlines()
    assert lines[0].startswith("icmp ") and lines[0].endswith("5 packets, 5 replies")
    a, b = pair.a.name, pair.b.name
    assert re.search(rf"5.  {a} \[ ping (→|->) va \] (═|=) {b} \[ vb \]   CONSUMED", lines[1])
    assert re.search(rf"5.  {b} \[ vb \] (═|=) {a} \[ va (→|->) ping \]   DELIVERED", lines[2])
    # Each packet by itself, of the recording.
    drawn = read(start, path, "-o", "route").stdout
    assert drawn.count(" ]   CONSUMED") == drawn.count(" ]   DELIVERED") == 5
    assert read(start, path, "-o", "count", "--latency").stdout.startswith("Time of 10 trails")


def test_the_table_is_what_the_steps_took_and_a_person_reads_it(pair, start, tmp_path):
    (table, histogram, route, both), path = echoes(pair, start, tmp_path)
    check_objects(both, path, pair, start)
    check_lines(table, histogram, route, path, pair, start)
    for words, sentence in ((("--between", "ip-in"), "requires two tracers"),
                            (("--between", "net_dev_queue,net_dev_queeu"), "did you mean 'net_dev_queue'?"),
                            (("-o", "perf", "--latency"), "unknown layout"),
                            (("-o", "line", "--latency"), "allowed: trail, route, json, count"),
                            (("--merge", "--trail"), "--merge requires -o route")):
        for result in (start(*words).ended(), start("read", path, *words).ended()):
            assert result.status == 2 and sentence in result.stderr, result.stderr
