import type { ServerResponse } from "node:http";
import { discover } from "../discovery.ts";
import { write, writeDiscovery } from "./answer.ts";
import type { Call, HandlerOptions } from "./call.ts";
import { findHealth } from "./health.ts";
import { allFormats } from "./negotiate.ts";
import { serveOpenApi } from "./openapi.ts";
import { openIdDocument } from "./openid.ts";
import { methodNotAllowed, notAcceptable, notServed } from "./refusals.ts";

interface Found {
  readonly code: number;
  readonly body: string | object;
  /** What Go's server writes by itself, without saying how to read it. */
  readonly isSniffed?: boolean;
  /** Of a text that is not plain. */
  readonly type?: string;
  readonly cacheControl?: string;
}

/** Paths that are no resources: health, version, OpenAPI, discovery. False when there is none. */
export function servePath(call: Call, options: HandlerOptions): boolean {
  const { response, wanted } = call;
  if (serveOpenApi(call, options.catalogue)) return true;
  const found = findPath(call, options);
  if (found === undefined) return false;
  if (typeof found.body === "string") writeText(response, { ...found, text: found.body });
  else if (isFixed(call.info.path) && call.request.method !== "GET") throw methodNotAllowed();
  else if (wanted.as !== "object") throw notAcceptable("form", "get", allFormats);
  else if (wanted.discovery && (found.body as { kind?: string }).kind === "APIGroupDiscoveryList")
    writeDiscovery(call, found.body);
  else write(call, found.code, found.body);
  return true;
}

/** Documents that are only read; the root of all groups answers to every method. */
function isFixed(path: string): boolean {
  return !/^\/(apis\/?)?$/.test(path);
}

/** Within a group that is served, a Status; elsewhere Go's plain text. */
export function writeNotFound({ info: { path }, response }: Call, { catalogue }: HandlerOptions): void {
  const [root, group = ""] = path.split("/").filter(Boolean);
  const isServed = root === "apis" && group !== "" && [...catalogue.all()].some((each) => each.group === group);
  if (root === "api" || isServed) throw notServed();
  writeText(response, { code: 404, text: "404 page not found\n" });
}

function writeText(
  response: ServerResponse,
  {
    code,
    text,
    type = "text/plain; charset=utf-8",
    cacheControl = "no-cache, private",
    isSniffed = false,
  }: Omit<Found, "body"> & { readonly text: string },
): void {
  response
    .writeHead(code, {
      "content-type": type,
      ...(isSniffed ? {} : { "x-content-type-options": "nosniff" }),
      "cache-control": cacheControl,
    })
    .end(text);
}

function findPath({ info: { path }, query, wanted, request }: Call, options: HandlerOptions): Found | undefined {
  const plain = path.replace(/\/$/, "");
  const health = findHealth(path, query, options);
  if (health !== undefined) return health;
  if (plain === "/metrics")
    return { code: 200, body: options.metrics.text(), type: "text/plain; version=0.0.4; charset=utf-8" };
  if (plain === "/version") return { code: 200, body: options.version };
  const openId = openIdDocument(plain, options);
  if (openId !== undefined)
    return { code: 200, body: openId.text, type: openId.type, cacheControl: "public, max-age=3600" };
  const { localAddress, localPort } = request.socket;
  const discovered = discover(plain, wanted.discovery, options.catalogue, `${localAddress}:${localPort}`);
  if (discovered !== undefined) return { code: 200, body: discovered };
  return plain === ""
    ? {
        code: 200,
        body: {
          paths: [
            "/api",
            "/apis",
            "/healthz",
            "/livez",
            "/metrics",
            "/openapi/v2",
            "/openapi/v3",
            "/readyz",
            "/version",
          ],
        },
      }
    : undefined;
}
