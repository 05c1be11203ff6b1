import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readPrivateText } from "../../private-file.ts";
import { SourceError } from "../../source-error.ts";
import { kmsServiceOf } from "../key-source.ts";
import { KmsError } from "../service.ts";
import { KeyRingSource } from "./key-ring.ts";
import { KeyRingFile, withCurrentKey, withNewKey, withoutKey, withRetiredKey } from "./key-ring-file.ts";
import type { RingSecret } from "./key-ring-seal.ts";

/** Tests need no slow guesses. */
const cost = 2 ** 14;

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-ring-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const passphrase = (text: string) => async (): Promise<RingSecret> => ({
  kind: "passphrase",
  bytes: Buffer.from(text),
});
const key = (bytes: Uint8Array) => async (): Promise<RingSecret> => ({ kind: "key", bytes });

async function ringIn(t: TestContext, secret = passphrase("canary-passphrase")) {
  const path = join(folderFor(t), "ring.json");
  const file = new KeyRingFile(path, secret, cost);
  const add = async () => (await file.change((ring) => withNewKey(ring, new Date()))).current;
  return { path, file, add, first: await add() };
}

test("a ring seals and opens, and a key that is added takes over while old ones still open", async (t) => {
  const { file, add, first } = await ringIn(t);
  const source = await KeyRingSource.over(file, assert.fail);
  const service = kmsServiceOf(source);
  assert.deepEqual(await service.status(), { version: "v2", healthz: "ok", keyId: first });
  const old = await service.encrypt("u", Buffer.from("seed"));
  // Another process has it, with nothing in its memory.
  const second = (
    await new KeyRingFile(file.path, passphrase("canary-passphrase")).change((ring) => withNewKey(ring, new Date()))
  ).current;
  assert.notEqual(first, second);
  assert.equal((await service.status()).keyId, second);
  assert.equal((await service.encrypt("u", Buffer.from("seed"))).keyId, second);
  assert.equal(Buffer.from(await service.decrypt("u", old)).toString(), "seed");
  const third = await add();
  assert.deepEqual(
    (await file.read()).keys.map(({ id }) => id),
    [first, second, third],
  );
});

test("a key stands by until it is used, is retired, and is removed for good", async (t) => {
  const { file, first } = await ringIn(t);
  const source = await KeyRingSource.over(file, assert.fail);
  const sealed = await source.seal(Buffer.from("seed"));
  const ring = await file.change((each) => withNewKey(each, new Date(), true));
  const second = ring.keys[1]?.id as string;
  assert.equal(await source.currentKeyId(), first);
  const refused = (edit: Parameters<KeyRingFile["change"]>[0], told: string) =>
    assert.rejects(file.change(edit), new SourceError(told));
  await refused(
    (each) => withRetiredKey(each, first, true),
    `key ${first} is the current one; make another one current first`,
  );
  await file.change((each) => withCurrentKey(each, second));
  assert.equal(await source.currentKeyId(), second);
  await refused(
    (each) => withoutKey(each, first),
    `key ${first} is not retired; retire it first, and see that nothing needs it`,
  );
  await file.change((each) => withRetiredKey(each, first, true));
  await source.currentKeyId();
  await assert.rejects(source.open(sealed), new KmsError(`key ${first} is retired`));
  await refused((each) => withCurrentKey(each, first), `key ${first} is retired; what it sealed could not be opened`);
  await file.change((each) => withRetiredKey(each, first, false));
  await source.currentKeyId();
  assert.equal(Buffer.from(await source.open(sealed)).toString(), "seed");
  await file.change((each) => withoutKey(withRetiredKey(each, first, true), first));
  await source.currentKeyId();
  await assert.rejects(source.open(sealed), new KmsError(`no key ${first} in the ring`));
  await refused((each) => withoutKey(each, "nobody"), "no key nobody in the ring");
});

test("the file is its owner's alone, and holds no key in clear", async (t) => {
  const { path, file } = await ringIn(t);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const text = readFileSync(path, "utf8");
  for (const { secret } of (await file.read()).keys)
    for (const form of ["hex", "base64"] as const) assert.ok(!text.includes(Buffer.from(secret).toString(form)));
  assert.ok(!text.includes("canary"));
  assert.deepEqual(readdirSync(join(path, "..")), ["ring.json"]);
  chmodSync(path, 0o644);
  await assert.rejects(
    file.read(),
    new SourceError(`${path}: its mode is 0644, others can get at it; chmod 600 ${path}`),
  );
  chmodSync(path, 0o440);
  assert.equal((await file.read()).keys.length, 1);
});

