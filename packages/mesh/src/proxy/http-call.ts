import type { HttpCall } from "../policy/call.ts";

/** What Envoy answers for what a policy refuses. */
export const deniedText = "RBAC: access denied";

/** A path as policies read it and as it is sent on, so that both read the same: Envoy's `normalize_path`, which is Chromium's. */
export interface NormalPath {
  /** Without the query. */
  readonly path: string;
  /** With it: what is sent on. */
  readonly target: string;
}

/** Of a request's target: a path with its query, `*`, or a whole URL to a proxy. Undefined for what is none of these. */
export function normalPath(target: string): NormalPath | undefined {
  if (target === "*") return { path: "*", target };
  // A fragment is no part of a request: Envoy refuses it, as others would cut it off.
  if (target.includes("#")) return undefined;
  const rest = target.startsWith("/") ? target : /^https?:\/\/[^/?]+(.*)$/i.exec(target)?.[1];
  if (rest === undefined) return undefined;
  const url = URL.canParse(`http://host${rest}`) ? new URL(`http://host${rest}`) : undefined;
  return url === undefined ? undefined : { path: url.pathname, target: url.pathname + url.search };
}

/** Of names and values as they came, in turns, those of HTTP/2's own left out. */
export function headersOf(raw: readonly string[]): HttpCall["headers"] {
  const headers: { [name: string]: string } = Object.create(null);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    if (!name.startsWith(":")) headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return headers;
}
