# SPDX-License-Identifier: Apache-2.0
"""What the kernel says about BPF programs: how often each ran and how long (sysctl kernel.bpf_stats_enabled). The two
clock reads of a measured run are in its time: an empty program is the zero."""
import json
import pathlib
import subprocess

import ground
import rig as rigs

SYSCTL = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")


def count_runs(scope):
    """Statistics are on until the scope ends."""
    before = SYSCTL.read_text()
    scope.callback(SYSCTL.write_text, before)
    SYSCTL.write_text("1\n")


def read_fdinfo(path):
    fields = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        fields[name] = value.strip()
    return fields


class Programs:
    """The BPF programs that a process holds, or holds attached by a link: the agent keeps no other hold of its hooks."""

    def __init__(self, pid):
        files = pathlib.Path(f"/proc/{pid}/fdinfo").iterdir()
        self.ids = {int(number) for number in (read_fdinfo(path).get("prog_id") for path in files) if number}

    def read(self):
        """{name: (ns, runs)} up to now."""
        done = subprocess.run([rigs.tool("bpftool"), "-j", "prog", "show"], capture_output=True, check=True)
        return {program["name"]: (program.get("run_time_ns", 0), program.get("run_cnt", 0))
                for program in json.loads(done.stdout) if program["id"] in self.ids}


def spent(before, after):
    """{name: (ns, runs)} between two readings."""
    return {name: (after[name][0] - before[name][0], after[name][1] - before[name][1]) for name in after}


def empty_program(scope, tracepoint):
    """An empty program on the same tracepoint: runs whenever the measured one does, so the two are a pair."""
    process = scope.spawn([ground.program("empty"), tracepoint], stdout=subprocess.PIPE, text=True)
    if process.stdout.readline() != "ready\n":
        raise AssertionError(f"an empty program cannot be attached to {tracepoint}")
    return Programs(process.pid)
