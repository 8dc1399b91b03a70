"""libpcap's own compiler and interpreter: what an expression means."""

import ctypes

ETHERNET = 1
NETMASK_UNKNOWN = 0xFFFFFFFF


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint), ("instructions", ctypes.c_void_p)]


class _Header(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("microseconds", ctypes.c_long), ("captured", ctypes.c_uint32),
                ("length", ctypes.c_uint32)]


_pcap = ctypes.CDLL("libpcap.so.0.8")
_pcap.pcap_open_dead.restype = ctypes.c_void_p
_pcap.pcap_geterr.restype = ctypes.c_char_p
_pcap.pcap_geterr.argtypes = _pcap.pcap_close.argtypes = [ctypes.c_void_p]


class Expression:
    """Compiled once, for Ethernet."""

    def __init__(self, text):
        handle = ctypes.c_void_p(_pcap.pcap_open_dead(ETHERNET, 262144))
        self._program = _Program()
        failed = _pcap.pcap_compile(handle, ctypes.byref(self._program), text.encode(), 1,
                                    ctypes.c_uint32(NETMASK_UNKNOWN))
        message = _pcap.pcap_geterr(handle).decode() if failed else ""
        _pcap.pcap_close(handle)
        if failed:
            raise ValueError(f"{text}: {message}")

    def matches(self, packet, length):
        header = _Header(captured=len(packet), length=length)
        return _pcap.pcap_offline_filter(ctypes.byref(self._program), ctypes.byref(header), packet) != 0
