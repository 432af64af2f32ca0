# SPDX-License-Identifier: Apache-2.0
"""Attempts to enter the host's netns that the kernel refuses: who, what and when, though no finding follows."""
import datetime
import json
import subprocess
import time
import unittest

import rig
from agent import Agent, check_schema
from container import Container
from kubelet import Kubelet
from pod import Pod


class Refused(rig.NodeTest):
    def test_setns_without_the_right(self):
        kubelet = Kubelet(self.rig)
        store = self.rig.path("refused.db")
        agent = Agent(self.rig, *kubelet.options(), store=store).ready()
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
        self.exported(store, pod)

    def exported(self, store, pod):
        """No finding followed: the attempt is in the bundle all the same, under the id that one would have."""
        done = subprocess.run([rig.HOSTNETD, "history", "export", "--store", store], capture_output=True, text=True, timeout=20,
                              check=True)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        for line in lines:
            check_schema("bundle.v1.json", line)
        refused = [line for line in lines if line.get("body", {}).get("type") == "attempt.refused"]
        self.assertEqual({(line["kind"], line["body"]["pod"]["uid"], len(line["finding"])) for line in refused},
                         {("agent", pod.uid, 32)})
        self.assertNotIn("finding", [line["kind"] for line in lines])

    def attempt(self, command):
        """What is told of a pod with every right that runs this: who, what and when, and no finding."""
        kubelet = Kubelet(self.rig)
        agent = Agent(self.rig, *kubelet.options()).ready()
        pod = kubelet.add(Pod("ml", owner=("StatefulSet", "vllm"), privileged=True))
        mounts = [(self.rig.host_netns_file(), "/run/hostnet", "ro")]
        before = time.time()
        box = Container(self.rig, ["sh", "-c", f"{command}; sleep 600"], pod=pod, mounts=mounts).start()
        kubelet.publish()
        event = agent.wait(lambda one: one["type"] == "attempt.refused" and box.id in str(one), "attempt.refused")
        when = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
        self.assertTrue(before - 1 <= when <= time.time() + 1, event["time"])
        attempt = event["attempt"]
        self.assertEqual((attempt["pod"]["uid"], attempt["process"]["uid"]), (pod.uid, 0))
        self.assertEqual(agent.about(pod, "finding."), [])
        agent.stop()
        return attempt["process"]["comm"], attempt["call"], attempt["errno"]

    def test_by_seccomp(self):
        """Its profile forbids the call: only the call's exit shows that."""
        self.assertEqual(self.attempt("forbid setns joiner /run/hostnet stay"), ("joiner", "setns", "EPERM"))

    def test_by_seccomp_with_another_error(self):
        """The kernel itself refuses a netns with EPERM only: EACCES comes from a profile, or from a security module."""
        self.assertEqual(self.attempt("forbid setns:EACCES joiner /run/hostnet stay"), ("joiner", "setns", "EACCES"))

    def test_from_a_user_namespace(self):
        """It has every right there, and none over the host's netns."""
        self.assertEqual(self.attempt("evade user"), ("evade", "setns", "EPERM"))


if __name__ == "__main__":
    unittest.main()
