# SPDX-License-Identifier: Apache-2.0
"""An agent that comes late, and its three sources: the first sweep, events, later sweeps."""
import time
import unittest

import rig
from agent import Agent, of_scan, scan
from container import HOST, Container
from kubelet import Kubelet
from pod import Pod

QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]


class Start(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)

    def everything(self):
        """One of each cause, one AI pod that shares nothing."""
        declared = Pod("ml", owner=("StatefulSet", "vllm"), host_network=True)
        joined = Pod("ml", "drifter", privileged=True)
        thread = Pod("ml", "threaded", privileged=True)
        quiet = Pod("ml", "own-netns")
        self.kubelet.add(declared, joined, thread, quiet)
        mounts = [(self.rig.host_netns_file(), "/run/hostnet", "ro")]
        Container(self.rig, QWEN, pod=declared).start()
        Container(self.rig, ["joiner", "/run/hostnet", "exec", "sleep", "600"], pod=joined, mounts=mounts).start().said("joined")
        Container(self.rig, ["joiner", "/run/hostnet", "thread"], pod=thread, mounts=mounts).start().said("joined")
        Container(self.rig, QWEN, pod=quiet).start()
        rogue = Container(self.rig, QWEN, cgroup="/rogue/rogue1", id="rogue1", netns=HOST).start()
        self.kubelet.publish()
        return {"declared": declared, "joined": joined, "thread": thread, "rogue": rogue}, quiet

    def test_everything_runs_already(self):
        some, quiet = self.everything()
        agent = Agent(self.rig, *self.kubelet.options(), "--unmanaged-grace", "1s").ready()
        wanted = {"declared": "declared", "joined": "joined", "thread": "joined", "rogue": "unmanaged"}
        ids = {}
        for name, who in some.items():
            found = agent.wait_finding(who, cause=wanted[name], timeout=30)
            self.assertEqual(found["state"], "open")
            ids[name] = found["id"]
        self.assertEqual(len(set(ids.values())), len(ids))
        time.sleep(3.5)  # three sweeps more
        for name, who in some.items():
            self.assertEqual({event["finding"]["id"] for event in agent.about(who, "finding.")}, {ids[name]}, name)
            self.assertEqual(len(agent.about(who, "finding.opened")), 1, name)
            self.assertEqual(agent.about(who, "finding.resolved"), [], name)
        self.assertEqual(agent.mentions(quiet.uid), [])
        # A scan, which knows nothing but this moment, agrees.
        code, document, _ = scan(*self.kubelet.options(), "--unmanaged-grace", "1s")
        self.assertEqual(code, 1)
        for name, who in some.items():
            self.assertEqual([(one["id"], one["cause"]) for one in of_scan(document, who)], [(ids[name], wanted[name])], name)
        self.assertEqual(of_scan(document, quiet) + of_scan(document, quiet, "sharing"), [])
        agent.stop()
        # So does the next agent, under the same ids.
        again = Agent(self.rig, *self.kubelet.options(), "--unmanaged-grace", "1s").ready()
        for name, who in some.items():
            self.assertEqual(again.wait_finding(who, cause=wanted[name], timeout=30)["id"], ids[name], name)
        again.stop()

    def test_one_finding_whoever_saw_it(self):
        """Starts during the agent's start: some are seen by the sweep, some by events, some by both."""
        some = [self.kubelet.add(Pod("ml", f"race-{number}", host_network=True)) for number in range(12)]
        for pod in some[:4]:
            Container(self.rig, QWEN, pod=pod).start()
        agent = Agent(self.rig, *self.kubelet.options())
        for pod in some[4:]:
            Container(self.rig, QWEN, pod=pod).start()
        self.kubelet.publish()
        for pod in some:
            agent.wait_finding(pod, cause="declared")
        time.sleep(2.5)
        for pod in some:
            self.assertEqual(len(agent.about(pod, "finding.opened")), 1)
            self.assertEqual(len({event["finding"]["id"] for event in agent.about(pod, "finding.")}), 1)
        agent.stop()

    def test_events_alone(self):
        """With the next sweep far away an event is enough, for coming and for going."""
        agent = Agent(self.rig, *self.kubelet.options(), sweep="10m").ready()
        pod = self.kubelet.add(Pod("ml", "evented", host_network=True))
        box = Container(self.rig, QWEN, pod=pod).start()
        self.kubelet.publish()
        agent.wait_finding(pod, "opened")
        agent.wait_finding(pod, cause="declared")
        box.kill()
        agent.wait_resolved(pod)
        agent.stop()

    def test_clean_node(self):
        """A node without findings of ours passes, in a word."""
        quiet = self.kubelet.add(Pod("ml", "own-netns"))
        Container(self.rig, QWEN, pod=quiet).start()
        self.kubelet.publish()
        code, document, _ = scan(*self.kubelet.options())
        self.assertTrue(document["complete"], document.get("incomplete"))
        self.assertEqual(of_scan(document, quiet) + of_scan(document, quiet, "sharing"), [])
        # Somebody else's AI container may share this machine's network.
        clean = not document["findings"]
        self.assertEqual((code, document["passed"]), (0 if clean else 1, clean))


if __name__ == "__main__":
    unittest.main()
