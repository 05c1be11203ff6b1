import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { UserInfo } from "@sallyport/admission";
import {
  applyJsonPatch,
  applyMergePatch,
  authorizeByRbac,
  findResource,
  type KubeObject,
  openApiV3,
  openApiV3Index,
  type ResourceInfo,
  type Status,
  StatusError,
} from "@sallyport/kube";
import { stringify } from "yaml";
import { discover } from "../discovery.ts";
import type { Cache } from "../registry/cache.ts";
import {
  type DecodedBody,
  type DeleteOptions,
  parentInfo,
  type Registry,
  type WriteContext,
} from "../registry/registry.ts";
import { answerReview } from "../reviews.ts";
import { authenticate, impersonate, type StaticToken } from "./authenticate.ts";
import { authorize } from "./authorize.ts";
import { decodeBody, mediaType, readBody } from "./body.ts";
import { listObjects, watchObjects, writeObject } from "./list.ts";
import { negotiate, type Wanted } from "./negotiate.ts";
import { type RequestInfo, requestInfo } from "./request-info.ts";

export interface HandlerOptions {
  readonly cache: Cache;
  readonly registry: Registry;
  readonly tokens: readonly StaticToken[];
  readonly now: () => number;
  readonly version: { readonly [field: string]: unknown };
  /** Each check by name; a line of text when it fails. */
  readonly readyChecks: () => ReadonlyMap<string, string | undefined>;
  /** Faults of our own: never shown to the client. */
  readonly onFault: (error: unknown) => void;
}

/** Answers larger than this are compressed when the client takes gzip; kube-apiserver's threshold. */
const gzipFromBytes = 128 * 1024;

/** Longer ones are no answers but attacks on a header. */
const maxWarningLength = 4096;

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly wanted: Wanted;
  readonly user: UserInfo;
  readonly warnings: string[];
}

/** One HTTP request: authenticate, authorize, then the API. Every fault becomes a Status; none leaves a client waiting. */
export function createHandler(
  options: HandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    response.setHeader("audit-id", randomUUID());
    const warnings: string[] = [];
    try {
      const url = new URL(request.url ?? "/", "https://localhost");
      const info = requestInfo(request.method ?? "GET", url.pathname, url.searchParams);
      const wanted = negotiate(request.headers.accept);
      const user = whoAsks(request, options);
      authorize(user, info, options.cache.reader);
      await serve({ request, response, info, query: url.searchParams, wanted, user, warnings }, options);
    } catch (error) {
      answerFault(error, response, warnings, options);
    }
  };
}

function whoAsks(request: IncomingMessage, { tokens, cache }: HandlerOptions): UserInfo {
  const user = authenticate(request, tokens);
  return impersonate(
    user,
    request,
    (verb, group, resource, name) =>
      authorizeByRbac(cache.reader, { user, verb, group, resource, namespace: "", name }).allowed,
  );
}

function answerFault(
  error: unknown,
  response: ServerResponse,
  warnings: readonly string[],
  { onFault }: HandlerOptions,
): void {
  const known =
    error instanceof StatusError
      ? error
      : error instanceof URIError || (error as { code?: string }).code === "ERR_INVALID_URL"
        ? new StatusError("BadRequest", "the URL is malformed")
        : undefined;
  if (known === undefined) onFault(error);
  const { status } =
    known ??
    new StatusError("InternalError", "Internal error occurred: the server met a fault of its own; its log says more");
  if (response.headersSent) response.destroy();
  else writeJson(response, status.code, status, warnings);
}

