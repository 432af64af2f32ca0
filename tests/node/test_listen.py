# SPDX-License-Identifier: Apache-2.0
"""The ports that a finding names: as they are opened, and those that were open before the agent came."""
import unittest

import rig
from agent import Agent, of_scan, scan
from container import Container
from kubelet import Kubelet
from pod import Pod


def ports(finding):
    return {(one["protocol"], one["address"], one["port"]) for one in (finding or {}).get("network", {}).get("listening", [])}


class Listen(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)

    def server(self, *more):
        pod = self.kubelet.add(Pod("ml", owner=("StatefulSet", "vllm"), host_network=True))
        box = Container(self.rig, ["vllm", "serve", "--port", "0", *more], pod=pod).start()
        self.kubelet.publish()
        return pod, box, box.said("listening")

    def test_from_the_event(self):
        """The sweep is far away: only the call to listen can have said it."""
        agent = Agent(self.rig, *self.kubelet.options(), sweep="10m").ready()
        for host in ("127.0.0.1", "::1"):
            pod, box, port = self.server("--host", host)
            agent.wait_finding(pod, network=lambda value: ("tcp", host, port) in ports({"network": value or {}}))
            box.kill()
            agent.wait_resolved(pod)
        agent.stop()

    def test_from_the_sweep(self):
        wanted = [(*self.server("--host", host)[::2], host) for host in ("127.0.0.1", "::1")]
        agent = Agent(self.rig, *self.kubelet.options()).ready()
        for pod, port, host in wanted:
            agent.wait_finding(pod, network=lambda value, want=("tcp", host, port): want in ports({"network": value or {}}))
        _, document, _ = scan(*self.kubelet.options())
        for pod, port, host in wanted:
            self.assertEqual([ports(one) for one in of_scan(document, pod)], [{("tcp", host, port)}])
        agent.stop()

    def test_not_of_others(self):
        """A port of the host, or of a pod in its own netns, is not the finding's."""
        stranger = self.rig.spawn([rig.program("listen"), "--port", "0"], stdout=rig.subprocess.PIPE)
        theirs = int(stranger.stdout.readline().split()[1])
        inside = Container(self.rig, ["vllm", "serve", "--port", "8000"], pod=self.kubelet.add(Pod("ml", "own-netns"))).start()
        self.assertEqual(inside.said("listening"), 8000)
        pod, _box, port = self.server()
        _, document, _ = scan(*self.kubelet.options())
        found = of_scan(document, pod)
        self.assertEqual([ports(one) for one in found], [{("tcp", "127.0.0.1", port)}])
        self.assertNotIn(theirs, [number for one in document["findings"] for _, _, number in ports(one)])


if __name__ == "__main__":
    unittest.main()
