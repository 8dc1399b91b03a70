"""What rules decide about packets, with the real cause: tables of iptables, ip6tables, arptables, ebtables and nftables, and hooks.

Runs inside a guest, as test_guest.py does. Rules of tables are made by the legacy programs, which use the functions that are traced.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

# pylint: disable=unused-import,redefined-outer-name
from test_guest import SKBTRAIL, ip, run

VERSION = tuple(int(part) for part in os.uname().release.split(".")[:2])
NAMES = ("left", "mid", "right")
MODULES = pytest.mark.skipif(VERSION < (5, 11), reason="this kernel has no types of modules, where these functions are")


def within(name, *command):
    return run("ip", "netns", "exec", name, *command)


@pytest.fixture(scope="module")
def routed():
    """left (10.1.0.1, fd01::1) and right (10.2.0.1, fd02::1) with a router between them. Neighbours are known, so that only what
    tests send is sent."""
    for name in NAMES:
        ip("netns", "add", name)
        # A device's own settings begin as these: no duplicate address detection, no solicitation.
        within(name, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.default.router_solicitations=0")
        ip("-n", name, "link", "set", "lo", "up")
    within("mid", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    for net, end in (("1", "left"), ("2", "right")):
        ip("-n", end, "link", "add", f"{end}0", "type", "veth", "peer", "name", f"m{net}", "netns", "mid")
        for name, device, host in ((end, f"{end}0", 1), ("mid", f"m{net}", 2)):
            ip("-n", name, "addr", "add", f"10.{net}.0.{host}/24", "dev", device)
            ip("-n", name, "addr", "add", f"fd0{net}::{host}/64", "dev", device, "nodad")
            ip("-n", name, "link", "set", device, "up")
        for name, device, host, other in ((end, f"{end}0", 2, f"m{net}"), ("mid", f"m{net}", 1, f"{end}0")):
            its = json.loads(run("ip", "-n", "mid" if name != "mid" else end, "-j", "link", "show", other))[0]["address"]
            for address in (f"10.{net}.0.{host}", f"fd0{net}::{host}"):
                ip("-n", name, "neigh", "add", address, "lladdr", its, "dev", device)
        ip("-n", end, "route", "add", "default", "via", f"10.{net}.0.2")
        ip("-n", end, "-6", "route", "add", "default", "via", f"fd0{net}::2")
    yield
    for name in NAMES:
        ip("netns", "del", name)


class Rules:
    """Adds rules in the router, and takes all of these tables away again."""

    def __init__(self):
        self.used = []

    def add(self, program, table, *rule):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program}")
        done = subprocess.run(["ip", "netns", "exec", "mid", program, "-t", table, *rule], text=True, check=False, capture_output=True)
        if done.returncode:
            pytest.skip(f"{program}: {done.stderr.strip().splitlines()[0]}")
        self.used.append((program, table))

    def remove(self):
        for program, table in self.used:
            within("mid", program, "-t", table, "-F")


@pytest.fixture
def rules(routed):
    made = Rules()
    yield made
    made.remove()


def ping(address):
    return ("sh", "-c", f"ping -q -c 1 -W 1 {address} >/dev/null || true")


def traced(tmp_path, *options, command, name="left"):
    events, summary = tmp_path / "events", tmp_path / "summary"
    within(name, SKBTRAIL, "-o", "json", "-O", events, "--summary", summary, *options, "--", *command)
    assert json.loads(summary.read_text())["lost_in_all"] == 0
    return [json.loads(line) for line in events.read_text().splitlines()]


def decisions(events):
    return [event["decision"] for event in events if "decision" in event]


# Without kprobe.multi few functions have fentry by default.
BACKENDS = (["auto"] if VERSION >= (5, 18) else []) + ["fentry", "kprobe"]


@MODULES
@pytest.mark.parametrize("backend", BACKENDS)
def test_iptables_tells_table_chain_and_verdict_of_a_forwarded_packet(tmp_path, rules, backend):
    rules.add("iptables-legacy", "mangle", "-A", "PREROUTING", "-p", "icmp", "-j", "ACCEPT")
    rules.add("iptables-legacy", "filter", "-A", "FORWARD", "-p", "icmp", "-j", "DROP")
    events = traced(tmp_path, "--backend", backend, "-t", "ipt_do_table", "icmp", command=ping("10.2.0.1"))
    assert decisions(events) == ["iptables mangle PREROUTING: ACCEPT", "iptables mangle FORWARD: ACCEPT",
                                 "iptables filter FORWARD: DROP"]
    last = events[-1]
    assert {key: last[key] for key in ("decided_by", "table", "chain", "verdict", "hook", "hook_family", "hook_in", "hook_out", "netns")} == {
        "decided_by": "iptables", "table": "filter", "chain": "FORWARD", "verdict": "DROP", "hook": "FORWARD", "hook_family": "ip",
        "hook_in": "m1", "hook_out": "m2", "netns": "mid"}
    assert "hook_out" not in events[0]
    assert len(events) == 3, "a decision is one event"


@MODULES
def test_as_skbtracer_has_table_hook_and_verdict(tmp_path, rules):
    ready = tmp_path / "ready"
    rules.add("iptables-legacy", "filter", "-A", "FORWARD", "-p", "icmp", "-j", "DROP")
    tracer = subprocess.Popen(["ip", "netns", "exec", "left", SKBTRAIL, "as", "skbtracer", "--proto=icmp", "-H", "10.2.0.1", "--iptables",
                               "--noroute", "--ready-file", ready], stdout=subprocess.PIPE, text=True)
    while not ready.exists() and tracer.poll() is None:
        time.sleep(0.05)
    within("left", *ping("10.2.0.1"))
    tracer.send_signal(signal.SIGINT)
    rows = tracer.communicate(timeout=60)[0].splitlines()
    assert any(row.endswith("func=ipt_do_table iptables=[pf=PF_INET table=filter hook=FORWARD verdict=DROP]") for row in rows), rows


def more_of(target):
    """Of `as tracepkt --more`: (device, type, what was decided) of each line of an echo."""
    shown = within("left", SKBTRAIL, "as", "tracepkt", "--more", target)
    rows = [line[line.index("]") + 1:].split(None, 6) for line in shown.splitlines() if " #" in line]
    return [(row[0], row[1], row[6] if len(row) > 6 else "") for row in rows]


@pytest.mark.parametrize("target", ["10.2.0.1", "fd02::1"])
def test_as_tracepkt_tells_more_where_a_route_leads(routed, target):
    rows = more_of(target)
    assert [(row[0], row[1]) for row in rows[:4]] == [("left0", "request"), ("m1", "request"), ("m2", "request"), ("right0", "request")]
    led = ["out" in rows[0][2], rows[1][2], "forward" in rows[2][2], rows[3][2]]
    assert led == [True, "", True, ""], rows
    arrived = [(device, "local" in what) for device, kind, what in rows if kind == "arrived"]
    assert arrived == [("right0", True), ("left0", True)], rows


@MODULES
def test_as_tracepkt_tells_more_of_verdicts(rules):
    rules.add("iptables-legacy", "filter", "-A", "FORWARD", "-p", "icmp", "-j", "ACCEPT")
    # Tables that other tests made decide, too.
    led = [what for device, kind, what in more_of("10.2.0.1") if (device, kind) == ("m2", "request")]
    assert len(led) == 1, led
    of_filter = [part for part in led[0].split(", ") if part == "forward" or part.startswith("iptables filter FORWARD")]
    assert of_filter == ["forward", "iptables filter FORWARD: ACCEPT"], led


@MODULES
def test_input_and_output_have_one_device_each(tmp_path, rules):
    rules.add("iptables-legacy", "filter", "-A", "INPUT", "-p", "icmp", "-j", "ACCEPT")
    events = traced(tmp_path, "-t", "ipt_do_table", "--where", "table == filter", "icmp", command=ping("10.1.0.2"))
    assert [(event["chain"], event.get("hook_in"), event.get("hook_out")) for event in events] == [
        ("INPUT", "m1", None), ("OUTPUT", None, "m1")]


@MODULES
def test_a_packet_that_a_rule_rejects_is_dropped_by_its_table(tmp_path, rules):
    rules.add("iptables-legacy", "filter", "-A", "FORWARD", "-p", "icmp", "-j", "REJECT")
    events = traced(tmp_path, "-t", "ipt_do_table", "icmp[icmptype] == icmp-echo", command=ping("10.2.0.1"))
    assert decisions(events)[-1] == "iptables filter FORWARD: DROP"


@MODULES
def test_a_rule_in_a_chain_of_ones_own_drops_for_the_chain_of_the_hook(tmp_path, rules):
    """Which rule it was the kernel does not tell."""
    rules.add("iptables-legacy", "filter", "-N", "mine")
    rules.add("iptables-legacy", "filter", "-A", "mine", "-j", "DROP")
    rules.add("iptables-legacy", "filter", "-A", "FORWARD", "-p", "icmp", "-j", "mine")
    events = traced(tmp_path, "-t", "ipt_do_table", "--where", "verdict == DROP", "icmp", command=ping("10.2.0.1"))
    assert decisions(events) == ["iptables filter FORWARD: DROP"]
    within("mid", "iptables-legacy", "-F")
    within("mid", "iptables-legacy", "-X", "mine")


@MODULES
def test_ip6tables_has_its_name(tmp_path, rules):
    rules.add("ip6tables-legacy", "filter", "-A", "FORWARD", "-p", "icmpv6", "-j", "DROP")
    events = traced(tmp_path, "-t", "ip6t_do_table", "icmp6", command=ping("fd02::1"))
    assert decisions(events) == ["ip6tables filter FORWARD: DROP"]
    assert events[0]["hook_family"] == "ip6"


@MODULES
def test_arptables_decides_about_questions(tmp_path, rules):
    rules.add("arptables-legacy", "filter", "-A", "INPUT", "--source-ip", "10.1.0.1", "-j", "DROP")
    ip("-n", "left", "addr", "add", "10.1.0.9/24", "dev", "left0")
    ip("-n", "left", "neigh", "del", "10.1.0.2", "dev", "left0")
    events = traced(tmp_path, "-t", "arpt_do_table", "arp", command=ping("10.1.0.2"))
    its = json.loads(run("ip", "-n", "mid", "-j", "link", "show", "m1"))[0]["address"]
    ip("-n", "left", "neigh", "replace", "10.1.0.2", "lladdr", its, "dev", "left0")
    ip("-n", "left", "addr", "del", "10.1.0.9/24", "dev", "left0")
    assert set(decisions(events)) == {"arptables filter INPUT: DROP"}
    assert {(event["hook_family"], event["hook_in"]) for event in events} == {("arp", "m1")}


@MODULES
def test_ebtables_decides_at_a_bridge(tmp_path, rules):
    rules.add("ebtables-legacy", "filter", "-A", "INPUT", "-p", "IPv4", "-j", "DROP")
    ip("-n", "mid", "link", "add", "br0", "type", "bridge")
    ip("-n", "mid", "link", "set", "br0", "up")
    ip("-n", "mid", "link", "set", "m1", "master", "br0")
    try:
        within("left", "sh", "-c", "ping -q -c 1 -W 1 10.1.0.2 || true")
        events = traced(tmp_path, "-t", "ebt_do_table", "--where", "verdict == DROP", "icmp", command=ping("10.1.0.2"))
    finally:
        ip("-n", "mid", "link", "set", "m1", "nomaster")
        ip("-n", "mid", "link", "del", "br0")
    assert decisions(events) == ["ebtables filter INPUT: DROP"]
    assert events[0]["hook_family"] == "bridge" and events[0]["hook_in"] == "m1"


@MODULES
def test_a_trail_has_the_decision_as_a_step_before_the_drop(tmp_path, rules):
    rules.add("iptables-legacy", "filter", "-A", "FORWARD", "-p", "icmp", "-j", "DROP")
    trails = traced(tmp_path, "--trail", "icmp", command=ping("10.2.0.1"))
    assert len(trails) == 1, trails
    (trail,) = trails
    assert (trail["trail"]["fate"], trail["trail"]["complete"]) == ("dropped", True)
    steps = [(step["func"], step.get("decision")) for step in trail["steps"]]
    assert ("ipt_do_table", "iptables filter FORWARD: DROP") in steps, steps
    drop, *hook = [step for step in trail["steps"] if step.get("verdict") == "DROP"]
    assert (drop["table"], drop["chain"], drop["netns"]) == ("filter", "FORWARD", "mid")
    assert [step["decision"] for step in hook] == (["netfilter FORWARD: DROP"] if VERSION >= (6, 1) else [])
    assert [branch["dropped_by"] for branch in trail["branches"]] == ["iptables filter FORWARD"]
    text = within("left", SKBTRAIL, "--trail", "-q", "icmp", "--", *ping("10.2.0.1"))
    assert any("ipt_do_table " in line and line.endswith("iptables filter FORWARD: DROP") for line in text.splitlines()), text
    assert " by iptables filter FORWARD, in nf_hook_slow" in " ".join(text.split()), text


@MODULES
def test_a_recording_keeps_decisions(tmp_path, rules):
    rules.add("iptables-legacy", "filter", "-A", "FORWARD", "-p", "icmp", "-j", "DROP")
    path = tmp_path / "x.pcapng"
    live = traced(tmp_path, "-w", path, "-t", "ipt_do_table", "icmp", command=ping("10.2.0.1"))
    assert decisions(live)
    assert [json.loads(line) for line in run(SKBTRAIL, "read", "-o", "json", path).splitlines()] == live


@MODULES
def test_the_default_set_tells_no_decisions_unless_they_are_named(tmp_path, rules):
    """Their returns would make it slower."""
    rules.add("iptables-legacy", "filter", "-A", "FORWARD", "-p", "icmp", "-j", "DROP")
    events = traced(tmp_path, "icmp", command=ping("10.2.0.1"))
    assert "ipt_do_table" in {event["func"] for event in events}
    assert not decisions(events) and not any("table" in event for event in events)
    events = traced(tmp_path, "--fields", "+decision", "icmp", command=ping("10.2.0.1"))
    assert decisions(events)


NFT = """
table inet firewall {
  chain incoming { type filter hook forward priority 0; icmp type echo-request jump mine; }
  chain mine { drop; }
}
"""


@pytest.fixture
def nft(routed):
    subprocess.run(["ip", "netns", "exec", "mid", "nft", "-f", "-"], input=NFT, text=True, check=True)
    yield
    within("mid", "nft", "delete", "table", "inet", "firewall")


@MODULES
@pytest.mark.parametrize("backend", BACKENDS)
def test_nftables_tell_family_table_and_base_chain(tmp_path, nft, backend):
    """The rule that drops is in another chain, of which the return tells nothing."""
    (event,) = traced(tmp_path, "--backend", backend, "-t", "nft_do_chain", "icmp", command=ping("10.2.0.1"))
    assert event["decision"] == "nftables inet firewall incoming: DROP"
    assert {key: event.get(key) for key in ("table", "chain", "hook", "hook_family", "hook_in", "hook_out")} == {
        "table": "firewall", "chain": "incoming", "hook": "FORWARD", "hook_family": "ip", "hook_in": "m1", "hook_out": "m2"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_hook_tells_what_came_of_all_that_is_registered_there(tmp_path, nft, backend):
    hook = ("--backend", backend, "-t", "nf_hook_slow", "--where", "hook == FORWARD")
    (event,) = traced(tmp_path, *hook, "icmp", command=ping("10.2.0.1"))
    assert (event["decision"], event["hook_in"], event["hook_out"], event["netns"]) == ("netfilter FORWARD: DROP", "m1", "m2", "mid")
    assert set(decisions(traced(tmp_path, *hook, "icmp6", command=ping("fd02::1")))) == {"netfilter FORWARD: ACCEPT"}


def test_a_trail_with_a_hook_is_one_though_the_packet_was_freed_in_it(tmp_path, nft):
    trails = traced(tmp_path, "--trail", "-t", "nf_hook_slow,ip_forward", "icmp", command=ping("10.2.0.1"))
    (trail,) = [trail for trail in trails if "ip_forward" in {step["func"] for step in trail["steps"]}]
    assert len(trails) == 1, [[step["func"] for step in trail["steps"]] for trail in trails]
    assert trail["trail"]["fate"] == "dropped"
    # Where the kernel side does not see every end, it is not known that it was this packet.
    if VERSION >= (6, 12):
        assert "netfilter FORWARD: DROP" in {step.get("decision") for step in trail["steps"]}


@MODULES
def test_a_trail_names_the_rules_that_freed_the_packet_themselves(tmp_path, nft):
    """nftables do so since Linux 6.7 (NF_DROP_REASON), and then return NF_STOLEN with an errno."""
    (trail,) = traced(tmp_path, "--trail", "-t", "nft_do_chain,ip_forward", "icmp", command=ping("10.2.0.1"))
    assert trail["trail"]["fate"] == "dropped"
    if VERSION >= (6, 12) or VERSION < (6, 7):
        assert [branch.get("dropped_by") for branch in trail["branches"]] == ["nftables inet firewall incoming"]


TRACED_NFT = """
table inet firewall {
  chain incoming { type filter hook forward priority 0; meta nftrace set 1; icmp type echo-request jump mine; }
  chain mine { tcp dport 22 accept; ip ttl 1-200 drop; }
}
"""
RULES_TRACED = pytest.mark.skipif(VERSION < (5, 17), reason="before Linux 5.17 nobody knows a rule's handle")


@pytest.fixture
def traced_nft(routed):
    """Of each rule its handle, by its text, as nft says."""
    subprocess.run(["ip", "netns", "exec", "mid", "nft", "-f", "-"], input=TRACED_NFT, text=True, check=True)
    listed = within("mid", "nft", "-a", "list", "table", "inet", "firewall")
    yield {text: int(handle) for text, handle in re.findall(r"^\t\t(.*) # handle ([0-9]+)$", listed, re.MULTILINE)}
    within("mid", "nft", "delete", "table", "inet", "firewall")


@RULES_TRACED
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rule_of_nftables_that_is_traced_has_chain_handle_text_and_verdict(tmp_path, traced_nft, backend):
    events = traced(tmp_path, "--backend", backend, "-t", "nft_trace_notify", "icmp", command=ping("10.2.0.1"))
    mark, jump, drop = (traced_nft[text] for text in ("meta nftrace set 1", "icmp type echo-request jump mine", "ip ttl 1-200 drop"))
    assert decisions(events) == [
        f"nftables inet firewall incoming rule {mark} (meta nftrace set 1): CONTINUE",
        f"nftables inet firewall incoming rule {jump} (icmp type echo-request jump mine): JUMP mine",
        f"nftables inet firewall mine rule {drop} (ip ttl 1-200 drop): DROP"]
    assert {key: events[-1].get(key) for key in ("decided_by", "table", "chain", "verdict", "rule", "rule_type", "rule_text", "hook", "netns")} == {
        "decided_by": "nftables", "table": "firewall", "chain": "mine", "verdict": "DROP", "rule": drop, "rule_type": "rule",
        "rule_text": "ip ttl 1-200 drop", "hook": "FORWARD", "netns": "mid"}


@RULES_TRACED
def test_the_end_of_a_chain_and_the_policy_are_told_without_a_rule(tmp_path, traced_nft):
    within("mid", "nft", "delete", "rule", "inet", "firewall", "mine", "handle", str(traced_nft["ip ttl 1-200 drop"]))
    within("mid", "nft", "chain", "inet", "firewall", "incoming", "{ policy drop; }")
    events = traced(tmp_path, "-t", "nft_trace_notify", "icmp", command=ping("10.2.0.1"))
    assert decisions(events)[-3:] == ["nftables inet firewall mine return: CONTINUE", "nftables inet firewall incoming return: CONTINUE",
                                      "nftables inet firewall incoming policy: DROP"]
    assert [event.get("rule") for event in events[-3:]] == [None] * 3


@RULES_TRACED
def test_a_trail_is_dropped_by_the_rule_that_was_traced(tmp_path, traced_nft):
    (trail,) = traced(tmp_path, "--trail", "icmp", command=ping("10.2.0.1"))
    drop = traced_nft["ip ttl 1-200 drop"]
    assert [branch.get("dropped_by") for branch in trail["branches"]] == [f"nftables inet firewall mine rule {drop} (ip ttl 1-200 drop)"]
    (step,) = [step for step in trail["steps"] if step.get("rule") == drop]
    assert (step["func"], step["chain"], step["rule_type"], step["rule_text"]) == ("nft_trace_notify", "mine", "rule", "ip ttl 1-200 drop")


@RULES_TRACED
def test_a_recording_keeps_the_text_of_a_rule(tmp_path, traced_nft):
    path = tmp_path / "x.pcapng"
    live = traced(tmp_path, "-w", path, "-t", "nft_trace_notify", "icmp", command=ping("10.2.0.1"))
    assert "ip ttl 1-200 drop" in {event.get("rule_text") for event in live}
    within("mid", "nft", "flush", "table", "inet", "firewall")
    assert [json.loads(line) for line in run(SKBTRAIL, "read", "-o", "json", path).splitlines()] == live


@RULES_TRACED
def test_a_table_that_is_loaded_anew_has_no_text_of_the_one_before(tmp_path, traced_nft):
    """The handles of its rules begin from the start again."""
    anew = f"sh -c 'ip netns exec mid nft -f {tmp_path}/anew'"
    (tmp_path / "anew").write_text("delete table inet firewall\n" + TRACED_NFT.replace("ip ttl 1-200 drop", "ip ttl 2-201 drop"))
    events = traced(tmp_path, "-t", "nft_trace_notify", "icmp",
                    command=("sh", "-c", f"ping -q -c 1 -W 1 10.2.0.1; sleep 1; {anew}; ping -q -c 1 -W 1 10.2.0.1; sleep 1"))
    drops = [(event["rule"], event.get("rule_text")) for event in events if event["verdict"] == "DROP"]
    assert drops[0][1] in ("ip ttl 1-200 drop", None) and drops[1:] == [(drops[0][0], "ip ttl 2-201 drop")], events


@pytest.mark.parametrize("backend", ["auto", "kprobe"])
def test_a_rule_of_iptables_that_is_traced_has_its_place(tmp_path, rules, backend):
    rules.add("iptables-legacy", "raw", "-A", "PREROUTING", "-p", "icmp", "-j", "TRACE")
    rules.add("iptables-legacy", "filter", "-N", "mine")
    rules.add("iptables-legacy", "filter", "-A", "mine", "-p", "tcp", "-j", "ACCEPT")
    rules.add("iptables-legacy", "filter", "-A", "mine", "-p", "icmp", "-j", "DROP")
    rules.add("iptables-legacy", "filter", "-A", "FORWARD", "-p", "icmp", "-j", "mine")
    try:
        events = traced(tmp_path, "--backend", backend, "-t", "nf_log_trace", "--where", "table == filter", "icmp", command=ping("10.2.0.1"))
        assert decisions(events) == ["iptables filter FORWARD rule 1", "iptables filter mine rule 2"]
        last = {key: events[-1].get(key) for key in ("decided_by", "rule", "rule_type", "verdict", "hook", "hook_in", "hook_out", "netns")}
        assert last == {"decided_by": "iptables", "rule": 2, "rule_type": "rule", "verdict": None, "hook": "FORWARD", "hook_in": "m1",
                        "hook_out": "m2", "netns": "mid"}
        if VERSION >= (5, 11):  # the table's function is in a module
            (trail,) = traced(tmp_path, "--trail", "icmp", command=ping("10.2.0.1"))
            assert [branch["dropped_by"] for branch in trail["branches"]] == ["iptables filter FORWARD (last: mine rule 2)"]
    finally:
        within("mid", "iptables-legacy", "-F")
        within("mid", "iptables-legacy", "-X", "mine")


@MODULES
def test_a_translated_packet_has_both_tuples_of_its_connection(tmp_path, rules):
    """conntrack is a module here."""
    rules.add("iptables-legacy", "nat", "-A", "POSTROUTING", "-p", "icmp", "-j", "SNAT", "--to-source", "10.2.0.2")
    events = traced(tmp_path, "-t", "net:net_dev_queue,dev_hard_start_xmit", "--fields", "func,netns,src,dst,nat,ct_src,ct_reply_dst", "icmp",
                    command=ping("10.2.0.1"))
    translated = [event for event in events if event["netns"] == "mid"]
    assert {event["func"] for event in translated} >= {"net_dev_queue", "dev_hard_start_xmit"}, events
    for event in translated:
        assert (event["nat"], event["ct_src"], event["ct_reply_dst"]) == ("src 10.1.0.1 > 10.2.0.2", "10.1.0.1", "10.2.0.2"), event


@MODULES
def test_the_step_at_which_addresses_are_changed_says_what_they_become(tmp_path, rules):
    rules.add("iptables-legacy", "nat", "-A", "POSTROUTING", "-p", "icmp", "-j", "SNAT", "--to-source", "10.2.0.2")
    events = traced(tmp_path, "--trail", "-t", "ip_rcv,nf_nat_manip_pkt,dev_hard_start_xmit", "icmp", command=ping("10.2.0.1"))
    steps = [step for trail in events for step in trail["steps"] if "nat" in step]
    assert steps and {(step["func"], step["nat"], step["netns"]) for step in steps} == {
        ("nf_nat_manip_pkt", "NAT src 10.1.0.1 > 10.2.0.2", "mid")}, events


@pytest.fixture
def shaped(routed):
    """Traffic control at the router's devices; gone afterwards."""
    def tc(*words):
        done = subprocess.run(["ip", "netns", "exec", "mid", "tc", *words], text=True, check=False, capture_output=True)
        if done.returncode:
            pytest.skip(f"tc {' '.join(words)}: {done.stderr.strip().splitlines()[0]}")
    yield tc
    for device, where in (("m1", "clsact"), ("m2", "root")):
        subprocess.run(["ip", "netns", "exec", "mid", "tc", "qdisc", "del", "dev", device, where], check=False, capture_output=True)


