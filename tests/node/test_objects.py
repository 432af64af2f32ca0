# SPDX-License-Identifier: Apache-2.0
"""What the agent writes to the API server, and what `audit --with-runtime cluster` reads there: report objects and Events of real
containers, in a stand-in that checks each against its schema and each request against the rights that the chart grants."""
import json
import subprocess
import time
import unittest

import rig
from agent import Agent, check_schema, environment
from container import Container
from kubelet import Kubelet
from objects_standin import ObjectServer, validate
from pod import Pod

VLLM = ["vllm", "serve", "--port", "0"]
AGENT = ["agent-report-objects", "agent-kubernetes-events"]
QUICK = ("--report-interval", "1s", "--report-heartbeat", "2s")


def results(report, policy="ai-workload-host-network"):
    return [one for one in report["results"] if one["policy"] == policy]


class Objects(rig.NodeTest):
    def serve(self, accounts=None, **more):
        folder = self.rig.path("api")
        folder.mkdir()
        accounts = accounts or {"agent": AGENT, "auditor": ["audit-with-runtime-cluster"]}
        server = ObjectServer(folder, accounts, **{"nodes": ["rig-node"], **more})
        self.addCleanup(server.stop)
        return server.start()

    def start(self, server, *options, kubelet=None, token="agent", **more):
        kubelet = kubelet or Kubelet(self.rig)
        words = ("--report-objects", "auto", "--kubernetes-events", *QUICK, "--kubeconfig", server.kubeconfig(token), *options)
        return kubelet, Agent(self.rig, *kubelet.options(), *words, **more).ready()

    def drift(self, kubelet, namespace="ml", name=""):
        pod = kubelet.add(Pod(namespace, name, privileged=True, owner=("StatefulSet", "vllm")))
        box = Container(self.rig, ["joiner", "/run/hostnet", "exec", *VLLM], pod=pod,
                        mounts=[(self.rig.host_netns_file(), "/run/hostnet", "ro")]).start()
        kubelet.publish()
        return pod, box

    def audit(self, server, *words, code):
        done = subprocess.run([str(word) for word in (rig.HOSTNETD, "audit", "--output", "json", "--with-runtime", "cluster",
                                                      "--kubeconfig", server.kubeconfig("auditor"), *words)],
                              capture_output=True, text=True, timeout=60, check=False, env=environment())
        self.assertEqual(done.returncode, code, done.stdout[-3000:] + done.stderr)
        document = json.loads(done.stdout)
        check_schema("audit.v1.json", document)
        return document

    def own(self, server, what="the node's own report", when=lambda report: True):
        return rig.wait_until(what, lambda: next(filter(when, server.reports()), None), 30)

    def test_comes_goes_and_falls_silent(self):
        """Found: a report, an Event, exit 1. Resolved: a pass, an Event, exit 0. A node without a report, or with one that is too
        old since its agent has ended: exit 2."""
        server = self.serve()
        kubelet, agent = self.start(server)
        pod, box = self.drift(kubelet)
        finding = agent.wait_finding(pod, cause="joined")
        report = rig.wait_until("a report of ml", lambda: server.reports("ml"), 30)[0]
        self.assertEqual((report["kind"], report["summary"]["fail"]), ("Report", 1))
        owner = report["metadata"]["ownerReferences"][0]
        self.assertEqual((owner["kind"], owner["name"], owner["uid"]), ("Node", "rig-node", "uid-of-rig-node"))
        self.assertEqual(report["metadata"]["labels"], {"app.kubernetes.io/managed-by": "hostnetd", "hostnetd.io/node": "rig-node"})
        result = results(report)[0]
        self.assertEqual((result["result"], result["severity"], result["resources"][0]["uid"]), ("fail", "critical", pod.uid))
        self.assertEqual(result["properties"]["finding"], finding["id"])
        event = rig.wait_until("an Event", server.events, 30)[0]
        self.assertEqual((event["type"], event["reason"], event["regarding"]["uid"], event["related"]["name"]),
                         ("Warning", "HostNetworkShared", pod.uid, "rig-node"))
        self.own(server, "its claim", lambda one: "ml=1.0.0" in one["metadata"]["annotations"]["hostnetd.io/findings"])
        document = self.audit(server, code=1)
        stray = document["runtime"]["runningNotDeclared"][0]
        self.assertEqual((stray["pod"]["uid"], stray["cause"], stray["workload"]["name"]), (pod.uid, "joined", "vllm"))
        self.assertEqual(document["notCovered"], [])
        box.kill()
        agent.wait_resolved(pod)
        rig.wait_until("a pass", lambda: results(server.reports("ml")[0])[0]["result"] == "pass", 30)
        rig.wait_until("another Event", lambda: "HostNetworkLeft" in [one["reason"] for one in server.events()], 30)
        self.own(server, "nothing claimed", lambda one: "ml=0.0.0" in one["metadata"]["annotations"]["hostnetd.io/findings"])
        self.audit(server, code=0)
        server.stored["/api/v1/nodes/silent"] = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "silent", "uid": "s"}}
        gap = self.audit(server, code=2)["notCovered"]
        self.assertEqual([(one["what"], "no report object" in one["why"]) for one in gap], [("node silent", True)])
        del server.stored["/api/v1/nodes/silent"]
        agent.stop()
        time.sleep(3)
        self.audit(server, "--runtime-max-age", "10m", code=0)
        gap = self.audit(server, "--runtime-max-age", "2s", code=2)["notCovered"]
        self.assertEqual([one["what"] for one in gap], ["node rig-node"])
        self.assertIn("old", gap[0]["why"])
        self.assertEqual(server.problems, [])

    def test_changed_by_others(self):
        """Whoever may write reports in a namespace takes a finding away, or brings one: no pass."""
        server = self.serve()
        kubelet, agent = self.start(server, "--report-heartbeat", "1h")
        self.drift(kubelet)
        rig.wait_until("a report", lambda: server.reports("ml"), 30)
        self.own(server, "its claim", lambda one: "ml=1.0.0" in one["metadata"]["annotations"]["hostnetd.io/findings"])
        agent.stop()
        report = server.reports("ml")[0]
        path = next(path for path, one in server.stored.items() if one is report)
        whole = json.dumps(report)
        self.assertEqual(len(results(report)), 1, whole)
        for change in (None, lambda one: one.update(results=[]),
                       lambda one: one["results"][0]["properties"].update(verdict="not-ai"),
                       lambda one: one["results"][0]["properties"].update(state="resolved"),
                       lambda one: one["results"][0]["resources"][0].update(namespace="other")):
            if change:
                server.stored[path] = json.loads(whole)
                change(server.stored[path])
            else:
                del server.stored[path]
            gap = self.audit(server, code=2)["notCovered"]
            self.assertEqual([one["what"] for one in gap], ["node rig-node"])
        server.stored[path] = json.loads(whole)
        self.assertEqual(self.audit(server, code=1)["notCovered"], [], (path, whole))
        forged = json.loads(whole)
        forged["metadata"]["name"] = "hostnetd-forged"
        server.stored[path.replace(report["metadata"]["name"], "hostnetd-forged")] = forged
        self.assertIn("no agent's", self.audit(server, code=1)["notCovered"][0]["why"])

    def test_restart_adopts(self):
        """What a former run left, and does not hold any more, turns."""
        server = self.serve(kinds=["wgpolicyk8s"], early=True)
        kubelet, agent = self.start(server)
        _, box = self.drift(kubelet)
        rig.wait_until("a report", lambda: server.reports("ml"), 30)
        self.own(server, "its claim", lambda one: "ml=1.0.0" in one["metadata"]["annotations"]["hostnetd.io/findings"])
        self.assertEqual(results(server.reports("ml")[0])[0]["severity"], "high")  # early CRDs know no critical
        self.assertEqual(results(server.reports("ml")[0])[0]["properties"]["severity"], "critical")
        agent.process.kill()
        agent.process.wait()
        box.kill()
        self.start(server, kubelet=kubelet)
        rig.wait_until("a pass", lambda: results(server.reports("ml")[0])[0]["result"] == "pass", 30)

    def test_refused_and_slow(self):
        """403 and a missing group are said once, with how to mend; 429 and 503 are waited out; detection goes on all the while."""
        server = self.serve(accounts={"agent": ["agent-kubernetes-events"]})
        kubelet, agent = self.start(server)
        agent.wait_log("Grant it in the agent's ClusterRole")
        pod, _ = self.drift(kubelet)
        agent.wait_finding(pod, cause="joined")
        rig.wait_until("an Event all the same", server.events, 30)
        self.assertEqual(agent.log.count("report objects are not written"), 1)
        agent.stop()
        server.accounts["agent"] = AGENT
        answers = [(429, "TooManyRequests", "later", "Retry-After: 1\r\n"), (503, "ServiceUnavailable", "later"),
                   (409, "Conflict", "the object has been modified")]
        server.deny = lambda verb, resource, namespace: answers.pop() if verb == "patch" and answers else None
        self.start(server, kubelet=kubelet)
        rig.wait_until("a report", lambda: server.reports("ml"), 40)
        self.assertEqual(answers, [])

    def test_no_group(self):
        server = self.serve(kinds=[])
        self.assertIn("serves no report objects", json.dumps(self.audit(server, code=2)["notCovered"]))


class Goldens(unittest.TestCase):
    """What the unit tests render of every kind of finding, and of hostile names, is what the API server takes."""

    def test_schema(self):
        for name, schema in (("report_objects", None), ("kube_events", "events.k8s.io")):
            lines = (rig.REPO / "tests/unit/report/golden" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
            self.assertGreater(len(lines), 5)
            for line in lines:
                document = json.loads(line)
                self.assertIsNone(validate(schema or document["apiVersion"].split("/")[0], document), line[:300])

    def test_the_schema_can_fail(self):
        line = (rig.REPO / "tests/unit/report/golden/report_objects.jsonl").read_text(encoding="utf-8").splitlines()[0]
        for change in (lambda one: one.update(more=1), lambda one: one["results"][0].update(result="failed"),
                       lambda one: one["results"][0].pop("policy"), lambda one: one["results"][0]["timestamp"].pop("nanos"),
                       lambda one: one["results"][0]["properties"].update(n=1), lambda one: one["metadata"].update(name="A_"),
                       lambda one: one["metadata"]["labels"].update(x="a b")):
            document = json.loads(line)
            change(document)
            self.assertIsNotNone(validate("openreports.io", document))
