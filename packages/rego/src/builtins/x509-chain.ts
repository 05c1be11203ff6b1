import type { CryptoEffects } from "./builtin.ts";
import type { Certificate } from "./x509-certificate.ts";
import { extendedKeyUsages } from "./x509-certificate-json.ts";
import { hasValidPolicies } from "./x509-chain-policies.ts";
import { keepsConstraints } from "./x509-constraints.ts";
import { alternativeNameOid } from "./x509-extensions.ts";
import { isValidFor } from "./x509-hostname.ts";
import { bitLength } from "./x509-rsa.ts";

/** As Go's x509.VerifyOptions. */
export interface ChainOptions {
  readonly timeNs: bigint;
  /** A host that the leaf must be for. */
  readonly dnsName?: string;
  /** Go's numbers of extended key usages, one of which the chain must allow; server authentication unless given. */
  readonly keyUsages?: readonly number[];
}

const anyUsage = 0;
const serverAuthentication = 1;

/**
 * The first chain from the last certificate to the first, which is the trusted root, over those between; undefined when
 * there is none. RFC 5280 section 6, as Go's `Certificate.Verify` checks it.
 */
export function verifiedChain(
  certificates: readonly Certificate[],
  options: ChainOptions,
  crypto: CryptoEffects,
): readonly Certificate[] | undefined {
  const [root, ...others] = certificates;
  const leaf = others.pop();
  if (root === undefined || leaf === undefined || !isValid(leaf, "leaf", [], options)) return undefined;
  if (options.dnsName !== undefined && options.dnsName !== "" && !isValidFor(leaf, options.dnsName)) return undefined;
  const search: Search = { root, intermediates: unique(others), options, crypto, signatureChecks: 0 };
  const chains = isSame(leaf, root) ? [[leaf]] : chainsFrom([leaf], search);
  const given = options.keyUsages ?? [];
  const usages = given.length === 0 ? [serverAuthentication] : given;
  return chains.find(
    (chain) =>
      hasValidPolicies(chain) && (usages.includes(anyUsage) || allowsUsage(chain, usages)) && keepsConstraints(chain),
  );
}

interface Search {
  readonly root: Certificate;
  readonly intermediates: readonly Certificate[];
  readonly options: ChainOptions;
  readonly crypto: CryptoEffects;
  signatureChecks: number;
}

/** Go's limit: certificates that all share a name would otherwise be tried in every order. */
const maxSignatureChecks = 100;

function chainsFrom(chain: readonly Certificate[], search: Search): readonly (readonly Certificate[])[] {
  const child = chain.at(-1) as Certificate;
  const parents = [
    ...parentsOf(child, [search.root]).map((parent) => ({ parent, kind: "root" as const })),
    ...parentsOf(child, search.intermediates).map((parent) => ({ parent, kind: "intermediate" as const })),
  ];
  const chains: (readonly Certificate[])[] = [];
  for (const { parent, kind } of parents) {
    if (++search.signatureChecks > maxSignatureChecks) return chains;
    const fits =
      !isInChain(parent, chain) &&
      isSignedBy(child, parent, search.crypto) &&
      isValid(parent, kind, chain, search.options);
    if (!fits) continue;
    const longer = [...chain, parent];
    if (kind === "root") chains.push(longer);
    else chains.push(...chainsFrom(longer, search));
  }
  return chains;
}

/** Those whose subject is the issuer, the likeliest by key identifier first. */
function parentsOf(child: Certificate, pool: readonly Certificate[]): readonly Certificate[] {
  const wanted = child.known.authorityKeyId ?? new Uint8Array();
  const rank = ({ known: { subjectKeyId = new Uint8Array() } }: Certificate): number => {
    if (equalBytes(subjectKeyId, wanted)) return 0;
    return subjectKeyId.length === 0 || wanted.length === 0 ? 1 : 2;
  };
  return pool.filter((each) => equalBytes(each.rawSubject, child.rawIssuer)).toSorted((a, b) => rank(a) - rank(b));
}

function unique(certificates: readonly Certificate[]): readonly Certificate[] {
  return certificates.filter((each, i) => certificates.findIndex((other) => isSame(other, each)) === i);
}

function isSame(a: Certificate, b: Certificate): boolean {
  return equalBytes(a.raw, b.raw);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The same subject, key and alternative names: the same authority, however often it was certified. */
function isInChain(candidate: Certificate, chain: readonly Certificate[]): boolean {
  const names = (certificate: Certificate): string | undefined =>
    certificate.extensions.find(({ id }) => id === alternativeNameOid)?.value.join();
  return chain.some(
    (each) =>
      equalBytes(candidate.rawSubject, each.rawSubject) &&
      equalBytes(candidate.rawKey, each.rawKey) &&
      names(candidate) === names(each),
  );
}

const certificateSigning = 1 << 5;

/** RSA keys below this size are broken, and Go does not verify with them. */
const minRsaBits = 1024;

function isSignedBy(child: Certificate, parent: Certificate, crypto: CryptoEffects): boolean {
  const { basicConstraints, keyUsage } = parent.known;
  if (parent.version === 3 && basicConstraints === undefined) return false;
  if (basicConstraints?.isCa === false) return false;
  if (keyUsage !== 0 && (keyUsage & certificateSigning) === 0) return false;
  const { scheme } = child.signatureAlgorithm;
  const key = parent.publicKey;
  if (scheme === undefined || key === undefined) return false;
  if (scheme.family.slice(0, 3).toLowerCase() !== key.kind.slice(0, 3)) return false;
  if (key.kind === "rsa" && bitLength(key.n) < minRsaBits) return false;
  return crypto.verifyCertificate(scheme, parent.rawKey, child.rawTbs, child.signature);
}

const nsPerSecond = 1_000_000_000n;

function isValid(
  certificate: Certificate,
  kind: "leaf" | "intermediate" | "root",
  chain: readonly Certificate[],
  { timeNs }: ChainOptions,
): boolean {
  const { unhandledCritical, basicConstraints } = certificate.known;
  if (unhandledCritical.length > 0) return false;
  if (timeNs < BigInt(certificate.notBefore.seconds) * nsPerSecond) return false;
  if (timeNs > BigInt(certificate.notAfter.seconds) * nsPerSecond) return false;
  if (kind === "intermediate" && basicConstraints?.isCa !== true) return false;
  const limit = basicConstraints?.maxPathLength ?? -1;
  return limit < 0 || chain.length - 1 <= limit;
}

/** Whether one of the usages is allowed by all certificates that name any. */
function allowsUsage(chain: readonly Certificate[], usages: readonly number[]): boolean {
  return usages.some((usage) =>
    chain.every(({ known: { extendedKeyUsages: oids } }) => {
      const numbers = oids.map((oid) => extendedKeyUsages.indexOf(oid));
      return oids.length === 0 || numbers.includes(anyUsage) || numbers.includes(usage);
    }),
  );
}
