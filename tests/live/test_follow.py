"""--follow: a packet that matched once is shown whatever becomes of it, and no other packet is. --conversation: so are
those of its connection, and the errors about it."""

import socket
import subprocess

import kernel_facts
import pytest
from tracing import wait_until

CLIENT, ROUTER, SERVER = "10.5.1.1", "10.5.1.254", "10.5.2.1"
SERVICE = "203.0.113.7"  # no host's: DNAT makes the server of it
SO_RCVBUFFORCE = 33  # asm-generic/socket.h
DNAT = f"""table ip nat {{
  chain in {{ type nat hook prerouting priority -100; ip daddr {SERVICE} dnat to {SERVER}; }}
  chain out {{ type nat hook postrouting priority 100; oifname "rs" masquerade; }}
}}"""


@pytest.fixture
def routed(lab):
    """A client, a router, and a server; all know their neighbours."""
    client, router, server = lab.netns("c"), lab.netns("r"), lab.netns("s")
    client.ip(f"link add cr type veth peer name rc netns {router.name}")
    server.ip(f"link add sr type veth peer name rs netns {router.name}")
    for netns, device, address in (
        (client, "cr", CLIENT), (router, "rc", ROUTER), (router, "rs", "10.5.2.254"), (server, "sr", SERVER)
    ):
        netns.ip(f"address add {address}/24 dev {device}", f"link set {device} up")
    client.ip(f"route add default via {ROUTER}", f"neigh replace {ROUTER} lladdr {router.mac('rc')} dev cr")
    router.ip(f"neigh replace {CLIENT} lladdr {client.mac('cr')} dev rc")
    router.ip(f"neigh replace {SERVER} lladdr {server.mac('sr')} dev rs")
    server.ip("route add default via 10.5.2.254", f"neigh replace 10.5.2.254 lladdr {router.mac('rs')} dev sr")
    router.sysctl(net__ipv4__ip_forward=1)
    return client, router, server


def brief(event):
    return event["func"], event.get("netns"), event.get("ifname"), event.get("skb")


def seen_at(result, **wanted):
    return [e for e in result.events if all(e.get(key) == value for key, value in wanted.items())]


@pytest.mark.needs_fact("follows")
def test_a_packet_is_shown_behind_nat_and_in_other_namespaces(routed, trace):
    client, router, server = routed
    done = subprocess.run(router.command("nft", "-f", "-"), input=DNAT, text=True, check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"no NAT here: {done.stderr.splitlines()[0]}")
    expression = f"udp and src host {CLIENT} and dst host {SERVICE}"
    plain, followed, default = trace("--no-follow", expression), trace("--follow", expression), trace(expression)
    with server.udp() as receiver, client.udp() as sender:
        receiver.bind(("", 7))
        receiver.settimeout(5)
        sender.sendto(b"through", (SERVICE, 7))
        assert receiver.recv(100) == b"through"
    plain, followed, default = plain.stop(), followed.stop(), default.stop()
    assert {e["ifname"] for e in plain.events if "ifname" in e} == {"cr", "rc"}
    assert {e["ifname"] for e in followed.events if "ifname" in e} >= {"cr", "rc", "rs", "sr"}
    # After DNAT and masquerading it has no address of the filter's any more.
    assert seen_at(followed, ifname="sr", src="10.5.2.254", dst=SERVER)
    assert seen_at(followed, func="net_dev_xmit")
    assert not seen_at(plain, func="net_dev_xmit")
    # What nobody has to ask for: the same, but where there is no packet to show.
    assert [brief(e) for e in default.events] == [brief(e) for e in followed.events if e["func"] != "net_dev_xmit"]
    assert (followed.status, followed.summary["lost_in_all"]) == (0, 0)


@pytest.mark.needs_fact("follows")
def test_the_skb_mode_of_nettrace_shows_a_packet_behind_nat_in_the_same_block(routed, start):
    """As in the article: after the rule the source is another, and below one another the addresses line up. No other test
    sends to this port."""
    client, router, server = routed
    done = subprocess.run(router.command("nft", "-f", "-"), input=DNAT, text=True, check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"no NAT here: {done.stderr.splitlines()[0]}")
    # All that nettrace traces takes a minute in a guest without kprobe.multi.
    few = ("-t", "__netif_receive_skb_core,dev_hard_start_xmit") if kernel_facts.traces_functions() else ()
    words = ("as", "nettrace", *few, "-p", "udp", "-s", CLIENT, "-d", SERVICE, "--dport", "77")
    plain, followed = start(*words), start(*words, "--timeline", "--skb-mode")
    plain.tracing(), followed.tracing()
    with server.udp() as receiver, client.udp() as sender:
        receiver.bind(("", 77))
        receiver.settimeout(5)
        sender.sendto(b"through", (SERVICE, 77))
        assert receiver.recv(100) == b"through"
        port = sender.getsockname()[1]
    plain, followed = plain.stop().stdout, followed.stop().stdout
    assert f"-> {SERVICE}:77" in plain and f"-> {SERVER}:77" not in plain
    block, = followed.split("\n\n")
    before, behind = f"UDP: {CLIENT}:{port}", "UDP: 10.5.2.254:"
    assert f"{before} " in block and behind in block and f"-> {SERVER}:77" in block, block
    # A function with a long name moves the rest of its line.
    assert len({line.index(" -> ") - line.index("UDP:") for line in block.splitlines() if " -> " in line}) == 1, block


