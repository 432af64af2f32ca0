# SPDX-License-Identifier: Apache-2.0
"""The same latency while clients take all that the API gives: long lists, events of the store, metrics, on as many connections
as ask at once without being refused. What the kernel tells must come first."""
import contextlib
import pathlib
import selectors
import signal
import socket
import subprocess
import sys

import latency
from line import Line, median, percentile

PATHS = ("/api/v1/findings?limit=500", "/api/v1/events?limit=500", "/metrics", "/api/v1/sharing?limit=500", "/api/v1/status")
CONNECTIONS = 32


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


def run(path):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    selector = selectors.DefaultSelector()
    callers = [Caller(path, number) for number in range(CONNECTIONS)]
    for caller in callers:
        selector.register(caller.sock, selectors.EVENT_READ, caller)
    try:
        while True:
            for key, _ in selector.select():
                key.data.take(selector)
    finally:
        print(sum(caller.answers for caller in callers), flush=True)


def flood(ground, scope):
    quiet = latency.measure(ground, scope, "quiet")
    answers = []

    @contextlib.contextmanager
    def clients(agent):
        words = agent.process.args
        path = words[words.index("--listen") + 1].removeprefix("unix:")
        child = scope.spawn([sys.executable, "-B", pathlib.Path(__file__), path], stdout=subprocess.PIPE, text=True)
        try:
            yield
        finally:
            child.terminate()
            answers.append(int(child.communicate(timeout=10)[0] or 0))

    found, _ = latency.measure(ground, scope, "flooded", clients)
    after_hook = [one for one, _ in found]
    before = [one for one, _ in quiet[0]]
    p99 = percentile(after_hook, 0.99)
    return [Line("the same under a flood of API calls", "p99 <= 10 ms",
                 f"p50 {median(after_hook) / 1000:.2f}, p99 {p99 / 1000:.2f}, max {max(after_hook) / 1000:.2f} ms", p99, 10000,
                 f"{CONNECTIONS} connections, {answers[0]} long answers meanwhile; without them p50 {median(before) / 1000:.2f}, "
                 f"p99 {percentile(before, 0.99) / 1000:.2f} ms")]


if __name__ == "__main__":
    run(sys.argv[1])
