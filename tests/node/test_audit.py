# SPDX-License-Identifier: Apache-2.0
"""`hostnetd audit`: the control over objects of files and of an API server, without root and without a node."""
import concurrent.futures
import datetime
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import rig
from agent import Agent, check_schema, environment
from apiserver_standin import write_kubeconfig
from container import Container
from kubelet import Kubelet
from kubelet_standin import make_tls
from pod import Pod

OBJECTS = rig.REPO / "tests" / "data" / "apiserver"
FILES = [word for path in sorted(OBJECTS.glob("*.json")) for word in ("--file", path)]
STANDIN = rig.REPO / "tests" / "node" / "apiserver_standin.py"

# shared/fixtures/README.md: what on the recorded node is AI and declares hostNetwork.
EXPECTED = {
    "pods": {"kube-system/static-tgi-rig-node", "ml/ollama-host", "ml/tgi", "ml/train", "ml/vllm", "ml/embed-nightly"},
    "deployments": {"ml/tgi"}, "statefulSets": {"ml/vllm"}, "daemonSets": set(), "jobs": {"ml/train"},
    "cronJobs": {"ml/embed-nightly"},
}


def audit(*words, stdin="", cwd=None):
    return subprocess.run([str(word) for word in (rig.HOSTNETD, "audit", *words)], input=stdin, capture_output=True,
                          encoding="utf-8", timeout=60, check=False, env=environment(), cwd=cwd)


def manifest(kind="Deployment", image="vllm/vllm-openai:v0.6.3", **metadata):
    spec = {"hostNetwork": True, "containers": [{"name": "c", "image": image}]}
    return json.dumps({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "x", **metadata},
                       "spec": {"template": {"spec": spec}}})


def names(document, part="results"):
    return {query: {f"{e.get('namespace', '')}/{e['name']}" for e in entries} for query, entries in document[part].items()}


