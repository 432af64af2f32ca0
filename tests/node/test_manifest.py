# SPDX-License-Identifier: Apache-2.0
"""The agent in a container made from the DaemonSet's manifest (manifest.py): all that detection is, with these rights and no
other; each right that is granted is needed, and none that is not granted is. AppArmor is not there on this kind of machine."""
import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time

import manifest
import rig
from agent import Agent, check_schema, of_scan
from container import Container, NAMES
from kubelet import Kubelet
from pod import Pod, hex_id

QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]
KUBELET_PORT = 10250
# What CAP_SYS_ADMIN may change in doctor's eyes: it mounts tracefs by itself.
HOOKS_BY_ADMIN = {"hook netns", "refusals"}


class Caged(rig.NodeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = manifest.image(cls.shared)
        cls.network = manifest.Network(cls.shared)
        cls.kubelet = Kubelet(cls.shared, address=cls.network.host, port=KUBELET_PORT)
        # What the kubelet mounts of the service account.
        cls.secrets = cls.shared.path("serviceaccount")
        cls.secrets.mkdir()
        for name in ("token", "ca.crt"):
            shutil.copy(cls.kubelet.dir / name, cls.secrets)

    def setUp(self):
        super().setUp()
        self.folder = self.rig.path("var-lib-hostnetd")
        self.folder.mkdir()
        self.store = self.folder / "hostnetd.db"
        self.addCleanup(self.kubelet.remove, *self.kubelet.pods)

    def box(self, **more):
        box = manifest.Contained(self.rig, self.network, self.image, secrets=self.secrets,
                                 volumes={"/var/lib/hostnetd": self.folder}, **more)
        self.kubelet.add(box.pod)
        return box

    def idle(self, **more):
        """The container with nothing in it: `kubectl exec` looks around."""
        return self.box(args=["/test/busybox", "sleep", "600"], **more).start()

    def agent(self, **more):
        """(the agent as the manifest starts it, its container)."""
        box = self.box(**more)
        box.prepare()
        self.kubelet.publish()
        return Agent.of(self.rig, box.command("run", "--no-pivot", "--bundle", box.bundle, box.id)), box

    def doctor(self, box):
        """(exit code, doctor's checks by name, the last of each)."""
        code, said, errors = box.look(manifest.PROGRAM, "doctor", "--output", "json")
        self.assertTrue(said, errors)
        document = json.loads(said)
        check_schema("doctor.v1.json", document)
        return code, document["checks"]

    def summary(self, checks):
        """What a right could change: which checks there are, how they end, which hook is attached."""
        return {(one["name"], one["status"], one["found"] if one["name"].startswith("hook") else "") for one in checks
                if one["name"] != "capabilities"}

    def check(self, checks, name):
        return [one for one in checks if one["name"] == name]


class Cage(Caged):
    def test_the_cage(self):
        """What this file says of its container is true."""
        box = self.idle()
        busybox = "/test/busybox"
        _, said, _ = box.look(busybox, "cat", "/proc/self/status", "/proc/self/cgroup")
        status = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
        granted = manifest.read_pod()["containers"][0]["securityContext"]["capabilities"]["add"]
        bits = sum(1 << NAMES.index(name) for name in granted)
        for name in ("CapEff", "CapPrm", "CapBnd"):
            self.assertEqual(int(status[name], 16), bits, name)
        self.assertEqual([int(status[name], 16) for name in ("CapInh", "CapAmb")], [0, 0])
        self.assertEqual((status["NoNewPrivs"].strip(), status["Seccomp"].strip()), ("1", "2"))
        self.assertIn("\n0::/\n", said)  # its own cgroup namespace
        namespaces = {kind: os.readlink(f"/proc/{box.pid}/ns/{kind}") for kind in ("net", "mnt", "ipc", "uts", "cgroup", "pid")}
        ours = {kind: os.readlink(f"/proc/self/ns/{kind}") for kind in namespaces}
        self.assertEqual([kind for kind in namespaces if namespaces[kind] == ours[kind]], ["pid"])
        for way in (["touch", "/new"], ["touch", "/sys/new"], ["mount", "-t", "tmpfs", "none", "/dev/shm"], ["unshare", "-n", "true"],
                    ["nsenter", f"--net=/proc/{os.getpid()}/ns/net", "true"], ["chroot", "/", busybox, "true"]):
            self.assertNotEqual(box.look(busybox, *way)[0], 0, way)
        self.assertEqual(box.look(busybox, "touch", "/var/lib/hostnetd/new")[0], 0)

    def test_a_profile_that_refuses_bpf(self):
        """As runtimes before containerd 1.6.9 have it: the message names seccomp, not a capability that is held."""
        box = self.idle(profile=manifest.seccomp(("PERFMON",)))
        code, checks = self.doctor(box)
        self.assertEqual(code, 2)
        (bpf,) = self.check(checks, "bpf")
        self.assertIn("seccomp", bpf["mend"])
        self.assertNotIn("missing", bpf["mend"])

    def test_each_that_is_granted_is_needed(self):
        for name in manifest.read_pod()["containers"][0]["securityContext"]["capabilities"]["add"]:
            with self.subTest(without=name):
                box = self.idle(less=[name])
                code, checks = self.doctor(box)
                self.assertEqual(code, 2, checks)
                missing = [one for one in self.check(checks, "capabilities") if one["status"] != "ok"]
                self.assertEqual([one["found"].split()[0] for one in missing], [f"CAP_{name}"])
                self.assertRegex(missing[0]["found"], "is missing: no program .* nothing is seen as it happens")
                self.assertIn(f"add {name} to", missing[0]["mend"])
                (bpf,) = self.check(checks, "bpf")
                self.assertEqual(bpf["status"], "failed")
                self.assertIn(f"CAP_{name} is missing", bpf["mend"])
                code, said, errors = box.look(manifest.PROGRAM, "scan", "--output", "json")
                self.assertEqual((code, json.loads(said)["passed"], json.loads(said)["complete"]), (2, False, False), errors)
                self.assertIn(f"CAP_{name} is missing", errors)
                agent, _ = self.agent(less=[name])
                self.assertEqual(agent.process.wait(20), 2, agent.tail())
                self.assertIn(f"CAP_{name} is missing", agent.log)

    def test_no_capability_at_all(self):
        """Never a pass: it says what is missing."""
        granted = manifest.read_pod()["containers"][0]["securityContext"]["capabilities"]["add"]
        code, said, errors = self.idle(less=granted).look(manifest.PROGRAM, "scan", "--output", "json")
        document = json.loads(said)
        self.assertEqual((code, document["passed"], document["complete"]), (2, False, False))
        self.assertRegex(errors, "CAP_BPF and CAP_PERFMON are missing")

    def test_host_pid_is_missing(self):
        """Its own pid namespace shows nothing of the node: exit 2 and the word that mends it."""
        box = self.box()
        box.host_pid = False
        box.prepare()
        agent = Agent.of(self.rig, box.command("run", "--no-pivot", "--bundle", box.bundle, box.id))
        self.assertEqual(agent.process.wait(20), 2, agent.tail())
        self.assertIn("hostPID", agent.log)

    def test_none_that_is_not_granted_is_needed(self):
        """All the others that this machine can give change nothing that doctor finds; those that are an administrator's are
        given one by one."""
        base = self.summary(self.doctor(self.idle())[1])
        granted = manifest.read_pod()["containers"][0]["securityContext"]["capabilities"]["add"]
        rest = [name for name in manifest.not_granted(granted) if name != "SYS_ADMIN"]
        self.assertGreater(len(rest), 30)
        self.assertEqual(self.summary(self.doctor(self.idle(more=rest))[1]), base)
        # The trap: cgroup programs want the host's own root, which a cgroup namespace hides whatever the capabilities.
        changed = self.summary(self.doctor(self.idle(more=[*rest, "SYS_ADMIN"]))[1]) ^ base
        self.assertLessEqual({name for name, _, _ in changed}, HOOKS_BY_ADMIN)


class Detection(Caged):
    def start(self, args, pod, root=False, **more):
        """`root`: with the node's file system at /host."""
        mounts = [(self.rig.host_netns_file(), "/run/hostnet", "ro"), *([("/", "/host", "ro")] if root else [])]
        box = Container(self.rig, args, pod=pod, mounts=mounts, **more).start()
        self.kubelet.publish()
        return box

    def probe(self, kind):
        """As the kubelet's probe asks, from the node to the pod's address."""
        try:
            one = manifest.read_pod()["containers"][0]
            connection = http.client.HTTPConnection(self.network.pod, one["ports"][0]["containerPort"], timeout=5)
            connection.request("GET", one[f"{kind}Probe"]["httpGet"]["path"])
            return connection.getresponse().status
        except OSError:
            return 0

    def history(self):
        """What an investigator reads on the node, of the folder that the manifest mounts."""
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as db:
            return (dict(db.execute("SELECT id, state FROM findings").fetchall()),
                    db.execute("SELECT sha256 FROM executables").fetchall())

    def test_everything(self):
        """With the manifest's arguments to the letter: what starts under its eyes, what was there, and what is kept."""
        early = self.kubelet.add(Pod("ml", owner=("Deployment", "early"), host_network=True))
        early_box = self.start(QWEN, early)
        agent, cage = self.agent()
        agent.ready(30)
        rig.wait_until("ready", lambda: self.probe("readiness") == 200, 20)
        self.assertEqual(self.probe("liveness"), 200)
        agent.wait_finding(early, cause="declared")  # by the first sweep

        pods = {name: self.kubelet.add(Pod("ml", name, **more)) for name, more in {
            "declared": {"owner": ("StatefulSet", "vllm"), "host_network": True}, "joined": {"privileged": True},
            "socket": {"privileged": True}, "quiet": {}}.items()}
        boxes = {"declared": self.start(QWEN, pods["declared"]),
                 "joined": self.start(["joiner", "/run/hostnet", "thread"], pods["joined"]),
                 "socket": self.start(["borrow", "/run/hostnet", "listen6"], pods["socket"]),
                 "quiet": self.start(QWEN, pods["quiet"])}
        stray = Pod("nobody", "knows", host_network=True)  # the kubelet does not
        stray_box = Container(self.rig, QWEN, pod=stray).start()

        found = agent.wait_finding(pods["declared"], cause="declared", pod__name=pods["declared"].name,
                                   workload=pods["declared"].workload, network__listening=bool)
        self.assertEqual([one["argv"] for one in found["processes"] if one["pid"] == boxes["declared"].pid], [QWEN])
        self.assertEqual([one["port"] for one in found["network"]["listening"]], [boxes["declared"].said("listening")])
        for cause in ("joined", "socket"):
            self.assertEqual(agent.wait_finding(pods[cause], cause=cause)["severity"], "critical")
        agent.wait_finding(stray_box, cause="unmanaged")
        self.look_around(cage, pods, boxes, stray_box)
        self.more_ways(agent)  # a scan would wait for what is younger than ten seconds

        for one in (boxes["declared"], early_box):
            one.kill()
        agent.wait_resolved(pods["declared"])
        agent.wait_resolved(early)
        self.assertEqual(agent.mentions(pods["quiet"].uid), [])
        print(f"     in the container, KiB: {cage.resident()}; charged to it at most, of: {cage.charged()}", flush=True)
        self.restart(agent, cage, pods)

    def more_ways(self, agent):
        """Those that ask most of who looks; test_ways has all of them, without a cage."""
        ways = {"exec": (["joiner", "/run/hostnet", "exec", "sleep", "600"], {}), "orphan": (["evade", "orphan"], {}),
                "pidfd": (["evade", "pidfd", str(os.getpid())], {"host_pid": True}),
                "chroot": (["nsenter", "--net=/run/hostnet", "chroot", "/host", "/bin/sleep", "600"], {}),
                "mount namespace too": (["nsenter", "-t", str(os.getpid()), "-m", "-n", "sleep", "600"], {"host_pid": True})}
        pods = {}
        for name, (args, more) in ways.items():
            pods[name] = self.kubelet.add(Pod("ml", privileged=True, **more))
            self.start(args, pods[name], root=name == "chroot")
        for name, pod in pods.items():
            with self.subTest(name):
                self.assertEqual(agent.wait_finding(pod, cause="joined")["severity"], "critical")

    def look_around(self, cage, pods, boxes, stray_box):
        """`kubectl exec`, beside the agent that runs."""
        code, said, errors = cage.look(manifest.PROGRAM, "scan", "--output", "json")
        document = json.loads(said)
        check_schema("scan.v1.json", document)
        self.assertEqual((code, document["complete"]), (1, True), (document.get("incomplete"), errors))
        self.assertEqual(document["hostNetns"], rig.own_netns())
        for cause in ("declared", "joined", "socket"):
            self.assertEqual([one["cause"] for one in of_scan(document, pods[cause])], [cause])
        self.assertEqual([one["cause"] for one in of_scan(document, stray_box)], ["unmanaged"])
        port = boxes["declared"].said("listening")
        self.assertIn(port, [one["port"] for one in of_scan(document, pods["declared"])[0]["network"]["listening"]])
        self.assertEqual(of_scan(document, pods["quiet"]) + of_scan(document, pods["quiet"], "sharing"), [])
        code, checks = self.doctor(cage)
        # The hooks that a kernel refuses, and who gives what would help, are the machine's; all else must be well.
        bad = [one for one in checks if one["status"] != "ok" and one["name"] not in ("hook netns", "hook datagram", "hook unix")]
        self.assertEqual((bad, code <= 1), ([], True))
        (kubelet,) = self.check(checks, "kubelet")
        self.assertIn(f"https://{self.network.host}:{KUBELET_PORT}", kubelet["found"])

    def restart(self, agent, cage, pods):
        """Killed, as whoever shares the node's pid namespace and is root can: nothing that was printed is lost, the gap is said."""
        before = agent.open_findings()
        for pid in cage.processes():
            os.kill(pid, signal.SIGKILL)
        agent.process.wait(20)
        states, hashes = self.history()
        self.assertLessEqual(set(before), {key for key, state in states.items() if state == "open"})
        self.assertEqual(hashes, [], "without CAP_SYS_PTRACE nobody opens /proc/PID/exe")
        self.assertIn("CAP_SYS_PTRACE is missing", agent.log)
        again, _ = self.agent()
        again.ready(30)
        again.wait(lambda event: event["type"] == "agent.gap", "the gap")
        rig.wait_until("ready", lambda: self.probe("readiness") == 200, 20)
        time.sleep(1)
        self.assertEqual([event for event in again.about(pods["joined"], "finding.opened")], [])  # it went on
        self.assertEqual(self.history()[0].keys(), states.keys())
        again.stop()


class Hostile(Caged):
    def test_neighbours(self):
        """Who holds the store's lock delays nothing; who puts itself into the cgroup of the agent's own pod is found there; who
        has a pid namespace of its own reaches the agent by no signal."""
        agent, cage = self.agent()
        agent.ready(30)
        pid = cage.pid  # its only child, which reads executables, shows the same words until it has started
        lock = sqlite3.connect(self.store, isolation_level=None)
        self.addCleanup(lock.close)
        lock.execute("BEGIN EXCLUSIVE")
        Container(self.rig, QWEN, cgroup=f"{cage.pod.cgroup}/{hex_id()}", netns="host").start()
        found = agent.wait_finding(cage.pod, cause="joined")
        self.assertEqual((found["severity"], found["pod"]["name"]), ("critical", cage.pod.name))
        agent.wait_log("is locked")
        lock.execute("ROLLBACK")
        agent.wait_log("written again")
        own = Container(self.rig, ["sleep", "60"]).start()
        self.assertNotEqual(own.exec("kill", "-9", str(pid), check=False), 0)
        self.assertIsNone(agent.process.poll())
        agent.stop()


class Rights(Caged):
    """What the values `rights` of the chart add, each alone."""

    def test_cgroup_hooks(self):
        """By the host's cgroup tree, read-only: from within a cgroup namespace they see the containers of others. Without the
        tree the same capability gives nothing: what can be mounted there covers the agent alone."""
        (hook,) = self.check(self.doctor(self.idle())[1], "hook datagram")
        if hook["status"] != "ok":
            self.assertIn("CAP_NET_ADMIN", hook["mend"])
        (hook,) = self.check(self.doctor(self.idle(more=["NET_ADMIN"]))[1], "hook datagram")
        self.assertNotIn("cgroup/", hook["found"])
        if hook["status"] != "ok":
            self.assertIn("/sys/fs/cgroup", hook["mend"])
        agent, cage = self.agent(more=["NET_ADMIN"], mounts=[("/sys/fs/cgroup", "/host/sys/fs/cgroup", "ro")],
                                 env=[("HOSTNETD_CGROUP_ROOT", "/host/sys/fs/cgroup")])
        agent.ready(30)
        (hook,) = self.check(self.doctor(cage)[1], "hook datagram")
        self.assertEqual(hook["status"], "ok", hook)
        pod = self.kubelet.add(Pod("ml", "borrower", privileged=True))
        # Between two sweeps of sockets, which are a minute apart.
        Container(self.rig, ["borrow", "/run/hostnet", "udp"], pod=pod,
                  mounts=[(self.rig.host_netns_file(), "/run/hostnet", "ro")]).start().said("borrowed")
        self.kubelet.publish()
        agent.wait_finding(pod, cause="socket")
        agent.stop()

    def test_tracefs(self):
        """The node's, read-only: joining is seen at once where kernels have no better hook. No capability beside."""
        (hook,) = self.check(self.doctor(self.idle())[1], "hook netns")
        tracing = self.rig.path("tracing")
        tracing.mkdir()
        subprocess.run([rig.tool("mount"), "-t", "tracefs", "tracefs", tracing], check=True)
        self.rig.callback(subprocess.run, [rig.tool("umount"), "-l", str(tracing)])
        box = self.idle(mounts=[(tracing, "/sys/kernel/tracing", "ro")])
        (with_it,) = self.check(self.doctor(box)[1], "hook netns")
        if hook["status"] == "ok":
            self.assertEqual(with_it, hook)
        elif "rights.tracefs" in hook["mend"]:
            self.assertEqual(with_it["status"], "ok", with_it)
        else:
            self.assertIn("perf_event_paranoid", hook["mend"])

    def test_file_hashes(self):
        """CAP_SYS_PTRACE: what ran is in the history with its hash; and /proc is enough to go on where BPF is refused."""
        agent, _ = self.agent(more=["SYS_PTRACE"])
        agent.ready(30)
        pod = self.kubelet.add(Pod("ml", "hashed", host_network=True))
        Container(self.rig, QWEN, pod=pod).start()
        self.kubelet.publish()
        agent.wait_finding(pod, cause="declared")

        def hashes():
            with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as db:
                return db.execute("SELECT sha256 FROM executables").fetchall()
        rig.wait_until("a hash", hashes)
        agent.stop()
        box = self.idle(more=["SYS_PTRACE"], less=["BPF"], env=[("HOSTNETD_HOST_NETNS", str(rig.own_netns()))])
        code, said, errors = box.look(manifest.PROGRAM, "scan", "--output", "json")
        document = json.loads(said)
        self.assertEqual((code, document["complete"]), (1, False), errors)
        self.assertEqual([one["cause"] for one in of_scan(document, pod)], ["declared"])
        self.assertIn("CAP_BPF is missing", errors)


if __name__ == "__main__":
    import unittest
    unittest.main()
