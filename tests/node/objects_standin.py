# SPDX-License-Identifier: Apache-2.0
"""An API server that keeps what it is given: report objects by server-side apply, Events, nodes; and lists them again. It holds
every object against the schema, and refuses what the account's rules (tests/data/objects/rbac.json) do not name."""
import json
import pathlib
import threading
import urllib.parse

import jsonschema

from apiserver_standin import BUILT_IN, ApiServer, status
from kubelet_standin import make_tls

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "objects"
SCHEMA = json.loads((DATA / "schema.json").read_text(encoding="utf-8"))
RULES = json.loads((DATA / "rbac.json").read_text(encoding="utf-8"))
KINDS = {"openreports": ("/apis/openreports.io/v1alpha1", "Report", "reports"),
         "wgpolicyk8s": ("/apis/wgpolicyk8s.io/v1alpha2", "PolicyReport", "policyreports")}
BODY_MAX = 1500000  # as etcd
VERBS = {"PATCH": "patch", "POST": "create", "DELETE": "delete"}


def validate(name, document):
    problem = next(jsonschema.Draft7Validator({**SCHEMA, "$ref": f"#/definitions/{name}"}).iter_errors(document), None)
    return problem and f"{'/'.join(map(str, problem.absolute_path))}: {problem.message[:300]}"


