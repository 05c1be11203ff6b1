import assert from "node:assert/strict";
import { test } from "node:test";
import { RegoObject, RegoSet } from "../value/collection.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { pathFromPointer, pointerText, StoreError } from "./path.ts";
import { DataStore, type DataTransaction, type PatchOperation } from "./store.ts";

const before = (): JsonObject => ({ a: { b: 1, list: [1, 2, 3] }, c: { d: { e: true } } });

type Change = (transaction: DataTransaction) => void;

const put =
  (path: string, value: Value): Change =>
  (transaction) =>
    transaction.put(pathFromPointer(path), value);
const remove =
  (path: string): Change =>
  (transaction) =>
    transaction.remove(pathFromPointer(path));
const patch =
  (path: string, op: PatchOperation["op"], at: string, value?: Value): Change =>
  (transaction) =>
    transaction.patch(pathFromPointer(path), [
      { op, path: pathFromPointer(at), ...(value === undefined ? {} : { value }) },
    ]);

/** The document after a change, and what listeners are told; or the error's code and message. */
const cases: readonly [name: string, change: Change, after: unknown, changed: string][] = [
  ["put a new entry", put("/a/x", 2), { ...before(), a: { b: 1, list: [1, 2, 3], x: 2 } }, "/a/x"],
  ["put over a document", put("/c", 1), { ...before(), c: 1 }, "/c"],
  ["put makes what is around it", put("/n/m/o", 1), { ...before(), n: { m: { o: 1 } } }, "/n"],
  ["put an item", put("/a/list/1", 9), { ...before(), a: { b: 1, list: [1, 9, 3] } }, "/a/list/1"],
  ["put the root", put("", { z: 1 }), { z: 1 }, ""],
  ["put over no object", put("/a/b/c", 1), "storage_write_conflict_error: /a/b/c", ""],
  ["the root is an object", put("", [1]), "storage_invalid_patch_error: root must be object", ""],
  [
    "an entry named __proto__",
    put("/a/__proto__", 1),
    JSON.parse('{"a":{"b":1,"list":[1,2,3],"__proto__":1},"c":{"d":{"e":true}}}'),
    "/a/__proto__",
  ],
  ["sets become arrays", put("/c", RegoSet.of([2, 1])), { ...before(), c: [1, 2] }, "/c"],
  ["other keys become text", put("/c", RegoObject.of([[1, 2]])), { ...before(), c: { "1": 2 } }, "/c"],
  ["remove an entry", remove("/c/d/e"), { ...before(), c: { d: {} } }, "/c/d/e"],
  ["remove an item", remove("/a/list/0"), { ...before(), a: { b: 1, list: [2, 3] } }, "/a/list"],
  ["remove nothing", remove("/x/y"), "storage_not_found_error: document does not exist", ""],
  ["the root stays", remove("/"), "storage_invalid_patch_error: root cannot be removed", ""],
  ["add an entry", patch("/c", "add", "/d2", 1), { ...before(), c: { d: { e: true }, d2: 1 } }, "/c/d2"],
  ["insert an item", patch("/a", "add", "/list/1", 9), { ...before(), a: { b: 1, list: [1, 9, 2, 3] } }, "/a/list"],
  ["append an item", patch("/a/list", "add", "-", 9), { ...before(), a: { b: 1, list: [1, 2, 3, 9] } }, "/a/list"],
  [
    "insert beyond the end",
    patch("/a/list", "add", "5", 9),
    "storage_not_found_error: /a/list/5: array index out of range",
    "",
  ],
  ["add below nothing", patch("/x", "add", "/y", 1), "storage_not_found_error: document does not exist", ""],
  ["replace", patch("/a", "replace", "/b", 2), { ...before(), a: { b: 2, list: [1, 2, 3] } }, "/a/b"],
  ["replace nothing", patch("/a", "replace", "/x", 2), "storage_not_found_error: document does not exist", ""],
  [
    "replace an item beyond the end",
    patch("/a/list", "replace", "3", 9),
    "storage_not_found_error: /a/list/3: array index out of range",
    "",
  ],
  [
    "remove an item by a name",
    remove("/a/list/x"),
    "storage_not_found_error: /a/list/x: array index must be integer",
    "",
  ],
  ["remove the item to come", remove("/a/list/-"), "storage_invalid_patch_error: /a/list/-: invalid patch path", ""],
  [
    "add below an item that is not there",
    patch("/a/list", "add", "5/x", 9),
    "storage_not_found_error: /a/list/5/x: array index out of range",
    "",
  ],
  ["a patch without value", patch("/a", "add", "/x"), "storage_invalid_patch_error: patch has no value", ""],
];

