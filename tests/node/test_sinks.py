# SPDX-License-Identifier: Apache-2.0
"""What is pushed to other systems arrives, whatever the receiver does; and whatever it does, detection goes on and the counts are
right."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

import rig
from agent import Agent, check_schema, doctor, environment
from api import Client
from container import Container
from kubelet import Kubelet
from pod import Pod
from receiver import Receiver, verify

QWEN = ["vllm", "serve", "Qwen/Qwen2.5-7B-Instruct", "--api-key", "sk-not-to-be-seen-0123456789", "--port", "0"]
SECRET = "0123456789abcdef0123456789abcdef"


def held_against(name, document):
    import jsonschema
    schema = json.loads((rig.REPO / "tests" / "data" / name).read_text())
    problem = next(iter(jsonschema.Draft202012Validator(schema).iter_errors(document)), None)
    if problem:
        raise AssertionError(f"{name}: at /{'/'.join(map(str, problem.absolute_path))}: {problem.message[:400]}")


class Pushed(rig.NodeTest):
    def setUp(self):
        super().setUp()
        self.kubelet = Kubelet(self.rig)
        self.secret = pathlib.Path(self.rig.path("secret"))
        self.secret.write_text(SECRET + "\n")

    def start(self, name, args=QWEN):
        pod = self.kubelet.add(Pod("ml", name, host_network=True))
        box = Container(self.rig, args, pod=pod).start()
        self.kubelet.publish()
        return pod, box

    def webhook(self, receiver, *more, path="/hook/?tenant=7"):
        return ["--webhook-url", receiver.url(path), "--webhook-ca-file", receiver.ca, "--webhook-secret-file", str(self.secret),
                *more]

    def otlp(self, receiver, *more):
        return ["--otlp-url", receiver.url(), "--otlp-ca-file", receiver.ca, *more]

    def agent(self, *options):
        return Agent(self.rig, *self.kubelet.options(), *options).ready()

    def metrics(self, agent, sink):
        """{"sent": 3.0 ...} of one sink."""
        words = agent.process.args
        text = Client(words[words.index("--listen") + 1]).ask("/metrics").body.decode()
        found = re.findall(r'^hostnetd_sink_(\w+?)(?:_total)?\{sink="' + sink + r'"\} (\S+)$', text, re.M)
        return {name: float(value) for name, value in found}

    def opened(self, receiver, pod):
        return [one for one in receiver.events() if one["type"] == "finding.opened" and one["findingObject"]["pod"]["uid"] == pod.uid]


class Webhook(Pushed):
    def test_signed_whole_and_in_order(self):
        """Findings, what happened to processes, and the control's state; signed, each delivery in the schema, no secret in it."""
        receiver = Receiver(self.rig)
        agent = self.agent(*self.webhook(receiver))
        pod, box = self.start("signed")
        agent.wait_finding(pod, cause="declared")
        box.kill()
        agent.wait_resolved(pod)
        receiver.wait("the control as failed and as passed, the finding's end", lambda: any(
            one["type"] == "finding.resolved" for one in receiver.events()))
        agent.stop()
        events = receiver.events()
        types = {one["type"] for one in events}
        self.assertTrue({"agent.started", "container.joined", "finding.opened", "finding.resolved", "process.exec",
                         "process.exited", "agent.stopped", "control.state"} <= types, types)
        numbers = [one["seq"] for one in events if "seq" in one]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(len(self.opened(receiver, pod)), 1)
        for path, headers, body, _ in receiver.all():
            self.assertTrue(verify(SECRET.encode(), headers, body))
            self.assertFalse(verify(b"x" * 32, headers, body))
            self.assertFalse(verify(SECRET.encode(), headers, body + b" "))
            self.assertEqual(headers["Content-Type"], "application/json")
            check_schema("webhook.v1.json", json.loads(body))
            self.assertEqual(path, "/hook/?tenant=7")
            self.assertEqual(json.loads(body)["delivery"], headers["webhook-id"])
            self.assertNotIn(b"sk-not-to-be-seen", body)

    def test_ocsf(self):
        receiver = Receiver(self.rig)
        agent = self.agent(*self.webhook(receiver, "--webhook-format", "ocsf"))
        pod, _ = self.start("ocsf")
        agent.wait_finding(pod, cause="declared")
        receiver.wait("both classes", lambda: {2003, 2004} <= {one["class_uid"] for one in receiver.events()})
        agent.stop()
        for event in receiver.events():
            held_against("ocsf-1.5.0-findings.schema.json", event)
            self.assertNotIn("sk-not-to-be-seen", json.dumps(event))
        detections = [one for one in receiver.events() if one["class_uid"] == 2004]
        self.assertEqual(detections[0]["activity_id"], 1)
        self.assertIn(pod.uid, [one.get("uid") for one in detections[0]["resources"]])

    def back_from(self, agent, receiver, fault):
        """What happens meanwhile is found at once, and told when the receiver is back."""
        receiver.fault = fault
        failed, mark = self.metrics(agent, "webhook")["failed"], agent.mark()
        pod, _ = self.start("meanwhile-" + fault)
        agent.wait_finding(pod, "opened", since=mark)
        receiver.wait(f"a failure by {fault}", lambda: self.metrics(agent, "webhook")["failed"] > failed)
        self.assertEqual(self.metrics(agent, "webhook")["up"], 0)
        receiver.fault = ""
        receiver.wait(f"the finding after {fault}", lambda: self.opened(receiver, pod), 20)
        # The receiver has it before the agent has the receiver's answer.
        receiver.wait(f"an end of {fault}", lambda: self.metrics(agent, "webhook")["up"] == 1)

    def test_failures(self):
        """Nothing is lost to a receiver that fails and is back, and the log says both."""
        receiver = Receiver(self.rig, "500")
        agent = self.agent(*self.webhook(receiver))
        agent.wait_log("webhook: it answers 500; what it should get waits")
        self.back_from(agent, receiver, "500")
        agent.wait_log("takes what is sent again")
        for fault in ("reset", "garbage", "redirect"):
            self.back_from(agent, receiver, fault)
        sums = self.metrics(agent, "webhook")
        self.assertEqual((sums["up"], sums["dropped"]), (1, 0))
        self.assertGreater(sums["last_success_timestamp_seconds"], time.time() - 60)
        ids = [headers["webhook-id"] for _, headers, _, fault in receiver.all(False) if fault == "500"]
        taken = [headers["webhook-id"] for _, headers, _, _ in receiver.all()]
        self.assertTrue(set(ids) <= set(taken), "a batch that is sent again keeps its id")
        self.assertEqual(len(taken), len(set(taken)))
        self.assertNotIn("/elsewhere", [path for path, _, _, _ in receiver.all(False)])
        self.assertIn("agent.started", [one["type"] for one in receiver.events()])
        agent.stop()
        self.assertEqual(agent.log.count("what it should get waits"), 1)

    def test_asked_to_wait(self):
        receiver = Receiver(self.rig, "429-after")
        agent = self.agent(*self.webhook(receiver))
        agent.wait_log("webhook: it answers 429")
        receiver.fault = ""
        receiver.wait("all of it", receiver.all)
        # Not within the 4 s that it asked for: the clock of one machine tells both.
        times = [int(headers["webhook-timestamp"]) for _, headers, _, _ in receiver.all(False)]
        self.assertGreaterEqual(times[1] - times[0], 3)
        agent.stop()

    def test_dead_then_there(self):
        """Nobody listens at first; then somebody without a certificate that we trust; then the right one."""
        receiver = Receiver(self.rig)
        right = receiver.tls
        receiver.stop()
        agent = self.agent(*self.webhook(receiver))
        agent.wait_log("cannot be reached")
        stranger = Receiver(self.rig)
        stranger.stop()
        receiver.tls = stranger.tls
        receiver.start()
        pod, _ = self.start("dead")
        agent.wait_finding(pod, "opened", timeout=5)
        receiver.wait("several tries", lambda: self.metrics(agent, "webhook")["failed"] >= 3)
        self.assertEqual(receiver.all(False), [], "nothing is sent to a stranger")
        receiver.stop()
        receiver.tls = right
        receiver.start()
        receiver.wait("the finding after all", lambda: self.opened(receiver, pod), 30)
        agent.stop()

    def test_odd_answers(self):
        """Taken is taken, however the rest of the answer ends: nothing is sent twice."""
        receiver = Receiver(self.rig, "cut")
        agent = self.agent(*self.webhook(receiver))
        for fault in ("cut", "big", "slow"):
            receiver.fault = fault
            pod, _ = self.start("odd-" + fault)
            receiver.wait(f"the finding before {fault}", lambda pod=pod: self.opened(receiver, pod))
        agent.stop()
        ids = [headers["webhook-id"] for _, headers, _, _ in receiver.all()]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertNotIn("webhook:", agent.log)

    def test_refused_is_dropped_and_counted(self):
        receiver = Receiver(self.rig, "400")
        agent = self.agent(*self.webhook(receiver))
        agent.wait_log("were dropped")
        receiver.fault = ""
        pod, _ = self.start("after-400")
        receiver.wait("what came later", lambda: self.opened(receiver, pod))
        sums = self.metrics(agent, "webhook")
        self.assertGreater(sums["dropped"], 0)
        agent.stop()

    def test_too_large_is_sent_in_pieces(self):
        """A receiver that takes no more than 6 KiB gets all that fits in it one by one, and the rest is dropped."""
        receiver = Receiver(self.rig, "413")
        agent = self.agent(*self.webhook(receiver))
        receiver.wait("a refusal", lambda: receiver.all(False))
        receiver.fault = ""
        pod, _ = self.start("pieces")
        receiver.wait("what came later", lambda: self.opened(receiver, pod))
        receiver.fault = "413-early"
        late, _ = self.start("early")
        agent.wait_finding(late, "opened", timeout=5)
        receiver.wait("a refusal before the body is read", lambda: "413" in agent.log)
        receiver.fault = ""
        agent.stop()

    def test_the_end_is_bounded(self):
        """A receiver that never answers holds up the end for 5 s and no more, and what was not sent is said."""
        receiver = Receiver(self.rig, "hang")
        agent = self.agent(*self.webhook(receiver))
        receiver.wait("a request", lambda: receiver.all(False))
        agent.stop()  # demands an end within 20 s
        self.assertRegex(agent.log, r"webhook: \d+ were not sent")

    def test_a_second_signal_ends_at_once(self):
        receiver = Receiver(self.rig, "hang")
        agent = self.agent(*self.webhook(receiver))
        receiver.wait("a request", lambda: receiver.all(False))
        agent.process.send_signal(signal.SIGTERM)
        agent.wait(lambda event: event["type"] == "agent.stopped", "agent.stopped")
        agent.stop()

    def test_secret_changes_and_goes(self):
        receiver = Receiver(self.rig)
        agent = self.agent(*self.webhook(receiver))
        receiver.wait("something", receiver.all)
        other = "fedcba9876543210fedcba9876543210"
        self.replace(other)
        pod, _ = self.start("rotated")
        receiver.wait("signed anew", lambda: self.opened(receiver, pod))
        _, headers, body, _ = receiver.all()[-1]
        self.assertTrue(verify(other.encode(), headers, body))
        self.replace("short")
        receiver.clear()
        pod, _ = self.start("unsigned")
        agent.wait_log("too short")
        self.assertEqual(receiver.all(), [], "what cannot be signed is not sent")
        self.replace(SECRET)
        receiver.wait("signed again", lambda: self.opened(receiver, pod), 30)
        agent.stop()
        self.assertNotIn(other, agent.log)

    def replace(self, text):
        new = self.secret.with_suffix(".new")
        new.write_text(text)
        os.replace(new, self.secret)

    def test_flapping_wakes_once(self):
        """A container that comes and goes is told of on standard output each time, and to the webhook once a minute."""
        receiver = Receiver(self.rig)
        agent = self.agent(*self.webhook(receiver))
        pod, box = self.start("flapping")
        agent.wait_finding(pod, "opened")
        for _ in range(3):
            mark = agent.mark()
            box.kill()
            agent.wait_resolved(pod, since=mark)
            box = Container(self.rig, QWEN, pod=pod).start()
            agent.wait_finding(pod, "opened", since=mark)
        receiver.wait("the first end", lambda: any(one["type"] == "finding.resolved" for one in receiver.events()))
        told = [one["type"] for one in receiver.events() if one["type"] in ("finding.opened", "finding.resolved")]
        self.assertEqual(told, ["finding.opened", "finding.resolved"])
        agent.stop()
        # The end tells what was held back: that it is there.
        last = [one for one in receiver.events() if one["type"].startswith("finding.")][-1]
        self.assertEqual((last["type"], last["state"]), ("finding.opened", "open"))


