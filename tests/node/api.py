# SPDX-License-Identifier: Apache-2.0
"""A client of the agent's API that holds every answer against the OpenAPI document that the agent itself serves."""
import functools
import http.client
import json
import re
import socket
import ssl

import rig as rigs

OPENAPI = json.loads((rigs.REPO / "src" / "http" / "openapi.json").read_text())
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"}


@functools.lru_cache(maxsize=None)
def checker(schema):
    import jsonschema
    document = {"$ref": "urn:api#" + schema}
    resolver = jsonschema.RefResolver("urn:api", OPENAPI, store={"urn:api": OPENAPI})
    return jsonschema.Draft202012Validator(document, resolver=resolver)


def pointer(*steps):
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def describe(path):
    """The document's form of a path: /api/v1/findings/{id} for a finding's."""
    for form in OPENAPI["paths"]:
        if re.fullmatch(re.sub(r"\\{.*?\\}", "[^/]+", re.escape(form)), path):
            return form
    return None


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Connection(http.client.HTTPConnection):
    """To "unix:PATH" or "ADDRESS:PORT"; with TLS where a CA's file is given."""

    def __init__(self, listen, ca=None, timeout=10):
        super().__init__("localhost", timeout=timeout)
        self.listen, self.ca = listen, ca

    def connect(self):
        self.sock = plain(self.listen, self.timeout)
        if self.ca:
            self.sock = ssl.create_default_context(cafile=str(self.ca)).wrap_socket(self.sock, server_hostname="localhost")


def plain(listen, timeout=10):
    """A connected socket."""
    if listen.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(timeout)
        sock.connect(listen[5:])
        return sock
    host, port = listen.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)), timeout)


class Client:
    def __init__(self, listen, token=None, ca=None):
        self.listen, self.token, self.ca = listen, token, ca

    def ask(self, path, method="GET", headers=None, check=True):
        connection = Connection(self.listen, self.ca)
        some = dict(headers or {})
        if self.token:
            some.setdefault("Authorization", f"Bearer {self.token}")
        try:
            connection.request(method, path, headers=some)
            answer = connection.getresponse()
            result = Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()
        if check:
            self.check(path, method, result)
        return result

    @staticmethod
    def check(path, method, answer):
        """Status, type and body are as the document says; the security headers are there."""
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (path, name, answer.headers[name])
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, policy
        assert "Access-Control-Allow-Origin" not in answer.headers
        form = describe(path.split("?")[0])
        if not form or answer.status == 404:
            schema = "/components/schemas/error"
        else:
            known = OPENAPI["paths"][form]["get"]["responses"]
            assert str(answer.status) in known, f"{path}: the document has no {answer.status}"
            kind = answer.headers["Content-Type"].split(";")[0]
            assert kind in known[str(answer.status)]["content"], f"{path}: the document has no {kind}"
            schema = pointer("paths", form, "get", "responses", str(answer.status), "content", kind, "schema")
        if method == "HEAD":
            assert not answer.body
        elif answer.headers["Content-Type"] == "application/json":
            problem = next(iter(checker(schema).iter_errors(answer.json)), None)
            assert not problem, f"{path}: /{'/'.join(map(str, problem.absolute_path))}: {problem.message[:300]}"

    def get(self, path, status=200, **more):
        answer = self.ask(path, **more)
        assert answer.status == status, (path, answer.status, answer.body[:300])
        return answer.json

    def pages(self, path, limit):
        """All items, page by page, and how many pages there were."""
        items, count, cursor = [], 0, ""
        while True:
            page = self.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{'&cursor=' + cursor if cursor else ''}")
            assert len(page["items"]) <= limit
            items += page["items"]
            count += 1
            cursor = page.get("next")
            if not cursor:
                return items, count

    def stream(self, last=None):
        return Stream(self, last)


class Stream:
    """Server-sent events, one by one."""

    def __init__(self, client, last=None):
        self.connection = Connection(client.listen, client.ca)
        headers = {"Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        if client.token:
            headers["Authorization"] = f"Bearer {client.token}"
        self.connection.request("GET", "/api/v1/stream", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.status

    def next(self):
        """{"id", "event", "data"} of the next event; comments are left out."""
        event = {}
        while True:
            line = self.answer.readline().decode()
            assert line, "the stream ended"
            line = line.rstrip("\n")
            if not line and "event" in event:
                event["data"] = json.loads(event["data"])
                if event["event"] != "gap":
                    problem = next(iter(checker("/components/schemas/event").iter_errors(event["data"])), None)
                    assert not problem, problem and problem.message[:300]
                    assert event["id"] == str(event["data"]["seq"]) and event["event"] == event["data"]["type"]
                return event
            key, colon, value = line.partition(": ")
            if colon and key:
                event[key] = value

    def until(self, predicate):
        while True:
            event = self.next()
            if predicate(event):
                return event

    def close(self):
        self.connection.close()
