# SPDX-License-Identifier: Apache-2.0
"""What the tests of the ways into the host's netns share: a kubelet, pods whose containers find that netns at /run/hostnet,
and an agent that watches them."""
import socket
import threading

import rig
from agent import Agent, of_scan, scan
from container import Container
from kubelet import Kubelet
from pod import Pod

HOSTNET = "/run/hostnet"


class Place(rig.NodeTest):
    """Without an agent. `privileged`: what pods are unless a test says otherwise."""
    privileged = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kubelet = Kubelet(cls.shared)
        cls.host_netns = cls.shared.host_netns_file()

    def add(self, *names, **more):
        """A pod for the test's time."""
        pod = self.kubelet.add(Pod("ml", *names, **{"privileged": self.privileged, **more}))
        self.addCleanup(self.kubelet.remove, pod)
        return pod

    def run_in(self, pod, args, mounts=(), **more):
        box = Container(self.rig, args, pod=pod, mounts=[(self.host_netns, HOSTNET, "ro"), *mounts], **more).start()
        self.kubelet.publish()
        return box

    def start(self, args, mounts=(), **more):
        """(pod, container), both new; `more` is the pod's."""
        pod = self.add(**more)
        return pod, self.run_in(pod, args, mounts)

    def give(self, what):
        """A process of the host (this one) that hands a descriptor to whoever connects to /meet/socket: the mount for it."""
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


class Watched(Place):
    """With one agent for all of a class's tests. `options` and `sweep` are the agent's."""
    options, sweep = (), "10m"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = Agent(cls.shared, *cls.kubelet.options(), *cls.options, sweep=cls.sweep).ready()
        cls.addClassCleanup(cls.agent.stop)  # which demands a good end

    def expect(self, pod, box, cause="joined", seen_by_scan=True):
        """One finding, of that pod and container, whatever it did."""
        found = self.agent.wait_finding(pod, cause=cause, containers=lambda all: box.id in [one.get("id") for one in all])
        self.assertEqual((found["state"], found["severity"], found["pod"]["name"]), ("open", "critical", pod.name))
        self.assertEqual([one["id"] for one in found["containers"]], [box.id])
        if seen_by_scan:
            _, document, _ = scan(*self.kubelet.options())
            self.assertIn((found["id"], cause), [(one["id"], one.get("cause")) for one in of_scan(document, pod)])
        return found
