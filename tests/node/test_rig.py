# SPDX-License-Identifier: Apache-2.0
"""The rig's own promises, without the agent: if these do not hold, no other test here means anything."""
import os
import subprocess
import unittest

import hierarchy
import rig
from container import Container
from pod import Pod


class Place(rig.NodeTest):
    needs_program = False

    def drifter(self, *mode):
        pod = Pod("ml", "drifter", privileged=True)
        mounts = [(self.rig.host_netns_file(), "/run/hostnet", "ro")]
        return Container(self.rig, ["joiner", "/run/hostnet", *mode], pod=pod, mounts=mounts).start()

    def test_cgroup_and_netns(self):
        """A pod's container is in its cgroup in every hierarchy, and in the netns that its pod says."""
        for host in (True, False):
            pod = Pod("ml", "vllm-0", host_network=host)
            box = Container(self.rig, ["vllm", "serve", "--port", "0"], pod=pod).start()
            self.assertGreater(box.said("listening"), 0)
            with open(f"/proc/{box.pid}/cgroup", encoding="utf-8") as file:
                paths = {line.rstrip("\n").split(":", 2)[2] for line in file}
            self.assertEqual(paths, {f"/kubepods/besteffort/pod{pod.uid}/{box.id}"})
            self.assertEqual(rig.netns_of(box.pid) == rig.own_netns(), host)

    def test_joiner_enters(self):
        """Every way of joining ends where it says."""
        for mode in (("exec", "sleep", "60"), ("stay",)):
            box = self.drifter(*mode)
            self.assertEqual(box.said("joined"), rig.own_netns(), mode)
            self.assertEqual(rig.netns_of(box.pid), rig.own_netns(), mode)

    def test_joiner_thread_and_socket(self):
        box = self.drifter("thread")
        self.assertEqual(box.said("joined"), rig.own_netns())
        self.assertNotEqual(rig.netns_of(box.pid), rig.own_netns())
        threads = {rig.netns_of(box.pid, tid) for tid in os.listdir(f"/proc/{box.pid}/task")}
        self.assertIn(rig.own_netns(), threads)
        box = self.drifter("socket")
        port = box.said("listening")
        self.assertNotEqual(rig.netns_of(box.pid), rig.own_netns())
        with open("/proc/self/net/tcp", encoding="utf-8") as file:
            self.assertIn(f"0100007F:{port:04X}", file.read())

    def test_leader_exits_first(self):
        box = Container(self.rig, ["leader_exit"], pod=Pod("ml", "old", host_network=True)).start()
        rig.wait_until("the leader is a zombie", lambda: "alone" in box.output)
        with open(f"/proc/{box.pid}/stat", encoding="utf-8") as file:
            self.assertEqual(file.read().rsplit(")", 1)[1].split()[0], "Z")
        self.assertEqual(len(os.listdir(f"/proc/{box.pid}/task")), 2)

    def test_pid_is_reused(self):
        first = subprocess.Popen(["sleep", "0"])
        first.wait()
        helper = self.rig.spawn([rig.program("pidreuse"), first.pid, "-", "-", "/bin/sleep", "60"], stdout=subprocess.PIPE)
        self.assertEqual(helper.stdout.readline().split(), [b"pid", str(first.pid).encode()])
        with open(f"/proc/{first.pid}/comm", encoding="utf-8") as file:
            self.assertIn(file.read().strip(), ("sleep", "pidreuse"))

    def test_crun_orders(self):
        """Both orders end in the container's own namespaces."""
        pod = Pod("ml", "web")
        box = Container(self.rig, ["sleep", "60"], pod=pod).start()
        where = ",".join(map(str, hierarchy.directories(box.cgroup)))
        say = ["/bin/sh", "-c", "readlink /proc/self/ns/net >&2; cat /proc/self/cgroup"]
        done = subprocess.run([rig.program("crun_order"), "exec", "0", str(box.pid), "-", where, *say], capture_output=True,
                              text=True, check=True)
        self.assertIn(str(rig.netns_of(box.pid)), done.stderr)
        self.assertEqual({line.split(":", 2)[2] for line in done.stdout.split()}, {box.cgroup})
        netns = self.rig.netns()
        done = subprocess.run([rig.program("crun_order"), "start", "0", netns, rig.rootfs(), where, *say], capture_output=True,
                              text=True, check=True)
        self.assertIn(str(os.stat(netns).st_ino), done.stderr)
        self.assertEqual({line.split(":", 2)[2] for line in done.stdout.split()}, {box.cgroup})

    def test_crun(self):
        box = Container(self.rig, ["sleep", "60"], pod=Pod("ml", "web"), runtime="crun").start()
        self.assertEqual(box.exec("true"), 0)
        self.assertIn(box.pid, box.processes())
        self.assertNotEqual(rig.netns_of(box.pid), rig.own_netns())


class Cleanup(unittest.TestCase):
    def test_nothing_stays(self):
        rig.need_root()
        own = rig.Rig()
        pod = Pod("ml", "vllm-0", host_network=True)
        box = Container(own, ["sleep", "60"], pod=pod).start()
        with self.assertRaises(AssertionError):
            Container(own, ["no-such-program"], pod=pod).start()
        netns, here = own.netns(), own.dir
        own.host_netns_file()
        own.close()
        own.close()
        self.assertIsNone(rig.netns_of(box.pid))
        for directory in hierarchy.directories(pod.cgroup):
            self.assertFalse(directory.exists(), directory)
        self.assertFalse(here.exists())
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            self.assertNotIn(str(netns.parent), file.read())

    def test_only_own_parents(self):
        """A parent that somebody else still uses stays."""
        rig.need_root()
        first, second = rig.Rig(), rig.Rig()
        self.addCleanup(second.close)
        one = Container(first, ["sleep", "60"], pod=Pod("ml", "one")).start()
        two = Container(second, ["sleep", "60"], pod=Pod("ml", "two")).start()
        first.close()
        self.assertFalse(one.processes())
        self.assertIn(two.pid, two.processes())
        parents = hierarchy.directories("/kubepods/besteffort")
        second.close()
        left = [parent for parent in parents if parent.exists() and parent in hierarchy.made()]
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
