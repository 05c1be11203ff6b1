import { AuthorityError, type AuthorityState } from "./authority-state.ts";
import { AuthorityChanged, type AuthorityStore, type StoredAuthority } from "./authority-store.ts";
import { type IssuedLeaf, LeafIssuer, type LeafRequest } from "./leaf-issuer.ts";
import { createAuthority, createRoot } from "./root.ts";
import { advanceRotation, type RotationPolicy } from "./root-rotation.ts";

export interface AuthorityOptions extends RotationPolicy {
  readonly trustDomain: string;
  readonly store: AuthorityStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A line of what happened to the authority. */
  readonly say: (text: string) => void;
}

/** Several replicas write at once at the first start; each try sees what another has written. */
const maxTries = 5;

/** The authority of a mesh: its signer and its roots, as the store has them. */
export class Authority {
  readonly #options: AuthorityOptions;
  readonly #listeners = new Set<() => void>();
  #stored: StoredAuthority;
  #issuer: LeafIssuer;

  private constructor(options: AuthorityOptions, stored: StoredAuthority) {
    this.#options = options;
    this.#stored = stored;
    this.#issuer = issuerOf(stored.state, options.trustDomain);
  }

  /** Reads the store, and makes an authority where it has none. Rejects with `AuthorityError`, and as the store does. */
  static async open(options: AuthorityOptions): Promise<Authority> {
    const { store, trustDomain, now, say } = options;
    for (let tries = 1; ; tries++) {
      const stored = await store.read();
      if (stored !== undefined) return new Authority(options, stored);
      try {
        await store.write(createAuthority(trustDomain, now()), undefined);
        say(`${store.place}: a new root for ${trustDomain}`);
      } catch (error) {
        if (!(error instanceof AuthorityChanged) || tries >= maxTries) throw error;
      }
    }
  }

  get trustDomain(): string {
    return this.#options.trustDomain;
  }

  /** PEM of each root that is trusted. */
  get roots(): readonly string[] {
    return this.#stored.state.roots;
  }

  /** When the signer, or one above it, ends; milliseconds since the epoch. */
  get notAfter(): number {
    return this.#issuer.notAfter;
  }

  /** Throws `AuthorityError` where the signer is not in force. */
  issue(request: LeafRequest): IssuedLeaf {
    return this.#issuer.issue(request, this.#options.now());
  }

  /** Called when signer or roots are others. Answers what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Looks at what the store has now, and goes on with a change of the root where that is due. Rejects as the store does: all stays as it is. */
  async check(isRotationAsked = false): Promise<void> {
    const { store, now, trustDomain, say } = this.#options;
    for (let tries = 1; ; tries++) {
      const stored = await store.read();
      if (stored === undefined) throw new AuthorityError(`${store.place}: the authority is gone`);
      const advance = advanceRotation(
        stored.state,
        now(),
        this.#options,
        () => createRoot(trustDomain, now()),
        isRotationAsked,
      );
      if (advance === undefined) return this.#take(stored);
      try {
        await store.write(advance.state, stored);
        say(`${store.place}: ${advance.happened}`);
      } catch (error) {
        if (!(error instanceof AuthorityChanged) || tries >= maxTries) throw error;
        continue;
      }
      return this.#take((await store.read()) ?? stored);
    }
  }

  #take(stored: StoredAuthority): void {
    if (stored.version === this.#stored.version) return;
    const issuer = issuerOf(stored.state, this.#options.trustDomain);
    const isSame = JSON.stringify(signing(stored.state)) === JSON.stringify(signing(this.#stored.state));
    [this.#stored, this.#issuer] = [stored, issuer];
    if (!isSame) for (const listener of this.#listeners) listener();
  }
}

/** A signer that has an ID is one of its own trust domain: another one was started with another name, and its leaves would be trusted by nobody. */
function issuerOf(state: AuthorityState, trustDomain: string): LeafIssuer {
  const issuer = new LeafIssuer(state);
  const own = issuer.trustDomain;
  if (own !== undefined && own !== trustDomain)
    throw new AuthorityError(`ca-cert.pem is of the trust domain ${own}, not of ${trustDomain}`);
  return issuer;
}

function signing({ signer, chain, roots }: AuthorityState): object {
  return { certificate: signer.certificate, chain, roots };
}
