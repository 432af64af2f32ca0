// SPDX-License-Identifier: Apache-2.0
// Runs the dashboard's tests: `node tests/web/run.mjs [-k FILTER]`. Each file exports an object of tests, title -> function; what
// a test makes by its tools is closed when it ends. Some run at a time, each in a profile of its own; those of a file that exports
// `alone` run after all others, one by one. The last line has the sums.
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { launch, close, open, Skip } from "./browser.mjs";
import { Mock } from "./mock.mjs";

const at = process.argv.indexOf("-k");
const filter = at > 0 ? process.argv[at + 1] : "";
const LIMIT = 120000; // ms a test
// Half of a test's time is waiting; more would wait for each other in the one browser.
const WORKERS = Math.min(availableParallelism() + 1, 4);
const counts = { passed: 0, failed: 0, skipped: 0 };

async function run(name, test) {
  const ends = [];
  const pages = [];
  const said = [];
  const tools = {
    // A line that stands before the test's own.
    say: (line) => said.push(`      ${line}\n`),
    end: (what) => ends.push(what),
    // A mock with this state, and a page of it at a route.
    mock: async (state, setup = () => {}) => {
      const mock = new Mock(state);
      setup(mock);
      await mock.start();
      ends.push(() => mock.stop());
      return mock;
    },
    open: async (url, options) => {
      const page = await open(url, options);
      pages.push(page);
      ends.push(() => page.context().close());
      return page;
    },
  };
  const started = Date.now();
  let timer;
  let error;
  try {
    await Promise.race([test(tools), new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`not done in ${LIMIT / 1000} s`)), LIMIT)))]);
    pages.forEach((page) => page.sins.check());
  } catch (caught) {
    error = caught;
    if (!(error instanceof Skip)) await pages.at(-1)?.shot(`failed-${name.replace(/\W+/g, "-")}`).catch(() => {});
  }
  clearTimeout(timer);
  for (const end of ends.reverse()) await Promise.resolve(end()).catch((problem) => said.push(`   ${name}: at its end: ${problem.message}\n`));
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (error instanceof Skip) {
    counts.skipped++;
    console.log(`${said.join("")}SKIP  ${name}: ${error.message}`);
  } else if (error) {
    counts.failed++;
    console.log(`${said.join("")}FAIL  ${name} (${seconds} s)\n${String(error.stack || error).replace(/^/gm, "      ")}`);
  } else {
    counts.passed++;
    console.log(`${said.join("")}ok    ${name} (${seconds} s)`);
  }
}

await launch();
const beside = [], alone = [];
for (const file of readdirSync(new URL(".", import.meta.url)).filter((name) => /^test_.*\.mjs$/.test(name)).sort()) {
  const { default: tests, alone: byItself = false } = await import(`./${file}`);
  for (const [title, test] of Object.entries(tests)) {
    const name = `${file.slice(5, -4)}: ${title}`;
    if (name.includes(filter)) (byItself ? alone : beside).push([name, test]);
  }
}
async function runAll(tests) {
  for (let next; (next = tests.shift()); ) await run(...next);
}
await Promise.all(Array.from({ length: Math.min(WORKERS, beside.length) }, () => runAll(beside)));
await runAll(alone);
await close();
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed || !counts.passed ? 1 : 0);
