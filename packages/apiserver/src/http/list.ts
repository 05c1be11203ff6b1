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
import { readContinue, writeContinue } from "./continue.ts";
import type { Wanted } from "./negotiate.ts";
import { listOptions } from "./options.ts";

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
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "", info, info.custom?.selectableFields);
  // Custom objects are asked in the version that the client sees.
  const seen = (object: KubeObject) => (info.custom === undefined ? object : outgoing(object, info));
  return (object) => labels(seen(object).metadata.labels ?? {}) && fields(seen(object));
}

/** A list, page by page, all pages as of the first one's revision. */
export async function listObjects(context: ListContext): Promise<{ readonly [field: string]: unknown }> {
  const { cache, info, namespace, query } = context;
  const options = listOptions(query, false);
  const wanted = revisionOf(options.resourceVersion);
  const token = readContinue(options.continue);
  if (token === undefined && wanted > cache.revision) throw tooLargeVersion(wanted, cache.revision);
  const isExact = options.resourceVersionMatch === "Exact";
  const revision = token?.revision ?? (isExact ? wanted : cache.revision);
  const all = cache.listAt(revision, info.group, info.resource, namespace);
  if (all === undefined) throw token === undefined ? tooOldVersion(revision, cache.revision) : expiredContinue();
  await context.prepare(all);
  const identity = ({ metadata: { namespace: own, name = "" } }: KubeObject) =>
    own === undefined || namespace !== "" ? name : `${own}/${name}`;
  const matching = all
    .filter(matcherOf(context))
    .filter((object) => token === undefined || identity(object) > token.after);
  const { limit } = options;
  const page = limit > 0 ? matching.slice(0, limit) : matching;
  const rest = matching.length - page.length;
  const last = page.at(-1);
  const metadata = {
    ...(info.custom === undefined ? {} : { continue: "" }),
    resourceVersion: String(revision),
    ...(rest > 0 && last !== undefined
      ? {
          continue: writeContinue({ revision, after: identity(last) }),
          ...(isSelective(query) ? {} : { remainingItemCount: rest }),
        }
      : {}),
  };
  return writeList(
    page.map((object) => outgoing(object, info)),
    metadata,
    context,
  );
}

/** How many are left is not told where not all that are there are listed. */
function isSelective(query: URLSearchParams): boolean {
  return Boolean(query.get("labelSelector")) || Boolean(query.get("fieldSelector"));
}

/** A version as a list gives it, or a fault. */
function revisionOf(version: string): number {
  if (version === "" || /^\d+$/.test(version)) return Number(version);
  const shown = JSON.stringify(version);
  const why = `strconv.ParseUint: parsing ${shown}: invalid syntax`;
  throw new StatusError("BadRequest", `invalid resource version: resourceVersion: Invalid value: ${shown}: ${why}`);
}

/** A single object, or a watch, of a malformed version fails in the store, upstream, which says no reason. */
export function checkVersion(version: string): void {
  if (/^\d*$/.test(version)) return;
  const shown = JSON.stringify(version);
  const why = `strconv.ParseUint: parsing ${shown}: invalid syntax`;
  throw new StatusError(undefined, `resourceVersion: Invalid value: ${shown}: ${why}`);
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
function tooLargeVersion(wanted: number, current: number): StatusError {
  return new StatusError("Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
