# SPDX-License-Identifier: Apache-2.0
"""Metrics and alerts as an operator has them: the documented table is what a real agent says, and a real Prometheus that scrapes it fires
the rules that the chart ships."""
import json
import re
import socket
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

import drift
import rig
from agent import Agent
from api import Client

DOC = rig.REPO / "deploy" / "METRICS.md"
RULES = rig.REPO / "deploy" / "helm" / "hostnetd" / "rules" / "hostnetd.yaml"
# Of what this agent has not on.
OFF = ("hostnetd_sink_", "hostnetd_pods_differ", "hostnetd_apiserver_")
NEEDS_MORE = {"hostnetd_last_run_clean", "hostnetd_last_run_end_timestamp_seconds"}  # a former run


def documented():
    """name -> (type, labels, help)."""
    rows = re.findall(r"^\| `(hostnetd_\w+)` \| (\w+) \| ([^|]*) \| (.*) \|$", DOC.read_text(), re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels)), text) for name, kind, labels, text in rows}


def declared(text):
    """What the exposition says of its families: name -> (type, help)."""
    rows = re.findall(r"^# HELP (\S+) (.*)\n# TYPE \1 (\w+)$", text, re.M)
    return {name: (kind, said) for name, said, kind in rows}


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Metrics(drift.Place):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.store = self.rig.path("metrics.db")
        self.rules = self.rig.path("rules.yaml")
        self.rules.write_text("exceptions: []\n")

    def run_agent(self):
        return Agent(self.rig, *self.kubelet.options(), "--cluster-name", "rig", "--exceptions", self.rules,
                     "--metrics-listen", f"127.0.0.1:{self.port}", store=self.store).ready()

    def text(self, **headers):
        return Client(f"127.0.0.1:{self.port}").ask("/metrics", headers=headers)

    def drift(self):
        return self.start(["joiner", "/run/hostnet", "exec", "vllm", "serve", "--port", "0"])

    def test_table(self):
        """Each family is documented as it is, and no other is; promtool and OpenMetrics' own parser accept what is said."""
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
        from prometheus_client.parser import text_string_to_metric_families as parse
        self.run_agent().stop()
        agent = self.run_agent()
        pod, box = self.drift()
        found = agent.wait_finding(pod, cause="joined")
        text = self.text().body.decode()
        table = documented()
        self.assertEqual({name: (kind, said) for name, (kind, _, said) in table.items()}, declared(text))
        labels = {}
        for family in parse(text):
            for sample in family.samples:
                name = sample.name if sample.name in table else re.sub(r"_(sum|count)$", "", sample.name)
                self.assertEqual(set(sample.labels), table[name][1], sample.name)
                labels.setdefault(name, []).append((sample.labels, sample.value))
        self.assertEqual({name for name in table if name not in labels and not name.startswith(OFF)}, set())
        self.assertLessEqual(NEEDS_MORE, set(labels))
        self.assertEqual(labels["hostnetd_last_run_clean"][0][1], 1)
        self.assertEqual(labels["hostnetd_node_info"], [({"node": "rig-node", "cluster": "rig"}, 1)])
        mine = [one for one, _ in labels["hostnetd_finding_info"] if one["finding"] == found["id"]]
        self.assertEqual([(one["namespace"], one["pod"], one["cause"], one["severity"], one["state"]) for one in mine],
                         [("ml", pod.name, "joined", "critical", "open")])
        # What has no bound is not in it.
        for secret in (box.id, pod.uid, "--port", f'"{box.pid}"'):
            self.assertNotIn(secret, text)
        checked = subprocess.run([rig.tool("promtool"), "check", "metrics"], input=text, capture_output=True, text=True,
                                 timeout=20, check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))
        # By weight: Prometheus 2.42 asks for OpenMetrics first.
        for accept, open_wanted in (("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", True),
                                    ("application/openmetrics-text;q=0.1,text/plain", False)):
            answer = self.text(Accept=accept)
            self.assertEqual("openmetrics" in answer.headers["Content-Type"], open_wanted, accept)
        families = {family.name for family in parse_open(self.text(Accept="application/openmetrics-text").body.decode())}
        self.assertEqual(families, {re.sub("_total$", "", name) for name in table})
        agent.stop()


class Prometheus:
    """Debian's, on loopback, with the rules that the chart ships; scrapes and evaluates each second, without the rules' patience."""

    def __init__(self, scope, target):
        place = scope.path("prometheus")
        place.mkdir()
        self.address = f"127.0.0.1:{free_port()}"
        (place / "rules.yaml").write_text(re.sub(r"^ +for: .*\n", "", RULES.read_text(), flags=re.M))
        (place / "prometheus.yaml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(place / "rules.yaml")],
            "scrape_configs": [{"job_name": "monitoring/hostnetd", "honor_labels": True,
                                "static_configs": [{"targets": [target], "labels": {"pod": "hostnetd-x", "namespace": "hostnetd"}}]}]}))
        with open(place / "log", "wb") as log:
            scope.spawn([rig.tool("prometheus"), f"--config.file={place}/prometheus.yaml", f"--storage.tsdb.path={place}/tsdb",
                         f"--web.listen-address={self.address}", "--log.level=warn"],
                        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        rig.wait_until("Prometheus is ready", self.ready, timeout=20)

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def ask(self, path, **query):
        with urllib.request.urlopen(f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=5) as answer:
            return json.load(answer)["data"]

    def firing(self, name, **labels):
        return [one for one in self.ask("alerts")["alerts"] if one["labels"]["alertname"] == name and one["state"] == "firing"
                and labels.items() <= one["labels"].items()]


class Alerts(Metrics):
    test_table = None

    def test_fires(self):
        """A container drifts: the alert names it. The agent goes: that is an alert, not silence."""
        agent = self.run_agent()
        prometheus = Prometheus(self.rig, f"127.0.0.1:{self.port}")
        rig.wait_until("a scrape", lambda: prometheus.ask("query", query="hostnetd_control_passed")["result"], timeout=20)
        rig.wait_until("the control passes", lambda: prometheus.ask("query", query="hostnetd_control_passed == 1")["result"], timeout=20)
        for name in ("HostnetdDrift", "HostnetdDeclared", "HostnetdAgentDown", "HostnetdNoAgents"):
            # The rules' patience is taken away: before the first scrape there is no agent.
            rig.wait_until(f"{name} is quiet", lambda name=name: not prometheus.firing(name), timeout=20)
        pod, box = self.drift()
        agent.wait_finding(pod, cause="joined")
        alert = rig.wait_until("the alert", lambda: prometheus.firing("HostnetdDrift", pod=pod.name), timeout=20)[0]
        self.assertEqual([alert["labels"][name] for name in ("severity", "namespace", "cause", "node")],
                         ["critical", "ml", "joined", "rig-node"])
        self.assertIn(f"ml/{pod.name}", alert["annotations"]["summary"])
        self.assertIn("rig-node", alert["annotations"]["summary"])
        box.kill()
        agent.wait_resolved(pod)
        rig.wait_until("the alert's end", lambda: not prometheus.firing("HostnetdDrift", pod=pod.name), timeout=20)
        self.assertTrue(rig.wait_until("what is over is told", lambda: prometheus.firing("HostnetdDriftEnded"), timeout=20))
        agent.stop()
        self.assertTrue(rig.wait_until("its absence", lambda: prometheus.firing("HostnetdAgentDown"), timeout=20))
        self.assertTrue(rig.wait_until("no agent at all", lambda: prometheus.firing("HostnetdNoAgents"), timeout=20))


if __name__ == "__main__":
    unittest.main()
