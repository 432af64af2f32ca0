# SPDX-License-Identifier: Apache-2.0
"""What an exec costs in the kernel, by the kernel's own clock: outside pods, in a pod with a netns of its own, and in one
that shares the host's, where the agent is told of it."""
import os
import signal
import subprocess
import time

import ground as grounds
import kernel
import rig as rigs
from container import HOST, NEW, Container
from kubelet import PodsFile
from line import Line, median
from pod import NGINX, VLLM, Pod

TRACEPOINT = "sched_process_exec"
BUDGET_NS = 100  # over an empty program
CYCLE = ("on_newtask", "on_exec", "on_exit")


def outside(count):
    subprocess.run([grounds.program("storm"), "exec", str(count), grounds.program("nothing")], check=True,
                   stdout=subprocess.DEVNULL)


class Pulse:
    """A container that lives through all rounds and has a storm of its own at a signal: what is known of its cgroup stays.
    Not by the runtime's exec: what that starts is not the container's own until later."""

    def __init__(self, ground, scope, pod, netns, count):
        self.box = Container(scope, ["/bin/storm", "pulse", count, "/bin/nothing"], pod=pod, netns=netns, rootfs=ground.image)
        self.box.start()
        self.done = 0
        self.wait()

    def wait(self):
        self.done += 1
        rigs.wait_until("a storm in a container ends", lambda: self.box.output.count("took") >= self.done, timeout=60)

    def __call__(self):
        os.kill(self.box.pid, signal.SIGUSR1)
        self.wait()


def cost(ground, scope):
    count, rounds = ground.rounds(3000, 1000), ground.rounds(7, 3)
    kubelet = PodsFile(scope)
    own, plain, known = (kubelet.add(Pod("bench", name, image=image, host_network=host)) for name, image, host in
                         (("own-netns", NGINX, False), ("not-ai", NGINX, True), ("ai", VLLM, True)))
    kernel.count_runs(scope)
    # Programs run in the order in which they were attached, and the first finds the caches cold, whatever it does (100 ns
    # here): one more empty program takes that place, so that the two that are compared come after it.
    kernel.empty_program(scope, TRACEPOINT)
    agent = ground.agent(scope, *kubelet.options(), sweep="1h")
    empty, programs = kernel.empty_program(scope, TRACEPOINT), kernel.Programs(agent.process.pid)
    loads = {
        "outside pods": lambda: outside(count),
        "in a pod with a netns of its own": Pulse(ground, scope, own, NEW, count),
        "in a pod in the host netns, each told": Pulse(ground, scope, plain, HOST, count),
        "in a pod whose finding is open": Pulse(ground, scope, known, HOST, count),
    }
    kubelet.publish()
    agent.wait_finding(known, cause="declared")
    found = {name: [] for name in loads}
    for number in range(rounds):
        for name in [*loads][:: 1 if number % 2 else -1]:
            before = programs.read() | empty.read()
            loads[name]()
            ran = kernel.spent(before, programs.read() | empty.read())
            if not ran["empty"][1] >= count:
                raise AssertionError(f"{ran['empty'][1]} execs were counted, {count} were made")
            found[name].append({one: ran[one][0] / max(1, ran[one][1]) for one in ("empty", *CYCLE)})
            time.sleep(0.05)
    grounds.end_agent(agent)
    return [as_line(name, rows) for name, rows in found.items()]


def as_line(name, rows):
    """The exec hook beside the empty program, and all hooks of a process's life in the note."""
    typical = {one: median([row[one] for row in rows]) for one in rows[0]}
    over = median([row["on_exec"] - row["empty"] for row in rows])
    told = "host netns" in name or "open" in name
    life = ", ".join(f"{one[3:]} {typical[one]:.0f}" for one in CYCLE)
    return Line(f"kernel's cost of an exec {name}", "" if told else "empty program + 100 ns",
                f"empty {typical['empty']:.0f} {over:+.0f} ns", over, None if told else BUDGET_NS,
                f"a whole fork, exec, exit: {life} ns")
