import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const url = JSON.stringify(new URL("./watchdog.fixture.ts", import.meta.url).href);

for (const [name, work, status, told] of [
  ["that is answered", "dog.begin('GET /a'); dog.end(); await new Promise((done) => setTimeout(done, 900))", 0, ""],
  ["that never lets go", "dog.begin('GET /a'); for (;;);", null, "GET /a"],
] as const)
  test(`a watchdog beside a request ${name}`, { timeout: 60_000 }, () => {
    const program = `const { Watchdog } = await import(${url}); const dog = new Watchdog(300); ${work}`;
    const flags = [
      "--conditions=source",
      "--disable-warning=ExperimentalWarning",
      "--input-type=module",
      "-e",
      program,
    ];
    const run = spawnSync(process.execPath, flags, { encoding: "utf8", timeout: 50_000, killSignal: "SIGTERM" });
    assert.equal(run.status, status);
    assert.equal(run.signal, status === null ? "SIGKILL" : null);
    assert.equal(run.stderr.includes(told), true, run.stderr);
  });
