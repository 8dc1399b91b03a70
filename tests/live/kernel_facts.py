"""What differs between kernels, in one place. Decided by what this kernel has (its BTF, its tracepoints), not by its
version."""

import functools
import os
import subprocess

from tracing import PROGRAM

BTF = "/sys/kernel/btf/vmlinux"


@functools.cache
def tracepoints():
    """Those with an skb, as the program itself finds them."""
    listed = subprocess.run([PROGRAM, "list", "--tracepoints"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0].split(":")[-1] for line in listed.splitlines() if line.endswith("  skb")}


@functools.cache
def _in_btf(name):
    with open(BTF, "rb") as btf:
        return b"\0" + name.encode() + b"\0" in btf.read()


def drop_reasons():
    """kfree_skb tells why (Linux 5.17)."""
    return _in_btf("SKB_DROP_REASON_NO_SOCKET")


def lacks_drop_reasons():
    return not drop_reasons()


def drops_have_sockets():
    """kfree_skb tells which socket was to get it (Linux 6.11)."""
    return _in_btf("sk_skb_reason_drop")


def tells_listen_overflow():
    """tcp_v4_rcv() tells why in every case but one, TIME_WAIT."""
    return _in_btf("SKB_DROP_REASON_TCP_LISTEN_OVERFLOW")


def consumes_have_locations():
    """consume_skb tells where it was called (Linux 6.3)."""
    listed = subprocess.run([PROGRAM, "list", "-v", "skb:consume_skb"], capture_output=True, text=True, check=True).stdout
    return "location" in listed


def tells_lost_fragments():
    """A datagram of which a fragment is missing is dropped for a reason of its own."""
    return _in_btf("SKB_DROP_REASON_FRAG_REASM_TIMEOUT")


def tells_time_wait():
    """What comes for a connection in TIME_WAIT is told from what a full listen queue refuses."""
    return tells_listen_overflow()


def tells_martians():
    """ip_route_input_slow() tells why it does not take a source: Linux 6.13."""
    return _in_btf("SKB_DROP_REASON_IP_INVALID_SOURCE")


def reset_reasons():
    """tcp_send_reset tells why: Linux 6.10."""
    return _in_btf("sk_rst_reason")


def follows():
    """Packets are followed: where every end of an skb is seen, or content can be looked at in its place."""
    return casts_pointers() or traces_functions()


def tells_readers():
    """That a socket's reader is told of a packet is a tracepoint: Linux 6.3."""
    return _in_btf("btf_trace_sk_data_ready")


def merges_on_veth():
    """GRO on veth without XDP (d3256efd8e8b). Nothing in BTF tells."""
    return tuple(map(int, os.uname().release.split(".")[:2])) >= (5, 13)


def tells_rebuilding():
    """A function rebuilds skbs for XDP, of veth or of all. 5.10 has it inlined."""
    return _in_btf("skb_pp_cow_data") or os.path.exists("/sys/kernel/btf/veth")


def casts_pointers():
    """Programs look at packets in their place (Linux 6.2), and the kernel itself refuses nested hits (6.1)."""
    return _in_btf("bpf_rdonly_cast")


def tells_memory():
    """skbs come from the slab, whose tracepoints tell of it: from Linux 6.19 on there are caches before it."""
    return casts_pointers() and tuple(map(int, os.uname().release.split("-")[0].split(".")[:2])) < (6, 19)


def traces_functions():
    """There are kprobes, and so fentry on the kernels that tests run on."""
    return os.path.exists("/sys/bus/event_source/devices/kprobe")


def traces_programs():
    """Programs can hang on BPF programs (fentry), by trying: `list` says why not."""
    listed = subprocess.run([PROGRAM, "list", "bpf:*"], capture_output=True, text=True, check=False)
    return traces_functions() and listed.returncode == 0


def frees_icmpv6():
    """The tracepoint of an ICMPv6 packet that was received for good. Until 6.3, whose icmpv6_rcv knows reasons, every
    one of them looks dropped."""
    return "consume_skb" if _in_btf("SKB_DROP_REASON_IPV6_NDISC_BAD_CODE") else "kfree_skb"


def attaches_many_at_once():
    """All functions by one link (kprobe.multi, Linux 5.18 with CONFIG_FPROBE), and not each by its own, which takes
    minutes."""
    return traces_functions() and _in_btf("bpf_kprobe_multi_link")


# Functions that do a thing on one kernel or another; compilers and versions move code between them.
# The original of an echo reply that only a raw socket wanted:
DROPS_RAW_ECHO_REPLY = ("ping_rcv", "icmp_rcv")
# A datagram to a closed port:
DROPS_UDP4 = ("__udp4_lib_rcv", "udp_rcv")
DROPS_UDP6 = ("__udp6_lib_rcv", "udpv6_rcv")


def is_function(location, functions):
    """Is this location (function+offset) in one of them?"""
    name, plus, offset = location.partition("+")
    return bool(plus) and offset.startswith("0x") and name.split(".")[0] in functions


def casts():
    """Programs may read packet bytes where they lie (Linux 6.2)."""
    return _in_btf("bpf_rdonly_cast")


def is_guest():
    """A guest of tests/vm, of which all belongs to the test that runs in it (tests/vm/guest/session names it)."""
    return os.uname().nodename == "skbtrail-vm"
