#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: the straight line of the design, as tables.

usage: layers.py [TOP]      (default: the repo that this file is in)

A stage includes its own headers, those of the stages before it, util, and nothing else. Prints every include that
breaks a rule, with the rule, and exits 1. A header in include/hostnetd that no table names is an error too."""
import fnmatch
import os
import re
import sys

# The line. Stages of one row stand side by side: none knows the others.
LINE = [
    ["util"],
    ["net"],
    ["probe"],
    ["node"],
    ["kube"],
    ["ai"],
    ["finding"],
    ["report", "history", "http"],
    ["sink"],
    ["agent"],  # src/*.c and src/cmd: they wire the stages
]
LEVEL = {stage: level for level, stages in enumerate(LINE) for stage in stages}

# Which stage a header that crosses folders belongs to.
HEADERS = {
    "util": "capability embed file filestamp glob json log macro map memory option reason redact siphash str time token utf8 yaml",
    "net": "https pace tls unix_get url",
    "probe": "abi held probe sighting",
    "node": "cgroup hostns process",
    "kube": "apiaccess apiserver asset fleet kubelet nodepods observed pod podcheck report_kind",
    "ai": "ai",
    "finding": "admission audit clue drift entry exception finding happening",
    "report": "columns health ocsf otlp policy report schema",
    "history": "history",
    "http": "http",
    "sink": "sink",
    "agent": "agent",
}
STAGE_OF = {name + ".h": stage for stage, names in HEADERS.items() for name in names.split()}

# Against the line, each with its reason.
EXCEPTIONS = {
    # Pure text in, struct out: a sweep has to know which tasks are a container's before it may speak of them.
    ("probe", "cgroup.h"),
}

# Headers of one stage only, although later stages come after it on the line.
ONLY = {
    "hostnetd/abi.h": ["src/probe/*"],  # nothing after the probe knows BPF
}

# A foreign library is included in as few files as possible, each named for what it touches; public headers include
# none. First pattern that fits the header counts.
LIBRARIES = [
    ("bpf/*", ["src/probe/bpf*.c", "src/probe/bpf*.h"]),
    ("linux/bpf.h", ["src/probe/bpf*.c"]),
    ("hostnetd.skel.h", ["src/probe/bpf*.c", "src/probe/bpf*.h"]),
    ("cjson/*", ["src/kube/*.c", "src/kube/*.h", "src/probe/replay.c", "src/sink/otlp.c"]),
    ("openssl/sha.h", ["src/finding/id.c", "src/kube/report_kind.c"]),
    ("openssl/evp.h", ["src/history/hash.c", "src/kube/base64.c", "src/sink/hmac.c"]),
    ("openssl/*", ["src/net/tls.c", "src/net/tls_load.c", "src/kube/base64.c", "src/http/tls.c", "src/sink/hmac.c"]),
    ("yaml.h", ["src/util/yaml.c", "src/util/option_config.c", "src/kube/manifest_bounds.c", "src/kube/manifest_yaml.c"]),
    (
        "event2/*",
        ["src/net/https.c", "src/net/https_head.c", "src/net/tls.c", "src/net/lookup.c", "src/kube/kubelet.c", "src/kube/podsfile.c"]
        + ["src/kube/apiserver.c", "src/kube/apiserver_ask.c", "src/kube/nodepods.c", "src/kube/observed_ask.c"]
        + ["src/agent.c", "src/cmd/*.c", "src/http/*.c"]
        + ["src/sink/courier.c", "src/sink/feed.c", "src/sink/objects.c", "src/sink/sinks.c", "src/sink/try.c"],
    ),
    ("sqlite3.h", ["src/history/sqlite.c"]),
    ("libelf.h", []),
    ("gelf.h", []),
    ("zlib.h", ["src/http/encoding.c"]),
]

# The kernel side: its own headers, the records, libbpf's and the kernel's own types.
BPF_SYSTEM = {"bpf/bpf_helpers.h", "bpf/bpf_tracing.h", "bpf/bpf_core_read.h", "bpf/bpf_endian.h"}
BPF_SYSTEM |= {"linux/types.h", "linux/bpf.h", "stdbool.h", "stddef.h"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*(include(?:_next)?|import)\b[ \t]*(.*)$', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def includes(path):
    """Yields (line number, header, is it in quotes); header None for an include whose name is computed."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    text = COMMENT.sub(lambda m: "\n" * m.group().count("\n"), text)
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        name = re.match(r'(?:"([^"]*)"|<([^>]*)>)', match.group(2))
        if not name or match.group(1) != "include":
            yield line, None, False
        else:
            yield line, name.group(1) or name.group(2), name.group(1) is not None


