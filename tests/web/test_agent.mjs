// SPDX-License-Identifier: Apache-2.0
// A real agent on this machine, real containers, the page that the agent itself serves.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { axe, live, rows, Skip } from "./browser.mjs";

// One node: what one agent's test starts, another's agent would see.
export const alone = true;

const NET = [/Failed to load resource/, /ERR_/];
const SLOW = { timeout: 30000 };

// The node: an agent and what happens there.
async function node({ end }) {
  if (process.getuid() !== 0) throw new Skip("root is missing: containers and BPF need it");
  const child = spawn("/usr/bin/python3", ["-B", fileURLToPath(new URL("driver.py", import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the driver ended");
    const said = JSON.parse(value);
    if (said.error) throw new Error(said.error);
    return said;
  };
  end(() => new Promise((resolve) => {
    child.on("exit", resolve);
    child.stdin.end();
  }));
  const { url, token, rules } = await answer();
  return { url, token, rules, tell: (word) => (child.stdin.write(word + "\n"), answer()) };
}

async function enter(page, token) {
  await page.getByLabel("Bearer token").fill(token);
  await page.keyboard.press("Enter");
  await live(page);
}

export default {
  "a container joins the host network and is in the page at once; kill -9 of the agent is a gap": async (tools) => {
    const real = await node(tools);
    const page = await tools.open(real.url, { allow: NET });
    await enter(page, real.token);
    await page.getByRole("heading", { level: 1, name: "Passed" }).waitFor(SLOW);
    await page.shot("agent-passed");

    const joined = await real.tell("join");
    const started = Date.now();
    const row = page.locator("section[aria-labelledby=findings-title] tbody tr", { hasText: joined.pod });
    await row.waitFor(SLOW);
    tools.say(`${Date.now() - started} ms from the started container to its row`);
    await row.locator("td.wide .cause.c-joined").waitFor(SLOW);
    await page.getByRole("heading", { level: 1, name: "Failed: 1 open finding" }).waitFor(SLOW);

    const declared = await real.tell("listen");
    await page.locator("section[aria-labelledby=findings-title] tbody tr", { hasText: declared.pod }).locator("td.wide .port", { hasText: String(declared.port) }).waitFor(SLOW);
    await page.locator(".plot .bar").first().waitFor();
    await rows(page);
    await page.shot("agent-findings");

    await row.locator("td.main a").click();
    await page.getByRole("heading", { level: 1, name: `Pod ml/${joined.pod}` }).waitFor();
    const permalink = page.url();
    await page.locator(".timeline .tl", { hasText: "Finding opened" }).waitFor(SLOW);
    await page.locator(".tree .process", { hasText: "vllm" }).first().waitFor();
    assert.ok(await page.locator("section[aria-labelledby=p-evidence] tbody tr").count() > 0);
    assert.match(await page.locator(".exception code").innerText(), /causes: \[joined\]/);
    await axe(page, "a real finding");
    await page.shot("agent-finding");

    await page.goto(`${real.url}#/agent`);
    await page.locator(".card", { hasText: "Kubelet" }).waitFor();
    await page.shot("agent-health");

    await page.goto(permalink);
    await page.locator(".finding-head .s-open").waitFor();
    await real.tell("kill");
    await page.locator("#connection-text", { hasText: "stale since" }).waitFor(SLOW);
    await real.tell("again");
    await live(page);
    await page.locator(".finding-head .s-open").waitFor();
    // The story says when nobody watched, with the reason.
    await page.locator(".timeline .k-gap", { hasText: /Not watched\s.*killed/ }).waitFor(SLOW);
    await page.locator(".timeline .tl", { hasText: "Agent started" }).waitFor(SLOW);
    await page.shot("agent-gap");
    await page.goto(real.url + "#/");
    await page.locator(".plot .gap").first().waitFor({ state: "attached", ...SLOW });

    // The page's own rule is taken, and the page says so by itself.
    await page.goto(permalink);
    await page.locator(".exception").getByLabel("Reason").fill("NCCL over RoCE");
    writeFileSync(real.rules, await page.locator(".exception code").textContent());
    await page.locator(".finding-head .s-excepted").waitFor(SLOW);
    await page.locator("section[aria-labelledby=p-exception]", { hasText: "NCCL over RoCE" }).waitFor();
    await page.goto(real.url + "#/sharing");
    await page.locator("tbody tr", { hasText: joined.pod }).waitFor();
    await page.goto(real.url + "#/");
    await page.getByRole("heading", { level: 1, name: "Failed: 1 open finding" }).waitFor(SLOW);
    writeFileSync(real.rules, "exceptions: []\n");
    await page.getByRole("heading", { level: 1, name: "Failed: 2 open findings" }).waitFor(SLOW);

    await real.tell("end");
    await page.locator("section[aria-labelledby=findings-title] td.wide .s-resolved").waitFor(SLOW);
    await page.shot("agent-resolved");
  },

  "the agent's files come with the policy, and nothing but them without a token": async (tools) => {
    const real = await node(tools);
    const head = await fetch(real.url);
    assert.equal(head.status, 200);
    assert.match(head.headers.get("content-security-policy"), /script-src 'self'/);
    assert.doesNotMatch(head.headers.get("content-security-policy"), /unsafe/);
    assert.equal((await fetch(`${real.url}api/v1/findings`)).status, 401);
    assert.equal((await fetch(`${real.url}api/v1/findings`, { headers: { Authorization: `Bearer ${real.token}` } })).status, 200);
  },
};
