import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldSet } from "./field-set.ts";
import { encodeManagedFields, type Managed } from "./managed-fields.ts";

function encoded(set: FieldSet): unknown {
  const managed: Managed = {
    manager: "m",
    operation: "Update",
    apiVersion: "v1",
    subresource: "",
    time: undefined,
    set,
  };
  const [entry] = encodeManagedFields(new Map([["m", managed]])) as readonly { readonly fieldsV1: unknown }[];
  return entry?.fieldsV1;
}

const set = (name: string): FieldSet => ({ "f:data": { [`f:${name}`]: {}, ".": {} } });

test("objects with the same fields have one set of them, in order", () => {
  const first = encoded(set("a"));
  assert.equal(encoded(set("a")), first);
  assert.notEqual(encoded(set("b")), first);
  assert.equal(JSON.stringify(first), '{"f:data":{".":{},"f:a":{}}}');
});

test("only so many sets are kept, and none that is long", () => {
  const first = encoded(set("first"));
  for (let i = 0; i < 1000; i++) encoded(set(`many-${i}`));
  assert.notEqual(encoded(set("first")), first);
  assert.deepEqual(encoded(set("first")), first);
  const long = set("x".repeat(20_000));
  assert.notEqual(encoded(long), encoded(long));
});
