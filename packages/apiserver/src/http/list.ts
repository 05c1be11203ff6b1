import {
  apiVersionOf,
  isProtobufKind,
  type KubeObject,
  parseFieldSelector,
  parseLabelSelector,
  partialMetadata,
  type ResourceInfo,
  StatusError,
  tableOf,
} from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import { outgoing } from "../registry/encode.ts";
import { expiredContinue, readContinue, writeContinue } from "./continue.ts";
import type { Wanted } from "./negotiate.ts";
import { typedList } from "./object-text.ts";
import { type ListOptions, listOptions } from "./options.ts";

export interface ListContext {
  readonly cache: Cache;
  readonly info: ResourceInfo;
  readonly namespace: string;
  readonly query: URLSearchParams;
  readonly wanted: Wanted;
  readonly now: () => number;
  /** Has objects of the cache at hand in the version that was asked for. */
  readonly prepare: (objects: Iterable<KubeObject>) => Promise<void>;
  /** What the head of a watch says besides. */
  readonly warnings?: readonly string[];
  /** Told of each event that is sent to a watcher, by its bytes. */
  readonly onEvent?: (bytes: number) => void;
  /** Told when a watcher has been sent all that was there at its beginning, and the bookmark behind it. */
  readonly onInitialSent?: () => void;
  /** Told of a watcher that is cut as it does not read. */
  readonly onCut?: () => void;
  /** Told of a list: how many objects were there, how many of them were held against a selector, and how many are answered. */
  readonly onList?: (fetched: number, evaluated: number, returned: number) => void;
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
  const { cache, info, query } = context;
  // Whatever else is wrong, the first parameter that cannot be read is told.
  parseLabelSelector(query.get("labelSelector") ?? "");
  const options = listOptions(query, false);
  const token = readContinue(options.continue);
  if (token !== undefined && options.resourceVersion !== "" && options.resourceVersion !== "0")
    throw new StatusError("BadRequest", "specifying resource version is not allowed when using continue");
  const wanted = token?.revision ?? (token === undefined ? revisionOf(options.resourceVersion) : 0);
  if (wanted > cache.revision) throw tooLargeVersion(wanted, cache.revision);
  const revision = token?.revision ?? (isExact(options) ? wanted : cache.revision);
  const place = placeOf(context);
  const all = cache.listAt(revision, info.group, info.resource, place.namespace);
  if (all === undefined) throw token === undefined ? tooOldVersion() : expiredContinue(token);
  await context.prepare(all);
  const page = pageOf(all, context, place, token?.start, options);
  context.onList?.(all.length, isSelective(query) ? all.length - page.rest : 0, page.objects.length);
  const metadata = {
    ...(info.custom === undefined || context.wanted.as !== "object" ? {} : { continue: "" }),
    resourceVersion: String(revision),
    ...(page.rest === 0
      ? {}
      : {
          continue: writeContinue(revision, identity(page.objects.at(-1) as KubeObject, place)),
          ...(isSelective(query) ? {} : { remainingItemCount: page.rest }),
        }),
  };
  return writeList(
    page.objects.map((object) => outgoing(object, info)),
    metadata,
    context,
  );
}

/** A limit without a match asks for the very version that it names. KEP-1432. */
function isExact({ resourceVersion, resourceVersionMatch: match, limit }: ListOptions): boolean {
  return match === "Exact" || (match === "" && limit > 0 && resourceVersion !== "" && resourceVersion !== "0");
}

/** What is listed: a namespace or all, of the URL or of the field selector, and perhaps the one name that it gives. */
interface Place {
  readonly namespace: string;
  readonly name: string | undefined;
}

function placeOf({ info, namespace, query }: ListContext): Place {
  const selected = (field: string) =>
    new RegExp(`(?:^|,)metadata\\.${field}==?([^=!,]+)(?:,|$)`).exec(query.get("fieldSelector") ?? "")?.[1];
  const own = info.namespaced && namespace === "" ? (selected("namespace") ?? "") : namespace;
  return { namespace: own, name: info.namespaced && own === "" ? undefined : selected("name") };
}

/** An object's key, relative to what is listed. */
function identity({ metadata: { namespace: own, name = "" } }: KubeObject, { namespace }: Place): string {
  return own === undefined || namespace !== "" ? name : `${own}/${name}`;
}

interface Page {
  readonly objects: readonly KubeObject[];
  /** How many keys lie behind it, whether they match or not. */
  readonly rest: number;
}

