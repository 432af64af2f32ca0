# SPDX-License-Identifier: Apache-2.0
"""`hostnetd classify`: pods of a file judged, without root and without a node."""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import rig
from agent import check_schema, environment

sys.path.append(str(rig.REPO / "tests" / "eval"))

import corpus  # noqa: E402  (after the path is set)
from eval import Evaluation, figures  # noqa: E402

PODS = rig.REPO / "tests" / "data" / "kubelet" / "pods.json"
LIMIT = 256 << 20  # bytes of address space that any input may cost

# shared/fixtures/README.md: who on the recorded node is AI, by the pod's or its owner's name.
AI = {"ml/ollama-host", "ml/tgi", "ml/vllm", "ml/train", "ml/embed-nightly", "kube-system/static-tgi", "ml/drifter"}
NOT_AI = {"monitoring/node-exporter", "default/web", "default/web-plain", "default/qos-guaranteed"}
OWN_NETWORK = {"ml/drifter", "default/web", "default/web-plain", "default/qos-guaranteed"}


def classify(*words, stdin=None, **more):
    more.setdefault("env", environment())
    more.setdefault("errors", "strict")
    source = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    return subprocess.run([str(word) for word in (rig.HOSTNETD, "classify", *words)], capture_output=True, encoding="utf-8",
                          timeout=60, check=False, **source, **more)


def pod(name="p", image="registry.example.org/team/app:1", *, labels=None, annotations=None, **container):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "ns", "uid": f"uid-{name}", "labels": labels or {},
                         "annotations": annotations or {}},
            "spec": {"containers": [{"name": "c", "image": image, **container}]}}


def pod_list(*pods, kind="List"):
    return json.dumps({"apiVersion": "v1", "kind": kind, "items": list(pods)})


