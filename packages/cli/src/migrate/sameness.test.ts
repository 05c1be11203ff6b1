import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { sameness } from "./sameness.ts";

function pod(context: object, annotations: { readonly [key: string]: string } = {}): KubeObject {
  const spec = { containers: [{ name: "c", image: "i", securityContext: context }] };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "p", annotations }, spec };
}

test("pods are equal, the same in effect, or different in fields", () => {
  assert.equal(sameness(pod({ runAsUser: 5 }, { "kubernetes.io/psp": "a" }), pod({ runAsUser: 5 })), "equal");
  assert.equal(sameness(pod({ runAsUser: 5 }), pod({ runAsUser: 5, runAsNonRoot: true })), "same in effect");
  const [ab, ba] = [
    ["A", "B"],
    ["B", "A"],
  ].map((drop) => pod({ capabilities: { drop } }));
  assert.equal(sameness(ab as KubeObject, ba as KubeObject), "same in effect");
  assert.deepEqual(sameness(pod({ runAsUser: 5, runAsNonRoot: false }), pod({ runAsUser: 5, privileged: true })), [
    { field: "c: privileged", before: undefined, after: true },
  ]);
});

test("a user that is new is told as the user alone", () => {
  const told = sameness(pod({}), pod({ runAsUser: 1000 }));
  assert.deepEqual(told, [{ field: "c: runAsUser", before: undefined, after: 1000 }]);
});
