// SPDX-License-Identifier: Apache-2.0
// axe on every route, in light, dark, on a phone, with forced colours; nothing is wider than the screen.
import { axe, noSideways, settled } from "./browser.mjs";
import * as data from "./data.mjs";

const ROUTES = { findings: "", finding: `finding/${data.hex(2)}`, resolved: `finding/${data.hex(8)}`, inventory: "sharing", events: "events", agent: "agent", nowhere: "nowhere" };
const LOOKS = { light: {}, dark: { colorScheme: "dark" }, phone: { viewport: { width: 320, height: 720 }, hasTouch: true }, "dark phone": { viewport: { width: 320, height: 720 }, colorScheme: "dark" }, "forced colours": { forcedColors: "active", reducedMotion: "reduce" } };

const tests = {};
for (const [look, options] of Object.entries(LOOKS)) {
  tests[`${look}: no serious violation, nothing too wide`] = async ({ mock, open }) => {
    const { url } = await mock(data.investigation(Date.now()));
    const page = await open(url, options);
    for (const [name, route] of Object.entries(ROUTES)) {
      await page.goto(`${url}#/${route}`);
      await page.locator("main h1").waitFor();
      if (name === "findings") await page.getByText("The picture as a table").click();
      await settled(page);
      await axe(page, `${name}, ${look}`);
      await noSideways(page, `${name}, ${look}`);
      await page.shot(`${name}-${look.replace(" ", "-")}`);
    }
  };
}

for (const [name, make] of Object.entries({ empty: data.empty, incomplete: data.incomplete, hostile: data.hostile })) {
  tests[`${name}: no serious violation`] = async ({ mock, open }) => {
    for (const options of [{}, { colorScheme: "dark", viewport: { width: 320, height: 720 } }]) {
      const page = await open((await mock(make(Date.now()))).url, options);
      await page.locator("main h1").waitFor();
      await settled(page);
      await axe(page, name);
      await noSideways(page, name);
    }
  };
}

export default tests;
