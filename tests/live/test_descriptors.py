"""Every program, map and link of a run is an open file. What may be opened is opened; what then is missing fails the run,
and leaves no probe out."""

import os
import pathlib
import re

import pytest
from tracing import wait_until


def limited(soft, hard):
    return ("prlimit", f"--nofile={soft}:{hard}")


def test_the_soft_limit_is_raised_for_tracepoints(pair, trace):
    summary = trace("-N", pair.a.name, wrapper=limited(24, 4096)).stop().summary
    assert summary["skipped"] == []
    assert summary["probes"] * 2 > 24, "this many need more than the limit was"


@pytest.mark.parametrize("hard, doing", [(20, "the kernel refused the BPF object: Too many open files"),
                                         (70, "cannot ")])
def test_too_low_a_hard_limit_fails_the_run_and_says_which_and_how_to_raise_it(pair, start, hard, doing):
    result = start("-N", pair.a.name, "--backend", "tracepoint", wrapper=limited(hard, hard)).ended()
    assert result.status == 1
    assert doing in result.stderr
    assert f"may have {hard} files open (EMFILE), which is its hard limit: 'ulimit -Hn NUMBER'" in result.stderr
    assert "tracing" not in result.stderr


@pytest.fixture
def tasks_group(tmp_path):
    """tasks_group(MOST): words that run a command in a control group with so many tasks at most."""
    root = next((path for path in (pathlib.Path("/sys/fs/cgroup/pids"), pathlib.Path("/sys/fs/cgroup"))
                 if (path / "cgroup.procs").exists() and (path.name == "pids" or
                                                          "pids" in (path / "cgroup.subtree_control").read_text())), None)
    if root is None:
        pytest.skip("no control group counts tasks here")
    group = root / f"skbtrail-{os.getpid()}"
    group.mkdir()

    def words(most):
        (group / "pids.max").write_text(str(most))
        return ["sh", "-c", f'echo $$ >{group}/cgroup.procs && exec "$@"', "sh"]

    yield words
    wait_until(lambda: not (group / "cgroup.procs").read_text(), "the end of the control group")
    group.rmdir()


def test_too_few_tasks_fail_the_run_and_it_says_which_limits_there_are(pair, start, tasks_group):
    result = start("-N", pair.a.name, wrapper=tasks_group(2)).ended()
    assert result.status == 1
    assert "no thread can be started (EAGAIN)" in result.stderr and "pids.max" in result.stderr


@pytest.mark.needs_fact("reset_reasons")  # of the version that has cookies for such programs as well, 6.10
def test_tracepoints_share_what_makes_records(pair, trace):
    """Where the kernel refused that each would have a program with types (26), and the start would take twice as long."""
    running = trace("-N", pair.a.name)
    types = set()
    for descriptor in pathlib.Path(f"/proc/{running.pid}/fdinfo").iterdir():
        types |= set(re.findall(r"^prog_type:\t(\d+)$", descriptor.read_text(), re.MULTILINE))
    running.stop()
    assert types == {"17"}


def test_a_command_has_the_limit_that_it_would_have_without_us(pair, trace_command):
    result = trace_command(["sh", "-c", "ulimit -Sn >&2"], "-N", pair.a.name, wrapper=limited(24, 4096))
    assert "\n24\n" in result.stderr
