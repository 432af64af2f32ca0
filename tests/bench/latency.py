# SPDX-License-Identifier: Apache-2.0
"""From the exec of an AI process in the host netns to the line on standard output, the pod being known: many pods, each of
which starts one process. A finding's firstSeen is the moment of the kernel's hook. The process carries the moment before its
exec among its arguments, and the line tells them: that is the other end, with the exec itself in it."""
import contextlib
import datetime
import json
import re
import subprocess
import time

import ground as grounds
import hierarchy
import rig as rigs
from agent import Agent
from kubelet import PodsFile
from line import Line, median, percentile
from pod import Pod, hex_id

PAUSE_US = 10000  # from one to the next
STAMP = re.compile(r"at-(\d+)")


def newcomers(count, name):
    pods = [Pod("bench", f"{name}-{number}", host_network=True) for number in range(count)]
    for pod in pods:
        pod.spec().id, pod.spec().running = hex_id(), True
    return pods


def wall_us(text):
    """An event's time, as the agent writes it."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1e6


def delays(path):
    """{pod's uid: (us since the kernel's hook, us since before the exec)} by the first line of each that names the pod."""
    found = {}
    for line in path.read_text().splitlines():
        at, _, text = line.partition(" ")
        finding = json.loads(text).get("finding") or {}
        pod = finding.get("pod") or {}
        stamp = STAMP.search(text)
        if stamp and pod.get("name") and finding.get("workload") and pod["uid"] not in found:
            found[pod["uid"]] = int(at) / 1000 - wall_us(finding["firstSeen"]), (int(at) - int(stamp.group(1))) / 1000
    return found


def start_all(scope, pods):
    """Starts a process in each pod; what each exec took by itself, in us."""
    driver = scope.spawn([grounds.program("newcomer"), str(PAUSE_US), grounds.program("newcomer")], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
    for pod in pods:
        path = hierarchy.make(scope, f"{pod.cgroup}/{pod.spec().id}")
        driver.stdin.write(",".join(map(str, grounds.watched_directories(path))) + "\n")
    driver.stdin.write("\n")
    time.sleep(1)
    driver.stdin.flush()
    took = []
    for line in driver.stdout:
        word, number = line.split()
        if word == "started":
            break
        took.append(int(number) / 1000)
    if len(took) < len(pods) - 5:  # the last ones may still be on their way
        raise AssertionError(f"{len(took)} of {len(pods)} processes could be started")
    return took


def measure(ground, scope, name, meanwhile=lambda _agent: contextlib.nullcontext(), store=None):
    """[(us since the kernel's hook, us since before the exec)] of all newcomers, and what each exec took. `meanwhile(agent)` is
    entered while they start; `store` None: a file of the scope's, as an agent has by default."""
    crowd, pods = ground.crowd(), newcomers(ground.rounds(1000, 150), name)
    kubelet = PodsFile(scope)
    kubelet.add(*crowd.pods, *pods)
    watched = scope.path(f"lines-{name}")
    agent = Agent(scope, *kubelet.options(), sweep=None, store=store, command=[grounds.program("stopwatch"), watched, rigs.HOSTNETD]).ready()
    with meanwhile(agent):
        took = start_all(scope, pods)
        time.sleep(0.5)
    grounds.end_agent(agent)
    seen = delays(watched)
    found = [seen[pod.uid] for pod in pods if pod.uid in seen]
    if len(found) < len(pods):
        raise AssertionError(f"{len(found)} of {len(pods)} starts were reported within half a second, the pod known")
    return found, took


def line(ground, scope, title, name, store):
    found, took = measure(ground, scope, name, store=store)
    after_hook, whole = zip(*found)
    p99 = percentile(after_hook, 0.99)
    return Line(f"exec of an AI process to the line, pod known, {title}", "p99 <= 1 ms",
                f"p50 {median(after_hook) / 1000:.2f}, p99 {p99 / 1000:.2f}, max {max(after_hook) / 1000:.2f} ms", p99, 1000,
                f"{len(found)} pods, from the kernel's hook on; from before the exec: p50 {median(whole) / 1000:.2f}, "
                f"p99 {percentile(whole, 0.99) / 1000:.2f} ms, of which the exec takes {median(took) / 1000:.2f} and "
                f"{percentile(took, 0.99) / 1000:.2f}")


def latency(ground, scope):
    return [line(ground, scope, "with history", "newcomer", None), line(ground, scope, "no history", "storeless", "none")]
