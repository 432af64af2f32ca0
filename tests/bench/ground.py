# SPDX-License-Identifier: Apache-2.0
"""What the rows of a benchmark stand on: the programs of this folder, an image, the agent, the crowd of processes (made
when the first row wants it)."""
import functools
import gzip
import os
import pathlib
import shutil
import subprocess
import time

import hierarchy
import rig as rigs
from agent import Agent
from line import Line

import crowding

SOURCES = pathlib.Path(__file__).resolve().parent / "programs"
NO_LIBC = ("nothing",)
MIB = 1 << 20
SETTLED = 0.25  # a program that was detached is gone after a grace period of RCU


@functools.lru_cache(maxsize=None)
def program(name):
    """A static program of tests/bench/programs, compiled when a source is newer."""
    binary = rigs.OUT / "tests" / "bench" / name
    sources = [SOURCES / f"{name}.c", *SOURCES.glob("*.h")]
    if binary.exists() and all(binary.stat().st_mtime > path.stat().st_mtime for path in sources):
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    half = binary.with_suffix(f".{os.getpid()}")
    more = ["-nostdlib", "-nostartfiles"] if name in NO_LIBC else ["-pthread"]
    subprocess.run([os.environ.get("CC", "gcc"), "-static", "-O2", "-std=gnu17", "-D_GNU_SOURCE", *rigs.WARNINGS, *more, "-o",
                    half, sources[0]], check=True)
    os.replace(half, binary)
    return binary


def watched_directories(path):
    """The directories of a cgroup that say where a task is: v2's, and that of v1's pids controller."""
    return [directory for root, directory in zip(hierarchy.roots(), hierarchy.directories(path))
            if (root / "cgroup.controllers").exists() or "pids" in root.name.split(",")]


class Ground:
    def __init__(self, quick, window, processes):
        self.quick, self.window, self.processes = quick, window, processes
        self.rig = rigs.Rig()
        self.made_crowd = None

    def close(self):
        self.rig.close()

    def rounds(self, full, quick):
        return quick if self.quick else full

    @functools.cached_property
    def image(self):
        """A root file system with the storm's programs alone."""
        root = self.rig.path("image")
        for name in ("bin", "proc", "sys", "dev", "tmp"):
            (root / name).mkdir(parents=True)
        for name in ("storm", "nothing"):
            shutil.copy(program(name), root / "bin" / name)
        return root

    def crowd(self):
        """The node: made once, and it stays until the end."""
        if not self.made_crowd:
            self.made_crowd = crowding.Crowd(self.rig, self.processes)
        return self.made_crowd

    def agent(self, scope, *more, **how):
        return Agent(scope, *more, **how).ready()


def end_agent(agent):
    agent.stop()
    time.sleep(SETTLED)


def on_cpu_ns(pid):
    """Time that a process was on a CPU. /proc/PID/stat counts in ticks of 10 ms, which is too coarse for an idle agent."""
    with open(f"/proc/{pid}/schedstat", encoding="utf-8") as file:
        return int(file.read().split()[0])


def page(_ground, _scope):
    """What a browser gets at its first visit: the files compressed, as `tests/check/page.sh` bounds them."""
    files = [path.read_bytes() for path in sorted((rigs.REPO / "src" / "http" / "page").iterdir())]
    whole, wire = sum(map(len, files)), sum(len(gzip.compress(one, 9)) for one in files)
    return [Line("dashboard: its files over the wire", "<= 100 KiB", f"{wire / 1024:.1f} KiB", wire, 100 * 1024, f"{whole / 1024:.1f} KiB in the program")]


def binary(_ground, scope):
    """As it is installed: without what a debugger wants."""
    stripped = scope.path("stripped")
    subprocess.run([rigs.tool("strip"), "-o", stripped, rigs.HOSTNETD], check=True)
    size, whole = stripped.stat().st_size, rigs.HOSTNETD.stat().st_size
    return [Line("binary: the program beside its shared libraries", "<= 2 MiB", f"{size / MIB:.2f} MiB stripped", size, 2 * MIB,
                 f"{whole / MIB:.2f} MiB with symbols and debugging information")]
