# SPDX-License-Identifier: Apache-2.0
"""The program in a person's hands, and in a script's."""
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

import rig
from agent import Agent, check_schema, environment, scan
from container import Container
from kubelet import Kubelet, PodsFile
from pod import Pod

COMMANDS = ("scan", "run", "doctor")


def call(*words, **more):
    """Runs the program with its output in pipes."""
    more.setdefault("env", environment())
    return subprocess.run([str(word) for word in (rig.HOSTNETD, *words)], capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL, **more)


class Words(rig.NodeTest):
    def test_help(self):
        everything = call("--help")
        self.assertEqual((everything.returncode, everything.stderr), (0, ""))
        for command in COMMANDS:
            self.assertIn(command, everything.stdout)
            done = call(command, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("--", done.stdout)
        for flag in ("--kubelet-url", "--kubelet-token-file", "--kubelet-ca-file", "--pods-file", "--output", "--node-name",
                     "--unmanaged-grace", "--host-netns", "--signatures"):
            self.assertIn(flag, call("scan", "--help").stdout)
        self.assertIn("--sweep-interval", call("run", "--help").stdout)
        self.assertEqual(call("--version").returncode, 0)

    def test_unknown(self):
        """Exit 2, the word itself, and the nearest one that exists."""
        for words, wrong, near in ((("scan", "--kubelet-ulr", "x"), "--kubelet-ulr", "--kubelet-url"),
                                   (("run", "--sweep-intervall=1s"), "--sweep-intervall", "--sweep-interval"),
                                   (("scna",), "scna", "scan")):
            done = call(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(wrong, done.stderr)
            self.assertIn(near, done.stderr.replace(wrong, ""), done.stderr)

    def test_misplaced(self):
        """Exit 2, the word itself, and how what was meant is written; no value of an option, which may be a secret."""
        for words, wrong, right in ((("--output", "json", "scan"), "'--output'", "'hostnetd scan --output ...'"),
                                    (("--kubelet-token-file=s3cret", "run"), "'--kubelet-token-file'", "'hostnetd run --kubelet-token-file ...'"),
                                    (("--output", "json"), "'--output'", "'hostnetd COMMAND --output ...'"),
                                    (("findings",), "'findings'", "'hostnetd history'"),
                                    (("export", "3f2a9c"), "'export'", "'hostnetd history export [FINDING-ID]'"),
                                    (("3f2a9c01",), "'3f2a9c01'", "'hostnetd history 3f2a9c01'"),
                                    (("history", "3f2a9c", "export"), "'export'", "'hostnetd history export 3f2a9c'"),
                                    (("history", "--since", "24h", "export"), "'export'", "'hostnetd history export [FINDING-ID] [OPTIONS]'"),
                                    (("history", "--pod", "export", "3f2a9c"), "'3f2a9c'", "'hostnetd history [FINDING-ID |"),
                                    (("scan", "run"), "'run'", "'hostnetd run [OPTIONS]'"),
                                    (("scan", "--output", "json", "stray"), "'stray'", "'hostnetd scan [OPTIONS]'")):
            done = call(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(wrong, done.stderr, words)
            self.assertIn(right, done.stderr, words)
            self.assertNotIn("s3cret", done.stderr)

    def test_wrong_values(self):
        for words in (("scan", "--output", "xml"), ("run", "--sweep-interval", "soon"), ("scan", "--pods-file"),
                      ("scan", "--pods-file", "/nonexistent/pods.json"), ("scan", "stray"), ("scan", "--sweep-interval=-1s"),
                      ("scan", "--kubelet-url", "ftp://node"), ("scan", "--config", "/nonexistent.yaml"), ()):
            done = call(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (words, done.stderr))
            self.assertTrue(done.stderr.strip(), words)

    def test_environment_and_file(self):
        """Flags win over the environment, that over the file."""
        pods = PodsFile(self.rig)
        config = self.rig.path("config.yaml")
        config.write_text(f"pods-file: {pods.file}\nnode-name: from-file\noutput: json\n")

        def node(*flags, **variables):
            done = call("scan", "--config", config, *flags, env={**environment(), **variables})
            return json.loads(done.stdout)["node"]
        self.assertEqual(node(), "from-file")
        self.assertEqual(node(HOSTNETD_NODE_NAME="from-environment"), "from-environment")
        self.assertEqual(node("--node-name", "from-flag", HOSTNETD_NODE_NAME="from-environment"), "from-flag")
        config.write_text("pods-fiel: x\n")
        done = call("scan", "--config", config)
        self.assertEqual(done.returncode, 2)
        self.assertIn("pods-fiel", done.stderr)


class Answers(rig.NodeTest):
    def server(self, source):
        pod = source.add(Pod("ml", owner=("StatefulSet", "vllm"), host_network=True))
        box = Container(self.rig, ["vllm", "serve", "--port", "0"], pod=pod).start()
        source.publish()
        return pod, box, box.said("listening")

    def test_no_kubelet(self):
        """Nobody answers: never a pass."""
        code, document, said = scan("--kubelet-url", "https://127.0.0.1:1", "--kubelet-insecure-tls")
        self.assertEqual((document["passed"], document["complete"]), (False, False))
        self.assertEqual(code, 1 if document["findings"] else 2)
        self.assertTrue(document["incomplete"])
        self.assertIn("127.0.0.1:1", said)

    def test_table(self):
        """Which workload, pod and container, why, what it is, which port; escapes of the pod's own never get through."""
        source = PodsFile(self.rig)
        pod, _box, port = self.server(source)
        done = call("scan", "--output", "table", *source.options())
        self.assertEqual(done.returncode, 1, done.stderr)
        for word in ("vllm", pod.name, "ml", "server", "declared", str(port)):
            self.assertIn(word, done.stdout)
        self.assertNotIn("\x1b", done.stdout)

    def test_pipe_to_jq(self):
        source = PodsFile(self.rig)
        pod, _box, _port = self.server(source)
        shell = '"$0" scan --output json --pods-file "$1" | "$2" -r ".findings[].pod.uid"'
        done = subprocess.run(["sh", "-c", shell, rig.HOSTNETD, source.file, rig.tool("jq")], capture_output=True, text=True,
                              check=True, timeout=60, env=environment())
        self.assertIn(pod.uid, done.stdout.split())

    def test_closed_pipe(self):
        """`hostnetd run | head -1` ends, and does not spin or crash."""
        source = PodsFile(self.rig)
        self.server(source)
        process = self.rig.spawn([rig.HOSTNETD, "run", "--output", "json", "--sweep-interval", "1s", *source.options()],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment())
        self.assertTrue(process.stdout.readline())
        process.stdout.close()
        self.server(source)  # something to say
        self.assertIn(process.wait(20), (0, 1, 2, 141, -signal.SIGPIPE))

    def test_ctrl_c(self):
        source = PodsFile(self.rig)
        pod, _box, _port = self.server(source)
        for number in (signal.SIGINT, signal.SIGTERM):
            agent = Agent(self.rig, *source.options()).ready()
            agent.wait_finding(pod, "opened")
            start = time.monotonic()
            agent.process.send_signal(number)
            self.assertIn(agent.process.wait(20), (0, 130) if number == signal.SIGINT else (0,))
            self.assertLess(time.monotonic() - start, 5)
            agent.wait(lambda event: event["type"] == "agent.stopped", "agent.stopped")
            agent.check()

    def test_full_pipe(self):
        """A reader that does not read stops no one: the agent still ends when it is told to."""
        source = PodsFile(self.rig)
        process = self.rig.spawn([rig.HOSTNETD, "run", "--output", "json", "--sweep-interval", "1s", *source.options()],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment())
        self.assertTrue(process.stdout.readline())
        for _ in range(3):
            pod = source.add(Pod("ml", host_network=True))
            box = Container(self.rig, ["vllm", *["x" * 900] * 40, "--port", "0"], pod=pod).start()
            for _ in range(10):
                box.exec("true")
        process.terminate()
        process.wait(10)

    def test_full_pipe_at_start(self):
        """The first sweep says more than the pipe holds; nothing of it is lost when somebody reads at last."""
        source = PodsFile(self.rig)
        some = [source.add(Pod("ml", f"many-{number}", host_network=True)) for number in range(8)]
        for pod in some:
            Container(self.rig, ["vllm", "serve", "--port", "0"], pod=pod).start()
        source.publish()
        end, begin = os.pipe()
        fcntl.fcntl(begin, fcntl.F_SETPIPE_SZ, 4096)
        process = self.rig.spawn([rig.HOSTNETD, "run", "--output", "json", *source.options()], stdout=begin,
                                 stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment())
        os.close(begin)
        time.sleep(1.5)
        self.assertIsNone(process.poll())
        opened = set()
        with open(end, encoding="utf-8") as lines:
            for line in lines:
                event = json.loads(line)
                if event["type"] == "finding.opened":
                    opened.add(event["finding"]["pod"]["uid"])
                if event["type"] == "agent.started":
                    break
        self.assertLessEqual({pod.uid for pod in some}, opened)
        process.terminate()
        self.assertEqual(process.wait(10), 0)

    def test_table_of_run(self):
        source = PodsFile(self.rig)
        log = self.rig.path("out")
        with open(log, "wb") as out:
            process = self.rig.spawn([rig.HOSTNETD, "run", "--output", "table", "--sweep-interval", "1s", *source.options()],
                                     stdout=out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment())
        pod, _box, _port = self.server(source)
        rig.wait_until("a line for people", lambda: pod.name in log.read_text() or "ml/vllm" in log.read_text(), 20)
        process.terminate()
        self.assertEqual(process.wait(20), 0)


class Rights(rig.NodeTest):
    def as_nobody(self, *words):
        """The binary is copied: a person's own folder may be closed to others."""
        place = self.rig.path("bin")
        place.mkdir(mode=0o755)
        binary = place / "hostnetd"
        shutil.copy(rig.HOSTNETD, binary)
        binary.chmod(0o755)
        return subprocess.run([binary, *words], capture_output=True, text=True, timeout=60, check=False, user=65534, group=65534,
                              extra_groups=[], cwd="/", stdin=subprocess.DEVNULL, env=environment())

    def test_not_root(self):
        """A clear message, exit 2, no pass."""
        done = self.as_nobody("scan", "--output", "json", "--kubelet-url", "https://127.0.0.1:1", "--kubelet-insecure-tls")
        self.assertIn(done.returncode, (1, 2), done.stderr)
        if done.stdout.strip():
            document = json.loads(done.stdout)
            self.assertEqual((document["passed"], document["complete"]), (False, False))
            self.assertEqual(done.returncode, 1 if document["findings"] else 2)
        self.assertRegex(done.stderr, "CAP_BPF|root|capabilit|[Pp]ermission")

    def test_not_root_run(self):
        place = PodsFile(self.rig)
        place.dir.chmod(0o755)
        done = self.as_nobody("doctor", "--kubelet-url", "https://127.0.0.1:1")
        self.assertIn(done.returncode, (1, 2))
        self.assertRegex(done.stdout + done.stderr, "CAP_BPF|root")

    def test_classic_tables_need_no_root(self):
        """Help and mistakes are answered whoever asks."""
        self.assertEqual(self.as_nobody("--help").returncode, 0)


class Doctor(rig.NodeTest):
    def test_well(self):
        """Every part is named, and here, as root with a kubelet, nothing keeps it from detecting."""
        source = Kubelet(self.rig)
        done = call("doctor", *source.options())
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        text = done.stdout
        self.assertIn(os.uname().release, text)
        self.assertIn(str(rig.own_netns()), text)
        for word in ("BTF", "exec", "exit", "cgroup", "kubelet", "CAP_BPF"):
            self.assertIn(word.lower(), text.lower(), word)
        check_schema("doctor.v1.json", json.loads(text))

    def test_without_kubelet(self):
        done = call("doctor", "--kubelet-url", "https://127.0.0.1:1", "--kubelet-insecure-tls")
        self.assertIn(done.returncode, (1, 2))
        self.assertIn("127.0.0.1:1", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
