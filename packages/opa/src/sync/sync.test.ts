import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import type { PolicySource } from "./config-maps.ts";
import { defaultSyncOptions, type SyncOptions, statusAnnotation } from "./options.ts";
import { PolicyLoader } from "./policy-loader.ts";
import { type ObjectChange, Sync } from "./sync.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps" };
const secrets = { group: "", version: "v1", resource: "secrets" };

function setUp(options: Partial<SyncOptions> = {}) {
  let active: readonly PolicySource[] = [];
  const annotations: string[] = [];
  const sync = new Sync(
    { ...defaultSyncOptions, ...options },
    {
      policies: new PolicyLoader((policies) => {
        if (policies.some((policy) => policy.text === "bad")) return { error: "no good" };
        active = policies;
        return {};
      }),
      annotate: (namespace, name, values) => annotations.push(`${namespace}/${name} ${values[statusAnnotation]}`),
    },
  );
  return { sync, annotations, active: () => active.map((policy) => policy.name) };
}

function change(namespace: string, name: string, data?: { [key: string]: string }, labels = {}): ObjectChange {
  const object: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name, labels }, data };
  return { resource: configMaps, namespace, name, object: data === undefined ? undefined : object };
}

const roles: readonly [what: string, change: ObjectChange, options: Partial<SyncOptions>, active: string[]][] = [
  ["only .rego keys in a policy namespace", change("opa", "p", { "a.rego": "x" }), {}, ["opa/p/a.rego"]],
  ["another namespace", change("default", "p", { "a.rego": "x" }), {}, []],
  ["any namespace by *", change("default", "p", { "a.rego": "x" }), { namespaces: ["*"] }, ["default/p/a.rego"]],
  ["other keys without the label", change("opa", "p", { a: "x" }), {}, []],
  ["any key with the label", change("opa", "p", { a: "x" }, { "openpolicyagent.org/policy": "rego" }), {}, ["opa/p/a"]],
  ["the label required", change("opa", "p", { "a.rego": "x" }), { requirePolicyLabel: true }, []],
  ["policies switched off", change("opa", "p", { "a.rego": "x" }), { enablePolicies: false }, []],
];

for (const [what, made, options, expected] of roles) {
  test(`sync: a ConfigMap with ${what}`, () => {
    const { sync, active } = setUp(options);
    sync.apply(made);
    assert.deepEqual(active(), expected);
  });
}

test("sync: statuses are annotated, and a deleted ConfigMap leaves nothing", () => {
  const { sync, annotations, active } = setUp();
  sync.apply(change("opa", "p", { "a.rego": "x" }));
  sync.apply(change("opa", "p", { "a.rego": "bad" }));
  assert.deepEqual(annotations, ['opa/p {"status":"ok"}', 'opa/p {"status":"error","error":"no good"}']);
  assert.deepEqual(active(), ["opa/p/a.rego"]);
  sync.apply(change("opa", "p"));
  assert.deepEqual(active(), []);
});

test("sync: data ConfigMaps, last good kept", () => {
  const { sync, annotations } = setUp();
  const label = { "openpolicyagent.org/data": "opa" };
  sync.apply(change("opa", "d", { list: "[1,2]", other: "{}" }, label));
  sync.apply(change("opa", "d", { list: "[1," }, label));
  assert.deepEqual(JSON.parse(JSON.stringify(sync.data["opa"])), { d: { list: [1, 2], other: {} } });
  assert.match(annotations[1] ?? "", /error.*opa\/d\/list is not JSON/);
  sync.apply(change("opa", "d"));
  assert.equal(sync.data["opa"], undefined);
});

test("sync: secrets never reach data", () => {
  const { sync } = setUp();
  sync.declare(secrets);
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: "opa", name: "s" },
    data: { k: "canary" },
  };
  sync.apply({ resource: secrets, namespace: "opa", name: "s", object });
  assert.ok(!JSON.stringify(sync.data).includes("canary"));
});