async function serve(call: Call, options: HandlerOptions): Promise<void> {
  const { info, response, wanted } = call;
  if (info.isResource && findResource(info.group, info.version, fullName(info)) !== undefined) {
    await serveResource(call, options);
    return;
  }
  const found = servePath(call, options);
  if (found === undefined) throw new StatusError("NotFound", "the server could not find the requested resource");
  if (typeof found.body === "string")
    response
      .writeHead(found.code, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" })
      .end(found.body);
  else if (wanted.discovery !== undefined) writeDiscovery(response, found.body, wanted.discovery, call.request);
  else writeJson(response, found.code, found.body, [], call.request);
}

function fullName({ resource, subresource }: RequestInfo): string {
  return subresource === "" ? resource : `${resource}/${subresource}`;
}

interface Found {
  readonly code: number;
  readonly body: string | object;
}

function servePath({ info: { path }, query, wanted }: Call, options: HandlerOptions): Found | undefined {
  const plain = path.replace(/\/$/, "");
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(plain)) return health(plain, query, options);
  if (plain === "/version") return { code: 200, body: options.version };
  if (plain === "/openapi/v3") return { code: 200, body: openApiV3Index(String(options.version["gitVersion"])) };
  const place = /^\/openapi\/v3\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(plain);
  if (place !== null) return { code: 200, body: openApiV3(place[1] ?? "", place[2] ?? "") };
  const discovered = discover(plain, wanted.discovery);
  if (discovered !== undefined) return { code: 200, body: discovered };
  return plain === ""
    ? { code: 200, body: { paths: ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"] } }
    : undefined;
}

function health(path: string, query: URLSearchParams, { readyChecks }: HandlerOptions): Found {
  const checks = path.startsWith("/readyz")
    ? readyChecks()
    : new Map<string, string | undefined>([["ping", undefined]]);
  const failed = [...checks].filter(([, why]) => why !== undefined);
  if (failed.length === 0 && !query.has("verbose")) return { code: 200, body: "ok" };
  const lines = [...checks].map(([name, why]) => (why === undefined ? `[+]${name} ok` : `[-]${name} failed: ${why}`));
  const verdict = `${path.slice(1).split("/")[0]} check ${failed.length === 0 ? "passed" : "failed"}`;
  return { code: failed.length === 0 ? 200 : 500, body: `${lines.join("\n")}\n${verdict}\n` };
}

async function serveResource(call: Call, options: HandlerOptions): Promise<void> {
  const { info, wanted, query, response } = call;
  const served = findResource(info.group, info.version, fullName(info)) as ResourceInfo;
  const { verb } = info;
  if (!served.verbs.includes(verb))
    throw new StatusError("MethodNotAllowed", "the server does not allow this method on the requested resource");
  if (!wanted.acceptable)
    throw new StatusError(
      "NotAcceptable",
      "only the following media types are accepted: application/json, application/yaml",
    );
  const listing = {
    cache: options.cache,
    info: served,
    namespace: served.namespaced ? info.namespace : "",
    query: withName(query, info),
    wanted,
    now: options.now,
  };
  if (verb === "watch") watchObjects(listing, response);
  else if (verb === "list") write(call, 200, listObjects(listing));
  else if (verb === "get") write(call, 200, writeObject(readOne(call, served, options), listing));
  else await serveWrite(call, served, options);
}

/** A watch of a single object by its URL is one with a field selector. */
function withName(query: URLSearchParams, { name, verb }: RequestInfo): URLSearchParams {
  if (verb !== "watch" || name === "") return query;
  const copy = new URLSearchParams(query);
  copy.set("fieldSelector", `metadata.name=${name}`);
  return copy;
}

function readOne({ info }: Call, served: ResourceInfo, { cache }: HandlerOptions): KubeObject {
  const parent = parentInfo(served);
  const object = cache.get(parent.group, parent.resource, parent.namespaced ? info.namespace : "", info.name);
  if (object === undefined) throw notFound(parent, info.name);
  return info.subresource === "scale" ? scaleOf(object) : object;
}

function notFound({ group, resource }: ResourceInfo, name: string): StatusError {
  const qualified = group === "" ? resource : `${resource}.${group}`;
  return new StatusError("NotFound", `${qualified} "${name}" not found`, {
    name,
    ...(group === "" ? {} : { group }),
    kind: resource,
  });
}

function scaleOf(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const spec = (object["spec"] ?? {}) as {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: { readonly [key: string]: string } };
  };
  const selector = Object.entries(spec.selector?.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const status = (object["status"] ?? {}) as { readonly replicas?: number };
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject["metadata"];
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata,
    spec: { replicas: spec.replicas ?? 0 },
    status: { replicas: status.replicas ?? 0, ...(selector === "" ? {} : { selector }) },
  };
}

async function serveWrite(call: Call, served: ResourceInfo, options: HandlerOptions): Promise<void> {
  const { info, request, query, user } = call;
  const bytes = await readBody(request);
  const type = mediaType(request);
  if (info.verb === "delete" || info.verb === "deletecollection") {
    await serveDelete(
      call,
      served,
      bytes.length === 0 ? {} : (decodeBody(bytes, type).value as DeleteOptions),
      options,
    );
    return;
  }
  const context = writeContext(call, info.subresource === "status" ? parentInfo(served) : served);
  if (info.verb === "patch" && info.subresource === "scale") {
    const patch = parsePatch(bytes, type);
    const make = (scale: KubeObject) =>
      (type === "application/json-patch+json"
        ? applyJsonPatch(scale, patch)
        : applyMergePatch(scale, patch)) as KubeObject;
    write(call, 200, await scaleTo(make, { ...context, info: parentInfo(served) }, options));
    return;
  }
  if (info.verb === "patch") {
    const target = patchTarget(context, served, info);
    write(
      call,
      200,
      writeObject(await options.registry.patch(parsePatch(bytes, type), type, target), {
        info: target.info,
        query,
        wanted: call.wanted,
        now: options.now,
      }),
    );
    return;
  }
  const body = decodeBody(bytes, type);
  const answer =
    info.verb === "create"
      ? answerReview(
          served,
          { apiVersion: `${served.group}/${served.version}`, kind: served.kind, ...body.value },
          user,
          options.cache.reader,
          info.namespace,
        )
      : undefined;
  if (answer !== undefined) {
    write(call, 201, answer);
    return;
  }
  const object = await serveBody(body, context, served, call, options);
  write(
    call,
    info.verb === "create" ? 201 : 200,
    writeObject(object, { info: context.info, query, wanted: call.wanted, now: options.now }),
  );
}

function patchTarget(context: WriteContext, served: ResourceInfo, { subresource }: RequestInfo): WriteContext {
  if (subresource === "" || subresource === "status") return context;
  if (subresource === "ephemeralcontainers" || subresource === "resize")
    return { ...context, info: parentInfo(served) };
  throw new StatusError(
    "MethodNotAllowed",
    `patching ${served.resource} is not supported yet; patch the object itself`,
  );
}

async function serveBody(
  body: DecodedBody,
  context: WriteContext,
  served: ResourceInfo,
  { info }: Call,
  { registry }: HandlerOptions,
): Promise<KubeObject> {
  if (info.subresource === "" || info.subresource === "status") {
    return info.verb === "create" ? registry.create(body, context) : registry.updateFrom(body, context);
  }
  const parent = { ...context, info: parentInfo(served) };
  if (info.subresource === "scale") return scaleTo(() => body.value as unknown as KubeObject, parent, { registry });
  if (info.subresource === "eviction") {
    await registry.delete({}, { ...parent, subresource: "" });
    return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 } as unknown as KubeObject;
  }
  if (
    info.subresource === "ephemeralcontainers" ||
    info.subresource === "resize" ||
    info.subresource === "finalize" ||
    info.subresource === "approval"
  )
    return registry.updateFrom(body, parent);
  throw new StatusError("MethodNotAllowed", `${served.resource} is not supported yet`);
}

