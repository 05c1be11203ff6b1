import type { IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { StatusError } from "@sallyport/kube";
import { DialError, dial } from "../../kubelet/dial.ts";
import type { Call } from "../call.ts";
import { handedOn, passUpgrade } from "./pass-through.ts";
import { LinkRewriter, rewriteLink } from "./rewrite-links.ts";

/** Where a request is handed on to; the URL has no path. */
export interface ProxyTarget {
  readonly url: URL;
  readonly tls: RequestOptions;
}

/** Of one connection, and not of what is said over it. RFC 9110, section 7.6.1. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "proxy-connection",
]);

/** Hands a request on behind `/proxy`, and its answer back, with links and redirections that lead here again. */
export async function proxyTo(call: Call, { url: base, tls }: ProxyTarget): Promise<void> {
  const { request, response, query } = call;
  const { prefix, rest } = placeOf(call.info.path);
  if (rest === "" && call.upgrade === undefined) {
    const search = query.size === 0 ? "" : `?${query}`;
    response.writeHead(301, { location: `${prefix}/${search}`, "cache-control": "no-cache, private" }).end();
    return;
  }
  const url = new URL(base);
  url.pathname = rest;
  url.search = new URL(request.url ?? "/", "https://localhost").search;
  if (call.upgrade !== undefined) {
    await passUpgrade(call, url, tls);
    return;
  }
  const answer = await ask(call, url, tls);
  await answerWith(call, answer, { prefix, url });
}

/** `/api/v1/namespaces/NS/pods/NAME/proxy`, and what stands behind it, decoded and encoded anew. */
function placeOf(path: string): { readonly prefix: string; readonly rest: string } {
  const [, prefix = path, rest = ""] =
    /^((?:\/+[^/]+){2}(?:\/+namespaces\/+[^/]+)?(?:\/+[^/]+){2}\/+proxy)(\/.*)?$/.exec(path) ?? [];
  return { prefix, rest: rest.split("/").map(decodeURIComponent).join("/") };
}

async function ask(call: Call, url: URL, tls: RequestOptions): Promise<IncomingMessage> {
  const { request, response } = call;
  const given = Object.entries(handedOn(request.headers)).filter(([name]) => !hopByHop.has(name));
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  const from = request.socket.remoteAddress ?? "";
  const before = request.headers["x-forwarded-for"];
  const headers = {
    ...Object.fromEntries(given),
    ...(length === undefined ? {} : { "content-length": length }),
    ...(encoding === undefined ? {} : { "transfer-encoding": encoding }),
    "x-forwarded-for": before === undefined ? from : `${before}, ${from}`,
    "x-forwarded-uri": call.info.path,
  };
  const { response: answer } = await dial({ url, method: request.method ?? "GET", headers, tls }, (outgoing) => {
    response.once("close", () => outgoing.destroy());
    request.pipe(outgoing);
  }).catch((error) => {
    if (error instanceof DialError)
      throw new StatusError("ServiceUnavailable", `error trying to reach service: ${error.message}`);
    throw error;
  });
  return answer;
}

async function answerWith(
  { response, request }: Call,
  answer: IncomingMessage,
  { prefix, url }: { readonly prefix: string; readonly url: URL },
): Promise<void> {
  const isPage = /^text\/html/i.test(answer.headers["content-type"] ?? "");
  const isPacked = answer.headers["content-encoding"] === "gzip";
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value === undefined || (hopByHop.has(name) && name !== "content-length")) continue;
    if (isPage && (name === "content-length" || (name === "content-encoding" && isPacked))) continue;
    response.setHeader(name, value);
  }
  response.setHeader("cache-control", answer.headers["cache-control"] ?? "no-cache, private");
  const { location } = answer.headers;
  if (location !== undefined) response.setHeader("location", rewriteLink(location, { prefix, host: url.host }));
  response.writeHead(answer.statusCode ?? 502);
  const done =
    isPage && request.method !== "HEAD"
      ? pipeline([
          answer,
          ...(isPacked ? [createGunzip()] : []),
          new LinkRewriter({ prefix, host: url.host }),
          response,
        ])
      : pipeline(answer, response);
  // Whoever leaves first: the other is told by the end of its connection.
  await done.catch(() => {});
}
