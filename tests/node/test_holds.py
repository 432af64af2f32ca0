# SPDX-License-Identifier: Apache-2.0
"""What runs in a container speaks where its spec is silent: its program, open accelerator devices, mapped libraries."""
import unittest

import rig
from agent import Agent, of_scan, scan
from container import Container
from kubelet import Kubelet
from pod import Pod

PLAIN = "registry.example.org/team/app:1"
DEVICE = ("--device", "nvidia-uvm", "10:237")  # the number of loop-control: a device that opens on any machine
LIBRARY = ("--library", "libtorch_cuda.so")


def held(finding):
    return {(one["signal"], one["source"], one["value"]) for one in finding["ai"].get("evidence", [])}


class Holds(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)

    def app(self, *args):
        pod = self.kubelet.add(Pod("apps", owner=("Deployment", "app"), host_network=True, image=PLAIN))
        box = Container(self.rig, ["hold", *args], pod=pod).start()
        self.kubelet.publish()
        return pod, box

    def verdict(self, pod):
        """What `scan` says of the one pod: its verdict and its evidence."""
        _, document, _ = scan(*self.kubelet.options())
        found = of_scan(document, pod, "findings") or of_scan(document, pod, "sharing")
        self.assertEqual(len(found), 1)
        return found[0]["ai"]["verdict"], held(found[0])

    def test_a_generic_image_that_runs_a_server(self):
        """Nothing in the spec says AI: the program behind the shell does."""
        pod = self.kubelet.add(Pod("apps", owner=("Deployment", "app"), host_network=True, image=PLAIN))
        agent = Agent(self.rig, *self.kubelet.options()).ready()
        box = Container(self.rig, ["sh", "-c", "exec vllm serve Qwen/Qwen3-8B --port 0"], pod=pod).start()
        self.kubelet.publish()
        found = agent.wait_finding(pod, "opened")
        self.assertEqual((found["ai"]["verdict"], found["ai"]["product"]), ("ai", "vllm"))
        self.assertEqual({one["source"] for one in found["ai"]["evidence"]}, {"observed"})
        self.assertIn(f"process {box.pid} ", found["ai"]["evidence"][0]["path"])
        agent.stop()

    def test_found_some_time_after_the_exec(self):
        """A server loads its libraries when it has run for a while; the sweeps are far away."""
        agent = Agent(self.rig, *self.kubelet.options(), sweep="10m").ready()
        pod, box = self.app("--after", "2", *LIBRARY, *DEVICE)
        found = agent.wait_finding(pod, "opened", timeout=20)
        self.assertEqual(found["ai"]["verdict"], "ai")
        paths = {one["signal"]: one["path"] for one in found["ai"]["evidence"] if one["source"] == "observed"}
        self.assertEqual(paths["library"], f"process {box.pid} map")
        self.assertRegex(paths["device"], rf"^process {box.pid} fd \d+$")
        agent.stop()

    def test_a_scan_sees_them(self):
        pod, box = self.app(*LIBRARY, *DEVICE)
        box.said("holding")
        verdict, evidence = self.verdict(pod)
        self.assertEqual(verdict, "ai")
        self.assertLessEqual({("library", "observed", LIBRARY[1]), ("device", "observed", DEVICE[1])}, evidence)

    def test_a_library_without_a_device_is_likely(self):
        pod, box = self.app(*LIBRARY)
        box.said("holding")
        self.assertEqual(self.verdict(pod)[0], "likely")

    def test_an_accelerator_alone_is_no_ai(self):
        """Exporters, transcoders, games and desktops hold one too, with the vendor's libraries."""
        pod, box = self.app(*DEVICE, "--device", "nvidiactl", "10:237", "--library", "libcuda.so.1", "--library",
                            "libcudart.so.12", "--library", "libnvidia-ml.so.1")
        box.said("holding")
        verdict, _ = self.verdict(pod)
        self.assertEqual(verdict, "not-ai")

    def test_a_name_of_no_accelerator(self):
        pod, box = self.app("--device", "nvram0", "10:237", "--library", "libtorchlight.so")
        box.said("holding")
        self.assertEqual(self.verdict(pod), ("not-ai", set()))


if __name__ == "__main__":
    unittest.main()