/** Writes the replicas of a Scale, as `make` answers it for the current one, into the object that it belongs to. */
async function scaleTo(
  make: (scale: KubeObject) => KubeObject,
  context: WriteContext,
  { registry }: Pick<HandlerOptions, "registry">,
): Promise<KubeObject> {
  const updated = await registry.update(
    (current) => {
      const { replicas } = (make(scaleOf(current))["spec"] ?? {}) as { readonly replicas?: unknown };
      if (!Number.isInteger(replicas) || Number(replicas) < 0) {
        throw new StatusError(
          "Invalid",
          `Scale.autoscaling "${context.name}" is invalid: spec.replicas: Invalid value: ${JSON.stringify(replicas ?? null)}: must be greater than or equal to 0`,
        );
      }
      return { ...current, spec: { ...((current["spec"] ?? {}) as object), replicas } };
    },
    { ...context, subresource: "" },
  );
  return scaleOf(updated);
}

function parsePatch(bytes: Buffer, type: string): unknown {
  if (type === "application/apply-patch+yaml" || type === "application/apply-patch+cbor") {
    throw new StatusError(
      "UnsupportedMediaType",
      "server-side apply is not supported yet; use kubectl apply without --server-side",
    );
  }
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch (error) {
    throw new StatusError("BadRequest", `error decoding patch: ${(error as Error).message}`);
  }
}