def stage_of(path):
    """The stage of a file below src or include/hostnetd; None if no table knows it."""
    parts = path.split("/")
    if parts[0] == "include":
        return STAGE_OF.get(parts[-1])
    if len(parts) == 2 or parts[1] == "cmd":
        return "agent"
    return parts[1] if parts[1] in LEVEL else None


def may_see(stage, other):
    return other == stage or LEVEL[other] < LEVEL[stage]


def judge_library(path, header):
    for pattern, files in LIBRARIES:
        if fnmatch.fnmatch(header, pattern):
            if any(fnmatch.fnmatch(path, allowed) for allowed in files):
                return None
            return f"{header} belongs in {', '.join(files) or 'no file'} only"
    return None


def judge(top, path, header, quoted):
    """The rule that the include breaks, or None."""
    if header is None:
        return "write the header's name out"
    if header.startswith("hostnetd/"):
        name, stage = header[len("hostnetd/") :], stage_of(path)
        if name not in STAGE_OF:
            return f"{header} has no stage: give it one in tests/check/layers.py"
        if header in ONLY and path != "include/" + header:
            if not any(fnmatch.fnmatch(path, allowed) for allowed in ONLY[header]):
                return f"{header} belongs in {', '.join(ONLY[header])} only"
        if not may_see(stage, STAGE_OF[name]) and (stage, name) not in EXCEPTIONS:
            return f"{stage} may not know {STAGE_OF[name]} ({header})"
        return None
    problem = judge_library(path, header)
    if problem or not quoted:
        return problem
    if header in ("hostnetd.skel.h", "page_files.h"):
        return None  # made by the build
    if path.startswith("include/"):
        return f'a public header includes "hostnetd/..." and the C library only, not "{header}"'
    if os.path.dirname(path) == "src" and header.startswith("cmd/") and os.path.exists(os.path.join(top, "src", header)):
        return None  # src/*.c and src/cmd are one stage
    if "/" in header:
        return f'"{header}" is another folder\'s: a header that crosses folders lives in include/hostnetd'
    if not os.path.exists(os.path.join(top, os.path.dirname(path), header)):
        return f'"{header}" is not beside the file'
    return None


def judge_bpf(top, path, header, quoted):
    if header is None:
        return "write the header's name out"
    if header == "hostnetd/abi.h" or (not quoted and header in BPF_SYSTEM):
        return None
    if quoted and "/" not in header and os.path.exists(os.path.join(top, "bpf", header)):
        return None
    return f"the kernel side includes its own headers, hostnetd/abi.h and libbpf's, not {header}"


def sources(top, folder):
    for root, folders, files in os.walk(os.path.join(top, folder)):
        folders.sort()
        for name in sorted(files):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(root, name), top)


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    top = os.path.realpath(top)
    problems = files = 0
    for folder in ("include", "src", "bpf"):
        for path in sources(top, folder):
            files += 1
            found = []
            if folder != "bpf" and not stage_of(path):
                found.append((1, "no stage: give its folder or header one in tests/check/layers.py"))
            else:
                rule = judge_bpf if folder == "bpf" else judge
                for line, header, quoted in includes(os.path.join(top, path)):
                    problem = rule(top, path, header, quoted)
                    if problem:
                        found.append((line, problem))
            for line, problem in found:
                print(f"{path}:{line}: {problem}")
            problems += len(found)
    if not files:
        print(f"layers: no source files below {top}")
        return 1
    print(f"layers: {files} files, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
