#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small kubelet: serves GET /pods from a file, checks credentials as a kubelet does, and fails on demand.

As a command it prints "listening PORT" when it is ready and runs until it is ended. As a module: Standin(...).start().
Faults (--fault, or the word in --control FILE, read again at each connection):
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

FAULTS = {
    "none": "answers as it should",
    "chunked": "the same in chunks",
    "eof": "the same without a length: the end of the connection ends it",
    "401": "Unauthorized, whatever the token",
    "403": "Forbidden, as a kubelet before 1.32 says it",
    "403-fine": "Forbidden, as a kubelet since 1.32 says it: subresource(s)=[pods proxy]",
    "404": "Not Found",
    "500": "Authorization error: the API server cannot be asked",
    "hang": "accepts and reads, never answers",
    "hang-tls": "accepts, never shakes hands",
    "stall": "sends the head and half the body, then nothing more",
    "half": "sends half the body, then closes",
    "slow": "sends the body in small pieces over --slow-seconds",
    "huge": "a body without end, past 50 MiB",
    "huge-declared": "says that 60 MiB will come",
    "garbage": "200 with a body that is no JSON",
    "wrong-kind": "200 with another kind of object",
    "not-http": "answers something that is no HTTP",
    "redirect": "302 to another host",
    "reset": "resets the connection after the request",
    "refuse": "does not listen",
}

FORBIDDEN = "Forbidden (user={user}, verb=get, resource=nodes, subresource=proxy)"
FORBIDDEN_FINE = "Forbidden (user={user}, verb=get, resource=nodes, subresource(s)=[pods proxy])"
USER = "system:serviceaccount:kube-system:nobody"
MIB = 1 << 20


