"""Echo requests as fast as they go, from one CPU, received on another; and what they interrupt there."""

import os
import subprocess

# Reads no answer; ends by itself.
SENDER = """
import os, socket, time
os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[1]})
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    s.connect(("10.9.0.2", 0))
    end = time.monotonic() + %f
    while time.monotonic() < end:
        for _ in range(100):
            try:
                s.send(bytes.fromhex("0800f7ff00000000"))
            except OSError:
                pass
"""


def receive_on_first_cpu(netns, device):
    """What comes in at this device is received on the first CPU, wherever it was sent."""
    # `ip netns exec` shows the /sys of the namespace.
    steer = f"echo {1 << min(os.sched_getaffinity(0)):x} > /sys/class/net/{device}/queues/rx-0/rps_cpus"
    subprocess.run(["ip", "netns", "exec", netns.name, "sh", "-c", steer], check=True)


def echo_flood(netns, seconds):
    """The process that sends, from the second CPU."""
    return subprocess.Popen(netns.command("/usr/bin/python3", "-c", SENDER % seconds))
