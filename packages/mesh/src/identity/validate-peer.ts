import { createPublicKey, hash, type KeyObject } from "node:crypto";
import { formatSpiffeId, type SpiffeId } from "./spiffe-id.ts";
import { authorityFaults, fault, idOf, leafFaults, type SvidFault, timeFault } from "./svid.ts";
import {
  authorityKeyIdentifierOf,
  type Certificate,
  parseCertificate,
  subjectKeyIdentifierOf,
} from "./x509/certificate.ts";
import { DerError } from "./x509/der-reader.ts";
import { pemBlocks } from "./x509/pem.ts";
import { isKnownSignature, isSignedBy } from "./x509/signature.ts";

/** Who a peer proved to be. */
export interface PeerIdentity {
  readonly kind: "valid";
  readonly id: string;
  readonly trustDomain: string;
  /** The first end of what the proof rests on, in milliseconds since the epoch. */
  readonly notAfter: number;
}

/** Why a peer proved nothing. */
export interface PeerFault extends SvidFault {
  readonly kind: "fault";
}

/** PEM of each root, by trust domain. */
export type Bundles = ReadonlyMap<string, readonly string[]>;

/** A chain of a mesh has two or three; what is longer only costs time. */
const maxChain = 10;
/** Signatures that are checked for one peer: authorities of the same name let each be tried. */
const maxChecks = 16;
/** Leaves that were found good are known again; the oldest go first. */
const maxKnown = 4096;

interface Signer {
  readonly certificate: Certificate;
  readonly key: KeyObject;
}

interface ReadBundles {
  readonly roots: Map<string, readonly Signer[]>;
  /** By the digest of the leaf, whatever was shown beside it: connections of the same peer come again and again. */
  readonly known: Map<string, PeerIdentity & { readonly notBefore: number }>;
}

/** Of bundles that somebody still holds. */
const read = new WeakMap<Bundles, ReadBundles>();

/**
 * Who shows this chain (DER, the leaf first): an X.509-SVID that was signed by a root of its own trust domain, and is in force. That the peer
 * has the leaf's key is TLS's to see. `bundles` is read once: who has others gives another map. Throws for roots that are no certificates.
 */
export function validatePeer(chain: readonly Uint8Array[], bundles: Bundles, now: number): PeerIdentity | PeerFault {
  try {
    return validated(chain, bundles, now);
  } catch (error) {
    if (error instanceof DerError) return refused(fault("form", `is no certificate: ${error.message}`));
    throw error;
  }
}

function validated(chain: readonly Uint8Array[], bundles: Bundles, now: number): PeerIdentity | PeerFault {
  const [first] = chain;
  if (first === undefined) return refused(fault("form", "shows no certificate"));
  if (chain.length > maxChain) return refused(fault("chain", `shows more than ${maxChain} certificates`));
  const { known, roots } = readBundles(bundles);
  const digest = hash("sha256", first, "base64");
  const found = known.get(digest);
  if (found !== undefined && now >= found.notBefore && now < found.notAfter + 1000) return found;
  const leaf = parseCertificate(first);
  const broken = leafFaults(leaf)[0] ?? timeFault(leaf, now);
  if (broken !== undefined) return refused(broken);
  const id = idOf(leaf) as SpiffeId;
  const trusted = rootsOf(roots, bundles, id.trustDomain);
  if (trusted === undefined) return refused(fault("trust-domain", unknownDomain(id.trustDomain, bundles)));
  const search = new PathSearch(trusted, chain.slice(1).map(parseCertificate), now);
  const path = search.from(leaf);
  if (path === undefined) return refused(search.fault);
  const identity = identityOf(id, path);
  if (known.size >= maxKnown) known.delete(known.keys().next().value as string);
  known.set(digest, identity);
  return identity;
}

function identityOf(id: SpiffeId, path: readonly Certificate[]): PeerIdentity & { readonly notBefore: number } {
  return {
    kind: "valid",
    id: formatSpiffeId(id),
    trustDomain: id.trustDomain,
    notBefore: Math.max(...path.map(({ notBefore }) => notBefore)),
    notAfter: Math.min(...path.map(({ notAfter }) => notAfter)),
  };
}

