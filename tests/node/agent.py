# SPDX-License-Identifier: Apache-2.0
"""The program under test: `hostnetd run`, whose lines are read as they come, and `hostnetd scan`. Every line and every
document is held against the schema that the repository ships."""
import contextlib
import functools
import json
import os
import signal
import subprocess
import threading
import time

import rig as rigs

SCHEMAS = rigs.REPO / "src" / "report" / "schema"
WAIT = 20.0


@functools.lru_cache(maxsize=None)
def validator(name):
    """For one schema file, which may refer to its neighbours by file name."""
    import jsonschema  # only here: the demo runs without it
    store = {}
    for path in SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text())
        store[path.as_uri()] = schema
        if "$id" in schema:
            store[schema["$id"]] = schema
    path = SCHEMAS / name
    schema = json.loads(path.read_text())
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    resolver = jsonschema.RefResolver(schema.get("$id", path.as_uri()), schema, store=store)
    return kind(schema, resolver=resolver)


def check_schema(name, document):
    problem = next(iter(validator(name).iter_errors(document)), None)
    if problem:
        where = "/".join(map(str, problem.absolute_path))
        raise AssertionError(f"{name}: at /{where}: {problem.message[:400]}")


@functools.lru_cache(maxsize=None)
def help_text(command):
    done = subprocess.run([rigs.HOSTNETD, command, "--help"], capture_output=True, text=True, timeout=20, check=False)
    return done.stdout


def environment():
    """No setting of the caller's own may decide a test; and nothing is written or listened on outside the test's own place."""
    own = {name: value for name, value in os.environ.items()
           if not name.startswith("HOSTNETD_") and name not in ("NODE_NAME", "HOST_IP")}
    return {**own, "HOSTNETD_STORE": "none", "HOSTNETD_LISTEN": "none"}


def pod_of(finding):
    return finding.get("pod", {}).get("uid", "")


def container_ids(finding):
    return [one.get("id", "") for one in finding.get("containers", [])]


def about(finding, who):
    """Whether a finding is about `who`: a Pod, a Container, a pod's uid or a container's id."""
    key = getattr(who, "uid", None) or getattr(who, "id", None) or who
    return key == pod_of(finding) or key in container_ids(finding)


def matches(finding, wanted):
    """`wanted` names fields of a finding; a path's steps are joined by two underscores (workload__name="vllm")."""
    for path, value in wanted.items():
        found = finding
        for step in path.split("__"):
            found = found.get(step) if isinstance(found, dict) else None
        if callable(value) and not value(found) or not callable(value) and found != value:
            return False
    return True


