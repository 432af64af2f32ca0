// SPDX-License-Identifier: Apache-2.0
// The ready-made exception is one that the program takes, whatever the finding's names are.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as data from "./data.mjs";

const PROGRAM = join(process.env.HN_OUT || fileURLToPath(new URL("../../.output", import.meta.url)), "hostnetd");

// What `scan` says of a file of rules: "" if it looked, else its error. Nothing of this machine is looked at.
function refused(folder, text) {
  const file = (name, body) => (writeFileSync(join(folder, name), body), join(folder, name));
  const rules = file("rules.yaml", text);
  const done = spawnSync(PROGRAM, ["scan", "--output", "json", "--exceptions", rules, "--replay", file("replay", "{}"),
    "--pods-file", file("pods.json", '{"kind":"PodList","apiVersion":"v1","items":[]}')], { encoding: "utf8", timeout: 20000 });
  if (done.error) throw done.error;
  return done.stdout.startsWith('{"schema":"hostnetd.scan/v1"') ? "" : done.stderr;
}

async function each({ mock, open, end }, state) {
  const folder = mkdtempSync(join(tmpdir(), "hostnetd-rules-"));
  end(() => rmSync(folder, { recursive: true }));
  const { url } = await mock(state);
  const page = await open(url);
  const rules = [];
  for (const one of state.findings) {
    await page.goto(`${url}#/finding/${one.id}`);
    await page.locator(".finding-head").waitFor();
    const form = page.locator(".exception");
    if (!(await form.count())) continue;
    const code = form.locator("code");
    assert.match(refused(folder, "exceptions:\n" + await code.textContent()), /rules\.yaml:4: reason/, "the form is empty");
    await form.getByLabel("Reason").fill("NCCL: needs 'the' \"node's\" #network, \\ [x] \u00e4\u202e \ud83d\ude00");
    await form.getByLabel("Approved by").fill("- {a: b}");
    await form.getByLabel("Ticket").fill("SEC-1: &x *y");
    const text = await code.textContent();
    assert.equal(refused(folder, "exceptions:\n" + text), "", text);
    rules.push(text);
  }
  // They stand in one file beside others.
  const all = `exceptions:\n- {name: there, reason: before, expires: 2199-01-01, match: {namespaces: [x]}}\n${rules.join("")}`;
  assert.equal(refused(folder, all), "", all);
  return rules.length;
}

export default {
  "scan takes the rule of every finding": async (tools) => {
    const state = data.investigation(Date.now());
    const long = "n".repeat(140);
    // Two kinds of one name, and names that differ at their end only.
    state.findings.push(...[["Deployment", "vllm"], ["Job", long + "a"], ["Job", long + "b"]].map(([kind, name], i) => data.makeFinding(20 + i, { now: Date.now(), kind, name, pod: "p" })));
    assert.equal(await each(tools, state), 7);
  },
  "and of findings with hostile names, where they hold no control character": async (tools) => {
    const state = data.hostile(Date.now());
    assert.equal(await each(tools, state), 0);
    state.findings[0].pod.namespace = "red";
    assert.equal(await each(tools, state), 1);
  },
};
