# SPDX-License-Identifier: Apache-2.0
"""A kubelet that fails, while the agent runs: findings go on with what is known and are completed later."""
import concurrent.futures
import queue
import time
import unittest

import rig
from agent import Agent, of_scan, scan
from container import Container
from kubelet import Kubelet, PodsFile
from pod import Pod

QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]
# What the agent must say, in its log or its scan, for each fault of the stand-in.
FAULTS = {"401": "401", "403": "nodes/proxy", "403-fine": "nodes/pods", "500": "500", "hang": "", "stall": "", "half": "",
          "garbage": "", "wrong-kind": "", "not-http": "", "redirect": "302", "reset": "", "huge": "", "huge-declared": ""}
MEND = 90  # a request's time limit and the longest back-off that a short failure reaches


class Failing(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)

    def start(self, name, listed=True):
        pod = Pod("ml", name, host_network=True)
        if listed:
            self.kubelet.add(pod)
        Container(self.rig, QWEN, pod=pod).start()
        self.kubelet.publish()
        return pod

    def fails_and_mends(self, fault, says):
        """Known before: stays. New during: opened at once with its uid. After: completed under the same id."""
        before = self.start(f"before-{fault}")
        agent = Agent(self.rig, *self.kubelet.options()).ready()
        known = agent.wait_finding(before, cause="declared", pod__name=before.name)
        self.kubelet.fault(fault)
        mark = agent.mark()
        during = self.start(f"during-{fault}")
        opened = agent.wait_finding(during, "opened", timeout=5, since=mark)
        self.assertEqual(opened["pod"], {"uid": during.uid})
        self.assertNotIn("cause", opened)
        self.assertEqual((opened["state"], opened["severity"], opened["ai"]["product"]), ("open", "high", "vllm"))
        agent.wait_log("kubelet", timeout=30)
        if says:
            agent.wait_log(says, timeout=30)
        # The old list stays in use.
        now = agent.open_findings()[known["id"]]
        self.assertEqual((now["pod"]["name"], now["cause"]), (before.name, "declared"))
        self.assertEqual(agent.about(before, "finding.resolved"), [])
        self.kubelet.fault()
        done = agent.wait_finding(during, cause="declared", pod__name=during.name, timeout=MEND)
        self.assertEqual(done["id"], opened["id"])
        self.assertNotIn("unmanaged", [event["finding"].get("cause") for event in agent.about(during)])
        agent.stop()

    def test_unauthorized(self):
        self.fails_and_mends("401", FAULTS["401"])

    def test_forbidden(self):
        self.fails_and_mends("403", FAULTS["403"])

    def test_hang(self):
        self.fails_and_mends("hang", FAULTS["hang"])

    def test_half_an_answer(self):
        self.fails_and_mends("half", FAULTS["half"])

    def test_garbage(self):
        self.fails_and_mends("garbage", FAULTS["garbage"])

    def test_huge(self):
        self.fails_and_mends("huge", FAULTS["huge"])

    def test_server_error(self):
        self.fails_and_mends("500", FAULTS["500"])

    def test_refused(self):
        """Nobody listens; then the kubelet comes back on its port."""
        agent = Agent(self.rig, *self.kubelet.options()).ready()
        self.kubelet.stop()
        pod = self.start("during-restart")
        opened = agent.wait_finding(pod, "opened", timeout=5)
        self.assertEqual(opened["pod"], {"uid": pod.uid})
        agent.wait_log("refused", timeout=30)
        self.kubelet.start()
        self.assertEqual(agent.wait_finding(pod, cause="declared", timeout=MEND)["id"], opened["id"])
        agent.stop()

    def test_token_rotates(self):
        """The file is read again: a new token works without a restart, an old one is refused."""
        agent = Agent(self.rig, *self.kubelet.options()).ready()
        agent.wait_finding(self.start("first"), cause="declared")
        self.kubelet.hold_token("second-token")
        self.kubelet.accept_token("second-token")
        agent.wait_finding(self.start("second"), cause="declared")
        self.kubelet.accept_token("third-token")
        pod = self.start("third")
        agent.wait_log("401")
        self.assertEqual({event["finding"].get("cause") for event in agent.about(pod, "finding.")}, {None})
        self.kubelet.hold_token("third-token")
        agent.wait_finding(pod, cause="declared", timeout=MEND)
        for token in ("first-token", "second-token", "third-token"):
            self.assertNotIn(token, agent.log)
            self.assertEqual(agent.mentions(token), [])
        agent.stop()

    def test_event_path_is_not_blocked(self):
        """While the kubelet hangs, ten pods in a row are opened, each within a second."""
        agent = Agent(self.rig, *self.kubelet.options()).ready()
        self.kubelet.fault("hang")
        self.start("first-unknown")
        for number in range(10):
            pod = self.start(f"hung-{number}")
            agent.wait_finding(pod, "opened", timeout=5)
        agent.stop()  # and it ends at once, too

    def test_wrong_certificate(self):
        """An authority that did not sign the kubelet's certificate: refused, said, and nothing is a pass."""
        other = Kubelet(self.rig)
        options = self.kubelet.options()
        options[options.index("--kubelet-ca-file") + 1] = other.dir / "ca.crt"
        self.start("unverified")
        code, document, said = scan(*options)
        self.assertIn(code, (1, 2))
        self.assertEqual((document["passed"], document["complete"]), (False, False))
        self.assertIn("certificate", said.lower())
        self.assertNotEqual(document["coverage"]["kubelet"], "ok")
        code, document, _ = scan(*options, "--kubelet-insecure-tls")
        self.assertTrue(document["complete"], document.get("incomplete"))

    def test_scan_of_each_fault(self):
        """No false pass, and a message that helps. Two of them keep a scan waiting: three at a time, each with a kubelet of its own."""
        pod = self.start("scanned")
        kubelets = queue.SimpleQueue()
        for one in (self.kubelet, Kubelet(self.rig), Kubelet(self.rig)):
            kubelets.put(one)

        def scan_of(fault):
            kubelet = kubelets.get()
            kubelet.fault(fault)
            start = time.monotonic()
            try:
                return *scan(*kubelet.options()), time.monotonic() - start
            finally:
                kubelets.put(kubelet)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            answers = {fault: pool.submit(scan_of, fault) for fault in sorted(FAULTS, key=lambda one: one not in ("hang", "stall"))}
        for fault, says in FAULTS.items():
            with self.subTest(fault=fault):
                code, document, said, seconds = answers[fault].result()
                self.assertEqual((document["passed"], document["complete"]), (False, False))
                self.assertTrue(document["incomplete"])
                self.assertEqual(code, 1)  # there is a finding: what runs says AI
                self.assertEqual([(one["pod"], one.get("cause")) for one in of_scan(document, pod)], [({"uid": pod.uid}, None)])
                self.assertIn("kubelet", said.lower())
                self.assertIn(says, said)
                self.assertNotIn("\x1b", said)
                self.assertLess(seconds, 40)


