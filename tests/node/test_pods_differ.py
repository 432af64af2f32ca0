# SPDX-License-Identifier: Apache-2.0
"""A node's pods as its kubelet has them beside an API server's view: a stand-in over TLS, asked with a token, and what it says
is told only after two looks."""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import pod as pods
import rig
from agent import Agent
from api import Client
from apiserver_standin import write_kubeconfig
from kubelet import Kubelet
from pod import Pod

STANDIN = pathlib.Path(__file__).with_name("apiserver_standin.py")


class PodsDiffer(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        (self.top / "token").write_text("secret-token", encoding="utf-8")
        (self.top / "objects").mkdir()
        self.control = self.top / "control"
        self.log = self.top / "log"

    def serve(self, items):
        """A stand-in that knows these, and an agent that compares."""
        listed = json.loads(json.dumps(pods.pod_list(items)))
        self.alter(listed["items"])
        for item in listed["items"]:
            item.update(kind="Pod", apiVersion="v1")
        (self.top / "objects" / "pods.json").write_text(json.dumps(listed), encoding="utf-8")
        server = subprocess.Popen([sys.executable, "-B", STANDIN, "--objects", self.top / "objects", "--tls-dir", self.top / "tls",
                                   "--token-file", self.top / "token", "--control", self.control, "--log", self.log],
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        port = server.stdout.readline().split()[1]
        path = write_kubeconfig(self.top / "kubeconfig", f"https://127.0.0.1:{port}", self.top / "tls" / "ca.crt",
                                tokenFile=str(self.top / "token"))
        agent = Agent(self.rig, *self.kubelet.options(), "--compare-apiserver", "--compare-interval", "1s", "--kubeconfig",
                      path).ready()
        words = agent.process.args
        return agent, Client(words[words.index("--listen") + 1])

    def alter(self, items):
        for item in items:
            if item["metadata"]["name"] == "changed":
                item["spec"].pop("hostNetwork", None)

    def fault(self, text):
        half = self.control.with_suffix(".new")
        half.write_text(text, encoding="utf-8")
        os.replace(half, self.control)

    def failures(self, client):
        return client.get("/api/v1/status")["apiServer"]["failures"]

    def differ(self, client):
        return client.get("/api/v1/status")["apiServer"]["differ"]

    def test_what_differs_is_told(self):
        same, changed, unknown, absent = (Pod("ml", name, host_network=name == "changed")
                                          for name in ("same", "changed", "unknown", "absent"))
        self.kubelet.add(same, changed, unknown)
        agent, client = self.serve([same, copy.copy(changed), absent])
        for who, text in ((unknown, "knows no such pod"), (changed, "true for the kubelet and false for"),
                          (absent, "the kubelet does not")):
            agent.wait(lambda event, who=who, text=text: event.get("type") == "pod.differs" and who.uid in event["message"]
                       and text in event["message"], f"pod.differs of {who.name}")
        self.assertEqual(self.differ(client), {"undeclared": 1, "host-network": 1, "owner": 0, "not-running": 1})
        self.assertIn('hostnetd_pods_differ{how="undeclared"} 1', client.ask("/metrics").body.decode())
        asked = [json.loads(line)["path"] for line in self.log.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(set(asked), {"/api/v1/pods?limit=1000&fieldSelector=spec.nodeName%3Drig-node"})
        # Each is told once, however often it is seen; what is mended counts no more.
        self.kubelet.remove(unknown)
        rig.wait_until("the pod that is gone", lambda: self.differ(client)["undeclared"] == 0, 30)
        told = [event for _, event in agent.events if event.get("type") == "pod.differs"]
        self.assertEqual(len(told), 3, told)
        self.assertNotIn(same.uid, str(told))
        agent.stop()

    def test_a_server_that_refuses_or_breaks(self):
        self.kubelet.add(Pod("ml", "a"))
        self.fault("403")
        agent, client = self.serve([])
        agent.wait_log("nothing to compare with")
        self.assertEqual(client.get("/api/v1/status")["apiServer"]["differ"]["undeclared"], 0)
        for fault in ("hostile", "garbage", "html", "deep", "no-list", "redirect", "reset"):
            self.fault(fault)
            before = self.failures(client)
            rig.wait_until(fault, lambda before=before: self.failures(client) > before + 1, 30)
        # A half of a list is no list: nothing is undeclared for it.
        self.assertEqual([event for _, event in agent.events if event.get("type") == "pod.differs"], [])
        self.assertNotIn("\x1b", agent.log)
        self.assertNotIn("secret-token", agent.log)
        agent.stop()


if __name__ == "__main__":
    unittest.main()
