# SPDX-License-Identifier: Apache-2.0
"""The same latency while clients take all that the API gives: long lists, events of the store, metrics, on as many connections
as ask at once without being refused. What the kernel tells must come first."""
import contextlib
import pathlib
import subprocess
import sys

import latency
from line import Line, median, percentile

CALLERS = pathlib.Path(__file__).resolve().parent / "programs" / "callers.py"
CONNECTIONS = 32


def flood(ground, scope):
    quiet = latency.measure(ground, scope, "quiet")
    answers = []

    @contextlib.contextmanager
    def clients(agent):
        words = agent.process.args
        path = words[words.index("--listen") + 1].removeprefix("unix:")
        child = scope.spawn([sys.executable, "-B", CALLERS, path, str(CONNECTIONS)], stdout=subprocess.PIPE, text=True)
        try:
            yield
        finally:
            child.terminate()
            answers.append(int(child.communicate(timeout=10)[0]))

    found, _ = latency.measure(ground, scope, "flooded", clients)
    after_hook = [one for one, _ in found]
    before = [one for one, _ in quiet[0]]
    p99 = percentile(after_hook, 0.99)
    return [Line("the same under a flood of API calls", "p99 <= 10 ms",
                 f"p50 {median(after_hook) / 1000:.2f}, p99 {p99 / 1000:.2f}, max {max(after_hook) / 1000:.2f} ms", p99, 10000,
                 f"{CONNECTIONS} connections, {answers[0]} long answers meanwhile; without them p50 {median(before) / 1000:.2f}, "
                 f"p99 {percentile(before, 0.99) / 1000:.2f} ms")]
