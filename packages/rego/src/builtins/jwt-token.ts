import { isObject, lookup } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { decodeBase64Url } from "./encoding.ts";
import { parseGoJson } from "./go-json.ts";
import { stringAt } from "./operands.ts";

/** The three parts of a signed token (RFC 7515 section 7.1), still encoded. */
export interface Token {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

export function splitToken(value: Value): Token {
  const text = stringAt([value], 1);
  if (!text.includes(".")) throw new BuiltinError("encoded JWT had no period separators");
  const parts = text.split(".");
  if (parts.length !== 3) throw new BuiltinError(`encoded JWT must have 3 sections, found ${parts.length}`);
  const [header, payload, signature] = parts as [string, string, string];
  return { header, payload, signature };
}

/** What was signed. */
export function signedBytes({ header, payload }: Token): Uint8Array {
  return new TextEncoder().encode(`${header}.${payload}`);
}

export function decodeHeader({ header }: Token): Value {
  const text = decodePart("header", header);
  const object = within("bad JWT header", () => parseObject(text));
  if (lookup(object, "enc") !== undefined) throw new BuiltinError("JWT is a JWE object, which is not supported");
  return object;
}

export function decodePayload({ payload }: Token): string {
  return decodePart("payload", payload);
}

export function decodeSignature({ signature }: Token): Uint8Array {
  return within("JWT signature had invalid encoding", () => decodeBase64Url(signature));
}

function decodePart(name: string, part: string): string {
  return new TextDecoder().decode(within(`JWT ${name} had invalid encoding`, () => decodeBase64Url(part)));
}

export function parseObject(text: string): Value {
  const value = within("invalid JSON", () => parseGoJson(text));
  if (!isObject(value)) throw new BuiltinError("decoded JSON type was not an Object");
  return value;
}

function within<Result>(prefix: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    throw new BuiltinError(`${prefix}: ${error.message}`);
  }
}

/** What of a header a verifier must know. */
export interface TokenHeader {
  readonly alg: string;
  readonly kid: string;
  readonly cty: string;
  /** False where `alg` is missing, or `crit` names what we do not know (RFC 7515 section 4.1.11). */
  readonly isValid: boolean;
}

const texts = ["alg", "kid", "typ", "cty"];

/** Throws `BuiltinError` for members of wrong types. */
export function readHeader(header: Value): TokenHeader {
  const critical = new Set<Value>();
  for (const [name, value] of sortedEntries(header)) {
    if (texts.includes(name as string) && typeof value !== "string")
      throw new BuiltinError(`${name as string}: must be a string`);
    if (name === "crit") for (const each of criticalNames(value)) critical.add(each);
  }
  const text = (name: string): string => (lookup(header, name) ?? "") as string;
  const isUnknown = (name: Value): boolean => name !== "crit" && !texts.includes(name as string) && critical.has(name);
  const isValid = text("alg") !== "" && !sortedEntries(header).some(([name]) => isUnknown(name));
  return { alg: text("alg"), kid: text("kid"), cty: text("cty"), isValid };
}

/** Up to the first that is no text; the rest is not looked at, as in OPA. */
function criticalNames(value: Value): readonly Value[] {
  if (!Array.isArray(value)) throw new BuiltinError("crit: must be a list");
  const items = value as readonly Value[];
  const other = items.findIndex((each) => typeof each !== "string");
  const names = other < 0 ? items : items.slice(0, other);
  if (names.length === 0) throw new BuiltinError("crit: must be a nonempty list");
  return names;
}
