import { openApiV3, openApiV3Index } from "@sallyport/kube";
import { discover } from "../discovery.ts";
import { writeDiscovery, writeJson } from "./answer.ts";
import type { Call, HandlerOptions } from "./call.ts";

interface Found {
  readonly code: number;
  readonly body: string | object;
}

/** Paths that are no resources: health, version, OpenAPI, discovery. False when there is none. */
export function servePath(call: Call, options: HandlerOptions): boolean {
  const { response, wanted, request } = call;
  const found = findPath(call, options);
  if (found === undefined) return false;
  if (typeof found.body === "string")
    response
      .writeHead(found.code, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" })
      .end(found.body);
  else if (wanted.discovery !== undefined) writeDiscovery(response, found.body, wanted.discovery, request);
  else writeJson(response, found.code, found.body, [], request);
  return true;
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
