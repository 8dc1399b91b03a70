"""Routes and neighbours, with the real cause: what tables of routes answer, who does not. Each answer is a step of the packet it
was for, where that is certain."""

import json

import kernel_facts
import pytest
from test_trails import read, trails_of

# Its tests send between the same addresses, and what is asked tells no namespace.
pytestmark = [pytest.mark.skipif(not kernel_facts.follows(), reason="this kernel lets packets not be followed"), pytest.mark.floods]

CASTS = kernel_facts.casts_pointers()
A, MID_A, MID_B, B = "10.61.0.1", "10.61.0.2", "10.62.0.2", "10.62.0.1"
A6, MID_A6, MID_B6, B6 = "fd61::1", "fd61::2", "fd62::2", "fd62::1"
GONE, BLACKHOLE, UNREACHABLE, PROHIBIT, SILENT = "10.64.0.1", "10.63.1.1", "10.63.2.1", "10.63.3.1", "10.62.0.9"
BLACKHOLE6, SILENT6 = "fd63::1", "fd62::9"


class Routed:
    """`a` and `b` with a router `mid` between them, whose devices are ea and eb. All know each other but who is not there."""

    def __init__(self, lab):
        self.a, self.mid, self.b = lab.netns("a"), lab.netns("m"), lab.netns("b")
        for netns in (self.a, self.mid, self.b):
            netns.sysctl(net__ipv6__conf__default__accept_dad=0, net__ipv6__conf__default__router_solicitations=0)
        self.mid.sysctl(net__ipv4__ip_forward=1, net__ipv6__conf__all__forwarding=1)
        for netns, device, peer, four, six, middle4, middle6 in (
                (self.a, "a0", "ea", A, A6, MID_A, MID_A6), (self.b, "b0", "eb", B, B6, MID_B, MID_B6)):
            netns.ip(f"link add {device} type veth peer name {peer} netns {self.mid.name}")
            for one, its, *addresses in ((netns, device, f"{four}/24", f"{six}/64 nodad"),
                                         (self.mid, peer, f"{middle4}/24", f"{middle6}/64 nodad")):
                one.ip(f"link set {its} addrgenmode none", *(f"address add dev {its} {address}" for address in addresses),
                       f"link set {its} up")
            netns.ip(f"route add default via {middle4}", f"route add default via {middle6}",
                     *(f"neighbour add {address} lladdr {self.mid.mac(peer)} dev {device}" for address in (middle4, middle6)))
            self.mid.ip(*(f"neighbour add {address} lladdr {netns.mac(device)} dev {peer}" for address in (four, six)))
        self.mid.sysctl(net__ipv4__neigh__eb__retrans_time_ms=50, net__ipv6__neigh__eb__retrans_time_ms=50)
        self.mid.ip("route add blackhole 10.63.1.0/24", "route add unreachable 10.63.2.0/24", "route add prohibit 10.63.3.0/24",
                    "route add blackhole fd63::/64")

    def ping(self, *addresses):
        """Of each a trail, in this order."""
        return ["sh", "-c", "; ".join(f"ping -n -q -c 1 -W 0.3 {address}" for address in addresses) + "; true"]


@pytest.fixture
def routed(lab):
    return Routed(lab)


def echo_requests(trails, address):
    return [trail for trail in trails if trail.get("dst") == address and "echo request" in trail.get("packet", "")]


def told(trail, key, netns=None):
    """Where programs cannot look at a packet in its place (before Linux 6.2), neither namespace nor way back is known."""
    return [step[key] for step in trail["steps"] if key in step and (netns in (None, step.get("netns")) or not CASTS)]


def back(words):
    return words if CASTS else words.replace("route back to", "route to")


def test_each_table_answers_at_the_step_of_the_packet(routed, trace_command, start, tmp_path):
    path = tmp_path / "routes.pcapng"
    asked = (B, GONE, BLACKHOLE, UNREACHABLE, PROHIBIT, B6, BLACKHOLE6)
    live = trace_command(routed.ping(*asked), "-w", path, "--trail", f"(icmp and net 10.61.0.0/16) or (icmp6 and host {A6})",
                         netns=routed.a)
    assert live.status == 0, live.stderr
    trails = trails_of(live)
    trail = {address: echo_requests(trails, address)[0] for address in asked}
    assert live.summary["lost_in_all"] == 0 and "handed out" not in live.stderr
    assert told(trail[B], "route", routed.mid.name)[0] == f"route to {B} dev eb src {MID_B} table main"
    at_b = told(trail[B], "route", routed.b.name)
    assert f"local route to {B} dev b0 src {B} table local" in at_b
    assert at_b[-1] == back(f"route back to {A} via {MID_B} dev b0 table main")
    assert {step["route_type"] for step in trail[B]["steps"] if "route_type" in step} == {"unicast", "local"}
    assert f"no route to {GONE} in table main" in told(trail[GONE], "route")
    assert trail[GONE]["trail"]["fate"] == "dropped"
    for address, words in ((BLACKHOLE, "blackhole route to {} table main: EINVAL"),
                           (UNREACHABLE, "unreachable route to {} table main: EHOSTUNREACH"),
                           (PROHIBIT, "prohibit route to {} table main: EACCES")):
        assert words.format(address) in told(trail[address], "route", routed.mid.name), address
        assert trail[address]["trail"]["fate"] == "dropped"
    assert f"route to {B6} dev eb table main" in told(trail[B6], "route", routed.mid.name)
    assert f"blackhole route to {BLACKHOLE6} table main: EINVAL" in told(trail[BLACKHOLE6], "route", routed.mid.name)
    # What one packet's table answers is no other's.
    for address in asked:
        ends = {address, A if "." in address else A6}
        routes = [words for words in told(trail[address], "route") if not any(end in words for end in ends)]
        assert not [words for words in routes if MID_A not in words and MID_A6 not in words], (address, routes)
    again = trails_of(read(start, path, "-o", "json", "--trail"))
    for address in asked:
        assert told(echo_requests(again, address)[0], "route") == told(trail[address], "route"), address


