import type { Effects } from "./builtin.ts";

/**
 * What every JavaScript platform has, browsers too: a clock and random bytes. There is no environment, network or cryptography: builtins
 * that need them fail and say so. For one query, whose time stands still.
 */
export function createWebEffects(): Effects {
  let now: bigint | undefined;
  return {
    get nowNs() {
      now ??= BigInt(Date.now()) * 1_000_000n;
      return now;
    },
    randomBytes,
    env: {},
  };
}

/** Of one call of the platform's generator. */
const maxBytes = 65_536;

function randomBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += maxBytes) crypto.getRandomValues(bytes.subarray(at, at + maxBytes));
  return bytes;
}
