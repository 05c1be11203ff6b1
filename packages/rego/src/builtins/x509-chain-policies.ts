import type { Certificate } from "./x509-certificate.ts";

const anyPolicy = "2.5.29.32.0";

/** Policies that are valid so far, with those that the next certificate may name for each; undefined when none can be any more. */
type Policies = Map<string, readonly string[]>;

interface PolicyState {
  policies: Policies | undefined;
  /** Certificates until a valid policy is required, mapping is forbidden, and anyPolicy means nothing. */
  explicit: number;
  mapping: number;
  any: number;
}

/** Certificate policies from below the root to the leaf (RFC 5280 section 6.1), any of them being acceptable. */
export function hasValidPolicies(chain: readonly Certificate[]): boolean {
  const path = chain.slice(0, -1).toReversed();
  const [leaf] = chain;
  if (leaf === undefined || path.length === 0) return true;
  const most = path.length + 1;
  const state: PolicyState = {
    policies: new Map([[anyPolicy, [anyPolicy]]]),
    explicit: most,
    mapping: most,
    any: most,
  };
  for (const certificate of path) {
    const isLeaf = certificate === leaf;
    state.policies = nextPolicies(state, certificate, isLeaf);
    if (state.policies === undefined && state.explicit === 0) return false;
    if (isLeaf) continue;
    if (state.policies !== undefined && !mapPolicies(state, state.policies, certificate)) return false;
    count(state, certificate);
  }
  const isRequired = state.explicit <= 1 || leaf.known.requireExplicitPolicy === 0;
  return !isRequired || (state.policies?.size ?? 0) > 0;
}

function isSelfIssued({ rawIssuer, rawSubject }: Certificate): boolean {
  return rawIssuer.join() === rawSubject.join();
}

function nextPolicies({ policies, any }: PolicyState, certificate: Certificate, isLeaf: boolean): Policies | undefined {
  const named = certificate.known.policies ?? [];
  if (policies === undefined || named.length === 0) return undefined;
  const expected = new Set([...policies.values()].flat());
  const next: Policies = new Map();
  for (const policy of named) {
    if (policy !== anyPolicy && (expected.has(policy) || policies.has(anyPolicy))) next.set(policy, [policy]);
  }
  if (named.includes(anyPolicy) && (any > 0 || (!isLeaf && isSelfIssued(certificate)))) {
    for (const policy of expected) if (!next.has(policy)) next.set(policy, [policy]);
  }
  return next.size === 0 ? undefined : next;
}

/** False for a mapping from or to anyPolicy, which is forbidden. */
function mapPolicies({ mapping }: PolicyState, policies: Policies, { known }: Certificate): boolean {
  const targets = new Map<string, string[]>();
  for (const { issuer, subject } of known.policyMappings) {
    if (mapping === 0) policies.delete(issuer);
    else if (issuer === anyPolicy || subject === anyPolicy) return false;
    else targets.set(issuer, [...(targets.get(issuer) ?? []), subject]);
  }
  for (const [issuer, subjects] of targets) {
    if (policies.has(issuer) || policies.has(anyPolicy)) policies.set(issuer, subjects);
  }
  return true;
}

function count(state: PolicyState, certificate: Certificate): void {
  const { requireExplicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy } = certificate.known;
  const step = isSelfIssued(certificate) ? 0 : 1;
  const lower = (left: number, limit: number | undefined): number =>
    Math.min(Math.max(0, left - step), limit ?? Number.POSITIVE_INFINITY);
  state.explicit = lower(state.explicit, requireExplicitPolicy);
  state.mapping = lower(state.mapping, inhibitPolicyMapping);
  state.any = lower(state.any, inhibitAnyPolicy);
}
