# SPDX-License-Identifier: Apache-2.0
"""Attempts to enter the host's netns that the kernel refuses: who, what and when, though no finding follows."""
import unittest

import rig
from agent import Agent
from container import Container
from kubelet import Kubelet
from pod import Pod


class Refused(rig.NodeTest):
    def test_setns_without_the_right(self):
        kubelet = Kubelet(self.rig)
        agent = Agent(self.rig, *kubelet.options()).ready()
        pod = kubelet.add(Pod("ml", owner=("StatefulSet", "vllm")))
        mounts = [(self.rig.host_netns_file(), "/run/hostnet", "ro")]
        box = Container(self.rig, ["sleep", "600"], pod=pod, mounts=mounts).start()
        kubelet.publish()
        rig.wait_until("the container runs", box.processes)
        self.assertNotEqual(box.exec("joiner", "/run/hostnet", "stay", check=False), 0)
        event = agent.wait(lambda one: one["type"] == "attempt.refused" and box.id in str(one), "attempt.refused")
        attempt = event["attempt"]
        self.assertEqual((attempt["call"], attempt["errno"]), ("setns", "EPERM"))
        self.assertEqual((attempt["process"]["comm"], attempt["process"]["uid"]), ("joiner", 0))
        self.assertTrue(attempt["process"]["exe"].endswith("/joiner"))
        self.assertEqual(attempt["pod"]["uid"], pod.uid)
        # In a loop it is told of now and then, not every time.
        for _ in range(20):
            box.exec("joiner", "/run/hostnet", "stay", check=False)
        agent.wait_log("")
        self.assertLessEqual(len([one for _, one in agent.events if one.get("type") == "attempt.refused"]), 3)
        self.assertEqual(agent.about(pod, "finding."), [])
        agent.stop()

    def test_by_seccomp(self):
        """With every right, and yet its profile forbids the call: only the call's exit shows that."""
        kubelet = Kubelet(self.rig)
        agent = Agent(self.rig, *kubelet.options()).ready()
        pod = kubelet.add(Pod("ml", owner=("StatefulSet", "vllm"), privileged=True))
        mounts = [(self.rig.host_netns_file(), "/run/hostnet", "ro")]
        box = Container(self.rig, ["sh", "-c", "forbid setns joiner /run/hostnet stay; sleep 600"], pod=pod, mounts=mounts).start()
        kubelet.publish()
        event = agent.wait(lambda one: one["type"] == "attempt.refused" and box.id in str(one), "attempt.refused")
        self.assertEqual((event["attempt"]["call"], event["attempt"]["errno"], event["attempt"]["process"]["comm"]),
                         ("setns", "EPERM", "joiner"))
        self.assertEqual(agent.about(pod, "finding."), [])
        agent.stop()


if __name__ == "__main__":
    unittest.main()
