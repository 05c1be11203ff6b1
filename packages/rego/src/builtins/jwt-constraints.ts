import { sortedEntries } from "../value/collection.ts";
import { doubleOf } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError, type CryptoEffects } from "./builtin.ts";
import { type VerificationKey, verificationKeys } from "./jwt-keys.ts";
import { isNumber } from "./operands.ts";

/** What a token must satisfy; an empty text asks for nothing. */
export interface Constraints {
  readonly keys: readonly VerificationKey[];
  readonly alg: string;
  readonly iss: string;
  readonly aud: string;
  /** Nanoseconds. */
  readonly time: number;
}

/** Throws `BuiltinError` for what OPA refuses. */
export function readConstraints(value: Value, nowNs: bigint, crypto: CryptoEffects): Constraints {
  const texts = { secret: "", alg: "", iss: "", aud: "" };
  let certificates: readonly VerificationKey[] | undefined;
  let time: number | undefined;
  for (const [name, each] of sortedEntries(value)) {
    if (name === "cert") certificates = certificateKeys(each, crypto);
    else if (name === "time") time = timeFrom(each);
    else if (name === "secret" || name === "alg" || name === "iss" || name === "aud")
      texts[name] = textFrom(name, each);
    else throw new BuiltinError(`unknown token validation constraint: ${String(name)}`);
  }
  const { secret, ...rest } = texts;
  if (certificates !== undefined && secret !== "") throw new BuiltinError("duplicate key constraints");
  if (certificates === undefined && secret === "") throw new BuiltinError("no key constraint");
  return { ...rest, keys: certificates ?? [secretKey(secret)], time: time ?? Number(nowNs) };
}

function certificateKeys(value: Value, crypto: CryptoEffects): readonly VerificationKey[] {
  if (typeof value !== "string") throw new BuiltinError("cert constraint: must be a string");
  return verificationKeys(value, crypto);
}

function secretKey(secret: string): VerificationKey {
  const bytes = new TextEncoder().encode(secret);
  return { kind: "oct", isPrivate: false, alg: "", kid: "", secret: bytes, key: { jwk: {} } };
}

function textFrom(name: string, value: Value): string {
  if (typeof value !== "string") throw new BuiltinError(`${name} constraint: must be a string`);
  return value;
}

function timeFrom(value: Value): number {
  if (!isNumber(value)) throw new BuiltinError("token time constraint: must be a number");
  const time = doubleOf(value);
  if (!Number.isFinite(time)) throw new BuiltinError("token time constraint: unvalid float64");
  if (time < 0) throw new BuiltinError("token time constraint: must not be negative");
  return time;
}
