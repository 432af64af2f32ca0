# SPDX-License-Identifier: Apache-2.0
"""Rules of --exceptions: which findings they accept, until when, and what a change of their file does."""
import os
import sqlite3
import subprocess
import time
import unittest

import rig
from agent import Agent, doctor, environment, of_scan, scan
from container import Container
from kubelet import Kubelet
from pod import Pod

QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]
NONE = "exceptions: []\n"
FAR = "2199-01-31"


def rule(match, name="training", expires=FAR):
    return (f"exceptions:\n- name: {name}\n  reason: RoCE needs the node's interfaces\n  expires: {expires}\n"
            f"  ticket: SEC-1\n  match: {match}\n")


def excepted_by(event):
    return (event.get("exception") or {}).get("name")


class Exceptions(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.volume = self.rig.path("volume")
        self.volume.mkdir()
        self.file = self.volume / "rules.yaml"
        self.turn = 0

    def mount(self, text):
        """As the kubelet renews a ConfigMap's volume: a new folder, then the link ..data is swapped."""
        self.turn += 1
        folder = self.volume / f"..turn{self.turn}"
        folder.mkdir()
        (folder / "rules.yaml").write_text(text)
        link = self.volume / "..new"
        link.symlink_to(folder.name)
        os.rename(link, self.volume / "..data")
        if not self.file.is_symlink():
            self.file.symlink_to("..data/rules.yaml")

    def options(self):
        return [*self.kubelet.options(), "--exceptions", self.file]

    def agent(self, **more):
        return Agent(self.rig, *self.options(), **more).ready()

    def start(self, args=QWEN, **more):
        known = {"host_network": True, **more}
        mounts = known.pop("mounts", [])
        pod = self.kubelet.add(Pod("ml", owner=("StatefulSet", "llm"), **known))
        Container(self.rig, args, pod=pod, mounts=mounts).start()
        self.kubelet.publish()
        return pod

    def expect_excepted(self, agent, pod, since=0, name="training"):
        found = agent.wait_finding(pod, timeout=15, since=since, state="excepted")
        self.assertEqual(excepted_by(found), name)
        return found

    def table(self):
        """The words that a person gets, without regard to where its lines break."""
        done = subprocess.run([str(word) for word in (rig.HOSTNETD, "scan", "--output", "table", *self.options())],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False, env=environment())
        return done.returncode, " ".join(done.stdout.split())

    def test_declared(self):
        """`run` and both forms of `scan` say the same of one that a rule covers, and the control does not fail for it."""
        self.mount(rule("{namespaces: [ml], workloads: [{kind: StatefulSet, name: llm}]}"))
        agent = self.agent()
        pod = self.start()
        found = self.expect_excepted(agent, pod)
        known = {"name": "training", "reason": "RoCE needs the node's interfaces", "expires": "2199-02-01T00:00:00.000000Z", "ticket": "SEC-1"}
        self.assertEqual(found["exception"], known)
        self.assertEqual(found["cause"], "declared")

        code, document, _ = scan(*self.options())
        one, = of_scan(document, pod)
        self.assertEqual((one["id"], one["state"], one["exception"]), (found["id"], "excepted", known))
        self.assertEqual((code, document["passed"]), (0, True), document)
        code, text = self.table()
        self.assertEqual(code, 0)
        self.assertIn("1 excepted by rules: - StatefulSet ml/llm (declared): rule training until 2199-02-01 00:00 UTC: "
                      "RoCE needs the node's interfaces", text)

        other = self.start(labels={"app": "other"})
        self.expect_excepted(agent, other)
        since = agent.mark()
        self.mount(rule("{namespaces: [ml], podLabels: {app: other}}", name="labelled"))
        agent.wait_finding(other, "updated", timeout=15, since=since, state="excepted", exception__name="labelled")
        agent.wait_finding(pod, "opened", timeout=15, state="open")
        code, document, _ = scan(*self.options())
        self.assertEqual((code, document["passed"]), (1, False))
        self.assertEqual([one["state"] for one in of_scan(document, pod) + of_scan(document, other)], ["open", "excepted"])
        agent.stop()

    def test_joined(self):
        """Only a rule that names the cause covers who joined behind its spec."""
        self.mount(rule("{namespaces: [ml]}"))
        agent = self.agent()
        pod = self.start(["joiner", "/run/hostnet", "exec", *QWEN], host_network=False, privileged=True,
                         mounts=[(self.rig.host_netns_file(), "/run/hostnet", "ro")])
        found = agent.wait_finding(pod, cause="joined", pod__name=pod.name)
        self.assertEqual((found["state"], excepted_by(found)), ("open", None))
        code, document, _ = scan(*self.options())
        self.assertEqual((code, [one["state"] for one in of_scan(document, pod)]), (1, ["open"]))
        since = agent.mark()
        self.mount(rule("{namespaces: [ml], causes: [declared, joined]}", name="both"))
        found = self.expect_excepted(agent, pod, since, "both")
        self.assertEqual((found["cause"], found["severity"]), ("joined", "critical"))
        code, document, _ = scan(*self.options())
        self.assertEqual((code, [one["state"] for one in of_scan(document, pod)]), (0, ["excepted"]))
        agent.stop()

    def test_file_changes(self):
        self.mount(NONE)
        agent = self.agent()
        pod = self.start()
        # It is opened at once, before or after the kubelet has named the pod.
        first = agent.wait_finding(pod, pod__name=pod.name)
        self.assertEqual(first["state"], "open")
        since = agent.mark()
        self.mount(rule("{namespaces: [ml]}"))
        self.expect_excepted(agent, pod, since)
        self.assertEqual(agent.open_findings(), {})

        since = agent.mark()
        self.mount(rule("{namespaces: [ml], cuases: [joined]}"))
        agent.wait_log(f"{self.file}:6: cuases: ", timeout=15)
        code, document = doctor(*self.options())
        check, = [one for one in document["checks"] if one["name"] == "exceptions"]
        self.assertEqual((code, check["status"]), (2, "failed"))
        self.assertIn(":6: cuases: ", str(check))
        self.assertEqual(agent.about(pod, since=since), [])

        self.mount(NONE)
        again = agent.wait_finding(pod, "opened", timeout=15, since=since)
        self.assertEqual((again["id"], again["state"], excepted_by(again)), (first["id"], "open", None))
        self.assertEqual(again["occurrences"], first["occurrences"])
        agent.stop()

    def test_restart(self):
        """What was excepted goes on so, also by a label that the kubelet must tell; a rule that was changed meanwhile does not."""
        store = self.rig.path("h.db")
        self.mount(rule("{podLabels: {app: llm}}"))
        pod = self.start(labels={"app": "llm"})
        agent = self.agent(store=store)
        first = self.expect_excepted(agent, pod)
        agent.stop()

        agent = self.agent(store=store)
        agent.wait(lambda event: event["type"] == "agent.gap", "agent.gap")
        self.start(["sleep", "1000"], host_network=True)
        agent.wait(lambda event: event["type"] == "container.joined", "container.joined")
        self.assertEqual([event["type"] for event in agent.about(pod, "finding.opened")], [])
        agent.stop()

        self.mount(rule("{podLabels: {app: other}}"))
        agent = self.agent(store=store)
        found = agent.wait_finding(pod, "opened")
        self.assertEqual((found["id"], found["state"]), (first["id"], "open"))
        agent.stop()

    def test_expires(self):
        """At its time, not when something else happens."""
        self.mount(NONE)
        agent = self.agent()
        pod = self.start()
        agent.wait_finding(pod, "opened", pod__name=pod.name)
        since = agent.mark()
        end = time.time() + 6
        self.mount(rule("{namespaces: [ml]}", expires=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))))
        self.expect_excepted(agent, pod, since)
        found = agent.wait_finding(pod, "opened", timeout=15, since=since, state="open")
        late = time.time() - int(end)
        self.assertTrue(0 <= late < 3, late)
        self.assertIsNone(excepted_by(found))
        expired = agent.wait(lambda event: event["type"] == "exception.expired", "exception.expired", since=since)
        self.assertEqual(excepted_by(expired), "training")
        self.assertEqual(scan(*self.options())[0], 1)
        agent.stop()
        self.assertEqual([event["type"] for _, event in agent.events].count("exception.expired"), 1)

    def test_told_once_over_restarts(self):
        """That a rule has expired, or has been of no use for 30 days, is told once, not at each start; nor after a kill."""
        store = self.rig.path("h.db")

        def start(number, **more):
            """Another run, and what it has told of the rules once all have been looked at: `last` is told in each."""
            soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - number))
            rules = rule("{namespaces: [ml]}", "over", "2026-01-31") + rule("{namespaces: [mx]}", "idle") + rule("{namespaces: [my]}", "last", soon)
            self.mount("exceptions:\n" + rules.replace("exceptions:\n", ""))
            agent = self.agent(store=store, **more)
            agent.wait(lambda event: excepted_by(event) == "last", "exception.expired of the last rule", timeout=15)
            return agent, sorted((event["type"], excepted_by(event)) for _, event in agent.events if event["type"].startswith("exception."))

        def remembered(what):
            with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
                return db.execute(f"SELECT {what} FROM exceptions ORDER BY name").fetchall()

        expired = [("exception.expired", "last")]
        agent, told = start(3)
        self.assertEqual(told, sorted([*expired, ("exception.expired", "over")]))
        rig.wait_until("what was told is kept", lambda: [bool(one) for one, in remembered("expired")] == [False, True, True])
        [(since,)] = [one for one in remembered("since") if one][:1]
        agent.process.kill()
        agent.process.wait()

        agent, told = start(2)
        self.assertEqual(told, expired)
        agent.stop()
        self.assertEqual(remembered("since")[0], (since,))

        # As a file whose rules were first seen a month ago.
        with sqlite3.connect(store) as db:
            db.execute("UPDATE exceptions SET since = since - 31 * 86400000000000")
        agent, told = start(1)
        self.assertEqual(told, [*expired, ("exception.unused", "idle")])
        rig.wait_until("what was told is kept", lambda: remembered("told")[0][0] > 0)
        agent.process.kill()
        agent.process.wait()

        agent, told = start(0)
        self.assertEqual(told, expired)
        agent.stop()


if __name__ == "__main__":
    unittest.main()
