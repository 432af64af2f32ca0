# SPDX-License-Identifier: Apache-2.0
"""What must never be a finding: the runtime's own work inside the cgroups of ordinary pods. All pods here are AI by their
image and have a netns of their own, so that one helper that is taken for a member is a finding at once."""
import concurrent.futures
import os
import subprocess
import threading
import unittest

import hierarchy
import rig
from agent import Agent, of_scan, scan
from container import NEW, Container
from kubelet import Kubelet
from pod import Pod

STARTS = int(os.environ.get("HN_STARTS", "1000"))
PARALLEL = 4


class Scans(threading.Thread):
    """Scans one after another while a test runs; keeps what they said about pods."""

    def __init__(self, options):
        super().__init__(daemon=True)
        self.options, self.done = options, threading.Event()
        self.documents, self.errors = [], []

    def run(self):
        while not self.done.is_set():
            try:
                self.documents.append(scan(*self.options)[1])
            except Exception as error:  # the test reports it, whatever it is
                self.errors.append(repr(error))
            self.done.wait(0.2)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join(60)


class Quiet(rig.NodeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kubelet = Kubelet(cls.shared)
        cls.control = cls.kubelet.add(Pod("ml", owner=("StatefulSet", "control"), host_network=True))
        Container(cls.shared, ["vllm", "serve", "--port", "0"], pod=cls.control).start()
        cls.kubelet.publish()
        cls.agent = Agent(cls.shared, *cls.kubelet.options(), sweep="1s").ready()
        cls.agent.wait_finding(cls.control, cause="declared")
        cls.netns = [cls.shared.netns() for _ in range(PARALLEL)]

    def setUp(self):
        super().setUp()
        self.pods = [Pod("ml", f"quiet-{number}") for number in range(PARALLEL)]
        self.kubelet.add(*self.pods)
        self.addCleanup(self.kubelet.remove, *self.pods)

    def box(self, worker, args, number=0, **more):
        """Alternates the two ways to a netns: containerd's (join the one that the sandbox holds) and a new one."""
        netns = self.netns[worker] if number % 2 == 0 else NEW
        return Container(self.rig, args, pod=self.pods[worker], netns=netns, **more)

    def in_parallel(self, work, count):
        """`work(worker, number)` `count` times, by as many workers as there are pods."""
        def all_of(worker):
            for number in range(worker, count, PARALLEL):
                work(worker, number // PARALLEL)
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            for future in [pool.submit(all_of, worker) for worker in range(PARALLEL)]:
                future.result()

    def joins(self):
        """A container that does join: the agent saw all that was before it, and it still works."""
        pod = self.kubelet.add(Pod("ml", "joiner", privileged=True))
        self.addCleanup(self.kubelet.remove, pod)
        mounts = [(self.rig.host_netns_file(), "/run/hostnet", "ro")]
        box = Container(self.rig, ["joiner", "/run/hostnet", "stay"], pod=pod, mounts=mounts).start()
        self.kubelet.publish()
        self.agent.wait_finding(pod, cause="joined")
        box.delete()
        self.agent.wait_resolved(pod)

    def silence(self, scans=None):
        """Nothing was said about the pods, in no event and in no scan, while the control pod was always there."""
        self.joins()
        for pod in self.pods:
            self.assertEqual(self.agent.mentions(pod.uid), [])
        self.assertIn(self.control.uid, [one["pod"]["uid"] for one in self.agent.open_findings().values() if one.get("pod")])
        if scans:
            self.assertEqual(scans.errors, [])
            self.assertTrue(scans.documents)
            for document in scans.documents:
                self.assertTrue(of_scan(document, self.control))
                for pod in self.pods:
                    self.assertEqual(of_scan(document, pod) + of_scan(document, pod, "sharing"), [])

    def test_starts(self):
        """A thousand starts with real runc, sweeps every second, scans all the while."""
        def start(worker, number):
            box = self.box(worker, ["true"] if number % 3 else ["sleep", "0.05"], number)
            box.run()
            box.delete()
        with Scans(self.kubelet.options()) as scans:
            self.in_parallel(start, STARTS)
        self.silence(scans)

    def test_exec_probes(self):
        """kubectl exec and exec probes: the runtime enters a running pod's cgroup again and again."""
        boxes = [self.box(worker, ["sleep", "600"], worker).start() for worker in range(PARALLEL)]
        self.kubelet.publish()
        with Scans(self.kubelet.options()) as scans:
            self.in_parallel(lambda worker, number: boxes[worker].exec("true"), max(4, STARTS // 5))
        self.silence(scans)

    def test_runtime_in_other_mount_namespace(self):
        """As on OpenShift, where kubelet and CRI-O live outside PID 1's mount namespace."""
        def start(worker, number):
            box = self.box(worker, ["true"], number, runner=("unshare", "-m"))
            box.run()
            box.delete()
        with Scans(self.kubelet.options()) as scans:
            self.in_parallel(start, max(4, STARTS // 10))
        self.silence(scans)

    def test_crun_start_order(self):
        """Cloned into the cgroup with a mount namespace of its own, in the host netns for 0.8 s."""
        boxes = [self.box(worker, ["sleep", "600"]).start() for worker in range(PARALLEL)]

        def start(worker, _number):
            where = ",".join(map(str, hierarchy.directories(boxes[worker].cgroup)))
            subprocess.run([rig.program("crun_order"), "start", "200", self.netns[worker], rig.rootfs(), where, "/bin/true"],
                           check=True, timeout=60)
        with Scans(self.kubelet.options()) as scans:
            self.in_parallel(start, 20)
        self.silence(scans)

    def test_crun_exec_order(self):
        """In the container's cgroup, in its mount namespace, and in the host netns: all at once for 0.8 s."""
        boxes = [self.box(worker, ["sleep", "600"], worker).start() for worker in range(PARALLEL)]

        def enter(worker, _number):
            where = ",".join(map(str, hierarchy.directories(boxes[worker].cgroup)))
            subprocess.run([rig.program("crun_order"), "exec", "200", str(boxes[worker].pid), "-", where, "/bin/true"],
                           check=True, timeout=60)
        with Scans(self.kubelet.options()) as scans:
            self.in_parallel(enter, 20)
        self.silence(scans)

    def test_crun(self):
        """The real one: starts, and execs into a running container."""
        boxes = [self.box(worker, ["sleep", "600"], worker, runtime="crun").start() for worker in range(PARALLEL)]

        def both(worker, number):
            box = self.box(worker, ["true"], number, runtime="crun")
            box.run()
            box.delete()
            boxes[worker].exec("true")
        with Scans(self.kubelet.options()) as scans:
            self.in_parallel(both, 40)
        self.silence(scans)

    def test_zz_agent_ends_well(self):
        self.agent.stop()


if __name__ == "__main__":
    unittest.main()
