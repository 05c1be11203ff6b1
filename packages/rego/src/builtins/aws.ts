import { isObject, lookup, typeName } from "../value/access.ts";
import { RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import { bigintOf, isWrittenInteger } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, type CryptoEffects, operandTypeError, type QueryState } from "./builtin.ts";
import { cryptoOf, hexText } from "./crypto.ts";
import { regoText } from "./go-format.ts";
import { civilFrom, formatTime } from "./go-time.ts";
import { checkFields } from "./http-request.ts";
import { marshal } from "./json.ts";
import { numberAt } from "./operands.ts";
import { escapedPathOf, parseUri, textOf } from "./uri.ts";

/** How requests to AWS are signed: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
interface Signing {
  readonly service: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string;
  readonly disablePayloadSigning: boolean;
}

/** Headers that proxies may change. */
const unsignedHeaders = ["authorization", "user-agent", "x-amzn-trace-id"];

const requiredConfig = ["aws_access_key", "aws_region", "aws_secret_access_key", "aws_service"];

const encoder = new TextEncoder();

function fault(position: number, message: string): BuiltinError {
  return new BuiltinError(`operand ${position} ${message}`, "eval_type_error");
}

function textOrEmpty(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

function readSigning(config: Value): Omit<Signing, "disablePayloadSigning"> {
  const missing = requiredConfig.filter((key) => lookup(config, key) === undefined);
  if (missing.length > 0) throw fault(2, `missing required AWS config parameters(s): ${regoText(RegoSet.of(missing))}`);
  const invalid = requiredConfig.filter((key) => typeof lookup(config, key) !== "string");
  if (invalid.length > 0)
    throw fault(2, `invalid values for required AWS config parameters(s): ${regoText(RegoSet.of(invalid))}`);
  const text = (key: string): string => textOrEmpty(lookup(config, key));
  return {
    service: text("aws_service"),
    region: text("aws_region"),
    accessKey: text("aws_access_key"),
    secretKey: text("aws_secret_access_key"),
    sessionToken: text("aws_session_token"),
  };
}

function signRequest(args: readonly Value[], state: QueryState): Value {
  const [request, config] = [args[0] as Value, args[1] as Value];
  for (const operand of [request, config])
    if (!isObject(operand)) throw operandTypeError(1, "object", typeName(operand));
  const signing = readSigning(config);
  const date = dateFrom(args);
  checkFields(request);
  const headers = readHeaders(request);
  const invalid = ["method", "url"].filter((key) => typeof lookup(request, key) !== "string");
  if (invalid.length > 0)
    throw fault(1, `invalid values for required request parameters(s): ${regoText(RegoSet.of(invalid))}`);
  const uri = parseUri(lookup(request, "url") as string);
  const target: Target = {
    method: lookup(request, "method") as string,
    host: textOf(uri.host),
    path: textOf(escapedPathOf(uri)),
    query: textOf(uri.query),
    body: bodyOf(request),
    headers,
    date,
  };
  const disable = lookup(config, "disable_payload_signing") ?? false;
  if (typeof disable !== "boolean") throw fault(2, "invalid value for 'disable_payload_signing' in AWS config");
  const signed = signedHeaders(target, { ...signing, disablePayloadSigning: disable }, cryptoOf(state));
  return RegoObject.of(new Map([...sortedEntries(request), ["headers", RegoObject.of(signed)]]));
}

/** `20060102T150405Z` */
function dateFrom(args: readonly Value[]): string {
  const timestamp = numberAt([args[2] as Value], 1);
  const ns = isWrittenInteger(timestamp) ? bigintOf(timestamp) : undefined;
  if (ns === undefined || BigInt.asIntN(64, ns) !== ns)
    throw fault(3, "could not convert time_ns value into a unix timestamp");
  const seconds = (ns - (((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)) / 1_000_000_000n;
  return formatTime(civilFrom(Number(seconds), 0, { seconds: 0, name: "UTC" }), "20060102T150405Z");
}

function readHeaders(request: Value): ReadonlyMap<string, string> {
  const headers = lookup(request, "headers") ?? {};
  if (!isObject(headers)) throw operandTypeError(0, "object", typeName(headers));
  return new Map(sortedEntries(headers).map(([name, value]) => [textOrEmpty(name), textOrEmpty(value)]));
}

function bodyOf(request: Value): string {
  const [raw, body] = [lookup(request, "raw_body"), lookup(request, "body")];
  if (raw !== undefined) return textOrEmpty(raw);
  return body === undefined ? "" : marshal(body);
}

interface Target {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly date: string;
}

function signedHeaders(target: Target, signing: Signing, crypto: CryptoEffects): Map<string, string> {
  const { service, sessionToken, disablePayloadSigning } = signing;
  const sha256 = (text: string): string => hexText(crypto.hash("sha256", encoder.encode(text)));
  const contentHash = disablePayloadSigning ? "UNSIGNED-PAYLOAD" : sha256(target.body);
  const own = new Map([
    ["host", target.host],
    ["x-amz-date", target.date],
  ]);
  if (service === "s3" || service === "glacier") own.set("x-amz-content-sha256", contentHash);
  if (sessionToken !== "") own.set("x-amz-security-token", sessionToken);
  const toSign = new Map(own);
  for (const [name, value] of target.headers)
    if (!unsignedHeaders.includes(name.toLowerCase())) toSign.set(name.toLowerCase(), value);
  const names = [...toSign.keys()].sort();
  const lines = names.map((name) => `${name}:${toSign.get(name) ?? ""}\n`);
  const canonical = [target.method, target.path, target.query, lines.join(""), names.join(";"), contentHash].join("\n");
  const authorization = authorizationText(target.date, signing, names.join(";"), sha256(canonical), crypto);
  return new Map([...target.headers, ["Authorization", authorization], ...own]);
}

function authorizationText(
  date: string,
  { accessKey, secretKey, region, service }: Signing,
  names: string,
  requestHash: string,
  crypto: CryptoEffects,
): string {
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const mac = (key: Uint8Array, text: string): Uint8Array => crypto.hmac("sha256", key, encoder.encode(text));
  const key = [day, region, service, "aws4_request"].reduce(mac, encoder.encode(`AWS4${secretKey}`));
  const signature = hexText(mac(key, ["AWS4-HMAC-SHA256", date, scope, requestHash].join("\n")));
  return `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope},SignedHeaders=${names},Signature=${signature}`;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/providers.aws */
export const aws: readonly Builtin[] = [{ name: "providers.aws.sign_req", call: signRequest }];
