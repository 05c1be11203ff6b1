import { generateKeyPairSync } from "node:crypto";
import type { Authority } from "../authority/authority.ts";
import { formatSpiffeId } from "../spiffe-id.ts";
import type { ServingCertificate } from "./certificate-service.ts";

/** The authority's own leaf, for who asks it; kept, and renewed at half of its life or when another signer comes. */
export class OwnServingCertificate {
  readonly #authority: Authority;
  readonly #dns: readonly string[];
  readonly #lifeMs: number;
  readonly #now: () => number;
  #kept: (ServingCertificate & { readonly renewAt: number }) | undefined;

  /** `dns`: names by which clients call the server. */
  constructor(authority: Authority, dns: readonly string[], lifeMs: number, now: () => number) {
    this.#authority = authority;
    this.#dns = dns;
    this.#lifeMs = lifeMs;
    this.#now = now;
  }

  /** Throws `AuthorityError` where there is none yet and the signer is not in force. */
  get current(): ServingCertificate {
    this.#kept ??= this.#make();
    return this.#kept;
  }

  /** Answers whether there is another one now. Throws `AuthorityError`: the one before stays. */
  renew(isAsked = false): boolean {
    if (!isAsked && this.#kept !== undefined && this.#now() < this.#kept.renewAt) return false;
    this.#kept = this.#make();
    return true;
  }

  #make(): ServingCertificate & { readonly renewAt: number } {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { chain, notAfter } = this.#authority.issue({
      publicKey: publicKey.export({ type: "spki", format: "der" }),
      id: formatSpiffeId({ trustDomain: this.#authority.trustDomain, path: "/sallyport/mesh-ca" }),
      dns: this.#dns,
      lifeMs: this.#lifeMs,
    });
    const now = this.#now();
    return {
      certificate: chain.join(""),
      key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      renewAt: now + (notAfter - now) / 2,
    };
  }
}
