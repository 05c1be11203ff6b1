import type { IncomingMessage, ServerResponse } from "node:http";
import { discover } from "../discovery.ts";
import { write, writeDiscovery } from "./answer.ts";
import type { Call, HandlerOptions } from "./call.ts";
import { findHealth } from "./health.ts";
import { allFormats, mediaTypes, namesOne } from "./negotiate.ts";
import { serveOpenApi } from "./openapi.ts";
import { openIdDocument } from "./openid.ts";
import { methodNotAllowed, noneOf, notServed, onlyTypes } from "./refusals.ts";

interface Found {
  readonly code: number;
  readonly body: string | object;
  /** What Go's server writes by itself, without saying how to read it. */
  readonly isSniffed?: boolean;
  /** Of a text that is not plain. */
  readonly type?: string;
  readonly cacheControl?: string;
  /** Media types of a document that is only read: other methods are refused, and whoever names no such type. */
  readonly offers?: readonly string[];
  /** JSON for eyes, whatever the client asks for. */
  readonly isRaw?: boolean;
}

const everyType = allFormats.map((each) => mediaTypes[each]);
const justJson: readonly string[] = [mediaTypes.json];

/** Paths that are no resources: health, version, OpenAPI, discovery. False when there is none. */
export async function servePath(call: Call, options: HandlerOptions): Promise<boolean> {
  const { response, wanted } = call;
  if (serveOpenApi(call, options.catalogue)) return true;
  const health: Found | undefined = await findHealth(call.info.path, call.query, options);
  const found = health ?? (await findMetrics(call, options)) ?? findPath(call, options);
  if (found === undefined) return false;
  if (found.offers !== undefined) checkRead(call.request, found.offers);
  if (typeof found.body === "string") writeText(response, { ...found, text: found.body });
  else if (found.isRaw === true)
    write({ ...call, wanted: { ...wanted, format: "json", pretty: true } }, 200, found.body);
  else if (wanted.refused || wanted.as !== "object") throw onlyTypes(everyType);
  else if (wanted.discovery && (found.body as { kind?: string }).kind === "APIGroupDiscoveryList")
    writeDiscovery(call, found.body);
  else write(call, found.code, found.body);
  return true;
}

function checkRead({ method, headers }: IncomingMessage, offers: readonly string[]): void {
  if (method !== "GET") throw methodNotAllowed();
  if (!namesOne(headers.accept, offers)) throw noneOf(offers);
}

/** Within a group that is built in, a Status; elsewhere Go's plain text. */
export function writeNotFound({ info: { path }, response }: Call, { catalogue }: HandlerOptions): void {
  const [, root, group = ""] = path.split("/");
  const isServed = root === "apis" && group !== "" && catalogue.builtin.some((each) => each.group === group);
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

async function findMetrics({ info: { path } }: Call, { metrics }: HandlerOptions): Promise<Found | undefined> {
  const plain = path.replace(/\/+$/, "");
  const type = "text/plain; version=0.0.4; charset=utf-8";
  if (plain === "/metrics/slis") return { code: 200, body: metrics.healthText(), type };
  return plain === "/metrics" ? { code: 200, body: await metrics.text(), type } : undefined;
}

function findPath({ info: { path }, wanted, request }: Call, options: HandlerOptions): Found | undefined {
  const plain = path.replace(/\/+$/, "");
  if (plain === "/version") return { code: 200, body: options.version, offers: justJson, isRaw: true };
  const openId = openIdDocument(plain, options);
  if (openId !== undefined)
    return {
      code: 200,
      body: openId.text,
      type: openId.type,
      isSniffed: true,
      cacheControl: "public, max-age=3600",
      offers: [openId.type],
    };
  const { localAddress, localPort } = request.socket;
  const discovered = discover(plain, wanted.discovery, options.catalogue, `${localAddress}:${localPort}`);
  if (discovered !== undefined)
    return { code: 200, body: discovered, ...(isGroupList(plain) ? {} : { offers: everyType }) };
  return plain === "" || path === "/index.html"
    ? { code: 200, body: { paths: rootPaths(options) }, isRaw: true }
    : undefined;
}

/** The lists of groups and of one group's versions answer to every method. */
function isGroupList(path: string): boolean {
  return /^\/apis(\/[^/]+)?$/.test(path);
}

/** Every path that answers, sorted as kube-apiserver sorts. */
function rootPaths({ catalogue, readyChecks, healthChecks, liveChecks }: HandlerOptions): readonly string[] {
  const groups = [...catalogue.all()].filter(({ group }) => group !== "");
  const checks = (kind: string, names: Iterable<string>) => [
    `/${kind}`,
    ...[...names].map((name) => `/${kind}/${name}`),
  ];
  const paths = new Set([
    ...fixedPaths,
    ...groups.flatMap(({ group, version }) => [`/apis/${group}`, `/apis/${group}/${version}`]),
    ...checks("healthz", healthChecks().keys()),
    ...checks("livez", liveChecks().keys()),
    ...checks("readyz", readyChecks().keys()),
  ]);
  return [...paths].sort();
}

const fixedPaths: readonly string[] = [
  "/.well-known/openid-configuration",
  "/api",
  "/api/v1",
  "/apis",
  "/apis/",
  "/metrics",
  "/openapi/v2",
  "/openapi/v3",
  "/openapi/v3/",
  "/openid/v1/jwks",
  "/version",
];
