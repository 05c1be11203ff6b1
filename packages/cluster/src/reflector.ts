import { type KubeObject, StatusError } from "@sallyport/kube";
import type { Client } from "./client.ts";

/** What changed; `object` is the last that was known of a deleted one. */
export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
}

export interface ReflectorOptions {
  readonly client: Client;
  /** `/api/v1/pods`: all namespaces, or one. */
  readonly path: string;
  readonly labelSelector?: string;
  /** `spec.nodeName=a`. */
  readonly fieldSelector?: string;
  /** Everything at once: what is not in it is gone. */
  readonly onReplace: (objects: readonly KubeObject[]) => void;
  readonly onChange: (change: Change) => void;
  /** Why a list or watch failed; it is tried again. */
  readonly onFault?: (error: Error) => void;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** client-go's: large enough for few round trips, small enough for the server's memory. */
const pageSize = "500";
/** A watch is asked to end between 5 and 10 minutes: load spreads over servers again. */
const minWatchSeconds = 300;
/** client-go's backoff of reflectors. */
const [firstDelayMs, maxDelayMs] = [800, 30_000];

/**
 * Keeps up with a resource as client-go's reflectors do: pages of a list, then a watch with bookmarks from there; after a 410 all anew;
 * after other faults where it was, with growing delays.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #stop = new AbortController();
  #version: string | undefined;
  #synced: () => void = () => {};
  /** Resolves when everything was listed once. */
  readonly synced: Promise<void>;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.synced = new Promise((resolve) => {
      this.#synced = resolve;
    });
  }

  /** Runs until it is stopped. */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    let delay = firstDelayMs;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list();
        await this.#watch(() => {
          delay = firstDelayMs;
        });
      } catch (error) {
        if (signal.aborted) return;
        if (isExpired(error)) this.#version = undefined;
        else this.#options.onFault?.(error as Error);
        await this.#options.sleep(delay * (1 + this.#options.random()), signal).catch(() => {});
        delay = Math.min(delay * 2, maxDelayMs);
      }
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  async #list(): Promise<void> {
    const { client, path } = this.#options;
    const objects: KubeObject[] = [];
    const selector = this.#selectors();
    let next: { readonly continue: string } | undefined;
    let version = "";
    do {
      const query = { limit: pageSize, ...selector, ...(next ?? {}) };
      const page = await client.page(path, query, this.#stop.signal);
      objects.push(...page.items);
      version = page.resourceVersion;
      next = page.continue === "" ? undefined : { continue: page.continue };
    } while (next !== undefined);
    this.#options.onReplace(objects);
    this.#version = version;
    this.#synced();
  }

  #selectors(): { readonly [name: string]: string } {
    const { labelSelector, fieldSelector } = this.#options;
    return {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }

  async #watch(onLife: () => void): Promise<void> {
    const { client, path, random, onChange } = this.#options;
    const query = {
      resourceVersion: this.#version ?? "",
      allowWatchBookmarks: "true",
      timeoutSeconds: String(Math.round(minWatchSeconds * (1 + random()))),
      ...this.#selectors(),
    };
    for await (const line of client.lines(path, query, this.#stop.signal)) {
      const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: KubeObject };
      if (type === "ERROR") throw statusOf(object);
      onLife();
      this.#version = object.metadata.resourceVersion ?? this.#version;
      if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") onChange({ type, object });
    }
  }
}

function statusOf(object: KubeObject): StatusError {
  const { reason, message, code } = object as unknown as { reason?: string; message?: string; code?: number };
  return new StatusError(reason as never, message ?? "the watch failed", undefined, code ?? 500);
}

/** The history that we would go on from is gone. */
function isExpired(error: unknown): boolean {
  return error instanceof StatusError && error.status.code === 410;
}
