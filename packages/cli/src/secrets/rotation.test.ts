import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore, type Store } from "@sallyport/apiserver";
import { createEncryption, type Encryption, type Transformer } from "@sallyport/secrets/encryption";
import { rotate } from "./rotation.ts";
import { type StoredObject, type StoreFlags, storedValues } from "./stored-values.ts";

const secret = (byte: number) => Buffer.from(Array.from({ length: 32 }, (_, i) => byte + i)).toString("base64");
const provider = (name: string, byte: number) => ({ aesgcm: { keys: [{ name, secret: secret(byte) }] } });

function encryptionOf(...providers: readonly object[]): Promise<Encryption> {
  const document = {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers }],
  };
  const options = { reload: false, allowsKmsV1: false, onFault: () => {}, onRotate: () => {} };
  return createEncryption(document, { now: Date.now, ...options });
}

const flags: StoreFlags = { data: "", etcdServers: [], etcdPrefix: "/registry" };
const keyOf = (i: number) => `/registry/secrets/a/s${String(i).padStart(4, "0")}`;

/** A Secret that lies under the key. */
function objectOf(key: string, told: string): Buffer {
  const metadata = { namespace: "a", name: key.slice(-5), annotations: { told } };
  return Buffer.from(JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata }));
}

async function filled(count: number, { rules }: Encryption): Promise<Store> {
  const store = createMemoryStore();
  for (let i = 0; i < count; i++) {
    const value = await rules.transformerFor("", "secrets").seal(objectOf(keyOf(i), `value ${i}`), keyOf(i));
    await store.write({ key: keyOf(i), expected: 0, value });
  }
  await store.write({ key: "/registry/ranges/serviceips", expected: 0, value: Buffer.from("x") });
  return store;
}

async function all(store: Store): Promise<readonly StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const { values } of storedValues(flags, store)) found.push(...values);
  return found;
}

async function texts(store: Store, { rules }: Encryption): Promise<readonly string[]> {
  const opened = (await all(store)).map(async ({ key, value }) => rules.transformerFor("", "secrets").open(value, key));
  return (await Promise.all(opened)).map(
    ({ value }) => JSON.parse(Buffer.from(value).toString()).metadata.annotations.told,
  );
}

test("a rotation rewrites what is stale, and nothing else; interrupted anywhere, it goes on", async () => {
  const [old, both, next] = [
    await encryptionOf(provider("one", 1)),
    await encryptionOf(provider("two", 50), provider("one", 1)),
    await encryptionOf(provider("two", 50)),
  ];
  const store = await filled(450, old);
  const expected = Array.from({ length: 450 }, (_, i) => `value ${i}`);
  const before = await all(store);
  assert.equal(before.length, 450);
  for (const value of before.slice(0, 200)) assert.equal(await rotate(store, value, both), "rewritten");
  // Here it was killed: whoever knows both keys reads all of it.
  assert.deepEqual(await texts(store, both), expected);
  const results = [];
  for (const value of await all(store)) results.push(await rotate(store, value, both));
  assert.deepEqual(
    [results.filter((each) => each === "current").length, results.filter((each) => each === "rewritten").length],
    [200, 250],
  );
  assert.deepEqual(await texts(store, next), expected);
});

test("what others write or delete meanwhile is left to them", async () => {
  const [old, both] = [
    await encryptionOf(provider("one", 1)),
    await encryptionOf(provider("two", 50), provider("one", 1)),
  ];
  const store = await filled(3, old);
  const [gone, changed, stale] = (await all(store)) as [StoredObject, StoredObject, StoredObject];
  await store.write({ key: gone.ownKey, expected: gone.modRevision, value: undefined });
  const put = async ({ ownKey, modRevision }: StoredObject, { rules }: Encryption) =>
    store.write({
      key: ownKey,
      expected: modRevision,
      value: await rules.transformerFor("", "secrets").seal(objectOf(ownKey, "theirs"), ownKey),
    });
  await put(changed, both);
  await put(stale, old);
  assert.deepEqual(
    [await rotate(store, gone, both), await rotate(store, changed, both), await rotate(store, stale, both)],
    ["gone", "changed", "rewritten"],
  );
  assert.deepEqual(await texts(store, both), ["theirs", "theirs"]);
});

test("what cannot be opened is left as it is", async () => {
  const [old, other] = [await encryptionOf(provider("one", 1)), await encryptionOf(provider("one", 50))];
  const store = await filled(1, old);
  const [value] = (await all(store)) as [StoredObject];
  assert.deepEqual(await rotate(store, value, other), { fault: "cipher: message authentication failed" });
  assert.deepEqual(await texts(store, old), ["value 0"]);
});

test("a key that seals what it cannot open destroys nothing", async () => {
  const old = await encryptionOf(provider("one", 1));
  const store = await filled(1, old);
  const [value] = (await all(store)) as [StoredObject];
  const good = old.rules.transformerFor("", "secrets");
  const broken = {
    ...good,
    open: async (...args: Parameters<typeof good.open>) => ({ ...(await good.open(...args)), isStale: true }),
  };
  const rules = Object.assign(Object.create(old.rules) as Encryption["rules"], { transformerFor: () => broken });
  assert.deepEqual(await rotate(store, value, { rules }), {
    fault: "what was sealed anew could not be opened; it was not written",
  });
  assert.deepEqual((await all(store))[0]?.modRevision, value.modRevision);
});

test("what a wrong key opens by chance is no object, and is not sealed anew", async () => {
  const cbc = (byte: number) => ({ aescbc: { keys: [{ name: "one", secret: secret(byte) }] } });
  const [old, next] = [await encryptionOf(cbc(1)), await encryptionOf(provider("two", 50), cbc(99))];
  const [sealing, opening] = [old, next].map(({ rules }) => rules.transformerFor("", "secrets")) as [
    Transformer,
    Transformer,
  ];
  // Of some 256 values one ends as padding does.
  for (;;) {
    const sealed = await sealing.seal(objectOf(keyOf(0), "x"), keyOf(0));
    const opens = await Promise.resolve(sealed)
      .then((value) => opening.open(value, keyOf(0)))
      .then(
        () => true,
        () => false,
      );
    if (!opens) continue;
    const store = createMemoryStore();
    await store.write({ key: keyOf(0), expected: 0, value: sealed });
    const [value] = (await all(store)) as [StoredObject];
    assert.deepEqual(await rotate(store, value, next), { fault: "what was opened is no object" });
    assert.deepEqual(await texts(store, old), ["x"]);
    return;
  }
});
