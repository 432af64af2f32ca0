# SPDX-License-Identifier: Apache-2.0
"""Pods that say hostNetwork: true."""
import unittest

import pod as pods
import rig
from agent import Agent, about, of_scan, scan
from container import Container
from kubelet import Kubelet
from pod import Pod, Spec

QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]


class Declared(rig.NodeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kubelet = Kubelet(cls.shared)
        cls.agent = Agent(cls.shared, *cls.kubelet.options()).ready()

    def add(self, *args, **more):
        pod = self.kubelet.add(Pod(*args, **more))
        self.addCleanup(self.kubelet.remove, pod)
        return pod

    def start(self, pod, args, **more):
        box = Container(self.rig, args, pod=pod, **more).start()
        self.kubelet.publish()
        return box

    def test_opened_then_resolved(self):
        """From the kernel's event to the line and back, and the scan says the same under the same id."""
        pod = self.add("ml", owner=("StatefulSet", "vllm"), host_network=True)
        box = self.start(pod, QWEN)
        first = self.agent.wait_finding(pod, "opened")
        self.assertEqual(first["pod"]["uid"], pod.uid)
        known = self.agent.wait_finding(pod, cause="declared", pod__name=pod.name,
                                        containers=lambda all: any(one.get("name") == "server" for one in all))
        self.assertEqual(known["id"], first["id"])
        self.assertEqual((known["state"], known["severity"], known["way"]), ("open", "high", "namespace"))
        self.assertEqual(known["workload"], pod.workload)
        self.assertEqual(known["control"], "ai-workload-host-network")
        self.assertEqual((known["pod"]["namespace"], known["pod"]["hostNetwork"]), ("ml", True))
        self.assertEqual((known["ai"]["verdict"], known["ai"]["product"]), ("ai", "vllm"))
        self.assertEqual([one["id"] for one in known["containers"]], [box.id])
        self.assertEqual(known["containers"][0]["image"], pods.VLLM)
        self.assertEqual([one["argv"] for one in known["processes"] if one["pid"] == box.pid], [QWEN])
        self.assertTrue([one["ancestors"][0]["pid"] for one in known["processes"] if one["pid"] == box.pid])
        self.assertTrue(known["remediation"])

        code, document, _ = scan(*self.kubelet.options())
        self.assertEqual((code, document["passed"]), (1, False))
        self.assertTrue(document["complete"], document.get("incomplete"))
        self.assertEqual(document["hostNetns"], rig.own_netns())
        found = of_scan(document, pod)
        self.assertEqual([(one["id"], one["cause"]) for one in found], [(first["id"], "declared")])
        self.assertTrue(of_scan(document, pod, "sharing"))

        box.kill()
        resolved = self.agent.wait_resolved(pod)
        self.assertEqual(resolved["id"], first["id"])
        self.assertIn("resolvedAt", resolved)
        _, document, _ = scan(*self.kubelet.options())
        self.assertEqual(of_scan(document, pod), [])

    def test_returns_under_its_id(self):
        pod = self.add("ml", "restarted", host_network=True)
        box = self.start(pod, QWEN)
        first = self.agent.wait_finding(pod, "opened")
        self.assertEqual(first["occurrences"], 1)
        box.kill()
        self.agent.wait_resolved(pod)
        mark = self.agent.mark()
        self.start(pod, QWEN)
        again = self.agent.wait_finding(pod, "opened", since=mark)
        self.assertEqual((again["id"], again["occurrences"], again["state"]), (first["id"], 2, "open"))

    def test_workloads(self):
        """The owner that a person deployed, for every kind of it."""
        owners = [("Deployment", "tgi"), ("DaemonSet", "embedder"), ("Job", "train"), ("CronJob", "embed-nightly"),
                  ("RayCluster", "ray"), None]
        some = [self.add("ml", owner=owner, host_network=True) for owner in owners]
        for pod in some:
            self.start(pod, QWEN)
        for pod in some:
            found = self.agent.wait_finding(pod, workload=lambda value: value is not None)
            self.assertEqual(found["workload"], pod.workload)
            self.assertEqual(found["cause"], "declared")

    def test_pod_is_the_unit(self):
        """Two containers are one finding, which ends with the last of them."""
        specs = [Spec("server"), Spec("sidecar", image=pods.NGINX)]
        pod = self.add("ml", "two", host_network=True, specs=specs)
        server = self.start(pod, QWEN, spec="server")
        sidecar = self.start(pod, ["sleep", "100"], spec="sidecar")
        both = self.agent.wait_finding(pod, containers=lambda all: {one.get("name") for one in all} == {"server", "sidecar"})
        self.assertEqual(len({event["finding"]["id"] for event in self.agent.about(pod, "finding.")}), 1)
        mark = self.agent.mark()
        server.kill()
        _, document, _ = scan(*self.kubelet.options())
        self.assertEqual([one["id"] for one in of_scan(document, pod)], [both["id"]])
        self.assertEqual(self.agent.about(pod, "finding.resolved", since=mark), [])
        sidecar.kill()
        self.assertEqual(self.agent.wait_resolved(pod)["id"], both["id"])

    def test_static_pod(self):
        pod = self.add("kube-system", "static-tgi-rig-node", host_network=True, static=True)
        self.start(pod, QWEN)
        found = self.agent.wait_finding(pod, cause="declared")
        self.assertEqual((found["pod"]["uid"], found["pod"]["static"]), (pod.uid, True))

    def test_static_pod_is_edited(self):
        """Its uid is a hash of its manifest: an edit makes another pod of the same name, the edit undone the first one again."""
        first = self.add("kube-system", "static-edited-rig-node", host_network=True, static=True)
        box = self.start(first, QWEN)
        one = self.agent.wait_finding(first, cause="declared")
        box.kill()
        box.delete()
        self.kubelet.remove(first)
        self.agent.wait_resolved(first)
        second = self.add("kube-system", first.name, host_network=True, static=True)
        box = self.start(second, QWEN)
        other = self.agent.wait_finding(second, cause="declared")
        self.assertNotEqual(other["id"], one["id"])
        box.kill()
        box.delete()
        self.kubelet.remove(second)
        self.agent.wait_resolved(second)
        mark = self.agent.mark()
        self.kubelet.add(first)
        self.start(first, QWEN)
        again = self.agent.wait_finding(first, "opened", since=mark)
        self.assertEqual((again["id"], again["occurrences"]), (one["id"], 2))

    def test_mirror_pod(self):
        """A mirror has a uid of its own in the API; the kubelet and the cgroup have the static pod's: one pod, one finding."""
        pod = self.add("kube-system", "static-mirrored-rig-node", host_network=True, static=True)
        mirror = self.add("kube-system", pod.name, host_network=True)
        self.start(pod, QWEN)
        self.agent.wait_finding(pod, cause="declared", pod__name=pod.name)
        self.assertEqual(self.agent.mentions(mirror.uid), [])

    def test_init_and_ephemeral(self):
        """A container that runs once before the others, and one that a person adds later."""
        specs = [Spec("fetch", kind="init"), Spec("server"), Spec("debug", image=pods.NGINX, kind="ephemeral")]
        pod = self.add("ml", "kinds", host_network=True, specs=specs)
        for spec, kind in (("fetch", "init"), ("debug", "ephemeral")):
            box = self.start(pod, ["sleep", "600"], spec=spec)
            def is_it(all, want=(spec, kind)):
                return want in [(one.get("name"), one.get("type")) for one in all]
            self.agent.wait_finding(pod, cause="declared", containers=is_it)
            box.kill()
            self.agent.wait_resolved(pod, since=self.agent.mark() - 1)

    def test_not_ai(self):
        """It shares and is listed, and it is no finding."""
        pod = self.add("monitoring", owner=("DaemonSet", "node-exporter"), host_network=True, image=pods.NODE_EXPORTER)
        box = self.start(pod, ["nginx", "--port", "0"])
        self.agent.wait(lambda event: event["type"] == "container.joined" and box.id in str(event), "container.joined")
        _, document, _ = scan(*self.kubelet.options())
        rows = of_scan(document, pod, "sharing")
        self.assertEqual([(row["cause"], row["ai"]["verdict"]) for row in rows], [("declared", "not-ai")])
        self.assertEqual(rows[0]["workload"], pod.workload)
        self.assertEqual(of_scan(document, pod), [])
        box.kill()
        self.agent.wait(lambda event: event["type"] == "container.left" and box.id in str(event), "container.left")
        self.assertEqual(self.agent.about(pod, "finding."), [])

    def test_qos_classes(self):
        for qos in ("guaranteed", "burstable"):
            pod = self.add("ml", f"of-{qos}", host_network=True, qos=qos)
            self.start(pod, QWEN)
            self.assertTrue(about(self.agent.wait_finding(pod, cause="declared"), pod))

    def test_hostile_names(self):
        """Newlines and escapes in argv stay inside one line of JSON."""
        pod = self.add("ml", "hostile", host_network=True)
        evil = ["vllm", "serve", 'a\n{"schema":"x"}\x1b[2J', "--api-key", "sk-very-secret-0123456789", "--port", "0"]
        self.start(pod, evil)
        found = self.agent.wait_finding(pod, cause="declared", processes=bool)
        self.assertIn(evil[2], found["processes"][0]["argv"])
        self.assertEqual(self.agent.mentions("sk-very-secret"), [])

    def test_zz_agent_ends_well(self):
        self.agent.stop()


if __name__ == "__main__":
    unittest.main()
