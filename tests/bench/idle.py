# SPDX-License-Identifier: Apache-2.0
"""What the agent takes while nothing happens, on a node at its size: memory, and time on a CPU."""
import pathlib
import time

import ground as grounds
from kubelet import Kubelet
from line import Line

import slowdown

MIB = 1024  # in the kernel's KiB
SETTLE = 2.0


def whole_agent(ground, scope):
    """With everything on, as the DaemonSet has it: the pods come over HTTPS."""
    crowd = ground.crowd()
    kubelet = Kubelet(scope)
    kubelet.add(*crowd.pods)
    agent = ground.agent(scope, *kubelet.options(), sweep=None)
    for pod in crowd.pods:
        if pod.host_network and "vllm" in pod.spec().image:
            agent.wait_finding(pod, state="open", cause="declared")
    time.sleep(SETTLE)
    return agent


def smaps(pid):
    """{field: KiB}, of all mappings together."""
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split()[:2]
        fields[name.rstrip(":")] = int(value)
    return fields


def peak(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def memory(ground, scope):
    agent = whole_agent(ground, scope)
    fields, most = smaps(agent.process.pid), peak(agent.process.pid)
    grounds.end_agent(agent)
    where = f"{len(ground.crowd().pods)} pods, {ground.processes:,} processes"
    return [Line(f"resident memory of run, {where}", "<= 16 MiB", f"{fields['Rss'] / MIB:.1f} MiB", fields["Rss"], 16 * MIB,
                 f"at most {most / MIB:.1f} MiB since its start"),
            Line("... of which anonymous", "<= 5 MiB", f"{fields['Anonymous'] / MIB:.1f} MiB", fields["Anonymous"], 5 * MIB)]


def cpu(ground, scope):
    """A full window has two sweeps of tasks and one of sockets in it, as every minute has; a short one may have none."""
    agent = whole_agent(ground, scope)
    blind = slowdown.netns_hook(agent) == "none"
    begun, before = time.monotonic(), grounds.on_cpu_ns(agent.process.pid)
    time.sleep(ground.window)
    spent, took = grounds.on_cpu_ns(agent.process.pid) - before, time.monotonic() - begun
    grounds.end_agent(agent)
    part = spent / took / 1e7  # per cent
    limit = 0.15 if blind else 0.05
    short = "" if ground.window >= 60 else ": too short to hold the sweeps of a minute"
    return [Line(f"CPU of the idle agent, {ground.processes:,} processes", f"< {limit} % of a core", f"{part:.3f} %", part, limit,
                 f"{spent / 1e6:.1f} ms in {took:.0f} s{short}")]
