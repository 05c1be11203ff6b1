import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { EncryptionRules, TransformError, type Transformer } from "@sallyport/secrets/encryption";
import { resourceOfKey } from "../registry/keys.ts";
import { createMemoryStore } from "./memory-store.ts";
import { SealedStore } from "./sealed-store.ts";
import type { StoredValue, StoreEvent } from "./store.ts";

const text = (value: Uint8Array | undefined) => (value === undefined ? "-" : Buffer.from(value).toString());
const secretKey = (name: string) => `/registry/secrets/a/${name}`;

/** Turns values around behind a name; where it is told to, later, or not at all. */
class Turner implements Transformer {
  name = "one";
  readonly known = new Set(["one"]);
  isLate = false;
  opened = 0;

  seal(value: Uint8Array): Uint8Array {
    return Buffer.from(`k8s:enc:${this.name}:${text(value).split("").reverse().join("")}`);
  }

  open(stored: Uint8Array, key: string): ReturnType<Transformer["open"]> {
    this.opened++;
    const open = () => {
      const [, , name = "", value = ""] = text(stored).split(":");
      if (!this.known.has(name)) throw new TransformError(`${key} is not for us`);
      return { value: Buffer.from(value.split("").reverse().join("")), isStale: name !== this.name };
    };
    return this.isLate ? new Promise((resolve) => setTimeout(resolve, 5)).then(open) : open();
  }
}

function bed() {
  const inner = createMemoryStore();
  const turner = new Turner();
  const rules = new EncryptionRules(new Map([["secrets", turner]]));
  const open = () => new SealedStore(inner, { rules: () => rules, resourceOf: resourceOfKey });
  const put = async (store: SealedStore, key: string, value: string | undefined) => {
    const expected = (await inner.get(key))?.modRevision ?? 0;
    return store.write({ key, expected, value: value === undefined ? undefined : Buffer.from(value) });
  };
  return { inner, turner, open, put };
}

const eventText = ({ revision, key, value, previous }: StoreEvent) =>
  `${revision} ${key.split("/").at(-1)} ${shown(previous)}>${shown(value)}`;
const shown = (value: StoredValue | undefined) => value?.fault ?? text(value?.value);

test("what has a rule lies sealed, what has none does not; readers see neither", async () => {
  const { inner, open, put } = bed();
  const store = open();
  await put(store, secretKey("x"), "abc");
  await put(store, "/registry/pods/a/x", "abc");
  await put(store, "/registry/ranges/serviceips", "abc");
  const lies = async (key: string) => text((await inner.get(key))?.value);
  assert.equal(await lies(secretKey("x")), "k8s:enc:one:cba");
  assert.deepEqual([await lies("/registry/pods/a/x"), await lies("/registry/ranges/serviceips")], ["abc", "abc"]);
  assert.equal(text((await store.get(secretKey("x")))?.value), "abc");
  assert.deepEqual(
    (await store.range("/registry/")).values.map(({ value }) => text(value)),
    ["abc", "abc", "abc"],
  );
});

test("what this process wrote is not opened; another process opens it", async () => {
  const { turner, open, put } = bed();
  const store = open();
  const seen: string[] = [];
  store.watch(0, (event) => seen.push(eventText(event)));
  await put(store, secretKey("x"), "abc");
  await put(store, secretKey("x"), "def");
  await put(store, secretKey("x"), undefined);
  assert.deepEqual([seen, turner.opened], [["1 x ->abc", "2 x abc>def", "3 x def>-"], 0]);
  const other: string[] = [];
  open().watch(0, (event) => other.push(eventText(event)));
  assert.deepEqual(other, seen);
  assert.ok(turner.opened > 0);
});

test("events that are opened later come in their order, and writes wait until theirs was told", async () => {
  const { turner, open, put } = bed();
  const [store, other] = [open(), open()];
  const seen: string[] = [];
  store.watch(0, (event) => seen.push(eventText(event)));
  turner.isLate = true;
  await put(other, secretKey("x"), "abc");
  assert.equal(store.revision, 0);
  await put(store, "/registry/pods/a/p", "pod");
  assert.deepEqual([seen, store.revision], [["1 x ->abc", "2 p ->pod"], 2]);
  for (let i = 0; i < 5; i++) await put(other, secretKey("x"), `v${i}`);
  await store.sync();
  assert.equal(seen.at(-1), "7 x v3>v4");
  assert.equal(store.revision, 7);
});

test("what cannot be opened comes with the reason alone, and is told of when it can be", async () => {
  const { turner, open, put } = bed();
  const writer = open();
  turner.name = "two";
  await put(writer, secretKey("x"), "abc");
  const store = open();
  const value = await store.get(secretKey("x"));
  assert.deepEqual([value?.fault, value?.value.length], ["/registry/secrets/a/x is not for us", 0]);
  const seen: string[] = [];
  store.watch(0, (event) => seen.push(eventText(event)));
  assert.deepEqual(seen, ["1 x ->/registry/secrets/a/x is not for us"]);
  const mended: string[] = [];
  store.onMended((each) => mended.push(shown(each)));
  await store.refresh();
  assert.deepEqual(mended, []);
  turner.known.add("two");
  await store.refresh();
  assert.deepEqual(mended, ["abc"]);
  assert.equal(text((await store.get(secretKey("x")))?.value), "abc");
});

test("what cannot be opened is tried again every ten seconds, once each time, until it can be", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    const { turner, open, put } = bed();
    turner.name = "two";
    const writer = open();
    for (const name of ["x", "y"]) await put(writer, secretKey(name), name);
    const store = open();
    store.watch(0, () => {});
    const mended: string[] = [];
    store.onMended((each) => mended.push(shown(each)));
    const tick = async () => {
      turner.opened = 0;
      mock.timers.tick(10_000);
      await new Promise((resolve) => setImmediate(resolve));
      return turner.opened;
    };
    assert.deepEqual([await tick(), await tick(), mended], [2, 2, []]);
    turner.known.add("two");
    assert.deepEqual([await tick(), mended, await tick()], [2, ["x", "y"], 0]);
  } finally {
    mock.timers.reset();
  }
});

test("what lies under an older key is stale until it is written again, also what this process wrote", async () => {
  const { turner, open, put } = bed();
  const store = open();
  store.watch(0, () => {});
  await put(store, secretKey("x"), "abc");
  assert.equal(store.isStale(secretKey("x")), false);
  turner.known.add("two");
  turner.name = "two";
  await store.refresh();
  assert.equal(store.isStale(secretKey("x")), true);
  await put(store, secretKey("x"), "abc");
  assert.equal(store.isStale(secretKey("x")), false);
});

test("a value that cannot be sealed is not written", async () => {
  const { inner, turner, open, put } = bed();
  turner.seal = () => {
    throw new TransformError("expired");
  };
  await assert.rejects(put(open(), secretKey("x"), "abc"), new TransformError("expired"));
  assert.equal(await inner.get(secretKey("x")), undefined);
});

test("a lost comparison tells what is there, opened", async () => {
  const { open, put } = bed();
  const store = open();
  await put(store, secretKey("x"), "abc");
  const result = await store.write({ key: secretKey("x"), expected: 0, value: Buffer.from("d") });
  assert.equal(result.ok ? "" : text(result.current?.value), "abc");
});
