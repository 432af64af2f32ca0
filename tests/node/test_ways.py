# SPDX-License-Identifier: Apache-2.0
"""The ways into the host's netns that somebody might hope nobody watches, each really gone in a real container. The next
sweep is far away: what is found here is found by events; then `scan`, which knows this moment only, has to agree."""
import os
import pathlib
import socket
import unittest
import uuid

import drift
import hierarchy
import pod as pods
import rig
from agent import of_scan, scan
from container import Container


def inside(directory):
    """Where a container finds a directory of /sys/fs/cgroup."""
    return "/cg/" + str(pathlib.Path(directory).relative_to("/sys/fs/cgroup"))


def v1(controller):
    path = pathlib.Path("/sys/fs/cgroup") / controller
    if not (path / "tasks").exists():
        raise unittest.SkipTest(f"no v1 hierarchy of {controller} on this machine")
    return path


# The host's programs in a container whose image has none of their libraries.
LIBRARIES = "/host/usr/lib/x86_64-linux-gnu"
HOSTS_LOADER = (f"{LIBRARIES}/ld-linux-x86-64.so.2", "--library-path", LIBRARIES)


class Base(drift.Watched):
    def evade(self, *args, said="joined", **more):
        pod, box = self.start(["evade", *args], **more)
        value = box.said(said)
        if said == "joined":
            self.assertEqual(value, rig.own_netns())
        return pod, box


class Calls(Base):
    def test_number_with_junk_above(self):
        self.expect(*self.evade("number"))

    def test_pidfd(self):
        self.expect(*self.evade("pidfd", os.getpid(), host_pid=True))

    def test_nsenter_into_the_mount_namespace_too(self):
        target = str(os.getpid())
        pod, box = self.start(["nsenter", "-t", target, "-m", "-n", "sleep", "600"], host_pid=True)
        rig.wait_until("nsenter is in", lambda: rig.netns_of(box.pid) == rig.own_netns())
        # To one who comes late it looks like a runtime at work, until it is 10 s old.
        self.expect(pod, box, seen_by_scan=False)

    def test_nsenter_into_all(self):
        """`nsenter -t 1 -a` as people type it, by the host's own nsenter; -t is this test's process, since PID 1's namespaces
        may be closed even to root."""
        pod = self.add(host_pid=True)
        words = [*HOSTS_LOADER, "/host/usr/bin/nsenter", "-t", os.getpid(), "-a", "sleep", "600"]
        box = self.run_in(pod, words, mounts=[("/", "/host", "ro")], cgroup_namespace=True)
        (inside,) = rig.wait_until("nsenter's child is in", lambda: [pid for pid in box.processes() if pid != box.pid])
        kinds = ("cgroup", "ipc", "mnt", "net", "pid", "uts")
        rig.wait_until("it executes", lambda: pathlib.Path(f"/proc/{inside}/comm").read_text() == "sleep\n")
        self.assertEqual([os.readlink(f"/proc/{inside}/ns/{kind}") for kind in kinds],
                         [os.readlink(f"/proc/self/ns/{kind}") for kind in kinds])
        self.expect(pod, box, seen_by_scan=False)
        self.agent.wait_finding(pod, cause="joined", processes=lambda all: ["sleep", "600"] in [one.get("argv") for one in all])

    def test_double_fork_below_a_chroot(self):
        """Both parents have ended: what stays is an orphan whose root and program are the host's."""
        lost = "nsenter --net=/run/hostnet chroot /host /bin/sh -c '(/bin/sleep 601 &)'"
        pod, box = self.start(["sh", "-c", f"{lost}; echo left 1; sleep 600"], mounts=[("/", "/host", "ro")])
        box.said("left")
        self.expect(pod, box)
        _, document, _ = scan(*self.kubelet.options())
        self.assertEqual([one["argv"] for found in of_scan(document, pod) for one in found["processes"]], [["/bin/sleep", "601"]])

    def test_chroot(self):
        words = ["nsenter", "--net=/run/hostnet", "chroot", "/host", "/bin/sleep", "600"]
        pod, box = self.start(words, mounts=[("/", "/host", "ro")])
        rig.wait_until("nsenter is in", lambda: rig.netns_of(box.pid) == rig.own_netns())
        self.expect(pod, box)

    def test_named_like_a_runtime(self):
        for name in ("runc", "conmon"):
            pod, box = self.start([name, "/run/hostnet", "stay"])
            box.said("joined")
            self.expect(pod, box)


