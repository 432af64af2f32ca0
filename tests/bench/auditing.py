# SPDX-License-Identifier: Apache-2.0
"""`audit` of a large cluster: 20,000 pods in the API server's pages, over TLS."""
import json
import os
import subprocess
import sys

import rig as rigs
from agent import environment
from apiserver_standin import write_kubeconfig
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
    return write_kubeconfig(path, f"https://127.0.0.1:{port}", f"{tls}/ca.crt", token="none")


def high_water(pid):
    """Its peak of resident memory in MiB. Not the ru_maxrss that wait4 gives: a child begins with its parent's."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:")), 0)


def once(config):
    """CPU in ms and the peak of memory in MiB of one audit. It holds all that it has while it prints."""
    out, to = os.pipe()
    process = subprocess.Popen([str(rigs.HOSTNETD), "audit", "--output", "json", "--kubeconfig", str(config)],
                               stdin=subprocess.DEVNULL, stdout=to, env=environment())
    os.close(to)
    text, peak = bytearray(), 0
    while piece := os.read(out, 1 << 16):
        text += piece
        peak = max(peak, high_water(process.pid))
    os.close(out)
    document = json.loads(text)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if document["seen"]["pods"] != PODS or document["notCovered"]:
        raise AssertionError(f"an audit was not whole: {document['seen']}, {document['notCovered']}")
    return (used.ru_utime + used.ru_stime) * 1000, peak, len(document["results"]["pods"])


def cluster(ground, scope):
    config = kubeconfig(scope)
    runs = [once(config) for _ in range(ground.rounds(5, 2))]
    cpu, peak = [run[0] for run in runs], [run[1] for run in runs]
    low, high = quartiles(cpu)
    what = f"audit of {PODS:,} pods in pages of 500 over TLS"
    return [Line(f"{what}: CPU", "<= 2 s", f"{median(cpu) / 1000:.2f} s", median(cpu), 2000,
                 f"quartiles {low:.0f}..{high:.0f} ms; {runs[0][2]:,} of them are findings"),
            Line(f"{what}: peak memory", "<= 64 MiB", f"{max(peak):.0f} MiB", max(peak), 64)]
