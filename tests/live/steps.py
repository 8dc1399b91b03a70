"""The way of packets as a list of steps: (func, namespace 'a' or 'b', device, what the packet is)."""

import kernel_facts


def steps(events, pair, kind_of):
    """`kind_of(event)` names the packet, or gives None where it is not to be looked at. An event without packet bytes
    (net_dev_xmit, because the skb belongs to the receiver by then) is of the packet last seen under its address."""
    names = {pair.a.name: "a", pair.b.name: "b"}
    last, found = {}, []
    for event in events:
        if event.get("netns") not in names:
            continue
        kind = kind_of(event) if "packet" in event else last.get(event["skb"])
        last[event["skb"]] = kind
        if kind:
            found.append((event["func"], names[event["netns"]], event.get("ifname"), kind))
    return found


def across(kind, end):
    """The steps of a packet from one end of the veth pair to the other. All of it happens on one CPU, each thing
    because of the one before: the sender's transmit puts the skb into the receiver's backlog (netif_rx), which is
    served once the sender lets softirqs run again, after net_dev_xmit."""
    here, device, there, other = ("a", "va", "b", "vb") if end == "a" else ("b", "vb", "a", "va")
    return [
        ("net_dev_queue", here, device, kind),
        ("net_dev_start_xmit", here, device, kind),
        ("netif_rx_entry", there, other, kind),
        ("netif_rx", there, other, kind),
        ("net_dev_xmit", here, device, kind),
        ("netif_receive_skb", there, other, kind),
    ]


def on_this_kernel(expected):
    """Without the steps that this kernel has no tracepoint for."""
    return [step for step in expected if step[0] in kernel_facts.tracepoints()]
