import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, type CryptoEffects, type QueryState } from "./builtin.ts";
import { stringAt } from "./operands.ts";

type Hash = Parameters<CryptoEffects["hash"]>[0];

const encoder = new TextEncoder();

/** The cryptography of the room that embeds the engine; an error where it gave none. */
export function cryptoOf({ effects }: QueryState): CryptoEffects {
  if (effects.crypto === undefined) throw new BuiltinError("cryptography is not available here");
  return effects.crypto;
}

/** In lower case. */
export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function hash(algorithm: Hash): Builtin {
  return {
    name: `crypto.${algorithm}`,
    call: (args, state) => hexText(cryptoOf(state).hash(algorithm, encoder.encode(stringAt(args, 1)))),
  };
}

function hmac(algorithm: Hash): Builtin {
  return {
    name: `crypto.hmac.${algorithm}`,
    call: (args, state) => {
      const [message, key] = [stringAt(args, 1), stringAt(args, 2)];
      return hexText(cryptoOf(state).hmac(algorithm, encoder.encode(key), encoder.encode(message)));
    },
  };
}

/** Looks at every byte whatever differs, so that the time it takes tells nothing of where two codes part. */
function equalCodes(args: readonly Value[]): boolean {
  const [a, b] = [encoder.encode(stringAt(args, 1)), encoder.encode(stringAt(args, 2))];
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [i, byte] of a.entries()) difference |= byte ^ (b[i] as number);
  return difference === 0;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/crypto */
export const crypto: readonly Builtin[] = [
  hash("md5"),
  hash("sha1"),
  hash("sha256"),
  hmac("md5"),
  hmac("sha1"),
  hmac("sha256"),
  hmac("sha512"),
  { name: "crypto.hmac.equal", call: equalCodes },
];
