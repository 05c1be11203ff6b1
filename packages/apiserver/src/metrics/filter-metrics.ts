import { Counter, type GroupVersionResource, Histogram, type Rendered } from "@sallyport/kube";
import type { Level } from "../audit/policy.ts";
import { sliSeconds } from "./sli-seconds.ts";

/** What a request passes through before it is served, one after the other, by kube-apiserver's names. */
export type Filter = "authentication" | "audit" | "constrainedimpersonation" | "priorityandfairness" | "authorization";

/** Values of `fieldValidation` that there are; clients can write anything. */
const validations: ReadonlySet<string> = new Set(["", "Ignore", "Strict", "Warn"]);

/** What is done of requests beside serving them, by kube-apiserver's names. */
export class FilterMetrics {
  readonly #filters = new Histogram(
    "apiserver_request_filter_duration_seconds",
    "[ALPHA] Request filter latency distribution in seconds, for each filter type",
    ["filter"],
    [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 5, 10, 15, 30],
  );
  readonly #validations = new Histogram(
    "field_validation_request_duration_seconds",
    "[ALPHA] Response latency distribution in seconds for each field validation value",
    ["field_validation"],
    sliSeconds,
  );
  readonly #audited = new Counter(
    "apiserver_audit_level_total",
    "[ALPHA] Counter of policy levels for audit events (1 per request).",
    ["level"],
  );
  readonly #watchLists = new Histogram(
    "apiserver_watch_list_duration_seconds",
    "[BETA] Response latency distribution in seconds for watch list requests broken by group, version, resource and scope.",
    ["group", "resource", "scope", "version"],
    [...sliSeconds, 90, 120, 180, 300],
  );
  readonly #terminated = new Counter(
    "apiserver_terminated_watchers_total",
    "[ALPHA] Counter of watchers closed due to unresponsiveness broken by resource type.",
    ["group", "resource"],
  );

  /** A clock for one request, that is told of each filter behind it. */
  begin(): (filter: Filter) => void {
    let since = performance.now();
    return (filter) => {
      const now = performance.now();
      this.#filters.observe([filter], (now - since) / 1000);
      since = now;
    };
  }

  /** A request was answered; `fieldValidation` as its query has them. */
  answered(fieldValidation: readonly string[], took: number): void {
    const [first = ""] = fieldValidation;
    const shown = fieldValidation.length <= 1 && validations.has(first) ? first : "invalid";
    this.#validations.observe([shown], took);
  }

  /** The audit policy has chosen. */
  audited(level: Level): void {
    this.#audited.add([level]);
  }

  /** A watcher that asked for what there is before all else was told where that ends. */
  watchListed({ group, resource, version }: GroupVersionResource, scope: string, took: number): void {
    this.#watchLists.observe([group, resource, scope, version], took);
  }

  /** A watcher that did not read was cut. */
  watcherCut({ group, resource }: GroupVersionResource): void {
    this.#terminated.add([group, resource]);
  }

  get all(): readonly Rendered[] {
    return [this.#filters, this.#validations, this.#audited, this.#watchLists, this.#terminated];
  }
}
