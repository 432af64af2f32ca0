# SPDX-License-Identifier: Apache-2.0
"""Container engines of their own, beside any kubelet: a containerd with its ctr, and podman. All that they keep is in the
scope's directory."""
import os
import shutil
import subprocess

import hierarchy
import rig as rigs

CONTAINERD = """version = 2
root = "{dir}/root"
state = "{dir}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{dir}/containerd.sock"
[ttrpc]
  address = "{dir}/containerd.sock.ttrpc"
"""
PODMAN = """[engine]
no_pivot_root = true
events_logger = "file"
"""


def image(rig):
    """A root file system of the engine's own: an engine writes into it what it mounts there."""
    root = rig.path("engine-rootfs")
    shutil.copytree(rigs.rootfs(), root, symlinks=True)
    for name in ("hosts", "resolv.conf", "hostname"):
        (root / "etc" / name).touch()
    return root


def call(words, **more):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout.strip()


class Containerd:
    def __init__(self, rig):
        self.dir, self.image = rig.path("containerd"), image(rig)
        self.dir.mkdir()
        hierarchy.make(rig, "/default")
        config = self.dir / "config.toml"
        config.write_text(CONTAINERD.format(dir=self.dir))
        with open(self.dir / "log", "ab") as log:
            self.process = rig.spawn([rigs.tool("containerd"), "-c", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        rigs.wait_until("containerd serves", self.serves, 20)

    def command(self, *words):
        return [rigs.tool("ctr"), "-a", self.dir / "containerd.sock", *words]

    def serves(self):
        return subprocess.run([str(word) for word in self.command("version")], capture_output=True, check=False, timeout=20).returncode == 0

    def run(self, rig, name, *args):
        """The container's id. It shares the host's network, as with every `--net-host`."""
        rig.callback(self.remove, name)
        call(self.command("run", "-d", "--net-host", "--no-pivot", "--env", "PATH=/bin:/usr/bin", "--rootfs", self.image, name, *args))
        return name

    def remove(self, name):
        for words in (("tasks", "kill", "-s", "KILL", name), ("tasks", "delete", "-f", name), ("containers", "delete", name)):
            subprocess.run([str(word) for word in self.command(*words)], capture_output=True, check=False, timeout=30)


class Podman:
    def __init__(self, rig):
        self.dir, self.image = rig.path("podman"), image(rig)
        self.dir.mkdir()
        hierarchy.make(rig, "/libpod_parent")
        config = self.dir / "containers.conf"
        config.write_text(PODMAN)
        self.environment = {**os.environ, "CONTAINERS_CONF": str(config)}

    def command(self, *words):
        return [rigs.tool("podman"), "--root", self.dir / "root", "--runroot", self.dir / "run", "--tmpdir", self.dir / "tmp",
                "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "runc", *words]

    def run(self, rig, *args):
        # Its own default limits are above what this machine's root may set.
        id = call(self.command("run", "-d", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--network", "host", "--rootfs", self.image, *args),
                  env=self.environment)
        rig.callback(self.remove, id)
        return id

    def remove(self, id):
        subprocess.run([str(word) for word in self.command("rm", "-f", "-t", "0", id)], capture_output=True, check=False,
                       timeout=60, env=self.environment)
