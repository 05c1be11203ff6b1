import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openLmdbStore } from "@sallyport/apiserver";
import { createEncryption, type Encryption } from "@sallyport/secrets/encryption";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const count = 600;
const secret = (byte: number) => Buffer.from(Array.from({ length: 32 }, (_, i) => byte + i)).toString("base64");
const keyOf = (i: number) => `/registry/secrets/a/s${String(i).padStart(4, "0")}`;

function documentOf(...bytes: readonly number[]): object {
  const keys = bytes.map((byte) => ({ name: `k${byte}`, secret: secret(byte) }));
  return {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers: [{ secretbox: { keys } }] }],
  };
}

function encryptionOf(...bytes: readonly number[]): Promise<Encryption> {
  const options = { reload: false, allowsKmsV1: false, onFault: () => {}, onRotate: () => {} };
  return createEncryption(documentOf(...bytes), { now: Date.now, ...options });
}

async function fill(folder: string): Promise<void> {
  const transformer = (await encryptionOf(1)).rules.transformerFor("", "secrets");
  const store = openLmdbStore(join(folder, "store"));
  const writes = Array.from({ length: count }, async (_, i) => {
    const object = { apiVersion: "v1", kind: "Secret", metadata: { name: keyOf(i).slice(-5), namespace: "a" } };
    const value = await transformer.seal(Buffer.from(JSON.stringify(object)), keyOf(i));
    await store.write({ key: keyOf(i), expected: 0, value });
  });
  await Promise.all(writes);
  await store.close();
}

/** All of them opened; how many lie under the first key. Throws for one that cannot be. */
async function current(folder: string, ...bytes: readonly number[]): Promise<number> {
  const transformer = (await encryptionOf(...bytes)).rules.transformerFor("", "secrets");
  const store = openLmdbStore(join(folder, "store"));
  const { values } = await store.range("/registry/secrets/");
  await store.close();
  const opened = await Promise.all(values.map(async ({ key, value }) => transformer.open(value, key)));
  assert.equal(opened.length, count);
  return opened.filter(({ isStale }) => !isStale).length;
}

/** Runs a rotation; killed after so many milliseconds, when it is not over by then. Answers the exit code, null for one that was killed. */
function rotateFor(folder: string, configuration: string, ms: number): Promise<number | null> {
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning", main];
  const words = ["secrets", "rotate", "--yes", "--data", folder, "--encryption-provider-config", configuration];
  const child = spawn(process.execPath, [...flags, ...words], { stdio: ["ignore", "ignore", "inherit"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  return new Promise((resolve) =>
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve(code);
    }),
  );
}

test("kill -9 of a rotation: all can be read at each moment, and the next one goes on", {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-rotation-"));
  try {
    await fill(folder);
    const configuration = join(folder, "rotated.yaml");
    writeFileSync(configuration, JSON.stringify(documentOf(50, 1)), { mode: 0o600 });
    const seen = [await current(folder, 50, 1)];
    let code: number | null = null;
    // Starting takes a while, how long depends on the machine: each life is a little longer than the one before.
    for (let ms = 300; code === null; ms = Math.ceil(ms * 1.25)) {
      code = await rotateFor(folder, configuration, ms);
      seen.push(await current(folder, 50, 1));
    }
    assert.equal(code, 0);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.equal(await current(folder, 50), count);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