@pytest.mark.parametrize("backend", BACKENDS)
def test_tc_tells_the_chain_that_dropped_a_packet_on_its_way_in(tmp_path, shaped, backend):
    shaped("qdisc", "add", "dev", "m1", "clsact")
    shaped("filter", "add", "dev", "m1", "ingress", "pref", "10", "protocol", "ip", "matchall", "action", "drop")
    trails = traced(tmp_path, "--backend", backend, "--trail", "-t", "tcf_classify*,tcf_gact_act", "icmp", command=ping("10.2.0.1"))
    (trail,) = [trail for trail in trails if "mid" in trail["trail"]["netns"]]
    said = [re.sub("index [0-9]+", "index N", step["decision"]) for step in trail["steps"] if "decision" in step]
    of_modules = ["tc action gact index N: TC_ACT_SHOT"] if VERSION >= (5, 11) else []
    assert said == of_modules + ["tc clsact ingress chain 0: TC_ACT_SHOT"]
    assert trail["trail"]["fate"] == "dropped"
    assert [branch.get("dropped_by") for branch in trail["branches"]] == ["tc clsact ingress chain 0"]


@MODULES
def test_tc_tells_the_filter_and_the_class_that_it_chose(tmp_path, shaped):
    shaped("qdisc", "add", "dev", "m2", "root", "handle", "1:", "htb")
    shaped("class", "add", "dev", "m2", "parent", "1:", "classid", "1:10", "htb", "rate", "1gbit")
    shaped("filter", "add", "dev", "m2", "parent", "1:", "pref", "7", "protocol", "ip", "u32", "match", "ip", "dst", "10.2.0.1/32", "flowid", "1:10")
    events = traced(tmp_path, "-t", "tcf_classify,u32_classify", "icmp", "and", "dst", "host", "10.2.0.1", command=ping("10.2.0.1"))
    assert decisions(events) == ["tc filter u32 pref 7 chain 0: TC_ACT_OK class 1:10", "tc htb chain 0: TC_ACT_OK class 1:10"]
    assert [(event.get("tc_kind"), event["tc_class"], event["tc_way"]) for event in events] == [("u32", "1:10", "egress"), (None, "1:10", "egress")]


