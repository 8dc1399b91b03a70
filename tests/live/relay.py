"""What is elsewhere: a program between two tun devices hands packets on, and what it takes for too large it loses without a word."""

import os
import select
import threading

from frames import Tun


class Relay:
    def __init__(self, one, other, largest):
        """Ends are (namespace, device, address)."""
        self.tuns = []
        for netns, device, address in (one, other):
            self.tuns.append(Tun(netns, device))
            netns.ip(f"address add {address}/24 dev {device}", f"link set {device} up")
        self.largest = largest
        self.ending, self.end = os.pipe()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        ends = {self.tuns[0].fd: self.tuns[1], self.tuns[1].fd: self.tuns[0]}
        while True:
            ready = select.select([self.ending, *ends], [], [])[0]
            if self.ending in ready:
                return
            for one in ready:
                packet = os.read(one, 2000)
                if len(packet) <= self.largest:
                    ends[one].write(packet)

    def close(self):
        os.close(self.end)
        self.thread.join()
        os.close(self.ending)
        for tun in self.tuns:
            tun.close()