def make_tls(folder, san="IP:127.0.0.1,IP:::1,DNS:localhost", name="standin", days=2):
    """Makes ca.crt, ca.key, server.crt, server.key, client.crt and client.key in folder. Returns it as a Path."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, stdin=subprocess.DEVNULL, capture_output=True)

    def key(who):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", who + ".key")

    def sign(who, subject, extensions):
        (folder / "extensions").write_text(extensions)
        openssl("req", "-new", "-key", who + ".key", "-subj", subject, "-out", who + ".csr")
        openssl("x509", "-req", "-in", who + ".csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", str(days), "-sha256", "-extfile", "extensions", "-out", who + ".new")
        os.replace(folder / (who + ".new"), folder / (who + ".crt"))

    for who in ("ca", "server", "client"):
        key(who)
    openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", f"/CN={name}-ca@{time.time_ns()}", "-days", str(days),
            "-sha256", "-out", "ca.new")
    os.replace(folder / "ca.new", folder / "ca.crt")
    sign("server", f"/CN={name}", f"subjectAltName={san}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
    sign("client", "/CN=hostnetd", "extendedKeyUsage=clientAuth\nbasicConstraints=CA:FALSE\n")
    return folder


class Standin:
    """One server; each connection has its thread, so that a fault of one holds up no other."""

    # pylint: disable=too-many-instance-attributes,too-many-arguments
    def __init__(self, pods, *, address="127.0.0.1", port=0, tls=None, token_file=None, client_ca=None, fault="none",
                 control=None, log=None, slow_seconds=3.0):
        self.pods, self.address, self.port = pathlib.Path(pods), address, port
        self.tls = pathlib.Path(tls) if tls else None  # folder as make_tls() makes it; None: plain HTTP
        self.token_file, self.client_ca = token_file, client_ca
        self.fault, self.control, self.log, self.slow_seconds = fault, control, log, slow_seconds
        self.requests = []  # what the log says, one dict each
        self.running = 0
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.listener = None
        self.thread = None

    def current_fault(self):
        fault = self.fault
        if self.control:
            with contextlib.suppress(OSError):
                fault = pathlib.Path(self.control).read_text(encoding="utf-8").strip() or fault
        return fault if fault in FAULTS else "none"

    def start(self):
        if self.current_fault() != "refuse":
            self._listen()
        elif self.port == 0:
            self._listen()
            self._close()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.stopping.set()
        self.thread.join()
        self._close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    def _listen(self):
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.address, self.port))
        listener.listen(64)
        listener.settimeout(0.05)
        self.port = listener.getsockname()[1]
        self.listener = listener

    def _close(self):
        if self.listener:
            self.listener.close()
        self.listener = None

    def _accept(self):
        while not self.stopping.is_set():
            refuse = self.current_fault() == "refuse"
            if refuse or not self.listener:
                self._close()
                self.stopping.wait(0.05)
                if not refuse:
                    with contextlib.suppress(OSError):
                        self._listen()
                continue
            try:
                connection, _ = self.listener.accept()
            except (TimeoutError, OSError):
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _context(self):
        # Made anew for each connection: the files may have changed.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.tls / "server.crt", self.tls / "server.key")
        if self.client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.client_ca)
        return context

    def _serve(self, connection):
        with self.lock:
            self.running += 1
        try:
            with connection:
                connection.settimeout(60)
                if self.current_fault() == "hang-tls":
                    self._wait_for_close(connection)
                elif self.tls:
                    with self._context().wrap_socket(connection, server_side=True) as wrapped:
                        self._answer(wrapped)
                else:
                    self._answer(connection)
        except (OSError, ValueError):
            pass  # the client went away, or did not like us: it says why
        finally:
            with self.lock:
                self.running -= 1

    def _wait_for_close(self, connection):
        connection.settimeout(0.1)
        until = time.monotonic() + 60
        while not self.stopping.is_set() and time.monotonic() < until:
            try:
                if not connection.recv(4096):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def _note(self, method, path, token, connection, fault):
        peer = connection.getpeercert() if self.tls and self.client_ca else None
        entry = {
            "time": time.time(), "method": method, "path": path, "fault": fault, "running": self.running,
            "token": "none" if token is None else "good" if self._token_is_good(token) else "bad",
            "clientCert": dict(part[0] for part in peer["subject"]).get("commonName") if peer else None,
        }
        with self.lock:
            self.requests.append(entry)
            if self.log:
                with open(self.log, "a", encoding="utf-8") as out:
                    out.write(json.dumps(entry) + "\n")
        return entry

    def _token_is_good(self, token):
        if not self.token_file:
            return True
        return token == pathlib.Path(self.token_file).read_text(encoding="utf-8").strip()

    def _answer(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece or len(head) > 65536:
                return
            head += piece
        lines = head.decode("latin-1").split("\r\n")
        method, path = lines[0].split(" ")[:2]
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        kind, _, token = headers.get("authorization", "").partition(" ")
        fault = self.current_fault()
        entry = self._note(method, path, token if kind == "Bearer" else None, connection, fault)
        self._send_fault(connection, fault, entry)

    def _send(self, connection, status, body, kind="text/plain; charset=utf-8", more=""):
        body = body if isinstance(body, bytes) else body.encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    def _send_fault(self, connection, fault, entry):
        fixed = {
            "401": ("401 Unauthorized", "Unauthorized"),
            "403": ("403 Forbidden", FORBIDDEN.format(user=USER)),
            "403-fine": ("403 Forbidden", FORBIDDEN_FINE.format(user=USER)),
            "404": ("404 Not Found", "404 page not found\n"),
            "500": ("500 Internal Server Error",
                    f"Authorization error (user={USER}, verb=get, resource=nodes, subresource(s)=[pods proxy])"),
            "garbage": ("200 OK", "<html><body>It works!</body></html>"),
            "wrong-kind": ("200 OK", '{"kind":"Status","apiVersion":"v1","status":"Failure"}'),
        }
        if fault in fixed:
            self._send(connection, *fixed[fault])
        elif fault == "hang":
            self._wait_for_close(connection)
        elif fault == "not-http":
            connection.sendall(b"220 standin ESMTP\r\n")
        elif fault == "redirect":
            self._send(connection, "302 Found", "", more="Location: http://attacker.example/\x1b[31m\r\n")
        elif fault == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault.startswith("huge"):
            self._send_huge(connection, fault)
        elif entry["token"] != "good" and self.token_file:
            self._send(connection, *fixed["401"])
        elif entry["path"].split("?")[0] not in ("/pods", "/pods/"):
            self._send(connection, *fixed["404"])
        elif entry["method"] != "GET":
            self._send(connection, "405 Method Not Allowed", "Method Not Allowed")
        else:
            self._send_pods(connection, fault)

    def _send_huge(self, connection, fault):
        length = f"Content-Length: {60 * MIB}\r\n" if fault == "huge-declared" else ""
        connection.sendall(f"HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n".encode() + b'{"items":[')
        for _ in range(60):
            connection.sendall(b" " * MIB)

    def _send_pods(self, connection, fault):
        self._send_json(connection, fault, self.pods.read_bytes())

    def _send_json(self, connection, fault, body):
        """As it should, or with one of the faults that are in how the bytes come."""
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        if fault == "chunked":
            connection.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
            for at in range(0, len(body), 1000):
                piece = body[at:at + 1000]
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
            connection.sendall(b"0\r\n\r\n")
            return
        if fault == "eof":
            connection.sendall((head + "\r\n").encode() + body)
            if self.tls:
                connection.unwrap()
            return
        connection.sendall((head + f"Content-Length: {len(body)}\r\n\r\n").encode())
        if fault in ("half", "stall"):
            connection.sendall(body[:len(body) // 2])
            if fault == "stall":
                self._wait_for_close(connection)
        elif fault == "slow":
            step = max(1, len(body) // 20)
            for at in range(0, len(body), step):
                connection.sendall(body[at:at + step])
                if self.stopping.wait(self.slow_seconds / 20):
                    return
        else:
            connection.sendall(body)


def parse_args(argv):
    text = __doc__ + "\n".join(f"  {name:14} {what}" for name, what in FAULTS.items())
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", metavar="FILE", help="a PodList in JSON, read again at each request")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--tls-dir", metavar="DIR", help="HTTPS with the files in DIR, made if they are not there")
    parser.add_argument("--san", default="IP:127.0.0.1,IP:::1,DNS:localhost", help="names of a certificate that is made")
    parser.add_argument("--make-tls", action="store_true", help="make the files in --tls-dir anew and exit")
    parser.add_argument("--token-file", metavar="FILE", help="the only token that is accepted, read at each request")
    parser.add_argument("--client-ca", metavar="FILE", help="require a client certificate that this CA signed")
    parser.add_argument("--fault", choices=sorted(FAULTS), default="none")
    parser.add_argument("--control", metavar="FILE", help="holds the name of the fault, while it exists")
    parser.add_argument("--log", metavar="FILE", help="one JSON object a request; never the token")
    parser.add_argument("--slow-seconds", type=float, default=3.0)
    args = parser.parse_args(argv)
    if args.make_tls and not args.tls_dir:
        parser.error("--make-tls needs --tls-dir")
    if not args.make_tls and not args.pods:
        parser.error("--pods is missing")
    return args


def main(argv=None):
    args = parse_args(argv)
    if args.tls_dir and (args.make_tls or not (pathlib.Path(args.tls_dir) / "server.crt").exists()):
        make_tls(args.tls_dir, args.san)
    if args.make_tls:
        return 0
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *unused: done.set())
    server = Standin(args.pods, address=args.address, port=args.port, tls=args.tls_dir, token_file=args.token_file,
                     client_ca=args.client_ca, fault=args.fault, control=args.control, log=args.log,
                     slow_seconds=args.slow_seconds)
    with server:
        print("listening", server.port, flush=True)
        done.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
