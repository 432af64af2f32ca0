# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks and of OTLP logs, over real TLS: keeps what it gets, and answers as it is told."""
import http.server
import json
import re
import socket
import ssl
import struct
import threading
import time

import kubelet_standin
import rig as rigs


def readme_example():
    """The function that the README gives to receivers."""
    text = (rigs.REPO / "README.md").read_text()
    scope = {}
    exec(re.search(r"```python\n(.*?def verify.*?)```", text, re.S).group(1), scope)  # pylint: disable=exec-used
    return scope["verify"]


verify = readme_example()


NOT_TAKEN = ("hang", "reset", "garbage", "redirect", "429-after")  # by what they answer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply(405)

    def do_POST(self):
        owner = self.server.owner
        fault = owner.fault
        if fault == "413-early":
            self.reply(413)
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        owner.take(self.path, self.headers, body, fault)
        if fault == "hang":
            owner.released.wait(60)
        elif fault == "slow":
            time.sleep(1.5)
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if fault == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
            self.close_connection = True
            return
        if fault == "big":
            self.reply(200, b"x" * (1 << 20))
        elif fault == "garbage":
            self.wfile.write(b"no HTTP at all\r\n\r\n")
            self.close_connection = True
        elif fault == "redirect":
            self.reply(307, Location=f"https://127.0.0.1:{owner.port}/elsewhere")
        elif fault == "partial":
            self.reply(200, b'{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old\\u001b[31m"}}')
        elif fault.startswith("429"):
            self.reply(429, Retry_After="4")
        elif fault.isdigit():
            self.reply(int(fault))
        else:
            self.reply(200, b"{}")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    owner = None

    def handle_error(self, *_):
        pass


class Receiver:
    def __init__(self, rig, fault="", tls=None):
        self.rig, self.fault = rig, fault
        self.lock = threading.Lock()
        self.got = []  # (path, headers, body, fault)
        self.released = threading.Event()
        self.tls = tls or kubelet_standin.make_tls(rig.path("tls-" + str(id(self))))
        self.server, self.port = None, 0
        self.start()
        rig.callback(self.stop)

    def start(self):
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.owner = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.tls / "server.crt", self.tls / "server.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.released.set()
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None

    def take(self, path, headers, body, fault):
        with self.lock:
            self.got.append((path, dict(headers.items()), body, fault))

    def clear(self):
        with self.lock:
            self.got.clear()

    @property
    def ca(self):
        return str(self.tls / "ca.crt")

    def url(self, path=""):
        return f"https://127.0.0.1:{self.port}{path}"

    def all(self, taken=True):
        with self.lock:
            return [one for one in self.got if not taken or not one[3].isdigit() and one[3] not in NOT_TAKEN]

    def events(self):
        """Of the webhook, in the order in which they came; those of a delivery that came twice once."""
        seen, events = set(), []
        for _, headers, body, _ in self.all():
            if headers["webhook-id"] not in seen:
                seen.add(headers["webhook-id"])
                document = json.loads(body)
                events += document["events"] if isinstance(document, dict) else document
        return events

    def records(self):
        """Of OTLP, each as {"eventName", "severityNumber", ... , attributes as a dict}."""
        found = []
        for _, _, body, _ in self.all():
            for resource in json.loads(body)["resourceLogs"]:
                for scope in resource["scopeLogs"]:
                    for record in scope["logRecords"]:
                        found.append({**record, "attributes": values(record["attributes"]),
                                      "resource": values(resource["resource"]["attributes"])})
        return found

    def wait(self, what, condition, timeout=15):
        rigs.wait_until(what, condition, timeout)


def values(attributes):
    return {one["key"]: next(iter(one["value"].values())) for one in attributes}
