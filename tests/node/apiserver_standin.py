#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small API server: lists objects in pages, discovery, and failure on demand.

--objects holds lists as `kubectl get KIND -A -o json` prints them, by their URL (apis/apps/v1/deployments.json) or, for the
kinds that every cluster has, by their plural (pods.json). As a command it prints "listening PORT" when it is ready.
Faults (--fault, or what --control FILE holds, read again at each request), for all requests or for one plural ("403 jobs"):
"""

import argparse
import base64
import json
import pathlib
import signal
import sys
import threading
import urllib.parse

from kubelet_standin import MIB, Standin, make_tls

FAULTS = {
    "none": "answers as it should",
    "chunked": "the same in chunks",
    "json": "200 with what is behind a colon: json:{}",
    "401": "Unauthorized",
    "403": "Forbidden, as RBAC says it",
    "404": "Not Found, as a path that no group serves",
    "410-once": "the first continue token has expired; then answers",
    "410-new": "every consistent continue token has expired; the answer holds one that goes on with newer objects",
    "410-always": "every continue token has expired",
    "429-twice": "Too Many Requests with Retry-After: 1, two times; then answers",
    "429-long": "Too Many Requests with Retry-After: 3600",
    "503": "Service Unavailable, retryAfterSeconds in the Status only",
    "hang": "reads, never answers",
    "hang-tls": "never shakes hands",
    "stall": "half a page, then nothing more",
    "half": "half a page, then closes",
    "half-once": "the same for the second page, once",
    "slow": "a page in small pieces over --slow-seconds",
    "huge": "a page without end",
    "big-item": "one object of 100 MiB",
    "deep": "brackets in brackets, 100,000 of them",
    "garbage": "200 with JSON that is cut",
    "html": "200 with a web page",
    "no-list": "200 with a Status",
    "gzip": "a compressed page",
    "redirect": "302 to another host",
    "reset": "closes without an answer",
    "same-token": "the same page for ever",
    "endless": "empty pages for ever, each with a new token",
    "long-token": "a continue token of 100 KiB",
    "hostile": "403 whose message holds escape sequences and lines",
}

BUILT_IN = {
    "pods": ("/api/v1", "Pod"), "deployments": ("/apis/apps/v1", "Deployment"), "statefulsets": ("/apis/apps/v1", "StatefulSet"),
    "daemonsets": ("/apis/apps/v1", "DaemonSet"), "replicasets": ("/apis/apps/v1", "ReplicaSet"),
    "jobs": ("/apis/batch/v1", "Job"), "cronjobs": ("/apis/batch/v1", "CronJob"),
}


def status(code, reason, message, **more):
    return json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": more.pop("metadata", {}), "status": "Failure",
                       "message": message, "reason": reason, **more, "code": code}) + "\n"


def load(folder):
    """{"/api/v1/pods": (list kind, apiVersion, [object...])}"""
    lists = {}
    for file in sorted(pathlib.Path(folder).rglob("*.json")):
        name = file.relative_to(folder).with_suffix("").as_posix()
        prefix, kind = BUILT_IN.get(name, ("", name[:-1].capitalize()))
        path = f"{prefix}/{name}"
        items = json.loads(file.read_text(encoding="utf-8"))["items"]
        version = path.split("/", 2)[2].rsplit("/", 1)[0]
        kind = items[0]["kind"] if items else kind
        # The objects of a list have neither.
        lists[path] = (kind + "List", version, [{k: v for k, v in item.items() if k not in ("kind", "apiVersion")} for item in items])
    return lists


def many(lists, path, count):
    """Makes the list `count` long, by copies with other names."""
    kind, version, items = lists[path]
    copies = []
    for number in range(count):
        item = json.loads(json.dumps(items[number % len(items)]))
        item["metadata"]["name"] += f"-{number}"
        item["metadata"]["uid"] = f"{number:08x}-0000-4000-8000-000000000000"
        copies.append(item)
    lists[path] = (kind, version, copies)


class ApiServer(Standin):
    """The lists are held as texts, so that a client's time is not spent on waiting."""

    def __init__(self, lists, **more):
        super().__init__("/dev/null", **more)
        self.lists = {path: (kind, version, items, [json.dumps(i, separators=(",", ":")) for i in items])
                      for path, (kind, version, items) in lists.items()}
        self.counts = {}

    def current_fault(self, plural=None):
        words = self.fault.split()
        if self.control:
            try:
                words = pathlib.Path(self.control).read_text(encoding="utf-8").split() or words
            except OSError:
                pass
        if words[0].partition(":")[0] not in FAULTS or (len(words) > 1 and plural not in words[1:]):
            return "none"
        return words[0]

    def first(self, what, times=1):
        """True for the first calls."""
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
            return self.counts[what] <= times

    def _send_fault(self, connection, fault, entry):
        url = urllib.parse.urlsplit(entry["path"])
        query = dict(urllib.parse.parse_qsl(url.query))
        parts = url.path.split("/")
        namespace = parts.pop(parts.index("namespaces") + 1) if "namespaces" in parts else None
        path = "/".join(part for part in parts if part != "namespaces")
        plural = path.rsplit("/", 1)[-1]
        fault = self.current_fault(plural)
        refused = self.token_file and entry["token"] != "good" and not entry["clientCert"]
        if refused or fault == "401":
            self._status(connection, "401 Unauthorized", status(401, "Unauthorized", "Unauthorized"))
        elif not self._send_failure(connection, fault, path, plural, query):
            self._send_answer(connection, fault, path, namespace, query)

    def _status(self, connection, line, body, more=""):
        self._send(connection, line, body, "application/json", more)

    # pylint: disable=too-many-branches
    def _send_failure(self, connection, fault, path, plural, query):
        token = query.get("continue")
        gone = "The provided continue parameter is too old to display a consistent list result. You can start a new list " \
               "without the continue parameter, or use the continue token in this response to retrieve the remainder of the results."
        forbidden = f'{plural} is forbidden: User "system:serviceaccount:ml:auditor" cannot list resource "{plural}" in API group "" ' \
                    "at the cluster scope"
        if fault == "403":
            self._status(connection, "403 Forbidden", status(403, "Forbidden", forbidden, details={"kind": plural}))
        elif fault == "hostile":
            self._status(connection, "403 Forbidden", status(403, "Forbidden", "\x1b[2J\r\nFAKE LINE\u202e " + "A" * 2000))
        elif fault == "404":
            self._send(connection, "404 Not Found", "404 page not found\n")
        elif fault.startswith("410") and token and (fault != "410-once" or self.first("410")) and not token.startswith("new"):
            start = json.loads(base64.b64decode(token))["start"]
            fresh = {"metadata": {"continue": f"new{start}"}} if fault == "410-new" else {}
            self._status(connection, "410 Gone", status(410, "Expired", gone, **fresh))
        elif fault == "429-long" or (fault == "429-twice" and self.first("429", 2)):
            seconds = 3600 if fault == "429-long" else 1
            self._status(connection, "429 Too Many Requests", status(429, "TooManyRequests", "too many requests"),
                         f"Retry-After: {seconds}\r\n")
        elif fault == "503":
            self._status(connection, "503 Service Unavailable",
                         status(503, "ServiceUnavailable", "apiserver is shutting down", details={"retryAfterSeconds": 3600}))
        elif fault == "hang":
            self._wait_for_close(connection)
        elif fault == "html":
            self._send(connection, "200 OK", "<html><body>It works!</body></html>", "text/html")
        elif fault == "no-list":
            self._status(connection, "200 OK", status(200, "", "nothing here"))
        elif fault.startswith("json:"):
            self._status(connection, "200 OK", fault.removeprefix("json:"))
        elif fault == "gzip":
            self._send(connection, "200 OK", b"\x1f\x8b\x08", "application/json", "Content-Encoding: gzip\r\n")
        elif fault == "redirect":
            self._send(connection, "302 Found", "", more="Location: https://attacker.example/\x1b[31m\r\n")
        elif fault == "same-token":
            self._status(connection, "200 OK", '{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"again"},"items":[]}')
        elif fault == "endless":
            self.first("page")
            self._status(connection, "200 OK", '{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"%d"},"items":[]}'
                         % self.counts["page"])
        elif fault == "long-token":
            self._status(connection, "200 OK", '{"kind":"PodList","metadata":{"continue":"%s"},"items":[]}' % ("A" * 102400))
        elif fault in ("huge", "big-item", "deep"):
            self._send_monster(connection, fault)
        else:
            return fault == "reset"
        return True

    def _send_monster(self, connection, fault):
        pieces = {
            "huge": (b'{"kind":"PodList","metadata":{},"items":[{}', 600, b",{}" * (MIB // 3)),
            "big-item": (b'{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"', 100, b"A" * MIB),
            "deep": (b'{"kind":"PodList","metadata":{},"items":[', 1, b"[" * 100000),
        }
        start, count, piece = pieces[fault]
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + start)
        for _ in range(count):
            connection.sendall(piece)
        if self.tls:
            connection.unwrap()  # an end, not a break

    def _groups(self):
        groups = {}
        for path in self.lists:
            if path.startswith("/apis/"):
                _, _, group, version, _ = path.split("/")
                groups.setdefault(group, [])
                if version not in groups[group]:
                    groups[group].append(version)
        return groups

    def _discovery(self, path):
        groups = self._groups()
        if path == "/apis":
            def entry(group, version):
                return {"groupVersion": f"{group}/{version}", "version": version}
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                {"name": group, "versions": [entry(group, v) for v in versions], "preferredVersion": entry(group, versions[-1])}
                for group, versions in groups.items()]}
        group, _, version = path.removeprefix("/apis/").partition("/")
        if path == "/api/v1" or path.startswith("/apis/") and version in groups.get(group, []):
            plurals = [p.rsplit("/", 1)[-1] for p in self.lists if p.startswith(path + "/")]
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": path.split("/", 2)[2],
                    "resources": [{"name": name, "namespaced": not name.startswith("cluster"), "verbs": ["get", "list"]}
                                  for name in plurals]}
        return None

    def _send_answer(self, connection, fault, path, namespace, query):
        discovery = self._discovery(path)
        if discovery:
            self._status(connection, "200 OK", json.dumps(discovery))
        elif path in self.lists and not (namespace and path.rsplit("/", 1)[-1].startswith("cluster")):
            self._send_page(connection, fault, path, namespace, query)
        else:
            self._send(connection, "404 Not Found", "404 page not found\n")

    def _page(self, path, namespace, query):
        kind, version, items, texts = self.lists[path]
        token, limit = query.get("continue", ""), int(query.get("limit", 0)) or len(items)
        start = int(token[3:]) if token.startswith("new") else json.loads(base64.b64decode(token))["start"] if token else 0
        chosen = range(len(items))
        if namespace:
            chosen = [i for i in chosen if items[i]["metadata"].get("namespace") == namespace]
        if query.get("labelSelector"):
            key, _, value = query["labelSelector"].partition("=")
            chosen = [i for i in chosen if items[i]["metadata"].get("labels", {}).get(key) == value]
        if query.get("fieldSelector"):
            path_of, _, value = query["fieldSelector"].partition("=")
            above, _, key = path_of.partition(".")
            chosen = [i for i in chosen if items[i].get(above, {}).get(key) == value]
        page, rest = chosen[start:start + limit], len(chosen) - start - limit
        metadata = {"resourceVersion": "1000"}
        if rest > 0:
            metadata["continue"] = base64.b64encode(json.dumps({"v": "meta.k8s.io/v1", "rv": 1000, "start": start + limit}).encode()).decode()
            metadata["remainingItemCount"] = rest
        head = json.dumps({"kind": kind, "apiVersion": version, "metadata": metadata})
        return (head[:-1] + ',"items":[' + ",".join(texts[i] for i in page) + "]}\n").encode()

    def _send_page(self, connection, fault, path, namespace, query):
        body = self._page(path, namespace, query)
        if fault == "garbage":
            body = body[:len(body) // 2]
        elif fault == "half-once" and "continue" in query and self.first("half"):
            fault = "half"
        self._send_json(connection, fault, body)


def parse_args(argv):
    text = __doc__ + "\n".join(f"  {name:14} {what}" for name, what in FAULTS.items())
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", metavar="DIR", required=True, help="lists in JSON")
    parser.add_argument("--many", metavar="PATH=COUNT", action="append", default=[], help="/api/v1/pods=20000: copies")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--tls-dir", metavar="DIR", help="HTTPS with the files in DIR, made if they are not there")
    parser.add_argument("--token-file", metavar="FILE", help="the only token that is accepted, read at each request")
    parser.add_argument("--client-ca", metavar="FILE", help="require a client certificate that this CA signed")
    parser.add_argument("--fault", default="none")
    parser.add_argument("--control", metavar="FILE", help="holds the fault, while it exists")
    parser.add_argument("--log", metavar="FILE", help="one JSON object a request; never the token")
    parser.add_argument("--slow-seconds", type=float, default=3.0)
    return parser.parse_args(argv)


def write_kubeconfig(path, server, ca=None, **user):
    """With one cluster, verified by `ca`, and one user: token="..." or tokenFile="..."."""
    cluster = {"server": server, **({"certificate-authority": str(ca)} if ca else {})}
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [{"name": "k", "cluster": cluster}],
        "users": [{"name": "u", "user": user}], "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]}),
        encoding="utf-8")
    return path


def main(argv=None):
    args = parse_args(argv)
    if args.tls_dir and not (pathlib.Path(args.tls_dir) / "server.crt").exists():
        make_tls(args.tls_dir)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *unused: done.set())
    lists = load(args.objects)
    for word in args.many:
        path, _, count = word.partition("=")
        many(lists, path, int(count))
    server = ApiServer(lists, address=args.address, port=args.port, tls=args.tls_dir, token_file=args.token_file,
                       client_ca=args.client_ca, fault=args.fault, control=args.control, log=args.log,
                       slow_seconds=args.slow_seconds)
    with server:
        print("listening", server.port, flush=True)
        done.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