class Classify(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        rig.need_program()

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hostnetd-classify-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def file(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    def verdicts(self, *words, **more):
        """One JSON object a pod; each obeys the schema."""
        done = classify(*words, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = [json.loads(line) for line in done.stdout.splitlines()]
        for one in found:
            check_schema("classify.v1.json", one)
        return found

    def judged(self, *pods, words=()):
        """Of pods that come through standard input."""
        return self.verdicts("--pods-file", "-", *words, stdin=pod_list(*pods))

    def refused(self, *words, **more):
        """Exit 2, nothing on standard output, one line for a person that cannot steer the terminal."""
        done = classify(*words, **more)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertTrue(done.stderr.startswith("hostnetd: error: "), done.stderr)
        self.assertTrue(done.stderr.replace("\n", "").isprintable(), done.stderr)
        return done.stderr


class Verdicts(Classify):
    def test_recorded(self):
        """The recorded node's pods, as its README tells them."""
        items = json.loads(PODS.read_text())["items"]
        found = self.verdicts("--pods-file", PODS)
        self.assertEqual([(one["namespace"], one["name"], one["uid"]) for one in found],
                         [tuple(item["metadata"][key] for key in ("namespace", "name", "uid")) for item in items])
        met = set()
        for one in found:
            full = f"{one['namespace']}/{one['name']}"
            base = max((name for name in AI | NOT_AI if full.startswith(name)), key=len)
            met.add(base)
            self.assertEqual(one["verdict"], "ai" if base in AI else "not-ai", full)
            self.assertEqual(one["hostNetwork"], base not in OWN_NETWORK, full)
            self.assertEqual("product" in one, base in AI, full)
            if base in AI:
                self.assertEqual(one["category"], "inference", full)
                self.assertIn("spec.containers[0].image", [sign["path"] for sign in one["evidence"]], full)
        self.assertEqual(met, AI | NOT_AI)

    def test_kubectl_list_and_standard_input(self):
        """`kubectl get pods -A -o json` prints a List whose items say their kind."""
        items = json.loads(PODS.read_text())["items"]
        for item in items:
            item.update(apiVersion="v1", kind="Pod")
        text = json.dumps({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items})
        expected = self.verdicts("--pods-file", PODS)
        self.assertEqual(self.verdicts("--pods-file", self.file("list.json", text)), expected)
        self.assertEqual(self.verdicts("--pods-file", "-", stdin=text), expected)
        self.assertEqual(self.verdicts("--pods-file=-", stdin=pod_list(kind="PodList")), [])

    def test_fifo(self):
        """<(kubectl ...) of a shell."""
        done = subprocess.run(["bash", "-c", '"$0" classify --pods-file <(cat "$1") | wc -l', rig.HOSTNETD, PODS],
                              capture_output=True, text=True, timeout=60, check=True, env=environment())
        self.assertEqual(int(done.stdout), len(json.loads(PODS.read_text())["items"]))

    def test_nobody(self):
        """Neither root nor a node: an account without rights, and no variable of a kubelet that would be asked."""
        if os.geteuid() != 0:
            self.skipTest("is nobody already")
        self.dir.chmod(0o755)
        binary = shutil.copy(rig.HOSTNETD, self.dir)
        pods = shutil.copy(PODS, self.dir)
        done = subprocess.run([binary, "classify", "--pods-file", pods], capture_output=True, text=True, timeout=60, check=False,
                              user=65534, group=65534, extra_groups=[], cwd="/", stdin=subprocess.DEVNULL,
                              env={**environment(), "HOSTNETD_KUBELET_URL": "https://127.0.0.1:1"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(done.stdout.splitlines()), len(json.loads(PODS.read_text())["items"]))

    def test_likely_and_contrary(self):
        likely, no, exporter = self.judged(
            pod("likely", labels={"app": "vllm"}), pod("no", env=[{"name": "OPENAI_API_KEY", "value": "x"}]),
            pod("exporter", "nvcr.io/nvidia/k8s/dcgm-exporter:3", resources={"limits": {"nvidia.com/gpu": "1"}}))
        self.assertEqual((likely["verdict"], likely["category"], likely["product"]), ("likely", "inference", "vllm"))
        self.assertEqual([sign["value"] for sign in no["evidence"]], ["OPENAI_API_KEY"])
        self.assertEqual([no["verdict"], exporter["verdict"]], ["not-ai", "not-ai"])
        self.assertLess(min(sign["weight"] for sign in exporter["evidence"]), 0)


class Output(Classify):
    def test_jq(self):
        shell = '"$0" classify --pods-file "$1" | "$2" -r \'select(.hostNetwork and .verdict == "ai") | .product\' | sort -u'
        done = subprocess.run(["sh", "-c", shell, rig.HOSTNETD, PODS, rig.tool("jq")], capture_output=True, text=True, check=True,
                              timeout=60, env=environment())
        self.assertEqual(done.stdout.split(), ["ollama", "text-generation-inference", "vllm"])

    def test_table(self):
        """A line a pod below the head, aligned."""
        done = classify("--pods-file", PODS, "--output", "table")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        head, *lines = done.stdout.splitlines()
        self.assertEqual(len(lines), len(json.loads(PODS.read_text())["items"]))
        for column in ("POD", "HOSTNETWORK", "WHAT"):
            self.assertEqual({line[head.index(column) - 1] for line in lines}, {" "}, column)
            self.assertNotIn(" ", {line[head.index(column)] for line in lines}, column)
        vllm = next(line for line in lines if "ml/vllm-0" in line)
        for word in ("ai", "yes", "inference (vllm)", "spec.containers[0].image", "+0.95"):
            self.assertIn(word, vllm)

    def test_explain(self):
        """Signs for and against, with weight and place; the same text is a member with --output json."""
        done = classify("--pods-file", PODS, "--explain")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertTrue(lines[0].startswith("ml/vllm-0: ai, inference (vllm), score 0.9"), lines[0])
        self.assertIn("vllm/vllm-openai:v0.6.3 at spec.containers[0].image (+0.95, vllm)", lines[0])
        exporter = next(line for line in lines if line.startswith("monitoring/node-exporter"))
        self.assertRegex(exporter, r": not-ai, score 0\.00: image \S+ at spec\.containers\[0\]\.image \(-0\.95, \S+\)")
        found = self.verdicts("--pods-file", PODS, "--explain", "--output", "json")
        self.assertEqual([f"{one['namespace']}/{one['name']}: {one['explanation']}" for one in found], lines)

    def test_hostile_names(self):
        evil = "\x1b]0;owned\x07\nml/vllm-0: not-ai\u202e"
        text = pod_list(pod(evil, "vllm/vllm-openai" + evil, labels={evil: evil, "app": "vllm" + evil}, args=[evil],
                            command=["vllm", "serve", evil], env=[{"name": "HF_TOKEN" + evil}]))
        for words, lines in ((("--explain",), 1), (("--output", "table"), 2), (("--output", "json"), 1)):
            done = classify("--pods-file", "-", *words, stdin=text)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(len(done.stdout.splitlines()), lines)
            for sign in "\x1b\x07":
                self.assertNotIn(sign, done.stdout)

    def test_schema_is_inside(self):
        done = subprocess.run([rig.HOSTNETD, "--schema", "hostnetd.classify/v1"], capture_output=True, text=True, timeout=20,
                              check=True)
        self.assertEqual(json.loads(done.stdout), json.loads((rig.REPO / "src/report/schema/classify.v1.json").read_text()))

    def test_help(self):
        done = classify("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("--pods-file", "--signatures", "--explain", "--list", "--output", "Examples:"):
            self.assertIn(word, done.stdout)
        self.assertNotIn("--kubelet-url", done.stdout)


class Mistakes(Classify):
    def test_what_it_needs(self):
        said = self.refused()
        self.assertIn("--pods-file", said)
        self.assertIn("--list", said)
        self.assertIn("--explain", self.refused("--explian"))
        self.assertIn("--kubelet-url", self.refused("--kubelet-url", "https://x", "--pods-file", PODS))

    def test_files(self):
        whole = pod_list(pod())
        for text, word in (("", "cut off"), ("{", "cut off"), (whole[:-3], "cut off"), ("[]", ""), ("null", ""),
                           (whole + "x", ""), ('{"kind":"PodList","items":[{]}', ""), ('{"kind":"PodList"}', "items"),
                           ('{"kind":"PodList","items":[{"metadata":{"name":"p"},"spec":[]}]}', "spec"),
                           ('{"kind":"DeploymentList","items":[]}', "DeploymentList"),
                           (pod_list({"kind": "Deployment", "metadata": {"name": "d"}, "spec": {}}), "kind"),
                           (json.dumps(pod()), ""), ("apiVersion: v1\nkind: PodList\n", "")):
            with self.subTest(text[:60]):
                path = self.file("bad.json", text)
                said = self.refused("--pods-file", path)
                self.assertIn(str(path), said)
                self.assertIn(word, said)
                self.assertIn("standard input", self.refused("--pods-file", "-", stdin=text))
        for path in (self.dir, self.dir / "none.json"):
            self.assertIn(str(path), self.refused("--pods-file", path))

    def test_closed_output(self):
        """A reader that is gone: an error, no crash, no endless loop."""
        process = subprocess.Popen([rig.HOSTNETD, "classify", "--list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment())
        process.stdout.close()
        self.assertIn(b"cannot write", process.stderr.read())
        process.stderr.close()
        self.assertEqual(process.wait(20), 2)


OURS = """signatures:
- name: {name}
  category: {category}
  image: [{image}]
  examples: {{match: [{{image: {image}}}], near-miss: [{{image: example/nothing}}]}}
"""


class Signatures(Classify):
    def test_adds_overrides_removes(self):
        mine, vllm = pod("mine", "example/our-thing:1"), pod("vllm", "vllm/vllm-openai:v0.6.3")
        before = self.judged(mine, vllm)
        self.assertEqual([one["verdict"] for one in before], ["not-ai", "ai"])
        add = self.file("add.yaml", OURS.format(name="ours", category="agent", image="example/our-thing"))
        found, _ = self.judged(mine, vllm, words=("--signatures", add))
        self.assertEqual([found[key] for key in ("verdict", "category", "product")], ["ai", "agent", "ours"])
        self.assertEqual(found["evidence"][0]["signature"], "ours")
        over = self.file("over.yaml", OURS.format(name="vllm", category="gateway", image="vllm/vllm-openai"))
        found = self.judged(mine, vllm, words=("--signatures", over))[1]
        self.assertEqual((found["verdict"], found["category"]), ("ai", "gateway"))
        remove = self.file("remove.yaml", "signatures:\n- name: ours\n  remove: true\n")
        found = self.judged(mine, vllm, words=("--signatures", add, "--signatures", remove))
        self.assertEqual(found, before)
        remove = self.file("remove.yaml", "signatures:\n- name: vllm\n  remove: true\n")
        found = self.judged(mine, vllm, words=("--signatures", remove))[1]
        self.assertNotIn("vllm", [sign["signature"] for sign in found["evidence"]])

    def test_mistakes(self):
        """Named with file, line and key."""
        good = OURS.format(name="ours", category="agent", image="example/our-thing")
        for text, line, key in ((good.replace("category: agent", "category: robots"), 3, "category"),
                                (good.replace("  image: [", "  imgae: ["), 4, "imgae"),
                                (good.replace("example/our-thing]", '"example//x"]'), 4, "image"),
                                (good + "- name: nobody\n  remove: true\n", 6, "remove"),
                                ("signatures: [\n", 2, "")):
            with self.subTest(text):
                path = self.file("bad.yaml", text)
                for words in (("--pods-file", PODS), ("--list",)):
                    said = self.refused("--signatures", path, *words)
                    self.assertRegex(said, rf"{path}:{line}\b")
                    self.assertIn(key, said)
        self.assertIn("none.yaml", self.refused("--signatures", self.dir / "none.yaml", "--list"))

    def test_list(self):
        add = self.file("add.yaml", OURS.format(name="ours", category="agent", image="example/our-thing"))
        remove = self.file("remove.yaml", "signatures:\n- name: vllm\n  remove: true\n")
        entries = {}
        for words in ((), ("--signatures", add, "--signatures", remove)):
            done = classify("--list", *words)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            entries[len(words)] = {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}
        self.assertEqual(entries[4].keys(), entries[0].keys() - {"vllm"} | {"ours"})
        self.assertEqual([(one["kind"], one["text"], one["weight"]) for one in entries[4]["ours"]["patterns"]][0],
                         ("image", "example/our-thing", 0.95))
        self.assertEqual({one.get("category") for one in entries[0].values() if not one["notAI"]},
                         {"inference", "gateway", "agent", "vector-db", "training", "notebook", "ml-platform"})
        for one in entries[0].values():
            self.assertTrue(one["patterns"] and one["source"], one["name"])
            self.assertEqual("category" in one, not one["notAI"], one["name"])
        head, *lines = classify("--list", "--output", "table").stdout.splitlines()
        self.assertEqual(head.split(), ["NAME", "CATEGORY", "PRODUCT", "PATTERNS"])
        self.assertEqual([line.split()[0] for line in lines], list(entries[0]))
        self.assertEqual([int(line.split()[-1]) for line in lines], [len(one["patterns"]) for one in entries[0].values()])


class Corpus(Classify):
    """The labelled pods through the program itself: `make eval` prints what is checked here."""

    def figures(self, path):
        evaluation = Evaluation(rig.HOSTNETD, corpus.read(path))
        return [figures(evaluation.rows, judge(evaluation.rows)) for judge in (evaluation.of_spec, evaluation.of_node)]

    def test_developed_with(self):
        spec, node = self.figures(corpus.CORPORA[0])
        for one in (spec, node):
            self.assertGreaterEqual(one["precision"], 0.995)
        self.assertGreaterEqual(node["recall"], 0.99)
        self.assertGreaterEqual(spec["recall"], 0.97)  # of some only what runs tells

    def test_written_afterwards(self):
        spec, node = self.figures(corpus.CORPORA[1])
        for one in (spec, node):
            self.assertGreaterEqual(one["precision"], 0.99)
        self.assertGreaterEqual(node["recall"], 0.97)
        self.assertGreaterEqual(spec["recall"], 0.87)

    def test_conversion(self):
        """Nothing of a row is lost on its way but what the kubelet does not tell: owners of owners."""
        row = {"id": "x", "expect": "ai", "name": "n", "namespace": "ns", "hostNetwork": True, "ownerKinds": ["Job", "CronJob"],
               "labels": {"a": "b"}, "why": "", "containers": [
                   {"name": "i", "image": "init:1", "init": True},
                   {"name": "c", "image": "img:1", "init": False, "command": ["a"], "args": ["b"], "envNames": ["E"], "ports": [80],
                    "resources": {"limits": {"nvidia.com/gpu": "1"}}}]}
        made = corpus.pod(row, 7)
        self.assertEqual(made["metadata"]["ownerReferences"][0]["kind"], "Job")
        self.assertEqual(made["metadata"]["labels"], {"a": "b"})
        self.assertEqual([one["name"] for one in made["spec"]["initContainers"]], ["i"])
        self.assertEqual(made["spec"]["containers"], [{"name": "c", "image": "img:1", "command": ["a"], "args": ["b"],
                                                       "env": [{"name": "E"}], "ports": [{"containerPort": 80}],
                                                       "resources": {"limits": {"nvidia.com/gpu": "1"}}}])


class Hostile(Classify):
    def bounded(self, *pods):
        """A few seconds and a bounded memory, whatever the verdict."""
        path = self.file("hostile.json", pod_list(*pods))
        start = time.monotonic()
        found = self.verdicts("--pods-file", path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT)))
        self.assertLess(time.monotonic() - start, 10)
        for one in found:
            self.assertLess(len(json.dumps(one)), 16384)
        return found

    def test_labels(self):
        """10,000 labels and annotations: the first 1,000 are read, and hide no other sign."""
        many = {f"example.org/label-{i}": f"value-{i}" for i in range(10000)}
        found = self.bounded(pod("labels", labels={"app.kubernetes.io/name": "vllm", **many}, annotations=many),
                             pod("image", "vllm/vllm-openai:v0.6.3", labels=many))
        self.assertEqual(found[1]["verdict"], "ai")
        self.assertIn("metadata.labels[app.kubernetes.io/name=vllm]", [sign["path"] for sign in found[0]["evidence"]])

    def test_arguments(self):
        """1 MiB in one argument, and in very many."""
        found = self.bounded(pod("long", "vllm/vllm-openai:v0.6.3", args=["x" * (1 << 20)]),
                             pod("shell", command=["sh", "-c", "a;" * (1 << 19)]),
                             pod("quotes", command=["sh", "-c", "'\"`$(" * (1 << 17)]),
                             pod("many", "vllm/vllm-openai:v0.6.3", args=["--model-path=/a/b"] * 60000),
                             pod("nested", command=["sh", "-c"] * 1000),
                             pod("image", "a/" * (1 << 19)))
        self.assertEqual([found[0]["verdict"], found[3]["verdict"]], ["ai", "ai"])

    def test_deep(self):
        text = '{"kind":"PodList","items":[' + '{"a":' * 100000
        self.refused("--pods-file", self.file("deep.json", text))

    def test_secrets(self):
        """Not in evidence, not in explanations: neither an option's nor a variable's value, nor a URL's password."""
        secret = "s3cr3t-d0-n0t-te11"
        words = [f"--api-key={secret}", "--api-key", secret, f"--hf-token={secret}", f"OPENAI_API_KEY={secret}",
                 f"https://user:{secret}@api.openai.com/v1", f"--model=https://{secret}@huggingface.co/org/m.gguf",
                 f"hf://{secret}:{secret}@org/model", f"--header=Authorization: Bearer {secret}", f"--password={secret}.gguf",
                 f"--openai-api-key=/models/{secret}", f"https://api.openai.com/v1?api_key={secret}"]
        pods = [pod("all", "vllm/vllm-openai:v0.6.3", command=["vllm", "serve"], args=words,
                    env=[{"name": "HF_TOKEN", "value": secret}, {"name": "OPENAI_API_KEY", "value": secret}],
                    labels={"app": "vllm"}, annotations={"kubectl.kubernetes.io/last-applied-configuration": secret,
                                                         "example.org/llm-token": secret})]
        pods += [pod(f"one-{i}", command=["python3", "server.py"], args=[word]) for i, word in enumerate(words)]
        pods += [pod(f"shell-{i}", command=["sh", "-c", f"exec vllm serve '{word}'"]) for i, word in enumerate(words)]
        text = pod_list(*pods)
        for more in ((), ("--explain",), ("--output", "table")):
            done = classify("--pods-file", "-", *more, stdin=text)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for line in done.stdout.splitlines():
                self.assertNotIn(secret, line)


if __name__ == "__main__":
    unittest.main()
