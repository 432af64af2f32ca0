# SPDX-License-Identifier: Apache-2.0
"""All the ways in at once, gone before the agent comes: its first sweep has to find them, once with BPF and once without. No
later sweep helps: it is an hour away."""
import json
import os
import subprocess
import time
import unittest

import drift
import hierarchy
import pod as pods
import rig
from agent import Agent, environment, of_scan, scan
from container import Container
from pod import Pod


# way: (its program, what it says when it is done or None, the finding's cause, more of the pod)
WAYS = {
    "declared": (["vllm", "serve", "--port", "0"], "listening", "declared", {"host_network": True}),
    "with exec": (["joiner", "/run/hostnet", "exec", "sleep", "600"], "joined", "joined", {}),
    "without exec": (["joiner", "/run/hostnet", "stay"], "joined", "joined", {}),
    "one thread": (["joiner", "/run/hostnet", "thread"], "joined", "joined", {}),
    "orphan": (["evade", "orphan"], "joined", "joined", {}),
    "32 bits": (["evade", "int80"], "joined", "joined", {}),
    "pidfd": (["evade", "pidfd", str(os.getpid())], "joined", "joined", {"host_pid": True}),
    "called runc": (["runc", "/run/hostnet", "stay"], "joined", "joined", {}),
    "called conmon": (["conmon", "/run/hostnet", "stay"], "joined", "joined", {}),
    "chroot": (["nsenter", "--net=/run/hostnet", "chroot", "/host", "/bin/sleep", "600"], None, "joined", {}),
    "mount namespace too": (["nsenter", "-t", str(os.getpid()), "-m", "-n", "sleep", "600"], None, "joined", {"host_pid": True}),
    "leader left before": (["leader_exit", "/run/hostnet"], None, "joined", {}),
    "tcp": (["joiner", "/run/hostnet", "socket"], "listening", "socket", {}),
    "tcp6": (["borrow", "/run/hostnet", "listen6"], "borrowed", "socket", {}),
    "udp": (["borrow", "/run/hostnet", "udp"], "borrowed", "socket", {}),
    "udp6": (["borrow", "/run/hostnet", "udp6"], "borrowed", "socket", {}),
    "raw": (["borrow", "/run/hostnet", "raw"], "borrowed", "socket", {}),
    "packet": (["borrow", "/run/hostnet", "packet"], "borrowed", "socket", {}),
    "netlink": (["borrow", "/run/hostnet", "netlink"], "borrowed", "socket", {}),
    "mptcp": (["evade", "mptcp"], "borrowed", "socket", {}),
    "heir": (["sh", "-c", "evade heir; sleep 600"], "child", "socket", {}),
}


class Late(drift.Place):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        mounts = [(cls.host_netns, drift.HOSTNET, "ro")]
        cls.wanted = {}
        for name, (args, said, cause, more) in WAYS.items():
            if args[-1] == "int80" and not rig.serves_32_bit_calls():
                continue  # test_hooks says why
            pod = cls.kubelet.add(Pod("ml", privileged=True, **more))
            more = [("/", "/host", "ro")] if name == "chroot" else []
            box = Container(cls.shared, args, pod=pod, mounts=[*mounts, *more]).start()
            if said:
                box.said(said)
            cls.wanted[name] = (pod, box, cause)
        for name in ("chroot", "mount namespace too"):
            rig.wait_until(f"{name} is in", lambda pid=cls.wanted[name][1].pid: rig.netns_of(pid) == rig.own_netns())
        cls.quiet = [cls.ordinary(), cls.created(), cls.monitored()]
        cls.kubelet.publish()
        time.sleep(10)  # the age at which what nobody saw being set up is judged

    @classmethod
    def ordinary(cls):
        pod = cls.kubelet.add(Pod("ml", "ordinary"))
        Container(cls.shared, ["vllm", "serve", "--port", "0"], pod=pod).start()
        return pod

    @classmethod
    def created(cls):
        """`runc create` without `start`: runc init waits in the container's cgroup."""
        pod = cls.kubelet.add(Pod("ml", "created"))
        box = Container(cls.shared, ["vllm", "serve"], pod=pod)
        box.prepare()
        box.call("create", "--no-pivot", "--bundle", box.bundle, box.id, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return pod

    @classmethod
    def monitored(cls):
        """CRI-O's conmon: of the host in all but its cgroup, for the pod's life."""
        pod = cls.kubelet.add(Pod("ml", "monitored"))
        Container(cls.shared, ["vllm", "serve", "--port", "0"], pod=pod).start()
        path = hierarchy.make(cls.shared, f"{pod.cgroup}/crio-conmon-{pods.hex_id()}.scope")
        enter = "; ".join(f"echo 0 > {directory}/cgroup.procs" for directory in hierarchy.directories(path))
        cls.shared.spawn(["sh", "-c", f"{enter}; exec sleep 600"])
        return pod

    def missed(self, found_of):
        """The ways whose finding is not as wanted, each with the causes that it has."""
        return {name: causes for name, (pod, box, cause) in self.wanted.items()
                if (causes := [(one.get("cause"), [each["id"] for each in one["containers"]]) for one in found_of(pod)])
                != [(cause, [box.id])]}

    def accuses_nobody(self, document, agent):
        for pod in self.quiet:
            self.assertEqual(of_scan(document, pod) + of_scan(document, pod, "sharing"), [], pod.name)
            self.assertEqual(agent.mentions(pod.uid), [], pod.name)

    def now(self, agent):
        return lambda pod: [one for one in agent.open_findings().values() if one["pod"]["uid"] == pod.uid]

    def test_first_sweep(self):
        agent = Agent(self.rig, *self.kubelet.options(), sweep="1h").ready()
        for pod, _box, cause in self.wanted.values():
            agent.wait_finding(pod, cause=cause)
        self.assertEqual(self.missed(self.now(agent)), {})
        _, document, _ = scan(*self.kubelet.options())
        self.assertEqual(self.missed(lambda pod: of_scan(document, pod)), {})
        self.accuses_nobody(document, agent)
        agent.stop()

    def test_bpf_is_forbidden(self):
        """/proc alone, degraded and saying so; the answer is never complete. Its tables list a netlink socket when it
        is bound, which this one is not."""
        prefix = [rig.program("forbid"), "bpf", rig.HOSTNETD]
        options = [*self.kubelet.options(), "--host-netns", str(rig.own_netns())]  # /proc/1/ns may be closed even to root
        agent = Agent(self.rig, *options, command=prefix, sweep="1h").ready()
        agent.wait_log("bpf")
        for pod, _box, cause in self.wanted.values():
            if pod is not self.wanted["netlink"][0]:
                agent.wait_finding(pod, cause=cause)
        code, document, said = scan(*options, command=prefix)
        self.assertEqual((code, document["complete"], document["passed"]), (1, False, False))
        self.assertIn("bpf", (said + json.dumps(document["incomplete"])).lower())
        self.assertEqual(self.missed(lambda pod: of_scan(document, pod)), {"netlink": []})
        self.assertEqual(self.missed(self.now(agent)), {"netlink": []})
        self.accuses_nobody(document, agent)
        agent.stop()
        words = [str(word) for word in (*prefix, "doctor", "--output", "json", *options)]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
                              env=environment())
        (check,) = [one for one in json.loads(done.stdout)["checks"] if one["name"] == "bpf"]
        self.assertEqual((done.returncode, check["status"]), (1, "degraded"))
        self.assertIn("only /proc is read", check["found"])


if __name__ == "__main__":
    unittest.main()
