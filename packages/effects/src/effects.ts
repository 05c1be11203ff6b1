import { randomBytes } from "node:crypto";
import type { Effects } from "@sallyport/rego";
import { nodeCrypto } from "./crypto.ts";

export interface EffectsOptions {
  /** What `opa.runtime().env` shows; nothing unless given, because an environment holds secrets. */
  readonly env?: { readonly [name: string]: string };
  /** Where `print` goes; nowhere unless given. */
  readonly print?: (message: string) => void;
  readonly note?: (message: string) => void;
}

/** The effects of one query: the clock stands still at the moment of the call. */
export function createEffects(options: EffectsOptions = {}): Effects {
  return {
    nowNs: BigInt(Date.now()) * 1_000_000n,
    randomBytes: (size) => randomBytes(size),
    env: options.env ?? {},
    crypto: nodeCrypto,
    ...(options.print === undefined ? {} : { print: options.print }),
    ...(options.note === undefined ? {} : { note: options.note }),
  };
}
