import { randomBytes } from "node:crypto";
import type { Effects } from "@sallyport/rego";

/** Effects for outside suites: the real clock and randomness, no network. */
export const testEffects: Effects = {
  nowNs: BigInt(Date.now()) * 1_000_000n,
  randomBytes: (size) => randomBytes(size),
  env: {},
};
