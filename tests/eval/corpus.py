# SPDX-License-Identifier: Apache-2.0
"""Labelled pods, as the program gets them: a PodList, and a recording of a node where they run."""
import json
import pathlib

REPO = pathlib.Path(__file__).resolve().parents[2]
DATA = REPO / "tests" / "data"
CORPORA = (DATA / "ai-workloads-dev.jsonl", DATA / "ai-workloads-more.jsonl")
NETNS, HOST_MNTNS = "net:[4026531840]", "mnt:[4026531841]"
API = {"ReplicaSet": "apps/v1", "Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1",
       "CronJob": "batch/v1", "Node": "v1"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def uid(number):
    return f"00000000-0000-4000-8000-{number:012x}"


def container_id(number):
    return f"{number:064x}"


def spec_container(given):
    entry = {key: given[key] for key in ("name", "image", "command", "args", "resources") if key in given}
    if "envNames" in given:
        entry["env"] = [{"name": name} for name in given["envNames"]]
    if "ports" in given:
        entry["ports"] = [{"containerPort": port} for port in given["ports"]]
    return entry


def pod(row, number):
    """A Pod as the API server would list it. The corpus knows owners by kind only: the nearest is the controller, and one
    above it is told by the labels that the kubelet's answer would have."""
    owners = row.get("ownerKinds", [])
    metadata = {"name": row["name"], "namespace": row["namespace"], "uid": uid(number), "labels": dict(row.get("labels", {})),
                "annotations": dict(row.get("annotations", {}))}
    if owners:
        metadata["ownerReferences"] = [{"apiVersion": API.get(owners[0], ""), "kind": owners[0], "name": "owner", "uid": "u",
                                        "controller": True}]
    spec = {"hostNetwork": bool(row.get("hostNetwork")),
            "initContainers": [spec_container(one) for one in row["containers"] if one.get("init")],
            "containers": [spec_container(one) for one in row["containers"] if not one.get("init")]}
    first = next(one for one in row["containers"] if not one.get("init"))
    status = {"phase": "Running", "containerStatuses": [{"name": first["name"], "containerID": f"containerd://{container_id(number)}"}]}
    return {"metadata": metadata, "spec": spec, "status": status}


def pod_list(rows):
    return {"apiVersion": "v1", "kind": "PodList", "items": [pod(row, number) for number, row in enumerate(rows, 1)]}


def process(number, pid, exe, argv):
    cgroup = f"0::/kubepods/besteffort/pod{uid(number)}/{container_id(number)}"
    return {"pid": pid, "comm": "x", "exe": exe, "argv": argv, "cgroup": [cgroup], "netns": NETNS, "inHostNetns": True,
            "mntns": "mnt:[4026532000]", "status": ["PPid:\t1", "Uid:\t0\t0\t0\t0"]}


def recording(rows):
    """Each pod's processes in the host netns; of a pod whose processes are not known, one that says nothing."""
    processes = []
    for number, row in enumerate(rows, 1):
        for one in row.get("processes") or [{"exe": "", "argv": []}]:
            processes.append(process(number, 1000 + len(processes), one["exe"], one["argv"]))
    return {"hostNetns": NETNS, "hostMntns": HOST_MNTNS, "processes": processes}
