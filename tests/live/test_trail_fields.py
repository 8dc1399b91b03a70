"""What is known of a packet's trail, asked of its events (trail.*): in lines, objects and recordings, live and read, it is
what the trail itself says (--trail)."""

import json
import signal

import jsonschema
import pytest
from test_trails import flow, functions, of, read, trails_of

# Other tests send between the same addresses, and what is asked here tells no namespace.
pytestmark = pytest.mark.floods

NAMES = "trail.id,trail.since,trail.total,trail.fate,trail.dropped,trail.drop_reason,trail.complete,trail.netns"
FIELDS = f"mono,func,icmp_type,dport,{NAMES}"


def send(pair):
    """An echo, which is answered, and a datagram to a closed port."""
    pair.a.run(*pair.ping())
    with pair.a.udp() as sender:
        sender.sendto(b"to nobody", (pair.B4, 9001))


@pytest.fixture(name="both")
def _both(pair, start, tmp_path):
    """Runs of the same traffic: of events that know their trails, of the events of what was dropped, of trails; and a
    recording of it."""
    asked = (f"(udp or icmp[0] = 8 or icmp[0] = 0) and {flow(pair)}",)
    path = tmp_path / "both.pcapng"
    runs = (start("-o", "json", "--fields", FIELDS, *asked), start("--time", "trail", "--where", "trail.dropped", *asked),
            start("-w", path, "-o", "json", "--trail", *asked))
    for run in runs:
        run.tracing()
    send(pair)
    return (*(run.stop() for run in runs), path)


def packets(events):
    """Events by the packet that they are of, where they tell it. The free of a packet may come when it is no longer known
    whose trail it would belong to."""
    found = {}
    for event in events:
        if "trail" not in event:
            assert event["func"] in ("consume_skb", "kfree_skb"), event
            continue
        if (key := event.get("icmp_type", event.get("dport"))) is not None:
            found.setdefault(key, []).append(event)
    return found


def test_an_event_knows_what_its_trail_comes_to(both, pair, start):
    known, dropped, trails, path = both
    told = {step["mono"]: trail["trail"] for trail in of(pair, trails_of(trails)) for step in trail["steps"]}
    same = ("id", "total", "fate", "dropped", "complete", "netns")
    events = read(start, path, "-o", "json", "--fields", FIELDS).events
    assert [event["mono"] for event in events] == sorted(event["mono"] for event in events)
    asked = [event for event in events if event["mono"] in told]
    assert len(asked) == len(told)
    for event in asked:
        assert [event["trail"][key] for key in same] == [told[event["mono"]][key] for key in same]
    # Each run has its own clock.
    for of_run in (packets(events), packets(known.events)):
        assert {key: {event["trail"]["fate"] for event in of_one} for key, of_one in of_run.items()} == \
               {8: {"consumed"}, 0: {"delivered"}, 9001: {"dropped"}}
        for of_one in of_run.values():
            assert min(event["trail"]["since"] for event in of_one) == 0
    # Only the packet that was dropped, from its first event on, with the time since then.
    lines = dropped.stdout.splitlines()
    assert len(lines) >= 4 and all(" > " not in line or ".9001: " in line for line in lines)
    assert lines[0].startswith("+0.000000000 ") and lines[-1].startswith("+")
    assert sum("+0.000000000" in line for line in lines) == 1


def test_a_recording_is_asked_for_what_became_of_packets(both, pair, start, tmp_path):
    *_, path = both
    dropped = read(start, path, "-o", "json", "--where", "trail.dropped", "--fields", FIELDS).events
    assert dropped and {event["trail"]["drop_reason"] for event in dropped} == {"NO_SOCKET"}
    assert set(packets(dropped)) == {9001}
    assert len(start("read", path, "-o", "json", "-c", "1", "--where", "trail.dropped").ended().events) == 1
    # What is chosen so is a recording of its own, from the first event of each packet on.
    part = tmp_path / "dropped.pcapng"
    read(start, path, "-w", part, "--where", "trail.dropped")
    assert [event["mono"] for event in read(start, part, "-o", "json", "--fields", FIELDS).events] == \
           [event["mono"] for event in dropped]
    # Who asks for trails gets them, beside the recording.
    assert read(start, path, "--trail", "-w", part).stdout.count("DROPPED: NO_SOCKET") == 1
    # Of trails: by what they came to, and by one of their events.
    def chosen(where):
        return of(pair, trails_of(read(start, path, "-o", "json", "--trail", "--where", where)))
    assert [trail["dport"] for trail in chosen("trail.dropped and trail.total < 10s")] == [9001]
    assert len(chosen(f"trail.netns == {pair.b.name} and icmp_type == 8")) == 1
    assert len(chosen("trail.dropped or trail.fate == delivered")) == 2
    assert [trail["dport"] for trail in chosen(f"func == {functions(chosen('trail.dropped')[0])[0]} and drop_reason == NO_SOCKET")] == []
    assert len(chosen("not trail.dropped and not known(dport)")) == 2
    schema = json.loads(start("-o", "json", "--fields", "?").ended().stdout)
    for line in dropped:
        jsonschema.validate(line, schema)


def test_recordings_behind_one_another_have_the_names_of_each(pair, start, tmp_path):
    """What is in one file, section after section: probes are numbered anew in each."""
    asked = ("udp and " + flow(pair),)
    paths = [tmp_path / f"{number}.pcapng" for number in range(2)]
    runs = [start("-w", path, *words, *asked).tracing()
            for path, words in zip(paths, ((), ("-t", "kfree_skb,netif_rx")))]
    send(pair)
    for run in runs:
        run.stop()
    whole = tmp_path / "whole.pcapng"
    whole.write_bytes(b"".join(path.read_bytes() for path in paths))
    trails = of(pair, trails_of(read(start, whole, "-o", "json", "--trail")))
    assert [(trail["trail"]["fate"], functions(trail)[-1]) for trail in trails] == [("dropped", "kfree_skb")] * 2
    assert functions(trails[1]) == ["netif_rx", "kfree_skb"]
    events = read(start, whole, "-o", "json", "--fields", FIELDS, "--where", "trail.dropped").events
    assert [event["func"] for event in events if event["trail"]["id"] == events[-1]["trail"]["id"]] == \
           ["netif_rx", "kfree_skb"]


def test_an_interrupt_hands_on_what_waits_for_its_trail(pair, start):
    """It was not read yet, so that its fate is not known for ten seconds."""
    with pair.b.udp() as sock, pair.a.udp() as sender:
        sock.bind((pair.B4, 9000))
        run = start("-o", "json", "--fields", FIELDS, "-t", "net_dev_queue,netif_rx", "udp and " + flow(pair)).tracing()
        sender.sendto(b"waits", (pair.B4, 9000))
        result = run.stop(signal.SIGINT)
    events = [event for event in result.events if event.get("dport") == 9000]
    assert [event["func"] for event in events] == ["net_dev_queue", "netif_rx"]
    assert {event["trail"]["fate"] for event in events} == {"not known"}
    assert not any(event["trail"]["complete"] for event in events)


def test_what_makes_no_sense_is_refused(start):
    for words, sentence in ((("--trail", "--where", "trail.since > 1ms"), "trail.total is that of the whole trail"),
                            (("--where", "trail.fate == droped"), "did you mean dropped?"),
                            (("-o", "json", "--time", "trail"), "--fields +trail.since")):
        result = start(*words).ended()
        assert result.status == 2
        assert sentence in result.stderr
