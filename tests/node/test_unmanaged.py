# SPDX-License-Identifier: Apache-2.0
"""Containers that the kubelet does not know."""
import subprocess
import time
import unittest

import hierarchy
import pod as pods
import rig
from agent import Agent, of_scan, scan
from container import HOST, Container
from kubelet import Kubelet
from pod import Pod

QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]
GRACE = ["--unmanaged-grace", "2s", "--kubelet-interval", "2s"]


class Unmanaged(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        known = self.kubelet.add(Pod("ml", "known", host_network=True))
        Container(self.rig, QWEN, pod=known).start()
        self.kubelet.publish()
        self.known = known

    def agent(self, *more):
        agent = Agent(self.rig, *self.kubelet.options(), *GRACE, *more).ready()
        self.addCleanup(agent.check)
        return agent

    def rogue(self):
        """As `ctr run --net-host` makes it: containerd's default cgroup /NAMESPACE/NAME."""
        name = f"rogue{pods.suffix()}"
        return Container(self.rig, QWEN, cgroup=f"/rogue/{name}", id=name, netns=HOST).start()

    def test_outside_kubernetes(self):
        agent = self.agent()
        agent.wait_finding(self.known, cause="declared")
        box = self.rogue()
        found = agent.wait_finding(box, cause="unmanaged")
        self.assertEqual((found["severity"], found["state"]), ("critical", "open"))
        self.assertNotIn("uid", found.get("pod", {}))
        self.assertEqual(found["ai"]["product"], "vllm")
        code, document, _ = scan(*self.kubelet.options())
        self.assertEqual([(one["id"], one["cause"]) for one in of_scan(document, box)], [(found["id"], "unmanaged")])
        self.assertEqual(code, 1)
        box.kill()
        agent.wait_resolved(box)
        agent.stop()

    def test_made_up_uid(self):
        """A pod's cgroup that no kubelet made: named at once, accused only after the second answer without it."""
        agent = self.agent()
        agent.wait_finding(self.known, cause="declared")
        pod = Pod("ml", "made-up", host_network=True)
        start = time.monotonic()
        Container(self.rig, QWEN, pod=pod).start()
        first = agent.wait_finding(pod, "opened")
        self.assertNotIn("cause", first)
        self.assertEqual(first["severity"], "high")
        found = agent.wait_finding(pod, cause="unmanaged")
        self.assertGreaterEqual(time.monotonic() - start, 2.0)
        self.assertEqual((found["id"], found["severity"]), (first["id"], "critical"))
        _, document, _ = scan(*self.kubelet.options(), "--unmanaged-grace", "1s")
        self.assertEqual([(one["id"], one["cause"]) for one in of_scan(document, pod)], [(first["id"], "unmanaged")])
        agent.stop()

    def test_without_mount_namespace(self):
        """It never executes in another mount namespace than it came with: told by its age alone. runc cannot start such a
        one in the background (it takes /sys from itself): this one's runtime is a shell."""
        agent = self.agent()
        agent.wait_finding(self.known, cause="declared")
        id = pods.hex_id()
        hierarchy.make(self.rig, f"/default/{id}")
        enter = "; ".join(f"echo 0 > {directory}/cgroup.procs" for directory in hierarchy.directories(f"/default/{id}"))
        words = ["chroot", rig.rootfs(), *QWEN]
        process = self.rig.spawn(["unshare", "-m", "sh", "-c", f'{enter}; exec "$@"', "sh", *words], stdout=subprocess.DEVNULL)
        found = agent.wait_finding(id, cause="unmanaged", timeout=40)
        self.assertEqual((found["severity"], found["ai"]["product"]), ("critical", "vllm"))
        rig.end_process(process)
        agent.wait_resolved(id)
        agent.stop()

    def test_late_entry(self):
        """A pod that the kubelet lists a second late is a pod like any other."""
        agent = self.agent()
        agent.wait_finding(self.known, cause="declared")
        pod = Pod("ml", "late", host_network=True)
        Container(self.rig, QWEN, pod=pod).start()
        agent.wait_finding(pod, "opened")
        time.sleep(0.8)
        self.kubelet.add(pod)
        self.assertEqual(agent.wait_finding(pod, pod__name="late")["cause"], "declared")
        time.sleep(4)
        self.assertEqual([event for event in agent.about(pod, "finding.") if event["finding"].get("cause") == "unmanaged"], [])
        agent.stop()

    def test_forgotten_pod(self):
        """A uid that the kubelet once listed is never unmanaged: a force-deleted pod's containers outlive its entry."""
        agent = self.agent()
        agent.wait_finding(self.known, cause="declared")
        self.kubelet.remove(self.known)
        time.sleep(6)  # three answers without it
        causes = {event["finding"].get("cause") for event in agent.about(self.known, "finding.")}
        self.assertNotIn("unmanaged", causes)
        self.assertEqual([one["pod"]["uid"] for one in agent.open_findings().values() if one.get("pod")], [self.known.uid])
        agent.stop()

    def test_silent_kubelet_accuses_nobody(self):
        self.kubelet.fault("hang")
        agent = self.agent()
        pod = Pod("ml", "unheard-of", host_network=True)
        Container(self.rig, QWEN, pod=pod).start()
        first = agent.wait_finding(pod, "opened")
        time.sleep(8)  # four times the grace
        self.assertEqual({event["finding"].get("cause") for event in agent.about(pod, "finding.")}, {None})
        code, document, said = scan(*self.kubelet.options(), "--unmanaged-grace", "1s")
        self.assertFalse(document["complete"])
        self.assertEqual([one.get("cause") for one in of_scan(document, pod)], [None])
        self.assertEqual(code, 1)
        self.assertIn("kubelet", said.lower())
        self.kubelet.fault()
        # The kubelet's back-off may be at some seconds by now.
        self.assertEqual(agent.wait_finding(pod, cause="unmanaged", timeout=60)["id"], first["id"])
        agent.stop()


if __name__ == "__main__":
    unittest.main()
