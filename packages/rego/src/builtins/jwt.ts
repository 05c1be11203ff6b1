import { lookup } from "../value/access.ts";
import { compareNumbers, type NumberValue, numberFromText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, type QueryState } from "./builtin.ts";
import { cryptoOf, hexText } from "./crypto.ts";
import { decodeBase64Url } from "./encoding.ts";
import { type Constraints, readConstraints } from "./jwt-constraints.ts";
import { equalBytes, hashOf, isVerifiedBy, type VerificationKey, verificationKeys } from "./jwt-keys.ts";
import { signToken, signTokenOfValues } from "./jwt-sign.ts";
import {
  decodeHeader,
  decodePayload,
  decodeSignature,
  parseObject,
  readHeader,
  signedBytes,
  splitToken,
  type Token,
  type TokenHeader,
} from "./jwt-token.ts";
import { isNumber, objectAt, stringAt } from "./operands.ts";

/** The content type of a token within a token (RFC 7519 section 5.2). */
const nested = "JWT";

function decode(value: Value): Value {
  const token = splitToken(value);
  const header = decodeHeader(token);
  const payload = decodePayload(token);
  // https://jwt.io quotes a token that is the payload of another.
  if (lookup(header, "cty") === nested) return decode(payload.replace(/^["']+|["']+$/g, ""));
  const object = parseObject(payload);
  return [header, object, hexText(decodeSignature(token))];
}

/** The keys that may have signed: the one that the header names, or all of its algorithm. */
function candidates(keys: readonly VerificationKey[], { kid, alg }: TokenHeader): readonly VerificationKey[] {
  const named = kid === "" ? undefined : keys.find((key) => key.kid === kid);
  return named === undefined ? keys.filter((key) => key.alg === "" || key.alg === alg) : [named];
}

function verify(algorithm: string): Builtin {
  return {
    name: `io.jwt.verify_${algorithm.toLowerCase()}`,
    call: (args, state) => {
      const crypto = cryptoOf(state);
      const token = splitToken(args[0] as Value);
      const keys = verificationKeys(stringAt(args, 2), crypto);
      const signature = decodeBase64Url(token.signature);
      const header = readHeader(decodeHeader(token));
      const data = signedBytes(token);
      // These take no private key, nor any algorithm but their own, whatever the header says.
      return candidates(keys, header).some(
        (key) => !key.isPrivate && isVerifiedBy(crypto, algorithm, key, data, signature),
      );
    },
  };
}

function verifySecret(algorithm: string): Builtin {
  return {
    name: `io.jwt.verify_${algorithm.toLowerCase()}`,
    call: (args, state) => {
      const [text, secret] = [stringAt(args, 1), stringAt(args, 2)];
      const token = splitToken(text);
      const code = cryptoOf(state).hmac(hashOf(algorithm), new TextEncoder().encode(secret), signedBytes(token));
      return equalBytes(decodeBase64Url(token.signature), code);
    },
  };
}

const unverified: Value = [false, {}, {}];

/** RFC 7519 section 7.2. Faults of form are errors; whatever else is wrong makes `[false, {}, {}]`. */
function decodeVerify(args: readonly Value[], state: QueryState): Value {
  const crypto = cryptoOf(state);
  const constraints = readConstraints(objectAt(args, 2), state.effects.nowNs, crypto);
  for (let value = args[0] as Value; ; ) {
    const token = splitToken(value);
    const decoded = decodeHeader(token);
    const header = readHeader(decoded);
    if (!header.isValid || (constraints.alg !== "" && constraints.alg !== header.alg)) return unverified;
    if (!isSigned(token, header, constraints, state)) return unverified;
    const payload = decodePayload(token);
    if (header.cty.toUpperCase() === nested) {
      value = payload;
      continue;
    }
    const claims = parseObject(payload);
    return meetsClaims(claims, constraints) ? [true, decoded, claims] : unverified;
  }
}

function isSigned(token: Token, header: TokenHeader, { keys }: Constraints, state: QueryState): boolean {
  const signature = decodeBase64Url(token.signature);
  const data = signedBytes(token);
  return candidates(keys, header).some((key) => isVerifiedBy(cryptoOf(state), header.alg, key, data, signature));
}

function meetsClaims(claims: Value, { iss, aud, time }: Constraints): boolean {
  if (iss !== "" && lookup(claims, "iss") !== iss) return false;
  const audience = lookup(claims, "aud");
  const isMeant = Array.isArray(audience) ? audience.includes(aud) : audience === aud;
  if (audience === undefined ? aud !== "" : !isMeant) return false;
  const seconds = numberFromText(String(time / 1e9)) ?? 0;
  const [exp, nbf] = [timeClaim(claims, "exp"), timeClaim(claims, "nbf")];
  if (exp !== undefined && compareNumbers(seconds, exp) >= 0) return false;
  return nbf === undefined || compareNumbers(seconds, nbf) >= 0;
}

function timeClaim(claims: Value, name: string): NumberValue | undefined {
  const value = lookup(claims, name);
  if (value !== undefined && !isNumber(value)) throw new BuiltinError(`${name} value must be a number`);
  return value;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/tokens */
export const jwt: readonly Builtin[] = [
  { name: "io.jwt.decode", call: ([token]) => decode(token as Value) },
  { name: "io.jwt.decode_verify", nondeterministic: true, call: decodeVerify },
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"].map(verify),
  ...["HS256", "HS384", "HS512"].map(verifySecret),
  {
    name: "io.jwt.encode_sign",
    nondeterministic: true,
    call: ([header, payload, key], state) =>
      signTokenOfValues(header as Value, payload as Value, key as Value, cryptoOf(state)),
  },
  {
    name: "io.jwt.encode_sign_raw",
    nondeterministic: true,
    call: (args, state) => {
      const key = stringAt(args, 3);
      return signToken(stringAt(args, 1), stringAt(args, 2), key, cryptoOf(state));
    },
  },
];
