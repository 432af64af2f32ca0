# SPDX-License-Identifier: Apache-2.0
"""Maps that are full and rings that are busy: who is known stays known."""
import subprocess
import unittest

import drift
import hierarchy
import rig
from agent import of_scan, scan
from container import Container
from pod import Pod

HOMES = 2048  # as bpf/common.bpf.h has it
NOISE_SECONDS = 5


class Homes(drift.Watched):
    """The map of containers' cgroups, pushed through by more containers than fit."""
    sweep = "500ms"

    def crowd(self):
        """A short process in each of many cgroups of a pod."""
        pod = Pod("ml", "crowd")
        hierarchy.make(self.rig, pod.cgroup)
        watched = next((root for root in hierarchy.roots() if root.name == "pids"), hierarchy.roots()[0])
        done = subprocess.run([rig.program("homes"), str(HOMES + 500), watched / pod.cgroup.lstrip("/")], check=True,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout, f"done {HOMES + 500}\n")
        return pod

    def test_full(self):
        """One that joined before stays found; one that only ran before leaves its cgroup afterwards and joins: its name is known
        still."""
        before, box = self.start(["joiner", "/run/hostnet", "stay"])
        box.said("joined")
        first = self.agent.wait_finding(before, cause="joined")
        roots = " ".join("/cg/" + str(root.relative_to("/sys/fs/cgroup")) for root in hierarchy.roots())
        waits = f"while ! [ -e /meet/go ]; do sleep 0.1; done; exec evade away {roots}"
        later, late = self.start(["sh", "-c", waits], mounts=[("/sys/fs/cgroup", "/cg", "rw"), (self.rig.dir, "/meet", "ro")])
        mark = self.agent.mark()
        crowd = self.crowd()
        self.rig.path("go").touch()
        late.said("joined")
        self.expect(later, late, seen_by_scan=False)
        self.assertEqual(self.agent.about(before, "finding.resolved", since=mark), [])
        self.assertIn(first["id"], self.agent.open_findings())
        _, document, _ = scan(*self.kubelet.options())
        self.assertEqual([one["id"] for one in of_scan(document, before)], [first["id"]])
        self.assertEqual(self.agent.mentions(crowd.uid), [])


class Noise(drift.Watched):
    """Programs that are executed as fast as two cores can, in the host netns: by a pod, and by the host beside it."""
    sweep = "2s"

    def test_noise(self):
        noisy, leaves, comes = (self.add(name, host_network=True) for name in ("noisy", "leaves", "comes"))
        quiet = self.add("quiet")
        joins = self.add("joins")
        old = self.run_in(leaves, ["vllm", "serve", "--port", "0"])
        self.agent.wait_finding(leaves, cause="declared")
        mark = self.agent.mark()
        outside = self.rig.spawn([rig.program("noise"), str(NOISE_SECONDS), "2"], stdout=subprocess.PIPE, text=True)
        inside = self.run_in(noisy, ["noise", NOISE_SECONDS, 2])
        old.kill()
        Container(self.rig, ["vllm", "serve", "--port", "0"], pod=quiet).start()
        self.run_in(comes, ["vllm", "serve", "--port", "0"])
        self.run_in(joins, ["joiner", "/run/hostnet", "thread"]).said("joined")
        rates = [inside.said("rate", 30), int(outside.stdout.readline().split()[1])]
        for pod, cause in ((noisy, "declared"), (comes, "declared"), (joins, "joined")):
            self.agent.wait_finding(pod, cause=cause, since=mark)
        self.agent.wait_resolved(leaves, since=mark)
        lost = sum(event["count"] for _, event in self.agent.events[mark:] if event.get("type") == "agent.lost")
        print(f"     {rates[0]} exec/s in the pod, {rates[1]} outside; {lost} events told as lost")
        self.assertGreater(min(rates), 100)
        self.assertEqual(self.agent.mentions(quiet.uid), [])
        mine = {pod.uid: pod.name for pod in (noisy, leaves, comes, quiet, joins)}
        still = {mine.get(one["pod"]["uid"]) for one in self.agent.open_findings().values()} - {None}
        self.assertEqual(still, {"noisy", "comes", "joins"})
        inside.kill()
        self.agent.wait_resolved(noisy, since=mark)


if __name__ == "__main__":
    unittest.main()
