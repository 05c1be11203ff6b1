import {
  apiVersionOf,
  isProtobufKind,
  type KubeObject,
  parseFieldSelector,
  parseLabelSelector,
  type ResourceInfo,
  StatusError,
  tableOf,
} from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import { outgoing } from "../registry/encode.ts";
import type { Wanted } from "./negotiate.ts";

export interface ListContext {
  readonly cache: Cache;
  readonly info: ResourceInfo;
  readonly namespace: string;
  readonly query: URLSearchParams;
  readonly wanted: Wanted;
  readonly now: () => number;
  /** Has objects of the cache at hand in the version that was asked for. */
  readonly prepare: (objects: Iterable<KubeObject>) => Promise<void>;
  /** Told of each event that is sent to a watcher. */
  readonly onEvent?: () => void;
}

export type Matches = (object: KubeObject) => boolean;

export function matcherOf({ info, query }: ListContext): Matches {
  const labels = parseLabelSelector(query.get("labelSelector") ?? "");
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "", info.resource, info.custom?.selectableFields);
  // Custom objects are asked in the version that the client sees.
  const seen = (object: KubeObject) => (info.custom === undefined ? object : outgoing(object, info));
  return (object) => labels(seen(object).metadata.labels ?? {}) && fields(seen(object));
}

interface Continue {
  readonly revision: number;
  readonly after: string;
}

/** A list, page by page, all pages as of the first one's revision. */
export async function listObjects(context: ListContext): Promise<{ readonly [field: string]: unknown }> {
  const { cache, info, namespace, query } = context;
  const exact = exactRevision(query, cache.revision);
  const token = readContinue(query.get("continue"));
  const revision = token?.revision ?? exact ?? cache.revision;
  const all = cache.listAt(revision, info.group, info.resource, namespace);
  if (all === undefined) throw token === undefined ? tooOldVersion(revision, cache.revision) : expiredContinue();
  await context.prepare(all);
  const identity = (object: KubeObject) => `${object.metadata.namespace ?? ""}/${object.metadata.name ?? ""}`;
  const matching = all
    .filter(matcherOf(context))
    .filter((object) => token === undefined || identity(object) > token.after);
  const limit = nonNegative(query, "limit");
  const page = limit > 0 ? matching.slice(0, limit) : matching;
  const rest = matching.length - page.length;
  const last = page.at(-1);
  const metadata = {
    ...(info.custom === undefined ? {} : { continue: "" }),
    resourceVersion: String(revision),
    ...(rest > 0 && last !== undefined
      ? { continue: writeContinue({ revision, after: identity(last) }), remainingItemCount: rest }
      : {}),
  };
  return writeList(
    page.map((object) => outgoing(object, info)),
    metadata,
    context,
  );
}

/** The revision that `resourceVersionMatch=Exact` names; all other lists are of the newest. KEP-1432's table of combinations. */
function exactRevision(query: URLSearchParams, current: number): number | undefined {
  const match = query.get("resourceVersionMatch") ?? "";
  const version = query.get("resourceVersion") ?? "";
  const forbid = (detail: string) =>
    new StatusError("Invalid", `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: ${detail}`);
  if (version !== "" && !/^\d+$/.test(version))
    throw new StatusError(
      "BadRequest",
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
    );
  if (match !== "" && !["Exact", "NotOlderThan"].includes(match))
    throw new StatusError(
      "Invalid",
      `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
    );
  if (match !== "" && (query.get("continue") ?? "") !== "")
    throw forbid("resourceVersionMatch is forbidden when continue is provided");
  if (match !== "" && version === "")
    throw forbid("resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (match === "Exact" && version === "0")
    throw forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  const revision = Number(version);
  if (revision > current) throw tooLargeVersion(revision, current);
  return match === "Exact" ? revision : undefined;
}

/** Negative numbers are as none. */
export function nonNegative(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? "";
  if (text !== "" && !/^[+-]?\d+$/.test(text))
    throw new StatusError("BadRequest", `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Math.max(0, Number(text));
}

function tooOldVersion(wanted: number, current: number): StatusError {
  return new StatusError("Expired", `The resourceVersion for the provided list is too old: ${wanted} (${current})`);
}

function expiredContinue(): StatusError {
  return new StatusError(
    "Expired",
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results.",
  );
}

function writeContinue(token: Continue): string {
  return Buffer.from(JSON.stringify({ v: "sallyport/v1", rv: token.revision, start: token.after })).toString(
    "base64url",
  );
}

function readContinue(text: string | null): Continue | undefined {
  if (text === null || text === "") return undefined;
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as {
      v: string;
      rv: number;
      start: string;
    };
    if (v === "sallyport/v1" && Number.isSafeInteger(rv) && typeof start === "string")
      return { revision: rv, after: start };
  } catch {
    // said below, with all other malformed ones
  }
  throw new StatusError("BadRequest", "invalid continue token: continue key is not valid");
}

function writeList(
  items: readonly KubeObject[],
  metadata: object,
  { info, wanted, query, now }: ListContext,
): { readonly [field: string]: unknown } {
  const metaVersion = `meta.k8s.io/${wanted.metaVersion}`;
  if (wanted.as === "Table")
    return {
      ...tableOf(info.group, info.resource, items, now(), includeOf(query), info.custom),
      apiVersion: metaVersion,
      metadata,
    };
  if (wanted.as === "PartialObjectMetadata")
    return {
      kind: "PartialObjectMetadataList",
      apiVersion: metaVersion,
      metadata,
      items: items.map((item) => partial(item, metaVersion)),
    };
  const apiVersion = apiVersionOf(info);
  // Typed objects of Go carry no kind within a list; custom ones do.
  const typed = isProtobufKind(apiVersion, info.kind);
  return {
    kind: info.custom?.listKind ?? `${info.kind}List`,
    apiVersion,
    metadata,
    items: typed ? items.map(withoutKind) : items,
  };
}

function withoutKind({ kind: _kind, apiVersion: _version, ...fields }: KubeObject): object {
  return fields;
}

function partial({ metadata }: KubeObject, apiVersion: string): object {
  return { kind: "PartialObjectMetadata", apiVersion, metadata };
}

function includeOf(query: URLSearchParams): "Metadata" | "None" | "Object" {
  const given = query.get("includeObject");
  return given === "None" || given === "Object" ? given : "Metadata";
}

/** One object as the client wants to see it. */
export function writeObject(
  object: KubeObject,
  { info, wanted, query, now }: Pick<ListContext, "info" | "wanted" | "query" | "now">,
): object {
  const written = outgoing(object, info);
  if (wanted.as === "Table")
    return {
      ...tableOf(info.group, info.resource, [written], now(), includeOf(query), info.custom),
      apiVersion: `meta.k8s.io/${wanted.metaVersion}`,
      metadata: { resourceVersion: object.metadata.resourceVersion },
    };
  return wanted.as === "PartialObjectMetadata" ? partial(written, `meta.k8s.io/${wanted.metaVersion}`) : written;
}

/** kube-apiserver waits a while for its cache to catch up; ours is never behind, so a version of the future stays one. */
export function tooLargeVersion(wanted: number, current: number): StatusError {
  return new StatusError("Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
