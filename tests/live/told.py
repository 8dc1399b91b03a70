"""What `--diagnose` tells of all that a scene breaks: one run watches, records, and is read back.

A scene has namespaces by letter (`netns`), `break_all()`, `last`, a text of the output that comes when all is over, `absent`: why a
cause cannot be had here, and `close()`. A case is what a cause is told with.
"""

import contextlib
import re
from typing import NamedTuple

import kernel_facts
import pytest
from conftest import in_room
from netlab import Lab
from tracing import Trace


class Case(NamedTuple):
    is_it: object        # of a trail
    rule: str
    netns: str           # letters: the command is for one of these namespaces
    words: object        # the first ones, or several that may be; "#" is a number, which may depend on how busy the host is
    look: str            # the begin of the command
    reason: object = ()  # of the drop, or one of several; (): not asked for, as it was not dropped
    place: tuple = ()    # functions: the drop was in one of these


class Told:
    def __init__(self, directory, scene):
        self.directory, self.file, self.absent = directory, directory / "broken.pcapng", scene.absent
        trace = Trace(directory, ("--diagnose", "-o", "json", "-w", self.file, "--buffer", "64M"))
        try:
            trace.tracing()
            scene.break_all()
            trace.saw(scene.last)
            self.result = trace.stop()
        finally:
            trace.kill()
            scene.close()
        # One that went away is told by its number, unless its name was known before.
        self.names = {letter: (netns.name, str(netns.inum)) for letter, netns in scene.netns.items()}
        self.trails = self.of_ours(self.result)
        self.sums = [line["diagnoses"] for line in self.result.lines if "diagnoses" in line]

    def of_ours(self, result):
        names = {name for names in self.names.values() for name in names}
        return [line for line in result.lines
                if "packet" in line and "trail" in line and names & set(line["trail"]["netns"])]

    def read_back(self):
        """Trails of the recording."""
        directory = self.directory / "read"
        directory.mkdir()
        read = Trace(directory, ("read", self.file, "--diagnose", "-o", "json")).ended()
        assert read.status == 0
        return self.of_ours(read)

    def told_of(self, case):
        """The trail of a cause, and what its rule says of it."""
        ours = [trail for trail in self.trails if case.is_it(trail)]
        assert ours, f"no such trail among {[trail['packet'] for trail in self.trails]}"
        found = [(trail, one) for trail in ours for one in trail["diagnosis"] if one["rule"] == case.rule]
        assert found, [(trail["packet"], trail["trail"]["fate"], trail["branches"], trail["diagnosis"]) for trail in ours]
        return found[0]


@contextlib.contextmanager
def watched(directory, make_scene):
    """What was told of a scene. Its packets are between addresses that others trace."""
    lab = Lab()
    with in_room(alone=True):
        try:
            yield Told(directory, make_scene(lab))
        finally:
            lab.close()


def check(told, cause, case):
    """`cause` as `absent` has it."""
    if cause in told.absent:
        pytest.skip(f"nothing of the kind here: {told.absent[cause]}")
    trail, one = told.told_of(case)
    several = [case.words] if isinstance(case.words, str) else case.words
    assert any(re.match(re.escape(words).replace(r"\#", r"\d+"), one["words"]) for words in several), (one["words"], several)
    look = one.get("look", [""])[0]
    commands = [f"{within(name)} {case.look}" for letter in case.netns for name in told.names[letter]] or [case.look]
    assert any(look.startswith(command) for command in commands), (look, commands)
    if case.reason or case.place:
        check_drop(told, trail, case)


def within(netns):
    return f'nsenter -n -t "$(lsns -nro PID {netns} | head -n1)"' if netns.isdigit() else f"ip netns exec {netns}"


def check_drop(told, trail, case):
    drops = [branch for branch in trail["branches"] if branch["fate"] == "dropped"]
    assert trail["trail"]["fate"] == "dropped" and drops, trail
    reasons = (case.reason,) if isinstance(case.reason, str) else case.reason
    assert not reasons or any(drop.get("drop_reason") in reasons for drop in drops), drops
    assert not case.place or any(kernel_facts.is_function(drop["location"], case.place) for drop in drops), drops
    assert any(name in trail["trail"]["netns"] for letter in case.netns for name in told.names[letter])


def to(port, text="", dst=None):
    return lambda trail: trail.get("dport") == port and text in trail["packet"] and dst in (None, trail["dst"])


def to_address(dst):
    return lambda trail: trail.get("dst") == dst


def packet(text):
    return lambda trail: text in trail["packet"]


def rules_of(trails):
    return sorted((trail["packet"], [one["rule"] for one in trail["diagnosis"]]) for trail in trails)
