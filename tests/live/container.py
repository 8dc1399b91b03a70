"""A container as docker makes it: a bridge docker0 in the host's namespace, and a veth pair from it to the container's
eth0. The names are those of the documents whose output is tested."""

from netlab import Netns

HOST, INSIDE, VETH = "172.17.0.1", "172.17.0.2", "veth1127065"


class Container:
    """`host` has docker0 (172.17.0.1) with one end of the pair, `inside` the other end, eth0 (172.17.0.2). They know each
    other's MAC addresses, and the bridge knows where they are, so that nothing but what is asked for is sent."""

    def __init__(self, lab):
        self.host: Netns = lab.netns("h")
        self.inside: Netns = lab.netns("c")
        for netns in (self.host, self.inside):
            netns.sysctl(net__ipv6__conf__all__disable_ipv6=1)
        self.host.ip(
            # No snooping: it sends queries.
            "link add docker0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
            f"link add {VETH} type veth peer name eth0 netns {self.inside.name}",
            f"link set {VETH} master docker0 up", f"address add {HOST}/16 dev docker0", "link set docker0 up")
        self.inside.ip(f"address add {INSIDE}/16 dev eth0", "link set eth0 up")
        self.host.forwards(VETH)
        self.inside.ip(f"neighbour add {HOST} lladdr {self.host.mac('docker0')} dev eth0")
        self.host.ip(f"neighbour add {INSIDE} lladdr {self.inside.mac('eth0')} dev docker0")
