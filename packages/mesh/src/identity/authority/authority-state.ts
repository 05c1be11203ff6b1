import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { authorityFaults } from "../svid.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import { DerError } from "../x509/der-reader.ts";
import { certificatePem, pemBlocks } from "../x509/pem.ts";
import { isSignedBy } from "../x509/signature.ts";
import { keyFault } from "./request-fault.ts";

/** A certificate and its key, in PEM. */
export interface AuthorityPair {
  readonly certificate: string;
  /** Never in a log. */
  readonly key: string;
}

/** What an authority consists of, as its store keeps it: Istio's `cacerts`, and where a change of the root has come to. */
export interface AuthorityState {
  /** `ca-cert.pem` and `ca-key.pem`. */
  readonly signer: AuthorityPair;
  /** `cert-chain.pem`: from the signer on, towards a root. Empty where the signer is a root. */
  readonly chain: string;
  /** `root-cert.pem`: PEM of each root that is trusted. */
  readonly roots: readonly string[];
  /** Only of an authority that is ours: one that somebody else brought is renewed by whom it is from. */
  readonly rotation?: Rotation;
}

/** A change of the root by overlap. Times are in milliseconds since the epoch. */
export interface Rotation {
  /** Trusted since then, and signs when everybody trusts it. */
  readonly next?: AuthorityPair & { readonly since: number };
  /** Certificates that signed before, and are trusted until what they signed has ended. */
  readonly retired: readonly { readonly certificate: string; readonly until: number }[];
}

/** An authority that cannot be used: which part, and why. */
export class AuthorityError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AuthorityError";
  }
}

/** A state that was read and found whole. */
export interface ReadAuthority {
  readonly signer: Certificate;
  readonly key: KeyObject;
  /** What is shown behind a leaf: from the signer on, roots not among them. PEM of each. */
  readonly shown: readonly string[];
  /** The first end of the signer and of those above it, up to a root. */
  readonly notAfter: number;
}

/** Throws `AuthorityError`: a key that is not the certificate's, no way from the signer to a root, what may sign nothing. */
export function readAuthority(state: AuthorityState): ReadAuthority {
  const signer = oneIn("ca-cert.pem", state.signer.certificate);
  const key = keyIn("ca-key.pem", state.signer.key);
  if (!createPublicKey(key).export({ type: "spki", format: "der" }).equals(signer.publicKey))
    throw new AuthorityError("ca-key.pem is not the key of ca-cert.pem");
  const weak = keyFault(key);
  if (weak !== undefined) throw new AuthorityError(`ca-key.pem: ${weak}`);
  const roots = state.roots.flatMap((pem) => allIn("root-cert.pem", pem));
  if (roots.length === 0) throw new AuthorityError("root-cert.pem has no certificate");
  const path = pathOf(signer, allIn("cert-chain.pem", state.chain), roots);
  path.forEach((each, below) => {
    const [broken] = authorityFaults(each, below);
    if (broken !== undefined)
      throw new AuthorityError(`${below === 0 ? "ca-cert.pem" : "a certificate above ca-cert.pem"} ${broken.message}`);
  });
  return {
    signer,
    key,
    shown: path.filter((each) => !roots.some(({ der }) => der.equals(each.der))).map(({ der }) => certificatePem(der)),
    notAfter: Math.min(...path.map(({ notAfter }) => notAfter)),
  };
}

/** From the signer to a root. */
function pathOf(
  signer: Certificate,
  chain: readonly Certificate[],
  roots: readonly Certificate[],
): readonly Certificate[] {
  const path = [signer];
  for (let last = signer; !roots.some(({ der }) => der.equals(last.der)); ) {
    const next = [...roots, ...chain].find(
      (each) => !path.includes(each) && each.subject.equals(last.issuer) && isIssuer(each, last),
    );
    if (next === undefined) throw new AuthorityError("no way from ca-cert.pem by cert-chain.pem to root-cert.pem");
    path.push(next);
    last = next;
  }
  return path;
}

function isIssuer(signer: Certificate, certificate: Certificate): boolean {
  const key = createPublicKey({ key: signer.publicKey, format: "der", type: "spki" });
  return isSignedBy(key, certificate.signatureAlgorithm, certificate.signed, certificate.signature);
}

function keyIn(name: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's words might hold of the text what nobody should see.
    throw new AuthorityError(`${name}: expected a private key in PEM, without a passphrase`);
  }
}

function oneIn(name: string, pem: string): Certificate {
  const [first] = allIn(name, pem);
  if (first === undefined) throw new AuthorityError(`${name} has no certificate`);
  return first;
}

function allIn(name: string, pem: string): readonly Certificate[] {
  try {
    return pemBlocks(pem, "CERTIFICATE").map(parseCertificate);
  } catch (error) {
    if (error instanceof DerError) throw new AuthorityError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
