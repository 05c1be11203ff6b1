import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openLmdbStore } from "./lmdb-store.ts";

const fixture = fileURLToPath(new URL("./crash.fixture.ts", import.meta.url));
/** A long run takes more. */
const rounds = Number(process.env["SALLYPORT_CRASH_ROUNDS"] ?? 12);

/** Lets a writer run, kills it at a moment of its own choosing, answers what it had acknowledged. */
function killedWriter(folder: string, afterWrites: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--conditions=source", "--disable-warning=ExperimentalWarning", fixture, folder],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.split("\n").length > afterWrites) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", () => resolve(said));
  });
}

test("a process that closes its store ends by itself", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-close-"));
  const driver = new URL("./lmdb-store.ts", import.meta.url).href;
  const program = `import { openLmdbStore } from ${JSON.stringify(driver)};
    const store = openLmdbStore(${JSON.stringify(folder)});
    await store.write({ key: "/a", expected: 0, value: new Uint8Array(1) });
    await store.close();`;
  try {
    const child = spawn(process.execPath, ["--conditions=source", "--input-type=module-typescript", "-e", program]);
    const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const code = await new Promise((resolve) => child.on("close", resolve));
    clearTimeout(timer);
    assert.equal(code, 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test(`kill -9 loses no acknowledged write and reuses no revision (${rounds} rounds)`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-crash-"));
  const acknowledged = new Map<string, number>();
  const revisions = new Set<number>();
  try {
    for (let round = 0; round < rounds; round++) {
      const said = await killedWriter(folder, 1 + ((round * 11) % 40));
      for (const line of said.split("\n").slice(0, -1)) {
        const [revision = "", key = ""] = line.split(" ");
        assert.ok(!revisions.has(Number(revision)), `revision ${revision} was given twice`);
        revisions.add(Number(revision));
        acknowledged.set(key, Number(revision));
      }
    }
    const store = openLmdbStore(folder);
    const found = new Map((await store.range("/k/")).values.map(({ key, modRevision }) => [key, modRevision]));
    for (const [key, revision] of acknowledged)
      assert.equal(found.get(key), revision, `${key} of revision ${revision}`);
    assert.ok(acknowledged.size >= rounds);
    await store.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
