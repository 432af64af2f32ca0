# SPDX-License-Identifier: Apache-2.0
"""The history's file goes bad under a running agent: it says so, goes on watching, and writes what it kept once that is
mended."""
import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
import unittest

import rig
from api import Client
from agent import Agent, environment
from container import Container
from kubelet import Kubelet
from pod import Pod
from test_history import VLLM, fill, rows

NOBODY = 65534
BUSY = ["sh", "-c", "while :; do vllm --version; done"]


class HistoryFaults(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.store = self.store_file()
        self.folder = self.store.parent

    def start(self, *options):
        return Agent(self.rig, *self.kubelet.options(), *options, store=self.store).ready()

    def joins(self, agent, name, words=VLLM, **wanted):
        """A new pod that shares the host network, and its finding."""
        pod = self.kubelet.add(Pod("ml", name, host_network=True))
        box = Container(self.rig, words, pod=pod)
        self.kubelet.publish()
        box.start()
        return agent.wait_finding(pod, **(wanted or {"cause": "declared"}))

    def kept(self, path=None):
        return {one for one, in rows(path or self.store, "SELECT id FROM findings")}

    def mount(self, *words):
        subprocess.run(["mount", *words, self.folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.folder], check=True)
        os.chmod(self.folder, 0o700)

    def test_filled(self):
        """Full in mid-run, then freed: what happened meanwhile is written in the end."""
        self.mount("-t", "tmpfs", "-o", "size=1m", "none")
        agent = self.start()
        before = self.joins(agent, "before")["id"]
        fill(self.folder / "ballast")
        # The log may have room for the first ones; the file behind it has none.
        meanwhile = {self.joins(agent, f"meanwhile-{number}")["id"] for number in range(4)}
        agent.wait_log("full")
        (self.folder / "ballast").unlink()
        agent.wait_log("the history is written again")
        rig.wait_until("the findings in the file", lambda: meanwhile <= self.kept())
        agent.stop()
        self.assertLessEqual({before, *meanwhile}, self.kept())
        self.assertEqual(rows(self.store, "PRAGMA integrity_check"), [("ok",)])

    def test_turned_read_only(self):
        """What a file system does that has met an error: whatever is open is open for reading from now on."""
        image = self.rig.path("image")
        with open(image, "wb") as file:
            file.truncate(8 << 20)
        subprocess.run([rig.tool("mkfs.ext4"), "-q", image], check=True)
        self.mount("-o", "loop,errors=remount-ro", image)
        agent = self.start()
        before = self.joins(agent, "before")
        subprocess.run(["mount", "-o", "remount,abort", self.folder], check=True)
        self.joins(agent, "meanwhile", BUSY)
        agent.wait_log("the agent goes on watching")
        self.joins(agent, "after")
        agent.stop()
        copy = self.rig.path("copy.db")
        shutil.copy(self.store, copy)
        shutil.copy(f"{self.store}-wal", f"{copy}-wal")
        self.assertIn(before["id"], self.kept(copy))

    def test_damaged_in_mid_run(self):
        """A file whose pages are overwritten is left as it is; the history goes on beside it."""
        agent = self.start()
        self.joins(agent, "before")
        with sqlite3.connect(self.store) as db:
            db.execute("INSERT INTO listed VALUES('other', 1)")
        # What the log still holds would be read from there; it is not emptied while the agent writes.
        rig.wait_until("the log is empty", lambda: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
        with open(self.store, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(4096)
            file.write(b"\xa5" * (size - 4096))
        # Touches the first page alone, and takes what the agent remembers of the others from it.
        db.execute(f"PRAGMA user_version = {db.execute('PRAGMA user_version').fetchone()[0]}")
        db.close()
        after = self.joins(agent, "after")
        agent.wait_log(f"{self.store}.1")
        rig.wait_until("the finding in the next file", lambda: after["id"] in self.kept(f"{self.store}.1"))
        agent.stop()

    def test_moved_away(self):
        """Whoever moves the file gets it whole; a new one takes its place, with all that is open in it."""
        listen = f"unix:{self.rig.path('api')}"
        agent = self.start("--listen", listen)
        api = Client(listen)
        before = self.joins(agent, "before")
        api.get(f"/api/v1/findings/{before['id']}")  # the API has the file open too
        away = self.folder / "away.db"
        self.store.rename(away)
        agent.wait_log("it is not where it was")
        store = api.get("/api/v1/status")["store"]
        self.assertFalse(store["ok"])
        self.assertIn("moved away, deleted or replaced", store["error"])
        self.assertIn("hostnetd_store_up 0", api.ask("/metrics").body.decode())
        meanwhile = self.joins(agent, "meanwhile")
        agent.wait_log("the history is written again")
        rig.wait_until("the store is well", lambda: api.get("/api/v1/status")["store"]["ok"])
        rig.wait_until("all that is open in the new file", lambda: {before["id"], meanwhile["id"]} <= self.kept())
        self.assertEqual(self.kept(away), {before["id"]})
        self.assertEqual(rows(away, "PRAGMA integrity_check"), [("ok",)])
        after = self.joins(agent, "after")
        agent.process.kill()
        agent.process.wait()
        self.assertLessEqual({before["id"], meanwhile["id"], after["id"]}, self.kept())
        since = {one: json.loads(body)["firstSeen"] for one, body in rows(self.store, "SELECT id, body FROM findings")}
        self.assertEqual(since[before["id"]], before["firstSeen"])
        self.assertEqual(rows(self.store, "PRAGMA integrity_check"), [("ok",)])

    def test_replaced(self):
        """By an older copy, log and all: its past is known from then on, that something is missing in it is said in it."""
        agent = self.start()
        first = self.joins(agent, "first")
        agent.stop()
        copy = self.folder / "copy.db"
        shutil.copy(self.store, copy)
        agent = self.start()
        second = self.joins(agent, "second")
        for end in ("", "-wal", "-shm"):
            self.store.with_name(self.store.name + end).unlink()
        copy.rename(self.store)
        agent.wait_log("it is not where it was")
        agent.wait_log("the history is written again")
        rig.wait_until("the finding in the other file", lambda: {first["id"], second["id"]} <= self.kept())
        gap = agent.wait(lambda event: event["type"] == "agent.gap" and "took the place of another" in event["message"], "the gap")
        self.assertLess(gap["since"], gap["until"])
        agent.stop()
        self.assertIn(gap["message"], [json.loads(body)["text"] for body, in rows(self.store, "SELECT body FROM events WHERE type = 'agent.gap'")])
        self.assertEqual(rows(self.store, "PRAGMA integrity_check"), [("ok",)])

    def test_log_deleted(self):
        """The log alone: what was in it goes into the file, which is opened anew."""
        agent = self.start()
        before = self.joins(agent, "before")
        self.store.with_name("h.db-wal").unlink()
        agent.wait_log("it is not where it was")
        agent.wait_log("the history is written again")
        after = self.joins(agent, "after")
        rig.wait_until("both in the file", lambda: {before["id"], after["id"]} <= self.kept())
        self.assertEqual([event for _, event in agent.events if event["type"] == "agent.gap"], [])
        agent.stop()
        self.assertEqual(rows(self.store, "PRAGMA integrity_check"), [("ok",)])

    def test_slow(self):
        """Whoever holds the file's lock does not hold up a finding; it is written when the lock is free."""
        agent = self.start()
        self.joins(agent, "before")
        lock = sqlite3.connect(self.store, isolation_level=None)
        self.addCleanup(lock.close)
        lock.execute("BEGIN IMMEDIATE")
        begin = time.monotonic()
        found = self.joins(agent, "meanwhile")
        self.assertLess(time.monotonic() - begin, 1.5)  # the lock is waited for 2 s
        self.assertNotIn(found["id"], self.kept())
        agent.wait_log("slower than 50 ms")
        time.sleep(2.5)
        lock.execute("ROLLBACK")
        rig.wait_until("the finding in the file", lambda: found["id"] in self.kept(), 15)
        agent.stop()

    def test_comes_back_late(self):
        """A file that could not be opened at the start keeps what it holds: numbers never come twice, and what was known goes on."""
        agent = self.start()
        first = self.joins(agent, "first")
        agent.stop()
        events = rows(self.store, "SELECT seq, body FROM events ORDER BY seq")
        os.chmod(self.folder, 0o777)
        agent = self.start()
        agent.wait_log("others may write to this folder")
        second = self.joins(agent, "second")
        os.chmod(self.folder, 0o700)
        agent.wait_log("the history is written again")
        agent.stop()
        again = rows(self.store, "SELECT seq, body FROM events ORDER BY seq")
        self.assertEqual(again[:len(events)], events)
        self.assertGreater(len(again), len(events))
        self.assertLessEqual({first["id"], second["id"]}, self.kept())
        late = [json.loads(body) for _, body in again[len(events):]]
        self.assertIn(["firstSeen"], [one["changed"] for one in late if one["type"] == "finding.updated" and one["finding"] == first["id"]])
        [gap] = [one for one in late if one["type"] == "agent.gap"]
        self.assertLess(gap["since"], gap["until"])
        self.assertLess(gap["until"], gap["time"])
        [(body,)] = rows(self.store, f"SELECT body FROM findings WHERE id = '{first['id']}'")
        body = json.loads(body)
        self.assertEqual((body["firstSeen"], body["occurrences"], body["state"]), (first["firstSeen"], 1, "open"))

    def test_file_of_an_enemy(self):
        """A copy that somebody has written into steers no terminal, breaks no document and no bundle."""
        shutil.copy(rig.REPO / "tests" / "fuzz" / "seeds" / "history" / "story", self.store)
        steer = "\x1b]0;x\x07\x1b[2J\u009b31m\u202e\x7f"
        with sqlite3.connect(self.store) as db:
            for column in ("state", "cause", "severity", "verdict", "ns", "pod", "kind", "workload"):
                db.execute(f"UPDATE findings SET {column} = ?1 || {column}", (steer,))
            for path in ("$.title", "$.ai.product", "$.ai.verdict", "$.pod.name"):
                db.execute("UPDATE findings SET body = json_set(body, ?1, ?2)", (path, steer))
            # What json_set() would escape, and what is no UTF-8 at all.
            db.execute("UPDATE findings SET body = CAST(replace(CAST(body AS TEXT), 'vllm-0', 'a' || ?1 || CAST(x'ff80c3' AS TEXT)) AS TEXT)",
                       ("\x7f\u009b",))
            db.execute("UPDATE findings SET id = ?1 || substr(id, 5)", ("\x1b[2J",))
            db.execute("UPDATE events SET type = type || ?1, finding = NULL, body = json_set(body, '$.process.comm', ?1, '$.text', ?1,"
                       " '$.process.argv[0]', ?1, '$.process.exe', ?1)", (steer,))
            db.execute("UPDATE events SET finding = (SELECT id FROM findings)")
            db.execute("UPDATE pods SET finding = (SELECT id FROM findings)")
            db.execute("UPDATE executables SET finding = (SELECT id FROM findings), path = ?1", (steer,))
        bad = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]")
        for words in ([], ["--rejudge"], ["\x1b[2J"], ["export"]):
            for output in (["table"] if words != ["export"] else []) + ["json"]:
                done = subprocess.run([rig.HOSTNETD, "history", *words, "--store", self.store, "--output", output], capture_output=True,
                                      env=environment(), timeout=30)
                self.assertEqual((done.returncode, done.stderr), (0, b""), words)
                if output == "table":
                    self.assertIsNone(bad.search(done.stdout), (words, done.stdout))
                    continue
                for line in done.stdout.decode().splitlines():  # valid UTF-8, and what steers is escaped
                    json.loads(line)
                self.assertIsNone(re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", done.stdout), words)

    def test_listed_once_is_never_unmanaged(self):
        """A force-deleted pod's containers outlive its entry with the kubelet; one that was never listed is unmanaged."""
        grace = ["--unmanaged-grace", "1s", "--kubelet-interval", "1s"]
        listed, unheard = Pod("ml", "listed", host_network=True), Pod("ml", "unheard", host_network=True)
        self.kubelet.add(listed)
        agent = self.start(*grace)
        rig.wait_until("the pod's uid in the file",
                       lambda: rows(self.store, "SELECT 1 FROM listed WHERE uid = ?", listed.uid))
        agent.stop()
        self.kubelet.remove(listed)
        agent = self.start(*grace)
        for pod in (listed, unheard):
            Container(self.rig, VLLM, pod=pod).start()
        agent.wait_finding(unheard, cause="unmanaged")
        time.sleep(3)
        self.assertTrue(agent.about(listed, "finding."))
        self.assertEqual([event for event in agent.about(listed) if event["finding"].get("cause") == "unmanaged"], [])
        agent.stop()

    def refused(self, says):
        agent = self.start()
        self.joins(agent, "watched")
        agent.wait_log(says)
        agent.stop()

    def test_somebody_elses(self):
        self.store.touch(0o600)
        os.chown(self.store, NOBODY, NOBODY)
        self.refused("of this user's own")
        self.assertEqual(self.store.stat().st_size, 0)

    def test_second_name(self):
        self.store.touch(0o600)
        os.link(self.store, self.rig.path("other-name"))
        self.refused("with one name")
        self.assertEqual(self.store.stat().st_size, 0)

    def test_folder_of_all(self):
        os.chmod(self.folder, 0o777)
        self.refused("others may write to this folder")
        self.assertFalse(self.store.exists())


if __name__ == "__main__":
    unittest.main()
