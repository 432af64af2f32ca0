# SPDX-License-Identifier: Apache-2.0
"""What one tier sees that another does not: with every sweep an hour away, only a hook can tell."""
import os
import subprocess
import unittest

import drift
import hierarchy
import pod as pods
import rig
from agent import doctor, of_scan, scan


class Tier(drift.Watched):
    sweep, privileged = "1h", False

    def start_32_bits(self):
        if not rig.serves_32_bit_calls():
            self.skipTest("int $0x80 ends its caller on this kernel: nobody can come that way")
        pod, box = self.start(["evade", "int80"], privileged=True)
        box.said("joined")
        return pod


class EverySystemCall(Tier):
    options = ("--netns-hook", "tp_btf")

    def test_call_of_32_bits(self):
        pod = self.start_32_bits()
        self.agent.wait_finding(pod, cause="joined")


class OneSystemCall(Tier):
    """The tier that this kind of node gets by itself."""
    options = ("--netns-hook", "tracepoint")

    def test_joined(self):
        pod, box = self.start(["joiner", "/run/hostnet", "stay"], privileged=True)
        box.said("joined")
        self.agent.wait_finding(pod, cause="joined")

    def test_call_of_32_bits_is_not_seen(self):
        """Said so by doctor, and found by a sweep: here by a scan."""
        pod = self.start_32_bits()
        after, _ = self.start(["joiner", "/run/hostnet", "stay"], privileged=True)
        self.agent.wait_finding(after, cause="joined")
        self.assertEqual(self.agent.mentions(pod.uid), [])
        _, document, _ = scan(*self.kubelet.options())
        self.assertEqual([one["cause"] for one in of_scan(document, pod)], ["joined"])

    def test_exec_by_another_thread(self):
        """It becomes the leader, and the old one's mark is gone with it."""
        pod = self.add(host_network=True)
        self.kubelet.publish()
        cgroup = hierarchy.make(self.rig, f"{pod.cgroup}/{pods.hex_id()}")
        where = ",".join(f"{directory}/cgroup.procs" for directory in hierarchy.directories(cgroup))
        self.rig.spawn([rig.program("thread_exec"), where, rig.rootfs(), "/bin/sleep", "600"])
        self.agent.wait_finding(pod, cause="declared")


class NoNetnsHook(Tier):
    """Sockets give away who came unseen."""
    options = ("--netns-hook", "none")

    def test_first_socket(self):
        pod, box = self.start(["borrow", "/run/hostnet", "udp"], privileged=True)
        box.said("borrowed")
        self.agent.wait_finding(pod, cause="joined")


class Datagrams(Tier):
    options = ("--metadata-address", "127.0.0.98")

    def test_port_is_told_at_once(self):
        pod, box = self.start(["datagram", "listen", "47011"], host_network=True)
        box.said("ready")
        found = self.agent.wait_finding(pod, network__listening=bool)
        self.assertEqual([(one["protocol"], one["port"]) for one in found["network"]["listening"]], [("udp", 47011)])

    def test_port_of_a_client_is_none(self):
        """What only sends has a port as well: the kernel chose it."""
        pod, box = self.start(["datagram", "send", "127.0.0.1", "9"], host_network=True)
        box.said("ready")
        self.agent.wait_finding(pod, cause="declared")
        last, box = self.start(["datagram", "listen", "47012"], host_network=True)
        self.agent.wait_finding(last, network__listening=bool)
        found = [one for one in self.agent.open_findings().values() if one["pod"]["uid"] == pod.uid]
        self.assertEqual([one["network"]["listening"] for one in found], [[]])

    def test_metadata_by_datagram(self):
        pod, box = self.start(["datagram", "send", "127.0.0.98", "53"], host_network=True)
        box.said("ready")
        found = self.agent.wait_finding(pod, network__metadataAccess=bool)
        self.assertEqual([one["address"] for one in found["network"]["metadataAccess"]], ["127.0.0.98"])


class AbstractSockets(Tier):
    def serve(self):
        name = f"hostnetd-test-{os.getpid()}"
        server = subprocess.Popen([rig.program("datagram"), "serve", name], stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.assertEqual(server.stdout.readline(), "ready 0\n")
        return name

    def seen(self, pod):
        _, document, _ = scan(*self.kubelet.options())
        (found,) = of_scan(document, pod)
        return [one["name"] for one in found["network"].get("abstractAccess", [])]

    def test_service_of_the_node(self):
        name = self.serve()
        pod, box = self.start(["datagram", "call", name], host_network=True)
        box.said("ready")
        self.assertEqual(self.seen(pod), ["@" + name])

    def test_own_service_is_none(self):
        """A desktop's or a message bus's within the pod: nothing of the node's."""
        pod, server = self.start(["datagram", "serve", "own"], host_network=True)
        server.said("ready")
        self.run_in(pod, ["datagram", "call", "own"]).said("ready")
        self.assertEqual(self.seen(pod), [])


class Doctor(rig.NodeTest):
    def test_every_hook_ran(self):
        """An attach that succeeds proves nothing: what doctor calls good has been made to fire."""
        _, report = doctor("--pods-file", os.devnull)
        hooks = {one["name"]: one for one in report["checks"] if one["name"].startswith("hook ")}
        for name in ("cgroup", "fork", "exec", "exit", "socket", "netns", "datagram"):
            one = hooks[f"hook {name}"]
            self.assertEqual((one["status"], "it ran when tried" in one["found"]), ("ok", True), one)

    def test_what_a_tier_costs_and_misses(self):
        rows = {"tracepoint": ("ok", "30 ns"), "tp_btf": ("ok", "70 ns"), "none": ("degraded", "first socket or a sweep")}
        for way, (status, words) in rows.items():
            _, report = doctor("--netns-hook", way, "--pods-file", os.devnull)
            (one,) = [one for one in report["checks"] if one["name"] == "hook netns"]
            self.assertEqual((one["status"], words in one["found"]), (status, True), one)

    def test_nothing_costly_by_itself(self):
        _, report = doctor("--netns-hook", "free", "--pods-file", os.devnull)
        (one,) = [one for one in report["checks"] if one["name"] == "hook netns"]
        self.assertNotIn("system call", one["found"])


if __name__ == "__main__":
    unittest.main()
