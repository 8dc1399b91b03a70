"""`--diagnose`: what filters of all kinds refuse is told: tables of iptables, nftables and bridges, XDP, control groups, conntrack, IPVS.

Beside the namespaces of scene.py:   a (we 10.16.0.1) ── d, a bridge ── (wf 10.16.0.2) c        a (wx, wy) ── (xa, xb: XDP) c
"""

import socket

import cgroup_filter
import kernel_facts
import pytest
import scene
import xdp
from scene import A, B, C
from told import Case, check, packet, rules_of, to, watched

pytestmark = [pytest.mark.needs_fact("drop_reasons"), pytest.mark.needs_fact("follows")]

PROGRAMS, CHAINS, TARGETS = ("iptables-legacy", "iptables-nft"), ("INPUT", "FORWARD", "OUTPUT"), ("DROP", "REJECT")
RESET = "REJECT with a reset"
BRIDGED, BRIDGED_OLD, XDP_GENERIC, XDP_DRIVER, CGROUP_IN, CGROUP_OUT, UNTRACKED, UNSERVED, NOT_ALLOWED, LAST = range(2301, 2311)
SERVICE = "10.9.0.100"
PORTS = {words: port for port, words in enumerate(((program, chain, target) for program in PROGRAMS for chain in CHAINS
                                                   for target in (*TARGETS, RESET)), 2201)}
SENDS = "import socket; s = socket.socket(type=socket.SOCK_DGRAM); {}"


class Scene(scene.Scene):
    last = f'"dport":{LAST}'

    def __init__(self, lab):
        super().__init__(lab)
        self.netns["d"] = self.d = lab.netns("d")
        for words, port in PORTS.items():
            self.add_rule(*words, port)
        words = f"-w -A FORWARD -p udp --dport {NOT_ALLOWED} -j REJECT --reject-with icmp-admin-prohibited"
        self.try_to(["REJECT, not allowed"], self.b, "iptables-legacy", *words.split())
        self.make_bridge()
        for device, peer, net in (("wx", "xa", "10.17.0"), ("wy", "xb", "10.18.0")):
            self.join(self.a, device, f"{net}.1", self.c, peer, f"{net}.2")
        self.b.ip(f"address add {SERVICE}/32 dev vb")
        self.a.ip(f"neighbour add {SERVICE} lladdr {self.pair.macs['vb']} dev va")
        self.try_to(["IPVS without a destination"], self.b, "ipvsadm", "-A", "-u", f"{SERVICE}:{UNSERVED}", "-s", "rr")

    def add_rule(self, program, chain, target, port):
        netns = self.a if chain == "OUTPUT" else self.b
        protocol, words = ("tcp", ("REJECT", "--reject-with", "tcp-reset")) if target == RESET else ("udp", (target,))
        self.try_to([f"{program} {chain} {target}"], netns, program, "-w", "-A", chain, "-p", protocol, "--dport", str(port), "-j", *words)

    def make_bridge(self):
        self.d.sysctl(net__ipv6__conf__all__disable_ipv6=1)
        self.d.ip("link add name d0 type bridge forward_delay 0", "link set d0 up")
        ends = ((self.a, "we", "10.16.0.1", "p1"), (self.c, "wf", "10.16.0.2", "p2"))
        for netns, device, address, port in ends:
            netns.ip(f"link add {device} type veth peer name {port} netns {self.d.name}", f"address add {address}/24 dev {device}",
                     f"link set {device} up")
            self.d.ip(f"link set {port} master d0 up")
        self.d.forwards("p1", "p2")
        for (netns, device, _, _), (other, its, address, _) in (ends, ends[::-1]):
            netns.ip(f"neighbour add {address} lladdr {other.mac(its)} dev {device}")
        rules = f"table bridge t {{ chain f {{ type filter hook forward priority 0; udp dport {BRIDGED} drop; }}; }}\n"
        self.try_to(["nftables of a bridge"], self.d, "nft", "-f", "-", input=rules)
        words = f"-A FORWARD -p IPv4 --ip-proto udp --ip-dport {BRIDGED_OLD} -j DROP"
        self.try_to(["ebtables"], self.d, "ebtables-legacy", *words.split())

    def break_all(self):
        for (_, chain, target), port in PORTS.items():
            address = C if chain == "FORWARD" else B
            (self.connect if target == RESET else self.udp)(self.a, address, port)
        self.udp(self.a, C, NOT_ALLOWED)
        for port in (BRIDGED, BRIDGED_OLD):
            self.udp(self.a, "10.16.0.2", port)
        for device, address, port, mode in (("xa", "10.17.0.2", XDP_GENERIC, xdp.GENERIC), ("xb", "10.18.0.2", XDP_DRIVER, xdp.BY_DRIVER)):
            with xdp.answering(self.c, device, xdp.XDP_DROP, mode):
                self.udp(self.a, address, port)
        self.be_refused_by_control_group()
        self.udp(self.a, SERVICE, UNSERVED)
        self.fill_conntrack()
        self.udp(self.a, B, LAST)

    def be_refused_by_control_group(self):
        if not cgroup_filter.hierarchy():
            self.absent.update(dict.fromkeys(("a control group's filter of what is sent", "a control group's filter of what comes"),
                                             "no control groups of v2"))
            return
        with cgroup_filter.refusing(cgroup_filter.EGRESS) as folder:
            words = SENDS.format(f"s.connect_ex(('{B}', {CGROUP_OUT})); s.setblocking(False)\ntry: s.send(b'text')\nexcept OSError: pass")
            cgroup_filter.run_in(folder, self.a.command("/usr/bin/python3", "-c", words))
        with cgroup_filter.refusing(cgroup_filter.INGRESS) as folder:
            words = SENDS.format(f"s.bind(('{B}', {CGROUP_IN})); s.sendto(b'text', ('{B}', {CGROUP_IN}))")
            cgroup_filter.run_in(folder, self.b.command("/usr/bin/python3", "-c", words))

    def fill_conntrack(self):
        """A connection that is there to stay, and room for one. The limit is the host's."""
        cause = "conntrack is full"
        if not kernel_facts.is_guest():
            self.absent[cause] = "the limit of conntrack is the whole host's"
            return
        if not self.try_to([cause], self.b, "iptables-legacy", "-w", "-A", "INPUT", "-m", "conntrack", "--ctstate", "INVALID"):
            return
        listener = self.bound(self.b, B, 0, socket.SOCK_STREAM)
        listener.listen()
        client = self.a.open(socket.AF_INET, socket.SOCK_STREAM)
        client.connect(listener.getsockname())
        self.sockets += [client, listener.accept()[0]]
        limit = "/proc/sys/net/netfilter/nf_conntrack_max"
        with open(limit, encoding="ascii") as file:
            before = file.read()
        try:
            self.write(limit, "1")
            self.udp(self.a, B, UNTRACKED)
        finally:
            self.write(limit, before)

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)


