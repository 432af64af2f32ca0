# SPDX-License-Identifier: Apache-2.0
"""Containers started around the kubelet with real engines: containerd's ctr and podman."""
import unittest

import engine
import pod as pods
import rig
from agent import Agent, container_ids, of_scan, scan
from container import Container
from kubelet import Kubelet
from pod import Pod

QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]
GRACE = ["--unmanaged-grace", "1s", "--kubelet-interval", "1s"]


class Engines(rig.NodeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kubelet = Kubelet(cls.shared)
        cls.known = cls.kubelet.add(Pod("ml", "known", host_network=True))
        Container(cls.shared, QWEN, pod=cls.known).start()
        cls.kubelet.publish()
        cls.agent = Agent(cls.shared, *cls.kubelet.options(), *GRACE).ready()

    def expect(self, id, remove):
        """Named and accused by events; a scan and an agent that comes late agree; gone with its container."""
        found = self.agent.wait_finding(id, cause="unmanaged")
        self.assertEqual((found["severity"], found["ai"]["product"]), ("critical", "vllm"))
        self.assertEqual(container_ids(found), [id])
        self.assertEqual([one["argv"] for one in found["processes"]], [QWEN])  # no shim, no conmon
        _, document, _ = scan(*self.kubelet.options(), "--unmanaged-grace", "1s")
        self.assertEqual([(one["id"], one["cause"]) for one in of_scan(document, id)], [(found["id"], "unmanaged")])
        late = Agent(self.rig, *self.kubelet.options(), *GRACE).ready()
        again = late.wait_finding(id, cause="unmanaged")
        self.assertEqual((again["id"], [one["argv"] for one in again["processes"]]), (found["id"], [QWEN]))
        late.stop()
        remove()
        self.agent.wait_resolved(id)
        self.assertEqual({one.get("cause") for one in self.agent.open_findings().values()} - {"declared"}, set())

    def test_ctr(self):
        containerd = engine.Containerd(self.rig)
        name = containerd.run(self.rig, ["--rootfs", engine.image(self.rig)], f"rogue-{pods.suffix()}", *QWEN)
        self.expect(name, lambda: containerd.remove(name))

    def test_ctr_with_an_image(self):
        containerd = engine.Containerd(self.rig)
        source = containerd.import_image(self.rig, "rig.test/rogue/vllm:1")
        name = containerd.run(self.rig, source, f"rogue-{pods.suffix()}", *QWEN)
        self.expect(name, lambda: containerd.remove(name))

    def test_podman(self):
        self.podman("runc")

    def test_podman_with_crun(self):
        self.podman("crun")

    def podman(self, runtime):
        podman = engine.Podman(self.rig, runtime)
        id = podman.run(self.rig, *QWEN)
        self.expect(id, lambda: podman.remove(id))

    def test_zz_agent_ends_well(self):
        self.agent.stop()


if __name__ == "__main__":
    unittest.main()
