import type { EtcdClient } from "./client.ts";

/** One lease serves all keys that are written within a while, as kube-apiserver does it: etcd bears many keys better than many leases. */
const maxKeys = 1000;
const maxReuseMs = 60_000;

interface Lease {
  readonly id: Promise<bigint>;
  readonly reuseUntil: number;
  keys: number;
}

/** Leases by their time to live. A key lives at least as long as it was asked to, and at most a twentieth longer. */
export class EtcdLeases {
  readonly #client: EtcdClient;
  readonly #bySeconds = new Map<number, Lease>();

  constructor(client: EtcdClient) {
    this.#client = client;
  }

  async of(seconds: number): Promise<bigint> {
    const known = this.#bySeconds.get(seconds);
    if (known !== undefined && performance.now() < known.reuseUntil && known.keys < maxKeys) {
      known.keys++;
      return known.id;
    }
    const reuseMs = Math.min(maxReuseMs, seconds * 50);
    const id = this.#client.grantLease(seconds + Math.ceil(reuseMs / 1000));
    this.#bySeconds.set(seconds, { id, reuseUntil: performance.now() + reuseMs, keys: 1 });
    try {
      return await id;
    } catch (error) {
      this.#bySeconds.delete(seconds);
      throw error;
    }
  }
}
