# SPDX-License-Identifier: Apache-2.0
"""`hostnetd audit`: the control over objects of files and of an API server, without root and without a node."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import rig
from agent import check_schema, environment

OBJECTS = rig.REPO / "tests" / "data" / "apiserver"
FILES = [word for path in sorted(OBJECTS.glob("*.json")) for word in ("--file", path)]
STANDIN = rig.REPO / "tests" / "node" / "apiserver_standin.py"

# shared/fixtures/README.md: what on the recorded node is AI and declares hostNetwork.
EXPECTED = {
    "pods": {"kube-system/static-tgi-rig-node", "ml/ollama-host", "ml/tgi", "ml/train", "ml/vllm", "ml/embed-nightly"},
    "deployments": {"ml/tgi"}, "statefulSets": {"ml/vllm"}, "daemonSets": set(), "jobs": {"ml/train"},
    "cronJobs": {"ml/embed-nightly"},
}


def audit(*words, stdin=""):
    return subprocess.run([str(word) for word in (rig.HOSTNETD, "audit", *words)], input=stdin, capture_output=True,
                          encoding="utf-8", timeout=60, check=False, env=environment())


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

    def test_errors_name_the_place(self):
        done = audit("--file", "-", stdin="---\na: 1\nkind: Pod\n---\nb: [\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("standard input: document 1, line 2", done.stderr)
        self.assertEqual(audit("--file", "/nowhere").returncode, 2)


class Cluster(unittest.TestCase):
    """The API server of a stand-in, over TLS."""

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.top = pathlib.Path(self.dir.name)
        (self.top / "token").write_text("secret-token", encoding="utf-8")

    def serve(self, *words):
        server = subprocess.Popen([sys.executable, "-B", STANDIN, "--objects", OBJECTS, "--tls-dir", self.top / "tls",
                                   "--token-file", self.top / "token", *map(str, words)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        port = server.stdout.readline().split()[1]
        path = self.top / "kubeconfig"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "k", "cluster": {"server": f"https://127.0.0.1:{port}",
                                                   "certificate-authority": str(self.top / "tls" / "ca.crt")}}],
            "users": [{"name": "u", "user": {"tokenFile": str(self.top / "token")}}],
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]}), encoding="utf-8")
        return path

    def audited(self, *faults, code, words=()):
        done = audit("--output", "json", "--kubeconfig", self.serve(*faults), *words)
        self.assertEqual(done.returncode, code, done.stderr)
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

    def test_an_expired_token_counts_nothing_twice(self):
        document = self.audited("--fault", "410-once", "--many", "/api/v1/pods=1200", code=1)
        self.assertEqual(document["seen"]["pods"], 1200)
        self.assertEqual(len(document["results"]["pods"]), 800)


if __name__ == "__main__":
    unittest.main()