@pytest.mark.needs_fact("follows")
def test_no_other_packet_is_shown_where_the_address_of_one_comes_again(routed, trace):
    """Hops lower the TTL, so the filter holds at the first one alone. Most packets are others, at the same addresses."""
    client, _, server = routed
    running = trace("--follow", "udp dst port 7 and ip[8] = 64")
    with server.udp() as receiver, client.udp() as wanted, client.udp() as other:
        receiver.bind(("", 7))
        receiver.settimeout(5)
        other.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 63)
        for number in range(300):
            (other if number % 3 else wanted).sendto(b"%03d" % number, (SERVER, 7))
            assert receiver.recv(100) == b"%03d" % number
    result = running.stop()
    received = {"netif_receive_skb", "__netif_receive_skb_core"}  # as tracepoint, as function
    at_server = [e for e in seen_at(result, ifname="sr") if e["func"] in received]
    assert len(at_server) == 100
    ports = {e["sport"] for e in result.events if "sport" in e}
    assert len(ports) == 1
    assert {e["ttl"] for e in at_server} == {63}


def test_exact_is_refused_with_the_reason_where_an_address_may_be_another_packets(start):
    result = start("--exact", "--backend", "tracepoint", "icmp", "--duration", "0.1s").ended()
    assert result.status == (0 if kernel_facts.tells_memory() else 1), result.stderr
    if not kernel_facts.tells_memory():
        assert "--exact: not every end of an skb is seen" in result.stderr
        assert "since Linux 6.19" in result.stderr or "from Linux 6.2 on" in result.stderr
    here = start("--exact", "icmp", "--duration", "0.1s").ended()
    assert here.status == (0 if kernel_facts.traces_functions() or kernel_facts.tells_memory() else 1), here.stderr


def test_follow_and_its_opposite_are_not_for_both(start):
    result = start("--follow", "--no-follow").ended()
    assert result.status == 2 and "mutually exclusive" in result.stderr
    result = start("--exact", "--no-follow").ended()
    assert result.status == 2 and "mutually exclusive" in result.stderr


def send_unread(client, server, count):
    """So many datagrams that stay in the socket. It is for the caller to close."""
    receiver = server.udp()
    receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    receiver.bind(("", 7))
    with client.udp() as sender:
        for _ in range(count):
            sender.sendto(b"unread", (SERVER, 7))
    return receiver


@pytest.mark.needs_fact("follows")
def test_what_finds_no_place_among_the_followed_is_counted_and_the_rest_is_followed(routed, trace):
    """The filter holds at the first hop alone, so what is seen at the server is followed."""
    client, _, server = routed
    count = 1000
    running = trace("--follow", "--track", "200", "udp dst port 7 and ip[8] = 64")
    receiver = send_unread(client, server, count)
    result = running.stop()
    receiver.close()
    received = {"netif_receive_skb", "__netif_receive_skb_core"}
    followed = len([e for e in seen_at(result, ifname="sr") if e["func"] in received])
    assert result.summary["lost_in_all"] == 0
    assert 100 <= followed <= 200
    assert followed + result.summary["not_followed"] == count


@pytest.mark.needs_fact("follows")
def test_what_is_not_seen_for_long_is_followed_no_more_and_gives_its_place_to_others(routed, trace):
    """What is in the socket is not read, so no slot would be free."""
    client, _, server = routed
    running = trace("--follow", "--track", "20", "--track-age", "100ms", "-t", "netif_receive_skb",
                    "udp dst port 7 and ip[8] = 64")
    receiver = send_unread(client, server, 100)
    with client.udp() as sender:

        def another_was_followed():
            sender.sendto(b"later", (SERVER, 7))
            return running.stdout().count('"ifname":"sr"') > 20

        wait_until(another_was_followed, "a place that became free")
    result = running.stop()
    receiver.close()
    assert result.summary["followed_aged"] > 0


def translate(router):
    done = subprocess.run(router.command("nft", "-f", "-"), input=DNAT, text=True, check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"no NAT here: {done.stderr.splitlines()[0]}")