def test_a_neighbour_that_does_not_answer_was_asked_three_times(routed, trace_command, start, tmp_path):
    path = tmp_path / "neigh.pcapng"
    live = trace_command(routed.ping(SILENT, SILENT6), "-w", path, "--trail",
                         f"(icmp and host {SILENT}) or (icmp6 and dst host {SILENT6})", netns=routed.a)
    for address in (SILENT, SILENT6):
        trail = echo_requests(trails_of(live), address)[0]
        assert trail["trail"]["fate"] == "dropped", trail["trail"]
        neighbor = f"neighbor {address} on eb asked "
        assert told(trail, "neigh") == [f"{neighbor}once: INCOMPLETE", f"{neighbor}2 times: INCOMPLETE", f"{neighbor}3 times: INCOMPLETE",
                                        f"{neighbor}3 times: FAILED"]
        assert trail["steps"][-1]["neigh_state"] == "FAILED"
    text = " ".join(start("read", path, "--trail").ended().stdout.split())
    assert f"neighbor {SILENT} on eb asked 3 times: FAILED" in text


def test_a_neighbour_that_answers_says_where_it_is(routed, trace_command):
    routed.mid.ip(f"neighbour del {B} dev eb")
    live = trace_command(routed.ping(B), "--trail", f"icmp and host {B}", netns=routed.a)
    trail = echo_requests(trails_of(live), B)[0]
    words = told(trail, "neigh")
    assert words[0] == f"neighbor {B} on eb asked once: INCOMPLETE"
    where = f" is at {routed.b.mac('b0')}" if CASTS else ""
    assert words[1] == f"neighbor {B} on eb{where}: REACHABLE"


def test_what_came_from_the_wrong_side_is_told_by_the_way_back(routed, trace_command):
    """rp_filter: an answer would leave by another device than the packet came in by."""
    routed.mid.sysctl(net__ipv4__conf__all__rp_filter=1)
    routed.a.ip("address add 10.62.0.77/32 dev a0")
    words = ["ping", "-n", "-q", "-c", "1", "-W", "0.1", "-I", "10.62.0.77", B]
    live = trace_command(words, "--trail", f"icmp and host {B}", netns=routed.a)
    trail = echo_requests(trails_of(live), B)[0]
    assert trail["trail"]["fate"] == "dropped"
    assert back(f"route back to 10.62.0.77 dev eb src {MID_B} table main") in told(trail, "route")


def test_events_have_routes_and_neighbours_by_field(routed, trace_command):
    fields = "func,route,route_type,route_table,route_dst,route_dev,route_gateway,neigh,neigh_addr,neigh_state,neigh_asked"
    routed.mid.ip(f"neighbour del {B} dev eb")
    live = trace_command(routed.ping(B), "-t", "fib:*,neigh:*", "--fields", fields,
                         "--where", f"route_dst == {B} or neigh_addr == {B}", netns=routed.a)
    routes = [event for event in live.events if event["func"] == "fib_table_lookup"]
    assert {event.get("route_dev") for event in routes} >= {"a0", "eb", "b0"}
    assert {event["route_gateway"] for event in routes if event.get("route_dev") == "a0"} == {MID_A}
    assert "local" in {event.get("route_type") for event in routes}
    assert {event["neigh_state"] for event in live.events if "neigh_state" in event} >= {"INCOMPLETE", "REACHABLE"}


def test_look_ups_of_another_packet_are_not_shown_with_a_filter(routed, start):
    trace = start("-o", "json", "--trail", f"icmp and host {B}", netns=routed.a, summary=True).tracing()
    routed.a.run("sh", "-c", f"ping -n -q -c 20 -i 0.002 -W 0.1 {GONE}; ping -n -q -c 1 -W 5 {B}")
    trails = trails_of(trace.stop())
    assert [trail["dst"] for trail in trails if "echo request" in trail["packet"]] == [B]
    assert not [words for trail in trails for words in told(trail, "route") if GONE in words], json.dumps(trails)