class Agent:
    """`hostnetd run --output json`. `command` replaces the program's path, for an agent in a container."""

    def __init__(self, rig, *options, command=None, sweep="1s", store=None):
        words = [*(command or [rigs.HOSTNETD]), "run", "--output", "json", "--node-name", "rig-node"]
        if sweep:
            words += ["--sweep-interval", sweep]
        # Parts that later versions have on by default would write outside the test's own place.
        if "--store" in help_text("run"):
            words += ["--store", store or rig.path(f"store-{os.urandom(3).hex()}.db")]
        if "--listen" in help_text("run") and "--listen" not in options:
            words += ["--listen", f"unix:{rig.path('api-' + os.urandom(3).hex())}"]
        self.launch(rig, [*words, *options])

    @classmethod
    def of(cls, rig, words):
        """One that is started by these words as they are."""
        agent = cls.__new__(cls)
        agent.launch(rig, words)
        return agent

    def launch(self, rig, words):
        self.events, self.problems = [], []
        self.changed = threading.Condition()
        self.log_path = rig.path(f"agent-{os.urandom(3).hex()}.log")
        with open(self.log_path, "wb") as log:
            self.process = rig.spawn(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                     env=environment())
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        # A scope that is closing takes the pipe away.
        with contextlib.suppress(ValueError, OSError):
            for line in self.process.stdout:
                self.take(line)
        with self.changed:
            self.changed.notify_all()

    def take(self, line):
        problem = None
        try:
            event = json.loads(line)
            check_schema("event.v1.json", event)
        except Exception as error:  # also one of the validator's own: a reader that dies would look like a silent agent
            problem = f"{error!r}: {line[:300]!r}"
            event = {}
        with self.changed:
            if problem:
                self.problems.append(problem)
            self.events.append((time.monotonic(), event))
            self.changed.notify_all()

    # --- waiting and asking -----------------------------------------------------------------------------------

    def wait(self, predicate, what="an event", timeout=WAIT, since=0):
        """The first event from number `since` on for which `predicate` is true."""
        end = time.monotonic() + timeout
        at = since
        with self.changed:
            while True:
                self.check()
                while at < len(self.events):
                    event = self.events[at][1]
                    at += 1
                    if event and predicate(event):
                        return event
                left = end - time.monotonic()
                if left <= 0 or self.process.poll() is not None and not self.reader.is_alive():
                    raise AssertionError(f"{what}: not within {timeout:g} s\n{self.tail()}")
                self.changed.wait(min(left, 0.5))

    def ready(self, timeout=WAIT):
        self.wait(lambda event: event.get("type") == "agent.started", "agent.started", timeout)
        return self

    def wait_finding(self, who, kind="", timeout=WAIT, since=0, **wanted):
        """The finding of the first event about `who` that has all that is wanted; `kind` is opened, updated or resolved."""
        def right(event):
            finding = event.get("finding")
            return (event["type"].startswith(f"finding.{kind}") and finding is not None and about(finding, who) and
                    matches(finding, wanted))
        return self.wait(right, f"finding.{kind or '*'} {wanted} of {getattr(who, 'uid', who)}", timeout, since)["finding"]

    def wait_resolved(self, who, timeout=WAIT, since=0):
        return self.wait_finding(who, "resolved", timeout, since, state="resolved")

    def mark(self):
        """Number of the next event: `since` for what comes from now on."""
        with self.changed:
            return len(self.events)

    def about(self, who, kind="", since=0):
        """All events about `who` whose type begins with `kind`."""
        with self.changed:
            return [event for _, event in self.events[since:]
                    if event.get("type", "").startswith(kind) and about(event.get("finding") or {}, who)]

    def mentions(self, text, since=0):
        """Events that hold a text anywhere, in whatever field: the strictest form of 'nothing was said about it'."""
        with self.changed:
            return [event for _, event in self.events[since:] if text in json.dumps(event)]

    def open_findings(self):
        """What a reader of the lines takes for open now, by id."""
        state = {}
        with self.changed:
            for _, event in self.events:
                if event.get("type", "").startswith("finding."):
                    state[event["finding"]["id"]] = event["finding"]
        return {key: value for key, value in state.items() if value["state"] == "open"}

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_log(self, text, timeout=WAIT):
        rigs.wait_until(f"{text!r} on standard error\n{self.tail()}", lambda: text.lower() in self.log.lower(), timeout)

    def tail(self):
        last = "\n".join(json.dumps(event)[:600] for _, event in self.events[-6:])
        return f"exit code {self.process.poll()}\nlast events:\n{last}\nlog:\n{self.log[-2500:]}"

    def check(self):
        """No line broke the schema."""
        if self.problems:
            raise AssertionError("\n".join(self.problems[:5]))

    def stop(self, number=signal.SIGTERM):
        """Ends it and demands exit code 0, whole lines and no sanitizer's report."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"agent does not end\n{self.tail()}") from None
        self.reader.join(10)
        self.check()
        if code != 0 or "Sanitizer" in self.log:
            raise AssertionError(f"agent ended with {code}\n{self.tail()}")


def scan(*options, timeout=60, command=None):
    """(exit code, document, standard error) of `hostnetd scan --output json`."""
    words = [str(word) for word in (*(command or [rigs.HOSTNETD]), "scan", "--output", "json", "--node-name", "rig-node", *options)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
                          env=environment())
    if "Sanitizer" in done.stderr:
        raise AssertionError(done.stderr)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"scan: exit {done.returncode}, no JSON: {done.stdout[:500]!r}\n{done.stderr[-2000:]}") from None
    check_schema("scan.v1.json", document)
    return done.returncode, document, done.stderr


def doctor(*options):
    """(exit code, document) of `hostnetd doctor --output json`."""
    done = subprocess.run([str(word) for word in (rigs.HOSTNETD, "doctor", "--output", "json", *options)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False, env=environment())
    document = json.loads(done.stdout)
    check_schema("doctor.v1.json", document)
    return done.returncode, document


def of_scan(document, who, part="findings"):
    """The entries of a scan's document about `who`."""
    if part == "findings":
        return [finding for finding in document["findings"] if about(finding, who)]
    key = getattr(who, "uid", None) or getattr(who, "id", None) or who
    return [row for row in document["sharing"] if key in (row.get("pod", {}).get("uid"), row.get("container", {}).get("id"))]
