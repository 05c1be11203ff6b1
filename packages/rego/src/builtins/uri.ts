import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";
import { parseAddress } from "./net.ts";
import { stringAt } from "./operands.ts";

// Go's net/url.Parse works on bytes: texts are UTF-8 with a character per byte in here, and decoded at the end.

/** The fields of Go's `url.URL`, as bytes: `textOf` makes text of one. */
export interface Uri {
  readonly scheme: string;
  readonly opaque: string;
  /** As it was written; undefined when there is no `@`. */
  readonly user: string | undefined;
  readonly host: string;
  readonly path: string;
  readonly rawPath: string;
  /** The path was written just as Go would write it, which then keeps no RawPath. */
  readonly isPathPlain: boolean;
  /** `file:/a` has no empty host to print. */
  readonly omitHost: boolean;
  /** A `?` with nothing behind it. */
  readonly forceQuery: boolean;
  readonly query: string;
  readonly fragment: string;
  readonly rawFragment: string;
}

/** What may stand unescaped, beside letters, digits and what is not ASCII. */
const hostCharacters = /^[\w!"$&'()*+,.:;<=>[\]~\x80-\xff-]$/;
const zoneEscapes = /^[\w !"$&'()*+,.:;<=>[\]~%-]$/;
const pathCharacters = /^[\w$&+,./:;=@~-]$/;
const fragmentCharacters = /^[\w$&+,./:;=?@!()*~-]$/;
const userCharacters = /^[\w.:~!$&'()*+,;=%@-]*$/;

/** As Go's `url.Parse`. Throws `BuiltinError` with its message. */
export function parseUri(text: string): Uri {
  const bytes = bytesOf(text);
  const [url, written] = cut(bytes, "#");
  const parsed = named(url, () => parseWithoutFragment(url));
  const fragment = named(bytes, () => decodeEscapes(written));
  const rawFragment = written === percentEncode(fragment, fragmentCharacters) ? "" : written;
  return { ...parsed, fragment, rawFragment };
}

/** Faults name the text that was to be parsed. */
function named<T>(bytes: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof BuiltinError) throw new BuiltinError(`parse ${goQuote(textOf(bytes))}: ${error.message}`);
    throw error;
  }
}

const nothing = {
  scheme: "",
  opaque: "",
  user: undefined,
  host: "",
  path: "",
  rawPath: "",
  isPathPlain: true,
  omitHost: false,
  forceQuery: false,
  query: "",
};

function parseWithoutFragment(url: string): Omit<Uri, "fragment" | "rawFragment"> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\x00-\x1f\x7f]/.test(url)) throw new BuiltinError("net/url: invalid control character in URL");
  if (url === "*") return { ...nothing, path: "*", rawPath: "*" };
  if (url.startsWith(":")) throw new BuiltinError("missing protocol scheme");
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? "";
  const [rest, query] = cut(url.slice(scheme === "" ? 0 : scheme.length + 1), "?");
  const forceQuery = url.endsWith("?") && query === "";
  if (!rest.startsWith("/")) {
    // What follows a scheme and has no slash is opaque.
    if (scheme !== "") return { ...nothing, scheme, opaque: rest, forceQuery, query };
    if (cut(rest, "/")[0].includes(":")) throw new BuiltinError("first path segment in URL cannot contain colon");
  }
  const { authority, path } = splitAuthority(scheme, rest);
  const { user, host } = authority === undefined ? nothing : parseAuthority(authority);
  const decoded = decodeEscapes(path);
  const isPathPlain = path === percentEncode(decoded, pathCharacters);
  const rawPath = isPathPlain ? decoded : path;
  const omitHost = authority === undefined && scheme !== "";
  return { scheme, opaque: "", user, host, path: decoded, rawPath, isPathPlain, omitHost, forceQuery, query };
}

function splitAuthority(scheme: string, rest: string): { authority: string | undefined; path: string } {
  if (!rest.startsWith("//") || (scheme === "" && rest.startsWith("///"))) return { authority: undefined, path: rest };
  const slash = rest.indexOf("/", 2);
  return slash < 0
    ? { authority: rest.slice(2), path: "" }
    : { authority: rest.slice(2, slash), path: rest.slice(slash) };
}

function parseAuthority(authority: string): { readonly user: string | undefined; readonly host: string } {
  const at = authority.lastIndexOf("@");
  const host = parseHost(authority.slice(at + 1));
  if (at < 0) return { user: undefined, host };
  const user = authority.slice(0, at);
  if (!userCharacters.test(user)) throw new BuiltinError("net/url: invalid userinfo");
  decodeEscapes(user);
  return { user, host };
}

function parseHost(host: string): string {
  const open = host.lastIndexOf("[");
  if (open > 0) throw new BuiltinError("invalid IP-literal");
  if (open === 0) return parseLiteral(host);
  // Hosts with more colons are met with: lists of databases.
  const colon = host.lastIndexOf(":");
  if (colon >= 0) checkPort(host.slice(colon));
  return unescapeHost(host, hostCharacters);
}

