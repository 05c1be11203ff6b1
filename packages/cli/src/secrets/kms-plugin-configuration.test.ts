import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { stringify } from "yaml";
import { UsageError } from "../errors.ts";
import { InputError } from "../manifests.ts";
import { kmsPluginConfiguration } from "./kms-plugin-configuration.ts";

function fileWith(t: TestContext, document: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-plugin-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "plugin.yaml");
  writeFileSync(file, typeof document === "string" ? document : stringify(document));
  return file;
}

const listen = "unix:///run/kms.sock";

test("flags say it all, a file the same, and flags go before the file", (t) => {
  const flags = { listen, "vault-address": "https://vault:8200", "vault-key": "kube", timeout: "1500ms" };
  const wanted = {
    listen,
    http: undefined,
    timeoutMs: 1500,
    kind: "vault",
    values: { address: "https://vault:8200", key: "kube" },
  };
  assert.deepEqual(kmsPluginConfiguration(flags), wanted);
  const file = { listen, timeout: "1.5s", vault: { address: "https://vault:8200", key: "kube" } };
  assert.deepEqual(kmsPluginConfiguration({ config: fileWith(t, file) }), wanted);
  const both = kmsPluginConfiguration({
    config: fileWith(t, { ...file, http: "127.0.0.1:1" }),
    "vault-key": "other",
    http: "[::1]:8082",
  });
  assert.deepEqual(both, { ...wanted, http: { host: "::1", port: 8082 }, values: { ...wanted.values, key: "other" } });
  assert.equal(kmsPluginConfiguration({ listen, "aws-key": "alias/kube" }).timeoutMs, 2_000);
});

test("a command line that makes no sense is refused", () => {
  const refused = (flags: { readonly [flag: string]: string }, fault: string) =>
    assert.throws(() => kmsPluginConfiguration(flags), new UsageError(fault));
  refused(
    { listen },
    "where does the key lie? name one of --key-ring, --vault-address, --aws-key, --azure-vault, --pkcs11-library",
  );
  refused({ "aws-key": "k" }, "--listen unix:///PATH: needed");
  refused({ listen, "aws-key": "k", "azure-key": "k" }, "aws and azure: a plugin has one source of keys");
  const given = { listen, "aws-key": "k" };
  for (const timeout of ["2", "0s", "-1s"])
    refused({ ...given, timeout }, `--timeout ${timeout}: expected a duration such as 2s`);
  for (const http of ["8082", ":8082", "localhost:x", "localhost:65536"])
    refused({ ...given, http }, `--http ${http}: expected HOST:PORT`);
});

test("a file that makes no sense is refused by the place", (t) => {
  const refused = (document: unknown, fault: string) => {
    const config = fileWith(t, document);
    assert.throws(() => kmsPluginConfiguration({ config }), new InputError(`${config}${fault}`));
  };
  refused([], ": expected a map");
  refused({ lisen: "a" }, ": unknown field lisen; expected listen, http, timeout");
  refused({ timeout: 2 }, ": timeout: expected a text");
  refused({ aws: "k" }, ": aws: expected a map");
  refused({ aws: { key: 7 } }, ": aws.key: expected a text");
  refused({ aws: { regio: "a" } }, ": aws: unknown field regio; expected key, region, encryptionContext");
  refused(
    "a: [",
    ": Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 5:",
  );
  assert.throws(() => kmsPluginConfiguration({ config: "/none" }), new InputError("/none: no such file or directory"));
});
