# SPDX-License-Identifier: Apache-2.0
"""How much slower other programs are while the agent runs: one load, with and without it, in turn."""
import functools
import subprocess

import ground as grounds
import rig as rigs
from agent import Agent
from kubelet import PodsFile
from line import Line, median, quartiles, ratios

# tracefs is mounted for the agent alone: without it only the dearest of the namespace hooks is left on some kernels.
WITH_TRACEFS = ("unshare", "-m", "sh", "-c", 'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"', "sh")
NOTICEABLE = 1.03  # the rounds of an idle machine differ by so much


def took(*words):
    done = subprocess.run([grounds.program("storm"), *map(str, words)], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[1])


def netns_hook(agent):
    """Which hook sees namespaces change, by the agent's first line."""
    started = agent.wait(lambda event: event.get("type") == "agent.started", "agent.started")
    parts = dict(part.split(": ", 1) for part in started.get("message", "").split("; ") if ": " in part)
    return parts.get("netns", "none")


def with_agent(scope, kubelet, load, command=None):
    """What the load took while an agent ran, and that agent's hook."""
    agent = Agent(scope, *kubelet.options(), sweep=None, command=command).ready()
    hook = netns_hook(agent)
    value = load()
    grounds.end_agent(agent)
    return value, hook


def paired(scope, load, rounds, commands):
    """{hook: (with, without)}: each round runs every mode once, in another order; the first round is thrown away."""
    kubelet = PodsFile(scope)
    modes = [load, *(functools.partial(with_agent, scope, kubelet, load, command) for command in commands)]
    found = {}
    for number in range(rounds + 1):
        shift = number % len(modes)
        values = {mode: mode() for mode in modes[shift:] + modes[:shift]}
        for value, hook in [values[mode] for mode in modes[1:]]:
            if number:
                rows = found.setdefault(hook, ([], []))
                rows[0].append(value)
                rows[1].append(values[load])
    return found


def describe(rows, unit, scale):
    ratio = ratios(*rows)
    low, high = quartiles(ratio)
    return median(ratio), (f"{100 * (median(ratio) - 1):+.1f} % ({100 * (low - 1):+.1f}..{100 * (high - 1):+.1f}), "
                           f"{median(rows[1]) / scale:.4g} -> {median(rows[0]) / scale:.4g} {unit}")


def exec_storm(ground, scope):
    count, rounds = ground.rounds(2000, 1000), ground.rounds(9, 2)
    program = grounds.program("nothing")
    found = paired(scope, lambda: took("exec", count, program), rounds, [None])
    (hook, rows), = found.items()
    _, text = describe(rows, "us", 1000)
    return [Line("slowdown of fork+exec outside pods", "", text, note=f"{hook}; {rounds} pairs of {count}")]


def syscall_storm(ground, scope):
    count, rounds = ground.rounds(1_000_000, 500_000), ground.rounds(9, 2)
    commands = [None, [rigs.tool(WITH_TRACEFS[0]), *WITH_TRACEFS[1:], rigs.HOSTNETD]]
    found = paired(scope, lambda: took("syscall", count), rounds, commands)
    lines = []
    for hook, rows in found.items():
        value, text = describe(rows, "ns", 1)
        off_path = "fexit" in hook or "fentry" in hook
        lines.append(Line(f"slowdown of getppid, netns hook {hook}", "not measurable (fexit)" if off_path else "",
                          text, value, NOTICEABLE if off_path else None,
                          "" if off_path else "this hook is on the path of every system call: the budget is not about it"))
    return lines
