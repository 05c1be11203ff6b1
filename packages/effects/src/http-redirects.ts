import type { HttpRequest, HttpResponse } from "@sallyport/rego";

/** These also send the method and body again (RFC 9110 section 15.4). */
const repeating: ReadonlySet<number> = new Set([307, 308]);
const changing: ReadonlySet<number> = new Set([301, 302, 303]);

/** Not shown to other hosts. */
const sensitive: ReadonlySet<string> = new Set(["authorization", "cookie", "cookie2", "www-authenticate"]);

/** Where a response sends its client next, and whether with the same method and body; undefined for other responses. */
export function locationOf(
  from: string,
  code: number,
  location: string | undefined,
): { readonly url: string; readonly isRepeated: boolean } | undefined {
  const isRedirect = repeating.has(code) || changing.has(code);
  if (!isRedirect || !location || !URL.canParse(location, from)) return undefined;
  return { url: new URL(location, from).href, isRepeated: repeating.has(code) };
}

/** The request that a redirect asks for; undefined for other responses. */
export function nextRequest(request: HttpRequest, { statusCode, headers }: HttpResponse): HttpRequest | undefined {
  const found = locationOf(request.url, statusCode, headers.location?.[0]);
  if (found === undefined) return undefined;
  const [from, to] = [new URL(request.url), new URL(found.url)];
  const { host: _host, socketPath: _socket, ...rest } = request;
  const stays = isSameOrBelow(to.hostname, from.hostname);
  const others = Object.entries(request.headers).filter(([name]) => name !== "Referer");
  const kept = others.filter(([name]) => stays || !sensitive.has(name.toLowerCase()));
  const next: HttpRequest = {
    ...(to.host === from.host ? request : rest),
    url: to.href,
    headers: { ...refererOf(from, to), ...Object.fromEntries(kept) },
  };
  if (found.isRepeated) return next;
  const method = request.method === "GET" || request.method === "HEAD" ? request.method : "GET";
  const withoutBody = Object.entries(next.headers).filter(([name]) => !name.toLowerCase().startsWith("content-"));
  return { ...next, method, body: "", headers: Object.fromEntries(withoutBody) };
}

/** Where the redirect came from, but for what a secure connection must not give away. */
function refererOf(from: URL, to: URL): { readonly Referer?: string } {
  if (from.protocol === "https:" && to.protocol === "http:") return {};
  const referer = new URL(from);
  referer.username = "";
  referer.password = "";
  referer.hash = "";
  return { Referer: referer.href };
}

function isSameOrBelow(host: string, parent: string): boolean {
  return host === parent || host.endsWith(`.${parent}`);
}