TO_SERVICE = f"udp and src host {CLIENT} and dst host {SERVICE}"


@pytest.mark.floods  # others ask the same service from the same address
@pytest.mark.needs_fact("follows")
def test_a_conversation_has_replies_where_they_are_made_and_before_they_are_translated_back(routed, trace):
    """The reply has no address of the filter's before it comes to the router, which translates it back."""
    client, router, server = routed
    translate(router)
    alone, both = trace("--follow", TO_SERVICE), trace("--conversation", TO_SERVICE)
    with server.udp() as receiver, client.udp() as sender, client.udp() as stranger:
        receiver.bind(("", 7))
        receiver.settimeout(5)
        sender.settimeout(5)
        stranger.settimeout(5)
        for who, where in ((sender, SERVICE), (stranger, SERVER)):  # the second one's filter does not hold
            who.sendto(b"there", (where, 7))
            receiver.sendto(b"and back", receiver.recvfrom(100)[1])
            assert who.recv(100) == b"and back"
        port, other = sender.getsockname()[1], stranger.getsockname()[1]
    alone, both = alone.stop(), both.stop()
    assert not seen_at(alone, sport=7)
    made, = {e["dport"] for e in seen_at(both, ifname="sr", src=SERVER, dst="10.5.2.254")}
    received = {"netif_receive_skb", "__netif_receive_skb_core"}
    assert [e for e in seen_at(both, ifname="rs", src=SERVER, dst="10.5.2.254", dport=made) if e["func"] in received]
    assert seen_at(both, ifname="rc", src=SERVICE, dst=CLIENT, dport=port)
    assert seen_at(both, ifname="cr", src=SERVICE, dst=CLIENT, dport=port)
    assert other not in {e.get(key) for e in both.events for key in ("sport", "dport")}
    assert (both.status, both.summary["lost_in_all"]) == (0, 0)


@pytest.mark.floods  # others ask the same service from the same address
@pytest.mark.needs_fact("follows")
def test_a_conversation_has_the_icmp_error_about_a_packet_that_was_translated(routed, trace):
    client, router, _ = routed
    translate(router)
    running = trace("--conversation", TO_SERVICE)
    with client.udp() as sender:
        sender.settimeout(5)
        sender.connect((SERVICE, 9))
        sender.send(b"nobody is there")
        with pytest.raises(ConnectionRefusedError):
            sender.recv(100)
    result = running.stop()
    errors = [e for e in result.events if e.get("proto") == "icmp"]
    assert {e["ifname"] for e in errors if "ifname" in e} >= {"sr", "rs", "rc", "cr"}, errors
    assert seen_at(result, proto="icmp", ifname="rs", src=SERVER, dst="10.5.2.254")


@pytest.mark.floods  # others ask the same service from the same address
@pytest.mark.needs_fact("follows")
def test_a_conversation_has_nothing_of_another_namespace_with_the_same_addresses(lab, trace):
    """The same addresses and ports, at the same time, elsewhere."""
    pairs = []
    for number in range(2):
        left, right = lab.netns(f"l{number}"), lab.netns(f"m{number}")
        left.ip(f"link add veth0 type veth peer name veth0 netns {right.name}")
        left.ip("address add 10.5.1.1/24 dev veth0", "link set veth0 up")
        right.ip("address add 10.5.1.2/24 dev veth0", "link set veth0 up")
        left.ip(f"neigh replace 10.5.1.2 lladdr {right.mac('veth0')} dev veth0")
        right.ip(f"neigh replace 10.5.1.1 lladdr {left.mac('veth0')} dev veth0")
        pairs.append((left, right))
    running = trace("--conversation", "-N", pairs[0][0].name, "udp")
    for left, right in pairs:
        with left.udp() as sender, right.udp() as receiver:
            receiver.bind(("10.5.1.2", 7))
            sender.bind(("10.5.1.1", 7777))
            sender.settimeout(5)
            receiver.settimeout(5)
            sender.sendto(b"there", ("10.5.1.2", 7))
            receiver.sendto(b"and back", receiver.recvfrom(100)[1])
            assert sender.recv(100) == b"and back"
    result = running.stop()
    where = {(e["netns"], e["sport"]) for e in result.events if "sport" in e and "netns" in e}
    left, right = (netns.name for netns in pairs[0])
    assert where == {(left, 7777), (right, 7777), (right, 7), (left, 7)}


def test_a_conversation_asks_for_a_filter_and_for_following(start):
    result = start("--conversation").ended()
    assert result.status == 2 and "--conversation requires a filter" in result.stderr
    result = start("--conversation", "--no-follow", "icmp").ended()
    assert result.status == 2 and "mutually exclusive" in result.stderr
