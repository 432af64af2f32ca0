# SPDX-License-Identifier: Apache-2.0
"""The DaemonSet's manifest as an OCI container: what the kubelet and containerd make of it, so that what is tested and what
is installed cannot drift apart. A field of the container that is not known here is an error, never passed over."""
import os
import platform
import shutil
import socket
import subprocess

import yaml

import hierarchy
import rig as rigs
from container import Container, NAMES, machine_capabilities
from pod import Pod, Spec

MANIFEST = rigs.REPO / "deploy" / "kustomize" / "base" / "daemonset.yaml"
SECCOMP = rigs.REPO / "tests" / "data" / "seccomp-runtime-default.txt"
PROGRAM = "/usr/bin/hostnetd"
SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount"
# What containerd masks, and makes read-only, in every container that is not privileged.
MASKED = ("/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
          "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/sys/devices/virtual/powercap", "/proc/scsi")
READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
STANDARD = (("/proc", "proc", "proc", "nosuid noexec nodev"),
            ("/dev", "tmpfs", "tmpfs", "nosuid strictatime mode=755 size=65536k"),
            ("/dev/pts", "devpts", "devpts", "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5"),
            ("/dev/shm", "tmpfs", "shm", "nosuid noexec nodev mode=1777 size=65536k"),
            ("/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev"),
            ("/sys", "sysfs", "sysfs", "nosuid noexec nodev ro"),
            ("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid noexec nodev relatime ro"))
NEW_NAMESPACES = 0x7E020000  # NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
ENOSYS = 38
KNOWN_POD = {"serviceAccountName", "automountServiceAccountToken", "enableServiceLinks", "hostPID", "nodeSelector", "affinity",
             "tolerations", "priorityClassName", "terminationGracePeriodSeconds", "containers", "volumes"}
KNOWN_CONTAINER = {"name", "image", "imagePullPolicy", "args", "env", "securityContext", "ports", "startupProbe", "livenessProbe",
                   "readinessProbe", "resources", "volumeMounts"}
KNOWN_CONTEXT = {"runAsUser", "runAsGroup", "privileged", "allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities",
                 "seccompProfile"}


def read_pod():
    """The pod's spec of the plain manifest."""
    document = yaml.safe_load(MANIFEST.read_text())
    spec = document["spec"]["template"]["spec"]
    check_known(spec, KNOWN_POD, "pod")
    (one,) = spec["containers"]
    check_known(one, KNOWN_CONTAINER, "container")
    check_known(one["securityContext"], KNOWN_CONTEXT, "securityContext")
    return spec


def check_known(found, known, what):
    more = set(found) - known
    if more:
        raise AssertionError(f"{MANIFEST.name}: {what} has {sorted(more)}, which this test does not carry over")