async function serveDelete(
  call: Call,
  served: ResourceInfo,
  options: DeleteOptions,
  { registry, cache, now }: HandlerOptions,
): Promise<void> {
  const { info, query } = call;
  const context = writeContext(call, served);
  if (info.verb === "deletecollection") {
    const listed = listObjects({
      cache,
      info: served,
      namespace: info.namespace,
      query,
      wanted: { as: "object", discovery: undefined, yaml: false, acceptable: true },
      now,
    }) as { items: readonly KubeObject[] };
    for (const { metadata } of listed.items)
      await registry.delete(options, { ...context, name: metadata.name ?? "", namespace: metadata.namespace ?? "" });
    write(call, 200, listed);
    return;
  }
  const { object, gone } = await registry.delete(options, context);
  if (!gone) {
    write(call, 200, writeObject(object, { info: served, query, wanted: { ...call.wanted, as: "object" }, now }));
    return;
  }
  const { name = "", uid = "" } = object.metadata;
  const status: Status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(served.group === "" ? {} : { group: served.group }), kind: served.resource, uid },
    code: 200,
  };
  write(call, 200, { ...status, code: undefined });
}

function writeContext({ info, query, user, warnings }: Call, served: ResourceInfo): WriteContext {
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
    fieldValidation: validation as WriteContext["fieldValidation"],
    warn: (text) => void warnings.push(text),
    audit: () => {},
  };
}

function write({ response, request, warnings, wanted }: Call, code: number, body: object): void {
  if (wanted.yaml) {
    setWarnings(response, warnings);
    response.writeHead(code, { "content-type": "application/yaml" }).end(stringify(body));
  } else writeJson(response, code, body, warnings, request);
}

function setWarnings(response: ServerResponse, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  response.setHeader(
    "warning",
    warnings.map((text) => `299 - ${JSON.stringify(printable(text).slice(0, maxWarningLength))}`),
  );
}

/** A header holds no line breaks and only Latin-1. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) => (char === "\n" ? " " : "?"));
}

function writeJson(
  response: ServerResponse,
  code: number,
  body: object,
  warnings: readonly string[],
  request?: IncomingMessage,
): void {
  setWarnings(response, warnings);
  send(response, code, JSON.stringify(body), "application/json", request);
}

function writeDiscovery(response: ServerResponse, body: object, version: string, request: IncomingMessage): void {
  const type =
    (body as { kind?: string }).kind === "APIGroupDiscoveryList"
      ? `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
      : "application/json";
  send(response, 200, JSON.stringify(body), type, request);
}

function send(response: ServerResponse, code: number, text: string, type: string, request?: IncomingMessage): void {
  const takesGzip = request !== undefined && /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  if (takesGzip && text.length > gzipFromBytes) {
    const bytes = gzipSync(text, { level: 1 });
    response
      .writeHead(code, { "content-type": type, "content-encoding": "gzip", "content-length": bytes.length })
      .end(bytes);
  } else {
    response.writeHead(code, { "content-type": type, "content-length": Buffer.byteLength(text) }).end(text);
  }
}
