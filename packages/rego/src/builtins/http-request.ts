import { isObject, lookup, typeName } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError, type Effects, type QueryState } from "./builtin.ts";
import { cryptoOf } from "./crypto.ts";
import { parseDuration } from "./go-duration.ts";
import { regoText } from "./go-format.ts";
import { goQuote } from "./go-quote.ts";
import { marshal } from "./json.ts";
import { checkHost } from "./net-lookup.ts";
import type { HttpRequest, TlsOptions } from "./network.ts";
import { isNumber } from "./operands.ts";
import { pemBlocks } from "./pem.ts";
import { trimEnd } from "./trim-end.ts";
import { parseUri, textOf, uriText } from "./uri.ts";
import { parseCertificate } from "./x509-certificate.ts";
import { checkKeyPair } from "./x509-key-pair.ts";

const required = ["method", "url"];

const texts = [
  "method",
  "raw_body",
  "tls_ca_cert",
  "tls_ca_cert_env_variable",
  "tls_ca_cert_file",
  "tls_client_cert",
  "tls_client_cert_env_variable",
  "tls_client_cert_file",
  "tls_client_key",
  "tls_client_key_env_variable",
  "tls_client_key_file",
  "tls_server_name",
  "url",
] as const;

/** A fault that OPA tells without the builtin's name where errors are values. */
export class BareFault extends BuiltinError {}

const switches = ["enable_redirect", "tls_insecure_skip_verify", "tls_use_system_certs"] as const;

const allowed: readonly string[] = [
  ...texts,
  ...switches,
  "body",
  "cache",
  "cache_ignored_headers",
  "caching_mode",
  "force_cache",
  "force_cache_duration_seconds",
  "force_json_decode",
  "force_yaml_decode",
  "headers",
  "max_retry_attempts",
  "raise_error",
  "timeout",
];

/** Refuses unknown fields, and requests without a method or URL. */
export function checkFields(operand: Value): void {
  const keys = sortedEntries(operand).map(([key]) => key);
  const unknown = keys.filter((key) => !allowed.includes(key as string));
  if (unknown.length > 0) throw fieldsFault("invalid request parameters(s)", unknown);
  const missing = required.filter((key) => !keys.includes(key));
  if (missing.length > 0) throw fieldsFault("missing required request parameters(s)", missing);
}

function fieldsFault(what: string, fields: readonly Value[]): BuiltinError {
  return new BuiltinError(`operand 1 ${what}: ${regoText(RegoSet.of(fields))}`, "eval_type_error");
}

/** A field that is true or false; false unless given. */
export function flagOf(operand: Value, name: string): boolean {
  const value = lookup(operand, name) ?? false;
  if (typeof value !== "boolean") throw new BuiltinError(`invalid value for "${name}" field`);
  return value;
}

/** As `flagOf`, where Go's strconv.ParseBool reads the text of the value. */
function switchOf(operand: Value, name: (typeof switches)[number]): boolean | undefined {
  const value = lookup(operand, name);
  if (value === undefined) return undefined;
  const text = regoText(value);
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new BuiltinError(`strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`);
}

/** OPA's default. */
const defaultTimeoutNs = 5_000_000_000n;

/** The request that an operand describes. Throws `BuiltinError` in OPA's words, the first fault as OPA meets it. */
export function httpRequestFrom(operand: Value, state: QueryState): HttpRequest {
  const { effects } = state;
  const fields = checkedFields(operand, effects);
  const tls = tlsOf(operand, fields, state);
  const method = methodOf(fields.method ?? "");
  const { url, socketPath } = targetOf(fields.url ?? "");
  const target = parseUri(url);
  const { host, headers } = headersOf(operand);
  const serverName = fields.tls_server_name || host;
  return {
    method,
    url: textOf(uriText(target)),
    ...(socketPath === undefined ? {} : { socketPath }),
    headers,
    ...(host === undefined ? {} : { host }),
    body: bodyOf(operand, fields),
    timeoutMs: Number(timeoutOf(operand)) / 1e6,
    followRedirects: switchOf(operand, "enable_redirect") ?? false,
    ...(effects.allowNet === undefined ? {} : { allowedHosts: effects.allowNet }),
    retries: retriesOf(operand),
    tls: serverName === undefined ? tls : { ...tls, serverName },
  };
}

type Fields = { readonly [name in (typeof texts)[number]]?: string };

