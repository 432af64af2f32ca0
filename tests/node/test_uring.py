# SPDX-License-Identifier: Apache-2.0
"""io_uring's workers: threads that the kernel makes for a process, in the netns of the thread that submits, and that no system
call ever switches."""
import os
import unittest

import drift
import rig
from agent import of_scan, scan


class Workers(drift.Watched):
    sweep = "2s"

    def enter(self, way, said):
        pod, box = self.start(["uring", way])
        rig.wait_until("the ring answers", lambda: len(box.output.split()) == 2)
        if box.output.startswith("errno"):
            self.skipTest(f"io_uring is refused here: {os.strerror(box.said('errno'))}")
        return pod, box, box.said(said)

    def test_worker_stays(self):
        """The thread that entered is home again; what it left behind is a thread of the process like any other."""
        pod, box, _ = self.enter("worker", "worker")
        workers = {name: rig.netns_of(box.pid, name) for name in os.listdir(f"/proc/{box.pid}/task")}
        self.assertEqual(list(workers.values()).count(rig.own_netns()), 1, workers)
        self.expect(pod, box)
        _, document, _ = scan(*self.kubelet.options())
        (found,) = of_scan(document, pod)
        self.assertEqual([(one["pid"], one["threadsInHostNetns"]) for one in found["processes"]], [(box.pid, 1)])

    def test_socket_of_a_worker(self):
        pod, box, port = self.enter("socket", "borrowed")
        self.expect(pod, box, cause="socket")
        _, document, _ = scan(*self.kubelet.options())
        (found,) = of_scan(document, pod)
        self.assertEqual([(one["protocol"], one["port"]) for one in found["network"]["listening"]], [("tcp", port)])


if __name__ == "__main__":
    unittest.main()
