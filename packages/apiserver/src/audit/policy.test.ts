import assert from "node:assert/strict";
import { test } from "node:test";
import { requestInfo } from "../http/request-info.ts";
import { type AuditPolicy, auditLevel, readAuditPolicy } from "./policy.ts";

const jane = { username: "jane", groups: ["dev", "system:authenticated"] };

/** A rule without its level, and the requests that it matches. */
const rules: readonly (readonly [rule: object, matches: readonly string[]])[] = [
  [
    {},
    [
      "GET /version",
      "GET /api/v1/pods",
      "POST /api/v1/namespaces/a/pods/p/eviction",
      "DELETE /api/v1/namespaces/b/secrets/s",
      "GET /apis/apps/v1/namespaces/a/deployments/d/scale",
    ],
  ],
  [{ users: ["john"] }, []],
  [{ userGroups: ["ops", "dev"], verbs: ["list"] }, ["GET /api/v1/pods"]],
  [
    { namespaces: ["a"] },
    ["POST /api/v1/namespaces/a/pods/p/eviction", "GET /apis/apps/v1/namespaces/a/deployments/d/scale"],
  ],
  [{ namespaces: [""] }, ["GET /api/v1/pods"]],
  [{ resources: [{ group: "", resources: ["pods"] }] }, ["GET /api/v1/pods"]],
  [{ resources: [{ group: "", resources: ["pods/*"] }] }, ["POST /api/v1/namespaces/a/pods/p/eviction"]],
  [{ resources: [{ group: "apps", resources: ["*/scale"] }] }, ["GET /apis/apps/v1/namespaces/a/deployments/d/scale"]],
  [{ resources: [{ group: "apps" }] }, ["GET /apis/apps/v1/namespaces/a/deployments/d/scale"]],
  [{ resources: [{ resources: ["*"], resourceNames: ["s"] }] }, ["DELETE /api/v1/namespaces/b/secrets/s"]],
  [{ nonResourceURLs: ["/ver*"] }, ["GET /version"]],
  [{ nonResourceURLs: ["/healthz"] }, []],
];

const requests = rules[0]?.[1] as readonly string[];

for (const [rule, matches] of rules)
  test(`rule ${JSON.stringify(rule)}`, () => {
    const policy = { rules: [{ level: "Metadata", ...rule }] } as AuditPolicy;
    const found = requests.filter((each) => {
      const [method = "", path = ""] = each.split(" ");
      return auditLevel(policy, jane, requestInfo(method, path, new URLSearchParams())).level === "Metadata";
    });
    assert.deepEqual(found, matches);
  });

test("the first rule decides; stages and managed fields add to the policy's own", () => {
  const policy: AuditPolicy = {
    omitStages: ["RequestReceived"],
    omitManagedFields: true,
    rules: [
      { level: "Request", verbs: ["get"], omitStages: ["Panic"], omitManagedFields: false },
      { level: "RequestResponse" },
    ],
  };
  const levelOf = (path: string) => auditLevel(policy, jane, requestInfo("GET", path, new URLSearchParams()));
  assert.deepEqual(levelOf("/version"), {
    level: "Request",
    omitStages: new Set(["RequestReceived", "Panic"]),
    omitManagedFields: false,
  });
  assert.equal(levelOf("/api/v1/pods").level, "RequestResponse");
  assert.equal(levelOf("/api/v1/pods").omitManagedFields, true);
});

const policyOf = (fields: object) => ({ apiVersion: "audit.k8s.io/v1", kind: "Policy", ...fields });

/** A policy file that is refused, and the line that says why. */
const faults: readonly (readonly [value: unknown, fault: string])[] = [
  [null, "expected kind Policy of audit.k8s.io/v1"],
  [{ ...policyOf({}), apiVersion: "audit.k8s.io/v1beta1" }, "expected kind Policy of audit.k8s.io/v1"],
  [policyOf({ rules: [] }), "loaded illegal policy with 0 rules"],
  [policyOf({ rules: [{}] }), "rules[0].level: Required value"],
  [
    policyOf({ rules: [{ level: "None" }, { level: "All" }] }),
    'rules[1].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"',
  ],
  [policyOf({ rules: [{ level: "None", user: ["x"] }] }), "rules[0].user: unknown field"],
  [policyOf({ rules: [{ level: "None", users: "x" }] }), "rules[0].users: expected a list"],
  [
    policyOf({ rules: [{ level: "None", nonResourceURLs: ["/x"], namespaces: ["a"] }] }),
    "rules[0].nonResourceURLs: Invalid value: rules cannot apply to both regular resources and non-resource URLs",
  ],
  [
    policyOf({ rules: [{ level: "None" }], omitStages: ["Begin"] }),
    'omitStages[0]: Unsupported value: "Begin": supported values: "RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"',
  ],
];

for (const [value, fault] of faults)
  test(`refuses a policy: ${fault}`, () => assert.deepEqual(readAuditPolicy(value), { fault }));