class Otlp(Pushed):
    def headers_file(self, text):
        file = pathlib.Path(self.rig.path("headers"))
        file.write_text(text)
        return str(file)

    def test_records(self):
        receiver = Receiver(self.rig)
        headers = self.headers_file("# tenant\nAuthorization: Bearer abc\nX-Scope-OrgID: 7\n")
        agent = self.agent(*self.otlp(receiver, "--otlp-headers-file", headers), "--cluster-name", "prod-1")
        pod, box = self.start("otlp")
        agent.wait_finding(pod, cause="declared")
        box.kill()
        agent.wait_resolved(pod)
        receiver.wait("the end", lambda: "hostnetd.finding.resolved" in [one["eventName"] for one in receiver.records()])
        agent.stop()
        for path, headers, body, _ in receiver.all():
            self.assertEqual((path, headers["Authorization"], headers["X-Scope-OrgID"]), ("/v1/logs", "Bearer abc", "7"))
            held_against("otlp-logs.schema.json", json.loads(body))
            self.assertNotIn(b"sk-not-to-be-seen", body)
        records = receiver.records()
        self.assertTrue({"hostnetd.agent.started", "hostnetd.process.exec", "hostnetd.process.exited", "hostnetd.control.state",
                         "hostnetd.agent.stopped"} <= {one["eventName"] for one in records})
        opened = next(one for one in records if one["eventName"] == "hostnetd.finding.opened")
        self.assertEqual((opened["resource"]["k8s.node.name"], opened["resource"]["k8s.cluster.name"]), ("rig-node", "prod-1"))
        self.assertEqual(opened["attributes"]["k8s.pod.uid"], pod.uid)
        self.assertEqual(opened["severityNumber"], 17)
        self.assertEqual([one["attributes"]["hostnetd.seq"] for one in records if "hostnetd.seq" in one["attributes"]],
                         sorted({one["attributes"]["hostnetd.seq"] for one in records if "hostnetd.seq" in one["attributes"]}))

    def test_what_is_retried(self):
        receiver = Receiver(self.rig, "503")
        agent = self.agent(*self.otlp(receiver))
        receiver.wait("two tries", lambda: len(receiver.all(False)) >= 2)
        self.assertEqual(len({body for _, _, body, _ in receiver.all(False)}), 1)
        receiver.fault = ""
        receiver.wait("all of it", lambda: "hostnetd.agent.started" in [one["eventName"] for one in receiver.records()])
        self.assertEqual(self.metrics(agent, "otlp")["dropped"], 0)
        receiver.clear()
        receiver.fault = "500"
        self.start("lost")
        agent.wait_log("were dropped")
        bodies = [body for _, _, body, _ in receiver.all(False)]
        self.assertEqual(len(bodies), len(set(bodies)), "nothing that is refused is sent again")
        agent.stop()

    def test_partial_success(self):
        receiver = Receiver(self.rig, "partial")
        agent = self.agent(*self.otlp(receiver))
        agent.wait_log("rejected 1 of the records")
        receiver.wait("counts", lambda: self.metrics(agent, "otlp")["dropped"] >= 1)
        receiver.fault = ""
        agent.stop()
        self.assertNotIn("\033", agent.log)
        bodies = [body for _, _, body, _ in receiver.all()]
        self.assertEqual(len(bodies), len(set(bodies)))


