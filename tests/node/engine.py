# SPDX-License-Identifier: Apache-2.0
"""Container engines of their own, beside any kubelet: a containerd with its ctr, and podman. All that they keep is in the
scope's directory."""
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile

import container
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


def archive(rig, tag):
    """The same as an image of one layer, in the form of `docker save`."""
    layer, whole = rig.path("layer.tar"), rig.path("image.tar")
    with tarfile.open(layer, "w") as tar:
        tar.add(image(rig), arcname=".")
    digest = hashlib.sha256(layer.read_bytes()).hexdigest()
    config = {"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/bin:/usr/bin"]},
              "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}}
    manifest = [{"Config": "config.json", "RepoTags": [tag], "Layers": ["layer.tar"]}]
    with tarfile.open(whole, "w") as tar:
        for name, content in (("config.json", config), ("manifest.json", manifest)):
            data = json.dumps(content).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        tar.add(layer, arcname="layer.tar")
    return whole


def call(words, **more):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout.strip()


class Containerd:
    def __init__(self, rig):
        self.dir = rig.path("containerd")
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
        words = [str(word) for word in self.command("version")]
        return subprocess.run(words, capture_output=True, check=False, timeout=20).returncode == 0

    def import_image(self, rig, tag):
        call(self.command("images", "import", "--snapshotter", "native", archive(rig, tag)))
        return ["--snapshotter", "native", tag]

    def run(self, rig, source, name, *args):
        """The container's id. It shares the host's network, as with every `--net-host`. `source`: --rootfs and a directory, or
        what `import_image` gave."""
        rig.callback(self.remove, name)
        call(self.command("run", "-d", "--net-host", "--no-pivot", "--env", "PATH=/bin:/usr/bin", *source, name, *args))
        return name

    def remove(self, name):
        for words in (("tasks", "kill", "-s", "KILL", name), ("tasks", "delete", "-f", name), ("containers", "delete", name)):
            subprocess.run([str(word) for word in self.command(*words)], capture_output=True, check=False, timeout=30)


class Podman:
    def __init__(self, rig, runtime="runc"):
        self.dir, self.image, self.runtime = rig.path("podman"), image(rig), runtime
        self.dir.mkdir()
        hierarchy.make(rig, "/libpod_parent")
        config = self.dir / "containers.conf"
        config.write_text(PODMAN)
        self.environment = {**os.environ, "CONTAINERS_CONF": str(config)}
        self.enter = self.place(rig)

    def place(self, rig):
        """What is put before podman. A mount namespace that crun needs has a process of the host in it, as rootless podman's has
        its pause: conmon outlives podman and is to be known for the host's."""
        runner = container.runner_of(self.runtime)
        if not runner:
            return []
        holder = rig.spawn([*runner, "sleep", "600"])
        comm = pathlib.Path(f"/proc/{holder.pid}/comm")
        rigs.wait_until("the mount namespace is made", lambda: comm.read_text() == "sleep\n")
        return [rigs.tool("nsenter"), "-t", holder.pid, "-m"]

    def command(self, *words):
        places = ["--root", self.dir / "root", "--runroot", self.dir / "run", "--tmpdir", self.dir / "tmp"]
        drivers = ["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", self.runtime]
        return [*self.enter, rigs.tool("podman"), *places, *drivers, *words]

    def load(self, archive):
        return call(self.command("load", "-i", archive), env=self.environment)

    def run_image(self, name, *args):
        """What a container of a loaded image says until it ends."""
        limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
        return call(self.command("run", "--rm", *limits, "--network", "none", "--pull", "never", name, *args), env=self.environment)

    def run(self, rig, *args):
        # Its own default limits are above what this machine's root may set.
        limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
        id = call(self.command("run", "-d", *limits, "--network", "host", "--rootfs", self.image, *args), env=self.environment)
        rig.callback(self.remove, id)
        return id

    def remove(self, id):
        subprocess.run([str(word) for word in self.command("rm", "-f", "-t", "0", id)], capture_output=True, check=False,
                       timeout=60, env=self.environment)
