import type { Decision, Operation, Phase, Step } from "@sallyport/admission";
import {
  type Catalogue,
  Counter,
  Gauge,
  type GroupVersionResource,
  Histogram,
  type KubeObject,
  type Observer,
  qualifiedResource,
  type Rendered,
} from "@sallyport/kube";
import { deprecationOf } from "../http/deprecations.ts";
import { isLongRunning, type RequestInfo, scopeOf } from "../http/request-info.ts";
import { AccessMetrics } from "./access-metrics.ts";
import { AdmissionMetrics } from "./admission-metrics.ts";
import { AggregatorMetrics } from "./aggregator-metrics.ts";
import { CustomMetrics } from "./custom-metrics.ts";
import { FilterMetrics } from "./filter-metrics.ts";
import { FlowMetrics } from "./flow-metrics.ts";
import { ProcessMetrics, type ProcessStats } from "./process-metrics.ts";
import { QueueMetrics } from "./queue-metrics.ts";
import { ServiceMetrics } from "./service-metrics.ts";
import { sliSeconds } from "./sli-seconds.ts";
import { WatchCacheMetrics } from "./watch-cache-metrics.ts";

/** kube-apiserver's buckets of request durations, in seconds. */
const requestSeconds = [0.005, 0.025, ...sliSeconds];
const admissionSeconds = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const responseBytes = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** What `/version` says of the build, by the labels of `kubernetes_build_info`. */
const buildFields: readonly (readonly [label: string, field: string])[] = [
  ["build_date", "buildDate"],
  ["compiler", "compiler"],
  ["git_commit", "gitCommit"],
  ["git_tree_state", "gitTreeState"],
  ["git_version", "gitVersion"],
  ["go_version", "goVersion"],
  ["major", "major"],
  ["minor", "minor"],
  ["platform", "platform"],
];

const place = ["component", "group", "resource", "scope", "subresource", "verb", "version"];
const timed = ["component", "dry_run", "group", "resource", "scope", "subresource", "verb", "version"];

