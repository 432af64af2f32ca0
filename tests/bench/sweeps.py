# SPDX-License-Identifier: Apache-2.0
"""Looking at a whole node: a scan from start to end, a sweep of tasks and one of file descriptors in an agent that runs."""
import json
import subprocess
import time

import ground as grounds
import hierarchy
import rig as rigs
from agent import environment
from kubelet import PodsFile
from line import Line, median, quartiles
from pod import Pod

WINDOW = 2.0  # of an agent that sweeps once a second
SETTLE = 2.0   # after the start


def spread(values):
    return "quartiles {:.1f}..{:.1f} ms".format(*quartiles(values))


def pods_file(ground, scope, *more):
    kubelet = PodsFile(scope)
    kubelet.add(*ground.crowd().pods, *more)
    return kubelet


def scan(ground, scope):
    """Every scan is a first one: it loads its BPF programs anew."""
    kubelet = pods_file(ground, scope)
    words = [rigs.HOSTNETD, "scan", "--output", "json", *kubelet.options()]
    times, document = [], {}
    for _ in range(ground.rounds(21, 7) + 1):
        begun = time.monotonic()
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment())
        times.append((time.monotonic() - begun) * 1000)
        document = json.loads(done.stdout)
        if not document["complete"]:
            raise AssertionError(f"a scan was not complete: {document['incomplete']}")
    seen = document["coverage"]["processesSeen"]
    return [Line("first scan, program start and BPF load included", "<= 100 ms", f"{median(times[1:]):.0f} ms", median(times[1:]),
                 100, f"{spread(times[1:])}; {seen:,} threads looked at, {len(ground.crowd().pods)} pods, "
                 f"{kubelet.file.stat().st_size >> 10:,} KiB of list")]


def cpu_of_window(agents, before=None):
    """Time on a CPU, in ms, of each agent in one window; `before` is called at its beginning."""
    used = [grounds.on_cpu_ns(agent.process.pid) for agent in agents]
    end = time.monotonic() + WINDOW
    if before:
        before()
    time.sleep(max(0.0, end - time.monotonic()))
    return [(grounds.on_cpu_ns(agent.process.pid) - one) / 1e6 for agent, one in zip(agents, used)]


def tasks(ground, scope):
    """Two agents side by side, one of which sweeps: the difference is the sweeps'."""
    kubelet = pods_file(ground, scope)
    agents = [ground.agent(scope, *kubelet.options(), sweep=sweep) for sweep in ("1s", "1h")]
    time.sleep(SETTLE)
    rounds = [cpu_of_window(agents) for _ in range(ground.rounds(9, 2))]
    for agent in agents:
        grounds.end_agent(agent)
    costs, rest = [(busy - calm) / WINDOW for busy, calm in rounds], median([calm for _, calm in rounds]) / WINDOW
    return [Line(f"a later sweep of tasks, {ground.processes:,} processes", "<= 10 ms", f"{median(costs):.1f} ms",
                 median(costs), 10, f"on a CPU; {spread(costs)}; without sweeps the agent takes {rest:.2f} ms a second")]


class Visitor:
    """A pod's process that goes into the host netns and back when it is told to: sockets are swept after that."""

    def __init__(self, scope, pod):
        path = hierarchy.make(scope, f"{pod.cgroup}/{pod.spec().id}")
        where = ",".join(map(str, grounds.watched_directories(path)))
        self.process = scope.spawn([grounds.program("visitor"), where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def visit(self):
        self.process.stdin.write(b".")
        if self.process.stdout.read(1) != b".":
            raise AssertionError("the visitor cannot enter the host netns")


def sockets(ground, scope):
    """Windows with a sweep of sockets and windows without, in turn."""
    pod = Pod("bench", "visitor")
    pod.spec().id = "0123456789abcdef" * 4
    kubelet = pods_file(ground, scope, pod)
    agent = ground.agent(scope, *kubelet.options(), sweep="1s")
    visitor = Visitor(scope, pod)
    visitor.visit()
    agent.wait_finding(pod)
    time.sleep(SETTLE)
    costs = []
    for _ in range(ground.rounds(9, 2)):
        without, = cpu_of_window([agent])
        costs.append(cpu_of_window([agent], visitor.visit)[0] - without)
    grounds.end_agent(agent)
    whole, count = median(costs), ground.crowd().descriptors
    return [Line("socket sweep, per descriptor of container tasks", "<= 0.3 us", f"{1000 * whole / count:.3f} us",
                 1000 * whole / count, 0.3, f"{whole:.1f} ms for {count:,}; {spread(costs)}")]
