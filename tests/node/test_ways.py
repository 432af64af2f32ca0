# SPDX-License-Identifier: Apache-2.0
"""The ways into the host's netns that somebody might hope nobody watches, each really gone in a real container. The next
sweep is far away: what is found here is found by events; then `scan`, which knows this moment only, has to agree."""
import os
import pathlib
import socket
import threading
import unittest
import uuid

import hierarchy
import pod as pods
import rig
from agent import Agent, of_scan, scan
from container import Container
from kubelet import Kubelet
from pod import Pod


def inside(directory):
    """Where a container finds a directory of /sys/fs/cgroup."""
    return "/cg/" + str(pathlib.Path(directory).relative_to("/sys/fs/cgroup"))


def v1(controller):
    path = pathlib.Path("/sys/fs/cgroup") / controller
    if not (path / "tasks").exists():
        raise unittest.SkipTest(f"no v1 hierarchy of {controller} on this machine")
    return path


class Base(rig.NodeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kubelet = Kubelet(cls.shared)
        cls.agent = Agent(cls.shared, *cls.kubelet.options(), sweep="10m").ready()
        cls.host_netns = cls.shared.host_netns_file()

    def start(self, args, mounts=(), **more):
        pod = self.kubelet.add(Pod("ml", privileged=True, **more))
        self.addCleanup(self.kubelet.remove, pod)
        box = Container(self.rig, args, pod=pod, mounts=[(self.host_netns, "/run/hostnet", "ro"), *mounts]).start()
        self.kubelet.publish()
        return pod, box

    def evade(self, *args, said="joined", **more):
        pod, box = self.start(["evade", *args], **more)
        value = box.said(said)
        if said == "joined":
            self.assertEqual(value, rig.own_netns())
        return pod, box

    def expect(self, pod, box, cause="joined", seen_by_scan=True):
        """One finding, of that pod and container, whatever it did."""
        found = self.agent.wait_finding(pod, cause=cause, containers=lambda all: box.id in [one.get("id") for one in all])
        self.assertEqual((found["state"], found["severity"], found["pod"]["name"]), ("open", "critical", pod.name))
        self.assertEqual([one["id"] for one in found["containers"]], [box.id])
        if seen_by_scan:
            _, document, _ = scan(*self.kubelet.options())
            self.assertIn((found["id"], cause), [(one["id"], one.get("cause")) for one in of_scan(document, pod)])
        return found


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

    def test_chroot(self):
        pod, box = self.start(["nsenter", "--net=/run/hostnet", "chroot", "/host", "/bin/sleep", "600"], mounts=[("/", "/host", "ro")])
        rig.wait_until("nsenter is in", lambda: rig.netns_of(box.pid) == rig.own_netns())
        self.expect(pod, box)

    def test_named_like_a_runtime(self):
        for name in ("runc", "conmon"):
            pod, box = self.start([name, "/run/hostnet", "stay"])
            box.said("joined")
            self.expect(pod, box)

    def test_zz_agent_ends_well(self):
        self.agent.stop()


class Descriptors(Base):
    def give(self, what):
        """A process of the host (this one) that hands a descriptor to whoever connects."""
        place = self.rig.path(f"meet-{what.fileno()}")
        place.mkdir()
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(str(place / "socket"))
        server.listen()

        def serve():
            try:
                peer, _ = server.accept()
                with peer:
                    socket.send_fds(peer, [b"x"], [what.fileno()])
                    peer.recv(1)
            except OSError:  # closed before anybody came
                pass
        threading.Thread(target=serve, daemon=True).start()
        return [(place, "/meet", "rw")]

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

    def test_zz_agent_ends_well(self):
        self.agent.stop()


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
        pod = self.kubelet.add(Pod("ml", host_network=True, privileged=True))
        self.addCleanup(self.kubelet.remove, pod)
        box = Container(self.rig, ["evade", "unshare"], pod=pod).start()
        self.kubelet.publish()
        first = self.agent.wait_finding(pod, cause="declared")
        box.said("away")
        self.agent.wait_resolved(pod)
        mark = self.agent.mark()
        box.said("joined")
        again = self.agent.wait_finding(pod, "opened", since=mark)
        self.assertEqual((again["id"], again["occurrences"]), (first["id"], 2))

    def test_fifty_restarts(self):
        """One finding, whose container is always the one that is there."""
        pod = self.kubelet.add(Pod("ml", "restarts", host_network=True))
        self.addCleanup(self.kubelet.remove, pod)
        for _ in range(50):
            Container(self.rig, ["fivems"], pod=pod).run()
        last = Container(self.rig, ["sleep", "600"], pod=pod).start()
        self.kubelet.publish()
        found = self.agent.wait_finding(pod, state="open", containers=lambda all: last.id in [one["id"] for one in all])
        self.assertEqual(len({event["finding"]["id"] for event in self.agent.about(pod, "finding.")}), 1)
        self.assertEqual(found["cause"], "declared")

    def test_zz_agent_ends_well(self):
        self.agent.stop()


class Cgroups(Base):
    """Once armed it stays that container's, wherever it moves to. Nobody can know that of one who moved before the agent came."""
    CG = [("/sys/fs/cgroup", "/cg", "rw")]

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
        pod = self.kubelet.add(Pod("ml", "deep", privileged=True))
        self.addCleanup(self.kubelet.remove, pod)
        box = Container(self.rig, ["sh", "-c", "while ! [ -e /meet/go ]; do sleep 0.1; done; evade deep $(cat /meet/go) 400"], pod=pod,
                        mounts=[(self.host_netns, "/run/hostnet", "ro"), *self.CG, (self.rig.dir, "/meet", "ro")]).start()
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
        pod = self.kubelet.add(Pod("ml", "renamed", privileged=True))
        self.addCleanup(self.kubelet.remove, pod)
        name = pods.hex_id()
        box = Container(self.rig, ["sh", "-c", "while ! [ -e /meet/go ]; do sleep 0.1; done; evade rename $(cat /meet/go)"], pod=pod,
                        mounts=[(self.host_netns, "/run/hostnet", "ro"), *self.CG, (self.rig.dir, "/meet", "ro")]).start()
        for root in hierarchy.roots():
            if (root / "tasks").exists():
                self.rig.callback(hierarchy.remove_tree, root / pod.cgroup.lstrip("/") / name)
        self.kubelet.publish()
        pids = inside(v1("pids"))
        self.rig.path("go").write_text(f"{pids}{box.cgroup} {pids}{pod.cgroup}/{name}")
        box.said("joined")
        self.expect(pod, box, seen_by_scan=False)

    def test_zz_agent_ends_well(self):
        self.agent.stop()


if __name__ == "__main__":
    unittest.main()