FIREWALL = ("firewall", "a firewall rule dropped it", "nft list ruleset")
IPTABLES = ("iptables", "a rule, or the policy, of iptables filter {chain} dropped it", "iptables-save -c")
NFTABLES = ("nftables", "a rule, or the policy, of nftables ", "nft -a list ruleset")
NETFILTER = {"reason": "NETFILTER_DROP", "place": ("nf_hook_slow", "nft_do_chain")}


def by_tables(program):
    """Whose rules dropped a packet is known where functions are traced."""
    if not kernel_facts.traces_functions():
        return FIREWALL
    return IPTABLES if program == "iptables-legacy" else NFTABLES


def cases_of_tables():
    for (program, chain, target), port in PORTS.items():
        netns, sender, address = ("a", A, B) if chain == "OUTPUT" else ("b", B, C if chain == "FORWARD" else B)
        rule, words, look = by_tables(program)
        yield f"{program} {chain} {target}", Case(to(port, "[S]" if target == RESET else "UDP"), rule, netns, words.format(chain=chain),
                                                  look, **NETFILTER)
        if target == "REJECT":
            yield f"{program} {chain} {target}, its answer", Case(
                packet(f"{sender} > {A}: ICMP {address} udp port {port} unreachable"), "port-unreachable", netns,
                f"{sender} answers that nothing listens there (ICMP), or a firewall says so", "ss -Hlntu")
        if target == RESET:
            yield f"{program} {chain} {target}, its answer", Case(
                packet(f"{address}.{port} > {A}"), "rejected-with-reset", netns,
                f"in the name of {address} a firewall refuses the connection to port {port} with a reset", "nft -a list ruleset")


def by_functions(*case):
    """What is known where functions are traced."""
    return case if kernel_facts.traces_functions() else FIREWALL


def case_of_netfilter(is_it, netns, rule_words_look):
    rule, words, look = rule_words_look
    return Case(is_it, rule, netns, words, look, **NETFILTER)


CAUSES = {
    **dict(cases_of_tables()),
    "REJECT, not allowed": Case(packet(f"{B} > {A}: ICMP host {C} unreachable - admin prohibited"), "rejected", "b",
                                f"{B} answers that it is not allowed (ICMP)", "nft -a list ruleset"),
    "nftables of a bridge": case_of_netfilter(to(BRIDGED), "d", by_tables("nft")),
    "ebtables": case_of_netfilter(to(BRIDGED_OLD), "d", by_functions(
        "ebtables", "a rule, or the policy, of ebtables filter FORWARD dropped it", "ebtables -L --Lc")),
    "XDP of a device": Case(to(XDP_GENERIC), "xdp", "c", "an XDP program dropped it", "ip -d link show dev xa", ("XDP", "NOT_SPECIFIED"),
                            ("do_xdp_generic", "netif_receive_generic_xdp")),
    "XDP of a driver": Case(to(XDP_DRIVER), "xdp", "c", "an XDP program dropped it", "ip -d link show dev xb", ("XDP", "NOT_SPECIFIED"),
                            ("veth_xdp_rcv_skb", "veth_xdp_rcv", "veth_poll")),
    "a control group's filter of what is sent": Case(to(CGROUP_OUT), "socket-filter", "a", "a BPF program on the sender's control group",
                                                     "bpftool cgroup tree", "BPF_CGROUP_EGRESS", ("ip_finish_output", "ip_output")),
    "a control group's filter of what comes": Case(to(CGROUP_IN), "socket-filter", "b", "a filter on the socket (BPF) refused it",
                                                   f"ss -Hanpbu sport = :{CGROUP_IN}", "SOCKET_FILTER"),
    "conntrack is full": case_of_netfilter(to(UNTRACKED), "b", by_functions(
        "hook", "no table, but another function of netfilter", "sysctl net/netfilter/nf_conntrack_count")),
    "IPVS without a destination": case_of_netfilter(to(UNSERVED), "b", by_functions(
        "ipvs", "IPVS has no server that it could go to (ipvs udp ", "ipvsadm -Ln")),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with watched(tmp_path_factory.mktemp("filters"), Scene) as all_told:
        yield all_told


@pytest.mark.parametrize("cause", CAUSES)
def test_what_a_filter_refuses_is_told_with_its_rule_and_the_command_to_type(told, cause):
    check(told, cause.removesuffix(", its answer"), CAUSES[cause])


def test_a_recording_tells_the_same(told):
    assert rules_of(told.read_back()) == rules_of(told.trails)
