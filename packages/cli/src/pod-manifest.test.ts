import assert from "node:assert/strict";
import { test } from "node:test";
import { type Manifest, parseManifests } from "./manifests.ts";
import { decodedPodManifest } from "./pod-manifest.ts";

function manifest(spec: string): Manifest {
  const [found] = parseManifests("p.yaml", `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: ${spec}\n`);
  return found ?? assert.fail();
}

test("a pod is decoded as Go decodes it", () => {
  const pod = decodedPodManifest(manifest("{containers: [null, {name: c, image: i}], nodeName: null}"));
  const { containers, nodeName } = pod?.value["spec"] as { readonly [field: string]: unknown };
  assert.deepEqual((containers as readonly { readonly name?: string }[])[1]?.name, "c");
  assert.deepEqual([typeof (containers as readonly unknown[])[0], nodeName], ["object", undefined]);
  assert.notEqual((containers as readonly unknown[])[0], null);
});

const faults: readonly (readonly [spec: string, why: RegExp])[] = [
  ["x", /^p.yaml:1: Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into .* v1.PodSpec$/],
  ["{containers: [{securityContext: {capabilities: {add: A}}}]}", /capabilities.add of type \[\]v1.Capability$/],
  ["{containers: [{name: c, securtyContext: {}}]}", /strict decoding error: unknown field "spec.containers\[0\].secu/],
  ["null", /^p.yaml:1: a pod without spec.containers$/],
  ["{containers: null}", /^p.yaml:1: a pod without spec.containers$/],
];
for (const [spec, why] of faults)
  test(`a pod that cannot be looked into is refused: ${spec}`, () => {
    assert.throws(() => decodedPodManifest(manifest(spec)), { name: "InputError", message: why });
  });

test("what has no pod has none", () => {
  const [other] = parseManifests("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
  assert.equal(decodedPodManifest(other ?? assert.fail()), undefined);
});
