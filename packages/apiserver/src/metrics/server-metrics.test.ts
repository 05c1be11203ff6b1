import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "../server.fixture.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };

/** Requests, and the line that they leave; of a duration the count alone. */
const expected = [
  'apiserver_request_total{code="201",component="apiserver",dry_run="",group="",resource="configmaps",scope="namespace",subresource="",verb="POST",version="v1"} 1',
  'apiserver_request_total{code="409",component="apiserver",dry_run="",group="",resource="configmaps",scope="namespace",subresource="",verb="POST",version="v1"} 1',
  'apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="configmaps",scope="cluster",subresource="",verb="LIST",version="v1"} 1',
  'apiserver_request_total{code="404",component="",dry_run="",group="",resource="",scope="",subresource="",verb="GET",version=""} 1',
  'apiserver_request_total{code="200",component="",dry_run="",group="",resource="",scope="",subresource="/readyz",verb="GET",version=""} 1',
  'apiserver_request_duration_seconds_count{component="apiserver",dry_run="",group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"} 1',
  'apiserver_watch_events_total{group="",resource="configmaps",version="v1"} 2',
  'apiserver_longrunning_requests{component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"} 0',
  'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
  'apiserver_request_sli_duration_seconds_count{component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="POST",version="v1"} 2',
  'apiserver_requested_deprecated_apis{group="",removed_release="",resource="endpoints",subresource="",version="v1"} 1',
  'apiserver_flowcontrol_dispatched_requests_total{flow_schema="exempt",priority_level="exempt"} 7',
  'apiserver_flowcontrol_dispatched_requests_total{flow_schema="global-default",priority_level="global-default"} 1',
  'apiserver_flowcontrol_current_executing_requests{flow_schema="exempt",priority_level="exempt"} 1',
  'apiserver_flowcontrol_current_executing_requests{flow_schema="global-default",priority_level="global-default"} 0',
  'authentication_attempts{result="error"} 1',
  'authenticated_user_requests{username="other"} 9',
  'authorization_attempts_total{result="no-opinion"} 1',
  'etcd_requests_total{group="",operation="create",resource="configmaps"} 6',
  'workqueue_depth{name="namespace-controller"} 0',
  'apiserver_resource_objects{group="",resource="configmaps"} 5',
  'apiserver_watch_events_sizes_count{group="",resource="configmaps",version="v1"} 2',
  'apiserver_watch_cache_events_received_total{group="",resource="configmaps"} 5',
  'apiserver_storage_events_received_total{group="",resource="configmaps"} 5',
  'apiserver_watch_cache_initializations_total{group="",resource="configmaps"} 1',
  'apiserver_watch_cache_consistent_read_total{fallback="false",group="",resource="configmaps",success="true"} 2',
  'apiserver_watch_cache_read_wait_seconds_count{group="",resource="configmaps"} 2',
];

test("what is counted of requests, watches, admission and storage", () =>
  withServer(async ({ call }) => {
    await call(maps, { body: configMap });
    await call(maps, { body: configMap });
    await call("/api/v1/configmaps");
    await call("/apis/made.up/v1/things");
    await call("/readyz");
    await call(`${maps}?watch=true&timeoutSeconds=1`);
    await call("/api/v1/endpoints");
    await call(maps, { anonymous: true });
    await call("/api", { anonymous: true, headers: { authorization: "Bearer nobody" } });
    const { body, headers } = await call("/metrics");
    assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
    const lines = new Set(String(body).split("\n"));
    assert.deepEqual(
      expected.filter((line) => !lines.has(line)),
      [],
    );
    // Four hold the certificate authority of the first namespaces.
    assert.match(body, /^etcd_request_duration_seconds_count\{group="",operation="create",resource="configmaps"\} 6$/m);
    assert.match(
      body,
      /^apiserver_admission_step_admission_duration_seconds_count\{operation="CREATE",rejected="false",type="admit"\} \d+$/m,
    );
  }));

/** A webhook that nobody answers as, whose requests go on, and a policy of secrets by which one is refused, warned of and written to the audit log. */
const hook = {
  metadata: { name: "h" },
  webhooks: [
    {
      name: "h.example.com",
      clientConfig: { url: "https://127.0.0.1:1/" },
      failurePolicy: "Ignore",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
    },
  ],
};
const policy = {
  metadata: { name: "p" },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["secrets"] }],
    },
    validations: [{ expression: "object.metadata.name != 'a'" }],
  },
};
const bindings = [["Deny", "Audit"], ["Warn"]].map((validationActions, i) => ({
  metadata: { name: `b${i}` },
  spec: { policyName: "p", validationActions },
}));

const counted = [
  'apiserver_admission_webhook_request_total{code="503",name="h.example.com",operation="CREATE",rejected="false",type="validating"} 1',
  'apiserver_admission_webhook_admission_duration_seconds_count{name="h.example.com",operation="CREATE",rejected="false",type="validating"} 1',
  'apiserver_admission_webhook_fail_open_count{name="h.example.com",type="validating"} 1',
  ...[
    ["deny", "b0"],
    ["audit", "b0"],
    ["warn", "b1"],
  ].map(
    ([action, binding]) =>
      `apiserver_validating_admission_policy_check_total{enforcement_action="${action}",error_type="invalid_error",policy="p",policy_binding="${binding}"} 1`,
  ),
];

test("what is counted of webhooks and of policies in CEL", () =>
  withServer(async ({ call }) => {
    const place = "/apis/admissionregistration.k8s.io/v1";
    await call(`${place}/validatingwebhookconfigurations`, { body: hook });
    await call(`${place}/validatingadmissionpolicies`, { body: policy });
    for (const body of bindings) await call(`${place}/validatingadmissionpolicybindings`, { body });
    assert.equal((await call(maps, { body: configMap })).code, 201);
    assert.equal((await call("/api/v1/namespaces/default/secrets", { body: { metadata: { name: "a" } } })).code, 422);
    const lines = new Set(String((await call("/metrics")).body).split("\n"));
    assert.deepEqual(
      counted.filter((line) => !lines.has(line)),
      [],
    );
  }));
