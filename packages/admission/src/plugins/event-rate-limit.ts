import { StatusError } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { aggregate, denyWith, pass, skip } from "../refusals.ts";
import type { Request } from "../request.ts";

/** eventratelimit.admission.k8s.io/v1alpha1 Limit. */
export interface EventLimit {
  readonly type: "Server" | "Namespace" | "User" | "SourceAndObject";
  /** Events a second, in the long run. */
  readonly qps: number;
  /** Events at once. */
  readonly burst: number;
  /** Buckets that are kept, the last used ones; 4096 when absent or 0. */
  readonly cacheSize?: number;
}

/** As upstream: buckets of a limit that are not used for long are forgotten. */
const defaultCacheSize = 4096;

/**
 * EventRateLimit: events beyond a limit of the server, a namespace, a user, or a source and object are answered 429, so that a noisy
 * component does not fill the store. Dry runs cost nothing.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#eventratelimit
 */
export function createEventRateLimit(limits: readonly EventLimit[] = []): Plugin {
  const enforcers = limits.map((limit) => ({ limit, buckets: new Buckets(limit) }));
  return {
    name: "EventRateLimit",
    operations: ["CREATE", "UPDATE"],
    validate: ({ request, effects }) => {
      if (request.kind.group !== "" || request.kind.kind !== "Event") return skip("not an event");
      if (request.dryRun) return pass("a dry run writes nothing");
      const now = effects.now();
      // Every limit takes its token, also behind one that refuses.
      const faults = enforcers.flatMap(({ limit: { type }, buckets }) => {
        const key = keys[type](request);
        return buckets.take(key, now) ? [] : [`limit reached on type ${type} for key ${key}`];
      });
      if (faults.length === 0) return pass();
      const text = aggregate(faults);
      return denyWith(new StatusError("TooManyRequests", `Too many requests: ${text}`), [
        { code: "event-rate-limit", message: text, fieldPath: "" },
      ]);
    },
  };
}

const keys: { readonly [type in EventLimit["type"]]: (request: Request) => string } = {
  Server: () => "",
  Namespace: ({ namespace }) => namespace,
  User: ({ userInfo }) => userInfo.username,
  SourceAndObject: ({ object }) => {
    const { source = {}, involvedObject: of = {} } = (object ?? {}) as {
      readonly source?: { readonly [field: string]: string };
      readonly involvedObject?: { readonly [field: string]: string };
    };
    const parts = [source["component"], source["host"], of["kind"], of["namespace"], of["name"], of["uid"]];
    return [...parts, of["apiVersion"]].map((part) => part ?? "").join("");
  },
};

/** A token bucket per key; the least recently used ones go when there are too many. */
class Buckets {
  readonly #limit: EventLimit;
  readonly #size: number;
  readonly #buckets = new Map<string, { readonly tokens: number; readonly at: number }>();

  constructor(limit: EventLimit) {
    this.#limit = limit;
    this.#size = limit.cacheSize || defaultCacheSize;
  }

  take(key: string, now: number): boolean {
    const { qps, burst } = this.#limit;
    const last = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, last.tokens + (Math.max(0, now - last.at) * qps) / 1000);
    const isTaken = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isTaken ? tokens - 1 : tokens, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#size && oldest !== undefined) this.#buckets.delete(oldest);
    return isTaken;
  }
}
