import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";
import { parseAddress } from "./net.ts";
import { stringAt } from "./operands.ts";

// Go's net/url.Parse works on bytes: texts are UTF-8 with a character per byte in here, and decoded at the end.

interface Uri {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly rawPath: string;
  readonly query: string;
  readonly fragment: string;
}

/** What may stand unescaped, beside letters, digits and what is not ASCII. */
const hostCharacters = /^[\w!"$&'()*+,.:;<=>[\]~\x80-\xff-]$/;
const zoneEscapes = /^[\w !"$&'()*+,.:;<=>[\]~%-]$/;
const pathCharacters = /^[\w$&+,./:;=@~-]$/;
const userCharacters = /^[\w.:~!$&'()*+,;=%@-]*$/;

function parseUri(text: string): Uri {
  const bytes = bytesOf(text);
  const hash = bytes.indexOf("#");
  const url = hash < 0 ? bytes : bytes.slice(0, hash);
  const parsed = named(url, () => parseWithoutFragment(url));
  const fragment = hash < 0 ? "" : named(bytes, () => decodeEscapes(bytes.slice(hash + 1)));
  return { ...parsed, fragment };
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

function parseWithoutFragment(url: string): Omit<Uri, "fragment"> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\x00-\x1f\x7f]/.test(url)) throw new BuiltinError("net/url: invalid control character in URL");
  if (url === "*") return { scheme: "", host: "", path: "*", rawPath: "*", query: "" };
  if (url.startsWith(":")) throw new BuiltinError("missing protocol scheme");
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? "";
  const [rest, query] = cut(url.slice(scheme === "" ? 0 : scheme.length + 1), "?");
  if (!rest.startsWith("/")) {
    // What follows a scheme and has no slash is opaque.
    if (scheme !== "") return { scheme, host: "", path: "", rawPath: "", query };
    if (cut(rest, "/")[0].includes(":")) throw new BuiltinError("first path segment in URL cannot contain colon");
  }
  const { authority, path } = splitAuthority(scheme, rest);
  const host = authority === undefined ? "" : parseAuthority(authority);
  const decoded = decodeEscapes(path);
  return { scheme, host, path: decoded, rawPath: path === escapePath(decoded) ? decoded : path, query };
}

function splitAuthority(scheme: string, rest: string): { authority: string | undefined; path: string } {
  if (!rest.startsWith("//") || (scheme === "" && rest.startsWith("///"))) return { authority: undefined, path: rest };
  const slash = rest.indexOf("/", 2);
  return slash < 0
    ? { authority: rest.slice(2), path: "" }
    : { authority: rest.slice(2, slash), path: rest.slice(slash) };
}

function parseAuthority(authority: string): string {
  const at = authority.lastIndexOf("@");
  const host = parseHost(authority.slice(at + 1));
  if (at >= 0) {
    const user = authority.slice(0, at);
    if (!userCharacters.test(user)) throw new BuiltinError("net/url: invalid userinfo");
    decodeEscapes(user);
  }
  return host;
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

function escapePath(path: string): string {
  return path.replace(/[\s\S]/g, (byte) =>
    pathCharacters.test(byte) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function bytesOf(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is asked for
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

function textOf(bytes: string): string {
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
