#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""`make bench`: the budgets of hostnetd beside what is measured on this machine. One table; nothing here asserts a time:
the exit code is 0 if every row could be measured, and 1 if one could not.

Timings are noisy: what is compared is run in pairs, in turn, repeated, and the medians are what counts."""
import argparse
import os
import pathlib
import platform
import subprocess
import sys
import time
import traceback

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "node")]

import rig as rigs  # noqa: E402  (after the path is set)

import auditing  # noqa: E402
import crowding  # noqa: E402
import execs  # noqa: E402
import flood  # noqa: E402
import ground as grounds  # noqa: E402
import idle  # noqa: E402
import judging  # noqa: E402
import keeping  # noqa: E402
import latency  # noqa: E402
import loss  # noqa: E402
import slowdown  # noqa: E402
import sweeps  # noqa: E402
from line import Line, render  # noqa: E402

# In this order: what wants a quiet machine comes before the crowd of processes, which stays until the end.
ROWS = {
    "exec-cost": execs.cost,
    "exec-storm": slowdown.exec_storm,
    "syscall-storm": slowdown.syscall_storm,
    "loss": loss.loss,
    "overrun": loss.overrun,
    "binary": grounds.binary,
    "page": grounds.page,
    "judging": judging.judging,
    "keeping": keeping.keeping,
    "audit": auditing.cluster,
    "memory": idle.memory,
    "idle": idle.cpu,
    "scan": sweeps.scan,
    "sweep": sweeps.tasks,
    "sockets": sweeps.sockets,
    "latency": latency.latency,
    "flood": flood.flood,
}


def machine():
    """What the figures hold for."""
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(file.readline().split()[1]) >> 20
    load = os.getloadavg()[0]
    return (f"machine: {platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"
            f"{f' ({model})' if model else ''}, {memory} GiB, load {load:.1f} at the start\n{stalls()}")


def stalls(seconds=2):
    """A machine that others share holds up whoever runs, and no percentile of a latency is better than that."""
    done = subprocess.run([grounds.program("storm"), "stalls", str(seconds)], check=True, capture_output=True, text=True)
    _, count, ms = done.stdout.split()
    return (f"a loop that does nothing was held up for over 1 ms {int(count) / seconds:.0f} times a second, for "
            f"{float(ms) / seconds / 10:.1f} % of the time, before the rows began")


def measure(name, ground):
    """The lines of one row; a failure is a line, too."""
    scope = rigs.Rig()
    try:
        return ROWS[name](ground, scope)
    except Exception as error:  # whatever it is: the other rows can still be measured
        if os.environ.get("V"):
            traceback.print_exc()
        said = str(error).strip().splitlines() or [repr(error)]
        return [Line(name, failed=f"{type(error).__name__}: {said[0][:160]}")]
    finally:
        scope.close()


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: under a minute")
    parser.add_argument("--only", action="append", metavar="NAME", choices=list(ROWS), help="one row; may be repeated: "
                        + ", ".join(ROWS))
    parser.add_argument("--window", type=float, metavar="SECONDS", help="how long the idle agent is watched (60; quick: 5)")
    parser.add_argument("--processes", type=int, default=crowding.PROCESSES, help="on the node (default: %(default)s)")
    return parser.parse_args()


def main():
    chosen = options()
    if os.geteuid() != 0:
        print("bench: root is missing: BPF, containers and cgroups need it", file=sys.stderr)
        return 1
    rigs.need_program()
    rigs.exit_on_signals()
    begun = time.monotonic()
    names = chosen.only or list(ROWS)
    head = machine()
    ground = grounds.Ground(chosen.quick, chosen.window or (5 if chosen.quick else 60), chosen.processes)
    lines = []
    try:
        for name in names:
            if sys.stderr.isatty():
                print(f"\r\033[Kbench: {name} ({len(lines)} lines, {time.monotonic() - begun:.0f} s)", end="", file=sys.stderr)
            lines += measure(name, ground)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1
    finally:
        ground.close()
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
    print(head)
    print(render(lines))
    bad = [line for line in lines if line.failed]
    over = sum(line.verdict == "OVER" for line in lines)
    print(f"{len(lines) - len(bad)} measured, {over} over budget, {len(bad)} could not be measured"
          f" ({time.monotonic() - begun:.0f} s{', quick' if chosen.quick else ''})")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