for (const [name, change, after, changed] of cases) {
  test(name, () => {
    const store = new DataStore({ root: before() });
    const { snapshot } = store;
    const told: string[] = [];
    store.onChange([], ({ paths }) => told.push(...paths.map(pointerText)));
    if (typeof after === "string") {
      assert.throws(
        () => store.write(change),
        (error) => error instanceof StoreError && `${error.code}: ${error.message}` === after,
      );
      assert.equal(store.snapshot, snapshot);
    } else {
      store.write(change);
      assert.deepEqual(store.snapshot.root, after);
      assert.deepEqual(told, [changed]);
      assert.equal(store.snapshot.version, 1);
    }
    assert.deepEqual(snapshot.root, before());
  });
}

test("what a change does not touch is the same object", () => {
  const store = new DataStore({ root: before() });
  const { a, c } = store.snapshot.root;
  store.write(put("/a/b", 5));
  assert.equal(store.snapshot.root["c"], c);
  assert.notEqual(store.snapshot.root["a"], a);
});

test("a transaction is seen when it commits, by itself before", () => {
  const store = new DataStore();
  const transaction = store.begin();
  transaction.put(["a"], 1);
  assert.equal(transaction.read(["a"]), 1);
  assert.deepEqual(store.snapshot.root, {});
  assert.throws(() => store.begin(), { message: "another transaction is open" });
  assert.deepEqual(transaction.commit().root, { a: 1 });
  assert.throws(() => transaction.put(["a"], 2), { message: "the transaction has ended" });
});

test("a transaction that throws changes nothing, and another can begin", () => {
  const store = new DataStore({ root: before() });
  const failing = (transaction: DataTransaction): void => {
    transaction.put(["c"], 2);
    transaction.remove(["nothing"]);
  };
  assert.throws(() => store.write(failing), StoreError);
  assert.deepEqual(store.snapshot.root, before());
  store.write(put("/c", 3));
  assert.equal(store.snapshot.root["c"], 3);
});

test("nobody can change what is stored", () => {
  const mine = { list: [1] };
  const store = new DataStore({ root: { mine } });
  mine.list.push(2);
  assert.deepEqual(store.snapshot.root, { mine: { list: [1] } });
  const stored = store.snapshot.root["mine"] as unknown as { list: number[] };
  assert.throws(() => stored.list.push(3), TypeError);
  store.write(put("/mine/more", []));
  assert.throws(() => void ((store.snapshot.root["mine"] as unknown as { x: number }).x = 1), TypeError);
});

test("listeners hear of changes at, below and around their path, until they stop", () => {
  const store = new DataStore({ root: before() });
  const heard: string[] = [];
  const stop = store.onChange(["c", "d"], ({ paths, snapshot }) =>
    heard.push(`${snapshot.version}${paths.map(pointerText).join()}`),
  );
  store.write(put("/a/b", 2));
  store.write(put("/c/d/e", 2));
  store.write(put("/c", {}));
  stop();
  store.write(put("/c/d", 2));
  assert.deepEqual(heard, ["2/c/d/e", "3/c"]);
});

test("pointers escape slashes and tildes", () => {
  assert.deepEqual(pathFromPointer("/a~1b/c~0d"), ["a/b", "c~d"]);
  assert.equal(pointerText(["a/b", "c~d"]), "/a~1b/c~0d");
  assert.deepEqual(pathFromPointer("a/b"), ["a", "b"]);
});
