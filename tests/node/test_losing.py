# SPDX-License-Identifier: Apache-2.0
"""An agent that stands still while a pod fills its ring: what was lost is counted and told, the next sweep mends the state,
and nobody is accused who did nothing."""
import os
import signal
import time
import unittest

import rig
from agent import Agent, of_scan, scan
from container import Container
from kubelet import Kubelet
from pod import Pod

QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]
STORM = "i=0; while [ $i -lt 6000 ]; do /bin/id >/dev/null; i=$((i+1)); done; echo done 1; sleep 600"


class Losing(rig.NodeTest):
    def test_overrun(self):
        kubelet = Kubelet(self.rig)
        ends, comes, noisy = (Pod("ml", name, host_network=True) for name in ("ends", "comes", "noisy"))
        quiet = Pod("ml", "quiet")
        kubelet.add(ends, comes, noisy, quiet)
        old = Container(self.rig, QWEN, pod=ends).start()
        kubelet.publish()
        agent = Agent(self.rig, *kubelet.options(), sweep="10m").ready()
        agent.wait_finding(ends, cause="declared")
        mark = agent.mark()

        os.kill(agent.process.pid, signal.SIGSTOP)
        storm = Container(self.rig, ["sh", "-c", STORM], pod=noisy).start()
        storm.said("done", 240)  # some machines run 100 programs a second, no more
        old.kill()
        new = Container(self.rig, QWEN, pod=comes).start()
        Container(self.rig, QWEN, pod=quiet).start()
        kubelet.publish()
        time.sleep(1)
        os.kill(agent.process.pid, signal.SIGCONT)

        lost = agent.wait(lambda event: event["type"] == "agent.lost", "agent.lost", since=mark)
        self.assertGreater(lost["count"], 0)
        agent.wait_resolved(ends, since=mark)
        found = agent.wait_finding(comes, cause="declared", since=mark)
        self.assertIn(new.id, [one["id"] for one in found["containers"]])
        agent.wait_finding(noisy, cause="declared", since=mark)
        self.assertEqual(agent.mentions(quiet.uid), [])
        _, document, _ = scan(*kubelet.options())
        mine = (ends, comes, noisy)
        still = {one["pod"]["uid"] for one in agent.open_findings().values()} & {pod.uid for pod in mine}
        self.assertEqual(still, {pod.uid for pod in mine if of_scan(document, pod)})
        agent.stop()

    def test_stopped_for_half_a_minute(self):
        """Beside it two shells of the host and one of a pod execute as fast as they can; meanwhile pods end, come, join and
        leave."""
        kubelet = Kubelet(self.rig)
        ends, stays, comes, flees = (Pod("ml", name, host_network=True) for name in ("ends", "stays", "comes", "flees"))
        joins, quiet, noisy = Pod("ml", "joins", privileged=True), Pod("ml", "quiet"), Pod("ml", "noisy", host_network=True)
        kubelet.add(ends, stays, comes, flees, joins, quiet, noisy)
        old = Container(self.rig, QWEN, pod=ends).start()
        Container(self.rig, QWEN, pod=stays).start()
        kubelet.publish()
        agent = Agent(self.rig, *kubelet.options(), sweep="2s").ready()
        before = {pod.uid: agent.wait_finding(pod, cause="declared")["id"] for pod in (ends, stays)}
        mark = agent.mark()

        os.kill(agent.process.pid, signal.SIGSTOP)
        self.rig.callback(agent.process.send_signal, signal.SIGCONT)
        stopped = time.monotonic()
        for _ in range(2):
            self.rig.spawn(["sh", "-c", "while :; do /bin/true; done"])
        storm = Container(self.rig, ["sh", "-c", STORM], pod=noisy).start()
        old.kill()
        Container(self.rig, QWEN, pod=flees).start().kill()  # nobody ever saw it
        Container(self.rig, QWEN, pod=comes).start()
        Container(self.rig, QWEN, pod=quiet).start()
        mounts = [(self.rig.host_netns_file(), "/run/hostnet", "ro")]
        Container(self.rig, ["joiner", "/run/hostnet", "thread"], pod=joins, mounts=mounts).start().said("joined")
        kubelet.publish()
        storm.said("done", 240)  # some machines run 100 programs a second, no more
        time.sleep(max(0, stopped + 30 - time.monotonic()))
        os.kill(agent.process.pid, signal.SIGCONT)

        self.assertGreater(agent.wait(lambda event: event["type"] == "agent.lost", "agent.lost", since=mark)["count"], 0)
        self.assertEqual(agent.wait_resolved(ends, since=mark)["id"], before[ends.uid])
        agent.wait_finding(comes, cause="declared", since=mark)
        agent.wait_finding(joins, cause="joined", since=mark)
        time.sleep(4.5)  # two sweeps
        mine = {pod.uid for pod in (ends, stays, comes, flees, joins, quiet, noisy)}
        still = {one["pod"]["uid"] for one in agent.open_findings().values() if one["pod"]["uid"] in mine}
        self.assertEqual(still, {pod.uid for pod in (stays, comes, joins, noisy)})
        self.assertEqual(agent.about(stays, "finding.resolved"), [])
        self.assertEqual(agent.mentions(quiet.uid), [])
        agent.stop()


if __name__ == "__main__":
    unittest.main()