/** The metrics of the server, by kube-apiserver's names and labels. */
export class ServerMetrics {
  readonly #requests = new Counter(
    "apiserver_request_total",
    "[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
    ["code", ...timed],
  );
  readonly #durations = new Histogram(
    "apiserver_request_duration_seconds",
    "[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.",
    timed,
    requestSeconds,
  );
  readonly #slis = new Histogram(
    "apiserver_request_sli_duration_seconds",
    "[ALPHA] Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.",
    place,
    sliSeconds,
  );
  readonly #deprecated = new Gauge(
    "apiserver_requested_deprecated_apis",
    "[STABLE] Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.",
    ["group", "removed_release", "resource", "subresource", "version"],
  );
  readonly #sizes = new Histogram(
    "apiserver_response_sizes",
    "[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.",
    place,
    responseBytes,
  );
  readonly #inflight = new Gauge(
    "apiserver_current_inflight_requests",
    "[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.",
    ["request_kind"],
  );
  readonly #longRunning = new Gauge(
    "apiserver_longrunning_requests",
    "[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.",
    place,
  );
  readonly #watchEvents = new Counter("apiserver_watch_events_total", "[BETA] Number of events sent in watch clients", [
    "group",
    "resource",
    "version",
  ]);
  readonly #admissionSteps = new Histogram(
    "apiserver_admission_step_admission_duration_seconds",
    "[STABLE] Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).",
    ["operation", "rejected", "type"],
    admissionSeconds,
  );
  readonly #admissionControllers = new Histogram(
    "apiserver_admission_controller_admission_duration_seconds",
    "[STABLE] Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).",
    ["name", "operation", "rejected", "type"],
    admissionSeconds,
  );
  readonly #storage = new Histogram(
    "etcd_request_duration_seconds",
    "[ALPHA] Etcd request latency in seconds for each operation and object type.",
    ["group", "operation", "resource"],
    requestSeconds,
  );
  readonly #stored = new Counter(
    "etcd_requests_total",
    "[ALPHA] Etcd request counts for each operation and object type.",
    ["group", "operation", "resource"],
  );
  readonly #objects = new Gauge(
    "apiserver_resource_objects",
    "[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.",
    ["group", "resource"],
  );
  readonly #storageSize = new Gauge(
    "apiserver_storage_size_bytes",
    "[STABLE] Size of the storage database file physically allocated in bytes.",
    ["storage_cluster_id"],
  );
  readonly #storageObjects = new Gauge(
    "apiserver_storage_objects",
    "[STABLE] Number of stored objects at the time of last check split by kind.",
    ["resource"],
  );
  readonly #auditEvents = new Counter(
    "apiserver_audit_event_total",
    "[ALPHA] Counter of audit events generated and sent to the audit backend.",
  );
  readonly #auditRejected = new Counter(
    "apiserver_audit_requests_rejected_total",
    "[ALPHA] Counter of apiserver requests rejected due to an error in audit logging backend.",
  );
  readonly #build = new Gauge(
    "kubernetes_build_info",
    "[BETA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
    buildFields.map(([label]) => label),
  );
  readonly #version = new Gauge(
    "version_info",
    "[ALPHA] Provides the compatibility version info of the component. The component label is the name of the component, usually kube, but is relevant for aggregated-apiservers.",
    ["binary", "component", "emulation", "min_compat"],
  );
  readonly #registered = new Counter(
    "registered_metrics_total",
    "[BETA] The count of registered metrics broken by stability level and deprecation version.",
    ["deprecated_version", "stability_level"],
  );
  readonly #bodies = new Histogram(
    "apiserver_request_body_size_bytes",
    "[ALPHA] Apiserver request body size in bytes broken out by resource and verb.",
    ["group", "resource", "verb"],
    Array.from({ length: 31 }, (_, i) => 50_000 + i * 100_000),
  );
  readonly #handshakes = new Counter(
    "apiserver_tls_handshake_errors_total",
    "[ALPHA] Number of requests dropped with 'TLS handshake error from' error",
  );
  readonly #storageErrors = new Counter(
    "etcd_request_errors_total",
    "[ALPHA] Etcd failed request counts for each operation and object type.",
    ["group", "operation", "resource"],
  );
  readonly #process = new ProcessMetrics();
  readonly #aggregator = new AggregatorMetrics();
  readonly access = new AccessMetrics();
  readonly admissions = new AdmissionMetrics();
  readonly customs = new CustomMetrics();
  readonly filters = new FilterMetrics();
  readonly flows = new FlowMetrics();
  readonly queues = new QueueMetrics();
  readonly services = new ServiceMetrics();
  readonly watchCache = new WatchCacheMetrics();
  readonly #passed = { admit: passedByOperation(), validate: passedByOperation() };
  readonly #catalogue: Catalogue;

  constructor(catalogue: Catalogue, version: { readonly [field: string]: unknown }) {
    this.#catalogue = catalogue;
    const { emulationMajor, emulationMinor, minCompatibilityMajor, minCompatibilityMinor } = version;
    const texts = buildFields.map(([, field]) => String(version[field]));
    this.#build.set(texts, 1);
    const emulated = `${emulationMajor}.${emulationMinor}`;
    const oldest = `${minCompatibilityMajor}.${minCompatibilityMinor}`;
    this.#version.set([String(version["gitVersion"]).replace(/^v/, ""), "kube", emulated, oldest], 1);
    for (const kind of ["mutating", "readOnly"]) this.#inflight.add([kind], 0);
    this.#auditEvents.add([], 0);
    this.#auditRejected.add([], 0);
    this.#handshakes.add([], 0);
    for (const { help } of this.all) {
      const [, level] = /^\[(\w+)\]/.exec(help) ?? [];
      if (level !== undefined) this.#registered.add(["", level]);
    }
  }

  /** A request has begun. Answers what is to be called when it ends, with its code and the bytes of its answer. */
  began(info: RequestInfo, method: string, query: URLSearchParams): (code: number, bytes: number) => void {
    const start = performance.now();
    const labels = this.#placeOf(info, method);
    const dryRun = query.has("dryRun") ? "All" : "";
    const [component, ...rest] = labels;
    const timedLabels = [component as string, dryRun, ...rest];
    const isLong = isLongRunning(info);
    const [gauge, key] = isLong
      ? [this.#longRunning, labels]
      : [this.#inflight, [method === "GET" || method === "HEAD" ? "readOnly" : "mutating"]];
    gauge.add(key);
    return (code, bytes) => {
      gauge.add(key, -1);
      this.#requests.add([String(code), ...timedLabels]);
      const seconds = (performance.now() - start) / 1000;
      this.#durations.observe(timedLabels, seconds);
      this.filters.answered(query.getAll("fieldValidation"), seconds);
      if (!isLong) this.#slis.observe(labels, seconds);
      this.#tellDeprecated(info);
      if (!isLong && (info.verb === "get" || info.verb === "list")) this.#sizes.observe(labels, bytes);
    };
  }

  #tellDeprecated({ isResource, group, version, resource, subresource }: RequestInfo): void {
    const found = isResource ? this.#catalogue.find(group, version, resource) : undefined;
    if (found === undefined || deprecationOf(found) === undefined) return;
    this.#deprecated.set([group, "", resource, subresource, version], 1);
  }

  /** An event of so many bytes was sent to one watcher. */
  watchEvent(served: GroupVersionResource, bytes: number): void {
    this.#watchEvents.add([served.group, served.resource, served.version]);
    this.watchCache.sent(served, bytes);
  }

  /** The body of a request for a resource that is served was read. */
  bodyRead({ group, resource, verb }: RequestInfo, bytes: number): void {
    this.#bodies.observe([group, resource, verb === "deletecollection" ? "delete" : verb], bytes);
  }

  /** A connection could not be opened. */
  handshakeFailed(): void {
    this.#handshakes.add();
  }

  admission({ steps }: Decision, operation: Operation): void {
    this.#phase(steps, "mutating", operation);
    this.#phase(steps, "validating", operation);
  }

  #phase(steps: readonly Step[], phase: Phase, operation: Operation): void {
    const type = phase === "mutating" ? "admit" : "validate";
    const passed = this.#passed[type][operation];
    let [all, rejected] = [0, ""];
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i] as Step;
      if (step.phase !== phase) continue;
      const before = passed[i];
      if (before?.step === step) {
        before.times++;
        rejected = "false";
        continue;
      }
      const { plugin, outcome, cost } = step;
      rejected = outcome === "denied" || outcome === "errored" ? "true" : "false";
      const observe = this.#observerOf(before, plugin, operation, type, rejected);
      observe(cost / 1e6);
      if (rejected === "false") passed[i] = passedAgain(before, step, observe);
      all += cost;
    }
    if (rejected !== "") this.#admissionSteps.observe([operation, rejected, type], all / 1e6);
  }

  #observerOf(
    before: Passed | undefined,
    plugin: string,
    operation: Operation,
    type: string,
    rejected: string,
  ): Observer {
    if (rejected === "false" && before?.step.plugin === plugin) return before.observe;
    return this.#admissionControllers.observer([plugin, operation, rejected, type]);
  }

  stored(operation: string, group: string, resource: string, seconds: number, isFailed: boolean): void {
    this.#storage.observe([group, operation, resource], seconds);
    this.#stored.add([group, operation, resource]);
    if (isFailed) this.#storageErrors.add([group, operation, resource]);
  }

  audited(): void {
    this.#auditEvents.add();
  }

  /** The APIServices that there are. */
  apiServices(services: readonly KubeObject[]): void {
    this.#aggregator.holds(services);
  }

  /** What the database takes on its disk, where it has one. */
  storageSize(bytes: number | undefined): void {
    if (bytes !== undefined) this.#storageSize.set(["etcd-0"], bytes);
  }

  /** What `/metrics` answers. `objects` are counts by resource at this moment. */
  render(
    objects: Iterable<{ readonly group: string; readonly resource: string; readonly count: number }>,
    stats: ProcessStats | undefined,
  ): string {
    for (const { group, resource, count } of objects) {
      this.#objects.set([group, resource], count);
      this.#storageObjects.set([qualifiedResource({ group, resource })], count);
    }
    if (stats !== undefined) this.#process.is(stats);
    for (const operations of Object.values(this.#passed))
      for (const passed of Object.values(operations)) for (const each of passed) if (each !== undefined) settle(each);
    return this.all.map((metric) => metric.render()).join("");
  }

  /** By name, as Prometheus' clients print them. */
  get all(): readonly Rendered[] {
    const all = [
      this.#admissionControllers,
      this.#admissionSteps,
      this.#auditEvents,
      this.#auditRejected,
      this.#inflight,
      this.#longRunning,
      this.#durations,
      this.#slis,
      this.#requests,
      this.#deprecated,
      this.#objects,
      this.#sizes,
      this.#storageObjects,
      this.#storageSize,
      this.#watchEvents,
      this.#storage,
      this.#stored,
      this.#storageErrors,
      this.#bodies,
      this.#handshakes,
      this.#build,
      this.#version,
      this.#registered,
      ...this.#process.all,
      ...this.access.all,
      ...this.admissions.all,
      ...this.filters.all,
      ...this.customs.all,
      ...this.#aggregator.all,
      ...this.flows.all,
      ...this.queues.all,
      ...this.services.all,
      ...this.watchCache.all,
    ];
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Labels of what is served alone: others' names would be made up by clients. */
  #placeOf(info: RequestInfo, method: string): readonly string[] {
    const { group, version, resource, subresource } = info;
    const full = subresource === "" ? resource : `${resource}/${subresource}`;
    const isServed = info.isResource && this.#catalogue.find(group, version, full) !== undefined;
    if (!isServed) return ["", "", "", "", info.isResource ? "" : knownPath(info.path), verbOf(method, ""), ""];
    const verb =
      isLongRunning(info) && subresource !== "" && subresource !== "log" ? "CONNECT" : verbOf(method, info.verb);
    return ["apiserver", group, resource, scopeOf(info), subresource, verb, version];
  }
}

/**
 * The step at one place of the chain that was seen last. Each write has some forty of them, and nearly all are the very same ones, of
 * plugins that pass over: those are counted, and observed when they are asked for.
 */
interface Passed {
  step: Step;
  readonly observe: Observer;
  times: number;
}

function passedAgain(before: Passed | undefined, step: Step, observe: Observer): Passed {
  if (before === undefined) return { step, observe, times: 0 };
  settle(before);
  if (before.observe !== observe) return { step, observe, times: 0 };
  before.step = step;
  return before;
}

function settle(passed: Passed): void {
  if (passed.times > 0) passed.observe(passed.step.cost / 1e6, passed.times);
  passed.times = 0;
}

function passedByOperation(): { readonly [operation in Operation]: Passed[] } {
  return { CREATE: [], UPDATE: [], DELETE: [], CONNECT: [] };
}

const methods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);

function verbOf(method: string, verb: string): string {
  if (verb === "list" || verb === "watch" || verb === "deletecollection") return verb.toUpperCase();
  return methods.has(method) ? method : "other";
}

function knownPath(path: string): string {
  const [, first = ""] = path.split("/");
  return ["healthz", "livez", "readyz", "version", "metrics", "openapi", "api", "apis"].includes(first)
    ? `/${first}`
    : "";
}
