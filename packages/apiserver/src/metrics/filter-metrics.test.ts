import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "../server.fixture.ts";
import { FilterMetrics } from "./filter-metrics.ts";

const space = "/api/v1/namespaces/default";
const admissionGroup = "/apis/admissionregistration.k8s.io/v1";

/** The lines of `/metrics` that are not there. */
function missing(body: unknown, wanted: readonly string[]): readonly string[] {
  const lines = new Set(String(body).split("\n"));
  return wanted.filter((line) => !lines.has(line));
}

test("what filters, field validation, beginnings of watches and tokens are told as", () =>
  withServer(async ({ call }) => {
    const map = { metadata: { name: "a" } };
    await call(`${space}/configmaps?fieldValidation=Strict`, { body: map });
    await call(`${space}/configmaps?fieldValidation=Made-up`, { body: map });
    await call(
      `${space}/configmaps?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1`,
    );
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 600 } };
    const account = { metadata: { name: "a" } };
    await call(`${space}/serviceaccounts`, { body: account });
    const { body } = await call(`${space}/serviceaccounts/a/token`, { body: request });
    const { token } = (body as { status: { token: string } }).status;
    await call("/api", { anonymous: true, headers: { authorization: `Bearer ${token}` } });
    const metrics = await call("/metrics");
    assert.deepEqual(
      missing(metrics.body, [
        'field_validation_request_duration_seconds_count{field_validation="Strict"} 1',
        'field_validation_request_duration_seconds_count{field_validation="invalid"} 1',
        'apiserver_request_filter_duration_seconds_count{filter="authentication"} 7',
        'apiserver_request_filter_duration_seconds_count{filter="authorization"} 7',
        'apiserver_request_filter_duration_seconds_count{filter="priorityandfairness"} 7',
        'apiserver_watch_list_duration_seconds_count{group="",resource="configmaps",scope="namespace",version="v1"} 1',
        "serviceaccount_valid_tokens_total 1",
        "serviceaccount_stale_tokens_total 0",
        'aggregator_unavailable_apiservice{name="v1."} 0',
      ]),
      [],
    );
  }));

const gates = {
  metadata: { name: "gates.example.com" },
  spec: {
    group: "example.com",
    scope: "Cluster",
    names: { kind: "Gate", plural: "gates" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: { doors: { type: "integer" } },
                "x-kubernetes-validations": [{ rule: "self.doors > 0" }],
              },
            },
          },
        },
      },
    ],
  },
};

const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }];

const hook = {
  metadata: { name: "h" },
  webhooks: [
    {
      name: "h.example.com",
      clientConfig: { url: "https://127.0.0.1:1/" },
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      rules,
      matchConditions: [{ name: "never", expression: "false" }],
    },
  ],
};

const mutation = {
  metadata: { name: "p" },
  spec: {
    matchConstraints: { resourceRules: rules },
    matchConditions: [{ name: "always", expression: "true" }],
    reinvocationPolicy: "Never",
    mutations: [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"a": "b"}}}' },
      },
    ],
  },
};

test("what expressions of definitions, conditions and mutating policies are told as", () =>
  withServer(async ({ call, server }) => {
    await call("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { body: gates });
    const body = { apiVersion: "example.com/v1", kind: "Gate", metadata: { name: "a" }, spec: { doors: 0 } };
    const make = async () => (await call("/apis/example.com/v1/gates", { body })).code;
    for (let tries = 0; (await make()) === 404 && tries < 100; tries++)
      await new Promise((done) => setTimeout(done, 20));
    await call(`${admissionGroup}/validatingwebhookconfigurations`, { body: hook });
    await call(`${admissionGroup}/mutatingadmissionpolicies`, { body: mutation });
    await call(`${admissionGroup}/mutatingadmissionpolicybindings`, {
      body: { metadata: { name: "b" }, spec: { policyName: "p" } },
    });
    await call(`${space}/configmaps`, { body: { metadata: { name: "a" } } });
    assert.equal(server.cache.get("", "configmaps", "default", "a")?.metadata.labels?.["a"], "b");
    const metrics = await call("/metrics");
    assert.deepEqual(
      missing(metrics.body, [
        "apiserver_cel_evaluation_duration_seconds_count 1",
        'apiserver_admission_match_condition_exclusions_total{kind="webhook",name="h.example.com",operation="CREATE",type="validating"} 1',
        'apiserver_admission_match_condition_evaluation_seconds_count{kind="webhook",name="h.example.com",operation="CREATE",type="validating"} 1',
        // Once more in the second round, as the object was changed.
        'apiserver_admission_match_condition_evaluation_seconds_count{kind="policy",name="p",operation="CREATE",type="validate"} 2',
        'apiserver_mutating_admission_policy_check_total{error_type="no_error",policy="p",policy_binding="b"} 1',
        'apiserver_mutating_admission_policy_check_duration_seconds_count{error_type="no_error",policy="p",policy_binding="b"} 1',
      ]),
      [],
    );
    assert.match(String(metrics.body), /^apiserver_cel_compilation_duration_seconds_count [1-9]\d*$/m);
  }));

test("values of fieldValidation that clients make up are told as one", () => {
  const metrics = new FilterMetrics();
  for (const given of [[], ["Warn"], ["x"], ["y"], ["Warn", "Strict"]]) metrics.answered(given, 0.01);
  const text = metrics.all.map((each) => each.render()).join("");
  const counts = [
    ...text.matchAll(/^field_validation_request_duration_seconds_count\{field_validation="(.*)"\} (\d)$/gm),
  ];
  assert.deepEqual(
    counts.map(([, value, count]) => [value, count]),
    [
      ["", "1"],
      ["Warn", "1"],
      ["invalid", "3"],
    ],
  );
});
