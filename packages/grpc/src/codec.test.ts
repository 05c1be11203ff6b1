import assert from "node:assert/strict";
import { test } from "node:test";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { empty, readFields, readMapEntry, writeBytes, writeMap, writeText } from "./codec.ts";

function mapOf(bytes: Uint8Array): Map<string, Uint8Array> {
  const map = new Map<string, Uint8Array>();
  readFields(bytes, (field, reader) => {
    if (field !== 3) return false;
    readMapEntry(reader, map);
    return true;
  });
  return map;
}

test("the same map has the same bytes in whatever order it was filled, and is read as it was", () => {
  const entries: [string, Uint8Array][] = [
    ["b", Uint8Array.of(2)],
    ["a", new Uint8Array()],
    ["__proto__", Uint8Array.of(1, 2)],
  ];
  const bytesOf = (map: Map<string, Uint8Array>) => {
    const writer = new BinaryWriter();
    writeMap(writer, 3, map);
    return writer.finish();
  };
  const bytes = bytesOf(new Map(entries));
  assert.deepEqual(bytesOf(new Map(entries.toReversed())), bytes);
  assert.deepEqual(mapOf(bytes), new Map(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))));
});

test("empty text and bytes are left out; fields of a later version are passed over", () => {
  const writer = new BinaryWriter();
  writeText(writer, 1, "");
  writeBytes(writer, 2, new Uint8Array());
  assert.equal(writer.finish().length, 0);
  const later = new BinaryWriter();
  later.tag(9, WireType.Varint).int32(7);
  writeText(later, 1, "known");
  const heard: string[] = [];
  readFields(later.finish(), (field, reader) => {
    if (field !== 1) return false;
    heard.push(reader.string());
    return true;
  });
  assert.deepEqual(heard, ["known"]);
  assert.deepEqual(empty.read(Uint8Array.of(8, 1)), {});
});

test("bytes that are no message throw", () => {
  for (const bytes of [[10, 5, 1], [255], [10]])
    assert.throws(() => readFields(Uint8Array.from(bytes), (_, reader) => reader.bytes().length >= 0));
});
