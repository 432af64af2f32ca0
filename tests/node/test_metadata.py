# SPDX-License-Identifier: Apache-2.0
"""The metadata addresses and control ports that are watched by themselves. Nothing is sent to anybody: all happens in a netns
that has no link but its loopback, which has these addresses; the agent takes that one for the host's."""
import os
import subprocess
import unittest

import rig
from agent import Agent
from container import Container
from kubelet import Kubelet
from pod import Pod

METADATA = {"169.254.169.254": "AWS, GCP and most others", "fd00:ec2::254": "AWS by IPv6", "168.63.129.16": "Azure's wire server",
            "100.100.100.200": "Alibaba"}
CONTROL = {10250: "kubelet", 10255: "kubelet, read-only", 2379: "etcd"}


class Metadata(rig.NodeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.netns = cls.shared.netns()
        for address in METADATA:
            cls.ip("address", "add", f"{address}/{128 if ':' in address else 32}", "dev", "lo", "nodad")
        # The agent refuses a netns in which nobody lives.
        cls.shared.spawn([rig.tool("nsenter"), f"--net={cls.netns}", rig.tool("sleep"), "600"])
        cls.kubelet = Kubelet(cls.shared)
        cls.agent = Agent(cls.shared, *cls.kubelet.options(), "--host-netns", os.stat(cls.netns).st_ino, sweep="1h").ready()

    @classmethod
    def ip(cls, *words):
        return subprocess.run([rig.tool("nsenter"), f"--net={cls.netns}", rig.tool("ip"), *words], check=True,
                              capture_output=True, text=True).stdout

    def call(self, *args, said):
        pod = self.kubelet.add(Pod("ml", host_network=True))
        self.addCleanup(self.kubelet.remove, pod)
        Container(self.rig, args, pod=pod, netns=self.netns).start().said(said)
        self.kubelet.publish()
        return pod

    def addresses(self, pod, what):
        found = self.agent.wait_finding(pod, **{f"network__{what}": bool})
        self.assertEqual(found["cause"], "declared")
        self.assertEqual({"metadataAccess", "controlAccess"} & set(found["network"]), {what})
        return [(one["address"], one.get("port")) for one in found["network"][what]]

    def test_every_address(self):
        links = self.ip("-o", "link").splitlines()
        self.assertEqual([line.split(": ")[1] for line in links], ["lo"])
        for address, whose in METADATA.items():
            self.assertIn(f"local {address} ", self.ip("route", "get", address))
            stream = self.call("dial", address, 80, said="dialled")
            datagram = self.call("datagram", "send", address, 53, said="ready")
            with self.subTest(whose):
                self.assertEqual(self.addresses(stream, "metadataAccess"), [(address, None)])
                self.assertEqual(self.addresses(datagram, "metadataAccess"), [(address, None)])

    def test_every_control_port(self):
        for port, whose in CONTROL.items():
            pod = self.call("dial", "127.0.0.1", port, said="dialled")
            with self.subTest(whose):
                self.assertEqual(self.addresses(pod, "controlAccess"), [("127.0.0.1", port)])

    def test_neighbours_of_these_are_none(self):
        """The same port elsewhere, and one port beside."""
        pods = [self.call("dial", "127.0.0.1", 10251, said="dialled"),
                self.call("datagram", "send", "127.0.0.7", 80, said="ready")]
        last = self.call("dial", "127.0.0.1", 2379, said="dialled")
        self.addresses(last, "controlAccess")
        for pod in pods:
            self.agent.wait_finding(pod, cause="declared")
            (now,) = [one for one in self.agent.open_findings().values() if one["pod"]["uid"] == pod.uid]
            self.assertEqual({"metadataAccess", "controlAccess"} & set(now["network"]), set())

    def test_zz_agent_ends_well(self):
        self.agent.stop()


if __name__ == "__main__":
    unittest.main()