class Files(unittest.TestCase):
    def audited(self, *words, code, stdin=""):
        done = audit("--output", "json", *words, stdin=stdin)
        self.assertEqual(done.returncode, code, done.stderr)
        document = json.loads(done.stdout)
        check_schema("audit.v1.json", document)
        return document

    def test_the_six_lists_of_the_fixtures(self):
        document = self.audited(*FILES, code=1)
        found = names(document)
        for query, expected in EXPECTED.items():
            if query != "pods":
                self.assertEqual(found[query], expected)
        self.assertEqual(len(found["pods"]), 10)
        owners = {f"{e.get('namespace', '')}/{e['workload']['name']}" for e in document["results"]["pods"]}
        self.assertEqual(owners, EXPECTED["pods"])
        self.assertEqual(len(document["workloads"]), 6)
        self.assertFalse(document["passed"])
        self.assertEqual(document["seen"], {"pods": 15, "deployments": 2, "statefulSets": 1, "daemonSets": 1, "jobs": 1,
                                            "cronJobs": 1, "other": 0})

    def test_passes_where_nothing_is_ai(self):
        document = self.audited("--file", "-", code=0, stdin=manifest(image="nginx:1.27"))
        self.assertTrue(document["passed"])
        self.assertEqual(document["seen"]["deployments"], 1)

    def test_nothing_to_look_at_is_no_pass(self):
        self.assertEqual(self.audited("--file", "-", code=2)["notCovered"][0]["what"], "standard input")
        owner = [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u", "controller": True}]
        document = self.audited("--file", "-", code=2, stdin=manifest(kind="ReplicaSet", ownerReferences=owner))
        self.assertEqual([gap["what"] for gap in document["notCovered"]], ["Deployment.apps"], "whose owner was not read")

    def test_namespace_and_selector(self):
        document = self.audited(*FILES, "--namespace", "ml", code=1)
        self.assertEqual(len(document["results"]["pods"]), 9)
        labelled = manifest(labels={"team": "a"})
        self.audited("--file", "-", "--selector", "team in (a,b)", code=1, stdin=labelled)
        self.audited("--file", "-", "--selector", "team!=a", code=0, stdin=labelled)
        self.assertEqual(audit("--file", "-", "--selector", "team in").returncode, 2)

    def test_exceptions(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("exceptions:\n- {name: ok, reason: RDMA, expires: 2099-01-01, match: {namespaces: [ml]}}\n"
                       "- {name: old, reason: gone by, expires: 2020-01-01, match: {namespaces: [kube-system]}}\n")
            file.flush()
            document = self.audited(*FILES, "--exceptions", file.name, code=1)
        self.assertEqual(names(document)["pods"], {"kube-system/static-tgi-rig-node"})
        self.assertEqual(names(document, "excepted")["deployments"], {"ml/tgi"})
        self.assertEqual(document["expiredExceptions"], ["old"])

    def test_more_kinds(self):
        thing = json.dumps({"apiVersion": "x.org/v1", "kind": "Box", "metadata": {"name": "b"},
                            "spec": {"box": {"hostNetwork": True, "main": {"image": "vllm/vllm-openai:v0.6.3"}}}})
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("kinds:\n- {group: x.org, kind: Box, podSpecs: [spec.box], containers: [spec.box.main]}\n")
            file.flush()
            document = self.audited("--file", "-", "--workload-kinds", file.name, code=1, stdin=thing)
            self.assertEqual(document["other"][0]["template"], "spec.box")
            file.write("- {group: x.org}\n")
            file.flush()
            self.assertIn(f"{file.name}:3", audit("--file", "-", "--workload-kinds", file.name).stderr)

    def test_junit_and_sarif(self):
        suites = xml.etree.ElementTree.fromstring(audit(*FILES, "--output", "junit").stdout.encode())
        self.assertEqual(sum(int(suite.get("failures")) for suite in suites), 14)
        for suite in suites:
            self.assertEqual(len(suite), int(suite.get("tests")))
        run = json.loads(audit(*FILES, "--output", "sarif").stdout)["runs"][0]
        self.assertEqual(len(run["results"]), 14)
        self.assertEqual({result["level"] for result in run["results"]}, {"error"})
        hostile = manifest(namespace="a\u001b[31m<&\"]]>")
        xml.etree.ElementTree.fromstring(audit("--file", "-", "--output", "junit", stdin=hostile).stdout.encode())

    def test_no_two_junit_cases_have_one_name(self):
        """GitLab keeps one of those that have."""
        job = json.dumps({**json.loads(manifest(kind="Job")), "apiVersion": "batch/v1", "metadata": {"generateName": "run-"}})
        pods = [dict(one, pod={**one["pod"], "name": f"x-{number}"}) for number in range(3)
                for one in (seen("x", uid=f"u{number}", kind="DaemonSet"), dict(seen("x", uid=f"u{number}", kind="DaemonSet"), way="socket"))]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(scanned(*pods, complete=False))
            file.flush()
            for words, text, count in (((), manifest(image="nginx:1.27"), 7), ((), f"{job}\n---\n{job}\n---\n{manifest()}", 8),
                                       (("--findings", file.name, "--findings", file.name), manifest(image="nginx:1.27"), 15)):
                with self.subTest(count):
                    suites = xml.etree.ElementTree.fromstring(audit("--file", "-", "--output", "junit", *words, stdin=text).stdout)
                    cases = [(case.get("classname"), case.get("name")) for suite in suites for case in suite]
                    self.assertEqual(len(cases), count)
                    self.assertEqual(len(set(cases)), count, cases)

    def test_sarif_as_github_takes_it(self):
        """Files are told from where the program runs, as a pipeline does in its checkout; what is in none has a path, too."""
        def located(*words, stdin="", cwd=None):
            done = audit(*words, "--output", "sarif", stdin=stdin, cwd=cwd)
            with tempfile.NamedTemporaryFile("w", suffix=".sarif") as file:
                file.write(done.stdout)
                file.flush()
                for check in ((rig.REPO / "tests/check/sarif.py", file.name),
                              (rig.REPO / "tests/check/schema.py", rig.REPO / "tests/data/sarif-2.1.0.schema.json")):
                    checked = subprocess.run(check, input=done.stdout, capture_output=True, encoding="utf-8", check=False)
                    self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
            return [(place["artifactLocation"]["uri"], place["region"]["startLine"], one["partialFingerprints"]["primaryLocationLineHash"])
                    for one in json.loads(done.stdout)["runs"][0]["results"]
                    for place in [one["locations"][0]["physicalLocation"]]]

        with tempfile.TemporaryDirectory() as folder:
            top = pathlib.Path(folder)
            (top / "k8s").mkdir()
            yaml = f"# first\n---\n{manifest(namespace='ml')}\n---\n{manifest(kind='StatefulSet', namespace='ml')}\n"
            (top / "k8s" / "a b.yaml").write_text(yaml, encoding="utf-8")
            (first, second) = located("--file", "k8s/a b.yaml", cwd=top)
            self.assertEqual((first[:2], second[:2]), (("k8s/a%20b.yaml", 3), ("k8s/a%20b.yaml", 5)))
            self.assertNotEqual(first[2], second[2])
            for path in ("./k8s/a b.yaml", ".//./k8s/a b.yaml", top / "k8s" / "a b.yaml"):
                self.assertEqual(located("--file", path, cwd=top), [first, second], path)
            self.assertEqual(located("--file", top / "k8s" / "a b.yaml", cwd=top / "k8s")[0][0], "a%20b.yaml")
            self.assertEqual(located("--file", top / "k8s" / "a b.yaml", cwd="/dev")[0], (f"file://{top}/k8s/a%20b.yaml", *first[1:]))
            (top / "k8s" / "a b.yaml").write_text("# another\n" + yaml, encoding="utf-8")
            self.assertEqual(located("--file", "k8s/a b.yaml", cwd=top)[0], (first[0], 4, first[2]), "the line moves, the alert stays")
        self.assertEqual(located("--file", "-", stdin=manifest(namespace="ml")), [("kubernetes/ml/Deployment/x", 1, first[2])])
        twice = json.loads(manifest(kind="Job", generateName="run-"))
        twice = json.dumps({**twice, "apiVersion": "batch/v1", "metadata": {"generateName": "run-"}})
        self.assertEqual(len({one[2] for one in located("--file", "-", stdin=f"{twice}\n---\n{twice}\n")}), 2)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(manifest(image="nginx:1.27"))
            file.flush()
            self.assertEqual([one[:2] for one in located("--file", file.name, "--findings", "-", stdin=scanned(seen("a")))],
                             [("kubernetes/ml/Pod/a", 1)])

    def test_errors_name_the_place(self):
        done = audit("--file", "-", stdin="---\na: 1\nkind: Pod\n---\nb: [\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("standard input: document 1, line 2", done.stderr)
        self.assertEqual(audit("--file", "/nowhere").returncode, 2)


def scanned(*findings, complete=True, sharing=(), ago=0):
    """A document as `hostnetd scan` prints it."""
    why = [] if complete else ["kubelet: not reached"]
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago)
    return json.dumps({"schema": "hostnetd.scan/v1", "node": "n1", "time": f"{then:%Y-%m-%dT%H:%M:%SZ}", "complete": complete,
                       "incomplete": why, "findings": findings, "sharing": sharing})


def seen(name, cause="joined", verdict="ai", uid=None, kind="Pod"):
    return {"id": name, "state": "open", "way": "namespace", "cause": cause, "ai": {"verdict": verdict},
            "pod": {"namespace": "ml", "name": name, "uid": uid or f"uid-of-{name}"}, "workload": {"kind": kind, "name": name}}


class Runtime(unittest.TestCase):
    """Declared beside observed, from what agents printed."""
    SCAN = rig.REPO / "tests" / "unit" / "report" / "golden" / "scan.json"
    LINES = rig.REPO / "tests" / "unit" / "report" / "golden" / "changes.jsonl"

    def audited(self, *words, code, stdin=""):
        done = audit("--output", "json", *words, stdin=stdin)
        self.assertEqual(done.returncode, code, done.stderr)
        document = json.loads(done.stdout)
        check_schema("audit.v1.json", document)
        return document

    def test_a_recorded_scan(self):
        document = self.audited(*FILES, "--findings", self.SCAN, code=1)
        runtime = document["runtime"]
        self.assertEqual([one["name"] for one in runtime["declaredAndRunning"]], ["vllm"])
        self.assertEqual({one["name"] for one in runtime["declaredNotRunning"]},
                         {"static-tgi-rig-node", "ollama-host", "tgi", "train", "embed-nightly"})
        self.assertEqual({one["name"] for one in runtime["declaredNotRunning"] if not one["admission"]["denies"]},
                         {"static-tgi-rig-node"})
        self.assertEqual([(one.get("cause"), one["fails"]) for one in runtime["runningNotDeclared"]],
                         [("unmanaged", False), (None, True), ("joined", True), ("declared", False)])
        self.assertEqual([one["fails"] for one in runtime["runningNotDeclared"] if "exception" in one], [False])
        self.assertEqual([gap["what"] for gap in document["notCovered"]], [str(self.SCAN)])
        table = audit(*FILES, "--findings", self.SCAN, "--output", "table").stdout
        for head in ("Running and not declared", "Declared and running", "Declared and not running"):
            self.assertIn(f"\n\n{head}\n", table)
        self.assertNotIn("\x1b", table)

    def test_lines_of_run(self):
        runtime = self.audited(*FILES, "--findings", self.LINES, code=1)["runtime"]
        self.assertEqual([one["name"] for one in runtime["declaredAndRunning"]], ["vllm"])
        self.assertEqual([(one.get("cause"), "exception" in one) for one in runtime["runningNotDeclared"]],
                         [(None, False), ("joined", False), ("declared", True)], "the resolved one is no more")

    def test_drift_alone_fails_the_control(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(manifest(image="nginx:1.27"))
            file.flush()
            for finding, code in ((seen("a"), 1), (seen("a", verdict="likely"), 0), (seen("a", verdict="not-ai"), 0),
                                  (seen("a", cause="declared", verdict="not-ai"), 0)):
                words = ("--file", file.name, "--findings", "-")
                document = self.audited(*words, code=code, stdin=scanned(finding))
                self.assertEqual(document["passed"], code == 0)
                done = audit(*words, "--output", "sarif", stdin=scanned(finding))
                self.assertEqual(len(json.loads(done.stdout)["runs"][0]["results"]),
                                 finding["ai"]["verdict"] != "not-ai")
                suites = xml.etree.ElementTree.fromstring(audit(*words, "--output", "junit", stdin=scanned(finding)).stdout)
                self.assertEqual(sum(int(suite.get("failures")) for suite in suites), code)
            self.audited("--file", file.name, "--findings", "-", "--fail-on", "likely", code=1,
                         stdin=scanned(seen("a", verdict="likely")))

    def test_a_namespace_may_be_that_of_a_pod_not_known_yet(self):
        unknown = {key: value for key, value in seen("a").items() if key not in ("workload", "cause")} | {"pod": {"uid": "u"}}
        container = dict(unknown, pod={}, containers=[{"id": "c" * 64}], cause="unmanaged")
        for finding, code in ((unknown, 1), (container, 0), (seen("a"), 0), (dict(seen("a"), pod={"namespace": "web", "name": "a", "uid": "u"}), 1)):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write(scanned(finding))
                file.flush()
                self.audited("--file", "-", "--namespace", "web", "--findings", file.name, code=code,
                             stdin=manifest(image="nginx:1.27", namespace="web"))

    def test_no_pass_by_what_an_agent_could_not_see(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(manifest(image="nginx:1.27"))
            file.flush()
            words = ("--file", file.name, "--findings", "-")
            self.audited(*words, code=0, stdin=scanned())
            gap = json.dumps({"schema": "hostnetd.event/v1", "type": "agent.gap", "time": "t", "message": "kubelet"})
            for text in (scanned(complete=False), "", gap, scanned(ago=2000), scanned(ago=-2000)):
                self.assertEqual(len(self.audited(*words, code=2, stdin=text)["notCovered"]), 1)
            self.assertIn("n1 is 33m old", self.audited(*words, code=2, stdin=scanned(ago=2000))["notCovered"][0]["why"])
            self.audited(*words, "--runtime-max-age", "1h", code=0, stdin=scanned(ago=2000))
            self.audited(*words, code=1, stdin=scanned(seen("a"), ago=2000))  # what it found is no less there
            for text in ("{", "[]", "{}", scanned() + "x", scanned({}), scanned("a"), scanned(dict(seen("a"), way=1)),
                         json.dumps({"schema": "hostnetd.scan/v1", "complete": True}), "[" * 100000):
                done = audit(*words, stdin=text)
                self.assertEqual((done.returncode, done.stdout), (2, ""), text[:50])
                self.assertIn("standard input", done.stderr)

    def test_what_cannot_be_together(self):
        for words, text in ((("--file", "-", "--findings", "-"), "once only"),
                            (("--file", "/dev/null", "--findings", "x", "--selector", "a=b"), "labels"),
                            (("--file", "/dev/null", "--kubeconfig", "/nowhere", "--with-runtime", "cluster"), "--with-runtime cluster"),
                            (("--file", "/dev/null", "--with-runtime", "unix:here"), "whole path"),
                            (("--file", "/dev/null", "--with-runtime", "10.0.0.1"), "https://")):
            done = audit(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(text, done.stderr)

    def test_what_a_policy_does_not_hold(self):
        """--emit-policy refuses each flag of the audit's that it would ignore; the files that it takes are fine."""
        flags = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)( \S+)?", audit("--help").stdout.partition("Options:")[2], re.M))
        fine = {"--emit-policy", "--signatures", "--exceptions", "--log-level", "--config", "--help"}
        self.assertLess(fine, {flag for flag, _ in flags})
        values = {"--output": "json", "--fail-on": "likely", "--namespace": "ml", "--runtime-max-age": "1h", "--request-timeout": "9s"}
        for flag, _ in flags:
            if flag not in fine:
                for words in ((flag, values.get(flag, "x")), (f"{flag}={values.get(flag, 'x')}",)):
                    done = audit(*words, "--emit-policy", "vap")
                    self.assertEqual((done.returncode, done.stdout), (2, ""), words)
                    self.assertIn(f"leave out {flag}, ", done.stderr)
        self.assertIn("leave out --output", audit("--emit-policy=vap", "-o", "json").stderr)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("fail-on: likely\nnamespace: ml\nlog-level: error\n")
            file.flush()
            done = audit("--emit-policy", "vap", "--config", file.name, "--log-level", "info")
            self.assertEqual((done.returncode, done.stdout), (0, audit("--emit-policy", "vap").stdout), "what is set for all commands")

    def test_an_agent_that_does_not_answer(self):
        for url in ("unix:/nowhere/api.sock", "http://127.0.0.1:1"):
            document = self.audited(*FILES, "--namespace", "default", "--with-runtime", url, code=2)
            self.assertEqual([gap["what"] for gap in document["notCovered"]], [url])


class Agents(rig.NodeTest):
    """A real agent over its socket: what it says of containers beside what is declared."""

    def test_declared_joined_and_absent(self):
        kubelet = Kubelet(self.rig)
        agent = Agent(self.rig, *kubelet.options()).ready()
        listen = agent.process.args[agent.process.args.index("--listen") + 1]
        host_netns = self.rig.host_netns_file()
        declared = kubelet.add(Pod("ml", owner=("StatefulSet", "vllm"), host_network=True))
        joined = kubelet.add(Pod("ml", privileged=True))
        Container(self.rig, ["vllm", "serve", "--port", "0"], pod=declared).start()
        Container(self.rig, ["joiner", "/run/hostnet", "exec", "vllm", "serve", "--port", "0"], pod=joined,
                  mounts=[(host_netns, "/run/hostnet", "ro")]).start()
        kubelet.publish()
        agent.wait_finding(declared, cause="declared")
        agent.wait_finding(joined, cause="joined")
        objects = [{"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "ml"},
                    "spec": {"template": {"spec": {"hostNetwork": True, "containers": [
                        {"name": "c", "image": "vllm/vllm-openai:v0.6.3"}]}}}}
                   for kind, name in (("StatefulSet", "vllm"), ("Deployment", "absent"))]
        done = audit("--file", "-", "--output", "json", "--with-runtime", listen,
                     stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        self.assertEqual(done.returncode, 1, done.stderr)
        document = json.loads(done.stdout)
        check_schema("audit.v1.json", document)
        runtime = document["runtime"]
        self.assertEqual(document["notCovered"], [])
        self.assertEqual([one["name"] for one in runtime["declaredAndRunning"]], ["vllm"])
        self.assertEqual([one["name"] for one in runtime["declaredNotRunning"]], ["absent"])
        self.assertEqual([(one["pod"]["uid"], one["cause"], one["fails"]) for one in runtime["runningNotDeclared"]
                          if one["verdict"] == "ai"], [(joined.uid, "joined", True)])


    def test_over_tls_with_a_token(self):
        """A real agent is asked over HTTPS; a wrong token, no token and a certificate of another CA are gaps, never a pass."""
        kubelet = Kubelet(self.rig)
        make_tls(self.rig.path("tls"))
        make_tls(self.rig.path("other"))
        tls = self.rig.path("tls")
        token, wrong = self.rig.path("api-token"), self.rig.path("wrong-token")
        token.write_text("a-token-of-enough-characters")
        wrong.write_text("another-token-of-enough-characters")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            where = f"127.0.0.1:{free.getsockname()[1]}"
        agent = Agent(self.rig, *kubelet.options(), "--listen", where, "--api-token-file", token, "--tls-cert-file", tls / "server.crt",
                      "--tls-key-file", tls / "server.key").ready()
        declared = kubelet.add(Pod("ml", owner=("StatefulSet", "vllm"), host_network=True))
        Container(self.rig, ["vllm", "serve", "--port", "0"], pod=declared).start()
        kubelet.publish()
        agent.wait_finding(declared, cause="declared")
        url = f"https://{where}"

        def asked(*words):
            done = audit("--file", "-", "--output", "json", "--with-runtime", url, *words, stdin=manifest(image="nginx:1.27"))
            document = json.loads(done.stdout)
            check_schema("audit.v1.json", document)
            self.assertNotIn("enough-characters", done.stdout + done.stderr)
            return done.returncode, document

        code, document = asked("--runtime-token-file", token, "--runtime-ca-file", tls / "ca.crt")
        self.assertEqual((code, document["notCovered"]), (1, []))
        self.assertEqual([one["pod"]["uid"] for one in document["runtime"]["runningNotDeclared"]], [declared.uid])
        for words in (("--runtime-ca-file", tls / "ca.crt"),
                      ("--runtime-token-file", wrong, "--runtime-ca-file", tls / "ca.crt"),
                      ("--runtime-token-file", token, "--runtime-ca-file", self.rig.path("other") / "ca.crt"),
                      ("--runtime-token-file", token)):
            code, document = asked(*words)
            self.assertEqual((code, [gap["what"] for gap in document["notCovered"]]), (2, [url]), words)
            self.assertFalse(document["passed"])
        agent.stop()


class Cluster(unittest.TestCase):
    """The API server of a stand-in, over TLS."""

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.top = pathlib.Path(self.dir.name)
        (self.top / "token").write_text("secret-token", encoding="utf-8")
        make_tls(self.top / "tls")

    def serve(self, *words, objects=OBJECTS):
        server = subprocess.Popen([sys.executable, "-B", STANDIN, "--objects", objects, "--tls-dir", self.top / "tls",
                                   "--token-file", self.top / "token", *map(str, words)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        port = server.stdout.readline().split()[1]
        return write_kubeconfig(self.top / f"kubeconfig-{port}", f"https://127.0.0.1:{port}", self.top / "tls" / "ca.crt",
                                tokenFile=str(self.top / "token"))

    def audited(self, *faults, code, words=(), objects=OBJECTS):
        done = audit("--output", "json", "--kubeconfig", self.serve(*faults, objects=objects), *words)
        self.assertIn(done.returncode, code if isinstance(code, tuple) else (code,), done.stderr)
        document = json.loads(done.stdout)
        check_schema("audit.v1.json", document)
        return document

    def test_the_same_as_from_files(self):
        document = self.audited(code=1)
        self.assertEqual(names(document), names(json.loads(audit("--output", "json", *FILES).stdout)))
        self.assertEqual(document["notCovered"], [])

    def test_a_kind_that_may_not_be_listed_is_no_pass(self):
        document = self.audited("--fault", "403 jobs", code=2, words=("--namespace", "default"))
        self.assertEqual([gap["what"] for gap in document["notCovered"]], ["jobs.batch"])
        self.assertFalse(document["passed"])

    def test_a_kind_that_is_served_and_answers_404_is_no_pass(self):
        """What discovery names is there: a list that it then does not give may hold a finding. What it does not name is not."""
        objects = self.top / "objects"
        shutil.copytree(OBJECTS, objects)
        for kind, group in (("RayCluster", "ray.io"), ("ClusterServingRuntime", "serving.kserve.io"), ("PodTemplate", "")):
            folder = objects / (f"apis/{group}/v1" if group else "api/v1")
            folder.mkdir(parents=True)
            item = {"apiVersion": f"{group}/v1".lstrip("/"), "kind": kind, "metadata": {"name": "x"}, "spec": {"containers": []},
                    "template": {"spec": {"containers": []}}}
            (folder / f"{kind.lower()}s.json").write_text(json.dumps({"items": [item]}), encoding="utf-8")
        words = ("--namespace", "default")
        everywhere = self.audited(code=1, objects=objects)
        self.assertEqual((everywhere["seen"]["other"], everywhere["notCovered"]), (2, []))
        self.assertEqual(self.audited(code=0, objects=objects, words=words)["notCovered"], [], "what is in no namespace is not asked for")
        for plural, what in (("rayclusters", "rayclusters.ray.io"), ("podtemplates", "podtemplates")):
            document = self.audited("--fault", f"404 {plural}", code=2, objects=objects, words=words)
            self.assertEqual([gap["what"] for gap in document["notCovered"]], [what])
            self.assertFalse(document["passed"])

    def test_broken_objects_do_not_hide_the_others(self):
        """Anybody may make a custom object that no reader takes: each is told, a flood of them is counted."""
        objects = self.top / "objects"
        shutil.copytree(OBJECTS, objects)
        deep = []
        for _ in range(100):
            deep = [deep]
        broken = [{"metadata": {"name": f"b{number}", "namespace": "evil"}, "spec": {"hostNetwork": "x"}} for number in range(20)]
        broken.append({"metadata": {"name": "deep", "namespace": "evil"}, "spec": {"x": deep}})
        bad = {"metadata": {"name": "bad", "namespace": "ml"}, "spec": {"hostNetwork": True, "templates": [
            {"name": "a", "container": {"image": "vllm/vllm-openai:v0.6.3"}}]}}
        kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
        (objects / "apis/argoproj.io/v1alpha1").mkdir(parents=True)
        (objects / "apis/argoproj.io/v1alpha1/workflows.json").write_text(
            json.dumps({"items": [{**kind, **one} for one in broken + [bad]]}), encoding="utf-8")
        document = self.audited(code=1, objects=objects)
        self.assertEqual([one["name"] for one in document["other"]], ["bad"])
        self.assertEqual({gap["what"] for gap in document["notCovered"]}, {"workflows.argoproj.io"})
        self.assertEqual(len(document["notCovered"]), 9)
        self.assertIn("Workflow evil/b0: spec.hostNetwork is not true or false", document["notCovered"][0]["why"])
        self.assertIn("21 objects", document["notCovered"][-1]["why"])

    def test_fail_on_likely(self):
        likely = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {
            "hostNetwork": True, "containers": [{"name": "c", "image": "python:3.12", "env": [
                {"name": "HF_TOKEN", "value": "x"}], "resources": {"limits": {"nvidia.com/gpu": "1"}}}]}})
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(likely)
            file.flush()
            done = audit("--file", file.name, "--output", "json")
            self.assertEqual([one["ai"]["verdict"] for one in json.loads(done.stdout)["likely"]["pods"]], ["likely"])
            self.assertEqual(done.returncode, 0)
            self.assertEqual(audit("--file", file.name, "--fail-on", "likely").returncode, 1)

    def test_broken_answers_are_no_pass(self):
        """Whatever a server does with the pods' list: it is not covered, the other kinds are, and it ends in time. Some of them
        keep a client waiting: several at a time, each with a server of its own."""
        faults = ("429-long", "stall", "401", "404", "410-always", "half", "huge", "big-item", "deep", "garbage", "html",
                  "no-list", "gzip", "redirect", "reset", "same-token", "long-token", "hostile")

        def one(fault):
            return self.audited("--fault", f"{fault} pods", "--many", "/api/v1/pods=1200", code=(1, 2),
                                words=("--request-timeout", "2s"))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = {fault: pool.submit(one, fault) for fault in faults}
        for fault, answer in answers.items():
            with self.subTest(fault):
                document = answer.result()
                self.assertIn("pods", [gap["what"] for gap in document["notCovered"]])
                self.assertFalse(document["passed"])

    def test_slow_answers_are_whole(self):
        for fault in ("chunked", "slow", "429-twice", "half-once", "410-new"):
            with self.subTest(fault):
                document = self.audited("--fault", f"{fault} pods", "--slow-seconds", "1", code=1)
                self.assertEqual((document["notCovered"], document["seen"]["pods"]), ([], 15))

    def test_an_expired_token_counts_nothing_twice(self):
        document = self.audited("--fault", "410-once", "--many", "/api/v1/pods=1200", code=1)
        self.assertEqual(document["seen"]["pods"], 1200)
        self.assertEqual(len(document["results"]["pods"]), 800)


if __name__ == "__main__":
    unittest.main()
