// SPDX-License-Identifier: Apache-2.0
// Names, labels and commands that attack who reads them.
import assert from "node:assert/strict";
import { noSideways, settled } from "./browser.mjs";
import * as data from "./data.mjs";

const ROUTES = ["", `finding/${data.hex(1)}`, "sharing", "events", "agent"];

export default {
  "they show as text on every page": async ({ mock, open }) => {
    const { url } = await mock(data.hostile(Date.now()));
    const page = await open(url);
    for (const route of ROUTES) {
      await page.goto(`${url}#/${route}`);
      await page.locator("main", { hasText: /<script>/ }).waitFor();
      await settled(page);
      const state = await page.evaluate(() => ({ pwned: window.pwned, scripts: document.querySelectorAll("script").length, images: document.querySelectorAll("main img").length,
        raw: /[\u0000-\u0008\u000b-\u001f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText + document.title), marks: document.querySelectorAll(".hidden-char").length }));
      assert.deepEqual({ ...state, marks: state.marks > 0 }, { pwned: undefined, scripts: 1, images: 0, raw: false, marks: true }, route);
      await noSideways(page, route);
    }
    await page.goto(`${url}#/finding/${data.hex(1)}`);
    await page.locator(".timeline").waitFor();
    await page.shot("hostile");
  },

  "direction is isolated, invisible characters are named": async ({ mock, open }) => {
    const { url } = await mock(data.hostile(Date.now()));
    const page = await open(`${url}#/finding/${data.hex(1)}`);
    const lead = page.locator(".lead bdi");
    await lead.waitFor();
    assert.match(await lead.innerText(), /^vllmU\+202E1v:elgoogU\+2066U\+200BU\+200F<script>/);
  },

  "10,000 characters are cut, and all of them are there when asked for": async ({ mock, open }) => {
    const { url } = await mock(data.hostile(Date.now()));
    const page = await open(`${url}#/finding/${data.hex(1)}`);
    const value = page.locator("section[aria-labelledby=p-evidence] td", { hasText: "AAAAAAAA" });
    assert.ok((await value.innerText()).length < 400);
    await value.getByRole("button").click();
    assert.match(await value.innerText(), /THE-END-10/);
    await noSideways(page, "the long text");
    await value.getByRole("button", { name: "show less" }).click();
    assert.doesNotMatch(await value.innerText(), /THE-END-10/);
  },

  "a name with a pattern in it gets no exception": async ({ mock, open }) => {
    const state = data.investigation(Date.now());
    state.findings[0].workload.name = "vllm-*";
    const page = await open((await mock(state)).url + `#/finding/${data.hex(1)}`);
    await page.getByText("a rule reads as a pattern").waitFor();
    assert.equal(await page.locator(".exception").count(), 0);
  },

  "answers of a wrong form do not end the page": async ({ mock, open }) => {
    const state = data.investigation(Date.now());
    state.findings[0] = { id: "x" };
    state.findings[1] = { id: "__proto__", cause: "constructor", severity: "toString", state: "__proto__", firstSeen: "yesterday", containers: [null, 5], processes: [{}], network: {}, ai: {} };
    state.sharing[0] = {};
    state.events.push({ seq: 9e5, time: "never", type: "constructor" }, { seq: 9e5 + 1 });
    state.status = { control: {} };
    const { url } = await mock(state);
    const page = await open(url);
    for (const route of ["", "finding/x", "finding/__proto__", "finding/%E0", "sharing", "events", "agent", "constructor"]) {
      await page.goto(`${url}#/${route}`);
      await page.locator("main h1").waitFor();
      await settled(page);
    }
    page.sins.list = page.sins.list.filter((sin) => !sin.includes("404"));
  },
};
