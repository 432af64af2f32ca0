# SPDX-License-Identifier: Apache-2.0
"""A node at its size: 250 pods in the kubelet's list and 10,000 processes, most of them in pods, each pod in namespaces of its
own, a few in the host's netns."""
import subprocess

import hierarchy
from pod import NGINX, NODE_EXPORTER, VLLM, Pod, Spec, hex_id

import ground

PROCESSES = 10000
PODS = 250
SHARING, SHARING_AI = 10, 4  # pods with hostNetwork, and those of them that are AI
SHARING_PROCESSES = 8        # in each of those
OUTSIDE = 5                  # one in so many processes is the host's own
DESCRIPTORS = 12             # of each process
# A real pod's entry is 5 to 25 KB, most of it environment, volumes and managed fields.
ENVIRONMENT = tuple((f"SERVICE_{number}_HOST", f"service-{number}.namespace-{number}.svc.cluster.local:8080/with/a/path")
                    for number in range(60))


def make_pod(number):
    """Every fifth pod is AI by its image."""
    sharing = number < SHARING
    ai = number < SHARING_AI or (not sharing and number % 5 == 0)
    image = VLLM if ai else NODE_EXPORTER if sharing else NGINX
    spec = Spec(image=image, env=ENVIRONMENT, id=hex_id(), running=True)
    return Pod(f"team-{number % 20}", owner=("Deployment", f"service-{number}"), host_network=sharing, specs=[spec],
               labels={f"example.org/label-{one}": "some-value" for one in range(6)})


class Crowd:
    """The pods, and their processes, which end with the scope."""

    def __init__(self, rig, processes=PROCESSES):
        self.pods = [make_pod(number) for number in range(PODS)]
        self.in_pods = processes - processes // OUTSIDE
        self.descriptors = self.in_pods * DESCRIPTORS
        orders = []
        left = self.in_pods - SHARING * SHARING_PROCESSES
        for number, pod in enumerate(self.pods):
            path = hierarchy.make(rig, f"{pod.cgroup}/{pod.spec().id}")
            where = ",".join(map(str, ground.watched_directories(path)))
            count = SHARING_PROCESSES if pod.host_network else share(left, PODS - SHARING, number - SHARING)
            name = "vllm" if "vllm" in pod.spec().image else "nginx"
            orders.append((count, DESCRIPTORS, "host" if pod.host_network else "own", where, name))
        for number in range(20):
            orders.append((share(processes // OUTSIDE, 20, number), DESCRIPTORS, "-", "-", "daemon"))
        self.start(rig, [order for order in orders if order[0]])

    def start(self, rig, orders):
        process = rig.spawn([ground.program("crowd")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        rig.callback(self.stop, process)
        process.stdin.write("".join(" ".join(map(str, order)) + "\n" for order in orders) + "\n")
        process.stdin.flush()
        said = process.stdout.readline().split()
        if said[:1] != ["ready"]:
            raise AssertionError("the crowd of processes could not be made")

    @staticmethod
    def stop(process):
        """Before the cgroups go: closing its input ends them all."""
        process.stdin.close()
        process.wait(60)


def share(whole, parts, number):
    """Part `number` of `parts` nearly equal ones."""
    return whole * (number + 1) // parts - whole * number // parts
