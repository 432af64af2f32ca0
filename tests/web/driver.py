#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A real agent with its API and real containers, at the command of the browser's tests. One word a line on standard input, one
JSON object a line as the answer: `join` (a pod with a network of its own gets into the host's), `listen` (a hostNetwork pod
with a port), `end` (the last one's container ends), `kill` (the agent, without warning), `again` (the agent, once more)."""
import json
import pathlib
import signal
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "node"))

import agent as agents  # noqa: E402
import pod as pods  # noqa: E402
import rig as rigs  # noqa: E402
from container import Container  # noqa: E402
from kubelet import Kubelet  # noqa: E402
from pod import Pod  # noqa: E402

TOKEN = "a-token-of-the-tests-0123456789abcdef"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Node:
    def __init__(self, rig):
        self.rig, self.kubelet, self.port = rig, Kubelet(rig), free_port()
        self.host_netns = rig.host_netns_file()
        self.token_file = rig.path("api-token")
        self.token_file.write_text(TOKEN)
        self.token_file.chmod(0o600)
        self.rules = rig.path("rules.yaml")
        self.rules.write_text("exceptions: []\n")
        self.box = self.pod = self.process = None
        self.again()

    def again(self):
        words = [rigs.HOSTNETD, "run", "--output", "json", "--node-name", "web-node", "--sweep-interval", "1s", "--listen",
                 f"127.0.0.1:{self.port}", "--api-token-file", self.token_file, "--exceptions", self.rules, *self.kubelet.options()]
        if "--store" in agents.help_text("run"):
            words += ["--store", self.rig.path("store.db")]
        with open(self.rig.path("agent.log"), "ab") as log:
            self.process = self.rig.spawn(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=agents.environment())
        rigs.wait_until("the API listens", self.listening, 20)
        return self.where()

    def where(self):
        """For the browser, which writes the rules itself."""
        return {"url": f"http://127.0.0.1:{self.port}/", "token": TOKEN, "rules": str(self.rules)}

    def listening(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the agent ended: {self.rig.path('agent.log').read_text()[-2000:]}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def begin(self, pod, args, mounts=()):
        self.pod = self.kubelet.add(pod)
        self.box = Container(self.rig, args, pod=pod, mounts=mounts).start()
        self.kubelet.publish()
        return {"namespace": pod.namespace, "pod": pod.name, "uid": pod.uid}

    def join(self):
        return self.begin(Pod("ml", privileged=True, image=pods.OLLAMA),
                          ["joiner", "/run/hostnet", "exec", "vllm", "serve", "--port", "0"],
                          [(self.host_netns, "/run/hostnet", "ro")])

    def listen(self):
        said = self.begin(Pod("ml", owner=("StatefulSet", "vllm"), host_network=True), ["vllm", "serve", "--port", "0"])
        return {**said, "port": self.box.said("listening")}

    def end(self):
        self.box.kill()
        return {}

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        return {}


def main():
    rigs.exit_on_signals()
    rigs.need_program()
    rig = rigs.Rig()
    try:
        node = Node(rig)
        print(json.dumps(node.where()), flush=True)
        for line in sys.stdin:
            print(json.dumps(getattr(node, line.strip())()), flush=True)
    except Exception as error:  # pylint: disable=broad-except   # the test shows it
        print(json.dumps({"error": repr(error)}), flush=True)
    finally:
        rig.close()


if __name__ == "__main__":
    main()
