# SPDX-License-Identifier: Apache-2.0
"""A container's file system whose server stays silent: what can be had from it only costs its hash."""
import os
import subprocess
import unittest

import rig
from agent import Agent
from container import Container
from kubelet import Kubelet
from pod import Pod
from test_history import VLLM, rows


class Hang(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.store = self.store_file()

    def mount(self):
        """A folder with `program` in it; call the second to make its server silent."""
        try:
            os.close(os.open("/dev/fuse", os.O_RDWR))
        except OSError as error:
            self.skipTest(f"/dev/fuse: {error.strerror}: no file system of our own can be mounted here")
        folder = self.rig.path("mute")
        folder.mkdir()
        server = self.rig.spawn([rig.program("mute"), folder, rig.program("hold")], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        self.assertEqual(server.stdout.readline(), "mounted\n")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)

        def silence():
            server.stdin.write("now\n")
            server.stdin.flush()
            self.assertEqual(server.stdout.readline(), "silent\n")
        return folder, silence

    def test_silent_server(self):
        folder, silence = self.mount()
        pods = [self.kubelet.add(Pod("ml", name, host_network=True)) for name in ("mute", "later")]
        box = Container(self.rig, ["/mnt/program"], pod=pods[0], mounts=[(folder, "/mnt", "ro")]).start()
        self.kubelet.publish()
        box.said("holding")
        silence()
        agent = Agent(self.rig, *self.kubelet.options(), store=self.store).ready()
        mute = agent.wait_finding(pods[0], cause="declared")
        agent.wait_log("its file system does not answer")
        Container(self.rig, VLLM, pod=pods[1]).start()
        later = agent.wait_finding(pods[1], cause="declared")
        hashed = "SELECT finding FROM executables"
        rig.wait_until("the other's hash", lambda: (later["id"],) in rows(self.store, hashed))
        self.assertNotIn((mute["id"],), rows(self.store, hashed))
        self.assertEqual({one for one, in rows(self.store, "SELECT id FROM findings WHERE state = 'open'")},
                         {mute["id"], later["id"]})
        agent.stop()
        self.assertEqual(rows(self.store, "SELECT clean FROM sessions ORDER BY id DESC LIMIT 1"), [(1,)])
        self.assertNotIn("slower than 50 ms", agent.log)

    def test_ends_in_the_middle(self):
        """The process that reads is still held up when the agent ends."""
        folder, silence = self.mount()
        pod = self.kubelet.add(Pod("ml", "mute", host_network=True))
        box = Container(self.rig, ["/mnt/program"], pod=pod, mounts=[(folder, "/mnt", "ro")]).start()
        self.kubelet.publish()
        box.said("holding")
        silence()
        agent = Agent(self.rig, *self.kubelet.options(), store=self.store).ready()
        found = agent.wait_finding(pod, cause="declared")
        words = [b"hostnetd", b"hash-executables", b"/proc"]
        # Where fs/fuse/dev.c waits for an answer, by whatever name the compiler left it.
        rig.wait_until("the reader in its call", lambda: any(
            one == words and ("fuse" in place or place == "request_wait_answer") for one, place in self.children(agent)))
        agent.stop()
        self.assertEqual(rows(self.store, "SELECT id, state FROM findings"), [(found["id"], "open")])
        self.assertEqual(rows(self.store, "SELECT clean FROM sessions ORDER BY id DESC LIMIT 1"), [(1,)])

    def children(self, agent):
        """The words that each of its children was started with, and where in the kernel it waits."""
        found = []
        for task in os.listdir(f"/proc/{agent.process.pid}/task"):
            with open(f"/proc/{agent.process.pid}/task/{task}/children", encoding="ascii") as file:
                for child in file.read().split():
                    try:
                        with open(f"/proc/{child}/cmdline", "rb") as words, open(f"/proc/{child}/wchan", encoding="ascii") as place:
                            found.append((words.read().split(b"\0")[:-1], place.read()))
                    except (FileNotFoundError, ProcessLookupError):
                        pass  # has ended
        return found


if __name__ == "__main__":
    unittest.main()
