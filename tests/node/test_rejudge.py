# SPDX-License-Identifier: Apache-2.0
"""`history --rejudge`: what a real agent saw of containers that nobody knew as AI is found by tomorrow's signatures, also what
only the process told or what stands at the edge of the spec."""
import json
import os
import signal
import sqlite3
import subprocess
import time
import unittest

import rig
from agent import Agent, check_schema, scan
from container import Container
from kubelet import Kubelet
from pod import Pod

PLAIN = "registry.example.org/team/app:1"
PORT = 45127
# What makes each pod AI tomorrow.
NEW = {"library": "library: [libznew_engine]", "device": "device: [znewdev]", "port": f'port: ["{PORT}"]',
       "owner": "owner: [ZNewPart.znew.ai]", "volume": "mount: [/mnt/znew]", "claim": "claim: [znewclaim]"}


class Odd(Pod):
    """A pod with more in its spec than a test of the network needs."""

    def __init__(self, name, owner=None, spec=None):
        super().__init__("ml", name, host_network=True, image=PLAIN)
        self.part_of, self.more = owner, spec or {}

    def metadata(self):
        metadata = super().metadata()
        if self.part_of:
            metadata["ownerReferences"] = [{"apiVersion": "znew.ai/v1", "kind": self.part_of, "name": "x", "uid": "u"}]
        return metadata

    def entry(self):
        entry = super().entry()
        entry["spec"].update(self.more)
        return entry


class Rejudge(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.store = self.store_file()

    def start(self):
        return Agent(self.rig, *self.kubelet.options(), store=self.store).ready()

    def rejudge(self, signature=None):
        words = [rig.HOSTNETD, "history", "--rejudge", "--store", self.store, "--output", "json"]
        if signature:
            path = self.rig.path("new.yaml")
            path.write_text(f"signatures:\n- name: znew\n  category: agent\n  {signature.replace('[', '[{').replace(']', ': 0.9}]')}\n"
                            "  examples: {match: [{exe: a}], near-miss: [{exe: b}]}\n")
            words += ["--signatures", path]
        done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(done.stdout)
        check_schema("history.v1.json", document)
        self.assertEqual(document["incomplete"], [])
        return {one["finding"]["pod"]["name"] for one in document["rejudged"]}

    def kept(self, kind, name):
        """Waits until it is on the disk."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as db:
                if db.execute("SELECT 1 FROM clues WHERE kind = ? AND (name = ? OR number = ?)", (kind, name, name)).fetchall():
                    return
            time.sleep(0.2)
        self.fail(f"no {kind} {name} in the store")

    def boxes(self):
        pods = {"library": Odd("library"), "device": Odd("device"), "port": Odd("port"), "owner": Odd("owner", "ZNewPart"),
                "volume": Odd("volume", spec={"volumes": [{"name": "v", "hostPath": {"path": "/mnt/znew"}}]}),
                "claim": Odd("claim", spec={"resourceClaims": [{"name": "c", "resourceClaimName": "one-znewclaim"}]})}
        runs = {"library": ["hold", "--library", "libznew_engine.so.2"], "device": ["hold", "--device", "znewdev0", "10:237"],
                "port": ["listen", "--port", PORT]}
        boxes = []
        for name, pod in pods.items():
            self.kubelet.add(pod)
            boxes.append(Container(self.rig, runs.get(name, ["sleep", "300"]), pod=pod))
        self.kubelet.publish()
        return boxes

    def finds_each(self):
        self.assertEqual(self.rejudge(), set())
        for name, signature in NEW.items():
            self.assertEqual(self.rejudge(signature), {name}, signature)

    def test_what_was_not_known_then(self):
        boxes = self.boxes()
        agent = self.start()
        for box in boxes:
            box.start()
        for kind, name in (("library", "libznew_engine.so.2"), ("device", "znewdev0"), ("port", PORT)):
            self.kept(kind, name)
        for box in boxes:
            box.kill()
        for box in boxes:
            agent.wait(lambda event, box=box: event["type"] == "container.left" and event["container"]["id"] == box.id,
                       "container.left")
        agent.stop()
        self.finds_each()

    def test_a_scan_keeps_the_same(self):
        for box in self.boxes():
            box.start()
        time.sleep(0.5)
        code, document, said = scan(*self.kubelet.options(), "--store", self.store)
        self.assertEqual((code, document["complete"]), (0, True), said)
        self.finds_each()

    def test_what_ran_before_a_restart_still_speaks(self):
        """The verdict goes on with what it rested on, and the history agrees with it."""
        pod = self.kubelet.add(Pod("ml", "wrapper", host_network=True, image=PLAIN))
        box = Container(self.rig, ["sh", "-c", "vllm serve m --port 0 & sleep 1; kill $!; exec sleep 300"], pod=pod)
        self.kubelet.publish()
        agent = self.start()
        box.start()
        before = agent.wait_finding(pod, "opened")
        self.assertEqual(before["ai"]["verdict"], "ai")
        agent.wait_finding(pod, processes=lambda some: [one["argv"][0] for one in some or []] == ["sleep"])
        os.kill(agent.process.pid, signal.SIGKILL)
        agent.process.wait()
        agent.reader.join(5)
        agent = self.start()
        time.sleep(3)
        self.assertEqual(agent.about(pod, "finding.resolved"), [])
        box.kill()
        after = agent.wait_resolved(pod)
        agent.stop()
        self.assertEqual((after["id"], after["ai"]["verdict"], after["ai"]["product"]),
                         (before["id"], "ai", before["ai"]["product"]))
        self.assertIn("argv", {one["signal"] for one in after["ai"]["evidence"]})
        self.assertEqual(self.rejudge(), set())


if __name__ == "__main__":
    unittest.main()
