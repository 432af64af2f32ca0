# SPDX-License-Identifier: Apache-2.0
"""cgroup directories in all hierarchies of this machine (v1, hybrid or pure v2), and their removal."""
import functools
import os
import pathlib
import signal
import time


def roots():
    """Mount points of all hierarchies, cgroup2 first. A hierarchy that is mounted twice counts once."""
    found = {}
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            left, right = line.split(" - ", 1)
            kind, _source, options = right.split()[:3]
            if kind in ("cgroup", "cgroup2") and left.split()[3] == "/":
                found.setdefault((kind, options), pathlib.Path(left.split()[4]))
    return [path for (kind, _), path in sorted(found.items(), key=lambda item: item[0][0] != "cgroup2")]


def directories(path):
    """The directories that are the cgroup `path` (as in /proc/PID/cgroup), one a hierarchy."""
    return [root / path.lstrip("/") for root in roots()]


def write_cpuset(directory):
    """A new v1 cpuset is empty and takes no process until it has its parent's values."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        file = directory / name
        if file.exists() and os.access(file, os.W_OK) and not file.read_text().strip():
            value = (directory.parent / name).read_text().strip()
            if value:
                file.write_text(value)


def processes(directory):
    try:
        return [int(pid) for pid in (directory / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def remove_tree(directory, timeout=5.0):
    """Removes a directory of ours with all below it, ending processes that are still there."""
    end = time.monotonic() + timeout
    while directory.exists():
        for path in [*sorted(directory.rglob("*"), reverse=True), directory]:
            if path.is_dir():
                try:
                    path.rmdir()
                except OSError:
                    for pid in processes(path):
                        try:
                            os.kill(pid, signal.SIGKILL)
                        except ProcessLookupError:
                            pass
        if time.monotonic() > end:
            raise AssertionError(f"cgroup {directory} cannot be removed: {processes(directory)}")
        if directory.exists():
            time.sleep(0.01)


@functools.lru_cache(maxsize=None)
def made():
    """Directories that this process made: a parent may outlive the scope that made it, if another one uses it."""
    return set()


def make(rig, path):
    """Makes the cgroup `path` in every hierarchy; what was not there before goes with the rig's scope. The last
    segment is ours alone, parents may be shared with others and are removed only if they are empty."""
    for root, directory in zip(roots(), directories(path)):
        steps = [directory, *directory.parents]
        for step in reversed(steps[:steps.index(root)]):
            try:
                step.mkdir()
                made().add(step)
                write_cpuset(step)
            except FileExistsError:
                pass
            if step in made():
                rig.callback(remove_tree if step == directory else remove_if_empty, step)
    return path


def remove_if_empty(directory):
    try:
        directory.rmdir()
        made().discard(directory)
    except OSError:
        pass
