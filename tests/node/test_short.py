# SPDX-License-Identifier: Apache-2.0
"""Processes that are gone before anybody looks, or that look gone and are not."""
import os
import subprocess
import time
import unittest

import hierarchy
import rig
from agent import Agent, of_scan, scan
from container import HOST, Container
from kubelet import Kubelet
from pod import Pod

SHORT = 20


class Short(rig.NodeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kubelet = Kubelet(cls.shared)
        cls.agent = Agent(cls.shared, *cls.kubelet.options()).ready()

    def add(self, *args, **more):
        pod = self.kubelet.add(Pod(*args, **more))
        self.addCleanup(self.kubelet.remove, pod)
        return pod

    def test_five_milliseconds(self):
        """Every one of them is reported with its pod, and resolved."""
        some = [self.add("ml", f"short-{number}", host_network=True) for number in range(SHORT)]
        for pod in some:
            Container(self.rig, ["fivems"], pod=pod).run()
        for pod in some:
            found = self.agent.wait_finding(pod, "opened")
            self.assertEqual(found["pod"]["uid"], pod.uid)
            self.agent.wait_resolved(pod)
        for pod in some:
            known = self.agent.wait_finding(pod, pod__name=pod.name)
            self.assertEqual(known["cause"], "declared")

    def test_five_milliseconds_unknown_pod(self):
        """Before the kubelet lists it, its argv says AI; the cgroup's names say whose it was."""
        pod = Pod("ml", "unlisted", host_network=True)
        Container(self.rig, ["/bin/sh", "-c", "exec vllm serve Qwen/Qwen2.5-7B-Instruct --port no-number --host nowhere"],
                  pod=pod).run(check=False)
        self.assertEqual(self.agent.wait_finding(pod, "opened")["ai"]["product"], "vllm")
        self.agent.wait_resolved(pod)

    def test_leader_exits_first(self):
        """The process lives while any of its threads does."""
        pod = self.add("ml", "leaderless", host_network=True)
        box = Container(self.rig, ["leader_exit"], pod=pod).start()
        self.kubelet.publish()
        first = self.agent.wait_finding(pod, cause="declared")
        rig.wait_until("the leader is gone", lambda: "alone" in box.output)
        time.sleep(3.5)  # three sweeps
        self.assertEqual(self.agent.about(pod, "finding.resolved"), [])
        late = Agent(self.rig, *self.kubelet.options()).ready()
        for found in (late.wait_finding(pod, cause="declared"), of_scan(scan(*self.kubelet.options())[1], pod)[0]):
            self.assertEqual(found["id"], first["id"])
            self.assertIn(box.pid, [one["pid"] for one in found["processes"]])
        late.stop()
        box.kill()
        self.agent.wait_resolved(pod)

    def reuse(self, pid, *args, cgroup=None):
        """A process with the pid that somebody had."""
        where = ",".join(map(str, hierarchy.directories(cgroup))) if cgroup else "-"
        root = rig.rootfs() if cgroup else "-"
        helper = self.rig.spawn([rig.program("pidreuse"), pid, where, root, *args], stdout=subprocess.PIPE)
        self.assertEqual(helper.stdout.readline().split(), [b"pid", str(pid).encode()])
        return helper

    def test_pid_reused_by_host(self):
        """The pid comes back on the host: the finding is resolved, and the newcomer is nobody's."""
        pod = self.add("ml", "reused", host_network=True)
        box = Container(self.rig, ["vllm", "serve", "--port", "0"], pod=pod).start()
        self.kubelet.publish()
        self.agent.wait_finding(pod, cause="declared")
        mark = self.agent.mark()
        box.kill()
        self.reuse(box.pid, "/bin/sleep", "60")
        self.agent.wait_resolved(pod, since=mark)
        time.sleep(2.5)
        self.assertEqual(self.agent.about(pod, "finding.opened", since=mark), [])
        self.assertEqual(of_scan(scan(*self.kubelet.options())[1], pod), [])

    def test_pid_reused_by_other_pod(self):
        """The pid comes back in another pod: each has its own finding with its own process."""
        old = self.add("ml", "old", host_network=True)
        new = self.add("ml", "new", host_network=True)
        box = Container(self.rig, ["vllm", "serve", "--port", "0"], pod=old).start()
        other = Container(self.rig, ["sleep", "600"], pod=new, netns=self.rig.netns()).start()
        self.kubelet.publish()
        before = self.agent.wait_finding(old, cause="declared")
        box.kill()
        self.reuse(box.pid, "/usr/bin/vllm", "serve", "second", "--port", "0", cgroup=other.cgroup)
        self.agent.wait_resolved(old)
        after = self.agent.wait_finding(new, cause="declared", processes=bool)
        mine = {one["pid"]: one for one in after["processes"]}
        self.assertEqual(mine[box.pid]["argv"][1:3], ["serve", "second"])
        self.assertNotEqual(after["id"], before["id"])
        started = next(one["startTime"] for one in before["processes"] if one["pid"] == box.pid)
        self.assertNotEqual(mine[box.pid]["startTime"], started)

    def test_exec_changes_nothing_but_argv(self):
        """The same process under another program is still one process of one finding."""
        pod = self.add("ml", "changes", host_network=True)
        box = Container(self.rig, ["sh", "-c", "sleep 1; exec vllm serve --port 0"], pod=pod, netns=HOST).start()
        self.kubelet.publish()
        self.agent.wait_finding(pod, cause="declared")
        found = self.agent.wait_finding(pod, processes=lambda all: ["vllm", "serve", "--port", "0"] in [one["argv"] for one in all])
        self.assertEqual([one["pid"] for one in found["processes"]].count(box.pid), 1)
        self.assertEqual(len({event["finding"]["id"] for event in self.agent.about(pod, "finding.")}), 1)
        self.assertTrue(os.path.exists(f"/proc/{box.pid}"))

    def test_zz_agent_ends_well(self):
        self.agent.stop()


if __name__ == "__main__":
    unittest.main()
