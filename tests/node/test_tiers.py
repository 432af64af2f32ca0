# SPDX-License-Identifier: Apache-2.0
"""Way × tier: what each tier that attaches here sees by itself. Three agents watch the same containers, each with another hook,
their next sweep an hour away. A cell is the cause of the finding that is open when all is done. A sight that is not expected
fails as a miss does: then this table, and what doctor says, is to be mended. The ways whose thread goes home again come last:
an agent that sees it leave looks at everything once more, and would find the other ways by that."""
import ctypes
import os
import socket
import time
import unittest

import drift
import rig
from agent import Agent

TIERS = ("tracepoint", "tp_btf", "none")
NO, DECLARED, JOINED, SOCKET = "-", "declared", "joined", "socket"
SWITCH = "nothing happens that another hook sees: no exec, no socket, no child"
COMPAT = "the tracepoints of single system calls are not passed by 32-bit calls"
GIVEN = "no call of the receiver's is about a netns: sweeps of descriptors only"
STAYS = "seen by its socket, not when it goes: a member until a sweep"
# way: (program, what it says at last, what each tier sees, why one does not)
WAYS = {
    "declared": (["sleep", "600"], None, (DECLARED, DECLARED, DECLARED), ""),
    "setns, exec": (["joiner", "/run/hostnet", "exec", "sleep", "600"], "joined", (JOINED, JOINED, JOINED), ""),
    "setns, no exec": (["joiner", "/run/hostnet", "stay"], "joined", (JOINED, JOINED, NO), SWITCH),
    "one thread": (["joiner", "/run/hostnet", "thread"], "joined", (JOINED, JOINED, NO), SWITCH),
    "pidfd": (["evade", "pidfd", str(os.getpid())], "joined", (JOINED, JOINED, NO), SWITCH),
    "number with junk": (["evade", "number"], "joined", (JOINED, JOINED, NO), SWITCH),
    "32 bits": (["evade", "int80"], "joined", (NO, JOINED, NO), COMPAT),
    "orphan": (["evade", "orphan"], "joined", (JOINED, JOINED, NO), SWITCH),
    "chroot": (["nsenter", "--net=/run/hostnet", "chroot", "/host", "/bin/sleep", "600"], None, (JOINED, JOINED, JOINED), ""),
    "socket received": (["evade", "receive", "/meet/socket", "socket"], "borrowed", (NO, NO, NO), GIVEN),
}
THEN = {
    "socket, tcp": (["joiner", "/run/hostnet", "socket"], "listening", (SOCKET, SOCKET, JOINED), STAYS),
    "socket, udp": (["borrow", "/run/hostnet", "udp"], "borrowed", (SOCKET, SOCKET, JOINED), STAYS),
    "socket, netlink": (["borrow", "/run/hostnet", "netlink"], "borrowed", (SOCKET, SOCKET, NO),
                        "no hook of sockets passes this family"),
    "io_uring's worker": (["uring", "worker"], "worker", (JOINED, JOINED, NO), SWITCH),
}

IO_URING_SETUP = 425  # everywhere but on alpha


def has_io_uring():
    """A kernel's setting may refuse it."""
    libc = ctypes.CDLL(None, use_errno=True)
    ring = libc.syscall(IO_URING_SETUP, 1, ctypes.create_string_buffer(120))
    if ring >= 0:
        os.close(ring)
    return ring >= 0


def possible(ways):
    """Without what this kernel refuses whoever asks: test_uring and test_hooks say why."""
    impossible = [program for program, there in (("uring", has_io_uring()), ("int80", rig.serves_32_bit_calls())) if not there]
    return {name: row for name, row in ways.items() if not set(row[0]) & set(impossible)}


class Table(drift.Place):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agents = {tier: Agent(cls.shared, *cls.kubelet.options(), "--netns-hook", tier, sweep="1h").ready() for tier in TIERS}

    def go(self, ways, name, gift):
        args, said, _, _ = ways[name]
        pod = self.add(host_network=name == "declared", host_pid=name == "pidfd")
        box = self.run_in(pod, args, mounts=[("/", "/host", "ro"), *gift])
        if said:
            box.said(said)
        return pod

    def go_all(self, ways, gift):
        """The cells of each way, when every agent has seen what came after all of them."""
        pods = {name: self.go(ways, name, gift) for name in ways}
        last = self.add(host_network=True)
        self.run_in(last, ["sleep", "600"])
        for agent in self.agents.values():
            agent.wait_finding(last, cause=DECLARED)
        time.sleep(2)  # records of cgroups that are known well wake nobody; the agent looks for them after a while
        return {name: tuple(self.cell(agent, pod) for agent in self.agents.values()) for name, pod in pods.items()}

    def test_table(self):
        first, then = possible(WAYS), possible(THEN)
        with socket.create_server(("127.0.0.1", 0)) as server:
            gift = self.give(server)
            seen = self.go_all(first, gift) | self.go_all(then, gift)
        ways = first | then
        print(f"     {'':20}" + "".join(f"{tier:12}" for tier in TIERS))
        for name, cells in seen.items():
            print(f"     {name:20}" + "".join(f"{cell:12}" for cell in cells) + ways[name][3])
        self.assertEqual(seen, {name: expected for name, (_, _, expected, _) in ways.items()})
        unexplained = [name for name, (_, _, cells, why) in ways.items() if (NO in cells or len(set(cells)) > 1) != bool(why)]
        self.assertEqual(unexplained, [])
        for agent in self.agents.values():
            agent.stop()

    @staticmethod
    def cell(agent, pod):
        (cause,) = [one["cause"] for one in agent.open_findings().values() if one["pod"]["uid"] == pod.uid] or [NO]
        return cause


if __name__ == "__main__":
    unittest.main()
