// SPDX-License-Identifier: Apache-2.0
// One finding's page.
import assert from "node:assert/strict";
import * as data from "./data.mjs";

const focused = (page) => page.evaluate(() => document.activeElement.textContent || document.activeElement.id);
const at = (n) => `#/finding/${data.hex(n)}`;

export default {
  "the timeline tells the story in order": async ({ mock, open }) => {
    const page = await open((await mock(data.investigation(Date.now()))).url + at(8));
    await page.locator(".timeline .tl").nth(6).waitFor();
    assert.deepEqual(await page.locator(".timeline .tl strong").allTextContents(), ["Process entered the host network", "Container in the host network", "Finding opened", "Finding changed", "Program started", "Contacted a metadata service", "Process ended", "Container left the host network", "Finding resolved"]);
  },

  "a clock that was set back mixes up no story": async ({ mock, open }) => {
    const state = data.empty(Date.now());
    const f = data.makeFinding(1, { now: Date.now(), name: "vllm" });
    state.findings = [f];
    state.events = ["process.entered", "finding.opened", "process.left", "container.left"].map((type, i) => ({ seq: i + 1, time: data.iso(Date.parse(f.firstSeen) + [0, 1000, -300000, -299000][i]), type, finding: f.id }));
    const { url } = await mock(state);
    const page = await open(url + at(1));
    const story = ["Process entered the host network", "Finding opened", "Process left the host network", "Container left the host network"];
    await page.locator(".timeline .tl").nth(3).waitFor();
    assert.deepEqual(await page.locator(".timeline .tl strong").allTextContents(), story);
    await page.goto(`${url}#/events`);
    await page.locator("tbody td .kind").nth(3).waitFor();
    assert.deepEqual(await page.locator("tbody td .kind").allTextContents(), story.toReversed());
  },

  "what nobody watched stands in the timeline, as long as the finding was there": async ({ mock, open }) => {
    const m = await mock(data.investigation(Date.now()));
    const page = await open(m.url + at(1));
    const own = page.locator(".timeline .tl", { hasText: /^[\d:]+\s*(Agent|Not watched|Events lost)/ });
    await own.nth(3).waitFor();
    assert.deepEqual(await own.locator("div > strong").allTextContents(), ["Agent stopped", "Agent started", "Not watched", "Events lost"]);
    assert.match(await page.locator(".timeline .k-gap").first().innerText(), /Not watched\s+\d+ \w+ [\d:]{8} \u2013 [\d:]{8} UTC, 2 min 20 s/);
    // Which of it belongs here the agent decides: the page asks it again, and says where it has left some out.
    m.push({ type: "agent.gap", since: data.iso(Date.now() - 90000), until: data.iso(Date.now() - 30000), text: `nobody watched from a to ${data.iso(Date.now() - 30000)}: killed` });
    m.leftOut = true;
    await page.locator(".timeline .k-gap", { hasText: "1 min" }).waitFor();
    await page.getByText("more often than is shown").waitFor();
    await page.goto(m.url + at(8));
    await page.locator(".timeline .tl", { hasText: "Finding resolved" }).waitFor();
    assert.equal(await own.count(), 0);
  },

  "news leaves alone what its reader opened, marked and focused": async ({ mock, open }) => {
    const state = data.investigation(Date.now());
    const f = state.findings.find((one) => one.id === data.hex(1));
    const long = (end) => `${"A".repeat(600)}-END-${end}`;
    f.processes[0].argv = [long("argv")];
    f.ai.evidence[0].value = long("evidence");
    const m = await mock(state);
    const page = await open(m.url + at(1));
    const evidence = page.locator("section[aria-labelledby=p-evidence]");
    const tree = page.locator("section[aria-labelledby=p-tree]");
    await tree.getByRole("button", { name: "show all" }).click();
    await evidence.getByRole("button", { name: "show all" }).click();
    await page.getByLabel("Ticket").fill("INC-7");
    await tree.getByRole("button", { name: "show less" }).focus();
    // The same element, not one like it: a mark of the mouse goes with its element.
    await evidence.evaluate((panel) => getSelection().selectAllChildren(panel.querySelector("td.fact")));
    m.push({ type: "finding.changed", changed: ["processes", "network"] }, { ...f, processes: [...f.processes, { pid: 4711, comm: "late", argv: ["late"], startTime: data.iso(Date.now()) }],
      network: { ...f.network, listening: [...f.network.listening, { protocol: "tcp", address: "0.0.0.0", port: 31337 }] } });
    await tree.locator(".process", { hasText: "late" }).waitFor();
    await page.locator(".exception code", { hasText: "31337" }).waitFor();
    assert.match(await tree.innerText(), /-END-argv/);
    assert.match(await evidence.innerText(), /-END-evidence/);
    assert.match(await page.evaluate(() => String(getSelection())), /-END-evidence/);
    assert.equal(await focused(page), "show less");
    assert.match(await page.locator(".exception code").innerText(), /ticket: "INC-7"/);
    await tree.getByRole("button", { name: "show less" }).click();
    assert.doesNotMatch(await tree.innerText(), /-END-argv/);
  },

  "an event that comes while the page is open goes to the timeline": async ({ mock, open }) => {
    const m = await mock(data.investigation(Date.now()));
    const page = await open(m.url + at(1));
    await page.locator(".timeline .tl").nth(5).waitFor();
    const before = await page.locator(".timeline .tl").count();
    m.push({ type: "network.listening", finding: data.hex(1), endpoint: { protocol: "tcp", address: "0.0.0.0", port: 31337 } });
    await page.locator(".timeline .tl").nth(before).waitFor();
    assert.match(await page.locator(".timeline .tl").last().innerText(), /Opened a port\s+tcp 0\.0\.0\.0:31337/);
  },

  "processes are a tree, sockets say who can reach them, evidence has weights": async ({ mock, open }) => {
    const page = await open((await mock(data.investigation(Date.now()))).url + at(1));
    const deep = page.locator(".tree > li > ul > li > ul > li .process");
    await deep.waitFor();
    assert.match(await deep.innerText(), /ray::worker/);
    assert.match(await page.locator("section[aria-labelledby=p-sockets]").innerText(), /tcp 0\.0\.0\.0:8000\s+every interface[\s\S]+127\.0\.0\.1:9000\s+this node only[\s\S]+169\.254\.169\.254[\s\S]+127\.0\.0\.1:10250/);
    assert.match(await page.locator("section[aria-labelledby=p-evidence]").innerText(), /\+0\.90[\s\S]+\u22120\.15/);
    assert.equal(await page.locator(".remedy li").count(), 4);
  },

  "processes that ended are in the tree, with who started them and what they ran": async ({ mock, open }) => {
    const state = data.investigation(Date.now());
    const f = state.findings.find((one) => one.id === data.hex(1));
    f.processes = [];
    const process = { pid: 70, uid: 0, comm: "sh", exe: "/bin/sh", argv: ["sh", "-c", "nsenter"], container: "server", parent: 60, ancestors: [{ pid: 60, comm: "containerd-shim" }, { pid: 1, comm: "systemd" }] };
    state.events = [{ seq: 1, time: f.firstSeen, type: "process.entered", finding: f.id, container: "server", process },
      { seq: 2, time: f.firstSeen, type: "process.exec", finding: f.id, container: f.containers[0].id, process: { ...process, pid: 71, comm: "nc", exe: "/bin/nc", argv: ["nc"], parent: 70, ancestors: [{ pid: 70, comm: "sh" }] } },
      { seq: 3, time: f.firstSeen, type: "network.contact", finding: f.id, contact: "abstract", text: "@/run/shim.sock", process },
      { seq: 4, time: f.firstSeen, type: "process.exited", finding: f.id, container: "server", process: { ...process, parent: 1, ancestors: [{ pid: 1, comm: "systemd" }] } },
      { seq: 5, time: f.firstSeen, type: "process.exited", finding: f.id, container: "server", process }];
    const m = await mock(state);
    const sha = (digit) => String(digit).repeat(64);
    m.executables = [{ path: "/bin/sh", sha256: sha(1), size: 5, container: "server" }, { path: "/bin/nc", sha256: sha(2), size: 5, container: "server" }, { path: "/bin/nc", sha256: sha(3), size: 6, container: "server" }, { path: "/bin/sh", sha256: sha(1), size: 5, container: f.containers[0].id }];
    const page = await open(m.url + at(1));
    await page.locator(".tree > li > ul > li > ul > li > ul > li .process", { hasText: "pid 71" }).waitFor();
    assert.match(await page.locator(".tree .process").first().innerText(), /systemd\s+pid 1/);
    assert.match(await page.locator(".tree .process", { hasText: "pid 70" }).innerText(), new RegExp(`ended[\\s\\S]*sha256 ${sha(1)}`));
    // Two files had its path: which of them it was is not known.
    assert.doesNotMatch(await page.locator(".tree .process", { hasText: "pid 71" }).innerText(), /sha256/);
    // The same file, read once before the pod was known and once after, is one row.
    assert.equal(await page.locator("section[aria-labelledby=p-tree] tbody tr").count(), 3);
    assert.match(await page.locator("section[aria-labelledby=p-tree] table").innerText(), new RegExp(`${sha(1)}[\\s\\S]*${sha(2)}[\\s\\S]*${sha(3)}`));
    assert.match(await page.locator(".timeline").innerText(), /Called a socket of the node[\s\S]*@\/run\/shim\.sock/);
  },

  "a pid that is used again is another process": async ({ mock, open }) => {
    const state = data.investigation(Date.now());
    const f = state.findings.find((one) => one.id === data.hex(1));
    const start = (n) => new Date(Date.parse(f.firstSeen) + n).toISOString();
    const exec = (seq, pid, parent, comm) => ({ seq, time: start(seq), type: "process.exec", finding: f.id, container: "server", process: { pid, startTime: start(seq), parent, comm, uid: 0 } });
    f.processes = [];
    state.events = [exec(1, 10, 5, "first"), exec(2, 11, 10, "worker"), exec(3, 10, 11, "second"), exec(4, 12, 10, "child")];
    const page = await open((await mock(state)).url + at(1));
    await page.locator(".tree > li > ul > li > ul > li > ul > li > ul > li .process", { hasText: "child" }).waitFor();
    assert.deepEqual((await page.locator(".tree .process strong").allInnerTexts()).slice(-4), ["first", "worker", "second", "child"]);
  },

  "a process that is its own ancestor ends the tree, not the page": async ({ mock, open }) => {
    const state = data.investigation(Date.now());
    state.findings[0].processes = [{ pid: 10, uid: 0, comm: "a", threadsInHostNetns: 1, ancestors: [{ pid: 11, comm: "b" }, { pid: 10, comm: "a" }] }, { pid: 12, uid: 0, threadsInHostNetns: 1, ancestors: [{ pid: 12 }] }];
    state.events = [];
    const page = await open((await mock(state)).url + at(1));
    await page.locator(".tree .process", { hasText: "pid 12" }).waitFor();
    assert.equal(await page.locator(".tree .process").count(), 3);
  },

  "the exception names the cause, ends in 30 days and wants a reason": async ({ mock, open }) => {
    const m = await mock(data.investigation(Date.now()));
    const page = await open(m.url + at(2), { permissions: ["clipboard-read", "clipboard-write"] });
    const form = page.locator(".exception");
    await form.getByText("A rule that names joined also accepts the next such entry").waitFor();
    const day = new Date(Date.now() + 30 * 864e5).toISOString().slice(0, 10);
    const text = () => form.locator("code").innerText();
    assert.match(await text(), new RegExp(`expires: ${day}\\n  match:\\n    namespaces: \\["research"\\]\\n    workloads: \\[\\{kind: "Pod", name: "notebook-7f2c"\\}\\]\\n    products: \\["jupyter"\\]\\n    causes: \\[joined\\]\\n    ports: \\[8888\\]`));
    await form.getByRole("button", { name: "Copy" }).click();
    await form.getByText("Fill in the reason first").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "x-reason");
    await form.getByLabel("Reason").fill('we "must": \\ it\u202e');
    assert.match(await text(), /reason: "we \\"must\\": \\\\ it\\u202e"/);
    for (const wrong of ["2200-01-01", new Date(Date.now() - 864e5).toISOString().slice(0, 10), ""]) {
      await form.getByLabel("Expires").fill(wrong);
      assert.match(await text(), /expires: *\n/);
      await form.getByRole("button", { name: "Copy" }).click();
      await form.getByText("Choose a day from today to 2199-12-31").waitFor();
    }
    await form.getByLabel("Expires").fill(day);
    await form.getByRole("button", { name: "Copy" }).click();
    await form.getByText("Copied.").waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await text().then((one) => one + (one.endsWith("\n") ? "" : "\n")));
    // What comes meanwhile does not take the form away from the writer.
    m.push({ type: "finding.updated", changed: ["lastSeen"] }, { ...m.findings[1], occurrences: 2 });
    await page.getByText("came back 1 time").waitFor();
    assert.equal(await form.getByLabel("Reason").inputValue(), 'we "must": \\ it\u202e');
  },

  "a declared finding's rule says declared; unmanaged and unknown causes get none": async ({ mock, open }) => {
    const state = data.investigation(Date.now());
    delete state.findings[2].cause;
    const { url } = await mock(state);
    const page = await open(url + at(1));
    assert.match(await page.locator(".exception code").innerText(), /causes: \[declared\]/);
    await page.goto(url + at(4));
    await page.getByText("no pod and no workload that a rule could name").waitFor();
    await page.goto(url + at(3));
    await page.getByText("The cause is not known yet. A rule names its cause").waitFor();
    assert.equal(await page.locator(".exception").count(), 0);
  },

  "an exception in force says rule, reason and end": async ({ mock, open }) => {
    const state = data.investigation(Date.now());
    state.findings[6].exception = state.findings[4].exception;
    const { url } = await mock(state);
    const page = await open(url + at(5));
    assert.match(await page.locator("section[aria-labelledby=p-exception]").innerText(), /^Exception in force\s[\s\S]+rdma-training\s+Reason\s+NCCL over RoCE[\s\S]+2027-01-31/);
    await page.goto(url + at(7));
    await page.locator(".finding-head .s-resolved").waitFor();
    assert.match(await page.locator("section[aria-labelledby=p-exception]").innerText(), /^Exception that covered it\s/);
  },
};
