# SPDX-License-Identifier: Apache-2.0
"""Events lost when pods of the host netns execute 10,000 programs a second, and what follows when some are lost."""
import os
import signal
import time

import ground as grounds
from container import HOST, Container
from kubelet import PodsFile
from line import Line
from pod import NGINX, VLLM, Pod

RATE = 10000
ENOUGH = 0.95  # of the rate: a slower storm that loses nothing says nothing of the bound
WORKERS = 2
SOON = 1.5  # losses are counted once a second


def storm(scope, ground, pod, seconds, rate=RATE):
    return Container(scope, ["/bin/storm", "rate", rate, seconds, WORKERS, "/bin/nothing"], pod=pod, netns=HOST,
                     rootfs=ground.image)


def lost_of(agent):
    """What the agent said that it lost."""
    return sum(event.get("count", 0) for _, event in agent.events if event.get("type") == "agent.lost")


def one_loss(ground, scope, name, image, seconds):
    """Lost and made records of one storm, in a pod that the kubelet lists."""
    kubelet = PodsFile(scope)
    pod = kubelet.add(Pod("bench", name, image=image, host_network=True))
    agent = ground.agent(scope, *kubelet.options(), sweep=None)
    box = storm(scope, ground, pod, seconds).start()
    kubelet.publish()
    rate, made = box.said("rate", seconds + 30), box.said("count")
    time.sleep(SOON)
    lost = lost_of(agent)
    box.delete()
    grounds.end_agent(agent)
    shown = lost > 0 or rate >= RATE * ENOUGH
    return Line(f"events lost in a storm of execs, {name}", f"0 at {RATE:,} exec/s", f"{lost:,} lost at {rate:,} exec/s",
                lost if shown else None, 0, f"{made:,} execs, each with its exit" +
                ("" if shown else "; this machine makes no more a second: that the bound holds is not shown"))


def loss(ground, scope):
    """Once in a pod that is not AI, which tells of every exec, and once in one whose finding is open, which is held back."""
    seconds = ground.rounds(10, 2)
    return [one_loss(ground, scope, "pod not AI (all told)", NGINX, seconds),
            one_loss(ground, scope, "AI pod (held back)", VLLM, seconds)]


def overrun(ground, scope):
    """The agent stands still while the ring overflows; what started and what ended meanwhile is set right afterwards."""
    kubelet = PodsFile(scope)
    noisy, old, new = (kubelet.add(Pod("bench", name, image=image, host_network=True)) for name, image in
                       (("noisy", NGINX), ("ended-meanwhile", VLLM), ("started-meanwhile", VLLM)))
    ended = Container(scope, ["/bin/storm", "rate", "1", "600", "1", "/bin/nothing"], pod=old, netns=HOST, rootfs=ground.image)
    ended.start()
    kubelet.publish()
    agent = ground.agent(scope, *kubelet.options(), sweep="1h")
    agent.wait_finding(old, state="open")
    mark = agent.mark()
    os.kill(agent.process.pid, signal.SIGSTOP)
    try:
        box = storm(scope, ground, noisy, 1).start()
        rate = box.said("rate", 30)
        begun = Container(scope, ["/bin/storm", "rate", "1", "600", "1", "/bin/nothing"], pod=new, netns=HOST,
                          rootfs=ground.image)
        begun.start()
        kubelet.publish()
        ended.kill()
    finally:
        os.kill(agent.process.pid, signal.SIGCONT)
    on = time.monotonic()
    agent.wait(lambda event: event.get("type") == "agent.lost", "agent.lost", since=mark)
    told = time.monotonic() - on
    agent.wait_finding(new, state="open", since=mark)
    agent.wait_resolved(old, since=mark)
    repaired = time.monotonic() - on
    lost = lost_of(agent)
    grounds.end_agent(agent)
    return [Line("an overrun is counted, and a sweep repairs the state", "both",
                 f"{lost:,} counted after {1000 * told:.0f} ms, repaired after {1000 * repaired:.0f} ms", 0 if lost else 1, 0,
                 f"the agent stood still in a storm of {rate:,} exec/s")]
