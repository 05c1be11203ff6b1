import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { AzureKeyVault } from "../kms/sources/azure-key-vault.ts";
import { AzureSecrets } from "../stores/azure-secrets.ts";
import { FakeAzure } from "./azure.fixture.ts";
import { azureToken } from "./azure-token.ts";
import { Remote } from "./remote.ts";

/**
 * No emulator of Key Vault runs without Java, so the fake that the other tests ask is proven by the vendor's own clients: what they take
 * for Key Vault is what Key Vault's wire is.
 */
interface Vendor {
  readonly name: string;
  readonly command: readonly string[];
  readonly missing: string | false;
  /** It wraps with the public key by itself where it may read it. */
  readonly wrapsItself: boolean;
}

const python = process.env["SALLYPORT_AZURE_PYTHON"] || "python3";
const hasPython = spawnSync(python, ["-c", "import azure.keyvault.keys, azure.keyvault.secrets"]).status === 0;
const installed = process.env["SALLYPORT_AZURE_NODE"] ?? "";
const hasNode = existsSync(join(installed, "node_modules/@azure/keyvault-secrets"));

const vendors: readonly Vendor[] = [
  {
    name: "Python",
    command: [python, join(import.meta.dirname, "azure-clients.fixture.py")],
    wrapsItself: true,
    missing: hasPython
      ? false
      : "no azure-keyvault-secrets and azure-keyvault-keys of python3, nor of SALLYPORT_AZURE_PYTHON",
  },
  {
    name: "JavaScript",
    command: [process.execPath, join(import.meta.dirname, "azure-clients.fixture.mjs"), installed],
    wrapsItself: false,
    missing: hasNode ? false : "no @azure/keyvault-secrets and @azure/keyvault-keys in SALLYPORT_AZURE_NODE",
  },
];

const tls = JSON.parse(readFileSync(join(import.meta.dirname, "../../../effects/src/testdata/tls.json"), "utf8")) as {
  readonly authority: string;
  readonly server: { readonly certificate: string; readonly key: string };
};

type Steps = readonly { readonly do: string; readonly [field: string]: unknown }[];

/** What the vendor's clients make of each step, and whom they asked for tokens. */
async function ask({ command: [program = "", ...words] }: Vendor, { url, token }: FakeAzure, steps: Steps) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-azure-"));
  const authority = join(folder, "ca.pem");
  writeFileSync(authority, tls.authority);
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(JSON.stringify({ url, token, authority, steps }));
  const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  rmSync(folder, { recursive: true });
  assert.notEqual(out, "", complaints);
  return JSON.parse(out) as { readonly results: readonly unknown[]; readonly scopes: readonly unknown[] };
}

/** A vault whose token we hold, with our own readers of it. */
async function vaultFor(t: TestContext) {
  // Azure's clients send no token but over TLS.
  const fake = await FakeAzure.start(t, { cert: tls.server.certificate, key: tls.server.key });
  const remote = new Remote({ timeoutMs: 5_000, environment: {}, ca: tls.authority });
  t.after(() => remote.close());
  const environment = { AZURE_POD_IDENTITY_AUTHORITY_HOST: fake.url };
  const identity = { kind: "managed", client: undefined } as const;
  const token = azureToken(identity, { resource: fake.url, environment, remote, now: Date.now });
  await token.get();
  const door = { vault: fake.url, remote, token };
  return { fake, secrets: new AzureSecrets(door), keySource: new AzureKeyVault({ ...door, key: "kube" }) };
}