@pytest.fixture
def virtual_service(routed):
    """10.1.0.100:80 of the router is served by 10.2.0.1:8080."""
    def ipvs(*words):
        done = subprocess.run(["ip", "netns", "exec", "mid", "ipvsadm", *words], text=True, check=False, capture_output=True)
        if done.returncode:
            pytest.skip(f"ipvsadm: {done.stderr.strip().splitlines()[0]}")
    if shutil.which("ipvsadm") is None:
        pytest.skip("there is no ipvsadm")
    ipvs("-A", "-t", "10.1.0.100:80", "-s", "rr")
    within("mid", "ip", "addr", "add", "10.1.0.100/32", "dev", "m1")
    yield ipvs
    ipvs("-C")
    within("mid", "ip", "addr", "del", "10.1.0.100/32", "dev", "m1")


def connect():
    return ("python3", "-c", "import socket; s = socket.socket(); s.settimeout(1); s.connect_ex(('10.1.0.100', 80))")


@MODULES
def test_ipvs_tells_the_destination_of_a_service(tmp_path, virtual_service):
    virtual_service("-a", "-t", "10.1.0.100:80", "-r", "10.2.0.1:8080", "-m")
    events = traced(tmp_path, "-t", "ip_vs_nat_xmit", "tcp", command=connect())
    assert decisions(events)[0] == "ipvs tcp 10.1.0.100:80 > 10.2.0.1:8080 masq: STOLEN"
    assert (events[0]["ipvs_service"], events[0]["ipvs_destination"], events[0]["ipvs_method"]) == ("tcp 10.1.0.100:80", "10.2.0.1:8080", "masq")


