# SPDX-License-Identifier: Apache-2.0
"""The agent as the DaemonSet runs it: in a real container with its own network, mount and cgroup namespaces, the host's
pid namespace, a read-only root and no capability but the two that BPF needs."""
import os
import signal
import unittest

import rig
from agent import Agent, of_scan, scan
from container import HOST, Container
from kubelet import Kubelet
from pod import Pod

CAPABILITIES = ("BPF", "PERFMON")
QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]


def agent_root(scope):
    """An image with nothing in it: the program and its libraries are mounted from this machine, read-only."""
    root = scope.path("agent-root")
    for name in ("proc", "sys", "dev", "tmp", "usr", "opt", "kubelet"):
        (root / name).mkdir(parents=True)
    (root / "opt" / "hostnetd").touch()
    mounts = [("/usr", "/usr", "ro"), ("/sys", "/sys", "ro"), (rig.HOSTNETD, "/opt/hostnetd", "ro")]
    for name in ("bin", "lib", "lib64", "sbin"):
        host = f"/{name}"
        if os.path.islink(host):
            (root / name).symlink_to(os.readlink(host))
        elif os.path.isdir(host):
            (root / name).mkdir()
            mounts.append((host, host, "ro"))
    return root, mounts


class LeastPrivilege(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.netns = self.rig.netns()
        # It shares the agent's netns, as a kubelet that answers on an address which the agent can reach.
        self.kubelet = Kubelet(self.rig, netns=self.netns)
        self.root, self.mounts = agent_root(self.rig)
        self.host_netns = self.rig.host_netns_file()

    def command(self, capabilities=CAPABILITIES, args=("/opt/hostnetd",)):
        """What is put in place of the program's path: the runtime, started in the foreground. Arguments that follow go
        into the bundle, because a runtime takes none."""
        mounts = [*self.mounts, (self.kubelet.dir, self.kubelet.dir, "ro")]
        (self.root / str(self.kubelet.dir).lstrip("/")).mkdir(parents=True, exist_ok=True)
        return Container(self.rig, args, netns=self.netns, host_pid=True, rootfs=self.root, mounts=mounts,
                         capabilities=capabilities, cgroup_namespace=True)

    def inside(self, box):
        """A command's prefix: `sh` writes the words that follow into the bundle, then becomes the runtime."""
        box.prepare()
        config = box.bundle / "config.json"
        script = ('import json,os,sys; path=sys.argv[1]; n=int(sys.argv[2]); config=json.load(open(path)); '
                  'config["process"]["args"]=["/opt/hostnetd"]+sys.argv[3+n:]; json.dump(config,open(path,"w")); '
                  'os.execv(sys.argv[3], sys.argv[3:3+n])')
        words = box.command("run", "--no-pivot", "--bundle", box.bundle, box.id)
        return ["/usr/bin/python3", "-c", script, config, str(len(words)), *words]

    def pods(self):
        declared = self.kubelet.add(Pod("ml", owner=("StatefulSet", "vllm"), host_network=True))
        joined = self.kubelet.add(Pod("ml", "drifter", privileged=True))
        quiet = self.kubelet.add(Pod("ml", "own-netns"))
        return declared, joined, quiet

    def start(self, declared, joined, quiet):
        box = Container(self.rig, QWEN, pod=declared).start()
        mounts = [(self.host_netns, "/run/hostnet", "ro")]
        Container(self.rig, ["joiner", "/run/hostnet", "thread"], pod=joined, mounts=mounts).start().said("joined")
        Container(self.rig, QWEN, pod=quiet).start()
        self.kubelet.publish()
        return box

    def test_the_cage(self):
        """What this test says of its container is true."""
        box = self.command(args=("/bin/cat", "/proc/self/status", "/proc/self/cgroup"))
        box.run()
        status = dict(line.split(":", 1) for line in box.output.splitlines() if line and not line[0].isdigit())
        bits = 1 << 39 | 1 << 38  # BPF, PERFMON
        for name in ("CapEff", "CapPrm", "CapBnd"):
            self.assertEqual(int(status[name], 16), bits, name)
        self.assertIn("0::/\n", box.output)  # its own cgroup namespace
        look = self.command(args=("/bin/readlink", "/proc/self/ns/net", "/proc/self/ns/pid"))
        look.run()
        self.assertNotIn(str(rig.own_netns()), look.output)
        self.assertIn(str(os.stat("/proc/self/ns/pid").st_ino), look.output)
        touch = self.command(args=("/usr/bin/touch", "/etc-is-read-only", "/sys/x"))
        self.assertNotEqual(touch.run(check=False), 0)

    def test_run(self):
        """What starts under its eyes."""
        some = self.pods()
        agent = Agent(self.rig, *self.kubelet.options(), command=self.inside(self.command())).ready(30)
        box = self.start(*some)
        declared, joined, quiet = some
        found = agent.wait_finding(declared, cause="declared", pod__name=declared.name)
        self.assertEqual(found["workload"], declared.workload)
        self.assertEqual([one["argv"] for one in found["processes"] if one["pid"] == box.pid], [QWEN])
        self.assertEqual(agent.wait_finding(joined, cause="joined")["severity"], "critical")
        self.assertEqual(agent.mentions(quiet.uid), [])
        box.kill()
        agent.wait_resolved(declared)
        agent.stop(signal.SIGTERM)

    def test_scan(self):
        """What ran before, by sweep, with the ports."""
        some = self.pods()
        box = self.start(*some)
        declared, joined, quiet = some
        port = box.said("listening")
        code, document, said = scan(*self.kubelet.options(), command=self.inside(self.command()))
        self.assertEqual(code, 1, said)
        self.assertTrue(document["complete"], document.get("incomplete"))
        self.assertEqual(document["hostNetns"], rig.own_netns())
        self.assertEqual([one["cause"] for one in of_scan(document, declared)], ["declared"])
        self.assertEqual([one["cause"] for one in of_scan(document, joined)], ["joined"])
        self.assertEqual(of_scan(document, quiet) + of_scan(document, quiet, "sharing"), [])
        self.assertIn(port, [one["port"] for one in of_scan(document, declared)[0].get("network", {}).get("listening", [])])

    def test_no_capability_at_all(self):
        """Never a pass: it says what is missing."""
        code, document, said = scan(*self.kubelet.options(), command=self.inside(self.command(capabilities=())))
        self.assertEqual((document["passed"], document["complete"]), (False, False))
        self.assertEqual(code, 1 if document["findings"] else 2)
        self.assertIn("CAP_BPF", said)

    def test_host_pid_is_missing(self):
        """Its own pid namespace shows nothing of the node: exit 2 and the word that mends it."""
        box = self.command()
        box.host_pid = False
        prefix = self.inside(box)
        done = rig.subprocess.run([*map(str, prefix), "scan", "--output", "json", *map(str, self.kubelet.options())],
                                  capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 2, done.stdout[:500])
        self.assertIn("hostPID", done.stderr)
        self.assertEqual(HOST, "host")


if __name__ == "__main__":
    unittest.main()
