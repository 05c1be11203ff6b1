import type { EtcdClient } from "./client.ts";

/** kube-apiserver's key and interval: servers of both kinds at one etcd take turns by it. */
const compactKey = "compact_rev_key";
export const compactMs = 5 * 60_000;

/** Drops history that is older than one interval. Whoever is first to raise the key's version compacts, for all servers. */
export class EtcdCompactor {
  readonly #client: EtcdClient;
  readonly #timer: NodeJS.Timeout;
  #version = 0;
  #revision = 0;

  constructor(client: EtcdClient, intervalMs: number = compactMs) {
    this.#client = client;
    // A round that fails is one that comes later.
    this.#timer = setInterval(() => void this.round().catch(() => undefined), intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Notes the newest revision; compacts up to the one that was noted a round ago, unless another server did. */
  async round(): Promise<void> {
    const compare = { key: compactKey, target: "version", is: this.#version } as const;
    const value = Buffer.from(String(this.#revision));
    const { succeeded, revision, current } = await this.#client.txn({ compare, put: { value, lease: 0n } });
    const before = this.#revision;
    this.#revision = revision;
    if (!succeeded) {
      this.#version = current?.version ?? 0;
      return;
    }
    this.#version++;
    if (before > 0) await this.#client.compact(before);
  }
}
