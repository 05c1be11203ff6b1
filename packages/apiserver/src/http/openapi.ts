import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import {
  type Catalogue,
  encodeOpenApiV2,
  openApiV2,
  openApiV3,
  openApiV3Index,
  type ResourceInfo,
} from "@sallyport/kube";
import type { Call } from "./call.ts";

interface Document {
  readonly bytes: Buffer;
  /** SHA-512 in upper case, as kube-apiserver hashes them. */
  readonly hash: string;
  readonly made: Date;
  /** Made when somebody first takes it. */
  zipped?: Buffer;
}

/** By name; as many as there are groups and versions, and the two forms of v2. Made when first asked for. */
type Documents = Map<string, Document>;

/** Those that tell of what is built in, and those that tell of custom resources, as long as these stay the same. */
const allDocuments = new WeakMap<readonly ResourceInfo[], Documents>();

function documentsOf(resources: readonly ResourceInfo[]): Documents {
  const documents = allDocuments.get(resources) ?? new Map();
  allDocuments.set(resources, documents);
  return documents;
}

function documentOf(documents: Documents, name: string, make: () => object): Document {
  return kept(documents, name, () => {
    const bytes = Buffer.from(JSON.stringify(make()));
    return { bytes, hash: createHash("sha512").update(bytes).digest("hex").toUpperCase(), made: new Date() };
  });
}

function kept(documents: Documents, name: string, make: () => Document): Document {
  const known = documents.get(name);
  if (known !== undefined) return known;
  const document = make();
  documents.set(name, document);
  return document;
}

const v2Protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** The same as some clients name it. */
const v2ProtobufOld = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/** `/openapi/v2` and `/openapi/v3`. False for other paths. */
export function serveOpenApi(call: Call, catalogue: Catalogue): boolean {
  const path = call.info.path.replace(/\/$/, "");
  if (path === "/openapi/v2") return serveV2(call, catalogue);
  if (path === "/openapi/v3") {
    const hashOf = (group: string, version: string) => v3Of(catalogue, group, version)?.hash ?? "";
    sendIndex(call.response, JSON.stringify(openApiV3Index(catalogue.all(), hashOf)));
    return true;
  }
  if (!path.startsWith("/openapi/v3/")) return false;
  const [, group = "", version = ""] = /^\/openapi\/v3\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(path) ?? [];
  const document = v3Of(catalogue, group, version);
  if (document === undefined) call.response.writeHead(404, { "cache-control": "no-cache, private" }).end();
  else serveV3(call, path, document);
  return true;
}

/** As a file that was made just now: kube-apiserver hands it to Go's file server, which takes it for text. */
function sendIndex(response: ServerResponse, text: string): void {
  const head = {
    "accept-ranges": "bytes",
    "cache-control": "no-cache, private",
    "content-type": "text/plain; charset=utf-8",
    "last-modified": new Date().toUTCString(),
    "content-length": Buffer.byteLength(text),
  };
  response.writeHead(200, head).end(text);
}

function v3Of(catalogue: Catalogue, group: string, version: string): Document | undefined {
  const isAsked = (each: ResourceInfo) => each.group === group && each.version === version;
  const own = catalogue.custom.filter(isAsked);
  const resources = own.length > 0 ? own : catalogue.builtin.filter(isAsked);
  if (resources.length === 0) return undefined;
  const documents = documentsOf(own.length > 0 ? catalogue.custom : catalogue.builtin);
  return documentOf(documents, `v3 ${group}/${version}`, () => openApiV3(resources));
}

function serveV2({ request, response }: Call, { custom, builtin }: Catalogue): boolean {
  const documents = documentsOf(custom.length > 0 ? custom : builtin);
  const made = () => openApiV2([...builtin, ...custom]);
  const types = (request.headers.accept ?? "*/*").split(",").map((each) => each.split(";")[0]?.trim() ?? "");
  const isJson = (type: string) => ["application/json", "application/*", "*/*"].includes(type);
  const chosen = types.find((type) => type === v2Protobuf || type === v2ProtobufOld || isJson(type));
  response.setHeader("vary", ["Accept-Encoding", "Accept"]);
  if (chosen === undefined) {
    response.writeHead(406).end();
    return true;
  }
  const json = documentOf(documents, "v2", made);
  // Both forms have the hash of the one in JSON, as they say the same.
  const asProtobuf = () => ({ ...json, bytes: Buffer.from(encodeOpenApiV2(made())) });
  response.setHeader("cache-control", "no-cache, private").setHeader("last-modified", json.made.toUTCString());
  if (isJson(chosen)) sendZipped(response, request.headers, json, "application/json");
  else sendZipped(response, request.headers, kept(documents, "v2 protobuf", asProtobuf), v2Protobuf);
  return true;
}

/** A client that names the hash may keep the document for ever; one with an old hash is sent to the new one. */
function serveV3({ request, response, query }: Call, path: string, document: Document): void {
  const asked = query.get("hash");
  response.setHeader("vary", "Accept");
  if (asked !== null && asked !== document.hash) {
    response.writeHead(301, { location: `${path}?hash=${document.hash}` }).end();
    return;
  }
  if (asked !== null) {
    const expires = new Date(Date.now() + 365 * 24 * 3600 * 1000).toUTCString();
    response.setHeader("cache-control", "public, immutable").setHeader("expires", expires);
  }
  send(response, request.headers, document, "application/json");
}

/** Of v2 alone, as kube-apiserver: v3 is sent as it is. */
function sendZipped(response: ServerResponse, headers: IncomingHttpHeaders, document: Document, type: string): void {
  if (!takesGzip(String(headers["accept-encoding"] ?? ""))) {
    send(response, headers, document, type);
    return;
  }
  document.zipped ??= gzipSync(document.bytes);
  if (!isKnown(headers, document)) response.setHeader("content-encoding", "gzip");
  send(response, headers, { ...document, bytes: document.zipped }, type);
}

/** RFC 9110, 12.5.3: a weight of zero refuses. */
function takesGzip(accepted: string): boolean {
  const [, weight] = /(?:^|,)\s*gzip\s*(?:;\s*q=([\d.]+))?\s*(?:,|$)/i.exec(accepted) ?? [undefined, "0"];
  return Number(weight ?? 1) > 0;
}

/** The client has it already. RFC 9110, 13.1: the date counts where no hash is named. */
function isKnown(headers: IncomingHttpHeaders, { hash, made }: Document): boolean {
  const named = headers["if-none-match"];
  if (named !== undefined) return named === `"${hash}"`;
  return Math.floor(made.getTime() / 1000) * 1000 <= Date.parse(headers["if-modified-since"] ?? "");
}

function send(response: ServerResponse, headers: IncomingHttpHeaders, document: Document, type: string): void {
  const { bytes, hash } = document;
  response.setHeader("etag", `"${hash}"`);
  if (isKnown(headers, document)) {
    response.removeHeader("last-modified");
    response.writeHead(304).end();
  } else response.writeHead(200, { "content-type": type, "content-length": bytes.length }).end(bytes);
}
