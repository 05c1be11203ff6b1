import { maxListed, type SecretStore } from "./secret-store.ts";

/** What a store is asked at most: services count calls, and take a program that asks without end for an attack. */
export const storeRate = { callsPerSecond: 50, burst: 100 };

export interface RateOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The same store, whose calls wait for their turn. */
export function rateLimited(store: SecretStore, { now, sleep }: RateOptions): SecretStore {
  const { callsPerSecond, burst } = storeRate;
  const eachMs = 1000 / callsPerSecond;
  /** When the call after the last one may begin, had there been no burst. */
  let nextAt = Number.NEGATIVE_INFINITY;
  const turn = async () => {
    const at = now();
    nextAt = Math.max(nextAt, at - burst * eachMs) + eachMs;
    if (nextAt > at) await sleep(nextAt - at);
  };
  return {
    read: async (key, version) => {
      await turn();
      return store.read(key, version);
    },
    list: async (path) => {
      await turn();
      return store.list(path);
    },
    close: () => store.close(),
  };
}

/** The same store, that is asked once for each secret: for one look at it. */
export function rememberingStore(store: SecretStore): SecretStore {
  const known = new Map<string, ReturnType<SecretStore["read"]>>();
  return {
    read: (key, version) => {
      const place = JSON.stringify([key, version]);
      const found = known.get(place);
      if (found !== undefined) return found;
      const asked = store.read(key, version);
      if (known.size < maxListed) known.set(place, asked);
      return asked;
    },
    list: (path) => store.list(path),
    close: () => store.close(),
  };
}