for (const vendor of vendors) {
  const { name, missing: skip } = vendor;

  test(`secrets that Azure's clients of ${name} keep in the fake are read by us`, { skip }, async (t) => {
    const { fake, secrets } = await vaultFor(t);
    const names = ["app-a", "app-b", "app-c", "app-d", "cache"];
    const { results, scopes } = await ask(vendor, fake, [
      { do: "set", name: "db", value: "one" },
      { do: "set", name: "db", value: "two \u00e9" },
      ...names.map((each) => ({ do: "set", name: each, value: each })),
      { do: "list" },
      { do: "versions", name: "db" },
      { do: "get", name: "db" },
    ]);
    const [first, second] = results as string[];
    assert.deepEqual(results.slice(-3), [
      [...names, "db"],
      [first, second],
      ["two \u00e9", second],
    ]);
    // By the challenge that they got without a token.
    assert.deepEqual(scopes[0], [`${fake.url}/.default`, "tenant-1"]);
    const read = async (version?: string) => {
      const found = await secrets.read("db", version);
      return [Buffer.from(found?.value ?? "").toString(), found?.version];
    };
    assert.deepEqual(await Promise.all([read(), read(first)]), [
      ["two \u00e9", second],
      ["one", first],
    ]);
    assert.deepEqual(await secrets.list(""), [...names, "db"]);
  });

  test(`what is disabled, deleted or absent is told to Azure's clients of ${name} and to us`, { skip }, async (t) => {
    const { fake, secrets } = await vaultFor(t);
    fake.secrets.set("off", "x", "v1");
    fake.secrets.set("gone", "x", "v1");
    const { results } = await ask(vendor, fake, [
      { do: "get", name: "none" },
      { do: "disable", name: "off", version: "v1" },
      { do: "get", name: "off" },
      { do: "delete", name: "gone" },
      { do: "get", name: "gone" },
      { do: "set", name: "gone", value: "y" },
      { do: "recover", name: "gone" },
      { do: "get", name: "gone" },
      { do: "delete", name: "gone" },
      { do: "purge", name: "gone" },
      { do: "set", name: "gone", value: "z" },
    ]);
    const absent = (it: string) => ({
      status: 404,
      code: "SecretNotFound",
      message: `A secret with (name/id) ${it} was not found in this key vault.`,
    });
    const disabled = "Operation get is not allowed on a disabled secret.";
    const reserved = "Secret gone is currently in a deleted but recoverable state, and its name cannot be reused.";
    assert.deepEqual(results.slice(0, -1), [
      absent("none"),
      false,
      { status: 403, code: "Forbidden", message: disabled },
      `${fake.url}/deletedsecrets/gone`,
      absent("gone"),
      { status: 409, code: "Conflict", message: reserved },
      "gone",
      ["x", "v1"],
      `${fake.url}/deletedsecrets/gone`,
      null,
    ]);
    assert.equal(await secrets.read("none", undefined), undefined);
    await assert.rejects(secrets.read("off", undefined), new RegExp(`HTTP status 403: Forbidden: ${disabled}$`));
  });

  test(`what a key wraps for Azure's clients of ${name} we unwrap, and the other way`, { skip }, async (t) => {
    const { fake, keySource } = await vaultFor(t);
    const [old, kid] = [fake.rotate("aaaa1111"), fake.rotate("bbbb2222")];
    const [seed, value] = [Buffer.from("seed of a key"), Buffer.from("seed of a key").toString("base64")];
    const sealed = await keySource.seal(seed);
    const ours = Buffer.from(sealed.ciphertext).toString("base64");
    for (const mayBeRead of [true, false]) {
      fake.vaultKeys.mayBeRead = mayBeRead;
      fake.calls.length = 0;
      const { results } = await ask(vendor, fake, [
        { do: "wrap", key: kid, value },
        { do: "wrap", key: old, value },
        { do: "unwrap", key: kid, value: ours },
        { do: "unwrap", key: old, value: ours },
        { do: "encrypt", key: kid, value },
        { do: "decrypt", key: kid, value: ours },
      ]);
      assert.equal(fake.calls.includes("POST /keys/kube/bbbb2222/wrapkey"), !(mayBeRead && vendor.wrapsItself));
      const refused = { status: 400, code: "BadParameter", message: "The parameter is incorrect." };
      assert.deepEqual([results[2], results[3], results[5]], [value, refused, value]);
      const wrapped = [results[0], results[1], [results[4], kid]] as (readonly [string, string])[];
      assert.deepEqual(
        wrapped.map(([, keyId]) => keyId),
        [kid, old, kid],
      );
      for (const [made, keyId] of wrapped) {
        const ciphertext = Buffer.from(made, "base64");
        assert.deepEqual(Buffer.from(await keySource.open({ ...sealed, ciphertext, keyId })), seed);
      }
    }
  });

  test(`versions of a key are told to Azure's clients of ${name}`, { skip }, async (t) => {
    const { fake, keySource } = await vaultFor(t);
    const [old, kid] = [fake.rotate("aaaa1111"), fake.rotate("bbbb2222")];
    const { results } = await ask(vendor, fake, [
      { do: "key", name: "kube" },
      { do: "key", name: "kube", version: "aaaa1111" },
      { do: "keyVersions", name: "kube" },
      { do: "key", name: "none" },
    ]);
    const absent = results[3] as { readonly status: number; readonly code: string };
    assert.deepEqual(
      [...results.slice(0, 3), absent.status, absent.code],
      [kid, old, ["aaaa1111", "bbbb2222"], 404, "KeyNotFound"],
    );
    assert.equal(await keySource.currentKeyId(), kid);
  });
}
