import { type ClientCertificate, type Item, noProvider, type ProviderAnswer } from "./exchange.ts";
import type { Provider } from "./provider.ts";

/** What templates and mutators ask while an object is reviewed. Ends the round of the review where the answer is not there yet. */
export interface ExternalDataSource {
  /** For templates: a key that was answered a while ago is not asked again. */
  readonly respond: (provider: string, keys: readonly string[]) => ProviderAnswer;
  /** For mutators, which want what is true now. */
  readonly ask: (provider: string, keys: readonly string[]) => ProviderAnswer;
}

export interface ExternalDataOptions {
  /** Asks a Provider. Never rejects. */
  readonly send: (
    provider: Provider,
    keys: readonly string[],
    client: ClientCertificate | undefined,
  ) => Promise<ProviderAnswer>;
  /** Milliseconds; how long an answer to a template is good, 0 for not at all. Gatekeeper's `--external-data-provider-response-cache-ttl`. */
  readonly ttl: number;
  /** Milliseconds. */
  readonly now: () => number;
  /** What Providers are shown. */
  readonly clientCertificate?: () => ClientCertificate | undefined;
}

/** Gatekeeper's default: three minutes. */
export const defaultTtl = 180_000;

/** Answers that are kept: a key is an image or a name, and a cluster has not more of them at a time. */
const maxCached = 50_000;

/** Rounds of one review: each asks all that the one before was missing, and keys that depend on answers go on. */
const maxRounds = 100;

/** Ends a round of a review; no error that a policy or a constraint could take for its own. */
export class PendingAnswer extends Error {
  constructor() {
    super("the answer of a provider is awaited");
    this.name = "PendingAnswer";
  }
}

interface Cached {
  readonly item: Item;
  readonly idempotent: boolean;
  readonly received: number;
}

/** What one review has been told, so that each of its rounds goes the same way. */
interface Session {
  readonly answers: Map<string, ProviderAnswer>;
  readonly cached: Map<string, Cached | undefined>;
  readonly missing: Map<string, { readonly provider: string; readonly keys: readonly string[] }>;
}

/** Providers, and what they are asked. Reviews that need answers run in rounds: what waits ends one, is awaited, and the next round finds it. */
export class ExternalData implements ExternalDataSource {
  readonly #options: ExternalDataOptions;
  readonly #providers = new Map<string, Provider>();
  #failures = 0;
  /** By provider and key; the oldest first. */
  readonly #cache = new Map<string, Cached>();
  #session: Session | undefined;

  constructor(options: ExternalDataOptions) {
    this.#options = options;
  }

  /** What another Provider of the name has said is forgotten. */
  put(provider: Provider): void {
    this.remove(provider.name);
    this.#providers.set(provider.name, provider);
  }

  remove(name: string): void {
    if (!this.#providers.delete(name)) return;
    for (const key of this.#cache.keys()) if (key.startsWith(`${name}\n`)) this.#cache.delete(key);
  }

  /** Runs a review, as often as answers are awaited; the last run's answer counts. Rejects with what that throws. */
  async resolve<T>(run: () => T): Promise<T> {
    const session: Session = { answers: new Map(), cached: new Map(), missing: new Map() };
    for (let round = 0; round < maxRounds; round++) {
      this.#session = session;
      try {
        return run();
      } catch (error) {
        if (!(error instanceof PendingAnswer)) throw error;
      } finally {
        this.#session = undefined;
      }
      await this.#answerMissing(session);
    }
    throw new Error(`external data: not answered after ${maxRounds} requests, one after the other`);
  }

  /** Requests that came to nothing, so far. */
  get failures(): number {
    return this.#failures;
  }

  respond(provider: string, keys: readonly string[]): ProviderAnswer {
    const known = keys.flatMap((key) => this.#cached(provider, key) ?? []);
    const asked = keys.filter((key) => this.#cached(provider, key) === undefined);
    const cached = { items: known.map(({ item }) => item), idempotent: known.every(({ idempotent }) => idempotent) };
    if (asked.length === 0) return { ...cached, statusCode: 0, systemError: "" };
    const answer = this.ask(provider, asked);
    if (answer.fault !== undefined) return answer;
    return {
      ...answer,
      items: [...cached.items, ...answer.items],
      idempotent: cached.idempotent && answer.idempotent,
    };
  }

  ask(provider: string, keys: readonly string[]): ProviderAnswer {
    if (!this.#providers.has(provider)) return noProvider;
    const session = this.#session;
    if (session === undefined) throw new Error("external data is asked outside of a review that can wait");
    const id = JSON.stringify([provider, keys]);
    const answer = session.answers.get(id);
    if (answer !== undefined) return answer;
    session.missing.set(id, { provider, keys });
    throw new PendingAnswer();
  }

  /** As the first round of the session found it. */
  #cached(provider: string, key: string): Cached | undefined {
    const id = `${provider}\n${key}`;
    const session = this.#session;
    if (session?.cached.has(id) === true) return session.cached.get(id);
    const found = this.#cache.get(id);
    const isGood = found !== undefined && this.#options.now() - found.received <= this.#options.ttl;
    session?.cached.set(id, isGood ? found : undefined);
    return isGood ? found : undefined;
  }

  async #answerMissing({ answers, missing }: Session): Promise<void> {
    const all = [...missing];
    missing.clear();
    await Promise.all(
      all.map(async ([id, { provider: name, keys }]) => {
        const provider = this.#providers.get(name);
        const client = this.#options.clientCertificate?.();
        const answer = provider === undefined ? noProvider : await this.#options.send(provider, keys, client);
        answers.set(id, answer);
        if (answer.fault !== undefined) this.#failures++;
        // Unless it was replaced meanwhile.
        if (this.#providers.get(name) === provider && answer.fault === undefined) this.#keep(name, answer);
      }),
    );
  }

  #keep(provider: string, { items, idempotent }: ProviderAnswer): void {
    if (this.#options.ttl <= 0) return;
    const received = this.#options.now();
    for (const item of items) {
      const id = `${provider}\n${item.key}`;
      this.#cache.delete(id);
      if (this.#cache.size >= maxCached) this.#cache.delete(this.#cache.keys().next().value as string);
      this.#cache.set(id, { item, idempotent, received });
    }
  }
}
