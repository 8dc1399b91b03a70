"""What a service's message says, of real datagrams: in the line, in fields, and with the bytes that are copied by
default."""

import contextlib

SECRET = "s3cret"
NTP = bytes([0x23, 0, 6]) + bytes(45)
SNMP = bytes.fromhex("302602010104067333637265") + bytes.fromhex("74a019020107020100020100300e300c06082b060102010101000500")
DHCP = (bytes([1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78]) + bytes(20) + bytes.fromhex("02000000000a") + bytes(202) +
        bytes.fromhex("63825363") + bytes([53, 1, 1, 50, 4, 10, 0, 0, 5, 255]))


def arrived(running, pair):
    return {event["dport"]: event for event in running.stop().events
            if event.get("netns") == pair.b.name and event["func"] == "netif_receive_skb" and event.get("payload_len")}


def test_messages_of_services_are_told_in_the_line_and_in_fields(pair, trace):
    with contextlib.ExitStack() as stack:
        heard = {port: stack.enter_context(pair.b.udp()) for port in (123, 161, 67)}
        for port, s in heard.items():
            s.bind((pair.B4, port))
        running = trace("-N", pair.b.name, "-t", "netif_receive_skb", "--snaplen", "400", "-p", "udp")
        sender = stack.enter_context(pair.a.udp())
        for port, message in ((123, NTP), (161, SNMP), (67, DHCP)):
            sender.sendto(message, (pair.B4, port))
            assert heard[port].recv(2048) == message
        events = arrived(running, pair)
    assert events[123]["packet"].endswith(": NTPv4, Client, length 48, stratum 0, poll 6")
    assert events[123]["ntp_mode"] == "Client"
    assert events[161]["packet"].endswith(": SNMPv2c GetRequest, community not shown, 1.3.6.1.2.1.1.1.0, length 40")
    assert (events[161]["snmp_pdu"], events[161]["snmp_oid"]) == ("GetRequest", "1.3.6.1.2.1.1.1.0")
    assert SECRET not in str(events)
    assert events[67]["packet"].endswith(": DHCP Discover from 02:00:00:00:00:0a, length 250, xid 0x12345678, ask 10.0.0.5")
    assert (events[67]["dhcp_type"], events[67]["dhcp_xid"]) == ("Discover", 0x12345678)


def test_a_message_of_dhcp_that_is_cut_before_its_type_is_given_none(pair, trace):
    with pair.b.udp() as server, pair.a.udp() as client:
        server.bind((pair.B4, 67))
        running = trace("-N", pair.b.name, "-t", "netif_receive_skb")
        client.sendto(DHCP, (pair.B4, 67))
        assert server.recv(2048) == DHCP
        event = arrived(running, pair)[67]
    assert event["packet"].endswith(": BOOTP/DHCP, Request from 02:00:00:00:00:0a, length 250, xid 0x12345678 [|dhcp]")
    assert "dhcp_type" not in event
