import assert from "node:assert/strict";
import { test } from "node:test";
import { type Family, familiesOf } from "./metric-families.ts";
import { current, findKubeApiserver, type Peer, startKubeApiserver, startSallyport } from "./peers.ts";

// What a dashboard of a lone API server asks for has the same names, types, labels and texts at kube-apiserver and at ours.

const files = findKubeApiserver();
const skip =
  "missing" in files ? files.missing : "url" in files ? `needs a kube-apiserver ${current.version} to start` : false;

const maps = "/api/v1/namespaces/default/configmaps";

const admissionregistration = "/apis/admissionregistration.k8s.io/v1";

const rulesOf = (resource: string) => [
  { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: [resource] },
];

/** Webhooks that nobody answers as, of which one refuses, and a policy that nothing meets. */
const refusing = {
  validatingwebhookconfigurations: {
    metadata: { name: "h" },
    webhooks: ["Ignore", "Fail"].map((failurePolicy) => ({
      name: `${failurePolicy.toLowerCase()}.example.com`,
      clientConfig: { url: "https://127.0.0.1:1/" },
      failurePolicy,
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      rules: rulesOf("configmaps"),
    })),
  },
  validatingadmissionpolicies: {
    metadata: { name: "p" },
    spec: { matchConstraints: { resourceRules: rulesOf("secrets") }, validations: [{ expression: "false" }] },
  },
  validatingadmissionpolicybindings: {
    metadata: { name: "p" },
    spec: { policyName: "p", validationActions: ["Deny"] },
  },
};

