# SPDX-License-Identifier: Apache-2.0
"""Clients of the API at the Unix socket that the first argument names, as many as the second says, until SIGTERM; prints
how many answers they took."""
import contextlib
import selectors
import signal
import socket
import sys

PATHS = ("/api/v1/findings?limit=500", "/api/v1/events?limit=500", "/metrics", "/api/v1/sharing?limit=500", "/api/v1/status")


class Caller:
    """One connection that asks again as soon as it was answered, each in a new connection as `curl` does."""

    def __init__(self, path, number):
        self.path, self.number, self.answers = path, number, 0
        self.begin()

    def begin(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)
        self.sock.sendall(f"GET {PATHS[self.number % len(PATHS)]} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        self.sock.setblocking(False)

    def take(self, selector):
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            if self.sock.recv(1 << 18):
                return
            self.answers += 1
        selector.unregister(self.sock)
        self.sock.close()
        self.begin()
        selector.register(self.sock, selectors.EVENT_READ, self)


def run(path, connections):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    selector = selectors.DefaultSelector()
    callers = [Caller(path, number) for number in range(connections)]
    for caller in callers:
        selector.register(caller.sock, selectors.EVENT_READ, caller)
    try:
        while True:
            for key, _ in selector.select():
                key.data.take(selector)
    finally:
        print(sum(caller.answers for caller in callers), flush=True)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]))
