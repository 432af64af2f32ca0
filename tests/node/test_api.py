# SPDX-License-Identifier: Apache-2.0
"""The HTTP API: what it says of real containers, whom it lets in, and that no client of it is in the agent's way."""
import json
import os
import pathlib
import resource
import signal
import socket
import stat
import subprocess
import time
import unittest

import pod as pods
import rig
from agent import Agent
from api import OPENAPI, Client, plain
from apiserver_standin import write_kubeconfig
from container import Container
from kubelet import Kubelet
from pod import Pod

QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--port", "0"]
TOKEN = "a-token-of-enough-characters"


def listen_of(agent):
    words = agent.process.args
    return words[words.index("--listen") + 1]


def raw(listen, data, timeout=5):
    """What comes back for these bytes, until the server closes or `timeout` is over."""
    sock = plain(listen, timeout)
    got = b""
    try:
        sock.sendall(data)
        while True:
            piece = sock.recv(65536)
            if not piece:
                break
            got += piece
    except (TimeoutError, ConnectionError):
        pass
    finally:
        sock.close()
    return got


class Api(rig.NodeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kubelet = Kubelet(cls.shared)
        # /api/v1/drift is there, and says why it has nothing
        nobody = write_kubeconfig(cls.shared.path("kubeconfig"), "http://127.0.0.1:1", token="none")
        cls.agent = Agent(cls.shared, *cls.kubelet.options(), "--compare-apiserver", "--kubeconfig", nobody).ready()
        cls.client = Client(listen_of(cls.agent))

    def start(self, *args, command=QWEN, **more):
        pod = self.kubelet.add(Pod(*args, **more))
        self.addCleanup(self.kubelet.remove, pod)
        box = Container(self.rig, command, pod=pod).start()
        self.kubelet.publish()
        return pod, box

    def test_every_route(self):
        """The document's paths all answer, with GET and HEAD, as it says; others and other methods do not."""
        pod, _ = self.start("ml", owner=("StatefulSet", "vllm"), host_network=True)
        found = self.agent.wait_finding(pod, cause="declared")
        for form in OPENAPI["paths"]:
            path = form.replace("{id}", found["id"])
            if form == "/api/v1/stream":
                continue
            self.assertEqual(self.client.ask(path).status, 200, path)
            self.assertEqual(self.client.ask(path, "HEAD").status, 200, path)
            answer = self.client.ask(path, "DELETE")
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"), path)
        self.client.get("/api/v1/nothing", 404)
        self.client.get("/api/v1/findings/" + "0" * 32, 404)
        self.client.get("/api/v1/findings/x", 400)
        self.client.get("/api/v1/findings/" + "a" * 300, 414)
        self.client.get("/openapi.json?x=y", 400)
        for method, headers, status in (("FOO", {}, 501), ("POST", {"Content-Length": "2000"}, 413), ("GET", {"X": "y" * 9000}, 400)):
            answer = self.client.ask("/healthz", method, headers=headers)
            self.assertEqual((answer.status, answer.headers["Content-Type"][:9]), (status, "text/html"))
        tag = self.client.ask("/openapi.json").headers["ETag"]
        self.assertEqual(self.client.ask("/openapi.json", headers={"If-None-Match": tag}).status, 304)
        self.assertEqual(json.loads(self.client.ask("/openapi.json").body), OPENAPI)

    def test_document_follows_the_schemas(self):
        """What scan and the API both print is described in one way."""
        scan = json.loads((rig.REPO / "src" / "report" / "schema" / "scan.v1.json").read_text())
        for name, schema in scan["$defs"].items():
            same = json.loads(json.dumps(schema).replace("#/$defs/", "#/components/schemas/"))
            self.assertEqual(OPENAPI["components"]["schemas"][name], same, name)

    def test_finding_and_its_story(self):
        pod, box = self.start("ml", owner=("StatefulSet", "vllm"), host_network=True)
        found = self.agent.wait_finding(pod, cause="declared", containers=bool)
        story = self.client.get(f"/api/v1/findings/{found['id']}")
        self.assertEqual(story["finding"]["workload"], pod.workload)
        types = [event["type"] for event in story["timeline"]]
        for one in ("process.exec", "container.joined", "finding.opened"):
            self.assertIn(one, types)
        order = [event["seq"] for event in story["timeline"]]
        self.assertEqual(order, sorted(order))
        self.assertEqual(self.client.get("/api/v1/status")["control"]["passed"], False)
        rows = [row for row in self.client.get("/api/v1/sharing")["items"] if row.get("pod", {}).get("uid") == pod.uid]
        self.assertEqual([(row["finding"], row["container"]["id"]) for row in rows], [(found["id"], box.id)])
        box.kill()
        self.agent.wait_resolved(pod)
        rows = self.client.get(f"/api/v1/findings?state=resolved&pod={pod.uid}")["items"]
        self.assertEqual([row["id"] for row in rows], [found["id"]])
        self.assertIn("resolvedAt", rows[0])

    def test_filters_and_pages(self):
        some = [self.start(f"team-{i % 2}", owner=("StatefulSet", f"srv-{i}"), host_network=True)[0] for i in range(5)]
        some += [self.start("infra", owner=("DaemonSet", "node-exporter"), host_network=True, image=pods.NODE_EXPORTER,
                            command=["nginx", "--port", "0"])[0]]
        for pod in some[:5]:
            self.agent.wait_finding(pod, cause="declared")

        def uids(query, path="findings"):
            ours = {pod.uid for pod in some}
            return sorted(row["pod"]["uid"] for row in self.client.get(f"/api/v1/{path}?{query}")["items"]
                          if row.get("pod", {}).get("uid") in ours)
        self.assertEqual(uids("limit=500"), sorted(pod.uid for pod in some[:5]))
        self.assertEqual(uids("namespace=team-1"), sorted(pod.uid for pod in some[1:5:2]))
        self.assertEqual(uids("workload=srv-3"), [some[3].uid])
        self.assertEqual(uids("workload=StatefulSet/srv-3"), [some[3].uid])
        self.assertEqual(uids("workload=Deployment/srv-3"), [])
        self.assertEqual(uids(f"pod={some[2].name}"), [some[2].uid])
        self.assertEqual(uids("q=SRV-4&state=open&severity=high&cause=declared&verdict=ai"), [some[4].uid])
        self.assertEqual(uids("q=%73rv-4"), [some[4].uid])
        self.assertEqual(uids("state=resolved"), [])
        rig.wait_until("the exporter is listed", lambda: uids("verdict=not-ai&limit=500", "sharing") == [some[5].uid])
        # It is no finding, and what events tell of has a story.
        joined = next(one for one in self.client.get("/api/v1/events?type=container.joined&limit=500")["items"] if one["pod"]["uid"] == some[5].uid)
        story = self.client.get(f"/api/v1/findings/{joined['finding']}")
        self.assertEqual((story["finding"]["state"], story["finding"]["title"][:19]), ("sharing", "Workload DaemonSet "))
        self.assertIn(joined["seq"], [event["seq"] for event in story["timeline"]])
        whole = self.client.get("/api/v1/findings?limit=500")
        items, count = self.client.pages("/api/v1/findings", 2)
        self.assertEqual([row["id"] for row in items], [row["id"] for row in whole["items"]])
        self.assertEqual((len(items), count), (whole["total"], (whole["total"] + 1) // 2))
        events, _ = self.client.pages("/api/v1/events", 3)
        order = [event["seq"] for event in events]
        self.assertEqual(order, sorted(set(order), reverse=True))
        self.assertEqual({event["type"] for event in self.client.get("/api/v1/events?type=finding")["items"]} -
                         {"finding.opened", "finding.updated", "finding.resolved"}, set())
        self.assertEqual(self.client.get("/api/v1/events?until=2020-01-01T00:00:00Z")["items"], [])
        self.assertTrue(self.client.get("/api/v1/events?since=1h&limit=1")["items"])

    def test_wrong_queries_are_named(self):
        for query, name in (("colour=red", "colour"), ("state=ope", "state"), ("limit=0", "limit"), ("limit=501", "limit"),
                            ("limit=5&limit=6", "limit"), ("cursor=x", "cursor"), ("q=", "q"), ("q=%zz", "q"), ("q=%00", "q"),
                            ("severity=low", "severity"), ("q=" + "x" * 300, "q"), ("since=1h", "since")):
            self.assertIn(f"'{name}'", self.client.get(f"/api/v1/findings?{query}", 400)["error"], query)
        for query in ("since=yesterday", "until=2026-02-31T00:00:00Z", "since=-1h"):
            self.assertIn(f"'{query[:5]}'", self.client.get(f"/api/v1/events?{query}", 400)["error"])
        for query, name in (("type=finding.", "type"), ("finding=6ae050bb", "finding"), ("since=1h&until=2h", "since")):
            self.assertIn(f"'{name}'", self.client.get(f"/api/v1/events?{query}", 400)["error"])
        self.assertEqual(self.client.get("/api/v1/events?until=1970-01-01T00:00:00Z")["items"], [])
        self.client.get("/api/v1/status?x=y", 400)
        # What the document says of a parameter is what is taken, to the last byte.
        exact = OPENAPI["components"]["schemas"]["event"]["properties"]["type"]["enum"]
        kinds, = [one["schema"]["anyOf"][1]["enum"] for one in OPENAPI["paths"]["/api/v1/events"]["get"]["parameters"]
                  if one["name"] == "type"]
        self.assertEqual(set(kinds), {one.split(".")[0] for one in exact})
        for one in exact + kinds:
            self.client.get(f"/api/v1/events?type={one}&limit=1")
        for parameter in OPENAPI["paths"]["/api/v1/findings"]["get"]["parameters"]:
            most = parameter["schema"].get("maxLength")
            if most:
                self.client.get(f"/api/v1/findings?{parameter['name']}=" + "x" * most)
                self.client.get(f"/api/v1/findings?{parameter['name']}=" + "x" * (most + 1), 400)

    def test_stream(self):
        """Live, resumed where it broke off, and a gap is told as one."""
        stream = self.client.stream()
        pod, box = self.start("ml", owner=("StatefulSet", "live"), host_network=True)
        event = stream.until(lambda one: one["event"] == "finding.opened" and
                             one["data"]["findingObject"]["pod"]["uid"] == pod.uid)
        self.assertEqual(event["data"]["finding"], event["data"]["findingObject"]["id"])
        stream.close()
        box.kill()
        self.agent.wait_resolved(pod)
        again = self.client.stream(event["id"])
        resolved = again.until(lambda one: one["event"] == "finding.resolved")
        self.assertEqual(resolved["data"]["finding"], event["data"]["finding"])
        again.close()
        old = self.client.stream(7)
        gap = old.next()
        self.assertEqual((gap["event"], gap["data"]["after"]), ("gap", 7))
        self.assertEqual(int(old.next()["id"]), gap["data"]["next"])
        old.close()
        self.assertEqual(self.client.ask("/api/v1/stream", headers={"Last-Event-ID": "-1"}).status, 400)

    def test_metrics(self):
        """Both formats pass the strict parsers of Prometheus' own client; a pod's name is in the series of its finding alone, its uid and
        its container's id are nowhere."""
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
        from prometheus_client.parser import text_string_to_metric_families as parse
        pod, box = self.start("ml", "hostile-name", host_network=True)
        self.agent.wait_finding(pod, cause="declared")
        plain_text = self.client.ask("/metrics")
        self.assertIn("version=0.0.4", plain_text.headers["Content-Type"])
        families = {family.name: family for family in parse(plain_text.body.decode())}
        self.assertEqual(families["hostnetd_control_passed"].samples[0].value, 0)
        self.assertTrue([one for one in families["hostnetd_findings"].samples
                         if one.labels == {"state": "open", "cause": "declared", "severity": "high", "category": "inference"}])
        named = [line for line in plain_text.body.decode().splitlines() if "hostile-name" in line]
        self.assertEqual([line.split("{")[0] for line in named], ["hostnetd_finding_info"])
        for unbounded in (pod.uid, box.id):
            self.assertNotIn(unbounded.encode(), plain_text.body)
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        other = {family.name for family in parse_open(self.client.ask("/metrics", headers=accept).body.decode())}
        self.assertEqual(other, set(families))

    def test_host(self):
        for host, status in (("localhost", 200), ("LOCALHOST:80", 200), ("127.0.0.1:9464", 200), ("[::1]:80", 200),
                             ("evil.example", 421), ("localhost.evil.example", 421), ("a b", 400), ("", 400)):
            got = raw(self.client.listen, f"GET /api/v1/status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            self.assertEqual(got[:12], f"HTTP/1.1 {status}".encode(), host)
        self.assertIn(b" 400 ", raw(self.client.listen, b"GET /healthz HTTP/1.1\r\n\r\n"))
        self.assertIn(b" 421 ", raw(self.client.listen, b"GET http://evil/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"))

    def test_what_two_servers_read_differently(self):
        """Requests within requests: one answer of an error, and the connection is closed."""
        inner = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
        begin = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
        for head in (b"Content-Length: 20\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: xchunked\r\n",
                     b"Content-Length: 0\r\nContent-Length: 20\r\n", b"Content-Length : 20\r\n", b"Host: localhost\r\n",
                     b"Transfer-Encoding:\r\n chunked\r\n", b"X\x01Y: 1\r\n", b"X: \x01\r\n", b"NoColon\r\n",
                     b"Content-Length: 20\r\nTransfer-Encoding: chunked\r\n"):
            got = raw(self.client.listen, begin + head + b"\r\n" + inner)
            self.assertEqual(got.count(b"HTTP/1.1 "), 1, (head, got))
            self.assertIn(got[:12], (b"HTTP/1.1 400", b"HTTP/1.1 413"), head)
        for head in (b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n" + b"x" * 50 + inner,
                     b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + inner):
            got = raw(self.client.listen, head)
            self.assertEqual((got.count(b"HTTP/1.1 "), got[9:10]), (1, b"4"), got)
        for junk in (b"\r\n" * 5000, b"\x16\x03\x01\x02\x00\x01\x00", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 20000 + b"\r\n\r\n", b"\0" * 9000,
                     b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            self.assertNotIn(b" 200 ", raw(self.client.listen, junk, 1))
        self.client.get("/healthz")

    def test_pipelining(self):
        """Many requests in one go are answered one by one, in order."""
        one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        self.assertEqual(raw(self.client.listen, one * 499 + last, 10).count(b"HTTP/1.1 200"), 500)

    def test_flood(self):
        """A thousand idle connections, slow heads and clients that die in a stream: others are served, nothing is kept."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
        before = self.descriptors()
        streams = [self.client.stream() for _ in range(10)]
        idle, answers = [], []
        for i in range(1000):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.settimeout(10)
            sock.connect(self.client.listen[5:])
            if i % 2:
                sock.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
            idle.append(sock)
            if i % 100 == 99:
                begun = time.monotonic()
                self.client.get("/healthz")
                answers.append(time.monotonic() - begun)
        self.assertLess(max(answers), 5)
        self.assertLess(self.descriptors() - before, 200)
        pod, _ = self.start("ml", owner=("StatefulSet", "flooded"), host_network=True)
        self.agent.wait_finding(pod, cause="declared")
        for stream in streams:
            stream.connection.sock.close()
            stream.answer.close()
        for sock in idle:
            sock.close()
        rig.wait_until("the descriptors are given back", lambda: self.descriptors() <= before + 2, 40)
        self.client.get("/healthz")

    def test_slow_head_is_cut(self):
        sock = plain(self.client.listen, 20)
        begun = time.monotonic()
        sock.sendall(b"GET /healthz HTTP/1.1\r\n")
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            for _ in range(60):
                time.sleep(0.25)
                sock.sendall(b"X: y\r\n")
        self.assertTrue(8 < time.monotonic() - begun < 14)
        sock.close()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.agent.process.pid}/fd"))

    def test_zz_agent_ends_well(self):
        path = pathlib.Path(listen_of(self.agent)[5:])
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.agent.stop()
        self.assertFalse(path.exists())


class Access(rig.NodeTest):
    def run_agent(self, *options):
        kubelet = Kubelet(self.rig)
        return Agent(self.rig, *kubelet.options(), *options)

    def refuse(self, *options):
        """Exit code 2; what it says."""
        agent = self.run_agent(*options)
        self.assertEqual(agent.process.wait(20), 2)
        return agent.log

    def token_file(self, text=TOKEN):
        path = self.rig.path("token")
        path.write_text(text + "\n")
        return path

    def port(self):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            return sock.getsockname()[1]

    def test_refuses_to_start(self):
        self.assertIn("--api-token-file", self.refuse("--listen", f"127.0.0.1:{self.port()}"))
        self.assertIn("--api-token-file", self.refuse("--listen", f"0.0.0.0:{self.port()}"))
        self.assertIn("--listen", self.refuse("--listen", "localhost:80"))
        self.assertIn("16 characters", self.refuse("--api-token-file", self.token_file("short")))
        self.assertIn("nothing-here", self.refuse("--api-token-file", self.rig.path("nothing-here")))
        self.assertIn("belong together", self.refuse("--tls-cert-file", self.token_file()))
        file = self.rig.path("file")
        file.write_text("precious")
        self.assertIn("no socket", self.refuse("--listen", f"unix:{file}"))
        self.assertEqual(file.read_text(), "precious")

    def test_none(self):
        agent = self.run_agent("--listen", "none").ready()
        self.assertNotIn("API and dashboard", agent.log)
        agent.stop()

    def test_stale_socket(self):
        """One that nobody answers is replaced, one that somebody does is not."""
        path = self.rig.path("sub") / "api.sock"
        first = self.run_agent("--listen", f"unix:{path}").ready()
        self.assertIn("another program listens", self.refuse("--listen", f"unix:{path}"))
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(10)
        self.assertTrue(path.exists())
        second = self.run_agent("--listen", f"unix:{path}").ready()
        Client(f"unix:{path}").get("/healthz")
        second.stop()

    def test_token(self):
        """Every call needs it, a new one holds at once, the file's loss shuts the API."""
        file, listen = self.token_file(), f"127.0.0.1:{self.port()}"
        agent = self.run_agent("--listen", listen, "--api-token-file", file).ready()
        for path in ("/api/v1/status", "/api/v1/findings", "/api/v1/findings/" + "0" * 32, "/api/v1/nothing", "/metrics"):
            for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": f"Bearer {TOKEN[:-1]}"},
                            {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer "}):
                answer = Client(listen).ask(path, headers=headers)
                self.assertEqual((answer.status, answer.headers["WWW-Authenticate"][:6]), (401, "Bearer"), (path, headers))
                self.assertNotIn(TOKEN.encode(), answer.body)
        for path in ("/healthz", "/openapi.json"):
            Client(listen).get(path)
        Client(listen, TOKEN).get("/api/v1/status")
        self.token_file("another-" + TOKEN)
        self.assertEqual(Client(listen, TOKEN).ask("/api/v1/status").status, 401)
        Client(listen, "another-" + TOKEN).get("/api/v1/status")
        file.unlink()
        self.assertEqual(Client(listen, "another-" + TOKEN).ask("/api/v1/status").status, 401)
        self.assertNotIn(TOKEN, agent.log)
        agent.stop()

    def certificate(self, name):
        cert, key = self.rig.path("tls.crt"), self.rig.path("tls.key")
        subprocess.run([rig.tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
                        "-out", cert], check=True, capture_output=True)
        return cert, key

    def test_tls(self):
        """TLS 1.2 at least, also on a Unix socket; a renewed certificate is served, half of one is not."""
        cert, key = self.certificate("first")
        for listen in (f"127.0.0.1:{self.port()}", f"unix:{self.rig.path('tls.sock')}"):
            agent = self.run_agent("--listen", listen, "--api-token-file", self.token_file(), "--tls-cert-file", cert,
                                   "--tls-key-file", key).ready()
            Client(listen, TOKEN, ca=cert).get("/api/v1/status")
            self.assertNotIn(b"HTTP/1.1 200", raw(listen, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 2))
            if not listen.startswith("unix:"):
                old = subprocess.run([rig.tool("openssl"), "s_client", "-connect", listen, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
                                     stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
                self.assertNotEqual(old.returncode, 0)
            good = cert.read_text()
            cert.write_text("half")
            self.rig.path("good.crt").write_text(good)
            Client(listen, TOKEN, ca=self.rig.path("good.crt")).get("/api/v1/status")
            agent.wait_log("tls.crt")
            self.certificate("second")
            Client(listen, TOKEN, ca=cert).get("/api/v1/status")
            agent.stop()

    def test_metrics_listen(self):
        port = self.port()
        agent = self.run_agent("--listen", "none", "--metrics-listen", f"127.0.0.1:{port}").ready()
        served = ("/metrics", "/healthz", "/readyz")
        client = Client(f"127.0.0.1:{port}", paths=served)
        for path in served:
            rig.wait_until(path, lambda path=path: client.ask(path, headers={"Host": "node-4.example"}).status == 200)
        for path in ("/api/v1/status", "/api/v1/findings", "/openapi.json", "/", "/api/v1/stream"):
            self.assertEqual(client.ask(path).status, 404, path)
        agent.stop()

    def test_api_host(self):
        agent = self.run_agent("--api-host", "Node-4.Example").ready()
        for host, status in (("node-4.example:80", b"200"), ("node-4.example.", b"200"), ("node-5.example", b"421")):
            got = raw(listen_of(agent), f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            self.assertEqual(got[9:12], status, host)
        agent.stop()


if __name__ == "__main__":
    unittest.main()
