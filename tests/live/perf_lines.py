"""Reads the lines of `as perf trace`, and holds them against those of perf trace itself."""

import re

LINE = re.compile(r" *(?P<ms>\d+\.\d{3}) (?P<comm>.{1,14})/(?P<tid>\d+) (?P<event>\w+:\w+):(?P<fields>.*)")


def parsed(text):
    """(event, device, fields) of each line, which must be one of perf's form."""
    found = []
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        assert match, line
        device = re.search(r"dev=(\S+)", match["fields"])
        found.append((match, match["event"], device and device[1]))
    return found


def same(ours, theirs, within_ms=10):
    """The task of perf's lines has the same events in ours, one by one, with all fields, at the same times within
    what interrupts between the two take.
    `theirs`: with --libtraceevent_print."""
    expected = [re.fullmatch(r" *([\d.]+) (\S+)/(\d+) (\w+:\w+)\((.*)\)", line) for line in theirs.splitlines()]
    assert len(expected) > 10 and all(expected), theirs
    found = [match for match, _, _ in parsed(ours) if match["tid"] == expected[0][3]]
    assert [(match["event"], match["fields"]) for match in found] == [(match[4], match[5]) for match in expected]
    # perf reads its rings one after the other, and writes ":TID" for a task whose name is in one it has not read yet.
    for mine, match in zip(found, expected):
        assert match[2] in (mine["comm"], f":{match[3]}"), (mine[0], match[0])
    first = float(found[0]["ms"])
    for mine, match in zip(found, expected):
        assert abs(float(mine["ms"]) - first - float(match[1])) < within_ms, (mine[0], match[0])
