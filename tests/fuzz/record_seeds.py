#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_record anew, after a change of include/hostnetd/abi.h: a record of every kind and size, and
a few one behind the other.

usage: record_seeds.py       (from the top of the repo)"""
import os
import struct

FOLDER = "tests/fuzz/seeds/record"
HEAD = struct.Struct("<HHI4Q7I4HBB16sH16s")
CGROUP, EXE = 640, 384
NAMED = HEAD.size + CGROUP + EXE
EXEC, EXEC_LONG = NAMED + 256, NAMED + 1280
KINDS = {
    "exec": (1, EXEC),
    "exec-long": (1, EXEC_LONG),
    "entered": (2, NAMED),
    "left": (3, NAMED),
    "exit": (4, HEAD.size),
    "listen": (5, NAMED),
    "present": (6, NAMED),
    "present-brief": (6, HEAD.size),
    "candidate": (7, NAMED),
    "socket": (8, NAMED),
    "connect": (9, NAMED),
    "refused": (10, NAMED),
}


def record(kind, size, flags=3):
    cgroup = b"kubepods\0pod1\0abc\0" if size > HEAD.size else b""
    exe = b"python3\0bin\0usr\0" if size > HEAD.size else b""
    argv = b"vllm\0serve\0" if size > NAMED else b""
    head = HEAD.pack(
        *(kind, size, flags, 5 * 10**9, 4 * 10**9, 4 * 10**9, 77, 11, 12, 10, 1000, 4026531840, 4026531841, 4026531842),
        *(len(cgroup), len(exe), len(argv), 8000, 2, 6, bytes([127, 0, 0, 1]), 1, b"python3"),
    )
    return (head + cgroup.ljust(CGROUP, b"\0") + exe.ljust(EXE, b"\0") + argv).ljust(size, b"\0")[:size]


def main():
    assert HEAD.size == 112
    os.makedirs(FOLDER, exist_ok=True)
    seeds = {name: record(*form) for name, form in KINDS.items()}
    seeds["several"] = record(4, HEAD.size) + record(6, HEAD.size) + record(2, NAMED, 0x1FF) + record(4, HEAD.size)
    seeds["cut"] = record(4, HEAD.size) + record(2, NAMED)[:-1]
    for name, data in seeds.items():
        with open(os.path.join(FOLDER, name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
