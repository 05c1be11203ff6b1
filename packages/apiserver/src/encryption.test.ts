import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createEncryption, type Encryption, EncryptionRules } from "@sallyport/secrets/encryption";
import { resourceOfKey } from "./registry/keys.ts";
import { withServer } from "./server.fixture.ts";
import { createMemoryStore } from "./storage/memory-store.ts";
import { SealedStore } from "./storage/sealed-store.ts";

const key = (name: string) => ({ name, secret: randomBytes(32).toString("base64") });
const [one, two] = [key("one"), key("two")];
const aesgcm = (...keys: readonly object[]) => ({ aesgcm: { keys } });
const secretbox = (...keys: readonly object[]) => ({ secretbox: { keys } });

function encryptionOf(resources: readonly string[], ...providers: readonly object[]): Promise<Encryption> {
  return createEncryption(
    {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "EncryptionConfiguration",
      resources: [{ resources, providers }],
    },
    { now: Date.now, reload: false, allowsKmsV1: false, onFault: () => {}, onRotate: () => {} },
  );
}

const secrets = "/api/v1/namespaces/default/secrets";
const canary = Buffer.from("canary-value").toString("base64");
const body = { metadata: { name: "x" }, data: { password: canary } };

/** A store that lies sealed, whose rules can be changed. */
function sealed(encryption: { rules: EncryptionRules }) {
  const inner = createMemoryStore();
  const store = new SealedStore(inner, { rules: () => encryption.rules, resourceOf: resourceOfKey });
  // A server ends its store; here another one takes it on.
  const lent = Object.assign(Object.create(store) as SealedStore, { close: async () => {} });
  const lies = async (path: string) => Buffer.from((await inner.get(path))?.value ?? []).toString("latin1");
  return {
    inner,
    store: new Proxy(store, { get: (on, name) => (name === "close" ? lent.close : bound(on, name)) }),
    lies,
  };
}

function bound(on: SealedStore, name: string | symbol): unknown {
  const value = Reflect.get(on, name, on) as unknown;
  return typeof value === "function" ? value.bind(on) : value;
}

test("secrets lie under the first provider and key; others read them; a write of nothing rewrites a stale one", async () => {
  const rules = { rules: (await encryptionOf(["secrets"], aesgcm(one), { identity: {} })).rules };
  const { store, lies } = sealed(rules);
  const path = "/registry/secrets/default/x";
  await withServer(
    async ({ call }) => {
      assert.equal((await call(secrets, { body })).code, 201);
      assert.match(await lies(path), /^k8s:enc:aesgcm:v1:one:/);
      assert.equal((await call(`${secrets}/x`)).body.data.password, canary);
      assert.equal((await call(secrets)).body.items.length, 1);
      const put = async () => call(`${secrets}/x`, { method: "PUT", body: (await call(`${secrets}/x`)).body });
      const before = (await put()).body.metadata.resourceVersion;
      assert.equal((await put()).body.metadata.resourceVersion, before);
      rules.rules = (await encryptionOf(["secrets"], secretbox(two), aesgcm(one))).rules;
      await store.refresh();
      assert.notEqual((await put()).body.metadata.resourceVersion, before);
      assert.match(await lies(path), /^k8s:enc:secretbox:v1:two:/);
      assert.equal((await call(`${secrets}/x`)).body.data.password, canary);
    },
    { store },
  );
});

