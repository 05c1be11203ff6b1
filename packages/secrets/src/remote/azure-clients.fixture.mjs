// Does with Azure's own clients what stdin asks for, a list in JSON, and prints what came of each. The first argument is where they are installed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const load = createRequire(join(process.argv[2], "x"));
const { SecretClient } = load("@azure/keyvault-secrets");
const { CryptographyClient, KeyClient } = load("@azure/keyvault-keys");
const asked = JSON.parse(await text(process.stdin));
const scopes = [];
const credential = {
  async getToken(scope, { tenantId }) {
    scopes.push([...[scope].flat(), tenantId]);
    return { token: asked.token, expiresOnTimestamp: Date.now() + 3_600_000 };
  },
};
const options = {
  serviceVersion: "7.4",
  disableChallengeResourceVerification: true,
  retryOptions: { maxRetries: 0 },
  tlsOptions: { ca: readFileSync(asked.authority) },
};
const secrets = new SecretClient(asked.url, credential, options);
const keys = new KeyClient(asked.url, credential, options);

const crypto = ({ key }) => new CryptographyClient(key, credential, options);
const plain = ({ value }) => Buffer.from(value, "base64");
const told = (made) => Buffer.from(made).toString("base64");
const quick = { intervalInMs: 50 };
const all = (pages, field) => Array.fromAsync(pages, (each) => each[field]);

const ways = {
  set: async ({ name, value }) => (await secrets.setSecret(name, value)).properties.version,
  get: async ({ name, version }) => {
    const found = await secrets.getSecret(name, { version });
    return [found.value, found.properties.version];
  },
  list: () => all(secrets.listPropertiesOfSecrets(), "name"),
  versions: ({ name }) => all(secrets.listPropertiesOfSecretVersions(name), "version"),
  disable: async ({ name, version }) =>
    (await secrets.updateSecretProperties(name, version, { enabled: false })).enabled,
  delete: async ({ name }) => (await (await secrets.beginDeleteSecret(name, quick)).pollUntilDone()).recoveryId,
  recover: async ({ name }) => (await (await secrets.beginRecoverDeletedSecret(name, quick)).pollUntilDone()).name,
  purge: async ({ name }) => (await secrets.purgeDeletedSecret(name)) ?? null,
  key: async ({ name, version }) => (await keys.getKey(name, { version })).id,
  keyVersions: ({ name }) => all(keys.listPropertiesOfKeyVersions(name), "version"),
  wrap: async (step) => {
    const made = await crypto(step).wrapKey("RSA-OAEP-256", plain(step));
    return [told(made.result), made.keyID];
  },
  unwrap: async (step) => told((await crypto(step).unwrapKey("RSA-OAEP-256", plain(step))).result),
  encrypt: async (step) =>
    told((await crypto(step).encrypt({ algorithm: "RSA-OAEP-256", plaintext: plain(step) })).result),
  decrypt: async (step) =>
    told((await crypto(step).decrypt({ algorithm: "RSA-OAEP-256", ciphertext: plain(step) })).result),
};

const results = [];
for (const step of asked.steps)
  results.push(
    await ways[step.do](step).catch((fault) => {
      if (fault.statusCode === undefined) throw fault;
      const { code, message } = fault.details?.error ?? fault;
      return { status: fault.statusCode, code, message };
    }),
  );
process.stdout.write(JSON.stringify({ results, scopes }));
