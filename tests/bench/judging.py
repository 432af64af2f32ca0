# SPDX-License-Identifier: Apache-2.0
"""What a verdict costs: the pods of a full node with a thousand signatures, and one process whose arguments are long."""
import json
import subprocess
import sys

import rig as rigs
from line import Line

sys.path.append(str(rigs.REPO / "tests" / "eval"))

import corpus  # noqa: E402  (after the path is set)

PODS, SIGNATURES = 110, 1000


def more_signatures(count):
    entries = [f"- name: made-{i}\n  category: inference\n  image: [made/server-{i}, made-{i}-*]\n  exe: [made-{i}]\n"
               f"  env: [{{MADE_{i}_*: 0.5}}]\n" for i in range(count)]
    return "signatures:\n" + "".join(entries)


def judging(_ground, scope):
    program = rigs.OUT / "tests" / "bench" / "judge"
    known = len(subprocess.run([rigs.HOSTNETD, "classify", "--list", "--output", "json"], check=True, capture_output=True,
                               text=True).stdout.splitlines())
    pods, signatures = scope.path("pods.json"), scope.path("signatures.yaml")
    rows = [row for path in corpus.CORPORA for row in corpus.read(path)]
    pods.write_text(json.dumps(corpus.pod_list(rows[::len(rows) // PODS][:PODS])))
    signatures.write_text(more_signatures(SIGNATURES - known))
    said = subprocess.run([program, pods, signatures], check=True, capture_output=True, text=True).stdout.split("\n")
    cost = [line.split() for line in said if line]
    (_, n_pods, _, n_signatures, _, us), argv = cost[0], cost[1:]
    text = ", ".join(f"{int(size) >> 10} KiB {int(took) / 1000:.2f}" for _, size, _, took in argv)
    return [Line(f"judging {n_pods} pods by {n_signatures} signatures", "< 5 ms", f"{int(us) / 1000:.2f} ms", int(us), 5000),
            Line("judging one process by its arguments, ms", "", text, note="read: 64 KiB and 1,024 words")]
