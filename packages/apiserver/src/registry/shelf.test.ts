import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import fc from "fast-check";
import { Shelf } from "./shelf.ts";

const key = fc.tuple(fc.constantFrom("", "a", "b", "ab"), fc.constantFrom("x", "y", "z", "x-1"));
const step = fc.record({ key, isGone: fc.boolean(), asks: fc.constantFrom("", "a", "b", undefined) });

test("lists are those of a map that is sorted and filtered each time, whatever happened in between", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const shelf = new Shelf({ group: "", resource: "pods" });
      const naive = new Map<string, KubeObject>();
      for (const [i, { key: parts, isGone, asks }] of steps.entries()) {
        const name = parts[0] === "" ? parts[1] : parts.join("/");
        const object: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name, uid: String(i) } };
        if (isGone) {
          shelf.delete(name);
          naive.delete(name);
        } else {
          shelf.set(name, object);
          naive.set(name, object);
        }
        if (asks === undefined) continue;
        const found = [...naive].filter(([each]) => asks === "" || each.startsWith(`${asks}/`));
        assert.deepEqual(
          shelf.list(asks),
          found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each),
        );
      }
    }),
  );
});

test("a list that was given out stays as it is", () => {
  const shelf = new Shelf({ group: "", resource: "pods" });
  const object: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "x" } };
  shelf.set("a/x", object);
  const before = shelf.list("a");
  shelf.set("a/y", object);
  shelf.delete("a/x");
  assert.equal(before.length, 1);
  assert.equal(shelf.list("a").length, 1);
});
