import type { Library } from "../../check/environment.ts";
import { BOOL, listType, mapType, STRING, structType, type Type } from "../../check/type.ts";
import { goQuoted } from "../../value/go-quoted.ts";
import { EntryMap } from "../../value/map.ts";
import { textFromUtf8, utf8Bytes } from "../../value/text.ts";
import { ArrayList, CelError, Opaque, type Value } from "../../value/value.ts";
import { declare, global, member } from "../declare.ts";

const URL_TYPE: Type = structType("kubernetes.URL");

/** The parts of a URL as Go's `net/url` holds them. */
export class Url extends Opaque {
  readonly type: Type = URL_TYPE;
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(text: string, scheme: string, host: string, path: string, query: string) {
    super();
    this.text = text;
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }

  override equals(other: Opaque): boolean {
    return other instanceof Url && other.text === this.text;
  }
}

/** Kubernetes' URL library: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-url-library */
export const url: Library = {
  name: "kubernetes.url",
  functions: [
    declare(
      "url",
      global("string_to_url", [STRING], URL_TYPE, (text: string) => toValue(parseUrl(text))),
    ),
    declare(
      "isURL",
      global("is_url_string", [STRING], BOOL, (text: string) => parseUrl(text) instanceof Url),
    ),
    declare(
      "getScheme",
      member("url_get_scheme", [URL_TYPE], STRING, ({ scheme }: Url) => scheme),
    ),
    declare(
      "getHost",
      member("url_get_host", [URL_TYPE], STRING, ({ host }: Url) => host),
    ),
    declare(
      "getHostname",
      member("url_get_hostname", [URL_TYPE], STRING, ({ host }: Url) => splitHost(host).name),
    ),
    declare(
      "getPort",
      member("url_get_port", [URL_TYPE], STRING, ({ host }: Url) => splitHost(host).port),
    ),
    declare(
      "getEscapedPath",
      member("url_get_escaped_path", [URL_TYPE], STRING, ({ path }: Url) => escapePath(path)),
    ),
    declare(
      "getQuery",
      member("url_get_query", [URL_TYPE], mapType(STRING, listType(STRING)), ({ query }: Url) => parseQuery(query)),
    ),
  ],
};

function toValue(parsed: Url | { readonly fault: string }): Value {
  return parsed instanceof Url
    ? parsed
    : new CelError(`URL parse error during conversion from string: ${parsed.fault}`);
}

/** A URL as Go's `ParseRequestURI` accepts it: absolute, or an absolute path. */
export function parseUrl(text: string): Url | { readonly fault: string } {
  const fail = (reason: string) => ({ fault: `parse ${goQuoted(text)}: ${reason}` });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: just those are refused
  if (/[\u0000-\u001f\u007f]/.test(text)) return fail("net/url: invalid control character in URL");
  if (text === "") return fail("empty url");
  const colon = /^([A-Za-z][A-Za-z0-9+.-]*)?:/.exec(text);
  if (colon !== null && colon[1] === undefined) return fail("missing protocol scheme");
  const scheme = colon?.[1]?.toLowerCase() ?? "";
  // A request has no fragment: what looks like one belongs to what it stands in.
  const behind = colon === null ? text : text.slice(colon[0].length);
  const mark = behind.indexOf("?");
  const rest = mark < 0 ? behind : behind.slice(0, mark);
  const query = mark < 0 ? "" : behind.slice(mark + 1);
  if (text === "*") return new Url(text, "", "", "*", "");
  if (!rest.startsWith("/"))
    return scheme === "" ? fail("invalid URI for request") : new Url(text, scheme, "", "", query);
  const isWithHost = (scheme !== "" || !rest.startsWith("///")) && rest.startsWith("//");
  const slash = isWithHost ? rest.indexOf("/", 2) : 0;
  const authority = isWithHost ? rest.slice(2, slash < 0 ? undefined : slash) : "";
  const path = slash < 0 ? "" : rest.slice(slash);
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const wrong = userFault(authority.slice(0, Math.max(at, 0))) ?? hostFault(host) ?? escapeFault(path);
  return wrong === undefined ? new Url(text, scheme, host, path, query) : fail(wrong);
}

function userFault(user: string): string | undefined {
  return /^[\w\-.:~!$&'()*+,;=%@]*$/.test(user) ? undefined : "net/url: invalid userinfo";
}

function hostFault(host: string): string | undefined {
  const wrong = /[ "#<>\\^`{|}]/.exec(host);
  if (wrong !== null) return `invalid character ${goQuoted(wrong[0])} in host name`;
  const escaped = /%.{0,2}/s.exec(host.replace(/^(\[.*?)%25.*\]/s, "$1]"));
  if (escaped !== null && !/^%[89a-fA-F][0-9a-fA-F]$/.test(escaped[0]))
    return `invalid URL escape ${goQuoted(escaped[0])}`;
  if (host.startsWith("[") && !host.includes("]")) return "missing ']' in host";
  const port = host.startsWith("[")
    ? host.slice(host.lastIndexOf("]") + 1)
    : host.includes(":")
      ? host.slice(host.indexOf(":"))
      : "";
  return port === "" || /^:\d*$/.test(port) ? undefined : `invalid port ${goQuoted(port)} after host`;
}

function escapeFault(path: string): string | undefined {
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(path);
  return wrong === null ? undefined : `invalid URL escape ${goQuoted(wrong[0])}`;
}

function splitHost(host: string): { readonly name: string; readonly port: string } {
  const [, bracketed, bare, port = ""] = /^(?:\[(.*)\]|([^:]*))(?::(\d*))?$/s.exec(host) ?? [];
  return { name: bracketed?.replace("%25", "%") ?? bare ?? host, port };
}

/** The path as it was written where that is well escaped, else with all escaped that must be. */
function escapePath(path: string): string {
  return path.replace(/[^A-Za-z0-9$\-_.+!*'(),;:@&=/~%[\]]/gu, (letter) =>
    Array.from(utf8Bytes(letter), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

function parseQuery(query: string): Value {
  const found = new Map<string, string[]>();
  for (const part of query.split("&")) {
    if (part === "" || part.includes(";")) continue;
    const at = part.indexOf("=");
    const key = unescapeQuery(at < 0 ? part : part.slice(0, at));
    const value = unescapeQuery(at < 0 ? "" : part.slice(at + 1));
    if (key !== undefined && value !== undefined) found.set(key, [...(found.get(key) ?? []), value]);
  }
  const map = new EntryMap();
  for (const [key, values] of found) map.add(key, new ArrayList(values));
  return map;
}

function unescapeQuery(text: string): string | undefined {
  if (escapeFault(text) !== undefined) return undefined;
  const bytes: number[] = [];
  for (const [part, hex] of text.matchAll(/%(..)|\+|[^%+]+/gs)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (part === "+") bytes.push(32);
    else bytes.push(...utf8Bytes(part));
  }
  return textFromUtf8(Uint8Array.from(bytes));
}
