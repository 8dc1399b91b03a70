"""doctor on the running kernel: it says what can be seen otherwise, and leaves nothing behind."""

import json
import os
import subprocess

import pytest

import kernel_facts
from tracing import PROGRAM

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all")


def doctor(*words, wrapper=()):
    return subprocess.run([*wrapper, PROGRAM, "doctor", *words], capture_output=True, text=True, check=False)


def checks(wrapper=()):
    """The findings by name, and the whole object."""
    found = json.loads(doctor("--json", wrapper=wrapper).stdout)
    return {check["name"]: check for check in found["checks"]}, found


def state(found, *names):
    return {name: found[name]["state"] for name in names}


def test_the_main_job_runs_here_so_the_status_is_0():
    found, whole = checks()
    assert doctor().returncode == 0
    assert whole["runs"] is True
    needed = ("trace", "tp_btf", "ring buffer", "array of maps", "mmap of a map", "kernel types")
    assert set(state(found, *needed).values()) == {"ok"}


def test_tracepoints_are_counted_as_they_are_listed():
    _, whole = checks()
    assert whole["tracepoints"] == len(kernel_facts.tracepoints())
    assert whole["verdict"].startswith(f"skbtrail runs here: {whole['tracepoints']} tracepoints")


def test_drop_reasons_and_kfuncs_are_there_if_the_types_of_the_kernel_say_so():
    found, _ = checks()
    assert (found["drop reasons"]["state"] == "ok") == kernel_facts.drop_reasons()
    for function in ("bpf_rdonly_cast", "bpf_dynptr_from_skb"):
        if found[function]["state"] == "ok":
            assert kernel_facts._in_btf(function)  # pylint: disable=protected-access


def test_list_says_of_which_fields_this_kernel_lacks_the_types_as_doctor_does():
    found, _ = checks()
    told = subprocess.run([PROGRAM, "list", "-v", "kfree_skb"], capture_output=True, text=True, check=True).stderr
    lacking = found["section types"]["state"] == "missing"
    assert ("ct_state, ct_status, ct_mark, ct_zone, ct are unknown" in told) == lacking
    assert ("'modprobe nf_conntrack' brings it" in told) == lacking


def test_kprobes_are_missing_exactly_where_the_kernel_has_no_such_events():
    found, _ = checks()
    assert (found["kprobe"]["state"] == "ok") == os.path.exists("/sys/bus/event_source/devices/kprobe")


def test_following_is_of_the_kind_that_a_run_shows(trace_command, pair):
    found, whole = checks()
    casts, functions = (found[name]["state"] == "ok" for name in ("bpf_rdonly_cast", "fentry"))
    assert whole["following"] == ("exact" if functions else "content" if casts else "none")
    words = {"none": "not followed past the filter", "content": "followed by address and content", "exact": "followed exactly"}
    assert words[whole["following"]] in whole["verdict"]
    if whole["following"] == "content":
        assert "IPv6" in found["exact following"]["without"]
    # Only where the kernel side sees what is made of an skb is the reply's copy for ping a certain one.
    run = trace_command(pair.ping(), "--trail", f"icmp and host {pair.A4} and host {pair.B4}", netns=pair.a)
    copies = [branch for line in run.lines if pair.a.name in line.get("trail", {}).get("netns", ())
              for branch in line["branches"] if branch["lineage"] != "original"]
    assert copies and {branch.get("likely", False) for branch in copies} == {whole["following"] != "exact"}


def test_what_is_missing_says_how_it_was_tried_and_what_helps():
    found, _ = checks()
    for check in found.values():
        if check["state"] == "missing":
            assert check["tried"] and check["remedy"] and check["without"], check
            assert "errno" in check or "detail" in check or check["name"].startswith("CAP_"), check


def test_the_page_fits_80_columns_and_has_no_colour_in_a_file():
    page = doctor().stdout
    assert max(map(len, page.splitlines())) <= 80
    assert "\033" not in page


def test_colour_is_for_terminals_without_no_color():
    def on_a_terminal(**environment):
        command = ["script", "-qec", f"{PROGRAM} doctor", "/dev/null"]
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                              env={"PATH": os.environ["PATH"], **environment}).stdout

    assert "\033[32mok" in on_a_terminal()
    assert "\033" not in on_a_terminal(NO_COLOR="1")


def system_calls(directory, *names):
    """What doctor called, as strace saw it."""
    log = directory / "calls"
    subprocess.run(["strace", "-f", "-o", log, "-e", "trace=" + ",".join(names), PROGRAM, "doctor"],
                   capture_output=True, check=True,
                   env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"})  # leaks are not looked for in what is traced
    return log.read_text()


@pytest.mark.skipif(not os.path.exists("/usr/bin/strace"), reason="no strace")
def test_nothing_is_pinned_or_mounted_or_written(tmp_path):
    calls = system_calls(tmp_path, "bpf", "mount", "move_mount", "openat", "open")
    assert "BPF_OBJ_PIN" not in calls
    assert "mount(" not in calls
    assert not [line for line in calls.splitlines() if "O_WRONLY" in line or "kprobe_events" in line]


def host_state():
    """What a check could leave behind: mounts, probes, settings. Namespaces that other tests mount beside are not its."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        state_now = [[mount for mount in mounts if "/run/netns" not in mount]]
    for path in ("/sys/kernel/tracing/kprobe_events", "/proc/sys/kernel/bpf_stats_enabled",
                 "/proc/sys/net/core/bpf_jit_enable"):
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                state_now.append(file.read())
    return state_now


def test_mounts_and_settings_of_the_host_are_as_before():
    before = host_state()
    assert doctor().returncode == 0
    assert host_state() == before


def test_without_privileges_it_says_cannot_tell_and_not_missing():
    found, whole = checks(NOBODY)
    assert whole["runs"] is False
    assert doctor(wrapper=NOBODY).returncode == 1
    for name in ("trace", "tp_btf", "raw_tp", "kprobe", "fentry", "stacks"):
        assert found[name]["state"] == "unknown"
        assert {"CAP_BPF", "CAP_PERFMON"} <= set(found[name]["needs"])
    assert found["ring buffer"]["needs"] == ["CAP_BPF"]
    assert found["CAP_BPF"]["state"] == "missing"


def test_without_privileges_it_reads_what_anybody_may():
    as_root, _ = checks()
    found, whole = checks(NOBODY)
    for name in ("kernel types", "drop reasons", "netns"):
        assert found[name] == as_root[name]
    assert whole["tracepoints"] == len(kernel_facts.tracepoints())
    assert "it needs CAP_BPF and CAP_PERFMON. Try: sudo skbtrail doctor" in whole["verdict"]


def test_in_a_user_namespace_capabilities_do_not_count():
    wrapper = ("unshare", "--user", "--map-root-user")
    if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces")
    found, whole = checks(wrapper)
    assert whole["runs"] is False
    assert "user namespace" in found["CAP_BPF"]["detail"]
    assert found["trace"]["state"] == "unknown"


@pytest.mark.parametrize("word, message", [
    ("--jsn", "doctor: unrecognized option '--jsn'; did you mean --json?"),
    ("eth0", "doctor: unexpected argument 'eth0'"),
])
def test_a_wrong_command_line_has_status_2(word, message):
    done = doctor(word)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == "skbtrail: " + message


def test_help_is_a_page():
    assert doctor("-h").stdout == doctor("--help").stdout
    assert doctor("-h").stdout.startswith("usage: skbtrail doctor [--json]\n")
