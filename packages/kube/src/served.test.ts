import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimeConfigFault, servedCatalogue } from "./served.ts";

/** A configuration, and the versions of two groups that are served under it. */
const cases: readonly (readonly [config: string, ...served: readonly string[]])[] = [
  ["", "coordination.k8s.io/v1", "resource.k8s.io/v1"],
  [
    "api/beta=true",
    "coordination.k8s.io/v1",
    "coordination.k8s.io/v1beta1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1beta2",
  ],
  ["resource.k8s.io/v1beta1=true", "coordination.k8s.io/v1", "resource.k8s.io/v1", "resource.k8s.io/v1beta1"],
  ["resource.k8s.io/v1=false", "coordination.k8s.io/v1"],
  ["api/all=false,resource.k8s.io/v1=true", "resource.k8s.io/v1"],
  [
    "coordination.k8s.io/v1beta1/leasecandidates=true",
    "coordination.k8s.io/v1",
    "coordination.k8s.io/v1beta1",
    "resource.k8s.io/v1",
  ],
];

const configOf = (text: string) =>
  new Map(
    text
      .split(",")
      .filter(Boolean)
      .map((each) => [each.split("=")[0] ?? "", each.endsWith("=true")] as const),
  );

for (const [text, ...served] of cases) {
  test(`served with "${text}"`, () => {
    const catalogue = servedCatalogue(configOf(text));
    const versions = new Set(
      [...catalogue.all()]
        .filter(({ group }) => group === "coordination.k8s.io" || group === "resource.k8s.io")
        .map(({ group, version }) => `${group}/${version}`),
    );
    assert.deepEqual([...versions].sort(), served);
  });
}

test("what is not served is not found", () => {
  const { find, findKind } = servedCatalogue();
  assert.equal(find("resource.k8s.io", "v1beta1", "deviceclasses"), undefined);
  assert.equal(findKind("resource.k8s.io", "v1beta1", "DeviceClass"), undefined);
  assert.equal(find("resource.k8s.io", "v1", "deviceclasses")?.kind, "DeviceClass");
});

test("an unknown API is a fault", () => {
  assert.equal(runtimeConfigFault(configOf("api/all=true,apps/v1/deployments=false")), undefined);
  assert.match(runtimeConfigFault(configOf("apps/v7=true")) ?? "", /^unknown API apps\/v7;/);
});
