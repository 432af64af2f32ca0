# SPDX-License-Identifier: Apache-2.0
"""Containers with a netns of their own that get into the host's all the same."""
import os
import unittest

import drift
import pod as pods
import rig
from agent import of_scan, scan
from container import Container


class Joined(drift.Watched):
    sweep = "1s"

    def expect(self, pod, box, cause="joined", way="namespace"):
        """A critical finding with this container in it, in the events and in a scan."""
        found = self.agent.wait_finding(pod, cause=cause, way=way,
                                        containers=lambda all: box.id in [one.get("id") for one in all])
        self.assertEqual((found["state"], found["severity"]), ("open", "critical"))
        self.assertEqual((found["pod"]["name"], found["pod"]["hostNetwork"]), (pod.name, False))
        _, document, _ = scan(*self.kubelet.options())
        self.assertEqual([(one["id"], one["cause"]) for one in of_scan(document, pod)], [(found["id"], cause)])
        return found

    def test_with_exec(self):
        pod, box = self.start(["joiner", "/run/hostnet", "exec", "vllm", "serve", "--port", "0"])
        box.said("listening")
        self.expect(pod, box)

    def test_without_exec(self):
        pod, box = self.start(["joiner", "/run/hostnet", "stay"])
        self.assertEqual(box.said("joined"), rig.own_netns())
        self.expect(pod, box)

    def test_one_thread(self):
        """The leader's netns says nothing: only a look at every thread finds it."""
        pod, box = self.start(["joiner", "/run/hostnet", "thread"])
        self.assertEqual(box.said("joined"), rig.own_netns())
        self.assertNotEqual(rig.netns_of(box.pid), rig.own_netns())
        found = self.expect(pod, box)
        mine = [one for one in found["processes"] if one["pid"] == box.pid]
        self.assertEqual([one["threadsInHostNetns"] for one in mine], [1])

    def test_socket_only(self):
        """A thread opens a socket there and goes back at once: nobody is in the host netns, the socket is."""
        pod, box = self.start(["joiner", "/run/hostnet", "socket"])
        port = box.said("listening")
        found = self.expect(pod, box, cause="socket", way="socket")
        self.assertIn(port, [one["port"] for one in found.get("network", {}).get("listening", [])])

    def test_runc_exec(self):
        """The way of a person with `kubectl exec` in a privileged pod."""
        pod, box = self.start(["sleep", "600"])
        rig.wait_until("the container runs", box.processes)
        self.assertEqual(self.agent.about(pod), [])
        box.exec("joiner", "/run/hostnet", "exec", "sleep", "601", detach=True)
        found = self.expect(pod, box)
        self.assertIn(["sleep", "601"], [one["argv"] for one in found["processes"]])

    def test_host_pid(self):
        """nsenter from a pod that sees the host's processes."""
        target = f"/proc/{os.getpid()}/ns/net"
        pod, box = self.start(["nsenter", f"--net={target}", "sleep", "600"], host_pid=True)
        rig.wait_until("nsenter is in", lambda: rig.netns_of(box.pid) == rig.own_netns())
        self.expect(pod, box)

    def test_it_leaves(self):
        """Resolved when it goes back, while its container lives on."""
        pod, box = self.start(["joiner", "/run/hostnet", "visit", "3"])
        box.said("joined")
        self.agent.wait_finding(pod, cause="joined")
        box.said("home")
        self.agent.wait_resolved(pod)
        self.assertTrue(box.processes())

    def test_leader_left_before(self):
        """The thread enters when its leader is a zombie already."""
        pod, box = self.start(["leader_exit", "/run/hostnet"])
        rig.wait_until("the leader is gone", lambda: "alone" in box.output)
        self.expect(pod, box)

    def test_not_ai(self):
        pod, box = self.start(["joiner", "/run/hostnet", "stay"], image=pods.NGINX)
        box.said("joined")
        self.agent.wait(lambda event: event["type"] == "container.joined" and box.id in str(event), "container.joined")
        _, document, _ = scan(*self.kubelet.options())
        self.assertEqual([row["cause"] for row in of_scan(document, pod, "sharing")], ["joined"])
        self.assertEqual(of_scan(document, pod) + self.agent.about(pod, "finding."), [])

    def test_other_netns_is_none(self):
        """Joining some other namespace is not joining the host's."""
        other = self.rig.netns()
        pod = self.add()
        box = Container(self.rig, ["joiner", "/run/hostnet", "stay"], pod=pod, mounts=[(other, "/run/hostnet", "ro")]).start()
        self.kubelet.publish()
        self.assertEqual(box.said("joined"), os.stat(other).st_ino)
        # One that does join, afterwards: its finding proves that the agent had seen all that was before.
        later, joined = self.start(["joiner", "/run/hostnet", "stay"])
        self.expect(later, joined)
        self.assertEqual(self.agent.mentions(pod.uid), [])


if __name__ == "__main__":
    unittest.main()
