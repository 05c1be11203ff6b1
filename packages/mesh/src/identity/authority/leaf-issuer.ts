import { idOf } from "../svid.ts";
import { subjectKeyIdentifierOf } from "../x509/certificate.ts";
import {
  authorityKeyIdentifier,
  basicConstraints,
  emptyName,
  extendedKeyUsage,
  keyIdentifier,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
  writeCertificate,
} from "../x509/certificate-writer.ts";
import { keyUsageBits, oids } from "../x509/oids.ts";
import { certificatePem } from "../x509/pem.ts";
import { type SigningKey, signingKeyOf } from "../x509/signature.ts";
import { AuthorityError, type AuthorityState, type ReadAuthority, readAuthority } from "./authority-state.ts";
import { backdateMs, serialNumber } from "./root.ts";

export interface LeafRequest {
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  readonly id: string;
  /** Beside the ID: of a server that others than workloads ask. */
  readonly dns?: readonly string[];
  readonly lifeMs: number;
}

export interface IssuedLeaf {
  /** PEM of each, the leaf first, roots not among them. */
  readonly chain: readonly string[];
  readonly der: Buffer;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The same of every leaf. */
const fixed: readonly Buffer[] = [
  basicConstraints(false),
  keyUsage([keyUsageBits.digitalSignature, keyUsageBits.keyEncipherment]),
  extendedKeyUsage([oids.serverAuth, oids.clientAuth]),
];

/** Signs leaves by one state of an authority. */
export class LeafIssuer {
  readonly #authority: ReadAuthority;
  readonly #key: SigningKey;
  readonly #signerIdentifier: Buffer;

  /** Throws `AuthorityError`. */
  constructor(state: AuthorityState) {
    this.#authority = readAuthority(state);
    this.#key = signingKeyOf(this.#authority.key);
    const { signer } = this.#authority;
    this.#signerIdentifier = authorityKeyIdentifier(
      subjectKeyIdentifierOf(signer.extensions) ?? keyIdentifier(signer.publicKey),
    );
  }

  /** When the signer, or one above it, ends. */
  get notAfter(): number {
    return this.#authority.notAfter;
  }

  /** Of the signer's own ID; undefined where it has none, as Istio's have. */
  get trustDomain(): string | undefined {
    return idOf(this.#authority.signer)?.trustDomain;
  }

  /** In force from two minutes ago, and no longer than its signer. Throws `AuthorityError` where that has ended, or has not begun. */
  issue({ publicKey, id, dns = [], lifeMs }: LeafRequest, now: number): IssuedLeaf {
    const { signer, shown, notAfter: end } = this.#authority;
    if (now >= end) throw new AuthorityError(`the authority ended at ${new Date(end).toISOString()}`);
    if (now < signer.notBefore)
      throw new AuthorityError(`the authority is not valid before ${new Date(signer.notBefore).toISOString()}`);
    const notBefore = Math.max(now - backdateMs, signer.notBefore);
    const notAfter = Math.min(now + lifeMs, end);
    const der = writeCertificate(
      {
        serialNumber: serialNumber(),
        issuer: signer.subject,
        subject: emptyName,
        notBefore,
        notAfter,
        publicKey,
        extensions: [
          ...fixed,
          // Critical: there is no subject.
          subjectAltName([id], dns, true),
          subjectKeyIdentifier(keyIdentifier(publicKey)),
          this.#signerIdentifier,
        ],
      },
      this.#key,
    );
    const second = (ms: number) => Math.floor(ms / 1000) * 1000;
    return { chain: [certificatePem(der), ...shown], der, notBefore: second(notBefore), notAfter: second(notAfter) };
  }
}
