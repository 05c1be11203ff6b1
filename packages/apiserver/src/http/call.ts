import type { IncomingMessage, ServerResponse } from "node:http";
import type { UserInfo } from "@sallyport/admission";
import { type Catalogue, isPrintable, type ResourceInfo } from "@sallyport/kube";
import type { Upgrade } from "@sallyport/streaming";
import type { AuditOptions, AuditRecord } from "../audit/auditor.ts";
import type { Authentication } from "../authentication/authentication.ts";
import type { ServiceAccountOptions } from "../authentication/service-account-issuer.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { FlowControl } from "../flowcontrol/flow-control.ts";
import type { KubeletOptions } from "../kubelet/kubelets.ts";
import type { AccessMetrics } from "../metrics/access-metrics.ts";
import type { FilterMetrics } from "../metrics/filter-metrics.ts";
import type { HealthMetrics } from "../metrics/health-metrics.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import type { WatchCacheMetrics } from "../metrics/watch-cache-metrics.ts";
import type { Cache } from "../registry/cache.ts";
import type { WriteContext } from "../registry/context.ts";
import type { Registry } from "../registry/registry.ts";
import { mediaType } from "./body.ts";
import type { Checks } from "./health.ts";
import type { Wanted } from "./negotiate.ts";
import { maxManagerBytes, type WriteOptions, writeOptions } from "./options.ts";
import type { RequestInfo } from "./request-info.ts";

export interface HandlerOptions {
  readonly catalogue: Catalogue;
  readonly cache: Cache;
  readonly registry: Registry;
  readonly authentication: Authentication;
  readonly serviceAccounts: ServiceAccountOptions;
  readonly authorizer: Authorizer;
  readonly flowControl: FlowControl;
  readonly kubelets: KubeletOptions;
  readonly now: () => number;
  readonly version: { readonly [field: string]: unknown };
  readonly readyChecks: () => Checks;
  readonly healthChecks: () => Checks;
  readonly liveChecks: () => Checks;
  readonly metrics: {
    readonly began: ServerMetrics["began"];
    readonly watchEvent: ServerMetrics["watchEvent"];
    readonly bodyRead: ServerMetrics["bodyRead"];
    readonly listed: WatchCacheMetrics["listed"];
    readonly waited: WatchCacheMetrics["waited"];
    readonly access: Omit<AccessMetrics, "all">;
    readonly filters: Omit<FilterMetrics, "all">;
    readonly health: Pick<HealthMetrics, "checked">;
    /** What `/metrics` answers. */
    readonly text: () => Promise<string>;
    /** What `/metrics/slis` answers. */
    readonly healthText: () => string;
  };
  /** Nobody is told of requests when absent. */
  readonly audit?: AuditOptions;
  /** Faults of our own: never shown to the client. */
  readonly onFault: (error: unknown) => void;
}

/** A request that is known to be somebody's and allowed. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly wanted: Wanted;
  readonly user: UserInfo;
  readonly warnings: string[];
  readonly audit: AuditRecord;
  /** Of a request that asks for another protocol than HTTP. */
  readonly upgrade?: Upgrade;
}

/** `pods/log`, as discovery names it. */
export function fullName({ resource, subresource }: RequestInfo): string {
  return subresource === "" ? resource : `${resource}/${subresource}`;
}

/** The resource itself, where a subresource was asked for. */
export function parentOf(info: ResourceInfo, catalogue: Catalogue): ResourceInfo {
  const [resource = ""] = info.resource.split("/");
  return catalogue.find(info.group, info.version, resource) ?? info;
}

/** Where the call writes, and how. `info` is of the resource itself, also for a subresource. */
export function writeContext(
  { request, info, query, user, warnings, audit }: Call,
  served: ResourceInfo,
): WriteContext {
  // Deletions have options of their own, and readings none of these.
  const isPlain = info.verb.startsWith("delete") || info.verb === "get";
  const options: WriteOptions = isPlain
    ? { dryRun: false, fieldValidation: "Warn" }
    : writeOptions(query, info.verb, mediaType(request));
  return {
    fieldManager: managerOfUserAgent(request.headers["user-agent"]),
    ...options,
    info: served,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.verb === "create" && info.subresource === "" ? "" : info.name,
    user,
    warn: (text) => void warnings.push(text),
    audit: (annotations, from) => audit.annotate(annotations, from),
    received: (object, complete) => audit.requestObject(object, complete),
  };
}

/** `kubectl` of `kubectl/v1.36.0 (linux/amd64)`: the default manager of the fields that a request changes. */
function managerOfUserAgent(agent = ""): string {
  const [name = ""] = agent.split("/");
  if (/^[ -~]*$/.test(name)) return name.slice(0, maxManagerBytes);
  return [...name].filter(isPrintable).slice(0, maxManagerBytes).join("");
}
