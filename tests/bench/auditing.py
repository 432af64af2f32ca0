# SPDX-License-Identifier: Apache-2.0
"""`audit` of a large cluster: 20,000 pods in the API server's pages, over TLS."""
import json
import os
import subprocess
import sys

import rig as rigs
from agent import environment
from line import Line, median, quartiles

PODS = 20_000
OBJECTS = rigs.REPO / "tests" / "data" / "apiserver"
STANDIN = rigs.REPO / "tests" / "node" / "apiserver_standin.py"


def kubeconfig(scope):
    """Of a stand-in that serves that many pods."""
    tls, path = scope.path("audit-tls"), scope.path("audit-kubeconfig")
    server = scope.spawn([sys.executable, "-B", STANDIN, "--objects", OBJECTS, "--tls-dir", tls, "--many",
                          f"/api/v1/pods={PODS}"], stdout=subprocess.PIPE, text=True)
    port = server.stdout.readline().split()[1]
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "k", "cluster": {"server": f"https://127.0.0.1:{port}", "certificate-authority": f"{tls}/ca.crt"}}],
        "users": [{"name": "u", "user": {"token": "none"}}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]}), encoding="utf-8")
    return path


def once(config):
    """CPU in ms and the peak of memory in MiB of one audit."""
    out, to = os.pipe()
    process = subprocess.Popen([str(rigs.HOSTNETD), "audit", "--output", "json", "--kubeconfig", str(config)],
                               stdin=subprocess.DEVNULL, stdout=to, env=environment())
    os.close(to)
    with open(out, encoding="utf-8") as file:
        document = json.load(file)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if document["seen"]["pods"] != PODS or document["notCovered"]:
        raise AssertionError(f"an audit was not whole: {document['seen']}, {document['notCovered']}")
    return (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss / 1024, len(document["results"]["pods"])


def cluster(ground, scope):
    config = kubeconfig(scope)
    runs = [once(config) for _ in range(ground.rounds(5, 2))]
    cpu, peak = [run[0] for run in runs], [run[1] for run in runs]
    low, high = quartiles(cpu)
    what = f"audit of {PODS:,} pods in pages of 500 over TLS"
    return [Line(f"{what}: CPU", "<= 2 s", f"{median(cpu) / 1000:.2f} s", median(cpu), 2000,
                 f"quartiles {low:.0f}..{high:.0f} ms; {runs[0][2]:,} of them are findings"),
            Line(f"{what}: peak memory", "<= 64 MiB", f"{max(peak):.0f} MiB", max(peak), 64)]
