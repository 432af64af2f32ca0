# SPDX-License-Identifier: Apache-2.0
"""The node's kubelet, as far as the agent sees one: the stand-in process, its pods' file, its faults."""
import json
import os
import subprocess

import pod as pods
import rig as rigs

STANDIN = rigs.HERE / "kubelet_standin.py"


def replace_text(path, text):
    """As a whole: no reader sees half of it."""
    half = path.with_name(path.name + ".new")
    half.write_text(text)
    os.replace(half, path)


class PodsFile:
    """A file with the pod list, replaced as a whole; enough for `--pods-file`."""

    def __init__(self, rig):
        self.rig, self.pods = rig, []
        self.dir = rig.path(f"pods-{os.urandom(3).hex()}")
        self.dir.mkdir()
        self.file = self.dir / "pods.json"
        self.publish()

    def add(self, *more):
        self.pods += more
        self.publish()
        return more[0]

    def remove(self, *gone):
        self.pods = [pod for pod in self.pods if pod not in gone]
        self.publish()

    def publish(self):
        replace_text(self.file, json.dumps(pods.pod_list(self.pods)))

    def options(self):
        return ["--pods-file", self.file]


class Kubelet(PodsFile):
    """Serves that file over HTTPS with a token, as a kubelet does, on loopback (of `netns`, if one is given), or `address`."""

    def __init__(self, rig, *, netns=None, http=False, address="127.0.0.1", port=0):
        super().__init__(rig)
        self.netns, self.http, self.address = netns, http, address
        self.token_file, self.accepted_file = self.dir / "token", self.dir / "accepted-token"
        self.fault_file = self.dir / "fault"
        self.hold_token("first-token")
        self.accept_token("first-token")
        self.fault()
        self.port = port
        self.process = None
        self.start()

    def start(self):
        enter = [rigs.tool("nsenter"), f"--net={self.netns}"] if self.netns else []
        words = [*enter, "/usr/bin/python3", "-B", STANDIN, "--pods", self.file, "--port", self.port, "--control",
                 self.fault_file]
        words += [] if self.address == "127.0.0.1" else ["--address", self.address, "--san", f"IP:{self.address}"]
        words += [] if self.http else ["--tls-dir", self.dir, "--token-file", self.accepted_file]
        with open(self.dir / "standin.log", "ab") as log:
            self.process = self.rig.spawn(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening "):
            raise AssertionError(f"kubelet stand-in: {line!r} {(self.dir / 'standin.log').read_text()[-1000:]}")
        self.port = int(line.split()[1])

    def stop(self):
        rigs.end_process(self.process)

    def hold_token(self, token):
        """What the agent has from now on."""
        replace_text(self.token_file, token)

    def accept_token(self, token):
        """What the kubelet takes from now on."""
        replace_text(self.accepted_file, token)

    def fault(self, name="none"):
        """From now on it answers wrongly in this way (a name of the stand-in's table); "none": it is well again."""
        replace_text(self.fault_file, name)

    @property
    def url(self):
        return f"{'http' if self.http else 'https'}://{self.address}:{self.port}"

    def options(self):
        if self.http:
            return ["--kubelet-url", self.url]
        return ["--kubelet-url", self.url, "--kubelet-ca-file", self.dir / "ca.crt", "--kubelet-token-file", self.token_file]
