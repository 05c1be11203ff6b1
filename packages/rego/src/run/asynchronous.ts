import type { CryptoEffects, Effects } from "../builtins/builtin.ts";
import type {
  AsynchronousEffects,
  CachedResponse,
  HttpAnswer,
  HttpCache,
  HttpRequest,
  LookupAnswer,
} from "../builtins/network.ts";
import { createWebEffects } from "../builtins/web-effects.ts";
import { EvaluationError } from "./errors.ts";
import type { EvaluateOptions } from "./executable.ts";

/** Requests of one query: each of them evaluates it once more, so that the work grows with their square. */
const maxRequests = 500;

/** What any way to evaluate has among its options. */
export type AsynchronousOptions = Pick<EvaluateOptions, "effects" | "clock" | "deadline" | "builtinErrors">;

/**
 * Evaluates until every answer is there: what waits ends a round, is awaited, and the next round finds its answer. All
 * else that could differ between rounds is recorded too; see docs/adr/0006-asynchronous-builtins.md.
 */
export async function evaluateAsynchronously<T, Options extends AsynchronousOptions>(
  options: Options,
  evaluate: (options: Options) => T,
): Promise<T> {
  const { effects = createWebEffects() } = options;
  const { asynchronous } = effects;
  if (asynchronous === undefined) return evaluate(options);
  const recording = new Recording(effects);
  const { builtinErrors = [] } = options;
  const known = builtinErrors.length;
  for (let requests = 0; requests <= maxRequests; requests++) {
    const round = recording.round();
    try {
      const result = evaluate({ ...options, effects: round.effects });
      round.commit();
      return result;
    } catch (error) {
      if (!(error instanceof Pending)) {
        round.commit();
        throw error;
      }
      // The next round meets them again.
      builtinErrors.length = known;
      recording.add(error.wait, await answerOf(error.wait, asynchronous, options));
    }
  }
  throw new EvaluationError("eval_cancel_error", "too many requests");
}

type Wait =
  | { readonly kind: "http"; readonly request: HttpRequest }
  | { readonly kind: "lookup"; readonly host: string };

/** Ends a round at the first answer that is not there. No `BuiltinError`, so that nothing takes it for undefined. */
class Pending extends Error {
  readonly wait: Wait;

  constructor(wait: Wait) {
    super("an answer is awaited");
    this.name = "Pending";
    this.wait = wait;
  }
}

async function answerOf(
  wait: Wait,
  asynchronous: AsynchronousEffects,
  { clock, deadline }: AsynchronousOptions,
): Promise<HttpAnswer | LookupAnswer> {
  const left = clock === undefined || deadline === undefined ? undefined : Math.max(0, Math.ceil(deadline - clock()));
  const signal = left === undefined ? undefined : AbortSignal.timeout(left);
  const answer =
    wait.kind === "http" ? await asynchronous.http(wait.request, signal) : await asynchronous.lookup(wait.host, signal);
  if (signal?.aborted !== true) return answer;
  const name = wait.kind === "http" ? "http.send" : "net.lookup_ip_addr";
  throw new EvaluationError("eval_cancel_error", `${name}: timed out (context deadline exceeded)`);
}

/** What the rounds of a query have in common. Calls are known by their order, which is the same in every round. */
class Recording {
  readonly #effects: Effects;
  readonly #answers: { readonly key: string; readonly answer: HttpAnswer | LookupAnswer }[] = [];
  readonly #random: Uint8Array[] = [];
  readonly #signatures: Uint8Array[] = [];
  readonly #cacheReads = new Map<string, CachedResponse | undefined>();

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  add(wait: Wait, answer: HttpAnswer | LookupAnswer): void {
    this.#answers.push({ key: JSON.stringify(wait), answer });
  }

  /** Effects for one round; `commit` does what only the last round may do. */
  round(): { readonly effects: Effects; readonly commit: () => void } {
    const outer = this.#effects;
    const later: (() => void)[] = [];
    const { print, note, testCase, crypto, httpCache } = outer;
    let next = 0;
    const recorded = <T>(wait: Wait): T => {
      const entry = this.#answers[next];
      if (entry?.key !== JSON.stringify(wait)) {
        // Answers to other requests would be taken for these ones.
        this.#answers.length = next;
        throw new Pending(wait);
      }
      next++;
      return entry.answer as T;
    };
    const effects: Effects = {
      ...outer,
      fetch: (request) => recorded<HttpAnswer>({ kind: "http", request }),
      lookup: (host) => recorded<LookupAnswer>({ kind: "lookup", host }),
      randomBytes: replayed(this.#random, outer.randomBytes),
      ...(crypto && { crypto: this.#replayedCrypto(crypto) }),
      ...(print && { print: (message, place) => later.push(() => print(message, place)) }),
      ...(note && { note: (message) => later.push(() => note(message)) }),
      ...(testCase && { testCase: (path) => later.push(() => testCase(path)) }),
      ...(httpCache && { httpCache: this.#overlaid(httpCache, later) }),
    };
    const commit = (): void => {
      for (const act of later) act();
    };
    return { effects, commit };
  }

  /** Signatures of ECDSA and RSA-PSS differ each time. */
  #replayedCrypto(crypto: CryptoEffects): CryptoEffects {
    return { ...crypto, sign: replayed(this.#signatures, crypto.sign) };
  }

  /** Reads are those of the first round and writes stay in this one, so that each round goes the same way. */
  #overlaid(cache: HttpCache, later: (() => void)[]): HttpCache {
    const writes = new Map<string, CachedResponse | undefined>();
    const write = (key: string, entry: CachedResponse | undefined): void => {
      writes.set(key, entry);
      later.push(() => (entry === undefined ? cache.delete(key) : cache.set(key, entry)));
    };
    return {
      get: (key) => {
        if (writes.has(key)) return writes.get(key);
        if (!this.#cacheReads.has(key)) this.#cacheReads.set(key, cache.get(key));
        return this.#cacheReads.get(key);
      },
      set: write,
      delete: (key) => write(key, undefined),
    };
  }
}

/** The n-th call of a round answers what the n-th call of the first round to get so far did. */
function replayed<Arguments extends readonly unknown[]>(
  known: Uint8Array[],
  compute: (...args: Arguments) => Uint8Array,
): (...args: Arguments) => Uint8Array {
  let next = 0;
  return (...args) => {
    const answer = known[next] ?? compute(...args);
    known[next++] = answer;
    return answer;
  };
}