class Descriptors(Base):
    def test_received_netns(self):
        with open("/proc/self/ns/net", "rb") as netns:
            self.expect(*self.evade("receive", "/meet/socket", "netns", mounts=self.give(netns)))

    def test_received_socket(self):
        """Nobody's call shows it: the sweep of descriptors does."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            pod, _box = self.evade("receive", "/meet/socket", "socket", said="borrowed", mounts=self.give(server))
            _, document, _ = scan(*self.kubelet.options())
            self.assertEqual([one["cause"] for one in of_scan(document, pod)], ["socket"])

    def test_taken_socket(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            pod, _box = self.evade("getfd", os.getpid(), server.fileno(), said="borrowed", host_pid=True)
            _, document, _ = scan(*self.kubelet.options())
            self.assertEqual([one["cause"] for one in of_scan(document, pod)], ["socket"])

    def test_multipath_tcp(self):
        self.expect(*self.evade("mptcp", said="borrowed"), cause="socket")

    def test_heir_of_a_socket(self):
        """The parent that opened it ends, the child goes on listening."""
        pod, box = self.start(["sh", "-c", "evade heir; sleep 600"])
        box.said("borrowed")
        found = self.expect(pod, box, cause="socket")
        box.said("child")
        rig.wait_until("the parent is gone", lambda: len(box.processes()) == 2)
        found = self.agent.wait_finding(pod, since=self.agent.mark() - 1, timeout=10)
        self.assertEqual(found["state"], "open")


class Processes(Base):
    def test_orphan(self):
        self.expect(*self.evade("orphan"))

    def test_leader_ends_first(self):
        """Its thread is home: nobody is there any more."""
        pod, box = self.evade("leader")
        self.agent.wait_finding(pod, cause="joined")
        box.said("gone")
        self.agent.wait_resolved(pod)

    def test_thread_at_home_takes_over_by_exec(self):
        pod, box = self.evade("execthread")
        self.agent.wait_finding(pod, cause="joined")
        box.said("home")
        self.agent.wait_resolved(pod)

    def test_leaves_and_comes_back(self):
        pod = self.add(host_network=True)
        box = Container(self.rig, ["evade", "unshare"], pod=pod).start()
        self.kubelet.publish()
        first = self.agent.wait_finding(pod, cause="declared")
        box.said("away")
        self.agent.wait_resolved(pod)
        mark = self.agent.mark()
        box.said("joined")
        again = self.agent.wait_finding(pod, "opened", since=mark)
        self.assertEqual((again["id"], again["occurrences"]), (first["id"], 2))

    def test_leaves_for_a_user_namespace(self):
        """unshare -Urn, without any right of its own: the finding ends, since it was the only process."""
        pod, box = self.start(["evade", "nested"], privileged=False, host_network=True)
        self.agent.wait_finding(pod, cause="declared")
        box.said("away")
        self.agent.wait_resolved(pod)
        self.assertTrue(box.processes())

    def test_container_with_a_user_namespace(self):
        """Its root is nobody on the node; its network is the node's all the same."""
        pod = self.add(privileged=False, host_network=True)
        box = self.run_in(pod, ["sleep", "600"], user_namespace=True)
        self.assertNotEqual(os.stat(f"/proc/{box.pid}/ns/user").st_ino, os.stat("/proc/self/ns/user").st_ino)
        found = self.agent.wait_finding(pod, cause="declared", processes=bool)
        self.assertEqual([(one["pid"], one["uid"]) for one in found["processes"]], [(box.pid, 100000)])

    def test_fifty_restarts(self):
        """One finding, whose container is always the one that is there."""
        pod = self.add("restarts", host_network=True, privileged=False)
        for _ in range(50):
            Container(self.rig, ["fivems"], pod=pod).run()
        last = Container(self.rig, ["sleep", "600"], pod=pod).start()
        self.kubelet.publish()
        found = self.agent.wait_finding(pod, state="open", containers=lambda all: last.id in [one["id"] for one in all])
        self.assertEqual(len({event["finding"]["id"] for event in self.agent.about(pod, "finding.")}), 1)
        self.assertEqual(found["cause"], "declared")


