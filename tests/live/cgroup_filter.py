"""A control group whose packets a BPF program refuses, loaded by the system call itself; what runs in it makes its sockets there."""

import contextlib
import ctypes
import os
import pathlib
import secrets
import struct
import subprocess

import xdp
from tracing import wait_until

TYPE_CGROUP_SKB, PROG_ATTACH = 8, 8  # linux/bpf.h
INGRESS, EGRESS = 0, 1  # enum bpf_attach_type
REFUSE = 0


def hierarchy():
    """Where control groups of v2 are; None: nowhere."""
    mounts = [line.split() for line in pathlib.Path("/proc/self/mounts").read_text(encoding="ascii").splitlines()]
    return next((pathlib.Path(mount[1]) for mount in mounts if mount[2] == "cgroup2"), None)


def attach(folder, way, program):
    group = os.open(folder, os.O_RDONLY)
    words = ctypes.create_string_buffer(struct.pack("=4I", group, program, way, 0).ljust(128, b"\0"), 128)
    answer = xdp.libc.syscall(xdp.BPF, PROG_ATTACH, words, 128)
    os.close(group)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "BPF_PROG_ATTACH")


@contextlib.contextmanager
def refusing(way):
    """A control group; its program goes with it."""
    folder = hierarchy() / f"skbtrail{os.getpid()}.{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        program = xdp.load(REFUSE, TYPE_CGROUP_SKB)
        try:
            attach(folder, way, program)
        finally:
            os.close(program)
        yield folder
    finally:
        wait_until(lambda: not (folder / "cgroup.procs").read_text(encoding="ascii"), f"{folder} to be empty")
        folder.rmdir()


def run_in(folder, words):
    into = 'echo $$ >"$0"; exec "$@"'
    done = subprocess.run(["sh", "-c", into, str(folder / "cgroup.procs"), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
