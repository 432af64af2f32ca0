# SPDX-License-Identifier: Apache-2.0
"""What the history costs: bytes of the file and time of the processor for an event."""
import subprocess

import rig as rigs
from line import Line

EVENTS = 10000


def keeping(_ground, scope):
    folder = scope.path("history")
    folder.mkdir(mode=0o700)
    program = rigs.OUT / "tests" / "bench" / "keep"
    said = subprocess.run([program, folder / "h.db", str(EVENTS)], check=True, capture_output=True, text=True).stdout.split()
    json, file, us = int(said[3]) / EVENTS, int(said[5]) / EVENTS, float(said[7])
    p50, p99 = (float(word) / 1000 for word in said[9:11])
    days = 256 * 2**20 * (0.8 - 1 / 64) / file / (86400 / 60)
    return [Line(f"history: the file, of {EVENTS:,} events", "", f"{file:.0f} bytes an event",
                 note=f"{json:.0f} of them JSON; {us:.0f} us of the processor each; 256 MiB hold {days:.0f} days at one a minute"),
            Line("history: a finding waits for the disk", "<= 50 ms", f"p50 {p50:.2f}, p99 {p99:.2f} ms", p99, 50,
                 f"{EVENTS // 20} of them, 19 other events between two")]
