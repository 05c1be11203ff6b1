import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { probeHandler, probeRuntimes } from "./probe.ts";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-probe-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("every handler is told: that it works with its version, or why it does not", { timeout: 120_000 }, () =>
  inFolder(async (folder) => {
    const { handlers, machine } = await probeRuntimes(folder);
    assert.deepEqual(
      handlers.map(({ handler }) => handler),
      ["runc", "crun", "runsc", "kata"],
    );
    for (const { works, version, reason } of handlers)
      if (works) assert.match(version ?? "", /\d/);
      else assert.match(reason ?? "", /^[^\n]+$/);
    assert.ok(["v1", "v2", "hybrid"].includes(machine.cgroups));
    assert.ok(machine.namespaces.includes("net"));
    for (const value of Object.values(machine.facilities)) assert.ok(value === true || /^[^\n]+$/.test(value));
    assert.deepEqual(
      readdirSync(folder).filter((each) => each.startsWith("trial-")),
      [],
    );
  }),
);

test("a handler that nobody has is told, and no container is tried", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await probeHandler("fast", folder), {
      handler: "fast",
      works: false,
      reason: 'no runtime for "fast" is configured: runc, crun, runsc, kata',
      limits: [],
    });
    assert.deepEqual(readdirSync(folder), []);
  }));
