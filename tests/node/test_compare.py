# SPDX-License-Identifier: Apache-2.0
"""--compare-apiserver: this node's pods as the API server has them, beside what runs on it."""
import json
import subprocess
import sys
import unittest

import drift
import pod as pods
import rig
from agent import Agent, scan
from api import Client
from apiserver_standin import write_kubeconfig

STANDIN = rig.REPO / "tests" / "node" / "apiserver_standin.py"
VLLM = ["vllm", "serve", "--port", "0"]


class Compare(drift.Place):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.top = cls.shared.path("apiserver")
        (cls.top / "objects").mkdir(parents=True)
        (cls.top / "token").write_text("secret-token", encoding="utf-8")
        cls.control = cls.top / "control"
        cls.log = cls.top / "log"

    def serve(self, *known):
        """A kubeconfig for an API server that knows these pods."""
        entries = pods.pod_list(known)
        elsewhere = pods.Pod("ml", "elsewhere", host_network=True).entry()
        elsewhere["spec"]["nodeName"] = "another-node"
        entries["items"].append(elsewhere)
        for entry in entries["items"]:
            entry.update(apiVersion="v1", kind="Pod")
        (self.top / "objects" / "pods.json").write_text(json.dumps(entries), encoding="utf-8")
        self.log.unlink(missing_ok=True)
        tls = self.top / "tls"
        server = self.rig.spawn([sys.executable, "-B", STANDIN, "--objects", self.top / "objects", "--tls-dir", tls,
                                 "--token-file", self.top / "token", "--control", self.control, "--log", self.log],
                                stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        port = server.stdout.readline().split()[1]
        path = write_kubeconfig(self.top / "kubeconfig", f"https://127.0.0.1:{port}", tls / "ca.crt",
                                tokenFile=str(self.top / "token"))
        return "--compare-apiserver", "--kubeconfig", path

    def fault(self, words):
        self.control.write_text(words, encoding="utf-8")
        self.addCleanup(self.control.unlink, missing_ok=True)

    def place(self):
        """Declared and running, joined, unknown to the API server, and declared but not running here."""
        declared, unknown = self.add("declared", host_network=True), self.add("unknown", host_network=True, static=True)
        self.run_in(declared, VLLM)
        self.run_in(unknown, VLLM)
        joined, box = self.start(["joiner", "/run/hostnet", "exec", *VLLM])
        box.said("listening")
        return declared, unknown, joined, pods.Pod("ml", "absent", host_network=True)

    def check(self, runtime, declared, unknown, joined, absent):
        self.assertEqual([one["name"] for one in runtime["declaredAndRunning"]], [declared.name])
        self.assertEqual([one["name"] for one in runtime["declaredNotRunning"]], [absent.name])
        strays = {one["pod"]["uid"]: one["cause"] for one in runtime["runningNotDeclared"] if one["verdict"] == "ai"}
        self.assertEqual(strays, {unknown.uid: "declared", joined.uid: "joined"})

    def test_scan(self):
        declared, unknown, joined, absent = self.place()
        code, document, said = scan(*self.kubelet.options(), *self.serve(declared, joined, absent))
        self.assertEqual((code, document["complete"]), (1, True), said)
        self.check(document["runtime"], declared, unknown, joined, absent)
        asked = [json.loads(line)["path"] for line in self.log.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(asked, ["/api/v1/pods?limit=1000&fieldSelector=spec.nodeName%3Drig-node"])

    def test_run(self):
        declared, unknown, joined, absent = self.place()
        agent = Agent(self.rig, *self.kubelet.options(), "--compare-interval", "2s", *self.serve(declared, joined, absent)).ready()
        client = Client(agent.process.args[agent.process.args.index("--listen") + 1])
        agent.wait_log("2 AI workloads share the host network and are declared nowhere")
        document = client.get("/api/v1/drift")
        self.assertEqual((document["complete"], document["node"]), (True, "rig-node"))
        self.check(document["runtime"], declared, unknown, joined, absent)
        agent.stop()

    def test_not_asked_for(self):
        agent = Agent(self.rig, *self.kubelet.options()).ready()
        client = Client(agent.process.args[agent.process.args.index("--listen") + 1])
        self.assertIn("--compare-apiserver", client.get("/api/v1/drift", status=404)["error"])
        agent.stop()

    def test_no_pass_without_an_answer(self):
        """Also no finding by it, and no event."""
        options = self.serve()
        for fault, word in (("403", "pods"), ("401", "401"), ("garbage", "cut off"), ("503", "503"), ("same-token", "more than 1000 pods"), ("html", "")):
            self.fault(fault)
            code, document, said = scan(*self.kubelet.options(), *options)
            self.assertEqual((code, document["passed"], document["complete"]), (2, False, False), fault)
            self.assertNotIn("runtime", document)
            self.assertIn(word, " ".join(document["incomplete"]), said)

    def test_it_comes_back(self):
        options = self.serve()
        self.fault("403")
        agent = Agent(self.rig, *self.kubelet.options(), "--compare-interval", "1s", *options).ready()
        client = Client(agent.process.args[agent.process.args.index("--listen") + 1])
        agent.wait_log("nothing to compare with")
        document = client.get("/api/v1/drift")
        self.assertEqual((document["complete"], "pods" in document["problem"]), (False, True), document)
        self.control.unlink()
        agent.wait_log("is asked again")
        self.assertTrue(client.get("/api/v1/drift")["complete"])
        agent.stop()

    def test_no_apiserver(self):
        code, document, said = scan(*self.kubelet.options(), "--compare-apiserver", "--kubeconfig", "/nowhere")
        self.assertEqual((code, document["passed"]), (2, False))
        self.assertIn("--compare-apiserver", said)


if __name__ == "__main__":
    unittest.main()
