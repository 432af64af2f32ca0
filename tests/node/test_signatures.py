# SPDX-License-Identifier: Apache-2.0
"""`run` reads its signature files again when they change, and keeps what it had when they are wrong."""
import os
import unittest

import rig
from agent import Agent
from container import Container
from kubelet import Kubelet
from pod import Pod

PLAIN = "registry.example.org/team/app:1"
NONE = "signatures: []\n"
OURS = "signatures:\n- name: ours\n  category: inference\n  image: [{team/app: 0.9}]\n"
LIKELY = OURS.replace("0.9", "0.6")
WRONG = "signatures:\n- name: ours\n  category: interference\n  image: [team/app]\n"


class Signatures(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.volume = self.rig.path("volume")
        self.volume.mkdir()
        self.turn = 0
        self.mount(NONE)
        (self.volume / "ours.yaml").symlink_to("..data/ours.yaml")

    def mount(self, text):
        """As the kubelet renews a ConfigMap's volume: a new folder, then the link ..data is swapped."""
        self.turn += 1
        folder = self.volume / f"..turn{self.turn}"
        folder.mkdir()
        (folder / "ours.yaml").write_text(text)
        link = self.volume / "..new"
        link.symlink_to(folder.name)
        os.rename(link, self.volume / "..data")

    def test_read_again(self):
        file = self.volume / "ours.yaml"
        agent = Agent(self.rig, *self.kubelet.options(), "--signatures", file).ready()
        pod = self.kubelet.add(Pod("apps", owner=("Deployment", "app"), host_network=True, image=PLAIN))
        Container(self.rig, ["sleep", "1000"], pod=pod).start()
        self.kubelet.publish()
        agent.wait(lambda event: event["type"] == "container.joined" and event["pod"]["uid"] == pod.uid, "container.joined")
        self.assertEqual(agent.open_findings(), {})
        self.mount(OURS)
        found = agent.wait_finding(pod, "opened", timeout=15)
        self.assertEqual((found["ai"]["verdict"], found["ai"]["product"]), ("ai", "ours"))
        self.mount(WRONG)
        agent.wait_log(f"{file}:3: category: must be inference", timeout=15)
        self.assertIn(pod.uid, str(agent.open_findings()))
        self.mount(LIKELY)
        since = agent.mark()
        agent.wait_finding(pod, "updated", timeout=15, since=since, severity="medium")
        agent.wait_log("the signatures can be read again")
        self.mount(NONE)
        agent.wait_resolved(pod, timeout=15)
        agent.stop()


if __name__ == "__main__":
    unittest.main()
