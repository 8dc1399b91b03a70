"""Fixtures of the live tests. They need root and the built program (SKBTRAIL_BUILD, by default build/).

Tracing sees the whole host, and other tests run at the same time, in this pytest and in others: every test looks only
at its own namespaces, by -N or by the namespace in the events. Tests that flood the host are marked `floods` and run
alone, because the others' rings would be full and their losses not theirs.
"""

import contextlib
import fcntl
import os

import pytest

import kernel_facts
from netlab import Lab, Pair
from tracing import SANITIZED, Trace, Witness


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(*tracepoints): skipped where this kernel lacks one of them")
    config.addinivalue_line("markers", "floods: runs while no other live test does")
    config.addinivalue_line("markers", "needs_fact(*names): skipped where kernel_facts.NAME is not true")


def pytest_runtest_setup(item):
    if os.geteuid() != 0:
        pytest.skip("live tests need root")
    for mark in item.iter_markers("needs"):
        for tracepoint in mark.args:
            if tracepoint not in kernel_facts.tracepoints():
                pytest.skip(f"this kernel has no tracepoint {tracepoint} with an skb")
    for mark in item.iter_markers("needs_fact"):
        for name in mark.args:
            if not getattr(kernel_facts, name)():
                pytest.skip(f"this kernel: not {name}")


# What these ask of is the kernel side, which no sanitizer looks into; the tests of the program as it is installed have
# asked it. User space is no other than in the files that remain, and runs several times slower under the sanitizers.
OF_THE_KERNEL_SIDE = {f"test_{name}.py" for name in (
    "arp", "bytes", "context", "devices", "early", "families", "filter_primitives", "filters", "fragments_of_skb", "idle",
    "inner", "layer3", "owner", "ping", "seen", "tcp", "udp_closed", "unwritten", "vlan")}


def pytest_collection_modifyitems(config, items):
    if not SANITIZED:
        return
    left_out = [item for item in items if item.path.name in OF_THE_KERNEL_SIDE]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


LOCKS = "/tmp/skbtrail-live"
_in_room = []  # whether this process is


@contextlib.contextmanager
def in_room(alone=False):
    """Alone on the host, or with others. Who waits to be alone keeps the door, so that none enters any more; who is in
    the room already must not wait at the door, for both would wait for ever."""
    if _in_room:
        assert not alone, "what a fixture of the module runs is not over"
        yield
        return
    with open(f"{LOCKS}.door", "w") as door, open(f"{LOCKS}.room", "w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        _in_room.append(True)
        try:
            yield
        finally:
            _in_room.pop()


@pytest.fixture(autouse=True)
def turn(request):
    with in_room(alone=request.node.get_closest_marker("floods") is not None):
        yield


@pytest.fixture
def lab(turn):
    made = Lab()
    yield made
    made.close()


@pytest.fixture
def pair(lab):
    """Two namespaces joined by veth, IPv4 only, which know each other."""
    return Pair(lab)


@pytest.fixture
def pair6(lab):
    """The same with IPv6."""
    return Pair(lab, ipv6=True)


@pytest.fixture
def start(tmp_path):
    """start(ARGUMENTS...) starts the program; `netns=` runs it there, `wrapper=` puts words in front. It is not waited
    for. With `summary=True` the summary is asked for."""
    started = []

    def start_one(*arguments, netns=None, wrapper=(), stdout=None, summary=False):
        directory = tmp_path / f"trace{len(started)}"
        directory.mkdir()
        words = [*(netns.command() if netns else ()), *wrapper]
        started.append(Trace(directory, arguments, words, stdout, summary))
        return started[-1]

    yield start_one
    for one in started:
        one.kill()


@pytest.fixture
def trace(start):
    """As `start`, in layout json with the summary; waits until everything is attached."""

    def trace_one(*arguments, **options):
        return start("-o", "json", *arguments, summary=True, **options).tracing()

    return trace_one


@pytest.fixture
def trace_command(start):
    """trace_command([WORDS], ARGUMENTS...) traces a command to its end in layout json; gives the result."""

    def trace_one(words, *arguments, **options):
        return start("-o", "json", *arguments, "--", *words, summary=True, **options).ended()

    return trace_one


@pytest.fixture
def witness(tmp_path):
    """witness(NETNS, TRACEPOINT...) counts from now on."""
    started = []

    def start_one(netns, *tracepoints):
        directory = tmp_path / f"witness{len(started)}"
        directory.mkdir()
        started.append(Witness(directory, netns, tracepoints))
        return started[-1].counting()

    yield start_one
    for one in started:
        one.kill()
