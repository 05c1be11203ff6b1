import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createCa } from "@sallyport/pki";
import { readAuthorities } from "./authority-file.ts";
import { UsageError } from "./errors.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-authority-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const { certificate } = await createCa("CN=a", { now: Date.now(), days: 1 });

test("authorities are read as they stand in their file", () => {
  const text = `a comment\n${certificate}\n${certificate}`;
  assert.equal(readAuthorities("--ca", file("two.crt", text)), text);
});

const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const faults: readonly (readonly [name: string, text: string | undefined, why: string])[] = [
  ["none", undefined, "no such file or directory"],
  ["empty", "", "no certificate in it, expected PEM"],
  ["policy.rego", "package a\n", "no certificate in it, expected PEM"],
  ["key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no certificate in it, expected PEM"],
  ["broken", `${certificate}\n${broken}`, "certificate 2 of 2 cannot be read"],
];
for (const [name, text, why] of faults)
  test(`authorities are refused: ${name}`, () => {
    const path = text === undefined ? join(folder, name) : file(name, text);
    assert.throws(() => readAuthorities("--ca", path), new UsageError(`--ca ${path}: ${why}`));
  });
