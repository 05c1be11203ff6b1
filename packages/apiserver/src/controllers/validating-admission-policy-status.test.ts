import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { withWorld } from "./world.fixture.ts";

test("policies are told what of their expressions does not fit, once for each generation", () =>
  withWorld(["validatingadmissionpolicy-status-controller"], async (world) => {
    const policy = (expression: string) => ({
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "p" },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["*"], resources: ["deployments"] }],
        },
        validations: [{ expression }],
      },
    });
    const status = () => world.cluster("admissionregistration.k8s.io", "validatingadmissionpolicies", "p")?.["status"];
    const made = await world.create(policy("object.spec.replicas > 1") as KubeObject);
    await world.settle();
    assert.deepEqual(status(), { observedGeneration: 1, typeChecking: {} });
    await world.update(made, (fresh) => ({ ...fresh, spec: policy("object.foo == 1").spec }));
    await world.settle();
    const warning =
      "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'foo'\n | object.foo == 1\n | ......^\n";
    assert.deepEqual(status(), {
      observedGeneration: 2,
      typeChecking: { expressionWarnings: [{ fieldRef: "spec.validations[0].expression", warning }] },
    });
  }));
