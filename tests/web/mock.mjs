// SPDX-License-Identifier: Apache-2.0
// A stand-in for the agent: its API and its page's files with its headers, from data that a test gives. For states that a real
// agent is hard to bring into. By hand: `node tests/web/mock.mjs [investigation|empty|incomplete|hostile|many] [PORT]`.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as data from "./data.mjs";

const PAGE = fileURLToPath(new URL("../../src/http/page/", import.meta.url));
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml" };
export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HEADERS = { "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin" };

export class Mock {
  streams = new Set();
  broken = new Map(); // path's beginning -> [status, message]; status 0: no answer at all
  holds = ""; // path's beginning: the answers, made when they were asked for, wait in `held` until they are called
  held = [];
  refused = new Map(); // file of the page -> status; 0: no answer at all; "cut": half of it
  token = "";
  requests = [];

  constructor(state) {
    Object.assign(this, state);
    this.server = createServer((request, response) => this.#answer(request, response));
  }

  async start(port = 0) {
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.port}/`;
  }

  // Down as when the agent is killed; `start(port)` brings it back.
  async stop() {
    this.streams.forEach((response) => response.destroy());
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async restart() {
    this.server = createServer((request, response) => this.#answer(request, response));
    await this.start(this.port);
  }

  // An event happens; with a finding it changes that one too.
  push(event, finding) {
    const seq = (this.events.at(-1)?.seq || 0) + 1;
    const full = { seq, time: data.iso(Date.now()), ...event };
    if (finding) {
      const at = this.findings.findIndex((one) => one.id === finding.id);
      if (at < 0) this.findings.push(finding);
      else this.findings[at] = finding;
      full.finding = finding.id;
      this.status = { ...data.statusOf(this.findings, Date.now()), ...this.statusMore };
    }
    this.events.push(full);
    const line = `id: ${seq}\nevent: ${full.type}\ndata: ${JSON.stringify(finding ? { ...full, findingObject: finding } : full)}\n\n`;
    this.streams.forEach((response) => response.write(line));
  }

  // The ring was too small for a reader: it is told.
  gap() {
    this.streams.forEach((response) => response.write('event: gap\ndata: {"after":1,"next":9}\n\n'));
  }

  #list(response, items, query) {
    const limit = Math.min(500, Number(query.get("limit")) || 100);
    const from = Number(query.get("cursor")) || 0;
    this.#json(response, 200, { items: items.slice(from, from + limit), total: items.length, ...(from + limit < items.length ? { next: String(from + limit) } : {}) });
  }

  #json(response, status, body) {
    response.writeHead(status, { ...HEADERS, "Content-Type": "application/json", "Cache-Control": "no-store" });
    response.end(JSON.stringify(body));
  }

  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    this.requests.push(request.url);
    if (!pathname.startsWith("/api/")) return this.#file(pathname, response);
    if (this.token && request.headers.authorization !== `Bearer ${this.token}`) return this.#json(response, 401, { error: "this API needs a bearer token" });
    const path = pathname.replace("/api/v1/", "");
    for (const [start, [status, message]] of this.broken) if (path.startsWith(start)) return status ? this.#json(response, status, { error: message }) : null;
    if (this.holds && path.startsWith(this.holds)) {
      const { end } = response;
      response.end = (body) => this.held.push(() => end.call(response, body));
    }
    if (path === "status") return this.#json(response, 200, this.status);
    if (path === "findings") return this.#list(response, this.findings, searchParams);
    if (path === "sharing") return this.#list(response, this.sharing, searchParams);
    if (path === "events") {
      const since = Date.parse(searchParams.get("since")) || 0;
      return this.#list(response, this.events.filter((event) => Date.parse(event.time) >= since).reverse(), searchParams);
    }
    if (path.startsWith("findings/")) {
      const finding = [...this.findings, ...(this.others || [])].find((one) => one.id === decodeURIComponent(path.slice(9)));
      return finding ? this.#json(response, 200, { finding, timeline: this.#story(finding), executables: this.executables || [], ...(this.leftOut ? { agentEventsLeftOut: true } : {}) }) : this.#json(response, 404, { error: "no such finding" });
    }
    if (path === "stream") return this.#stream(request, response);
    return this.#json(response, 404, { error: "no such path" });
  }

  // As the agent does it: its own events belong to a story where they overlap it.
  #story({ id, firstSeen, resolvedAt = "9999" }) {
    return this.events.filter((event) => event.finding === id || (event.type?.startsWith("agent.") && (event.until || event.time) >= firstSeen && (event.since || event.time) <= resolvedAt));
  }

  #stream(request, response) {
    response.writeHead(200, { ...HEADERS, "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(": hello\n\n");
    const last = Number(request.headers["last-event-id"]);
    this.lastEventId = request.headers["last-event-id"];
    if (last) for (const event of this.events.filter(({ seq }) => seq > last)) response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
  }

  async #file(pathname, response) {
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    if (!/^[a-z]+\.(html|js|css|svg)$/.test(name)) return this.#json(response, 404, { error: "no such path" });
    const refused = this.refused.get(name);
    if (refused) return refused === "cut" ? this.#cut(name, response) : this.#json(response, refused, { error: "too much to do" });
    if (refused === 0) return response.destroy();
    try {
      const body = await readFile(PAGE + name);
      response.writeHead(200, { ...HEADERS, "Content-Type": TYPES[name.split(".")[1]] });
      response.end(body);
    } catch {
      this.#json(response, 404, { error: "no such path" });
    }
  }

  async #cut(name, response) {
    const body = await readFile(PAGE + name);
    response.writeHead(200, { ...HEADERS, "Content-Type": TYPES[name.split(".")[1]], "Content-Length": body.length });
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , kind = "investigation", port = "9465"] = process.argv;
  const mock = await new Mock(data[kind](Date.now(), 5000)).start(Number(port));
  console.log(mock.url);
}
