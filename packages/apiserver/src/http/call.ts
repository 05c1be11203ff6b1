import type { IncomingMessage, ServerResponse } from "node:http";
import type { UserInfo } from "@sallyport/admission";
import { type Catalogue, type ResourceInfo, StatusError } from "@sallyport/kube";
import type { AuditOptions, AuditRecord } from "../audit/auditor.ts";
import type { Authentication } from "../authentication/authentication.ts";
import type { ServiceAccountOptions } from "../authentication/service-account-issuer.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { FlowControl } from "../flowcontrol/flow-control.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import type { Cache } from "../registry/cache.ts";
import type { WriteContext } from "../registry/context.ts";
import type { Registry } from "../registry/registry.ts";
import type { Checks } from "./health.ts";
import type { Wanted } from "./negotiate.ts";
import type { RequestInfo } from "./request-info.ts";

export interface HandlerOptions {
  readonly catalogue: Catalogue;
  readonly cache: Cache;
  readonly registry: Registry;
  readonly authentication: Authentication;
  readonly serviceAccounts: ServiceAccountOptions;
  readonly authorizer: Authorizer;
  readonly flowControl: FlowControl;
  readonly now: () => number;
  readonly version: { readonly [field: string]: unknown };
  readonly readyChecks: () => Checks;
  readonly liveChecks: () => Checks;
  readonly metrics: {
    readonly began: ServerMetrics["began"];
    readonly watchEvent: ServerMetrics["watchEvent"];
    /** What `/metrics` answers. */
    readonly text: () => string;
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
  const dryRun = query.getAll("dryRun");
  const unknown = dryRun.find((each) => each !== "All");
  if (unknown !== undefined)
    throw new StatusError(
      "BadRequest",
      `dryRun: Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`,
    );
  const validation = query.get("fieldValidation") ?? "Warn";
  if (!["Strict", "Warn", "Ignore"].includes(validation))
    throw new StatusError(
      "BadRequest",
      `fieldValidation: Unsupported value: ${JSON.stringify(validation)}: supported values: "Ignore", "Strict", "Warn"`,
    );
  return {
    info: served,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.verb === "create" && info.subresource === "" ? "" : info.name,
    user,
    dryRun: dryRun.length > 0,
    fieldManager: query.get("fieldManager") || managerOfUserAgent(request.headers["user-agent"]),
    fieldValidation: validation as WriteContext["fieldValidation"],
    warn: (text) => void warnings.push(text),
    audit: (annotations) => audit.annotate(annotations),
  };
}

/** Longer names of a User-Agent are cut. Upstream's FieldManagerMaxLength. */
const maxManagerBytes = 128;

/** `kubectl` of `kubectl/v1.36.0 (linux/amd64)`: the default manager of the fields that a request changes. */
function managerOfUserAgent(agent = ""): string {
  const [name = ""] = agent.split("/");
  return [...name.replace(/[^\x20-\x7e\xa1-\xff]/g, "")].slice(0, maxManagerBytes).join("");
}
