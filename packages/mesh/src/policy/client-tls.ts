import type { MutualTlsMode } from "./call.ts";
import {
  type ClientTls,
  type DestinationRule,
  destinationRuleFor,
  type ServiceName,
  tlsOf,
} from "./destination-rule.ts";
import { trustDomainsOf } from "./trust-domains.ts";
import { type MeshSettings, nameOf, type Workload } from "./workload.ts";

/** One end that a client may be led to. */
export interface Endpoint {
  /** None where it is none of the mesh: nobody is beside it to take mutual TLS. */
  readonly sidecar?: Workload;
  /** Of the port that is called, by its PeerAuthentications. */
  readonly mode: MutualTlsMode;
}

/** How the proxy of a client calls an endpoint. */
export interface ClientChoice {
  /** `mutual`: with the mesh's certificates; `none`: as the client wrote it; `other`: with TLS that a DestinationRule wants, and that is not the mesh's. */
  readonly tls: "mutual" | "none" | "other";
  /** SPIFFE IDs, one of which the server must prove. */
  readonly identities: readonly string[];
  /** `outbound_.PORT_.SUBSET_.HOST`, or what the rule says. */
  readonly serverName?: string;
  /** Of `other`: how it begins. */
  readonly origination?: Origination;
  readonly rule?: DestinationRule;
  /** One line: why. */
  readonly reason: string;
}

/** TLS that a rule wants: SIMPLE, or MUTUAL with certificates of its own. */
export interface Origination extends Omit<ClientTls, "mode"> {
  readonly mode: "SIMPLE" | "MUTUAL";
  /** Of the service: whom the server must prove to be where no names are told. */
  readonly host: string;
}

function originationOf({ mode, ...tls }: ClientTls, host = ""): Origination {
  return { ...tls, mode: mode === "MUTUAL" ? "MUTUAL" : "SIMPLE", host };
}

/** What is called, and who may see how. */
export interface ClientQuestion {
  readonly client: Workload;
  readonly service?: ServiceName;
  /** Of the service. */
  readonly port: number;
  readonly subset?: string;
  readonly endpoint: Endpoint;
  /** Those that run the service: the server must prove to be one of them. */
  readonly accounts: readonly Pick<Workload, "namespace" | "serviceAccount">[];
}

/**
 * Auto-mTLS as Istio's clients do it: what a DestinationRule says of TLS; without a word, mutual TLS to whoever has a sidecar whose
 * port does not disable it, and nothing to others. https://istio.io/latest/docs/ops/configuration/traffic-management/tls-configuration/#auto-mtls
 */
export function clientChoice(
  { client, service, port, subset, endpoint, accounts }: ClientQuestion,
  rules: readonly DestinationRule[],
  mesh: MeshSettings,
): ClientChoice {
  const rule = service === undefined ? undefined : destinationRuleFor(client, service, rules, mesh);
  const tls = rule === undefined ? undefined : tlsOf(rule, port, subset);
  const named = rule === undefined || tls === undefined ? {} : { rule };
  const isMutual = tls === undefined ? isAuto(endpoint) : tls.mode === "ISTIO_MUTUAL";
  const reason = tls === undefined || rule === undefined ? autoReason(endpoint) : ruleReason(rule, tls.mode);
  if (!isMutual) {
    const isPlain = tls === undefined || (tls.mode ?? "DISABLE") === "DISABLE";
    if (isPlain || tls === undefined) return { tls: "none", identities: [], ...named, reason };
    return { tls: "other", identities: [], origination: originationOf(tls, service?.host), ...named, reason };
  }
  const host = service?.host ?? "";
  return {
    tls: "mutual",
    identities: tls?.subjectAltNames?.length ? tls.subjectAltNames : identitiesOf(accounts, mesh),
    serverName: tls?.sni || `outbound_.${port}_.${subset ?? ""}_.${host}`,
    ...named,
    reason,
  };
}

function isAuto({ sidecar, mode }: Endpoint): boolean {
  return sidecar !== undefined && mode !== "DISABLE";
}

function autoReason({ sidecar, mode }: Endpoint): string {
  if (sidecar === undefined) return "auto-mTLS: the server has no sidecar";
  return mode === "DISABLE" ? "auto-mTLS: the server's mode is DISABLE" : `auto-mTLS: the server's mode is ${mode}`;
}

function ruleReason(rule: DestinationRule, mode = "DISABLE"): string {
  return `DestinationRule ${nameOf(rule)} says ${mode}`;
}

/** In each trust domain of the mesh. */
function identitiesOf(accounts: ClientQuestion["accounts"], mesh: MeshSettings): readonly string[] {
  const ids = accounts.flatMap(({ namespace, serviceAccount }) =>
    trustDomainsOf(mesh).map((domain) => `spiffe://${domain}/ns/${namespace}/sa/${serviceAccount}`),
  );
  return [...new Set(ids)];
}
