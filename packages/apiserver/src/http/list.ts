import type { ServerResponse } from "node:http";
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
import { hasWebhook } from "../custom/conversion.ts";
import type { Cache, CacheEvent } from "../registry/cache.ts";
import { outgoing } from "../registry/encode.ts";
import { mediaTypes, type Wanted } from "./negotiate.ts";
import { gone, lineOf, sharedLine } from "./watch-line.ts";

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

type Matches = (object: KubeObject) => boolean;

/** Watches that say nothing get a bookmark this often; kube-apiserver's interval. */
const bookmarkMs = 60_000;

/** What a slow watcher may leave unread before it is cut: it lists again, nothing is lost. */
const maxUnreadBytes = 16 * 1024 * 1024;

function matcherOf({ info, query }: ListContext): Matches {
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
function nonNegative(query: URLSearchParams, name: string): number {
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

/** Streams events as JSON lines until the client, the timeout or the server ends it. Answers when the stream has begun. */
export async function watchObjects(context: ListContext, response: ServerResponse): Promise<void> {
  const { cache, query } = context;
  const matches = matcherOf(context);
  const writer = new WatchWriter(context, response, matches);
  const version = query.get("resourceVersion") ?? "";
  const wantsInitial = query.get("sendInitialEvents") === "true";
  checkWatchOptions(query);
  const isNew = wantsInitial || version === "" || version === "0";
  if (isNew) await context.prepare(cache.list(context.info.group, context.info.resource, context.namespace));
  response.writeHead(200, {
    "content-type": context.wanted.format === "protobuf" ? `${mediaTypes.protobuf};stream=watch` : mediaTypes.json,
    "transfer-encoding": "chunked",
    "cache-control": "no-cache, private",
  });
  // Node keeps headers back until the first byte of the body: a client that resumes would wait for the next event.
  response.flushHeaders();
  if (isNew) {
    for (const object of cache.list(context.info.group, context.info.resource, context.namespace))
      writer.initial(object);
    if (wantsInitial) writer.bookmark(true);
    writer.follow(cache.follow((event) => writer.event(event), context.info));
    return;
  }
  const revision = Number(version);
  if (!Number.isSafeInteger(revision) || revision < 0) {
    writer.fail(new StatusError("BadRequest", `invalid resource version ${JSON.stringify(version)}`));
    return;
  }
  if (revision > cache.revision) {
    writer.fail(tooLargeVersion(revision, cache.revision));
    return;
  }
  const stop = cache.watch(revision, (event) => writer.event(event), context.info);
  if (stop === undefined)
    writer.fail(new StatusError("Expired", `too old resource version: ${revision} (${cache.revision})`));
  else writer.follow(stop);
}

/** Faults of the query are answered as such: once the stream has begun, it is too late. */
function checkWatchOptions(query: URLSearchParams): void {
  nonNegative(query, "timeoutSeconds");
  const match = query.get("resourceVersionMatch") ?? "";
  const initial = query.get("sendInitialEvents");
  const forbid = (detail: string) => new StatusError("Invalid", `ListOptions.meta.k8s.io "" is invalid: ${detail}`);
  if (initial === null && match !== "")
    throw forbid(
      "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
    );
  if (initial !== null && match !== "NotOlderThan")
    throw forbid(
      "sendInitialEvents: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
    );
}

/** kube-apiserver waits a while for its cache to catch up; ours is never behind, so a version of the future stays one. */
function tooLargeVersion(wanted: number, current: number): StatusError {
  return new StatusError("Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

class WatchWriter {
  readonly #context: ListContext;
  readonly #response: ServerResponse;
  readonly #matches: Matches;
  #isFirstRow = true;
  #stop: (() => void) | undefined;
  #timers: NodeJS.Timeout[] = [];
  /** Events of a kind that a webhook converts, one after another. */
  #waiting: Promise<void> | undefined;

  constructor(context: ListContext, response: ServerResponse, matches: Matches) {
    this.#context = context;
    this.#response = response;
    this.#matches = matches;
  }

  follow(stop: () => void): void {
    this.#stop = stop;
    const { query } = this.#context;
    // Not the request's close: that comes when its body ends.
    this.#response.on("close", () => this.#end());
    const seconds = nonNegative(query, "timeoutSeconds");
    if (seconds > 0) this.#timers.push(setTimeout(() => this.#end(), seconds * 1000));
    if (query.get("allowWatchBookmarks") === "true")
      this.#timers.push(setInterval(() => this.bookmark(false), bookmarkMs));
    for (const timer of this.#timers) timer.unref();
  }

  initial(object: KubeObject): void {
    this.#withConverted([object], () => {
      if (this.#isHere(object) && this.#matches(object)) this.#write("ADDED", object);
    });
  }

  event(event: CacheEvent): void {
    this.#withConverted([event.object, event.previous], () => this.#tell(event));
  }

  #withConverted(objects: readonly (KubeObject | undefined)[], next: () => void): void {
    const { custom } = this.#context.info;
    if (custom === undefined || !hasWebhook(custom)) next();
    else this.#inTurn(objects, next);
  }

  /** Does what is next when the objects are there in the watcher's version; a watcher for whom they cannot be converted has to list again. */
  #inTurn(objects: readonly (KubeObject | undefined)[], next: () => void): void {
    const given = objects.filter((each) => each !== undefined);
    this.#waiting = (this.#waiting ?? Promise.resolve())
      .then(() => this.#context.prepare(given))
      .then(next)
      .catch((error: unknown) => {
        if (!this.#response.writableEnded)
          this.fail(error instanceof StatusError ? error : new StatusError("InternalError", String(error)));
      });
  }

  /** An object that begins or ceases to match is added or deleted to this watcher. */
  #tell({ object, previous, revision }: CacheEvent): void {
    const now = object !== undefined && this.#isHere(object) && this.#matches(object);
    const before = previous !== undefined && this.#isHere(previous) && this.#matches(previous);
    if (now) this.#write(before ? "MODIFIED" : "ADDED", object);
    else if (before) this.#write("DELETED", gone(outgoing(previous, this.#context.info), revision));
  }

  bookmark(endsInitial: boolean): void {
    if (this.#waiting === undefined) this.#bookmark(endsInitial);
    else this.#inTurn([], () => this.#bookmark(endsInitial));
  }

  #bookmark(endsInitial: boolean): void {
    const { cache, info } = this.#context;
    const annotations = endsInitial ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
    const apiVersion = apiVersionOf(info);
    const metadata = { resourceVersion: String(cache.revision), creationTimestamp: null, ...annotations };
    const object = { kind: info.kind, apiVersion, metadata } as unknown as KubeObject;
    this.#line(
      "BOOKMARK",
      this.#context.wanted.as === "Table" ? { ...writeObject(object, this.#context), metadata } : object,
    );
  }

  fail(error: StatusError): void {
    this.#line("ERROR", error.status);
    this.#end();
  }

  #isHere({ metadata }: KubeObject): boolean {
    return this.#context.namespace === "" || metadata.namespace === this.#context.namespace;
  }

  #write(type: string, object: KubeObject): void {
    if (this.#context.wanted.as !== "Table") {
      const { info, wanted } = this.#context;
      const form = `${type} ${wanted.as} ${wanted.format} ${info.group}/${info.version}`;
      this.#send(sharedLine(object, form, () => lineOf(type, writeObject(object, this.#context), wanted.format)));
      return;
    }
    const written = writeObject(object, this.#context) as { columnDefinitions?: unknown };
    // As kube-apiserver: the head of the table comes once.
    const { columnDefinitions: _, ...rest } = written;
    this.#line(type, this.#isFirstRow ? written : rest);
    this.#isFirstRow = false;
  }

  #line(type: string, object: object): void {
    this.#send(lineOf(type, object, this.#context.wanted.format));
  }

  #send(line: Uint8Array): void {
    if (this.#response.writableEnded) return;
    this.#context.onEvent?.();
    this.#response.write(line);
    if (this.#response.writableLength > maxUnreadBytes) this.#response.destroy();
  }

  #end(): void {
    this.#stop?.();
    this.#stop = undefined;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    if (!this.#response.writableEnded) this.#response.end();
  }
}