def seccomp(capabilities):
    """RuntimeDefault for a container with these in its bounding set."""
    allowed = []
    for line in SECCOMP.read_text().splitlines():
        word, _, names = line.partition(": ")
        if word == "always" or word in capabilities:
            allowed += names.split()
    rules = [{"names": allowed, "action": "SCMP_ACT_ALLOW"}]
    rules += [{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"}]}
              for value in (0, 8, 0x20000, 0x20008, 0xFFFFFFFF)]
    if "SYS_ADMIN" not in capabilities:
        rules.append({"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [
            {"index": 0, "value": NEW_NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]})
        rules.append({"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS})
    machine = {"x86_64": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
               "aarch64": ["SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64"]}[platform.machine()]
    return {"defaultAction": "SCMP_ACT_ERRNO", "architectures": machine, "syscalls": rules}


def image(scope):
    """A root file system as an image has it: the program, the libraries that it names, nothing else. And a shell of its own
    name for what the test itself looks at from inside."""
    root = scope.path("image")
    libraries = subprocess.run([rigs.tool("ldd"), rigs.HOSTNETD], capture_output=True, text=True, check=True).stdout
    words = [word for word in libraries.split() if word.startswith("/")]
    for source, target in [(word, word) for word in words] + [(rigs.HOSTNETD, PROGRAM), (rigs.tool("busybox"), "/test/busybox")]:
        path = root / str(target).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, path)
    for _, (target, *_) in enumerate(STANDARD):
        (root / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
    return root


class Network:
    """What a CNI makes: a netns for the pod, and a way from it to the node's address. Nothing else is routed."""

    def __init__(self, rig):
        self.netns = rig.netns()
        name = f"hn{os.urandom(4).hex()}"
        third, fourth = os.urandom(2)
        self.host, self.pod = (f"198.18.{third}.{(fourth & 0xFC) + n}" for n in (1, 2))
        ip = rigs.tool("ip")
        subprocess.run([ip, "link", "add", name, "type", "veth", "peer", "name", f"{name}p"], check=True)
        rig.callback(lambda: subprocess.run([ip, "link", "del", name], check=False, stderr=subprocess.DEVNULL))
        # The pod's end has to be moved by descriptor: `ip` knows no namespace by a path.
        with open(self.netns, "rb") as file:
            subprocess.run([ip, "link", "set", f"{name}p", "netns", f"/proc/{os.getpid()}/fd/{file.fileno()}"], check=True)
        subprocess.run([ip, "addr", "add", f"{self.host}/30", "dev", name], check=True)
        subprocess.run([ip, "link", "set", name, "up"], check=True)
        inside = [rigs.tool("nsenter"), f"--net={self.netns}", ip]
        subprocess.run([*inside, "addr", "add", f"{self.pod}/30", "dev", f"{name}p"], check=True)
        subprocess.run([*inside, "link", "set", f"{name}p", "up"], check=True)
        subprocess.run([*inside, "route", "add", "default", "via", self.host], check=True)

    def connect(self, port):
        return socket.create_connection((self.pod, port), timeout=5)


class Contained(Container):
    """The DaemonSet's container, with `less` of its capabilities taken away, or with `more`. `volumes` says where a hostPath
    of the manifest lies in this test, `secrets` the folder with the token and ca.crt."""

    def __init__(self, rig, network, root, *, secrets, volumes=None, less=(), more=(), args=None, env=(), mounts=(),
                 profile=None):
        self.manifest = read_pod()
        (self.one,) = self.manifest["containers"]
        context = self.one["securityContext"]
        if context["capabilities"]["drop"] != ["ALL"] or context["runAsUser"] != 0:
            raise AssertionError("the manifest drops not all capabilities, or is another user")
        granted = (*context["capabilities"]["add"], *more)
        self.granted = tuple(name for name in dict.fromkeys(granted) if name not in less)
        self.network, self.volumes, self.secrets, self.profile = network, dict(volumes or {}), secrets, profile
        # Beside the agent's own settings, which are the manifest's to the letter.
        self.extra_env, self.extra_mounts = tuple(env), tuple(mounts)
        pod = Pod("hostnetd", owner=("DaemonSet", "hostnetd"), qos="burstable", host_pid=self.manifest.get("hostPID", False),
                  specs=[Spec(name="hostnetd", image=self.one["image"])])
        super().__init__(rig, args or [PROGRAM, *self.one["args"]], pod=pod, netns=network.netns, rootfs=root,
                         capabilities=self.granted, cgroup_namespace=True)

    def environment(self):
        fields = {"spec.nodeName": "rig-node", "status.hostIP": self.network.host}
        for entry in self.one["env"]:
            source = entry.get("valueFrom")
            yield entry["name"], fields[source["fieldRef"]["fieldPath"]] if source else entry["value"]
        yield from self.extra_env

    def bind(self, source, target, mode):
        # As containerd mounts a volume: `ro` is the upper mount's alone.
        return {"destination": str(target), "type": "bind", "source": str(source), "options": ["rbind", "rprivate", mode]}

    def mount_entries(self):
        found = [{"destination": target, "type": kind, "source": source, "options": options.split()}
                 for target, kind, source, options in STANDARD]
        volumes = {one["name"]: one["hostPath"]["path"] for one in self.manifest.get("volumes", [])}
        for one in self.one.get("volumeMounts", []):
            path = volumes[one["name"]]
            found.append(self.bind(self.volumes.get(path, path), one["mountPath"], "ro" if one.get("readOnly") else "rw"))
        if self.manifest["automountServiceAccountToken"]:
            found.append(self.bind(self.secrets, SECRETS, "ro"))
        return found + [self.bind(*one) for one in self.extra_mounts]

    def config(self):
        config = super().config()
        context = self.one["securityContext"]
        if context["privileged"] or context["seccompProfile"]["type"] != "RuntimeDefault" or self.manifest.get("hostNetwork"):
            raise AssertionError("privileged, without seccomp or with the host's network: nothing is proven here")
        process = config["process"]
        process["user"] = {"uid": context["runAsUser"], "gid": context["runAsGroup"]}
        process["noNewPrivileges"] = not context["allowPrivilegeEscalation"]
        process["env"] = ["PATH=/usr/bin", *(f"{name}={value}" for name, value in self.environment())]
        config["root"]["readonly"] = context["readOnlyRootFilesystem"]
        limit = int(self.one["resources"]["limits"]["memory"].removesuffix("Mi")) << 20
        config["linux"] |= {
            "maskedPaths": list(MASKED), "readonlyPaths": list(READ_ONLY), "seccomp": self.profile or seccomp(self.granted),
            "resources": {"devices": [{"allow": False, "access": "rwm"}], "memory": {"limit": limit, "swap": limit}}}
        return config

    def look(self, *args, timeout=60):
        """What `kubectl exec` does, and what it says: (exit code, standard output, standard error)."""
        done = subprocess.run(self.command("exec", self.id, *args), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout, check=False)
        return done.returncode, done.stdout, done.stderr

    def resident(self):
        """KiB, as the kernel counts it for the program."""
        for pid in self.processes():
            with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                status = dict(line.split(":", 1) for line in file)
            if status["Name"].strip() == "hostnetd":
                return {name: int(status[name].split()[0]) for name in ("VmRSS", "RssAnon", "RssFile", "RssShmem", "VmHWM")}
        raise AssertionError("the agent does not run")

    def charged(self):
        """(peak, limit) in KiB of what the kernel charges the container: BPF maps and page cache too. None: it counts none here."""
        for directory in hierarchy.directories(self.cgroup):
            for peak, limit in (("memory.peak", "memory.max"), ("memory.max_usage_in_bytes", "memory.limit_in_bytes")):
                if (directory / peak).exists():
                    return tuple(int((directory / name).read_text()) >> 10 for name in (peak, limit))
        return None


def not_granted(granted):
    """What else this machine could give."""
    return [name for name in machine_capabilities() if name not in granted and name in NAMES]