class Cgroups(Base):
    """Once armed it stays that container's, wherever it moves to. Nobody can know that of one who moved before the agent came."""
    CG = [("/sys/fs/cgroup", "/cg", "rw")]

    @staticmethod
    def told(mode, *more):
        """evade, when its words are known: those in the file go."""
        waits = "while ! [ -e /meet/go ]; do sleep 0.1; done"
        return ["sh", "-c", f"{waits}; evade {mode} $(cat /meet/go) {' '.join(map(str, more))}"]

    def elsewhere(self, path):
        hierarchy.make(self.rig, path)
        return [inside(directory) for directory in hierarchy.directories(path)]

    def test_root_cgroup(self):
        pod, box = self.evade("away", *map(inside, hierarchy.roots()), mounts=self.CG)
        self.expect(pod, box, seen_by_scan=False)

    def test_service_of_the_host(self):
        pod, box = self.evade("away", *self.elsewhere(f"/system.slice/evade-{pods.suffix()}.service"), mounts=self.CG)
        self.expect(pod, box, seen_by_scan=False)

    def test_made_up_pod(self):
        where = self.elsewhere(f"/kubepods/besteffort/pod{uuid.uuid4()}/{pods.hex_id()}")
        pod, box = self.evade("away", *where, mounts=self.CG)
        self.expect(pod, box, seen_by_scan=False)

    def test_helper_of_a_runtime(self):
        where = self.elsewhere(f"/kubepods/besteffort/pod{uuid.uuid4()}/crio-conmon-{pods.hex_id()}.scope")
        pod, box = self.evade("away", *where, mounts=self.CG)
        self.expect(pod, box, seen_by_scan=False)

    def test_one_thread_of_it(self):
        pod, box = self.evade("tasks", inside(v1("pids")), mounts=self.CG)
        self.expect(pod, box)

    def test_born_elsewhere(self):
        unified = next(root for root in hierarchy.roots() if (root / "cgroup.controllers").exists())
        pod, box = self.evade("into", inside(unified), mounts=self.CG)
        self.expect(pod, box)

    def test_four_hundred_levels_down(self):
        pod = self.add("deep")
        box = self.run_in(pod, self.told("deep", 400), mounts=[*self.CG, (self.rig.dir, "/meet", "ro")])
        self.rig.path("go").write_text(inside(v1("pids")) + box.cgroup)
        box.said("joined")
        self.expect(pod, box)

    def test_names_pushed_out(self):
        """After thousands of cgroups its home's name is still known."""
        unified = next(root for root in hierarchy.roots() if (root / "cgroup.controllers").exists())
        others = [inside(root) for root in hierarchy.roots() if root != unified]
        pod, box = self.start(["evade", "churn", "2500", inside(unified), *others], mounts=self.CG)
        box.said("joined", 60)
        self.expect(pod, box, seen_by_scan=False)

    def test_renamed(self):
        """v1 only: a cgroup keeps the name first seen."""
        pod = self.add("renamed")
        name = pods.hex_id()
        box = self.run_in(pod, self.told("rename"), mounts=[*self.CG, (self.rig.dir, "/meet", "ro")])
        for root in hierarchy.roots():
            if (root / "tasks").exists():
                self.rig.callback(hierarchy.remove_tree, root / pod.cgroup.lstrip("/") / name)
        self.kubelet.publish()
        pids = inside(v1("pids"))
        self.rig.path("go").write_text(f"{pids}{box.cgroup} {pids}{pod.cgroup}/{name}")
        box.said("joined")
        self.expect(pod, box, seen_by_scan=False)


if __name__ == "__main__":
    unittest.main()
