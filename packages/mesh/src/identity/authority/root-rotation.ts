import { parseCertificate } from "../x509/certificate.ts";
import { pemBlocks } from "../x509/pem.ts";
import type { AuthorityPair, AuthorityState, Rotation } from "./authority-state.ts";

/** How long each step of a change of the root takes; milliseconds. */
export interface RotationPolicy {
  /** Until a root that was added is in every bundle: workloads learn it from the ConfigMap, or at the latest with their next certificate. */
  readonly propagationMs: number;
  /** The longest life of what the authority signs: so long the root before is trusted. */
  readonly longestLeafMs: number;
}

/** A share of a root's life is left when the next one comes: Istio's. */
const renewedWithLeft = 0.2;

/** What happened, in a line for a log. */
export interface Advance {
  readonly state: AuthorityState;
  readonly happened: string;
}

/** When the next root is due: a fifth of the life of the one that signs is left. */
export function rootDueAt({ signer }: AuthorityState): number {
  const { notBefore, notAfter } = parseCertificate(pemBlocks(signer.certificate, "CERTIFICATE")[0] as Buffer);
  return notAfter - (notAfter - notBefore) * renewedWithLeft;
}

/**
 * The next step of a change of the root, where one is due: a new root is trusted by all, then signs, then the one before is trusted no more.
 * At no time does a leaf stand whose root is not trusted. Undefined where nothing is to do, and for an authority that is not ours. `isAsked` begins a change before it is due.
 */
export function advanceRotation(
  state: AuthorityState,
  now: number,
  policy: RotationPolicy,
  createRoot: () => AuthorityPair,
  isAsked = false,
): Advance | undefined {
  const { rotation } = state;
  if (rotation === undefined) return undefined;
  const own = { ...state, rotation };
  return dropped(own, now) ?? switched(own, now, policy) ?? added(own, now, createRoot, isAsked);
}

type OwnState = AuthorityState & { readonly rotation: Rotation };

function dropped(state: OwnState, now: number): Advance | undefined {
  const gone = state.rotation.retired.filter(({ until }) => until <= now);
  if (gone.length === 0) return undefined;
  const bytes = allOf(gone.map(({ certificate }) => certificate));
  const roots = state.roots.filter((pem) => !allOf([pem]).some((each) => bytes.some((other) => other.equals(each))));
  const retired = state.rotation.retired.filter(({ until }) => until > now);
  return {
    state: { ...state, roots, rotation: { ...state.rotation, retired } },
    happened: "the root before is trusted no more: what it signed has ended",
  };
}

function switched(state: OwnState, now: number, policy: RotationPolicy): Advance | undefined {
  const { next, retired } = state.rotation;
  if (next === undefined) return undefined;
  const isOver = now >= parseCertificate(pemBlocks(state.signer.certificate, "CERTIFICATE")[0] as Buffer).notAfter;
  if (now < next.since + policy.propagationMs && !isOver) return undefined;
  const { certificate, key } = next;
  return {
    state: {
      ...state,
      signer: { certificate, key },
      rotation: {
        retired: [...retired, { certificate: state.signer.certificate, until: now + policy.longestLeafMs }],
      },
    },
    happened: "the new root signs; the one before is trusted until what it signed has ended",
  };
}

function added(state: OwnState, now: number, createRoot: () => AuthorityPair, isAsked: boolean): Advance | undefined {
  if (state.rotation.next !== undefined) return undefined;
  if (!isAsked && now < rootDueAt(state)) return undefined;
  const pair = createRoot();
  return {
    state: {
      ...state,
      roots: [...state.roots, pair.certificate],
      rotation: { ...state.rotation, next: { ...pair, since: now } },
    },
    happened: "a new root is trusted, and signs when it is in every bundle",
  };
}

function allOf(pems: readonly string[]): Buffer[] {
  return pems.flatMap((pem) => pemBlocks(pem, "CERTIFICATE"));
}