/** What makes them count, and what they have counted. */
async function metricsOf({ client }: Peer): Promise<ReadonlyMap<string, Family>> {
  const ask = (method: string, path: string, body?: unknown) => client.ask({ method, path, body });
  await ask("POST", maps, { metadata: { name: "a" } });
  await ask("PUT", `${maps}/a`, { metadata: { name: "a" }, data: { a: "b" } });
  await ask("GET", maps);
  await ask("GET", `${maps}?watch=true&timeoutSeconds=1&resourceVersion=0`);
  await ask("GET", "/api/v1/endpoints");
  await ask("DELETE", `${maps}/a`);
  const spec = { type: "NodePort", ports: [{ port: 80 }] };
  await ask("POST", "/api/v1/namespaces/default/services", { metadata: { name: "s" }, spec });
  await ask("GET", "/nothing");
  await client.ask({ method: "GET", path: "/api", headers: { authorization: "Bearer nobody" } });
  await client.ask({ method: "GET", path: "/version", headers: { "impersonate-user": "jane" } });
  for (const [resource, object] of Object.entries(refusing))
    await ask("POST", `${admissionregistration}/${resource}`, object);
  // They come into force a little later.
  for (const path of [maps, "/api/v1/namespaces/default/secrets"])
    for (let tries = 0; tries < 100; tries++) {
      if ((await ask("POST", path, { metadata: { generateName: "refused-" } })).code >= 400) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  // The first one is of flows that are not exempt.
  await client.ask({ method: "GET", path: maps, headers: { authorization: "" } });
  const { body } = await ask("GET", "/metrics");
  return familiesOf(String(body));
}

/** What is asked for by kube-prometheus' rules and dashboards, and is there from the beginning. */
const wanted = [
  "apiserver_request_total",
  "apiserver_request_duration_seconds",
  "apiserver_request_sli_duration_seconds",
  "apiserver_requested_deprecated_apis",
  "apiserver_response_sizes",
  "apiserver_current_inflight_requests",
  "apiserver_current_inqueue_requests",
  "apiserver_longrunning_requests",
  "apiserver_watch_events_total",
  "apiserver_admission_controller_admission_duration_seconds",
  "apiserver_admission_step_admission_duration_seconds",
  "apiserver_resource_objects",
  "apiserver_audit_event_total",
  "apiserver_audit_requests_rejected_total",
  "apiserver_flowcontrol_current_executing_requests",
  "apiserver_flowcontrol_current_executing_seats",
  "apiserver_flowcontrol_dispatched_requests_total",
  "apiserver_flowcontrol_nominal_limit_seats",
  "apiserver_flowcontrol_request_execution_seconds",
  "apiserver_flowcontrol_request_wait_duration_seconds",
  "apiserver_admission_webhook_admission_duration_seconds",
  "apiserver_admission_webhook_fail_open_count",
  "apiserver_admission_webhook_rejection_count",
  "apiserver_admission_webhook_request_total",
  "apiserver_validating_admission_policy_check_duration_seconds",
  "apiserver_validating_admission_policy_check_total",
  "apiserver_storage_events_received_total",
  "apiserver_watch_cache_consistent_read_total",
  "apiserver_watch_cache_events_dispatched_total",
  "apiserver_watch_cache_events_received_total",
  "apiserver_watch_cache_initializations_total",
  "apiserver_watch_cache_read_wait_seconds",
  "apiserver_watch_cache_resource_version",
  "apiserver_watch_events_sizes",
  "apiserver_impersonation_attempts_duration_seconds",
  "apiserver_impersonation_attempts_total",
  "apiserver_impersonation_authorization_attempts_duration_seconds",
  "apiserver_impersonation_authorization_attempts_total",
  "authenticated_user_requests",
  "authentication_attempts",
  "authentication_duration_seconds",
  "authorization_attempts_total",
  "authorization_duration_seconds",
  "etcd_request_duration_seconds",
  "etcd_requests_total",
  "process_cpu_seconds_total",
  "process_max_fds",
  "process_open_fds",
  "process_resident_memory_bytes",
  "process_start_time_seconds",
  "process_virtual_memory_bytes",
  "apiserver_authorization_decisions_total",
  "apiserver_flowcontrol_current_limit_seats",
  "apiserver_request_body_size_bytes",
  "apiserver_storage_list_total",
  "apiserver_storage_list_fetched_objects_total",
  "apiserver_storage_list_evaluated_objects_total",
  "apiserver_storage_list_returned_objects_total",
  "apiserver_tls_handshake_errors_total",
  "kube_apiserver_clusterip_allocator_allocated_ips",
  "kube_apiserver_clusterip_allocator_available_ips",
  "kube_apiserver_clusterip_allocator_allocation_total",
  "kube_apiserver_nodeport_allocator_allocated_ports",
  "kube_apiserver_nodeport_allocator_available_ports",
  "kube_apiserver_nodeport_allocator_allocation_total",
  "pod_security_evaluations_total",
  "pod_security_exemptions_total",
  "workqueue_adds_total",
  "workqueue_depth",
  "workqueue_longest_running_processor_seconds",
  "workqueue_queue_duration_seconds",
  "workqueue_retries_total",
  "workqueue_unfinished_work_seconds",
  "workqueue_work_duration_seconds",
];

/** Ours alone: a name of before 1.37, which dashboards still ask for. */
const older = ["apiserver_storage_objects"];

/** Labels tell of Go and of the build. */
const fewerLabels = ["kubernetes_build_info"];

test("metrics have kube-apiserver's names, types, labels and texts", { skip, timeout: 180_000 }, async () => {
  const theirs = await startKubeApiserver(files as { readonly apiserver: string; readonly etcd: string });
  const faults: unknown[] = [];
  const processStats = () => ({
    cpuSeconds: 1,
    residentBytes: 1,
    startTimeSeconds: 1,
    virtualBytes: 1,
    openFiles: 1,
    maxFiles: 1,
  });
  const ours = await startSallyport((error) => faults.push(error), { processStats });
  try {
    const [their, our] = [await metricsOf(theirs), await metricsOf(ours)];
    const faulty = [...our].flatMap(([name, family]) => {
      const known = their.get(name);
      if (known === undefined) return older.includes(name) ? [] : [`${name}: kube-apiserver has none`];
      const labels = [...family.labels].filter((each) => !fewerLabels.includes(name) && !known.labels.has(each));
      return [
        ...(family.type === known.type ? [] : [`${name}: ${family.type}, kube-apiserver's ${known.type}`]),
        ...(family.help === known.help ? [] : [`${name}: ${family.help}\n  kube-apiserver's: ${known.help}`]),
        ...labels.map((each) => `${name}: kube-apiserver has no label ${each}`),
      ];
    });
    assert.deepEqual(faulty, []);
    assert.deepEqual(
      wanted.filter((name) => !our.has(name)),
      [],
    );
    assert.deepEqual(faults, []);
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
  }
});
