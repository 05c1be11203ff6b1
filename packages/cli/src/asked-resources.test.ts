import assert from "node:assert/strict";
import { test } from "node:test";
import { askedResources, readResources } from "./asked-resources.ts";
import { UsageError } from "./errors.ts";

test("resources are taken as rules name them", () => {
  const names = [
    ...[
      "pods",
      "pods/ephemeralcontainers",
      "pods/*",
      "deployments.apps",
      "deployments/scale.apps",
      "*.apps",
      "*/scale.*",
    ],
    ...["widgets.example.com", "k8spsps.constraints.gatekeeper.sh"],
  ];
  assert.deepEqual(askedResources("--resources", names), names);
  assert.deepEqual(askedResources("--resources", ["*"]), ["*.*"]);
});

const faults: readonly (readonly [name: string, why: string])[] = [
  ["deployments", "the core group has no such resource; there is deployments.apps"],
  ["deployments/scale", "the core group has no such resource; there is deployments/scale.apps"],
  ["pods.apps", "apps has no such resource; there is pods"],
  ["nonsense", "the core group has no such resource"],
  ["deployment.apps", "apps has no such resource"],
  ["a b", "expected RESOURCE or RESOURCE.GROUP, as pods or deployments.apps"],
  ["Pods", "expected RESOURCE or RESOURCE.GROUP, as pods or deployments.apps"],
  ["apps/v1/deployments", "expected RESOURCE or RESOURCE.GROUP, as pods or deployments.apps"],
];
for (const [name, why] of faults)
  test(`resources are refused: ${name}`, () => {
    assert.throws(() => askedResources("--resources", [name]), new UsageError(`--resources ${name}: ${why}`));
  });

test("what is read is named one by one, whole", () => {
  const names = ["pods", "ingresses.networking.k8s.io", "widgets.example.com"];
  assert.deepEqual(readResources("--replicate", names), names);
  for (const name of ["*", "*.apps", "pods/status"])
    assert.throws(
      () => readResources("--replicate", [name]),
      /^UsageError: --replicate \S+: expected RESOURCE or RESOURCE.GROUP, as pods or ingresses.networking.k8s.io$/,
    );
  assert.throws(() => readResources("--replicate", ["ingresses"]), /there is ingresses.networking.k8s.io/);
});