class Both(Pushed):
    def test_one_does_not_hold_up_the_other(self):
        hook, collector = Receiver(self.rig, "hang"), Receiver(self.rig)
        agent = self.agent(*self.webhook(hook), *self.otlp(collector))
        hook.wait("a request that hangs", lambda: hook.all(False))
        pod, _ = self.start("both")
        agent.wait_finding(pod, "opened", timeout=5)
        collector.wait("the finding", lambda: any(one["attributes"].get("k8s.pod.uid") == pod.uid for one in collector.records()))
        collector.wait("its answer", lambda: self.metrics(agent, "otlp")["up"] == 1)
        sums = self.metrics(agent, "otlp")
        self.assertEqual((sums["failed"], sums["dropped"]), (0, 0))
        agent.stop()

    def test_ocsf_on_standard_output(self):
        pod, _ = self.start("printed")
        process = self.rig.spawn([rig.HOSTNETD, "run", "--output", "ocsf", "--node-name", "rig-node", *self.kubelet.options()],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment())
        classes, pods = set(), set()
        for line in process.stdout:
            event = json.loads(line)
            held_against("ocsf-1.5.0-findings.schema.json", event)
            classes.add(event["class_uid"])
            pods |= {one.get("uid") for one in event["resources"]}
            if classes == {2003, 2004} and pod.uid in pods:
                break
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)

    def test_doctor_and_settings(self):
        receiver = Receiver(self.rig)
        _, document = doctor(*self.kubelet.options(), *self.webhook(receiver), *self.otlp(receiver))
        checks = {one["name"]: one["status"] for one in document["checks"]}
        self.assertEqual((checks["webhook"], checks["otlp"]), ("ok", "ok"))
        self.assertEqual([json.loads(body) for _, _, body, _ in receiver.all()], [{"resourceLogs": []}])
        receiver.stop()
        _, document = doctor(*self.kubelet.options(), *self.webhook(receiver), *self.otlp(receiver))
        checks = {one["name"]: one["status"] for one in document["checks"]}
        self.assertEqual((checks["webhook"], checks["otlp"]), ("degraded", "degraded"))
        headers = pathlib.Path(self.rig.path("headers"))
        headers.write_text("Authorization: Bearer abc\n")
        self.secret.write_text("short")
        for options, says in ((self.webhook(receiver), "--webhook-secret-file"), (["--webhook-url", "ftp://x"], "--webhook-url"),
                              (["--otlp-url", "http://192.0.2.1:4318", "--otlp-headers-file", str(headers)], "--otlp-headers-file")):
            agent = Agent(self.rig, *self.kubelet.options(), *options)
            self.assertEqual(agent.process.wait(20), 2)
            self.assertIn(says, agent.log)


if __name__ == "__main__":
    unittest.main()
