# SPDX-License-Identifier: Apache-2.0
"""A few minutes of a busy node under ASan, UBSan and LSan: whatever the agent keeps of pods, findings, answers and failures
is given back. `make SAN=1` builds the program for it."""
import itertools
import os
import time
import unittest

import rig
from agent import Agent
from container import HOST, Container
from kubelet import Kubelet
from pod import Pod

SECONDS = float(os.environ.get("HN_LEAK_SECONDS", "120"))
PROGRAM = rig.OUT / "san" / "hostnetd"
QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0", "--api-key", "sk-not-a-secret"]
FAULTS = ("401", "403", "half", "garbage", "reset", "500", "wrong-kind")


class Leaks(rig.NodeTest):
    def setUp(self):
        super().setUp()
        if not PROGRAM.exists():
            raise AssertionError(f"{PROGRAM.name} with sanitizers is not built: run make SAN=1")
        self.kubelet = Kubelet(self.rig)

    def declared(self, scope, number):
        pod = self.kubelet.add(Pod("ml", f"declared-{number}", host_network=True, labels={"app": f"x{number}"}))
        Container(scope, QWEN, pod=pod).start()
        return pod

    def joined(self, scope, number):
        pod = self.kubelet.add(Pod("ml", f"joined-{number}", privileged=True))
        mounts = [(self.rig.host_netns_file(), "/run/hostnet", "ro")]
        Container(scope, ["joiner", "/run/hostnet", "thread"], pod=pod, mounts=mounts).start().said("joined")
        return pod

    def quiet(self, scope, number):
        pod = self.kubelet.add(Pod("ml", f"quiet-{number}"))
        Container(scope, QWEN, pod=pod).start().exec("true")
        return pod

    def rogue(self, scope, number):
        Container(scope, QWEN, cgroup=f"/rogue/leak{number}", id=f"leak{number}", netns=HOST).start()

    def test_minutes(self):
        agent = Agent(self.rig, *self.kubelet.options(), "--unmanaged-grace", "1s", "--kubelet-interval", "2s",
                      command=[PROGRAM]).ready(60)
        ways = itertools.cycle((self.declared, self.joined, self.quiet, self.rogue))
        end, number, found = time.monotonic() + SECONDS, 0, 0
        while time.monotonic() < end:
            scope = rig.Rig()
            self.addCleanup(scope.close)
            some = [next(ways)(scope, number * 4 + i) for i in range(4)]
            self.kubelet.publish()
            found += bool(agent.wait_finding(some[0], cause="declared", timeout=60))
            if number % 3 == 0:
                self.kubelet.fault(FAULTS[number // 3 % len(FAULTS)])
            if number % 5 == 0:
                self.kubelet.hold_token(f"token-{number}")
                self.kubelet.accept_token(f"token-{number}")
            scope.close()
            self.kubelet.remove(*(pod for pod in some if pod))
            if number % 3 == 0:
                time.sleep(1.5)  # an answer of that kind
                self.kubelet.fault()
            number += 1
        self.assertGreater(found, 5)
        agent.stop()  # exit code 0, and no sanitizer said a word


if __name__ == "__main__":
    unittest.main()
