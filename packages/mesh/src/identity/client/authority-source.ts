import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { Bundles } from "../validate-peer.ts";
import type { WorkloadCertificate } from "../workload-certificate.ts";
import { writeCertificateRequest } from "../x509/certificate-request.ts";
import { certificatePem, pemBlocks } from "../x509/pem.ts";
import { AskFailed } from "./certificate-client.ts";
import { KeptCertificate, type WatchedSource } from "./kept-certificate.ts";
import { CertificateFault, type CertificateTexts, workloadCertificateOf } from "./workload-certificate-of.ts";

export interface AuthoritySourceOptions {
  /** Answers PEM of each, the leaf first, and last all roots. Rejects with `AskFailed`. */
  readonly ask: (csr: string, lifeMs: number) => Promise<readonly string[]>;
  /** PEM of the roots that the mesh's ConfigMap has now; empty where there is none. Rejects when it cannot be read. */
  readonly roots: () => Promise<string>;
  /** Roots of other trust domains. */
  readonly federated?: Bundles;
  readonly lifeMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Rejects when the signal ends it. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A line for a log: what came, and what did not. */
  readonly say: (text: string) => void;
}

/** Part of a life after which the next certificate is asked for, and how far that is from it at most: not all ask at once. */
const renewal = { share: 0.5, jitter: 0.05 };

/** Waits between tries: twice as long each time, of which up to a fifth is left away. */
const backoff = { firstMs: 1_000, longestMs: 60_000, jitter: 0.2 };

/** How often roots are looked at: a ConfigMap that is mounted is renewed about every minute. */
const rootsMs = 30_000;

const generateKeys = promisify(generateKeyPair);

/** PEM. */
interface KeyedRequest {
  readonly csr: string;
  readonly key: string;
}

async function newRequest(): Promise<KeyedRequest> {
  const { privateKey, publicKey } = await generateKeys("ec", { namedCurve: "P-256" });
  return {
    csr: writeCertificateRequest(privateKey, publicKey.export({ type: "spki", format: "der" })),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

/** A certificate that an authority signs, of a key that only this program has; there is another one long before it ends. */
export function authoritySource(options: AuthoritySourceOptions): WatchedSource {
  const stop = new AbortController();
  const kept = new KeptCertificate(() => stop.abort());
  const keeper = new Keeper(options, kept, stop.signal);
  void keeper.run();
  return {
    get current() {
      return kept.current;
    },
    onChange: (listener) => kept.onChange(listener),
    close: () => kept.close(),
    get fault() {
      return keeper.fault;
    },
    get isRefused() {
      return keeper.isRefused;
    },
  };
}

class Keeper {
  readonly #options: AuthoritySourceOptions;
  readonly #kept: KeptCertificate;
  readonly #signal: AbortSignal;
  /** What the authority answered last: roots of the ConfigMap are added to its own. */
  #answer: CertificateTexts | undefined;
  /** Of a key that no answer was for yet: another try asks for the same. */
  #asked: KeyedRequest | undefined;
  #mounted = "";
  #lastFault: string | undefined;
  #isRefused = false;
  #dueAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #hasToldEnd = false;

  constructor(options: AuthoritySourceOptions, kept: KeptCertificate, signal: AbortSignal) {
    [this.#options, this.#kept, this.#signal] = [options, kept, signal];
  }

  get fault(): string | undefined {
    const { current } = this.#kept;
    if (current !== undefined && this.#options.now() < current.notAfter) return undefined;
    const why = this.#lastFault ?? "the authority has not answered yet";
    return current === undefined
      ? `there is no certificate yet: ${why}`
      : `the certificate of ${current.id} has ended: ${why}`;
  }

  get isRefused(): boolean {
    return this.#isRefused;
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      const { now, sleep } = this.#options;
      if (now() >= this.#dueAt) await this.#renew();
      else await this.#takeRoots();
      this.#tellEnd();
      try {
        await sleep(Math.max(0, Math.min(this.#dueAt - now(), rootsMs)), this.#signal);
      } catch {
        return;
      }
    }
  }

  async #renew(): Promise<void> {
    const { ask, lifeMs, now, random, say } = this.#options;
    const from = now();
    try {
      this.#asked ??= await newRequest();
      const { csr, key } = this.#asked;
      const answer = await ask(csr, lifeMs);
      if (this.#signal.aborted) return;
      this.#asked = undefined;
      this.#answer = { chain: answer.slice(0, -1).join(""), key, roots: answer.at(-1) ?? "" };
      const certificate = this.#certificate(this.#answer, await this.#options.roots());
      const share = renewal.share + renewal.jitter * (2 * random() - 1);
      this.#dueAt = from + (certificate.notAfter - from) * share;
      [this.#failures, this.#lastFault, this.#isRefused, this.#hasToldEnd] = [0, undefined, false, false];
      say(`${certificate.id}: a certificate until ${new Date(certificate.notAfter).toISOString()}`);
      this.#kept.set(certificate);
    } catch (error) {
      this.#failed(error as Error);
    }
  }

  #failed(error: Error): void {
    const { now, random, say } = this.#options;
    const wholeMs = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(this.#failures++, 16));
    const waitMs = wholeMs * (1 - backoff.jitter * random());
    this.#dueAt = now() + waitMs;
    this.#isRefused = error instanceof AskFailed && error.isRefused;
    const isOurs = error instanceof AskFailed || error instanceof CertificateFault;
    this.#lastFault = isOurs ? error.message : `${error.name}: ${error.message}`;
    say(`no certificate: ${this.#lastFault}; the authority is asked again in ${(waitMs / 1000).toFixed(1)} s`);
  }

  /** Once, when nobody takes the certificate any more. */
  #tellEnd(): void {
    const { current } = this.#kept;
    if (current === undefined || this.#hasToldEnd || this.#options.now() < current.notAfter) return;
    this.#hasToldEnd = true;
    this.#options.say(this.fault as string);
  }

  /** The same certificate with other roots, where the ConfigMap has others. */
  async #takeRoots(): Promise<void> {
    const { current } = this.#kept;
    if (this.#answer === undefined || current === undefined) return;
    try {
      const mounted = await this.#options.roots();
      if (mounted === this.#mounted) return;
      const certificate = this.#certificate(this.#answer, mounted);
      if (rootsText(certificate) === rootsText(current)) return;
      this.#options.say(`${certificate.id}: other roots are trusted`);
      this.#kept.set(certificate);
    } catch {
      // An end is told by its own line; roots that cannot be read, at the next renewal.
    }
  }

  #certificate({ chain, key, roots }: CertificateTexts, mounted: string): WorkloadCertificate {
    const { now, federated } = this.#options;
    const certificate = workloadCertificateOf({ chain, key, roots: unique(`${mounted}\n${roots}`) }, now(), federated);
    this.#mounted = mounted;
    return certificate;
  }
}

/**
 * The ConfigMap's and those of the last answer: one that the mesh drops is trusted until the next renewal, which is before any other
 * certificate can come from it.
 */
function unique(pem: string): string {
  return [...new Set(pemBlocks(pem, "CERTIFICATE").map(certificatePem))].sort().join("");
}

function rootsText({ bundles }: WorkloadCertificate): string {
  return JSON.stringify([...bundles]);
}
