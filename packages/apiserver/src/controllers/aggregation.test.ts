import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { withWorld } from "./world.fixture.ts";

const role = (name: string, more: object): KubeObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name, labels: { part: name } },
  ...more,
});

test("the rules of a role that gathers others are the controller's, and nobody else's", () =>
  withWorld(["clusterrole-aggregation"], async (world) => {
    const own = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
    await world.create(role("one", { rules: own }));
    const selectors = { clusterRoleSelectors: [{ matchLabels: { part: "one" } }] };
    await world.create(role("all", { aggregationRule: selectors, rules: [] }));
    await world.settle();
    const all = world.cluster("rbac.authorization.k8s.io", "clusterroles", "all");
    assert.deepEqual(all?.["rules"], own);
    const managers = (all?.metadata.managedFields ?? []) as readonly {
      readonly manager: string;
      readonly operation: string;
      readonly fieldsV1: object;
    }[];
    assert.deepEqual(
      managers.map(({ manager, operation, fieldsV1 }) => [manager, operation, "f:rules" in fieldsV1]),
      [
        [managers[0]?.manager, "Update", false],
        ["clusterrole-aggregation-controller", "Apply", true],
      ],
    );
  }));