@MODULES
def test_ipvs_tells_a_service_without_a_destination(tmp_path, virtual_service):
    events = traced(tmp_path, "-t", "ip_vs_leave", "tcp", command=connect())
    assert decisions(events)[0].startswith("ipvs tcp 10.1.0.100:80 without a destination: ")


@pytest.fixture
def encrypted(routed):
    """What left sends to right is encrypted there; right knows a state with another key."""
    keys = {"left": "0x" + "11" * 20, "right": "0x" + "22" * 20}
    for name, key in keys.items():
        done = subprocess.run(["ip", "-n", name, "xfrm", "state", "add", "src", "10.1.0.1", "dst", "10.2.0.1", "proto", "esp", "spi", "0x100", "mode",
                               "transport", "aead", "rfc4106(gcm(aes))", key, "128"], text=True, check=False, capture_output=True)
        if done.returncode:
            pytest.skip(f"xfrm: {done.stderr.strip().splitlines()[0]}")
    ip("-n", "left", "xfrm", "policy", "add", "src", "10.1.0.1", "dst", "10.2.0.1", "dir", "out", "tmpl", "proto", "esp", "mode", "transport")
    yield
    for name in keys:
        ip("-n", name, "xfrm", "state", "flush")
        ip("-n", name, "xfrm", "policy", "flush")


