import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** What a fresh process has loaded of services and their libraries, first by this room alone, then once a store of a kind was opened. */
const script = `
import { registerHooks } from "node:module";
const loaded = new Set();
const service = /(aws|azure|vault|kubernetes|fake|file)-provider\\.ts$|\\/(aws4fetch|undici|age-encryption|@grpc)\\//;
registerHooks({
  load(url, context, next) {
    const found = service.exec(url);
    if (found) loaded.add(found[1] ?? found[2]);
    return next(url, context);
  },
});
const told = () => [...loaded].sort().join(" ");
await import(${JSON.stringify(new URL("./index.ts", import.meta.url).href)});
const { openStore } = await import(${JSON.stringify(new URL("./open-store.ts", import.meta.url).href)});
const before = told();
await openStore(JSON.parse(process.argv[1]), { environment: {}, timeoutMs: 1000, now: Date.now }).catch(() => {});
console.log(JSON.stringify([before, told()]));
`;

const flags = process.execArgv.filter((each) => /^--(conditions|disable-warning)/.test(each));

for (const [provider, expected] of [
  [{ fake: { data: [] } }, "fake"],
  [{ file: { folder: "." } }, "file"],
  [{ vault: { server: "https://vault", path: "kv", auth: {} } }, "vault"],
  [{ aws: { service: "SecretsManager", region: "eu-central-1" } }, "aws"],
  [{ azurekv: { vaultUrl: "https://a.vault.azure.net" } }, "azure"],
] as const)
  test(`a store of ${expected} loads its own provider, and no other's`, () => {
    const words = [...flags, "--input-type=module", "-e", script, JSON.stringify(provider)];
    const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
    assert.equal(stdout, `${JSON.stringify(["", expected])}\n`, stderr);
  });