test("what cannot be read is refused by its place: never plaintext, never absent; other resources go on", async () => {
  const rules = { rules: (await encryptionOf(["secrets"], aesgcm(one))).rules };
  const { store } = sealed(rules);
  await withServer(
    async ({ call }) => {
      await call(secrets, { body });
      await call(secrets.replace("default", "kube-system"), { body: { metadata: { name: "y" } } });
    },
    { store },
  );
  rules.rules = new EncryptionRules(new Map());
  await store.refresh();
  await withServer(
    async ({ call }) => {
      const why =
        "data from the storage is not transformable revision=0: identity transformer tried to read encrypted data";
      const corrupt = (key: string) =>
        `StorageError: corrupt object, Code: 7, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`;
      const single = `Internal error occurred: ${corrupt("/secrets/default/x")}`;
      const listed = `failed to read one or more secrets from the storage: ${corrupt("/registry/secrets/default/x")}`;
      for (const [url, request, code, message] of [
        [`${secrets}/x`, {}, 500, single],
        [secrets, {}, 500, listed],
        ["/api/v1/secrets", {}, 500, `${listed} (and 1 more)`],
        [`${secrets}?watch=true&timeoutSeconds=1`, {}, 500, listed],
        [secrets, { body }, 409, 'secrets "x" already exists'],
        [`${secrets}?dryRun=All`, { body }, 201, undefined],
        [`${secrets}/x`, { method: "DELETE" }, 500, single],
        [`${secrets}/x`, { method: "PUT", body }, 500, `Internal error occurred: ${why}`],
        [`${secrets}/x?dryRun=All`, { method: "PUT", body }, 500, single],
        [secrets, { method: "DELETE" }, 500, listed],
      ] as const) {
        const answer = await call(url, request);
        assert.deepEqual([answer.code, answer.body.message], [code, message], url);
      }
      const list = (await call("/api/v1/secrets")).body;
      const causes = ["/registry/secrets/default/x", "/registry/secrets/kube-system/y"].map((field) => ({
        reason: "UnexpectedServerResponse",
        message: corrupt(field),
        field,
      }));
      assert.deepEqual([list.reason, list.details], ["StorageReadError", { name: "list", kind: "secrets", causes }]);
      assert.equal(
        (await call("/api/v1/namespaces/default/configmaps", { body: { metadata: { name: "c" } } })).code,
        201,
      );
      assert.equal((await call(`${secrets}/other`)).code, 404);
      rules.rules = (await encryptionOf(["secrets"], aesgcm(one))).rules;
      await store.refresh();
      assert.equal((await call(`${secrets}/x`)).body.data.password, canary);
      assert.equal((await call(secrets)).code, 200);
    },
    { store, controllers: ["*"] },
  );
});

test("what cannot be read is deleted unread by who may, and asks for it; what can be read is not", async () => {
  const rules = { rules: (await encryptionOf(["secrets"], aesgcm(one))).rules };
  const { inner, store } = sealed(rules);
  await withServer(async ({ call }) => void (await call(secrets, { body })), { store });
  rules.rules = new EncryptionRules(new Map());
  await store.refresh();
  await withServer(
    async ({ call }) => {
      const unread = (url: string, options: object = {}) =>
        call(url, {
          method: "DELETE",
          body: { ignoreStoreReadErrorWithClusterBreakingPotential: true, ...options },
        });
      assert.equal((await unread(`${secrets}/x`, { dryRun: ["All"] })).code, 200);
      assert.notEqual(await inner.get("/registry/secrets/default/x"), undefined);
      const { code, body: answer } = await unread(`${secrets}/x`);
      assert.deepEqual([code, answer.status, answer.details], [200, "Success", { name: "x", kind: "Secret" }]);
      assert.equal(await inner.get("/registry/secrets/default/x"), undefined);
      assert.equal((await call(`${secrets}/x`)).code, 404);
      assert.equal((await call(secrets)).code, 200);
      assert.equal((await unread(`${secrets}/x`)).code, 404);
      assert.equal((await call(secrets, { body: { metadata: { name: "z" } } })).code, 201);
      const readable = await unread(`${secrets}/z`);
      assert.deepEqual(
        [readable.code, readable.body.message],
        [
          409,
          'Operation cannot be fulfilled on secrets "z": StorageError: invalid object, Code: 4, Key: /registry/secrets/default/z, ResourceVersion: 0, AdditionalErrorMsg: unsafe deletion is not allowed because the object is decodable from storage',
        ],
      );
    },
    { store },
  );
});

test("a watcher of what becomes unreadable is told, and ends", async () => {
  const rules = { rules: (await encryptionOf(["secrets"], aesgcm(one))).rules };
  const { inner, store } = sealed(rules);
  await withServer(
    async ({ call }) => {
      let begun = () => {};
      const hasBegun = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const watch = call(`${secrets}?watch=true&timeoutSeconds=20`, { onHead: begun });
      await hasBegun;
      await call(secrets, { body });
      const stored = await inner.get("/registry/secrets/default/x");
      // Somebody else changes it in the store.
      await inner.write({
        key: stored?.key ?? "",
        expected: stored?.modRevision ?? 0,
        value: Buffer.from("k8s:enc:aesgcm:v1:two:x"),
      });
      const lines = String((await watch).body)
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        lines.map(({ type }) => type),
        ["ADDED", "ERROR"],
      );
      assert.match(
        lines[1].object.message,
        /unable to transform key "\/registry\/secrets\/default\/x": no matching key/,
      );
    },
    { store },
  );
});
