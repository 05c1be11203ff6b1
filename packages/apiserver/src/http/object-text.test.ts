import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, goJson, inWrittenOrder, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import { decodeStored, encodeStored } from "../registry/encode.ts";
import { encode } from "./answer.ts";
import { objectText, PiecedText, typedList } from "./object-text.ts";

const info = findResource("", "v1", "configmaps") as ResourceInfo;
const json = { format: "json", pretty: false } as const;

function made(name: string, more: object = {}): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "n" }, ...more };
}

/** As the cache has it when this process has written it. */
function written(object: KubeObject): KubeObject {
  return decodeStored({ value: encodeStored(object, info, "application/json"), modRevision: 42 });
}

/** As it has it when it was read from a store. */
function read(text: string): KubeObject {
  return decodeStored({ value: new Uint8Array(Buffer.from(text)), modRevision: 42 });
}

const jsonOf = (value: object) => goJson(JSON.stringify(inWrittenOrder(value)));

const emoji = { data: { käse: "\u{1f9c0} \u2028 \ud800", 2: "b", 1: 'a"\\' }, immutable: true, none: undefined };

const objects: readonly (readonly [string, KubeObject, boolean])[] = [
  ["written", written(made("a", { data: { k: "v" } })), true],
  ["metadata alone", written(made("a")), true],
  ["beyond ASCII", written(made("ä", emoji)), true],
  ["kind before version", written({ kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a" } }), true],
  ["metadata first", written({ metadata: { name: "a" }, apiVersion: "v1", kind: "ConfigMap" }), true],
  ["fields in any order", written(made("a", { metadata: { labels: { b: "<", a: "&" }, uid: "u", name: "a" } })), true],
  ["read", read(jsonOf(made("a", emoji))), true],
  ["read, as Go writes it", read(`${jsonOf(made("a"))}\n`), true],
  ["read, in another order", read(JSON.stringify(made("a"))), false],
  ["read, with a version of its own", read(JSON.stringify(made("a", { metadata: { resourceVersion: "1" } }))), false],
  ["not of the cache", made("a", { metadata: { name: "a", resourceVersion: "42" } }), false],
];

for (const [name, object, isKept] of objects)
  test(`the text of an object is what would be written anew: ${name}`, () => {
    for (let round = 0; round < 2; round++) {
      const text = objectText(object, "[", "]\n");
      assert.equal(text !== undefined, isKept);
      assert.equal(String(encode(object, json).bytes), `${jsonOf(object)}\n`);
      if (isKept) assert.equal(String(text), `[${jsonOf(object)}]\n`);
    }
  });

const all = objects.map(([, object]) => object);
const many = Array.from({ length: 300 }, (_, i) => written(made(`m-${i}`, { data: { k: "ö".repeat(i * 10) } })));
const lists: readonly (readonly [string, readonly KubeObject[]])[] = [
  ["none", []],
  ["one", all.slice(0, 1)],
  ["kept ones and others", all],
  ["more than a piece", [...many, ...all, ...many]],
];

for (const [name, items] of lists)
  test(`the text of a list is what would be written at once: ${name}`, () => {
    const list = typedList({ kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: "42" } }, items);
    const { bytes } = encode(list, json);
    assert.ok(bytes instanceof PiecedText);
    const pieces = [...bytes.pieces()];
    const text = Buffer.concat(pieces);
    assert.equal(text.toString(), `${jsonOf(list)}\n`);
    assert.equal(text.length, bytes.length);
    assert.equal(bytes.isLong, name === "more than a piece");
    assert.ok(pieces.every((piece) => piece.length < 300_000));
    const [first] = JSON.parse(text.toString()).items;
    assert.equal(first?.kind, undefined);
  });
