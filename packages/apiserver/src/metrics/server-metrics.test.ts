import assert from "node:assert/strict";
import { test } from "node:test";
import { createChain, type Plugin } from "@sallyport/admission";
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

const given = [
  'apiserver_authorization_decisions_total{decision="allowed",name="rbac",type="RBAC"} 1',
  'apiserver_request_body_size_bytes_count{group="",resource="services",verb="create"} 4',
  'apiserver_storage_list_total{group="",index="",resource="services",storage="watchcache"} 1',
  'apiserver_storage_list_fetched_objects_total{group="",index="",resource="services",storage="watchcache"} 3',
  'apiserver_storage_list_evaluated_objects_total{group="",resource="services",storage="watchcache"} 3',
  'apiserver_storage_list_returned_objects_total{group="",resource="services",storage="watchcache"} 1',
  "apiserver_tls_handshake_errors_total 0",
  'kube_apiserver_clusterip_allocator_allocated_ips{cidr="10.0.0.0/24"} 2',
  'kube_apiserver_clusterip_allocator_available_ips{cidr="10.0.0.0/24"} 252',
  'kube_apiserver_clusterip_allocator_allocation_total{cidr="10.0.0.0/24",scope="dynamic"} 1',
  'kube_apiserver_clusterip_allocator_allocation_total{cidr="10.0.0.0/24",scope="static"} 1',
  "kube_apiserver_nodeport_allocator_allocated_ports 2",
  "kube_apiserver_nodeport_allocator_available_ports 2766",
  'kube_apiserver_nodeport_allocator_allocation_total{scope="static"} 1',
  'kube_apiserver_nodeport_allocator_allocation_total{scope="dynamic"} 1',
  'pod_security_evaluations_total{decision="allow",mode="enforce",policy_level="privileged",policy_version="latest",request_operation="create",resource="pod",subresource=""} 1',
  'pod_security_evaluations_total{decision="deny",mode="enforce",policy_level="baseline",policy_version="v1.30",request_operation="create",resource="pod",subresource=""} 1',
  'pod_security_evaluations_total{decision="deny",mode="audit",policy_level="restricted",policy_version="future",request_operation="create",resource="pod",subresource=""} 1',
  'pod_security_exemptions_total{request_operation="create",resource="pod",subresource=""} 0',
];

test("what services were given, what lists read, what PodSecurity and authorizers decided", () =>
  withServer(
    async ({ call }) => {
      const space = "/api/v1/namespaces/default";
      const service = (name: string, spec: object, query = "") =>
        call(`${space}/services${query}`, { body: { metadata: { name }, spec } });
      await service("a", {
        type: "NodePort",
        ports: [
          { name: "a", port: 80, nodePort: 30001 },
          { name: "b", port: 81 },
        ],
      });
      await service("b", { clusterIP: "10.0.0.77", ports: [{ port: 80 }] });
      await service("c", { clusterIP: "None", ports: [{ port: 80 }] });
      await service("d", { ports: [{ port: 80 }] }, "?dryRun=All");
      await call(`${space}/services?fieldSelector=metadata.name%3Da`);
      await call("/version", { anonymous: true });
      const pod = { metadata: { name: "a" }, spec: { hostNetwork: true, containers: [{ name: "a", image: "x" }] } };
      await call(`${space}/pods`, { body: pod });
      const labels = { enforce: "baseline", "enforce-version": "v1.30", audit: "restricted", "audit-version": "v1.99" };
      const prefixed = Object.fromEntries(
        Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]),
      );
      await call("/api/v1/namespaces", { body: { metadata: { name: "held", labels: prefixed } } });
      await call("/api/v1/namespaces/held/pods", { body: pod });
      const lines = new Set(String((await call("/metrics")).body).split("\n"));
      assert.deepEqual(
        given.filter((line) => !lines.has(line)),
        [],
      );
    },
    { plugins: createChain({ disable: ["ServiceAccount"] }) as readonly Plugin[], controllers: [] },
  ));
