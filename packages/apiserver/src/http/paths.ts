import type { ServerResponse } from "node:http";
import { openApiV3, openApiV3Index } from "@sallyport/kube";
import { discover } from "../discovery.ts";
import { write, writeDiscovery } from "./answer.ts";
import type { Call, HandlerOptions } from "./call.ts";
import { notServed } from "./refusals.ts";

interface Found {
  readonly code: number;
  readonly body: string | object;
}

/** Paths that are no resources: health, version, OpenAPI, discovery. False when there is none. */
export function servePath(call: Call, options: HandlerOptions): boolean {
  const { response, wanted } = call;
  const found = findPath(call, options);
  if (found === undefined) return false;
  if (typeof found.body === "string") writeText(response, found.code, found.body);
  else if (wanted.discovery !== undefined && (found.body as { kind?: string }).kind === "APIGroupDiscoveryList")
    writeDiscovery(call, found.body, wanted.discovery);
  else write(call, found.code, found.body);
  return true;
}

/** Within a group and version that is served, a Status; elsewhere Go's plain text. */
export function writeNotFound({ info, response }: Call): void {
  if (info.isResource) throw notServed();
  writeText(response, 404, "404 page not found\n");
}

function writeText(response: ServerResponse, code: number, text: string): void {
  response
    .writeHead(code, {
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache, private",
    })
    .end(text);
}

function findPath({ info: { path }, query, wanted }: Call, options: HandlerOptions): Found | undefined {
  const plain = path.replace(/\/$/, "");
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(plain)) return health(plain, query, options);
  if (plain === "/version") return { code: 200, body: options.version };
  if (plain === "/openapi/v3") return { code: 200, body: openApiV3Index(String(options.version["gitVersion"])) };
  const place = /^\/openapi\/v3\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(plain);
  if (place !== null) return { code: 200, body: openApiV3(place[1] ?? "", place[2] ?? "") };
  const discovered = discover(plain, wanted.discovery, options.catalogue);
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
