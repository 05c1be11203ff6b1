import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { localhostProfiles } from "./localhost-profiles.ts";

test("profiles are read of their folder alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-profiles-"));
  try {
    mkdirSync(join(folder, "seccomp/own"), { recursive: true });
    writeFileSync(join(folder, "secret"), "secret");
    writeFileSync(join(folder, "seccomp/own/a.json"), "{}");
    writeFileSync(join(folder, "seccomp/large"), "x".repeat(1024 * 1024 + 1));
    symlinkSync("../secret", join(folder, "seccomp/out"));
    symlinkSync("own/a.json", join(folder, "seccomp/in"));
    const read = localhostProfiles(join(folder, "seccomp"));
    assert.deepEqual(["own/a.json", "in"].map(read), ["{}", "{}"]);
    assert.deepEqual(
      ["../secret", "out", "own", "nope", "large", ""].map(read),
      Array.from({ length: 6 }, () => undefined),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
