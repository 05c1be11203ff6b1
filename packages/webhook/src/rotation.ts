import { createCa, createLeaf, type KeyPair, lifeLeft } from "@sallyport/pki";

/** All that replicas share: what they serve, and whom callers must trust. */
export interface Authority {
  /** Signs leaves. */
  readonly ca: KeyPair;
  readonly leaf: KeyPair;
  /** Will sign, once every caller trusts it; since when they are told, in milliseconds since the epoch. */
  readonly next?: KeyPair & { readonly since: number };
  /** Signed leaves that may still be served; PEM. */
  readonly previous?: { readonly certificate: string; readonly until: number };
}

export interface RotationOptions {
  /** The server's DNS names. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly caDays?: number;
  readonly leafDays?: number;
  /** How long a new authority is told before it signs, and an old one trusted after it has. */
  readonly overlapMs?: number;
}

const dayMs = 24 * 60 * 60 * 1000;
/** All API servers must have read a bundle before a leaf of its newest authority is shown to them: they do within seconds. */
const defaults = { caDays: 365, leafDays: 90, overlapMs: 10 * 60 * 1000 };
/** What has less than this share of its life left is made anew. */
const renewAt = 1 / 3;
/**
 * The authority as it should be now. A new signer is told for a while before it signs, and an old one stays trusted for a while after it
 * signed last: at no moment is a leaf served that a caller does not trust. The same object comes back when nothing is due.
 */
export async function rotated(current: Authority | undefined, options: RotationOptions): Promise<Authority> {
  const { names, now, caDays, leafDays, overlapMs } = { ...defaults, ...options };
  const leafOf = (ca: KeyPair) =>
    createLeaf(ca, `CN=${names[0] ?? "sallyport"}`, { now, days: leafDays }, { names, addresses: [] });
  const caOf = () => createCa("CN=sallyport-webhook-ca", { now, days: caDays });
  if (current === undefined) {
    const ca = await caOf();
    return { ca, leaf: await leafOf(ca) };
  }
  const { ca, next, previous } = current;
  if (previous !== undefined && previous.until <= now) {
    const { previous: _, ...rest } = current;
    return rotated(rest, options);
  }
  if (next !== undefined && next.since + overlapMs <= now) {
    const { since: _, ...signer } = next;
    const old = { certificate: ca.certificate, until: now + overlapMs };
    return { ca: signer, leaf: await leafOf(signer), previous: old };
  }
  const isDue = (certificate: string, days: number) => lifeLeft(certificate, now) < days * dayMs * renewAt;
  if (next === undefined && isDue(ca.certificate, caDays))
    return { ...current, next: { ...(await caOf()), since: now } };
  if (isDue(current.leaf.certificate, leafDays)) return { ...current, leaf: await leafOf(ca) };
  return current;
}

/** Whom callers must trust: the caBundle of webhook configurations. */
export function bundleOf({ ca, next, previous }: Authority): string {
  return [ca.certificate, next?.certificate, previous?.certificate]
    .filter((each) => each !== undefined)
    .map((each) => `${each.trim()}\n`)
    .join("");
}
