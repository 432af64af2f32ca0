# SPDX-License-Identifier: Apache-2.0
"""The history under faults: killed at any moment, no room, a file that is damaged, of a newer version, not to be written;
and what goes on after a restart."""
import os
import signal
import sqlite3
import subprocess
import time
import unittest

import rig
from agent import Agent
from container import Container
from kubelet import Kubelet
from pod import Pod

VLLM = ["vllm", "serve", "m", "--port", "0"]


def rows(path, sql, *values):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return db.execute(sql, values).fetchall()


class History(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.folder = self.rig.path("history")
        self.folder.mkdir(mode=0o700)
        self.store = self.folder / "h.db"

    def pod(self, name):
        pod = Pod("ml", name, host_network=True)
        self.kubelet.add(pod)
        return pod

    def start(self, *options, store=None):
        return Agent(self.rig, *self.kubelet.options(), *options, store=store or self.store).ready()

    def kill(self, agent):
        os.kill(agent.process.pid, signal.SIGKILL)
        agent.process.wait()
        agent.reader.join(5)

    def test_kill_in_a_loop_of_writes(self):
        """Every finding that was printed is in the file, whenever the agent is killed."""
        pods = [self.pod(f"v{i}") for i in range(4)]
        box = [Container(self.rig, ["sh", "-c", "while :; do vllm --version; done"], pod=pod) for pod in pods]
        self.kubelet.publish()
        printed = {}
        for turn in range(6):
            agent = self.start()
            if turn < len(box):
                box[turn].start()
                agent.wait_finding(pods[turn], cause="declared")
            time.sleep(0.05 * turn)
            self.kill(agent)
            for _, event in agent.events:
                if event.get("type", "").startswith("finding."):
                    printed[event["finding"]["id"]] = event["finding"]
            self.assertEqual(rows(self.store, "PRAGMA integrity_check"), [("ok",)])
            kept = dict(rows(self.store, "SELECT id, first_seen FROM findings"))
            self.assertLessEqual(set(printed), set(kept))
        self.assertEqual(len(printed), 4)
        # Gaps are told, and numbers never come twice.
        seqs = [seq for seq, in rows(self.store, "SELECT seq FROM events ORDER BY seq")]
        self.assertEqual(len(seqs), len(set(seqs)))
        self.assertEqual(rows(self.store, "SELECT count(*) FROM events WHERE type = 'agent.gap'"), [(5,)])

    def test_goes_on_after_a_restart(self):
        stays, goes = self.pod("stays"), self.pod("goes")
        Container(self.rig, VLLM, pod=stays).start()
        gone = Container(self.rig, VLLM, pod=goes).start()
        self.kubelet.publish()
        agent = self.start()
        before = agent.wait_finding(stays, cause="declared")
        other = agent.wait_finding(goes, cause="declared")
        self.kill(agent)
        gone.kill()
        agent = self.start()
        resolved = agent.wait_resolved(goes)
        self.assertEqual((resolved["id"], resolved["firstSeen"]), (other["id"], other["firstSeen"]))
        self.assertEqual(resolved["ai"]["evidence"], other["ai"]["evidence"])
        time.sleep(1.5)
        self.assertEqual(agent.about(stays, "finding.opened"), [])
        self.assertEqual(rows(self.store, "SELECT state, json_extract(body, '$.occurrences') FROM findings WHERE id = ?",
                              before["id"]), [("open", 1)])
        agent.stop()
        self.assertEqual(rows(self.store, "SELECT clean FROM sessions ORDER BY id DESC LIMIT 1"), [(1,)])

    def test_events_and_hash(self):
        pod = self.pod("story")
        box = Container(self.rig, VLLM, pod=pod)
        self.kubelet.publish()
        agent = self.start()
        box.start()
        finding = agent.wait_finding(pod, cause="declared")
        box.kill()
        agent.wait_resolved(pod)
        agent.stop()
        types = [one for one, in rows(self.store, "SELECT type FROM events WHERE finding = ? ORDER BY seq", finding["id"])]
        for wanted in ("process.exec", "container.joined", "finding.opened", "process.exited", "finding.resolved"):
            self.assertIn(wanted, types)
        self.assertLess(types.index("process.exec"), types.index("process.exited"))
        found = rows(self.store, "SELECT sha256, size FROM executables WHERE finding = ?", finding["id"])
        self.assertTrue(found and all(len(sha256) == 64 and size > 0 for sha256, size in found), found)
        self.assertEqual(rows(self.store, "SELECT json_extract(body, '$.metadata.name') FROM pods WHERE finding = ?",
                              finding["id"]), [("story",)])

    def refuses(self, prepare, says, store=None):
        """The agent says it and goes on watching."""
        pod = self.pod("watched")
        box = Container(self.rig, VLLM, pod=pod)
        self.kubelet.publish()
        prepare()
        agent = self.start(store=store)
        box.start()
        agent.wait_finding(pod, cause="declared")
        agent.wait_log(says)
        return agent

    def test_damaged(self):
        damage = b"SQLite format 3\0" + os.urandom(8192)
        agent = self.refuses(lambda: self.store.write_bytes(damage), "left as it is")
        agent.stop()
        self.assertEqual(self.store.read_bytes(), damage)
        self.assertTrue(rows(f"{self.store}.1", "SELECT count(*) FROM findings")[0][0])

    def test_newer(self):
        def prepare():
            with sqlite3.connect(self.store) as db:
                db.executescript("CREATE TABLE t(x); PRAGMA application_id = 1752066148; PRAGMA user_version = 99")
            db.close()
            self.before = self.store.read_bytes()
        agent = self.refuses(prepare, "a newer hostnetd made it")
        agent.stop()
        self.assertEqual(self.store.read_bytes(), self.before)

    def test_link(self):
        target = self.rig.path("target")
        target.write_text("")
        agent = self.refuses(lambda: self.store.symlink_to(target), "symbolic link")
        agent.stop()
        self.assertEqual(target.read_text(), "")

    def mount(self, *words):
        subprocess.run(["mount", "-t", "tmpfs", *words, "none", self.folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.folder], check=True)
        os.chmod(self.folder, 0o700)

    def test_read_only(self):
        self.mount("-o", "size=8m")
        agent = self.refuses(lambda: subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True), "read-only")
        subprocess.run(["mount", "-o", "remount,rw", self.folder], check=True)
        agent.wait_log("the history is written again", 20)
        agent.stop()
        self.assertTrue(rows(self.store, "SELECT count(*) FROM findings")[0][0])

    def test_full(self):
        self.mount("-o", "size=1m")
        ballast = self.folder / "ballast"
        agent = self.refuses(lambda: fill(ballast), "full")
        ballast.unlink()
        agent.wait_log("the history is written again", 20)
        agent.stop()
        self.assertTrue(rows(self.store, "SELECT count(*) FROM findings")[0][0])


def fill(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


if __name__ == "__main__":
    unittest.main()
