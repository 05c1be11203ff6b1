import { generateKeyPairSync } from "node:crypto";
import { LeafIssuer } from "../../packages/mesh/src/identity/authority/leaf-issuer.ts";
import { requestFault } from "../../packages/mesh/src/identity/authority/request-fault.ts";
import { createAuthority } from "../../packages/mesh/src/identity/authority/root.ts";
import { validatePeer } from "../../packages/mesh/src/identity/validate-peer.ts";
import {
  parseCertificateRequest,
  writeCertificateRequest,
} from "../../packages/mesh/src/identity/x509/certificate-request.ts";
import { median } from "../client.ts";

/** What an authority and a proxy do with certificates, in one thread: how often in a second of the processor's, and of the clock's. */
export interface SigningFigures {
  /** A request read, its signature checked, judged, and a leaf signed. */
  readonly signedPerCoreSecond: number;
  readonly signedPerSecond: number;
  /** A peer's chain that was never seen before, by the rules of SPIFFE, up to its root. */
  readonly peersPerCoreSecond: number;
  /** The same peer once more. */
  readonly knownPeersPerCoreSecond: number;
}

const rounds = 5;
const perRound = 1000;

/** Medians of rounds; the first one warms up. */
export function measureSigning(): SigningFigures {
  const now = Date.now();
  const authority = createAuthority("cluster.local", now);
  const issuer = new LeafIssuer(authority);
  const id = "spiffe://cluster.local/ns/shop/sa/cart";
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const csr = writeCertificateRequest(privateKey, publicKey.export({ type: "spki", format: "der" }), id);
  const sign = () => {
    const request = parseCertificateRequest(csr);
    const fault = requestFault(request, id);
    if (fault !== undefined) throw new Error(fault);
    return issuer.issue({ publicKey: request.publicKey, id, lifeMs: 3600_000 }, now).der;
  };
  const bundles = new Map([["cluster.local", authority.roots]]);
  const check = (leaf: Buffer) => {
    const told = validatePeer([leaf], bundles, now);
    if (told.kind === "fault") throw new Error(told.message);
  };
  const figures = { signed: [] as Rate[], fresh: [] as Rate[], known: [] as Rate[] };
  for (let round = 0; round <= rounds; round++) {
    const leaves: Buffer[] = [];
    const signed = rateOf(() => void leaves.push(sign()));
    const fresh = rateOf((i) => check(leaves[i] as Buffer));
    const known = rateOf((i) => check(leaves[i] as Buffer));
    if (round === 0) continue;
    figures.signed.push(signed);
    figures.fresh.push(fresh);
    figures.known.push(known);
  }
  const core = (rates: readonly Rate[]) => median(rates.map(({ perCoreSecond }) => perCoreSecond));
  return {
    signedPerCoreSecond: core(figures.signed),
    signedPerSecond: median(figures.signed.map(({ perSecond }) => perSecond)),
    peersPerCoreSecond: core(figures.fresh),
    knownPeersPerCoreSecond: core(figures.known),
  };
}

interface Rate {
  readonly perCoreSecond: number;
  readonly perSecond: number;
}

function rateOf(work: (place: number) => void): Rate {
  const [before, from] = [process.cpuUsage(), performance.now()];
  for (let i = 0; i < perRound; i++) work(i);
  const { user, system } = process.cpuUsage(before);
  return {
    perCoreSecond: perRound / ((user + system) / 1e6),
    perSecond: perRound / ((performance.now() - from) / 1000),
  };
}
