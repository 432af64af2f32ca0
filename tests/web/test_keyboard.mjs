// SPDX-License-Identifier: Apache-2.0
// All of it without a mouse.
import assert from "node:assert/strict";
import * as data from "./data.mjs";

const focused = (page) => page.evaluate(() => document.activeElement.textContent || document.activeElement.id);

export default {
  "skip link, slash, Escape, rows, Enter, and back": async ({ mock, open }) => {
    const page = await open((await mock(data.investigation(Date.now()))).url);
    await page.locator("td.main a").first().waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
    assert.doesNotMatch(page.url(), /#main/);
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "q");
    await page.keyboard.type("ml/");
    assert.equal(await page.locator("#q").inputValue(), "ml/");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#q").inputValue(), "");
    await page.keyboard.press("Escape");
    assert.notEqual(await page.evaluate(() => document.activeElement.id), "q");
    const first = page.locator("section[aria-labelledby=findings-title] td.main a").first();
    await first.focus();
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(page), "research/notebook-7f2c");
    await page.keyboard.press("End");
    assert.match(await focused(page), /embed-nightly/);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.locator("section[aria-labelledby=findings-title] tbody a[tabindex='0']").count(), 1);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Pod research/notebook-7f2c" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("section[aria-labelledby=findings-title] td.main a").first().waitFor();
    await page.waitForFunction(() => document.activeElement.textContent === "research/notebook-7f2c");
  },

  "live news does not move the focus": async ({ mock, open }) => {
    const m = await mock(data.investigation(Date.now()));
    const page = await open(m.url);
    await page.locator("#connection-text", { hasText: "live" }).waitFor();
    await page.locator("section[aria-labelledby=findings-title] td.main a").nth(2).focus();
    const before = await focused(page);
    for (let i = 0; i < 5; i++) m.push({ type: "finding.opened", changed: ["state"] }, data.makeFinding(60 + i, { now: Date.now(), kind: "Pod", name: `late-${i}`, cause: "joined", ago: 1000 }));
    await page.locator("td.main a", { hasText: "late-4" }).waitFor();
    assert.equal(await focused(page), before);
  },

  "help opens with ? and closes with Escape": async ({ mock, open }) => {
    const page = await open((await mock(data.empty(Date.now()))).url);
    await page.getByRole("heading", { name: "Passed" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor({ state: "hidden" });
  },
};
