import type { CachedResponse, HttpCache, HttpResponse } from "./network.ts";

/** Status codes that may be kept (RFC 7231 section 6.1). */
const cacheableCodes: ReadonlySet<number> = new Set([200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501]);

export function isCacheable({ statusCode }: HttpResponse): boolean {
  return cacheableCodes.has(statusCode);
}

/** Names and values of a Cache-Control header. */
function cacheDirectives({ headers }: HttpResponse): ReadonlyMap<string, string> {
  const parts = (headers["cache-control"]?.[0] ?? "").split(",").map((part) => part.trim());
  return new Map(
    parts
      .filter((part) => part !== "" && part.split("=").length <= 2)
      .map((part) => part.split("=").map((text) => text.trim()) as [string, string?])
      .map(([name, value = ""]) => [name, value]),
  );
}

/** Whether the server lets it be kept. */
export function mayStore(response: HttpResponse): boolean {
  return !cacheDirectives(response).has("no-store");
}

const nsPerSecond = 1_000_000_000n;
const nsPerMillisecond = 1_000_000n;

/** More seconds count as these: 68 years. */
const maxSeconds = 2 ** 31 - 1;

/**
 * Until when a response is fresh (RFC 7234 section 4.2.1): max-age from its date, else the Expires header. Zero, that is
 * never, without either; undefined for headers that cannot be read.
 */
export function expiryOf(response: HttpResponse): bigint | undefined {
  const maxAge = cacheDirectives(response).get("max-age");
  if (maxAge === undefined) return dateOf(response, "expires") ?? 0n;
  const date = dateOf(response, "date");
  if (!/^\d+$/.test(maxAge) || date === undefined) return undefined;
  return date + BigInt(Math.min(Number(maxAge), maxSeconds)) * nsPerSecond;
}

function dateOf({ headers }: HttpResponse, name: string): bigint | undefined {
  const milliseconds = Date.parse(headers[name]?.[0] ?? "");
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * nsPerMillisecond;
}

export function secondsAfter(nowNs: bigint, seconds: number): bigint {
  return nowNs + BigInt(seconds) * nsPerSecond;
}

/** OPA's limit of its cache between queries is unset; this keeps a server's memory bounded. */
const defaultMaxBytes = 64 * 1024 * 1024;

/** What an entry takes beside its body and key: headers and bookkeeping. */
const entryOverhead = 1024;

/** Keeps responses up to a number of bytes; those set longest ago go first. */
export class BoundedHttpCache implements HttpCache {
  readonly #entries = new Map<string, CachedResponse>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = defaultMaxBytes) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): CachedResponse | undefined {
    return this.#entries.get(key);
  }

  set(key: string, entry: CachedResponse): void {
    this.delete(key);
    const size = sizeOf(key, entry);
    if (size > this.#maxBytes) return;
    this.#entries.set(key, entry);
    this.#bytes += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(key, entry);
  }
}

function sizeOf(key: string, { response }: CachedResponse): number {
  return 2 * key.length + response.body.length + entryOverhead;
}
