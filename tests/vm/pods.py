#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Prints the pod list of guest.sh: AI pods with the uids that it counts, the first one with hostNetwork."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "node"))

import pod as pods  # noqa: E402


def numbered(number):
    pod = pods.Pod("ml", f"vm-{number}", host_network=number == 1)
    pod.uid = f"00000000-0000-4000-8000-{number:012d}"
    return pod


json.dump(pods.pod_list([numbered(number) for number in [*range(1, 20), 90]]), sys.stdout)