@MODULES
def test_xfrm_tells_the_state_and_the_packet_that_it_refuses(tmp_path, encrypted):
    events = traced(tmp_path, "-t", "esp_output,esp_input", "net", "10.0.0.0/8", command=ping("10.2.0.1"))
    said = decisions(events)
    assert said[0].startswith("xfrm esp 10.1.0.1 > 10.2.0.1 spi 0x100 transport: "), events
    assert {event["xfrm_spi"] for event in events} == {0x100}
    refused = [event["decision"] for event in events if event["func"] == "esp_input"]
    assert refused and refused[0] in ("xfrm esp 10.1.0.1 > 10.2.0.1 spi 0x100 transport: DROP (errno EBADMSG)",
                                      "xfrm esp 10.1.0.1 > 10.2.0.1 spi 0x100 transport: QUEUE")


def sends_to_a_filtered_socket(kept):
    # An instruction: keep so many bytes.
    return ("python3", "-c", f"""import ctypes, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.1.0.1", 9))
code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, {kept}))
s.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HL", 1, ctypes.addressof(code)))
t = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
t.sendto(b"x", ("10.1.0.1", 9))""")


def test_a_socket_filter_is_told_of_where_it_refuses(tmp_path, routed):
    events = traced(tmp_path, "-t", "sk_filter_trim_cap", "udp", command=sends_to_a_filtered_socket(0))
    assert decisions(events) == ["socket filter: DROP"], events


@pytest.mark.parametrize("kept, steps", [(0, ["socket filter: DROP"]), (1500, [])], ids=["refuses", "passes"])
def test_in_a_trail_a_socket_filter_that_lets_a_packet_through_is_no_step(tmp_path, routed, kept, steps):
    trail, = traced(tmp_path, "--trail", "udp", command=sends_to_a_filtered_socket(kept))
    assert [step.get("decision") for step in trail["steps"] if step["func"] == "sk_filter_trim_cap"] == steps, trail
