# SPDX-License-Identifier: Apache-2.0
"""What the API says of what is not open now: resolved findings of former runs and their events, from the store, and findings
that an exception accepts."""
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import time
import unittest

import rig
from agent import Agent, environment
from api import Client, plain
from container import Container
from kubelet import Kubelet
from pod import Pod

VLLM = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]
DAY_NS = 86400 * 10**9
RULE = """exceptions:
- name: rdma
  reason: NCCL over RoCE
  expires: 2099-01-01
  match: {namespaces: [train], causes: [declared]}
"""


def own(story):
    """What the agent says of itself."""
    return [event for event in story["timeline"] if event["type"].startswith("agent.")]


class Served(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.store = self.rig.path("h.db")

    def start(self, *options, store=None):
        agent = Agent(self.rig, *self.kubelet.options(), *options, store=store or self.store).ready()
        words = agent.process.args
        return agent, Client(words[words.index("--listen") + 1])

    def pod(self, namespace, name, **more):
        pod = self.kubelet.add(Pod(namespace, name, host_network=True, **more))
        box = Container(self.rig, VLLM, pod=pod).start()
        self.kubelet.publish()
        return pod, box

    def kill(self, agent):
        os.kill(agent.process.pid, signal.SIGKILL)
        agent.process.wait()

    def age(self, pod_uid, copies=0):
        """The resolved finding, and all in the store, are a day older; `copies` more of them under other ids."""
        with sqlite3.connect(self.store) as db:
            db.execute("UPDATE findings SET resolved_at = resolved_at - ?1, last_seen = last_seen - ?1 WHERE uid = ?2",
                       (DAY_NS, pod_uid))
            for number in range(copies):
                db.execute("INSERT INTO findings SELECT printf('%032x', ?1), state, way, cause, severity, verdict, ns, pod, uid, kind,"
                           " workload, first_seen - ?1, last_seen - ?1, resolved_at, json_set(body, '$.id', printf('%032x', ?1)), whole"
                           " FROM findings WHERE uid = ?2 AND substr(id, 1, 8) != '00000000'", (number, pod_uid))

    def test_former_runs(self):
        """A finding that was resolved in a former run, longer ago than the agent remembers: in lists, with its story, its events."""
        agent, client = self.start()
        pod, box = self.pod("ml", "old", owner=("StatefulSet", "old"))
        found = agent.wait_finding(pod, cause="declared")
        other = self.kubelet.add(Pod("infra", "idle", host_network=True, image="example/idle:1"))
        idle = Container(self.rig, ["sh", "-c", "exec sleep 300"], pod=other).start()
        self.kubelet.publish()
        rig.wait_until("it has its name", lambda: [row for row in client.get("/api/v1/sharing?namespace=infra")["items"] if row["container"].get("name")])
        idle.kill()
        agent.wait(lambda event: event["type"] == "container.left" and idle.id in str(event), "container.left")
        box.kill()
        agent.wait_resolved(pod)
        before = client.get("/api/v1/events?limit=500")["items"]
        # What is no finding is written within 20 ms.
        rig.wait_until("the events on the disk", lambda: client.get("/api/v1/status")["store"]["stored"] >= len(before))
        self.kill(agent)
        self.age(pod.uid, copies=70)
        agent, client = self.start()
        # The list, page by page, with a total that is true.
        items, pages = client.pages(f"/api/v1/findings?pod={pod.uid}", 20)
        self.assertEqual((len(items), len({one["id"] for one in items}), pages), (71, 71, 4))
        self.assertEqual(client.get("/api/v1/findings?state=resolved&limit=5")["total"], 71)
        self.assertEqual(client.get("/api/v1/findings?state=open")["total"], 0)
        self.assertEqual(client.get("/api/v1/findings?q=STATEFULSET&verdict=ai&cause=declared&limit=1")["total"], 71)
        self.assertEqual(client.get("/api/v1/findings?workload=other")["total"], 0)
        self.assertEqual(client.get("/api/v1/sharing")["items"], [])
        # The story, over both runs.
        story = client.get(f"/api/v1/findings/{found['id']}")
        types = [event["type"] for event in story["timeline"]]
        self.assertEqual(story["finding"]["state"], "resolved")
        self.assertEqual((types.count("finding.opened"), types.count("finding.resolved")), (1, 1))
        self.assertIn("process.exec", types)
        order = [event["seq"] for event in story["timeline"]]
        self.assertEqual(order, sorted(set(order)))
        # What it ran, and who started that: the page makes its tree of them.
        [program] = story["executables"]
        self.assertEqual((program["path"], len(program["sha256"])), ("/usr/bin/vllm", 64))
        entered = next(event for event in story["timeline"] if event["type"].startswith("process."))
        self.assertTrue(entered["process"]["ancestors"])
        client.get("/api/v1/findings/" + "f" * 32, 404)
        # What was no finding has a story and is in no list; it leaves by its name, and by the id that it has joined by.
        left = next(one for one in before if one["type"] == "container.left" and one["pod"]["uid"] == other.uid)
        self.assertEqual((left["containerID"], len(left["container"]) < 64), (idle.id, True))
        story = client.get(f"/api/v1/findings/{left['finding']}")
        self.assertEqual((story["finding"]["state"], story["finding"]["containers"][0]["id"]), ("gone", idle.id))
        self.assertIn("container.left", [event["type"] for event in story["timeline"]])
        self.assertEqual(client.get("/api/v1/findings?namespace=infra")["total"], 0)
        # Events of both runs, each once, the newest first; the gap between the runs is one of them.
        events, _ = client.pages("/api/v1/events", 7)
        order = [event["seq"] for event in events]
        self.assertEqual(order, sorted(set(order), reverse=True))
        self.assertLessEqual({event["seq"] for event in before}, set(order))
        self.assertEqual([event["type"] for event in events if event["type"].startswith("agent.")],
                         ["agent.started", "agent.gap", "agent.started"])
        self.assertEqual(client.get("/api/v1/events?type=agent.gap")["items"], [one for one in events if one["type"] == "agent.gap"])
        self.assertEqual({one["finding"] for one in client.get(f"/api/v1/events?finding={found['id']}")["items"]}, {found["id"]})
        self.assertEqual(client.get("/api/v1/events?cursor=" + "0" * 16), {"items": []})
        status = client.get("/api/v1/status")["store"]
        self.assertEqual((status["path"], status["ok"], status["notStored"]), (str(self.store), True, 0))
        self.assertGreater(status["bytes"], 4096)
        self.assertNotIn("error", status)
        text = client.ask("/metrics").body.decode()
        self.assertIn("\nhostnetd_store_up 1\n", text)
        self.assertRegex(text, r'hostnetd_store_events_total\{result="stored"\} [1-9]')
        agent.stop()

    def test_nobody_watched(self):
        """Gaps in watching, and losses, are in a finding's timeline, in their place: the same as `history` has, while it is open and
        after; none from before it was there or after it was gone."""
        agent, _ = self.start()
        self.kill(agent)
        agent, client = self.start()
        pod, box = self.pod("ml", "long", owner=("StatefulSet", "long"))
        found = agent.wait_finding(pod, cause="declared")
        self.kill(agent)
        agent, client = self.start()
        story = self.compare(client, found["id"])
        gap, started = own(story)
        self.assertEqual((gap["type"], started["type"]), ("agent.gap", "agent.started"))
        self.assertLess(gap["since"], gap["until"])
        opened = next(event for event in story["timeline"] if event["type"] == "finding.opened")
        self.assertLess(opened["seq"], gap["seq"])
        agent.stop()
        with sqlite3.connect(self.store) as db:
            last, = db.execute("SELECT max(seq) FROM events").fetchone()
            now = time.time_ns()
            db.executemany("INSERT INTO events VALUES(?, ?, 1, 'agent.lost', NULL, ?)",
                           ((last + n, now, json.dumps({"seq": last + n, "time": "2026-01-01T00:00:00.000000Z", "type": "agent.lost",
                                                        "count": n})) for n in range(1, 301)))
        agent, client = self.start()
        box.kill()
        agent.wait_resolved(pod)
        story = self.compare(client, found["id"], most=256)
        self.assertTrue(story["agentEventsLeftOut"])
        self.assertIn("finding.resolved", [event["type"] for event in story["timeline"]])
        agent.stop()
        agent, client = self.start()
        self.assertEqual(own(self.compare(client, found["id"], most=256)), own(story))
        agent.stop()

    def compare(self, client, found, most=None):
        """The API's story, whose agent's events are those of `history`, in the order of the timeline."""
        def same():
            nonlocal story
            told = subprocess.run([rig.HOSTNETD, "history", found, "--store", self.store, "--output", "json"], env=environment(),
                                  capture_output=True, check=True, timeout=20)
            story = client.get(f"/api/v1/findings/{found}")
            return own(story) == own(json.loads(told.stdout))[-(most or 1000):]
        story = None
        rig.wait_until("both tell the same of the agent", same)  # what is no finding is written within 20 ms
        order = [event["seq"] for event in story["timeline"]]
        self.assertEqual(order, sorted(set(order)))
        return story

    def test_nobody_watched_without_a_store(self):
        """What the agent said in this run is told from memory."""
        pod, _ = self.pod("ml", "here", owner=("StatefulSet", "here"))
        agent, client = self.start(store="none")
        found = agent.wait_finding(pod, cause="declared")
        rig.wait_until("its start is told", lambda: "agent.started" in [
            event["type"] for event in client.get(f"/api/v1/findings/{found['id']}")["timeline"]])
        agent.stop()

    def test_many_events(self):
        """A store with far more than memory holds is read in pieces: others are answered meanwhile."""
        agent, client = self.start()
        agent.stop()
        with sqlite3.connect(self.store) as db:
            db.executemany("INSERT INTO events VALUES(?, ?, 1, 'process.exec', ?, ?)",
                           ((seq, time.time_ns() - DAY_NS + seq, f"{seq % 7:032x}",
                             f'{{"seq":{seq},"time":"2026-01-01T00:00:00Z","type":"process.exec","finding":"{seq % 7:032x}"}}')
                            for seq in range(1, 30001)))
        agent, client = self.start()
        self.assertEqual(len(client.get("/api/v1/events?finding=" + f"{3:032x}&limit=500")["items"]), 500)
        walk = plain(client.listen, 30)
        walk.sendall(b"GET /api/v1/events?type=pod.differs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        slowest = 0
        begun = time.monotonic()
        walk.setblocking(False)
        got = b""
        while b"]}" not in got:
            asked = time.monotonic()
            client.get("/healthz")
            slowest = max(slowest, time.monotonic() - asked)
            try:
                got += walk.recv(65536)
            except BlockingIOError:
                pass
            self.assertLess(time.monotonic() - begun, 30)
        walk.close()
        self.assertLess(slowest, 0.5)
        agent.stop()

    def test_without_a_store(self):
        agent, client = self.start(store="none")
        self.assertNotIn("store", client.get("/api/v1/status"))
        self.assertNotIn("exceptions", client.get("/api/v1/status"))
        self.assertNotIn("\nhostnetd_store_up ", client.ask("/metrics").body.decode())
        self.assertIn("agent.started", [event["type"] for event in client.get("/api/v1/events")["items"]])
        agent.stop()

    def test_a_store_that_cannot_be_used(self):
        """It is said, and memory answers."""
        file = self.rig.path("a-file")
        file.write_text("")
        agent, client = self.start(store=f"{file}/h.db")
        pod, _ = self.pod("ml", "lost")
        found = agent.wait_finding(pod, cause="declared")
        status = client.get("/api/v1/status")["store"]
        self.assertFalse(status["ok"])
        self.assertTrue(status["error"])
        self.assertIn("\nhostnetd_store_up 0\n", client.ask("/metrics").body.decode())
        self.assertTrue(client.get(f"/api/v1/findings/{found['id']}")["timeline"])
        client.get("/api/v1/findings/" + "f" * 32, 404)
        agent.stop()

    def test_excepted(self):
        """An accepted finding is in lists, inventory and counts as what it is; the control passes with it."""
        rules = self.rig.path("rules.yaml")
        rules.write_text(RULE)
        agent, client = self.start("--exceptions", rules)
        pod, _ = self.pod("train", "rdma", owner=("StatefulSet", "pretrain"))
        rig.wait_until("it is excepted", lambda: client.get("/api/v1/findings?state=excepted")["total"] == 1)
        one, = client.get("/api/v1/findings?state=excepted")["items"]
        self.assertEqual((one["pod"]["uid"], one["exception"]["name"]), (pod.uid, "rdma"))
        self.assertEqual(client.get("/api/v1/findings?state=open")["total"], 0)
        self.assertEqual(client.get("/api/v1/findings")["total"], 1)
        row, = client.get("/api/v1/sharing")["items"]
        self.assertEqual(row["finding"], one["id"])
        control = client.get("/api/v1/status")["control"]
        self.assertEqual((control["passed"], control["open"], control["bySeverity"]), (True, 0, {}))
        text = client.ask("/metrics").body.decode()
        self.assertRegex(text, r'hostnetd_findings\{state="excepted",cause="declared",[^}]*\} 1\n')
        self.assertRegex(text, r'hostnetd_sharing_containers\{cause="declared"\} 1\n')
        self.assertIn('hostnetd_findings_open{severity="high"} 0\n', text)
        # The rule goes: it is open at once, and no control passes.
        rules.write_text("exceptions: []\n")
        rig.wait_until("it is open", lambda: client.get("/api/v1/findings?state=open")["total"] == 1)
        status = client.get("/api/v1/status")
        self.assertFalse(status["control"]["passed"])
        said = status["exceptions"]
        self.assertEqual((said["rules"], said["ok"], said.get("error")), (0, True, None))
        self.assertIn("\nhostnetd_exceptions_up 1\n", client.ask("/metrics").body.decode())
        # A file that cannot be read is said as long as it cannot, and since when its rules are those that hold.
        rules.write_text("exceptions:\n- name: x\n")
        rig.wait_until("the mistake is said", lambda: not client.get("/api/v1/status")["exceptions"]["ok"])
        wrong = client.get("/api/v1/status")["exceptions"]
        self.assertIn(f"{rules}:2: reason: ", wrong["error"])
        self.assertEqual((wrong["rules"], wrong["readAt"]), (0, said["readAt"]))
        self.assertIn("\nhostnetd_exceptions_up 0\n", client.ask("/metrics").body.decode())
        rules.unlink()
        rig.wait_until("that it is gone", lambda: "No such file" in client.get("/api/v1/status")["exceptions"].get("error", ""))
        rules.write_text("exceptions: []\n")
        rig.wait_until("it is well", lambda: client.get("/api/v1/status")["exceptions"]["ok"])
        self.assertGreater(client.get("/api/v1/status")["exceptions"]["readAt"], said["readAt"])
        agent.stop()

    def test_compressed_files(self):
        """The page goes out compressed to whoever takes that, plain to others: the same bytes, two tags."""
        agent, client = self.start()
        for path in ("/", "/app.js", "/openapi.json"):
            small = client.ask(path, headers={"Accept-Encoding": "gzip, deflate, br"}, check=False)
            whole = client.ask(path, headers={"Accept-Encoding": "identity"}, check=False)
            self.assertEqual((small.headers["Content-Encoding"], whole.headers["Content-Encoding"]), ("gzip", None))
            self.assertEqual(gzip.decompress(small.body), whole.body)
            self.assertEqual((small.headers["Vary"], whole.headers["Vary"]), ("Accept-Encoding", "Accept-Encoding"))
            self.assertNotEqual(small.headers["ETag"], whole.headers["ETag"])
            again = client.ask(path, headers={"Accept-Encoding": "gzip", "If-None-Match": small.headers["ETag"]}, check=False)
            self.assertEqual((again.status, again.body), (304, b""))
        agent.stop()


if __name__ == "__main__":
    unittest.main()