/** Looks for a way from a leaf to a root: RFC 5280, section 6. */
class PathSearch {
  readonly #roots: readonly Signer[];
  readonly #others: readonly Certificate[];
  readonly #now: number;
  #checks = 0;
  #closest: SvidFault | undefined;

  constructor(roots: readonly Signer[], others: readonly Certificate[], now: number) {
    this.#roots = roots;
    this.#others = others;
    this.#now = now;
  }

  /** Why there was none: of the signer that came closest. */
  get fault(): SvidFault {
    return this.#closest ?? fault("chain", "was signed by nobody whom its trust domain trusts");
  }

  from(certificate: Certificate, path: readonly Certificate[] = []): readonly Certificate[] | undefined {
    const whole = [...path, certificate];
    if (!isKnownSignature(certificate.signatureAlgorithm)) {
      this.#closest = fault("signature", `is signed by ${certificate.signatureAlgorithm}, which is not taken`);
      return undefined;
    }
    for (const root of this.#roots)
      if (this.#signed(root.certificate, () => root.key, certificate, path.length)) return [...whole, root.certificate];
    for (const other of this.#others) {
      if (whole.includes(other)) continue;
      if (!this.#signed(other, () => publicKeyOf(other), certificate, path.length)) continue;
      const found = this.from(other, whole);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #signed(signer: Certificate, key: () => KeyObject, certificate: Certificate, below: number): boolean {
    if (!signer.subject.equals(certificate.issuer) || !keysFit(signer, certificate)) return false;
    if (this.#checks++ >= maxChecks) return false;
    if (!isSignedBy(key(), certificate.signatureAlgorithm, certificate.signed, certificate.signature)) {
      this.#closest ??= fault("signature", "is not signed by whom it names as its signer");
      return false;
    }
    const broken = timeFault(signer, this.#now) ?? authorityFaults(signer, below)[0];
    if (broken === undefined) return true;
    this.#closest = fault(broken.rule, `has a signer that ${broken.message}`);
    return false;
  }
}

/** Whether the key that a certificate names is the signer's, where both tell. */
function keysFit(signer: Certificate, certificate: Certificate): boolean {
  const asked = authorityKeyIdentifierOf(certificate.extensions);
  const own = subjectKeyIdentifierOf(signer.extensions);
  return asked === undefined || own === undefined || asked.equals(own);
}

function publicKeyOf({ publicKey }: Certificate): KeyObject {
  try {
    return createPublicKey({ key: publicKey, format: "der", type: "spki" });
  } catch {
    throw new DerError("no such public key");
  }
}

function readBundles(bundles: Bundles): ReadBundles {
  let found = read.get(bundles);
  if (found === undefined) {
    found = { roots: new Map(), known: new Map() };
    read.set(bundles, found);
  }
  return found;
}

function rootsOf(roots: ReadBundles["roots"], bundles: Bundles, trustDomain: string): readonly Signer[] | undefined {
  const pems = bundles.get(trustDomain);
  if (pems === undefined) return undefined;
  const known = roots.get(trustDomain);
  if (known !== undefined) return known;
  const signers = signersIn(pems, trustDomain);
  roots.set(trustDomain, signers);
  return signers;
}

function signersIn(pems: readonly string[], trustDomain: string): readonly Signer[] {
  try {
    return pems
      .flatMap((pem) => pemBlocks(pem, "CERTIFICATE"))
      .map(parseCertificate)
      .map((certificate) => ({ certificate, key: publicKeyOf(certificate) }));
  } catch (error) {
    // Not the peer's fault: who reads bundles sees to it that they are some.
    throw new Error(`the bundle of ${trustDomain} has what is no certificate: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function unknownDomain(trustDomain: string, bundles: Bundles): string {
  const known = [...bundles.keys()].join(", ") || "none";
  return `is of the trust domain ${trustDomain}, which is not trusted here; trusted: ${known}`;
}

function refused({ rule, message }: SvidFault): PeerFault {
  return { kind: "fault", rule, message };
}
