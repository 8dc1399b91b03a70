"""An XDP program on a device, loaded by the system call itself."""

import contextlib
import ctypes
import os
import platform
import socket
import struct

BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]  # asm/unistd.h
PROG_LOAD, TYPE_XDP = 5, 6  # linux/bpf.h
XDP_DROP, XDP_PASS = 1, 2
RTM_SETLINK, NLMSG_ERROR, REQUEST_ACK = 19, 2, 5  # linux/rtnetlink.h, linux/netlink.h
IFLA_XDP, IFLA_XDP_FD, IFLA_XDP_FLAGS, NESTED = 43, 1, 3, 0x8000
GENERIC, BY_DRIVER = 2, 4  # XDP_FLAGS_SKB_MODE, XDP_FLAGS_DRV_MODE, linux/if_link.h

libc = ctypes.CDLL(None, use_errno=True)


def move(register, number):
    return struct.pack("=BBhi", 0xB7, register, 0, number)


def load(answer, kind=TYPE_XDP):
    """A program that gives all packets the same answer."""
    return load_code(move(0, answer), kind)


def load_code(code, kind=TYPE_XDP):
    """Instructions, whose answer is in R0."""
    code += struct.pack("=BBhi", 0x95, 0, 0, 0)
    count, code = len(code) // 8, ctypes.create_string_buffer(code, len(code))
    license = ctypes.create_string_buffer(b"GPL")
    words = struct.pack("=2I2Q2IQ", kind, count, ctypes.addressof(code), ctypes.addressof(license), 0, 0, 0)
    attributes = ctypes.create_string_buffer(words.ljust(128, b"\0"), 128)
    program = libc.syscall(BPF, PROG_LOAD, attributes, 128)
    if program < 0:
        raise OSError(ctypes.get_errno(), "BPF_PROG_LOAD")
    return program


def attribute(kind, content):
    return struct.pack("=2H", 4 + len(content), kind) + content


def attach(netns, device, program, mode=BY_DRIVER):
    """-1 takes it off."""
    with netns.entered():
        index = socket.if_nametoindex(device)
    xdp = attribute(IFLA_XDP_FD, struct.pack("=i", program)) + attribute(IFLA_XDP_FLAGS, struct.pack("=I", mode))
    message = struct.pack("=BxHiII", 0, 0, index, 0, 0) + attribute(IFLA_XDP | NESTED, xdp)
    header = struct.pack("=I2H2I", 16 + len(message), RTM_SETLINK, REQUEST_ACK, 1, 0)
    with netns.open(socket.AF_NETLINK, socket.SOCK_RAW) as s:
        s.send(header + message)
        answer = s.recv(4096)
    kind, error = struct.unpack_from("=H", answer, 4)[0], struct.unpack_from("=i", answer, 16)[0]
    if kind != NLMSG_ERROR or error:
        raise OSError(-error, f"XDP on {device}")


def answering(netns, device, answer, mode=BY_DRIVER):
    """A program gives all packets of the device the same answer; it goes with the device."""
    return running(netns, device, load(answer), mode)


def redirecting(netns, device, to, mode=BY_DRIVER):
    """All packets of the device go out of another one of the same namespace."""
    with netns.entered():
        index = socket.if_nametoindex(to)
    redirect = struct.pack("=BBhi", 0x85, 0, 0, 23)  # bpf_redirect()
    return running(netns, device, load_code(move(1, index) + move(2, 0) + redirect), mode)


@contextlib.contextmanager
def running(netns, device, program, mode):
    try:
        attach(netns, device, program, mode)
        yield
    finally:
        os.close(program)


def passing_all(netns, device):
    """The device lets all packets pass, but by an XDP program of its driver."""
    return answering(netns, device, XDP_PASS)
