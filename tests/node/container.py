# SPDX-License-Identifier: Apache-2.0
"""Real containers: an OCI bundle of our own making, started by runc (or crun) in a cgroup of the kubelet's form."""
import contextlib
import json
import os
import signal
import subprocess

import hierarchy
import pod as pods
import rig as rigs

# What containerd gives an ordinary container.
ORDINARY = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE",
            "NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP")
NAMES = ("CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
         "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
         "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
         "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()
HOST, NEW = "host", "new"
# crun refuses a hybrid tree whose cgroup2 has controllers: there it gets to see the v1 hierarchies only.
V1_ONLY = ("unshare", "-m", "sh", "-c", 'umount /sys/fs/cgroup/unified; exec "$@"', "sh")


def runner_of(runtime):
    """What has to be put before it on this machine."""
    return V1_ONLY if runtime == "crun" and os.path.ismount("/sys/fs/cgroup/unified") else ()


def machine_capabilities():
    """All that this machine can give: runtimes refuse a capability that the bounding set lacks."""
    with open("/proc/self/status", encoding="utf-8") as file:
        bits = next(int(line.split()[1], 16) for line in file if line.startswith("CapBnd:"))
    return tuple(name for number, name in enumerate(NAMES) if bits >> number & 1)


class Container:
    """`netns`: HOST, NEW or a file. With a pod it is in the pod's cgroup and takes the spec's place there; `cgroup` is for
    containers around the kubelet. `runner` is put before the runtime, such as ("unshare", "-m")."""

    def __init__(self, rig, args, *, pod=None, spec=None, netns=None, cgroup=None, id=None, privileged=None, env=(),
                 mounts=(), host_pid=False, rootfs=None, capabilities=None, cgroup_namespace=False, runtime="runc",
                 runner=(), mount_namespace=True, user_namespace=False):
        self.rig, self.args, self.pod = rig, [str(arg) for arg in args], pod
        self.spec = pod.spec(spec) if pod else None
        self.id = id or pods.hex_id()
        self.parent = pod.cgroup if pod else None
        self.cgroup = cgroup or (f"{pod.cgroup}/{self.id}" if pod else f"/hostnetd-tests/{self.id}")
        self.netns = netns or (HOST if pod and pod.host_network else NEW)
        self.privileged = self.spec.privileged if privileged is None and self.spec else bool(privileged)
        self.host_pid = host_pid or bool(pod and pod.host_pid)
        self.env, self.mounts, self.capabilities = tuple(env), tuple(mounts), capabilities
        self.rootfs = rootfs or rigs.rootfs()
        self.cgroup_namespace, self.mount_namespace, self.user_namespace = cgroup_namespace, mount_namespace, user_namespace
        self.runtime, self.runner = runtime, tuple(runner) or runner_of(runtime)
        self.bundle = rig.path(f"bundle-{self.id[:16]}-{os.urandom(3).hex()}")
        self.state_dir = rig.path(runtime)
        self.pid = 0
        self.made = self.gone = False

    # --- the bundle -----------------------------------------------------------------------------------------

    def namespaces(self):
        kinds = ["uts", "ipc"]
        kinds += ["mount"] if self.mount_namespace else []
        kinds += [] if self.host_pid else ["pid"]
        kinds += ["cgroup"] if self.cgroup_namespace else []
        kinds += ["user"] if self.user_namespace else []
        found = [{"type": kind} for kind in kinds]
        if self.netns == NEW:
            found.append({"type": "network"})
        elif self.netns != HOST:
            found.append({"type": "network", "path": str(self.netns)})
        return found

    def mount_entries(self):
        entries = [{"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
                   {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=64k"]},
                   {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]}]
        for source, destination, mode in self.mounts:
            entries.append({"destination": str(destination), "source": str(source), "type": "bind", "options": ["rbind", mode]})
        return entries

    def config(self):
        names = self.capabilities
        if names is None:
            names = machine_capabilities() if self.privileged else ORDINARY
        held = [f"CAP_{name}" for name in names]
        environment = ["PATH=/bin:/usr/bin", *(f"{name}={value}" for name, value in self.env)]
        process = {"terminal": False, "user": {"uid": 0, "gid": 0}, "args": self.args, "env": environment, "cwd": "/",
                   "noNewPrivileges": not self.privileged,
                   "capabilities": {kind: held for kind in ("bounding", "effective", "permitted")}}
        linux = {"cgroupsPath": self.cgroup, "namespaces": self.namespaces(),
                 "resources": {"devices": [{"allow": True, "access": "rwm"}]}}
        if not self.privileged and self.mount_namespace:
            linux["maskedPaths"] = ["/proc/kcore", "/proc/keys", "/proc/timer_list"]
        if self.user_namespace:
            linux |= {kind: [{"containerID": 0, "hostID": 100000, "size": 65536}] for kind in ("uidMappings", "gidMappings")}
        return {"ociVersion": "1.0.2", "process": process, "root": {"path": str(self.rootfs), "readonly": True},
                "hostname": "box", "mounts": self.mount_entries(), "linux": linux}

    def prepare(self):
        """Makes the bundle and the cgroups above the container's own."""
        if self.made:
            return
        self.made = True
        hierarchy.make(self.rig, self.parent or os.path.dirname(self.cgroup))
        self.bundle.mkdir()
        (self.bundle / "config.json").write_text(json.dumps(self.config()))
        self.rig.callback(self.delete)

    # --- its life -------------------------------------------------------------------------------------------

    def command(self, *words):
        root = [rigs.tool(self.runtime), "--root", str(self.state_dir), "--log", str(self.bundle / "log")]
        if self.runtime == "crun":
            root += ["--cgroup-manager=cgroupfs"]
        return [*self.runner, *root, *(str(word) for word in words)]

    def call(self, *words, timeout=60, check=True, **more):
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, timeout=timeout, check=False, **more)
        if check and done.returncode != 0:
            said = [path.read_text(errors="replace")[-500:] for path in self.bundle.glob("[elo]*") if path.is_file()]
            raise AssertionError(f"{self.runtime} {' '.join(map(str, words))}: exit {done.returncode}: {said}")
        return done

    def start(self):
        """Starts it in the background; its standard output is in `output`. Returns itself."""
        self.prepare()
        with open(self.bundle / "out", "ab") as out, open(self.bundle / "err", "ab") as err:
            self.call("run", "--no-pivot", "-d", "--bundle", self.bundle, "--pid-file", self.bundle / "pid", self.id,
                      stdout=out, stderr=err)
        self.pid = int((self.bundle / "pid").read_text())
        self.report(True)
        return self

    def run(self, timeout=60, check=True):
        """Starts it, waits for its end; the runtime deletes it. The exit code."""
        self.prepare()
        with open(self.bundle / "out", "ab") as out, open(self.bundle / "err", "ab") as err:
            code = self.call("run", "--no-pivot", "--bundle", self.bundle, self.id, stdout=out, stderr=err, timeout=timeout,
                             check=check).returncode
        self.gone = code == 0
        return code

    def report(self, running):
        """Tells the pod's entry; the kubelet's answer changes when the test publishes it."""
        if self.spec:
            self.spec.id, self.spec.running = self.id, running

    @property
    def output(self):
        path = self.bundle / "out"
        return path.read_text() if path.exists() else ""

    def said(self, word, timeout=10):
        """The number after `word` in its output, as soon as it is there."""
        def look():
            return [line.split()[1] for line in self.output.splitlines() if line.split()[:1] == [word] and len(line.split()) > 1]
        return int(rigs.wait_until(f"container says {word}", look, timeout)[-1])

    def exec(self, *args, detach=False, check=True, timeout=60):
        words = ["exec", "-d"] if detach else ["exec"]
        with open(self.bundle / "out", "ab") as out, open(self.bundle / "err", "ab") as err:
            return self.call(*words, self.id, *args, stdout=out, stderr=err, check=check, timeout=timeout).returncode

    def processes(self):
        """Pids in its cgroup, as this process sees them; a runtime may know only some of the hierarchies."""
        return sorted({pid for one in hierarchy.directories(self.cgroup) for pid in hierarchy.processes(one)})

    def kill(self):
        """Ends all its processes and waits until they are gone. Its cgroup stays until `delete`."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        rigs.wait_until("container ends", lambda: not self.processes())
        self.report(False)

    def delete(self):
        if not self.made:
            return
        self.made = False
        if not self.gone:
            subprocess.run(self.command("delete", "-f", self.id), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
                           check=False)
        for directory in hierarchy.directories(self.cgroup):
            hierarchy.remove_tree(directory)
        rigs.quiet_rmtree(self.bundle)
        self.report(False)
