"""A process of its own that opens sockets and uses them as it is told, so that it owns what it does."""

import subprocess
import sys

# Reads a line of Python, does it, says that it is done. `sockets` is one namespace for all lines.
SERVANT = """
import ctypes, os, socket, struct, sys
if sys.argv[1]:
    ctypes.CDLL(None).prctl(15, sys.argv[1].encode(), 0, 0, 0)  # PR_SET_NAME
names = {"socket": socket, "struct": struct, "os": os}
for line in sys.stdin:
    try:
        exec(line.strip().replace("\\\\n", "\\n"), names)
        print("done", flush=True)
    except Exception as error:
        print(type(error).__name__, error, flush=True)
"""


class Servant:
    """Lives in a namespace; `do` returns when what it says was done. Its name (comm) can be chosen."""

    def __init__(self, netns, comm="", **options):
        words = netns.command(sys.executable, "-c", SERVANT, comm)
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        **options)
        self.do("pass")

    @property
    def pid(self):
        return self.process.pid

    def begin(self, line):
        """Does not wait for its end."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def done(self):
        answer = self.process.stdout.readline().strip()
        assert answer == "done", answer

    def do(self, *lines):
        for line in lines:
            self.begin(line)
            self.done()

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
