import type { IncomingMessage } from "node:http";
import { connectionOf } from "../http/http2.ts";
import { AuthenticationError, type Authenticator } from "./authenticator.ts";
import { certificateReader } from "./client-certificates.ts";

/** kube-apiserver's `--requestheader-*`. Header names in lower case. */
export interface RequestHeaderOptions {
  /** PEM: whose certificates say that a proxy speaks. */
  readonly clientCa: string;
  /** Common names of proxies; none means any. */
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

/** A proxy in front says in headers who sent a request. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy */
export function requestHeaders(options: RequestHeaderOptions, now: () => number): Authenticator {
  const certificateOf = certificateReader([options.clientCa], now);
  return {
    authenticate: (request) => {
      const proxy = certificateOf(connectionOf(request));
      if (proxy === undefined) return undefined;
      const name = proxy.user.username;
      if (options.allowedNames.length > 0 && !options.allowedNames.includes(name))
        throw new AuthenticationError(`x509: subject with cn=${name} is not in the allowed list`);
      const [username] = valuesOf(request, options.usernameHeaders);
      if (username === undefined) return undefined;
      const [uid] = valuesOf(request, options.uidHeaders);
      const extra = extraOf(request, options.extraHeaderPrefixes);
      return {
        user: {
          username,
          groups: valuesOf(request, options.groupHeaders),
          ...(uid === undefined ? {} : { uid }),
          ...(Object.keys(extra).length === 0 ? {} : { extra }),
        },
      };
    },
  };
}

/** All values of the headers, as they came: a comma is part of a value. */
export function valuesOf(request: IncomingMessage, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => textsOf(request, name)).filter((each) => each.trim() !== "");
}

/** Node reads each byte of a header as a letter; who sends more than ASCII sends UTF-8. */
function textsOf(request: IncomingMessage, name: string): readonly string[] {
  return (request.headersDistinct[name] ?? []).map((each) => Buffer.from(each, "latin1").toString("utf8"));
}

/** `X-Remote-Extra-Scopes%2FA: v` is the value `v` of `scopes/a`. */
export function extraOf(request: IncomingMessage, prefixes: readonly string[]): { [key: string]: readonly string[] } {
  const extra: { [key: string]: readonly string[] } = {};
  for (const name of Object.keys(request.headersDistinct))
    for (const prefix of prefixes) {
      if (!name.startsWith(prefix)) continue;
      const key = unescaped(name.slice(prefix.length)).toLowerCase();
      extra[key] = [...(extra[key] ?? []), ...textsOf(request, name)];
    }
  return Object.fromEntries(Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