/** The next page from a key on. A list of a single key has no pages, and one of whatever version is at hand comes whole. */
function pageOf(
  all: readonly KubeObject[],
  context: ListContext,
  place: Place,
  start: string | undefined,
  { limit, resourceVersion, continue: token }: ListOptions,
): Page {
  const first = start === undefined ? 0 : all.findIndex((object) => identity(object, place) >= start);
  const left = first <= 0 ? (first < 0 ? [] : all) : all.slice(first);
  const matches = isSelective(context.query) ? matcherOf(context) : undefined;
  const isWhole = limit === 0 || place.name !== undefined || (resourceVersion === "0" && token === "");
  if (isWhole) return { objects: matches === undefined ? left : left.filter(matches), rest: 0 };
  const objects: KubeObject[] = [];
  for (const [i, object] of left.entries()) {
    if (matches === undefined || matches(object)) objects.push(object);
    if (objects.length === limit) return { objects, rest: left.length - i - 1 };
  }
  return { objects, rest: 0 };
}

/** How many are left is not told where not all that are there are listed. */
function isSelective(query: URLSearchParams): boolean {
  return Boolean(query.get("labelSelector")) || Boolean(query.get("fieldSelector"));
}

/** A version as a list gives it, or a fault. */
function revisionOf(version: string): number {
  const fault = versionFault(version);
  if (fault !== undefined) throw unreadableVersion(fault);
  return Number(version);
}

function unreadableVersion(fault: string): StatusError {
  return new StatusError("BadRequest", `invalid resource version: ${fault}`);
}

/** A single object, or a watch, of a malformed version fails in the cache, upstream, which says no reason. */
export function checkVersion(version: string): void {
  const fault = versionFault(version);
  if (fault !== undefined) throw new StatusError(undefined, fault);
}

/** Why a text is no version: Go reads 64 bits. */
function versionFault(version: string): string | undefined {
  const isNumber = /^\d*$/.test(version);
  if (isNumber && (version.length < 20 || BigInt(version) < 2n ** 64n)) return undefined;
  const shown = JSON.stringify(version);
  const why = isNumber ? "value out of range" : "invalid syntax";
  return `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: ${why}`;
}

function tooOldVersion(): StatusError {
  return new StatusError("Expired", "The resourceVersion for the provided list is too old.");
}

function writeList(
  items: readonly KubeObject[],
  metadata: object,
  { info, wanted, query, now }: ListContext,
): { readonly [field: string]: unknown } {
  const metaVersion = `meta.k8s.io/${wanted.metaVersion}`;
  if (wanted.as === "Table")
    return {
      ...tableIn(tableOf(info.group, info.resource, items, now(), includeOf(query), info.custom), wanted),
      metadata,
    };
  if (wanted.as === "PartialObjectMetadata")
    return {
      kind: "PartialObjectMetadataList",
      apiVersion: metaVersion,
      metadata,
      // Go's nil, which it is where nothing was found.
      items: items.length === 0 ? null : items.map((item) => partial(item, info, metaVersion)),
    };
  const apiVersion = apiVersionOf(info);
  const envelope = { kind: info.custom?.listKind ?? `${info.kind}List`, apiVersion, metadata };
  // Typed objects of Go carry no kind within a list; custom ones do.
  return isProtobufKind(apiVersion, info.kind) ? typedList(envelope, items) : { ...envelope, items };
}

/** A table in the version that was asked for, with what its rows hold. */
function tableIn(table: { readonly [field: string]: unknown }, { metaVersion }: Wanted): object {
  const apiVersion = `meta.k8s.io/${metaVersion}`;
  if (metaVersion === "v1") return { ...table, apiVersion };
  const isPartial = (object: object | undefined) => (object as Partial<KubeObject>)?.kind === "PartialObjectMetadata";
  const given = table["rows"] as readonly { readonly object?: object }[];
  const rows = given.map((row) => (isPartial(row.object) ? { ...row, object: { ...row.object, apiVersion } } : row));
  return { ...table, apiVersion, rows };
}

function partial(object: KubeObject, { group, resource }: ResourceInfo, apiVersion: string): object {
  return { kind: "PartialObjectMetadata", apiVersion, metadata: partialMetadata(object, group, resource) };
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
      ...tableIn(tableOf(info.group, info.resource, written, now(), includeOf(query), info.custom), wanted),
      metadata: { resourceVersion: object.metadata.resourceVersion },
    };
  return wanted.as === "PartialObjectMetadata" ? partial(written, info, `meta.k8s.io/${wanted.metaVersion}`) : written;
}

/** A version of a single object, which is to be no older. Events are read past upstream's cache, by the store, which says more. */
export function checkReadVersion(version: string, { resource }: ResourceInfo, cache: Cache): void {
  const fault = versionFault(version);
  if (fault !== undefined && resource === "events") throw unreadableVersion(fault);
  checkVersion(version);
  if (Number(version) > cache.revision) throw tooLargeVersion(Number(version), cache.revision);
}

/** kube-apiserver waits a while for its cache to catch up; ours is never behind, so a version of the future stays one. */
function tooLargeVersion(wanted: number, current: number): StatusError {
  return new StatusError("Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
