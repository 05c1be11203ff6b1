import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openAuditLog } from "./log.ts";

test("a full file is put aside, and only the newest are kept", () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-audit-"));
  try {
    const path = join(folder, "audit.log");
    let now = Date.parse("2030-01-01T00:00:00Z");
    const log = openAuditLog(path, { maxSizeMb: 1, maxAgeDays: 0, maxBackups: 2 }, () => (now += 1000));
    for (let i = 0; i < 10; i++) log.write({ i, padding: "x".repeat(400_000) });
    log.close();
    const backups = readdirSync(folder).filter((name) => name !== "audit.log");
    assert.deepEqual(backups, ["audit-2030-01-01T00-00-05.000.log", "audit-2030-01-01T00-00-07.000.log"]);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { i: number }).i),
      [8, 9],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
