#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""`make demo`: what hostnetd does, on this machine, without a cluster. Real containers (runc) in the kubelet's cgroups, a
small HTTPS kubelet that serves their pods, the agent beside them. Whatever it makes is gone when it ends."""
import pathlib
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import agent as agents  # noqa: E402
import pod as pods  # noqa: E402
import rig as rigs  # noqa: E402
from container import Container  # noqa: E402
from kubelet import Kubelet  # noqa: E402
from pod import Pod, Spec  # noqa: E402

WAIT = 15.0


def say(text):
    print(f"\n== {text}", flush=True)


def free_port(wanted):
    """`wanted`, or any other if this machine has a server there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Live:
    """`hostnetd run` as a person sees it, every line passed on as it comes."""

    def __init__(self, rig, *options):
        self.lines = []
        words = [rigs.HOSTNETD, "run", "--output", "table", "--node-name", "demo-node", "--sweep-interval", "5s", *options]
        self.process = rig.spawn(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 errors="replace", env=agents.environment())
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        try:
            for line in self.process.stdout:
                self.lines.append(line)
                print(f"   | {line}", end="", flush=True)
        except ValueError:  # the pipe is closed at the end
            pass

    def wait(self, *words):
        """Until one line has all these words."""
        rigs.wait_until(f"a line with {' and '.join(words)}",
                        lambda: any(all(word in line for word in words) for line in self.lines), WAIT)

    def stop(self):
        self.process.terminate()
        code = self.process.wait(10)
        self.reader.join(5)
        return code


def make_pods(kubelet):
    vllm = Pod("ml", owner=("StatefulSet", "vllm"), host_network=True, image=pods.VLLM)
    web = Pod("default", owner=("Deployment", "web"), specs=[Spec("nginx", image=pods.NGINX)])
    ollama = Pod("ml", "ollama", specs=[Spec("ollama", image=pods.OLLAMA, privileged=True)])
    kubelet.add(vllm, web, ollama)
    return vllm, web, ollama


def found_by_scan(options, ours):
    """The pods of ours that a scan has findings for, with the causes."""
    words = [rigs.HOSTNETD, "scan", "--output", "json", "--node-name", "demo-node", *map(str, options)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False, env=agents.environment())
    findings = agents.json.loads(done.stdout)["findings"]
    names = {pod.uid: pod.name for pod in ours}
    return {(names[agents.pod_of(one)], one.get("cause")) for one in findings if agents.pod_of(one) in names}


def show(rig):
    say("A kubelet stand-in starts: HTTPS, a token, the pods of this node.")
    kubelet = Kubelet(rig)
    vllm, web, ollama = make_pods(kubelet)
    options = kubelet.options()
    print(f"   {kubelet.url}/pods")

    say("hostnetd run starts; what it prints has a bar in front.")
    live = Live(rig, *options)
    time.sleep(1)

    say("A plain web pod starts (nginx, a network of its own): nothing to say about it.")
    Container(rig, ["nginx", "--port", "80"], pod=web).start()
    kubelet.publish()

    say(f"An AI server starts with hostNetwork: true ({pods.VLLM}): declared.")
    port = str(free_port(8000))
    Container(rig, ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", port], pod=vllm).start()
    kubelet.publish()
    live.wait("vllm", "declared")

    say(f"An AI pod starts with a network of its own ({pods.OLLAMA}); in 2 s it joins the host's behind admission's back.")
    drift = f"sleep 2; exec joiner /run/hostnet exec ollama serve --port {free_port(11434)}"
    Container(rig, ["sh", "-c", drift], pod=ollama, mounts=[(rig.host_netns_file(), "/run/hostnet", "ro")]).start()
    kubelet.publish()
    live.wait("ollama", "joined")
    time.sleep(0.5)  # its port and its names may come as further lines

    say("hostnetd scan: the state now, once, as a table (exit code 1: there are findings).")
    words = [rigs.HOSTNETD, "scan", "--output", "table", "--node-name", "demo-node", *map(str, options)]
    code = subprocess.run(words, timeout=30, check=False, env=agents.environment()).returncode
    found = found_by_scan(options, (vllm, web, ollama))
    wanted = {(vllm.name, "declared"), (ollama.name, "joined")}

    say("The agent is told to end; then all containers, cgroups and files of this demo go.")
    ended = live.stop()
    if web.name in "".join(live.lines) or found != wanted or code != 1 or ended != 0:
        print(f"\nDEMO FAILED: found {sorted(found, key=str)}, scan exit {code}, run exit {ended}", flush=True)
        return 1
    return 0


def main():
    rigs.exit_on_signals()
    start = time.monotonic()
    try:
        rigs.need_program()
        rig = rigs.Rig()
        try:
            code = show(rig)
        finally:
            rig.close()
    except KeyboardInterrupt:
        print("\ninterrupted: cleaned up", flush=True)
        return 130
    except (AssertionError, unittest.SkipTest, subprocess.SubprocessError) as error:
        print(f"\nDEMO FAILED: {error}", file=sys.stderr)
        return 1
    if code == 0:
        print(f"\nFound exactly the two that share the host network, not the web pod ({time.monotonic() - start:.0f} s).")
    return code


if __name__ == "__main__":
    sys.exit(main())
