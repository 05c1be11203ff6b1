import { createHash } from "node:crypto";
import type { Encryption, ProviderCheck } from "./encryption.ts";
import type { EncryptionRules } from "./rules.ts";

/** How often the file is looked at; kube-apiserver's interval. */
const pollMs = 60_000;

export interface ReloadingOptions {
  /** The text as it is now. Rejects when it cannot be read. */
  readonly read: () => Promise<string>;
  /** Builds what a text says. Rejects for one that is refused. */
  readonly build: (text: string) => Promise<Encryption>;
  /** Told of a text that was refused, and of one that took over. */
  readonly onReload: (fault: Error | undefined) => void;
}

/** An encryption that is built anew when its text changes; one that is refused leaves the last good one in force. kube-apiserver's `DynamicEncryptionConfiguration`. */
export class ReloadingEncryption implements Encryption {
  readonly #options: ReloadingOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Those that requests may still use. */
  readonly #replaced = new Set<Encryption>();
  /** Of the text, which holds keys. */
  #hash: string;
  #current: Encryption;

  private constructor(options: ReloadingOptions, hash: string, current: Encryption) {
    this.#options = options;
    this.#hash = hash;
    this.#current = current;
    this.#timers.add(setInterval(() => void this.look(), pollMs).unref());
  }

  /** Rejects when the first text is refused. */
  static async over(options: ReloadingOptions): Promise<ReloadingEncryption> {
    const text = await options.read();
    return new ReloadingEncryption(options, hashOf(text), await options.build(text));
  }

  get rules(): EncryptionRules {
    return this.#current.rules;
  }

  get checks(): readonly ProviderCheck[] {
    return [{ name: "kms-providers", check: async () => this.#current.checks[0]?.check() }];
  }

  get graceMs(): number {
    return this.#current.graceMs;
  }

  /** Looks whether the text has changed, and takes it over when it is right. */
  async look(): Promise<void> {
    try {
      const text = await this.#options.read();
      if (hashOf(text) === this.#hash) return;
      const next = await this.#options.build(text);
      await Promise.all(next.checks.map(({ check }) => check()));
      this.#take(hashOf(text), next);
    } catch (error) {
      this.#options.onReload(error as Error);
      return;
    }
    this.#options.onReload(undefined);
  }

  #take(hash: string, next: Encryption): void {
    const old = this.#current;
    this.#replaced.add(old);
    this.#hash = hash;
    this.#current = next;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#replaced.delete(old);
      old.close();
    }, old.graceMs).unref();
    this.#timers.add(timer);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const old of this.#replaced) old.close();
    this.#current.close();
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