class OtherSources(rig.NodeTest):
    def one_pod(self, source):
        pod = source.add(Pod("ml", owner=("Deployment", "tgi"), host_network=True))
        Container(self.rig, QWEN, pod=pod).start()
        source.publish()
        return pod

    def test_pods_file(self):
        """Read again when it changes."""
        source = PodsFile(self.rig)
        agent = Agent(self.rig, *source.options()).ready()
        for _ in range(2):
            pod = self.one_pod(source)
            found = agent.wait_finding(pod, cause="declared", containers=lambda all: any(one.get("name") for one in all))
            self.assertEqual(found["workload"], pod.workload)
        code, document, _ = scan(*source.options())
        self.assertEqual((code, document["complete"]), (1, True))
        agent.stop()

    def test_read_only_port(self):
        source = Kubelet(self.rig, http=True)
        pod = self.one_pod(source)
        agent = Agent(self.rig, *source.options()).ready()
        self.assertEqual(agent.wait_finding(pod, cause="declared")["workload"], pod.workload)
        agent.stop()

    def test_container_id_comes_later(self):
        """A pod is listed before its container has an id; the name follows soon, without a new event."""
        source = Kubelet(self.rig)
        pod = source.add(Pod("ml", "slow-status", host_network=True))
        agent = Agent(self.rig, *source.options()).ready()
        Container(self.rig, QWEN, pod=pod).start()
        found = agent.wait_finding(pod, cause="declared")
        self.assertEqual([one.get("name") for one in found["containers"]], [None])
        source.publish()
        agent.wait_finding(pod, "updated", containers=lambda all: [one.get("name") for one in all] == ["server"])
        agent.stop()


if __name__ == "__main__":
    unittest.main()
