"""Printed on a terminal that is reached by ssh, everything is traced but the connection that carries the output."""

import json
import os
import pty
import sys
import threading

import pytest

SENDING = """
import socket, sys
tcp = socket.create_connection((sys.argv[1], 22), source_address=("", int(sys.argv[2])))
tcp.sendall(b"x" * 100)
tcp.recv(1)
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (sys.argv[1], 9))
"""
PORT = 50022


class Terminal:
    """What is written to it is read at once."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        self.text = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        try:
            while part := os.read(self.ours, 65536):
                self.text += part
        except OSError:
            pass  # the other end is closed

    def events(self):
        """Once the program has ended."""
        os.close(self.theirs)
        self._reader.join()
        os.close(self.ours)
        return [json.loads(line) for line in self.text.decode().splitlines()]


@pytest.fixture
def run_on_terminal(pair, start):
    """Traces a command in `a` that talks by TCP, as by ssh, and sends a datagram; gives its events there, by protocol,
    and what was said."""

    def run(wrapper, *arguments):
        server = pair.b.open()
        server.bind((pair.B4, 22))
        server.listen()

        def serve():
            connection, _ = server.accept()
            while connection.recv(100):
                connection.send(b"x")

        threading.Thread(target=serve, daemon=True).start()
        terminal = Terminal()
        session = f"SSH_CONNECTION={pair.A4} {PORT} {pair.B4} 22"
        words = pair.a.command(sys.executable, "-c", SENDING, pair.B4, PORT)
        one = start("-o", "json", "-t", "net_dev_queue,net_dev_xmit", *arguments, "--", *words,
                    wrapper=["env", session, *wrapper], stdout=terminal.theirs)
        result = one.ended()
        server.close()
        assert result.status == 0, result.stderr
        here = [event for event in terminal.events() if event.get("netns_inum") == pair.a.inum]
        return {event["packet"].split(": ")[1].split()[0].strip(",") for event in here if "packet" in event}, result.stderr

    return run


LEFT_OUT = "the connection of this ssh session, 10.9.0.1.50022 > 10.9.0.2.22, is excluded"


def test_the_sessions_own_connection_is_left_out_and_said_so(run_on_terminal):
    seen, said = run_on_terminal([])
    assert "UDP" in seen and "Flags" not in seen
    assert said.count(LEFT_OUT) == 1


def test_so_it_is_where_sudo_took_the_variable_away(run_on_terminal):
    seen, said = run_on_terminal(["sh", "-c", 'unset SSH_CONNECTION; "$@"; exit $?', "sh"])
    assert "UDP" in seen and "Flags" not in seen
    assert said.count(LEFT_OUT) == 1


def test_with_a_filter_nothing_is_left_out(run_on_terminal):
    seen, said = run_on_terminal([], "ip or not ip")
    assert {"UDP", "Flags"} <= seen
    assert "excluded, for" not in said


def test_into_a_file_nothing_is_left_out(run_on_terminal, tmp_path):
    _, said = run_on_terminal([], "-O", tmp_path / "events")
    assert "excluded, for" not in said
    assert '"tcp"' in (tmp_path / "events").read_text() or "Flags" in (tmp_path / "events").read_text()
