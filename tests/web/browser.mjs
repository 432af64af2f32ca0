// SPDX-License-Identifier: Apache-2.0
// One Chromium for all tests, a fresh profile for each; what no page of ours may ever do is counted and fails the test.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OUT = new URL(process.env.HN_WEB_OUT ? `file://${process.env.HN_WEB_OUT}/` : "../../.output/web/", import.meta.url);
const require = createRequire(OUT);
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = fileURLToPath(new URL("screenshots/", OUT));
mkdirSync(SHOTS, { recursive: true });

export const LIMIT = 200; // rows in the document at once
const STILL = 300; // ms: longer than what the page puts off (the picture, 250) until much has happened
let browser;

// A test that cannot run here says why.
export class Skip extends Error {}

export async function launch() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
  return browser;
}

export const theBrowser = () => browser;
export const close = () => browser?.close();

// What a page did that it must not.
class Sins {
  list = [];
  allowed = [];

  add(text) {
    if (!this.allowed.some((pattern) => pattern.test(text))) this.list.push(text);
  }

  check() {
    if (this.list.length) throw new Error(`the page did what it must not:\n  ${[...new Set(this.list)].join("\n  ")}`);
  }
}

// A page of `url`, which is the agent's or a mock's. `options`: as Playwright's contexts have, and `allow`: patterns of console
// errors that this test provokes.
export async function open(url, { allow = [], ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, timezoneId: "America/New_York", locale: "en-US", ...options });
  const sins = new Sins();
  sins.allowed = allow;
  await context.exposeBinding("hnViolation", (_, text) => sins.add(`CSP: ${text}`));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => window.hnViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  const page = await context.newPage();
  const { origin } = new URL(url);
  page.on("request", (request) => new URL(request.url()).origin === origin || sins.add(`request to ${request.url()}`));
  page.asked = new Set(); // requests that have no answer yet, but for the stream, which never has
  page.on("request", (request) => request.url().endsWith("/stream") || page.asked.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => page.asked.delete(request));
  page.on("console", (message) => message.type() === "error" && sins.add(`console: ${message.text()}`));
  page.on("pageerror", (error) => sins.add(`exception: ${error.stack}`));
  page.on("dialog", (dialog) => sins.add(`dialog: ${dialog.message()}`));
  page.setDefaultTimeout(15000);
  await page.goto(url);
  page.sins = sins;
  page.shot = (name) => page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
  return page;
}

export async function rows(page) {
  const n = await page.evaluate(() => document.querySelectorAll("tr").length);
  if (n > LIMIT) throw new Error(`${n} rows in the page, at most ${LIMIT}`);
  return n;
}

// No finding of axe that is serious or critical.
export async function axe(page, where) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`) }));
  });
  const serious = found.filter(({ impact }) => impact === "serious" || impact === "critical");
  if (serious.length) throw new Error(`axe, ${where}: ${JSON.stringify(serious, null, 1)}`);
}

export const noSideways = async (page, where) => {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) throw new Error(`${where} is ${over} px too wide`);
};

// Comes when the page rests: it has had its answers, and nothing in it has changed for a while.
export async function settled(page) {
  do {
    await page.evaluate((still) => new Promise((resolve) => {
      let timer;
      const changes = new MutationObserver(() => wait());
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => resolve(changes.disconnect()), still);
      };
      changes.observe(document.querySelector("main"), { subtree: true, childList: true, characterData: true, attributes: true });
      wait();
    }), STILL);
  } while (page.asked.size);
}

export const live = (page) => page.locator("#connection-text", { hasText: /^live$/ }).waitFor();
