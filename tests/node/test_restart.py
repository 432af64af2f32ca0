# SPDX-License-Identifier: Apache-2.0
"""What a finding says outlives the agent: a program that ended before the restart, whom it called. Pods of plain images: what
makes them AI is what was seen, not what their spec says."""
import os
import signal
import sqlite3
import time
import unittest

import rig
from agent import Agent
from container import Container
from kubelet import Kubelet
from pod import Pod

PLAIN = "registry.example.org/team/app:1"
SCRIPT = "vllm serve m --port 0 & dial 127.0.0.1 10250 & exec sleep 300"
LESS = """signatures:
- {name: vllm, remove: true}
- {name: inference-words, remove: true}
"""


class Restart(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.store = self.store_file()

    def start(self, *options):
        return Agent(self.rig, *self.kubelet.options(), "--kubelet-interval", "1s", *options, store=self.store).ready()

    def end(self, agent, how):
        if how == signal.SIGTERM:
            agent.stop()
            return
        os.kill(agent.process.pid, how)
        agent.process.wait()
        agent.reader.join(5)

    def kept(self, pod):
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as db:
            return db.execute("SELECT state, first_seen, verdict, json_extract(body, '$.ai'), json_extract(body,"
                              " '$.network.controlAccess') FROM findings WHERE uid = ?", (pod.uid,)).fetchall()

    def told(self, pod):
        """Its containers' comings and goings in the history."""
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as db:
            return dict(db.execute("SELECT type, count(*) FROM events WHERE type GLOB 'container.*' AND finding ="
                                   " (SELECT id FROM findings WHERE uid = ?) GROUP BY type", (pod.uid,)))

    def box(self, name):
        pod = self.kubelet.add(Pod("ml", name, host_network=True, image=PLAIN))
        return pod, Container(self.rig, ["sh", "-c", SCRIPT], pod=pod)

    @staticmethod
    def end_all_but_sleep(box):
        """The container stays."""
        for pid in box.processes():
            with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
                if comm.read().strip() != "sleep":
                    os.kill(pid, signal.SIGKILL)
        rig.wait_until("one process is left", lambda: len(box.processes()) == 1)

    def settled(self, agent):
        """The kubelet has been heard twice since the start, and what follows from that is said."""
        time.sleep(2)
        return agent

    def test_an_ended_program_still_tells(self):
        stays, stays_box = self.box("stays")
        goes, goes_box = self.box("goes")
        self.kubelet.publish()
        agent = self.start()
        for pod, box in ((stays, stays_box), (goes, goes_box)):
            box.start()
            agent.wait_finding(pod, cause="declared", state="open", ai__verdict="ai", network__controlAccess=bool, pod__name=pod.name)
            self.end_all_but_sleep(box)
        self.settled(agent)
        before = {pod.name: self.kept(pod) for pod in (stays, goes)}
        [(state, _, verdict, _, called)] = before["stays"]
        self.assertEqual((state, verdict), ("open", "ai"))
        self.assertIn("10250", called)

        self.end(agent, signal.SIGTERM)
        agent = self.settled(self.start())
        for pod in (stays, goes): # processes are seen anew, and the kubelet is asked anew
            self.assertEqual([event for event in agent.about(pod, "finding.") if event["type"] != "finding.updated" or
                              {"state", "ai", "network"} & set(event["changed"])], [])
        self.assertEqual({pod.name: self.kept(pod) for pod in (stays, goes)}, before)

        # Gone meanwhile: resolved by what it was.
        self.end(agent, signal.SIGKILL)
        goes_box.kill()
        agent = self.start()
        agent.wait_resolved(goes)
        self.settled(agent)
        self.assertEqual([row[1:] for row in self.kept(goes)], [row[1:] for row in before["goes"]])
        self.assertEqual(self.kept(stays), before["stays"])

        # What the operator knows better goes before what was remembered, but not of what is over.
        self.end(agent, signal.SIGTERM)
        less = self.rig.path("less.yaml")
        less.write_text(LESS)
        agent = self.start("--signatures", less)
        self.assertEqual(agent.wait_resolved(stays)["ai"]["verdict"], "not-ai")
        self.settled(agent)
        self.assertEqual([row[1:] for row in self.kept(goes)], [row[1:] for row in before["goes"]])
        agent.stop()
        self.assertEqual(self.told(goes), {"container.joined": 1, "container.left": 1})
        self.assertEqual(self.told(stays), {"container.joined": 1})


if __name__ == "__main__":
    unittest.main()