/** `[fe80::1%25en0]:80` */
function parseLiteral(host: string): string {
  const close = host.lastIndexOf("]");
  if (close < 0) throw new BuiltinError("missing ']' in host");
  const port = host.slice(close + 1);
  checkPort(port);
  const name = host.slice(1, close);
  const zone = name.indexOf("%25");
  const address =
    zone < 0
      ? unescapeHost(name, hostCharacters)
      : unescapeHost(name.slice(0, zone), hostCharacters) + unescapeHost(name.slice(zone), hostCharacters, true);
  const parsed = parseAddress(address.replace(/%.+$/s, ""));
  if (parsed === undefined)
    throw new BuiltinError(`invalid host: ParseAddr(${goQuote(address)}): ${addressFault(address)}`);
  if (parsed.bits === 32) throw new BuiltinError("invalid IP-literal");
  return `[${address}]${port}`;
}

function addressFault(address: string): string {
  if (address.includes(":") && address.endsWith("%")) return "zone must be a non-empty string";
  return "unable to parse IP";
}

function checkPort(port: string): void {
  if (!/^(:\d*)?$/.test(port)) throw new BuiltinError(`invalid port ${goQuote(textOf(port))} after host`);
}

function cut(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function decodeEscapes(text: string): string {
  return text.replace(/%(..?)?/gs, (sequence) => {
    if (!/^%[0-9a-f]{2}$/i.test(sequence)) throw new BuiltinError(`invalid URL escape ${goQuote(textOf(sequence))}`);
    return String.fromCharCode(Number.parseInt(sequence.slice(1), 16));
  });
}

/** In hosts only bytes beyond ASCII are escaped, and `%25` before a zone; in zones, what may also stand as it is. */
function unescapeHost(text: string, allowed: RegExp, isZone = false): string {
  for (const [sequence] of text.matchAll(/%(..?)?|[\s\S]/g)) {
    if (!sequence.startsWith("%")) {
      if (!allowed.test(sequence)) throw new BuiltinError(`invalid character ${goQuote(sequence)} in host name`);
      continue;
    }
    const byte = decodeEscapes(sequence);
    const isAllowed = isZone ? zoneEscapes.test(byte) || byte >= "\x80" : byte >= "\x80" || sequence === "%25";
    if (!isAllowed) throw new BuiltinError(`invalid URL escape ${goQuote(sequence)}`);
  }
  return decodeEscapes(text);
}

function percentEncode(text: string, allowed: RegExp): string {
  return text.replace(/[\s\S]/g, (byte) =>
    allowed.test(byte) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function bytesOf(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is asked for
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** What may stand in a path as it was written, beside escapes. */
const writtenPath = /^[\w.~!$&'()*+,;=:@/[\]%-]*$/;
const passwordCharacters = /^[\w$&+,;=.~-]$/;

/** As Go's `URL.String` writes it. */
export function uriText(uri: Uri): string {
  const query = uri.forceQuery || uri.query !== "" ? `?${uri.query}` : "";
  const written = uri.rawFragment === "" ? percentEncode(uri.fragment, fragmentCharacters) : uri.rawFragment;
  const rest = query + (uri.fragment === "" ? "" : `#${written}`);
  const scheme = uri.scheme === "" ? "" : `${uri.scheme}:`;
  if (uri.opaque !== "") return scheme + uri.opaque + rest;
  const path = escapedPathOf(uri);
  const authority = authorityText(uri);
  const isRelative = scheme === "" && authority === "" && cut(path, "/")[0].includes(":");
  return scheme + authority + (isRelative ? "./" : "") + path + rest;
}

/** As Go's `URL.EscapedPath`: as it was written, where that was right. */
export function escapedPathOf({ isPathPlain, rawPath, path }: Uri): string {
  return !isPathPlain && writtenPath.test(rawPath) ? rawPath : escapedPath(path);
}

function escapedPath(path: string): string {
  return path === "*" ? "*" : percentEncode(path, pathCharacters);
}

function authorityText({ scheme, user, host, path, omitHost }: Uri): string {
  if (host === "" && user === undefined && (omitHost || scheme === "" || path === "")) return "";
  const [name, password] = cut(user ?? "", ":");
  const encoded = [name, password].map((part) => percentEncode(decodeEscapes(part), passwordCharacters));
  const login = user?.includes(":") === true ? `${encoded.join(":")}@` : user === undefined ? "" : `${encoded[0]}@`;
  return `//${login}${percentEncode(host, hostCharacters)}`;
}

/** Text of bytes that `parseUri` gave. */
export function textOf(bytes: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
}

function splitPort(host: string): { readonly hostname: string; readonly port: string } {
  const match = /^(.*):(\d*)$/s.exec(host);
  const name = match?.[1] ?? host;
  return {
    hostname: name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name,
    port: match?.[2] ?? "",
  };
}

function parse(args: readonly Value[]): Value {
  const { scheme, host, path, rawPath, query, fragment } = parseUri(stringAt(args, 1));
  const { hostname, port } = splitPort(host);
  const fields = { scheme, hostname, port, path, raw_path: rawPath, raw_query: query, fragment };
  const entries = Object.entries(fields).filter(([, value]) => value !== "");
  return Object.fromEntries(entries.map(([name, value]) => [name, textOf(value)]));
}

function isValid([text]: readonly Value[]): Value {
  if (typeof text !== "string" || text === "") return false;
  try {
    parseUri(text);
    return true;
  } catch (error) {
    if (error instanceof BuiltinError) return false;
    throw error;
  }
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/uri */
export const uri: readonly Builtin[] = [
  { name: "uri.parse", call: parse },
  { name: "uri.is_valid", call: isValid },
];
