# SPDX-License-Identifier: Apache-2.0
"""Sockets of the host's netns in the hands of a container that is not in it: every family, by event and by sweep."""
import socket
import unittest

import drift
import rig
from agent import Agent, of_scan, scan
from container import Container
from kubelet import Kubelet
from pod import Pod


class Borrowed(drift.Watched):
    sweep = "1s"

    def borrow(self, *args):
        pod, box = self.start(["borrow", "/run/hostnet", *args])
        return pod, box.said("borrowed")

    def expect_socket(self, pod, protocol=None, port=0):
        found = self.agent.wait_finding(pod, cause="socket", way="socket")
        self.assertEqual((found["severity"], found["pod"]["hostNetwork"]), ("critical", False))
        self.assertEqual([one["threadsInHostNetns"] for one in found["processes"]], [0])
        _, document, _ = scan(*self.kubelet.options())  # which knows nothing but this moment
        ours = of_scan(document, pod)
        self.assertEqual([(one["id"], one["cause"]) for one in ours], [(found["id"], "socket")])
        listening = [(one["protocol"], one["port"]) for one in ours[0]["network"]["listening"]]
        self.assertEqual(listening, [(protocol, port)] if port else [])

    def test_listen6(self):
        pod, port = self.borrow("listen6")
        self.expect_socket(pod, "tcp", port)

    def test_udp(self):
        pod, port = self.borrow("udp")
        self.expect_socket(pod, "udp", port)

    def test_udp6(self):
        pod, port = self.borrow("udp6")
        self.expect_socket(pod, "udp", port)

    def test_raw(self):
        self.expect_socket(self.borrow("raw")[0])

    def test_packet(self):
        self.expect_socket(self.borrow("packet")[0])

    def test_netlink(self):
        self.expect_socket(self.borrow("netlink")[0])

    def test_connected(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.expect_socket(self.borrow("connect", str(server.getsockname()[1]))[0])

    def test_own_sockets_are_none(self):
        """The same sockets of the container's own netns."""
        pod = self.add("own-sockets")
        for way in ("udp", "raw", "packet", "netlink"):
            Container(self.rig, ["borrow", "/proc/self/ns/net", way], pod=pod, netns=self.rig.netns()).start().said("borrowed")
        self.kubelet.publish()
        _, document, _ = scan(*self.kubelet.options())
        self.assertEqual(of_scan(document, pod) + of_scan(document, pod, "sharing"), [])
        self.assertEqual(self.agent.mentions(pod.uid), [])


class Called(rig.NodeTest):
    """Whom an AI workload of the host's netns calls: nobody but loopback is called here."""

    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.agent = Agent(self.rig, *self.kubelet.options(), "--metadata-address", "127.0.0.99").ready()
        self.addCleanup(self.agent.stop)

    def dial(self, address, port, **more):
        pod = self.kubelet.add(Pod("ml", host_network=True, **more))
        Container(self.rig, ["dial", address, port], pod=pod).start().said("dialled")
        self.kubelet.publish()
        return pod

    def test_metadata(self):
        pod = self.dial("127.0.0.99", 80)
        found = self.agent.wait_finding(pod, network__metadataAccess=bool)
        self.assertEqual([one["address"] for one in found["network"]["metadataAccess"]], ["127.0.0.99"])
        self.assertNotIn("controlAccess", found["network"])

    def test_metadata_by_mapped_address(self):
        pod = self.dial("::ffff:127.0.0.99", 80)
        found = self.agent.wait_finding(pod, network__metadataAccess=bool)
        self.assertEqual([one["address"] for one in found["network"]["metadataAccess"]], ["127.0.0.99"])

    def test_control_port(self):
        for address, port in (("127.0.0.1", 10250), ("::1", 2379)):
            pod = self.dial(address, port)
            found = self.agent.wait_finding(pod, network__controlAccess=bool)
            self.assertEqual([(one["address"], one["port"]) for one in found["network"]["controlAccess"]], [(address, port)])

    def test_other_calls_are_its_own_affair(self):
        pod = self.dial("127.0.0.1", 10249)
        found = self.agent.wait_finding(pod, cause="declared")
        last = self.dial("127.0.0.1", 10250)
        self.agent.wait_finding(last, network__controlAccess=bool)
        now = self.agent.open_findings()[found["id"]]["network"]
        self.assertNotIn("controlAccess", now)
        self.assertNotIn("metadataAccess", now)


if __name__ == "__main__":
    unittest.main()
