import { dirname, resolve } from "node:path";
import type { ImagePolicyOptions } from "@sallyport/admission";
import { webhookClient } from "@sallyport/apiserver";
import type { Configuration } from "./admission-configuration.ts";
import { InputError } from "./manifests.ts";
import { webhookTarget } from "./webhook-kubeconfig.ts";

interface Bounds {
  readonly name: string;
  /** Milliseconds of one unit in the file. */
  readonly unitMs: number;
  readonly standardMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

const ttl = { unitMs: 1000, minMs: 1000, maxMs: 30 * 60 * 1000 };
const bounds: { readonly [field: string]: Bounds } = {
  allowTTL: { ...ttl, name: "allow cache", standardMs: 5 * 60 * 1000 },
  denyTTL: { ...ttl, name: "deny cache", standardMs: 30 * 1000 },
  retryBackoff: { name: "backoff", unitMs: 1, standardMs: 500, minMs: 0.000_001, maxMs: 5 * 60 * 1000 },
};

/** Upstream's backoff of webhooks: so many tries, each wait longer by this factor and up to this share of chance. */
const [steps, factor, jitter] = [5, 1.5, 0.2];

/** ImagePolicyWebhook's part of an AdmissionConfiguration. Throws `InputError` and `UsageError`. */
export function imagePolicyOptions(file: string, configuration: Configuration): ImagePolicyOptions {
  const given = configuration["imagePolicy"] as Configuration | undefined;
  const kubeconfig = given?.["kubeConfigFile"];
  if (given === undefined || typeof kubeconfig !== "string")
    throw new InputError(`${file}: expected imagePolicy with a kubeConfigFile`);
  const ms = (field: string) => durationOf(file, field, Number(given[field] ?? 0));
  const ask = webhookClient(webhookTarget("imagePolicy.kubeConfigFile", resolve(dirname(file), kubeconfig)));
  return {
    ask: retrying(ask, ms("retryBackoff")),
    allowTtlMs: ms("allowTTL"),
    denyTtlMs: ms("denyTTL"),
    defaultAllow: given["defaultAllow"] === true,
  };
}

/** -1 turns it off, 0 takes the standard. */
function durationOf(file: string, field: string, value: number): number {
  const { name, unitMs, standardMs, minMs, maxMs } = bounds[field] as Bounds;
  if (value === -1) return 0;
  if (value === 0) return standardMs;
  const ms = value * unitMs;
  if (ms >= minMs && ms <= maxMs) return ms;
  throw new InputError(`${file}: imagePolicy.${field}: ${name} is ${ms} ms; expected ${minMs} to ${maxMs} ms`);
}

function retrying(ask: ImagePolicyOptions["ask"], firstMs: number): ImagePolicyOptions["ask"] {
  return async (review) => {
    let delay = firstMs;
    for (let step = 1; ; step++) {
      try {
        return await ask(review);
      } catch (error) {
        if (step >= steps) throw error;
        await new Promise((done) => setTimeout(done, delay * (1 + Math.random() * jitter)));
        delay *= factor;
      }
    }
  };
}