class ObjectServer(ApiServer):
    """`accounts`: token -> names of RULES. `deny(verb, resource, namespace)` may return (status, reason, text, more headers)."""

    def __init__(self, folder, accounts, kinds=("openreports", "wgpolicyk8s"), nodes=(), early=False):
        lists = {f"{base}/{name}": (kind + "List", base.split("/", 2)[2], []) for name, (base, kind) in BUILT_IN.items()}
        lists["/api/v1/nodes"] = ("NodeList", "v1", [])
        for kind in kinds:
            base, name, plural = KINDS[kind]
            lists[f"{base}/{plural}"] = (name + "List", base[6:], [])
            lists[f"{base}/cluster{plural}"] = (f"Cluster{name}List", base[6:], [])
        super().__init__(lists, tls=str(make_tls(folder / "tls")))
        self.folder, self.accounts, self.early = folder, accounts, early
        self.stored, self.problems, self.deny = {}, [], lambda verb, resource, namespace: None
        self.content = threading.local()
        for name in nodes:
            self.stored[f"/api/v1/nodes/{name}"] = {"apiVersion": "v1", "kind": "Node",
                                                    "metadata": {"name": name, "uid": f"uid-of-{name}"}}

    def kubeconfig(self, token):
        path = self.folder / f"kubeconfig-{token}"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "x", "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{self.port}",
                                                   "certificate-authority": str(self.folder / "tls" / "ca.crt")}}]}))
        return path

    def reports(self, namespace=None):
        """Those of a namespace; None: the nodes' own."""
        with self.lock:
            return [one for path, one in self.stored.items() if "reports/" in path and
                    one["metadata"].get("namespace") == namespace]

    def events(self):
        with self.lock:
            return [one for path, one in self.stored.items() if "/events/" in path]

    # --- requests ---------------------------------------------------------------------------------------------

    def _token_is_good(self, token):
        return token in self.accounts

    def _answer(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                return
            head += piece
        head, _, body = head.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path = lines[0].split(" ")[:2]
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        while len(body) < int(headers.get("content-length", 0)):
            body += connection.recv(65536)
        token = headers.get("authorization", "").removeprefix("Bearer ")
        entry = self._note(method, path, token, connection, "none")
        if token not in self.accounts:
            self._status(connection, "401 Unauthorized", status(401, "Unauthorized", "Unauthorized"))
            return
        self._authorized(connection, entry, token, headers, body)

    def _may(self, token, verb, group, resource):
        return any(group in rule["apiGroups"] and resource in rule["resources"] and verb in rule["verbs"]
                   for name in self.accounts[token] for rule in RULES[name])

    def _refuse(self, connection, code, reason, text, more=""):
        self._status(connection, f"{code} {reason}", status(code, reason, text), more)

    def _authorized(self, connection, entry, token, headers, body):
        url = urllib.parse.urlsplit(entry["path"])
        parts = url.path.strip("/").split("/")
        group = "" if parts[0] == "api" else parts[1] if len(parts) > 1 else ""
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = rest[1] if rest[:1] == ["namespaces"] else None
        rest = rest[2:] if namespace else rest
        if not rest:  # discovery
            self._send_fault(connection, "none", entry)
            return
        verb = VERBS.get(entry["method"], "get" if len(rest) > 1 else "list")
        denied = self.deny(verb, rest[0], namespace)
        # An apply that makes an object needs both rights.
        verbs = [verb, "create"] if verb == "patch" and group != "events.k8s.io" and url.path not in self.stored else [verb]
        if denied:
            self._refuse(connection, *denied)
        elif not all(self._may(token, one, group, rest[0]) for one in verbs):
            self.problems.append(f"{token} may not {verb} {rest[0]}.{group}")
            self._refuse(connection, 403, "Forbidden",
                         f'{rest[0]}.{group} is forbidden: User "{token}" cannot {verb} resource "{rest[0]}" in API group "{group}"')
        elif verb == "list":
            self._sync()
            self._send_fault(connection, "none", entry)
        elif f"{url.path.split('/namespaces/')[0]}/{rest[0]}" not in self.lists and group != "events.k8s.io" and rest[0] != "nodes" and \
                not any(path.endswith("/" + rest[0]) for path in self.lists):
            self._send(connection, "404 Not Found", "404 page not found\n")
        elif len(body) > BODY_MAX:
            self._refuse(connection, 413, "RequestEntityTooLarge", "too large")
        else:
            self._handle(connection, verb, url, group, headers, body)

    def _sync(self):
        with self.lock:
            for path in self.lists:
                plural = path.rsplit("/", 1)[-1]
                base = path.rsplit("/", 1)[0]
                items = [one for at, one in sorted(self.stored.items()) if at.startswith(base + "/") and at.split("/")[-2] == plural]
                kind, version, _, _ = self.lists[path]
                self.lists[path] = (kind, version, items, [json.dumps(one) for one in items])

    def _handle(self, connection, verb, url, group, headers, body):
        path = url.path
        with self.lock:
            stored = self.stored.get(path)
            if verb == "get" or verb == "delete":
                if stored is None:
                    self._refuse(connection, 404, "NotFound", f"{path} not found")
                    return
                if verb == "delete":
                    del self.stored[path]
                self._status(connection, "200 OK", json.dumps(stored))
                return
            document = json.loads(body)
            if group == "events.k8s.io":
                self._event(connection, verb, path, document, headers)
            else:
                self._apply(connection, url, group, document, headers)

    def _apply(self, connection, url, group, document, headers):
        query = dict(urllib.parse.parse_qsl(url.query))
        metadata = document.get("metadata", {})
        problem = validate(("early-" if self.early else "") + group, document)
        if self.early and problem:
            self._refuse(connection, 422, "Invalid", problem)
            return
        if headers["content-type"] != "application/apply-patch+yaml" or query != {"fieldManager": "hostnetd", "force": "true"}:
            problem = f"no apply: {headers['content-type']} {query}"
        if not url.path.endswith("/" + metadata.get("name", "?")):
            problem = "another name than the path's"
        if problem:
            self.problems.append(problem)
            self._refuse(connection, 422, "Invalid", problem)
            return
        self.stored[url.path] = {**document, "metadata": {**metadata, "uid": "x", "resourceVersion": "1"}}
        self._status(connection, "201 Created", json.dumps(self.stored[url.path]))

    def _event(self, connection, verb, path, document, headers):
        if verb == "create":
            path += "/" + document.get("metadata", {}).get("name", "?")
        problem = validate("event-series" if verb == "patch" else group_of_event(document), document)
        if not problem and verb == "create" and len(document["note"].encode()) > 1024:
            problem = "a note of more than 1024 bytes"
        if not problem and verb == "create" and document["metadata"]["namespace"] != path.split("/")[5]:
            problem = "another namespace than the path's"
        if problem:
            self.problems.append(problem)
            self._refuse(connection, 422, "Invalid", problem)
        elif verb == "create" and path in self.stored:
            self._refuse(connection, 409, "AlreadyExists", "it exists")
        elif verb == "patch" and path not in self.stored:
            self._refuse(connection, 404, "NotFound", "no such Event")
        elif verb == "patch" and headers["content-type"] != "application/merge-patch+json":
            self._refuse(connection, 415, "UnsupportedMediaType", "no merge patch")
        else:
            self.stored[path] = {**self.stored.get(path, {}), **document}
            self._status(connection, "201 Created", json.dumps(self.stored[path]))


def group_of_event(document):
    return document.get("apiVersion", "?").split("/")[0] if document.get("apiVersion", "").startswith("events") else "events.k8s.io"