test("what somebody has changed is refused, and so is another secret", async (t) => {
  const { path, file, add, first } = await ringIn(t);
  await add();
  const text = readFileSync(path, "utf8");
  const [changed, tried] = [`${path}: another passphrase or key sealed it, or somebody has changed it`, [] as string[]];
  const refused = async (bad: string, told = changed) => {
    writeFileSync(path, bad);
    tried.push(bad);
    await assert.rejects(file.read(), new SourceError(told));
  };
  const stored = JSON.parse(text);
  await refused(JSON.stringify({ ...stored, current: first }));
  await refused(JSON.stringify({ ...stored, keys: stored.keys.slice(1) }));
  await refused(JSON.stringify({ ...stored, keys: [stored.keys[0], { ...stored.keys[1], isRetired: true }] }));
  await refused(
    JSON.stringify({ ...stored, keys: [{ ...stored.keys[0], sealed: stored.keys[1].sealed }, stored.keys[1]] }),
  );
  await refused(JSON.stringify({ ...stored, signature: "" }));
  await refused(text.slice(0, -9), `${path}: no key ring: not JSON`);
  await refused("null", `${path}: no key ring; sallyport kms-plugin keys add makes one`);
  await refused(
    JSON.stringify({ ...stored, version: 2 }),
    `${path}: a ring of version 2; this program reads version 1`,
  );
  for (const bad of [{ keys: [null] }, { keys: {} }, { derivation: {} }, { current: 7 }, { keys: [{ id: 1 }] }])
    await refused(JSON.stringify({ ...stored, ...bad }), `${path}: the key ring is damaged`);
  const huge = { ...stored, derivation: { ...stored.derivation, n: 2 ** 30 } };
  await refused(JSON.stringify(huge), `the ring's n is ${2 ** 30}; expected a power of two from 16384 to 1048576`);
  writeFileSync(path, text);
  await assert.rejects(new KeyRingFile(path, passphrase("another")).read(), new SourceError(changed));
  await assert.rejects(
    new KeyRingFile(path, key(randomBytes(32))).read(),
    /sealed under a passphrase, not under a key file$/,
  );
  assert.equal(new Set(tried).size, 14);
});

test("a ring lies under a key file as well, which must be random enough", async (t) => {
  const secret = randomBytes(32);
  const { path, file } = await ringIn(t, key(secret));
  assert.equal((await new KeyRingFile(path, key(secret)).read()).current, (await file.read()).current);
  await assert.rejects(
    new KeyRingFile(path, passphrase("p")).read(),
    /sealed under a key file, not under a passphrase$/,
  );
  const short = new KeyRingFile(`${path}2`, key(randomBytes(31)));
  await assert.rejects(
    short.change((ring) => withNewKey(ring, new Date())),
    new SourceError("a key file needs 32 bytes of randomness, this one has 31"),
  );
  assert.ok(!existsSync(`${path}2`) && !existsSync(`${path}2.lock`));
});

test("a ring that is broken later leaves the keys that were read in force", async (t) => {
  const { path, file, first } = await ringIn(t);
  const told: string[] = [];
  const source = await KeyRingSource.over(file, (text) => told.push(text));
  writeFileSync(path, "{");
  assert.equal(await source.currentKeyId(), first);
  assert.equal(Buffer.from(await source.open(await source.seal(Buffer.from("a")))).toString(), "a");
  rmSync(path);
  assert.equal(await source.currentKeyId(), first);
  const kept = "; the keys that were read before stay in force";
  assert.deepEqual(told, [`${path}: no key ring: not JSON${kept}`, `${path}: no such file or directory${kept}`]);
});

test("flipped bits, a cut ciphertext and another key's are told from the right one", async (t) => {
  const { file, add, first } = await ringIn(t);
  await add();
  const source = await KeyRingSource.over(file, assert.fail);
  const { ciphertext, ...sealed } = await source.seal(Buffer.from("seed"));
  const wrong = /^KmsError: key .* did not seal this: /;
  for (let i = 0; i < ciphertext.length; i++) {
    const flipped = Uint8Array.from(ciphertext);
    flipped[i] = (flipped[i] as number) ^ 1;
    await assert.rejects(source.open({ ...sealed, ciphertext: flipped }), wrong);
    await assert.rejects(source.open({ ...sealed, ciphertext: ciphertext.subarray(0, i) }), wrong);
  }
  await assert.rejects(source.open({ ...sealed, ciphertext, keyId: first }), wrong);
});

test("who changes the ring is alone with it", async (t) => {
  const { path, file } = await ringIn(t);
  writeFileSync(`${path}.lock`, "");
  await assert.rejects(
    file.change((ring) => ring),
    new SourceError(`${path}.lock: another command changes the ring; if none does, remove it`),
  );
  assert.equal((await file.read()).keys.length, 1);
});

test("a passphrase ends with its line, and an empty one is none", async (t) => {
  const path = join(folderFor(t), "passphrase");
  writeFileSync(path, "two words\n", { mode: 0o600 });
  assert.equal(await readPrivateText(path), "two words");
  writeFileSync(path, "\n");
  await assert.rejects(readPrivateText(path), new SourceError(`${path}: the file is empty`));
  await assert.rejects(readPrivateText(`${path}2`), new SourceError(`${path}2: no such file or directory`));
  await assert.rejects(readPrivateText(join(path, "..")), new SourceError(`${join(path, "..")}: expected a file`));
});
