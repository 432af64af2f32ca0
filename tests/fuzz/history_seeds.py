#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/fuzz/seeds/history/story: a small history with one finding's story, in the form that src/history/schema.c
has now. The fuzzer starts from it, and scripts/check.sh holds what `hostnetd history` prints of it against the schema."""
import json
import pathlib
import re
import sqlite3

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
SECOND = 10**9
START = 1_764_000_000 * SECOND
SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def statements():
    """The C strings between two rows' comments are one text."""
    source = (REPO / "src" / "history" / "schema.c").read_text()
    table = source[source.index("migrations[] = {"):source.index("};")]
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', table)), int(re.search(r"0x[0-9a-f]{8}", source).group(0), 16)


def version():
    header = (REPO / "src" / "history" / "schema.h").read_text()
    return int(re.search(r"HN_HISTORY_VERSION (\d+)", header).group(1))


def finding():
    """The sample of the unit tests, as `run` prints it."""
    lines = (REPO / "tests" / "unit" / "report" / "golden" / "changes.jsonl").read_text().splitlines()
    return json.loads(lines[1])["finding"]


def events(one):
    process = {"pid": 7, "startTime": "2025-11-24T16:00:00.000000Z", "comm": "vllm", "exe": "/usr/bin/vllm",
               "argv": ["vllm", "serve", "--api-key", "***"], "uid": 0, "parent": 6, "threadsInHostNetns": 1,
               "ancestors": [{"pid": 6, "comm": "sh"}, {"pid": 5, "comm": "containerd-shim"}, {"pid": 1}]}
    endpoint = {"protocol": "tcp", "address": "169.254.169.254", "port": 80}
    kinds = [("agent.started", {"text": "hooks"}), ("process.exec", {"process": process}),
             ("finding.opened", {"state": "open", "severity": "high", "changed": []}),
             ("network.listening", {"process": process, "endpoint": {"protocol": "tcp", "address": "::", "port": 8000}}),
             ("network.contact", {"process": process, "endpoint": endpoint, "contact": "metadata"}),
             ("happening.omitted", {"count": 12}),
             ("agent.gap", {"text": "nobody watched", "since": "2025-11-24T16:00:05.000000Z", "until": "2025-11-24T16:00:06.000000Z"}),
             ("process.exited", {"process": process})]
    for number, (kind, more) in enumerate(kinds, 1):
        head = {"seq": number, "time": f"2025-11-24T16:00:{number:02}.000000Z", "monoNs": number * SECOND, "type": kind}
        whose = {} if kind.startswith("agent.") else {"finding": one["id"]}
        if "process" in more:
            whose["container"] = one["containers"][0]["name"]
        yield number, START + number * SECOND, number * SECOND, kind, whose.get("finding"), json.dumps(head | whose | more)


def main():
    path = HERE / "seeds" / "history" / "story"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    sql, application = statements()
    one = finding()
    pod, workload = one["pod"], one["workload"]
    db = sqlite3.connect(path)
    db.executescript(f"PRAGMA page_size = 512; PRAGMA application_id = {application}; PRAGMA user_version = {version()}; {sql}")
    db.execute(f"INSERT INTO findings VALUES({', '.join('?' * 15)})",
               (one["id"], one["state"], one["way"], one["cause"], one["severity"], one["ai"]["verdict"], pod["namespace"],
                pod["name"], pod["uid"], workload["kind"], workload["name"], START, START + 9 * SECOND, 0, json.dumps(one)))
    db.executemany("INSERT INTO events VALUES(?, ?, ?, ?, ?, ?)", events(one))
    spec = {"metadata": {"name": pod["name"], "uid": pod["uid"]}, "spec": {"hostNetwork": True}}
    db.execute("INSERT INTO pods VALUES(?, ?, ?, ?)", (one["id"], pod["uid"], START, json.dumps(spec)))
    db.execute("INSERT INTO executables VALUES(?, ?, '/usr/bin/vllm', ?, 1000, ?)",
               (one["id"], one["containers"][0]["name"], SHA256, START))
    db.execute("INSERT INTO listed VALUES(?, ?)", (pod["uid"], START))
    db.execute("INSERT INTO sessions VALUES(1, ?, ?, 1)", (START, START + 9 * SECOND))
    db.commit()
    db.close()


if __name__ == "__main__":
    main()
