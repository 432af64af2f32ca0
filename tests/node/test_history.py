# SPDX-License-Identifier: Apache-2.0
"""The history under faults: killed at any moment, no room, a file that is damaged, of a newer version, not to be written;
and what goes on after a restart."""
import json
import os
import pathlib
import shutil
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

SIGNATURE = """signatures:
- name: dreamer
  category: inference
  image: [example/dreamer]
  examples: {match: [{image: example/dreamer}], near-miss: [{image: example/dream}]}
"""
NOBODY = 65534
VLLM = ["vllm", "serve", "m", "--port", "0"]


def rows(path, sql, *values):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return db.execute(sql, values).fetchall()


class Mortal(Agent):
    """Killed by the line that names a type, at once: before anybody has even read what it says."""
    deadly = None

    def take(self, line):
        if self.deadly and self.deadly.encode() in line:
            os.kill(self.process.pid, signal.SIGKILL)
        super().take(line)


def told(agent):
    """What was printed of findings: type, id and time are an event's identity, in the file too."""
    return [(event["type"], event["finding"]["id"], event["time"]) for _, event in agent.events
            if event.get("type", "").startswith("finding.")]


class History(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.store = self.store_file()
        self.folder = self.store.parent

    def pod(self, name, **more):
        pod = Pod("ml", name, host_network=True, **more)
        self.kubelet.add(pod)
        return pod

    def start(self, *options, store=None):
        return Agent(self.rig, *self.kubelet.options(), *options, store=store or self.store).ready()

    def kill(self, agent):
        os.kill(agent.process.pid, signal.SIGKILL)
        agent.process.wait()
        agent.reader.join(5)

    def kept(self):
        return rows(self.store, "SELECT type, finding, json_extract(body, '$.time') FROM events WHERE type LIKE 'finding.%'")

    def test_killed_by_each_line(self):
        """Whatever was printed of a finding is in the file by then: that it opened, changed, was resolved."""
        pod = Pod("ml", "mortal", host_network=True)
        box = Container(self.rig, VLLM, pod=pod)
        self.kubelet.publish()
        steps = (("finding.opened", box.start), ("finding.updated", lambda: (self.kubelet.add(pod), self.kubelet.publish())),
                 ("finding.resolved", box.kill))
        for deadly, step in steps:
            agent = Mortal(self.rig, *self.kubelet.options(), "--kubelet-interval", "1s", store=self.store).ready()
            agent.deadly = deadly
            step()
            agent.process.wait(20)
            agent.reader.join(5)
            self.assertEqual(agent.problems, [])
            self.assertEqual([kind for kind, _, _ in told(agent)][-1:], [deadly])
            self.assertEqual([one for one in told(agent) if one not in self.kept()], [], deadly)

    def test_kill_in_a_loop_of_writes(self):
        """Everything that was printed of a finding is in the file, whenever the agent is killed."""
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
            self.assertEqual([one for one in told(agent) if one not in self.kept()], [])
            for _, event in agent.events:
                if event.get("type", "").startswith("finding."):
                    printed[event["finding"]["id"]] = event["finding"]
            self.assertEqual(rows(self.store, "PRAGMA integrity_check"), [("ok",)])
            kept = dict(rows(self.store, "SELECT id, first_seen FROM findings"))
            self.assertLessEqual(set(printed), set(kept))
        self.assertEqual(len(printed), 4, {f["title"] for f in printed.values()})
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
        found = rows(self.store, "SELECT sha256, size, container FROM executables WHERE finding = ?", finding["id"])
        self.assertTrue(found and all(len(sha256) == 64 and size > 0 and container == box.id
                                      for sha256, size, container in found), found)
        self.assertEqual(rows(self.store, "SELECT json_extract(body, '$.metadata.name') FROM pods WHERE finding = ?",
                              finding["id"]), [("story",)])

        self.read_back(finding, agent)

    def history(self, *words, code=0, user=None):
        """`user` None: root. The program is run from a place that everybody may read."""
        who = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        program = self.rig.path("hostnetd")
        if not program.exists():
            shutil.copy(rig.HOSTNETD, program)
        done = subprocess.run([program, "history", *words], capture_output=True, text=True, timeout=20, check=False, **who)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def read_back(self, finding, agent):
        """On a copy, without its log, in a folder that nobody may write to, by nobody."""
        folder = self.rig.path("copy")
        folder.mkdir()
        copy = folder / "copy.db"
        copy.write_bytes(self.store.read_bytes())
        os.chmod(copy, 0o444)
        os.chmod(folder, 0o555)
        store = ("--store", copy)
        listed = json.loads(self.history(*store, user=NOBODY).stdout)
        check_schema("history.v1.json", listed)
        self.assertEqual([one["id"] for one in listed["findings"]], [finding["id"]])
        story = json.loads(self.history(finding["id"][:8], *store, user=NOBODY).stdout)
        check_schema("history.v1.json", story)
        self.assertEqual(story["pods"][0]["metadata"]["name"], "story")
        self.assertIn("process.exec", [event["type"] for event in story["timeline"]])
        text = self.history(finding["id"][:8], "--output", "table", *store, user=NOBODY).stdout
        for wanted in ("\nPod         story, uid ", "\nContainer   ", "\nVerdict     ai: vllm", "process.exec", "vllm serve m", "finding.resolved", "Processes", "Executables"):
            self.assertIn(wanted, text)
        self.assertEqual(json.loads(self.history("--state", "open", *store, user=NOBODY).stdout)["findings"], [])
        self.assertEqual(json.loads(self.history("--until", "2020-01-01", *store, user=NOBODY).stdout)["findings"], [])
        self.assertIn("no finding", self.history("ffffffff", *store, code=2, user=NOBODY).stderr)
        self.assertIn("--since", self.history("--since", "soon", *store, code=2, user=NOBODY).stderr)
        again = json.loads(self.history("--rejudge", *store, user=NOBODY).stdout)
        check_schema("history.v1.json", again)
        self.assertEqual((again["rejudged"], again["lookedAt"]), ([], 1))
        bundle = self.rig.path("bundle.jsonl")
        self.history("export", finding["id"][:8], "--output-file", bundle, *store)
        self.assertIn("whole", self.history("verify", bundle).stdout)
        kinds = {json.loads(line)["kind"] for line in bundle.read_text().splitlines()}
        for line in bundle.read_text().splitlines():
            check_schema("bundle.v1.json", json.loads(line))
        self.assertEqual(kinds, {"manifest", "finding", "pod", "clue", "executable", "event", "agent", "end"})
        bundle.write_text(bundle.read_text().replace("story", "storm", 1))
        self.assertIn("changed", self.history("verify", bundle, code=2).stderr)
        self.assertEqual([one.name for one in folder.iterdir()], ["copy.db"])

    def test_rejudge(self):
        """What was no AI by the catalogue of its day is AI by tomorrow's."""
        pod = self.pod("unknown", image="example/dreamer:1")
        box = Container(self.rig, ["sh", "-c", "exec sleep 300"], pod=pod)
        self.kubelet.publish()
        agent = self.start()
        box.start()
        agent.wait(lambda event: event["type"] == "container.joined", "container.joined")
        time.sleep(1)
        box.kill()
        agent.wait(lambda event: event["type"] == "container.left", "container.left")
        agent.stop()
        store = ("--store", self.store)
        self.assertEqual(json.loads(self.history("--rejudge", *store).stdout)["rejudged"], [])
        new = self.rig.path("new.yaml")
        new.write_text(SIGNATURE)
        changed = json.loads(self.history("--rejudge", "--signatures", new, *store).stdout)["rejudged"]
        self.assertEqual([(one["was"]["verdict"], one["now"]["verdict"], one["now"]["product"]) for one in changed],
                         [("not-ai", "ai", "dreamer")])
        self.assertEqual(changed[0]["finding"]["state"], "gone")

    def test_scans(self):
        """What two scans saw is one story; a gap is between runs of an agent, not between scans."""
        stays, goes = self.pod("stays"), self.pod("goes")
        Container(self.rig, VLLM, pod=stays).start()
        gone = Container(self.rig, VLLM, pod=goes).start()
        self.kubelet.publish()
        store = ("--store", self.store)
        code, document, _ = scan(*self.kubelet.options(), *store)
        self.assertEqual((code, document["complete"]), (1, True))
        first = {one["pod"]["name"]: one for one in json.loads(self.history(*store).stdout)["findings"]}
        self.assertEqual({name: one["state"] for name, one in first.items()}, {"stays": "open", "goes": "open"})
        gone.kill()
        self.assertEqual(scan(*self.kubelet.options(), *store)[0], 1)
        listed = json.loads(self.history(*store).stdout)
        check_schema("history.v1.json", listed)
        second = {one["pod"]["name"]: one for one in listed["findings"]}
        self.assertEqual({name: one["state"] for name, one in second.items()}, {"stays": "open", "goes": "resolved"})
        self.assertEqual({name: one["firstSeen"] for name, one in second.items()},
                         {name: one["firstSeen"] for name, one in first.items()})
        self.assertEqual(second["stays"]["occurrences"], 1)
        self.assertEqual(rows(self.store, "SELECT count(*) FROM sessions"), [(0,)])
        os.chmod(self.folder, 0o777)
        code, _, said = scan(*self.kubelet.options(), *store)
        self.assertIn("not in the history", said)

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
        """Of another mode, and as one that was killed left it: what it wrote last is in its log alone."""
        parts = [pathlib.Path(f"{self.store}{end}") for end in ("", "-wal", "-shm")]

        def look():
            return [(path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns) for path in parts]

        def prepare():
            source = self.rig.path("source.db")
            db = sqlite3.connect(source, isolation_level=None)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA wal_autocheckpoint=0")
            db.executescript("CREATE TABLE t(x); PRAGMA application_id = 1752066148; PRAGMA user_version = 99")
            for path in parts:
                shutil.copy(f"{source}{path.name[len('h.db'):]}", path)
                path.chmod(0o640)
            db.close()
            self.before = look()
        agent = self.refuses(prepare, "a newer hostnetd made it")
        agent.stop()
        self.assertEqual(look(), self.before)
        self.assertTrue(rows(f"{self.store}.1", "SELECT count(*) FROM findings")[0][0])

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

    def test_full_before_the_start(self):
        """The file is there, and there is no room for what SQLite makes beside it: it knows only of an I/O error then."""
        self.mount("-o", "size=1m")
        self.start().stop()
        ballast = self.folder / "ballast"
        agent = self.refuses(lambda: fill(ballast), "the disk is full")
        self.assertNotIn("I/O error", agent.log)
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
