# SPDX-License-Identifier: Apache-2.0
"""Pods as the kubelet tells them: entries of a PodList in the form that was recorded from a real kubelet."""
import dataclasses
import random
import string
import time
import uuid

VLLM = "docker.io/vllm/vllm-openai:v0.6.3"
OLLAMA = "docker.io/ollama/ollama:0.3.12"
NGINX = "docker.io/library/nginx:1.27"
NODE_EXPORTER = "quay.io/prometheus/node-exporter:v1.8.2"

API_VERSIONS = {"ReplicaSet": "apps/v1", "Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1",
                "Job": "batch/v1", "CronJob": "batch/v1", "RayCluster": "ray.io/v1"}
HASH = "89df5769b"
CRON_TIME = "1795468920"
LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # what Kubernetes makes suffixes of


def suffix(length=5):
    return "".join(random.choice(LETTERS) for _ in range(length))


def hex_id(length=64):
    return "".join(random.choice(string.hexdigits[:16]) for _ in range(length))


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@dataclasses.dataclass
class Spec:
    """One container of a pod: what its spec says, and the id that the runtime gave it."""
    name: str = "server"
    image: str = VLLM
    kind: str = "container"  # container, init or ephemeral
    privileged: bool = False
    command: tuple = ()
    env: tuple = ()
    id: str = ""
    running: bool = False

    def entry(self):
        entry = {"name": self.name, "image": self.image, "resources": {}, "imagePullPolicy": "Never",
                 "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
        if self.command:
            entry["command"] = list(self.command)
        if self.env:
            entry["env"] = [{"name": name, "value": value} for name, value in self.env]
        if self.privileged:
            entry["securityContext"] = {"privileged": True}
        return entry

    def status(self):
        status = {"name": self.name, "lastState": {}, "ready": self.running, "restartCount": 0, "image": self.image,
                  "imageID": "", "started": self.running, "state": {"waiting": {"reason": "ContainerCreating"}}}
        if self.id:
            status["containerID"] = f"containerd://{self.id}"
            status["imageID"] = "sha256:81dc59eeac72e1cc8c4d36f8a62bec61adf529123f1440ef99b8e15c7f2a994a"
            state = {"running": {"startedAt": now()}} if self.running else {"terminated": {"exitCode": 0}}
            status["state"] = state
        return status


class Pod:
    """`owner` is the workload that a person deployed, such as ("Deployment", "tgi"); the entry has the objects between."""

    def __init__(self, namespace, name="", *, owner=None, host_network=False, qos="besteffort", image=VLLM, specs=None,
                 labels=None, static=False, host_pid=False, privileged=False):
        self.namespace, self.owner, self.qos = namespace, owner, qos
        self.host_network, self.host_pid, self.static = host_network, host_pid, static
        self.labels = dict(labels or {})
        self.specs = list(specs or [Spec(image=image, privileged=privileged)])
        self.uid = hex_id(32) if static else str(uuid.uuid4())
        self.name = name or (self.owned_name() if owner else f"pod-{suffix()}")

    def owned_name(self):
        kind, name = self.owner
        return {"Deployment": f"{name}-{HASH}-{suffix()}", "StatefulSet": f"{name}-0",
                "CronJob": f"{name}-{CRON_TIME}-{suffix()}"}.get(kind, f"{name}-{suffix()}")

    @property
    def cgroup(self):
        """As the cgroupfs driver makes it."""
        return f"/kubepods/pod{self.uid}" if self.qos == "guaranteed" else f"/kubepods/{self.qos}/pod{self.uid}"

    @property
    def workload(self):
        """What a finding must say."""
        kind, name = self.owner or ("Pod", self.name)
        return {"apiVersion": API_VERSIONS.get(kind, "v1"), "kind": kind, "name": name}

    def spec(self, name=None):
        return self.specs[0] if name is None else next(spec for spec in self.specs if spec.name == name)

    def controller(self):
        """The pod's own controller, and the labels that it puts on its pods."""
        kind, name = self.owner
        if kind == "Deployment":
            return "ReplicaSet", f"{name}-{HASH}", {"pod-template-hash": HASH}
        if kind == "CronJob":
            return "Job", f"{name}-{CRON_TIME}", {"job-name": f"{name}-{CRON_TIME}", "controller-uid": str(uuid.uuid4())}
        if kind == "Job":
            return "Job", name, {"job-name": name, "controller-uid": str(uuid.uuid4())}
        return kind, name, {"controller-revision-hash": f"{name}-7f95b959ff"} if kind != "RayCluster" else {}

    def metadata(self):
        source = {"kubernetes.io/config.seen": now(), "kubernetes.io/config.source": "file" if self.static else "api"}
        if self.static:
            source["kubernetes.io/config.hash"] = self.uid
        metadata = {"name": self.name, "namespace": self.namespace, "uid": self.uid, "creationTimestamp": now(),
                    "annotations": source}
        labels = dict(self.labels)
        if self.owner:
            kind, name, more = self.controller()
            labels.update(more)
            metadata["ownerReferences"] = [{"apiVersion": API_VERSIONS[kind], "kind": kind, "name": name, "controller": True,
                                            "uid": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), "blockOwnerDeletion": True}]
        if labels:
            metadata["labels"] = labels
        return metadata

    def entry(self):
        spec = {"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "nodeName": "rig-node", "enableServiceLinks": True,
                "schedulerName": "default-scheduler", "securityContext": {},
                "containers": [one.entry() for one in self.specs if one.kind == "container"]}
        status = {"phase": "Running", "startTime": now(),
                  "qosClass": {"besteffort": "BestEffort", "burstable": "Burstable"}.get(self.qos, "Guaranteed"),
                  "containerStatuses": [one.status() for one in self.specs if one.kind == "container"]}
        for kind in ("init", "ephemeral"):
            some = [one for one in self.specs if one.kind == kind]
            if some:
                spec[f"{kind}Containers"] = [one.entry() for one in some]
                status[f"{kind}ContainerStatuses"] = [one.status() for one in some]
        if self.host_network:  # absent when false
            spec["hostNetwork"] = True
        if self.host_pid:
            spec["hostPID"] = True
        return {"metadata": self.metadata(), "spec": spec, "status": status}


def pod_list(pods):
    return {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [pod.entry() for pod in pods]}