/** The fields that are texts, once those of all kinds are what they must be, in the order of their names. OPA takes quotes off both ends. */
function checkedFields(operand: Value, effects: Effects): Fields {
  const fields: { [name: string]: string } = {};
  for (const [name, value] of sortedEntries(operand)) {
    if (isOneOf(switches, name)) switchOf(operand, name);
    else if (name === "timeout") timeoutOf(operand);
    else if (name === "headers" && !isObject(value)) throw new BuiltinError("invalid type for headers key");
    if (!isOneOf(texts, name)) continue;
    if (typeof value !== "string") throw new BuiltinError(`"${name}" must be a string`);
    const text = trimEnd(value.replace(/^"+/, ""), /"/);
    fields[name] = text;
    if (name === "url" && effects.allowNet !== undefined)
      checkHost(textOf(parseUri(targetOf(text).url).host).split(":")[0] as string, effects);
  }
  return fields;
}

function isOneOf<Name extends string>(names: readonly Name[], name: Value): name is Name {
  return names.includes(name as Name);
}

function methodOf(text: string): string {
  const method = text.toUpperCase();
  if (method === "") return "GET";
  if (/^[\w!#$%&'*+\-.^`|~]+$/.test(method)) return method;
  throw new BuiltinError(`net/http: invalid method ${goQuote(method)}`);
}

/** `unix://localhost/end/point?socket=%2Ftmp%2Fhttp.sock` is a request over a socket. */
function targetOf(url: string): { readonly url: string; readonly socketPath?: string } {
  const { scheme, query } = parseUri(url);
  if (scheme !== "unix" || query === "") return { url };
  const parameters = new URLSearchParams(query);
  const socketPath = parameters.get("socket") ?? "";
  parameters.delete("socket");
  parameters.sort();
  const rest = parameters.toString();
  const base = url.replace(/^unix:/i, "http:").replace(/\?[^#]*/, rest === "" ? "" : `?${rest}`);
  return { url: base, socketPath };
}

function timeoutOf(operand: Value): bigint {
  const value = lookup(operand, "timeout");
  if (value === undefined) return defaultTimeoutNs;
  if (typeof value === "string") {
    if (/^[+-]?\d+$/.test(value)) return BigInt(value);
    return durationOf(value);
  }
  if (!isNumber(value))
    throw new BuiltinError(
      `operand 1 'timeout' must be one of {string, number} but got ${typeName(value)}`,
      "eval_type_error",
    );
  if (typeof value === "bigint" || Number.isInteger(value)) return BigInt(value as number);
  throw new BuiltinError(`invalid timeout number value ${regoText(value)}, must be int64`);
}

function durationOf(text: string): bigint {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new BuiltinError(`invalid timeout value ${regoText(text)}: ${(error as Error).message}`);
  }
}

function bodyOf(operand: Value, { raw_body: rawBody }: Fields): string {
  const body = lookup(operand, "body");
  return rawBody ?? (body === undefined ? "" : marshal(body));
}

function headersOf(operand: Value): {
  readonly headers: { readonly [name: string]: string };
  readonly host: string | undefined;
} {
  const headers: { [name: string]: string } = {};
  for (const [name, text] of sortedEntries(lookup(operand, "headers") ?? {})) {
    if (typeof text !== "string")
      throw new BuiltinError(`invalid type for headers value ${text === null ? "%!q(<nil>)" : quoted(text)}`);
    headers[canonicalName(String(name))] = text;
  }
  const { Host: host, ...others } = headers;
  return { headers: others, host };
}

/** As Go's `%q` of a value of JSON inside another. */
function quoted(value: Value): string {
  if (value === null) return "<nil>";
  if (typeof value === "boolean") return `%!q(bool=${value})`;
  if (typeof value === "string" || isNumber(value)) return goQuote(typeof value === "string" ? value : regoText(value));
  if (!isObject(value))
    return `[${(value instanceof RegoSet ? value.sorted() : (value as readonly Value[])).map(quoted).join(" ")}]`;
  return `map[${sortedEntries(value)
    .map(([key, each]) => `${goQuote(String(key))}:${quoted(each)}`)
    .join(" ")}]`;
}

/** `content-type` is `Content-Type`. */
function canonicalName(name: string): string {
  if (!/^[\w!#$%&'*+\-.^`|~]+$/.test(name)) return name;
  return name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

function retriesOf(operand: Value): number {
  const value = lookup(operand, "max_retry_attempts");
  if (value === undefined) return 0;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new BareFault(`invalid value ${regoText(value)} for field "max_retry_attempts"`);
}

function tlsOf(operand: Value, fields: Fields, state: QueryState): TlsOptions {
  const clients = clientsOf(fields, state);
  return {
    insecureSkipVerify: switchOf(operand, "tls_insecure_skip_verify") ?? false,
    useSystemCerts: switchOf(operand, "tls_use_system_certs") ?? false,
    clients,
    authorities: authoritiesOf(fields, state.effects),
  };
}

function fileText(path: string, { readFile }: Effects): string {
  if (readFile === undefined) throw new BuiltinError(`open ${path}: files cannot be read here`);
  return readFile(path);
}

const notAppended = "could not append certificates";

function authoritiesOf(fields: Fields, effects: Effects): readonly string[] {
  const authorities: string[] = [];
  const add = (text: string, fault: string): void => {
    if (!hasCertificate(text)) throw new BuiltinError(fault);
    authorities.push(text);
  };
  const { tls_ca_cert: given, tls_ca_cert_file: file, tls_ca_cert_env_variable: variable } = fields;
  if (given) add(given.replaceAll("\\n", "\n"), notAppended);
  if (file) add(fileText(file, effects), `could not append CA certificates from ${goQuote(file)}`);
  if (variable)
    add(effects.env[variable] ?? "", `could not add CA certificates from envvar ${goQuote(variable)}: ${notAppended}`);
  return authorities;
}

function hasCertificate(pem: string): boolean {
  return pemBlocks(pem).some(({ type, bytes }) => {
    try {
      return type === "CERTIFICATE" && parseCertificate(bytes).raw.length > 0;
    } catch {
      return false;
    }
  });
}

interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Only who has a certificate needs cryptography. */
function clientsOf(fields: Fields, state: QueryState): readonly KeyPair[] {
  const { effects } = state;
  const clients: KeyPair[] = [];
  const { tls_client_cert: certificate, tls_client_key: key } = fields;
  if (certificate && key) clients.push(checkedPair({ certificate, key }, state));
  const { tls_client_cert_file: certificateFile, tls_client_key_file: keyFile } = fields;
  if (certificateFile && keyFile) {
    const pair = { certificate: fileText(certificateFile, effects), key: fileText(keyFile, effects) };
    clients.push(checkedPair(pair, state));
  }
  const { tls_client_cert_env_variable: certificateName, tls_client_key_env_variable: keyName } = fields;
  if (certificateName && keyName) clients.push(pairFromEnv(certificateName, keyName, state));
  return clients;
}

function checkedPair(pair: KeyPair, state: QueryState): KeyPair {
  checkKeyPair(pair.certificate, pair.key, cryptoOf(state));
  return pair;
}

function pairFromEnv(certificateName: string, keyName: string, state: QueryState): KeyPair {
  const { env } = state.effects;
  try {
    return checkedPair({ certificate: env[certificateName] ?? "", key: env[keyName] ?? "" }, state);
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    const names = `${goQuote(certificateName)}, ${goQuote(keyName)}`;
    throw new BuiltinError(`cannot extract public/private key pair from envvars ${names}: ${error.message}`);
  }
}

/** The request as the caches know it: without the headers that it says make no difference. */
export function cacheKey(operand: Value): string {
  const ignored = lookup(operand, "cache_ignored_headers");
  const entries = sortedEntries(operand).filter(([key]) => key !== "cache_ignored_headers");
  const headers = lookup(operand, "headers");
  if (ignored === undefined || headers === undefined) return textKey(entries);
  if (ignored !== null && !Array.isArray(ignored)) throw unmarshalFault(ignored, "[]string");
  const names: readonly Value[] = ignored ?? [];
  const other = names.find((name) => typeof name !== "string");
  if (other !== undefined) throw unmarshalFault(other, "string");
  if (headers === null) return textKey(entries);
  if (!isObject(headers)) throw unmarshalFault(headers, "map[string]interface {}");
  const kept = sortedEntries(headers).filter(([name]) => !names.includes(name));
  return textKey(entries.map(([key, value]) => [key, key === "headers" ? textKey(kept) : value] as const));
}

/** In the words of Go's encoding/json. */
function unmarshalFault(value: Value, type: string): BareFault {
  const name = typeof value === "boolean" ? "bool" : typeName(value);
  return new BareFault(`json: cannot unmarshal ${name} into Go value of type ${type}`);
}

function textKey(entries: readonly (readonly [Value, Value])[]): string {
  return entries.map(([key, value]) => `${regoText(key)}:${regoText(value)}`).join();
}
