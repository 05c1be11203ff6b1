import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { builtinCatalogue, type Rendered } from "@sallyport/kube";
import { EncryptionMetrics } from "@sallyport/secrets/encryption";
import { versionInfo } from "../version-info.ts";
import { HealthMetrics } from "./health-metrics.ts";
import { ServerMetrics } from "./server-metrics.ts";

/** What kube-apiserver 1.37.2 told at `/metrics` and `/metrics/slis` after requests of all kinds: `TYPE NAME{LABELS}`, but for `go_*`. */
const recorded = readFileSync(new URL("./kube-apiserver-families.recorded.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");

/** Families that are not ours, by the beginning of their names. */
const notOurs: readonly (readonly [prefix: string, why: string])[] = [
  ["aggregator_discovery_aggregation_count_total", "discovery is made when it is asked for, not merged of servers"],
  ["apiextensions_apiserver_validation_ratcheting_seconds", "old and new values are compared as part of validation"],
  ["apiextensions_openapi_", "documents of definitions are made when they are asked for"],
  [
    "apiserver_admission_step_admission_duration_seconds_summary",
    "the histogram beside it tells the same, and adds up",
  ],
  ["apiserver_flowcontrol_current_r", "queues are served in turn, not by virtual time"],
  ["apiserver_flowcontrol_dispatch_r", "queues are served in turn, not by virtual time"],
  ["apiserver_flowcontrol_latest_s", "queues are served in turn, not by virtual time"],
  ["apiserver_flowcontrol_next_", "queues are served in turn, not by virtual time"],
  ["apiserver_flowcontrol_watch_count_samples", "writes have one seat, however many watch"],
  ["apiserver_kube_aggregator_x509_", "Node has no certificates without names, nor such of SHA-1"],
  [
    "apiserver_nodeport_repair_reconcile_errors_total",
    "ports are those of the Services that there are: nothing is repaired",
  ],
  ["apiserver_request_timestamp_comparison_time", "whether an update changes nothing is asked of the stored text"],
  ["apiserver_resource_size_estimate_bytes", "lists have one seat, whatever their size: it is not estimated"],
  ["apiserver_selfrequest_total", "controllers call the registry, not the server"],
  [
    "apiserver_storage_list_duration_seconds",
    "lists are read from memory; the store is read once, for all resources together",
  ],
  ["apiserver_validation_", "there is one validation, not two that are compared"],
  ["apiserver_watch_cache_initialization_duration_seconds", "all resources are loaded together"],
  ["apiserver_watch_events_dispatch_duration_seconds", "an event is sent in the turn in which it comes"],
  ["apiserver_webhooks_x509_", "Node has no certificates without names, nor such of SHA-1"],
  ["authentication_token_cache_", "each token is looked at anew; what is remembered are signatures"],
  ["cardinality_enforcement_unexpected_categorizations_total", "there are no rules for values of labels"],
  ["disabled_metrics_total", "no metric can be turned off"],
  ["etcd_bookmark_total", "the store says by `sync` how far it is"],
  ["etcd_lease_object_counts", "each Event has a lease of its own in etcd"],
  ["grpc_client_", "etcd's client is not Go's"],
  ["hidden_metrics_total", "no metric is hidden"],
  ["informer_", "controllers read the cache itself"],
  [
    "kube_apiserver_clusterip_allocator_allocation_duration_seconds",
    "an address is found in memory, in the write itself",
  ],
  ["kubernetes_feature_enabled", "features are on as by default"],
  ["rest_client_", "the server has no client of itself"],
  ["watch_cache_capacity", "one history of events serves all resources"],
];

function textOf({ type, name, labels }: Rendered): string {
  return `${type} ${name}${labels.length === 0 ? "" : `{${labels.toSorted().join(",")}}`}`;
}

function own(): readonly Rendered[] {
  const metrics = new ServerMetrics(builtinCatalogue, versionInfo("test"));
  return [...metrics.all, ...new HealthMetrics().all, ...new EncryptionMetrics("sha256:a").all];
}

const reasonFor = (line: string) => notOurs.find(([prefix]) => (line.split(" ")[1] ?? "").startsWith(prefix));

test("each family of kube-apiserver's metrics is told with its type and labels, or is not ours for a reason", () => {
  const served = new Set(own().map(textOf));
  assert.deepEqual(
    recorded.filter((line) => !served.has(line) && reasonFor(line) === undefined),
    [],
  );
});

test("no reason is needless, and none stands for what is there", () => {
  const names = own().map(({ name }) => name);
  const needless = notOurs.filter(
    ([prefix]) =>
      names.some((name) => name.startsWith(prefix)) || !recorded.some((line) => line.includes(` ${prefix}`)),
  );
  assert.deepEqual(needless, []);
});

test("families have different names, and are told in their order", () => {
  const names = new ServerMetrics(builtinCatalogue, versionInfo("test")).all.map(({ name }) => name);
  assert.deepEqual(
    names,
    [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1)),
  );
});
