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
# An answer has these only where the document says so.
DESCRIBED = ("Allow", "WWW-Authenticate", "Retry-After", "ETag")


@functools.lru_cache(maxsize=None)
def compiled(text):
    import jsonschema
    resolver = jsonschema.RefResolver("urn:api", OPENAPI, store={"urn:api": OPENAPI})
    return jsonschema.Draft202012Validator(json.loads(text), resolver=resolver)


def validator(schema):
    """Of a schema that is a part of the document."""
    return compiled(json.dumps(schema))


def conforms(value, schema):
    return validator(schema).is_valid(value)


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


def follow(part):
    """What a $ref of the document stands for."""
    while "$ref" in part:
        steps = part["$ref"].removeprefix("#/").split("/")
        part = functools.reduce(lambda node, step: node[step.replace("~1", "/").replace("~0", "~")], steps, OPENAPI)
    return part


class Client:
    """`paths`: the document's that are served there, where it is not all of them."""

    def __init__(self, listen, token=None, ca=None, paths=tuple(OPENAPI["paths"])):
        self.listen, self.token, self.ca, self.paths = listen, token, ca, paths

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

    def check(self, path, method, answer):
        """Status, headers, type and body are as the document says; the security headers are there."""
        form = describe(path.split("?")[0])
        if form not in self.paths:
            form = None
        kind = (answer.headers["Content-Type"] or "").split(";")[0]
        schema = {"$ref": "#/components/schemas/error"}
        if form:
            known = OPENAPI["paths"][form]["get"]["responses"]
            assert str(answer.status) in known, f"{path}: the document has no {answer.status}"
            response = follow(known[str(answer.status)])
            said = {name: follow(header) for name, header in response.get("headers", {}).items()}
            for name, header in said.items():
                value = answer.headers[name]
                assert value is not None or not header.get("required"), (path, answer.status, name)
                assert value is None or conforms(value, header["schema"]), (path, answer.status, name, value)
            for name in DESCRIBED:
                assert name in said or name not in answer.headers, f"{path}: the document has no {name} with {answer.status}"
            if "content" not in response:
                assert not answer.body, path
                return
            assert kind in response["content"], f"{path}: the document has no {kind} with {answer.status}"
            schema = response["content"][kind]["schema"]
        if kind == "text/html" and answer.status in (400, 413, 501):
            return  # evhttp's own: the document says that it has no other headers
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (path, name, answer.headers[name])
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, policy
        assert "Access-Control-Allow-Origin" not in answer.headers
        if method == "HEAD":
            assert not answer.body
        elif answer.headers["Content-Type"] == "application/json":
            problem = next(iter(validator(schema).iter_errors(answer.json)), None)
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
                    problem = next(iter(validator({"$ref": "#/components/schemas/event"}).iter_errors(event["data"])), None)
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
