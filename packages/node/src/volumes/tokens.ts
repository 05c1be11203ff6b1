import type { PodReader, Token, TokenRequest } from "./pod-reader.ts";

/** Kubelets ask anew once a token has lived four fifths of its time, or a day. pkg/kubelet/token */
const renewedShare = 0.8;
const longestMs = 24 * 60 * 60 * 1000;

interface Kept {
  readonly token: Token;
  readonly askedAt: number;
}

/** The tokens of one pod: asked for once, and again in time. One that is still good outlives a server that does not answer. */
export class PodTokens {
  readonly #reader: PodReader;
  /** Milliseconds since 1970. */
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  constructor(reader: PodReader, now: () => number) {
    this.#reader = reader;
    this.#now = now;
  }

  async get(request: TokenRequest): Promise<string> {
    const key = JSON.stringify(request);
    const kept = this.#kept.get(key);
    const askedAt = this.#now();
    if (kept !== undefined && askedAt < renewalOf(kept)) return kept.token.token;
    try {
      const token = await this.#reader.createToken(request);
      this.#kept.set(key, { token, askedAt });
      return token.token;
    } catch (error) {
      if (kept !== undefined && askedAt < Date.parse(kept.token.expirationTimestamp)) return kept.token.token;
      throw new Error(`failed to fetch token: ${(error as Error).message}`);
    }
  }
}

function renewalOf({ token, askedAt }: Kept): number {
  const life = Date.parse(token.expirationTimestamp) - askedAt;
  return askedAt + Math.min(life * renewedShare, longestMs);
}
