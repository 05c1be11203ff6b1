import type { ClientTls, DestinationRule } from "../destination-rule.ts";
import { dryRunFaults, type Faults, faultIf, selectorFaults, together } from "./findings.ts";

type TrafficPolicy = NonNullable<NonNullable<DestinationRule["spec"]>["trafficPolicy"]>;

/** What Istio's webhook says of a DestinationRule that has the shape of one, as far as its host and its TLS go. */
export function destinationRuleFaults(rule: DestinationRule): Faults {
  const { host = "", trafficPolicy, subsets = [], workloadSelector } = rule.spec ?? {};
  const names = subsets.map(({ name = "" }) => name);
  const faults = [
    ...dryRunFaults(rule),
    ...hostFaults(host),
    ...policyFaults(trafficPolicy),
    ...names.flatMap((name, i) => faultIf(names.indexOf(name) < i, `duplicate subset names: ${name}`)),
    ...names.flatMap((name) => faultIf(name === "", "subset name cannot be empty")),
    ...subsets.flatMap((subset) => policyFaults(subset.trafficPolicy)),
  ];
  return together({ faults, warnings: [] }, selectorFaults(workloadSelector));
}

/** A DNS name, the first part of which may be a star. */
function hostFaults(host: string): readonly string[] {
  if (host === "") return ["empty domain name not allowed"];
  const parts = host.replace(/\.$/, "").split(".");
  return parts.flatMap((part, i) => {
    if (i === 0 && part === "*") return [];
    const isLabel = /^[a-zA-Z0-9]([-a-zA-Z0-9_]{0,61}[a-zA-Z0-9])?$/.test(part.replace(/^\*-?/, i === 0 ? "" : "*"));
    return faultIf(!isLabel, `domain name "${host}" invalid (label "${part}" invalid)`);
  });
}

function policyFaults(policy: TrafficPolicy | undefined): readonly string[] {
  if (policy === undefined) return [];
  const ports = policy.portLevelSettings ?? [];
  return [
    ...faultIf(Object.keys(policy).length === 0, "traffic policy must have at least one field"),
    ...tlsFaults(policy.tls),
    ...ports.flatMap((each) => [
      ...faultIf(each.port === undefined, "portTrafficPolicy must have valid port"),
      ...faultIf(
        Object.keys(each).every((name) => name === "port"),
        "port traffic policy must have at least one field",
      ),
      ...tlsFaults(each.tls),
    ]),
  ];
}

/** Certificates are named where TLS is mutual and not the mesh's, and nowhere else. */
function tlsFaults(tls: ClientTls | undefined): readonly string[] {
  if (tls === undefined) return [];
  const files = tls as { readonly [field: string]: unknown };
  const named = (field: string) => typeof files[field] === "string" && files[field] !== "";
  if (tls.mode === "MUTUAL" && !named("credentialName"))
    return [
      ...faultIf(!named("clientCertificate"), "client certificate required for mutual tls"),
      ...faultIf(!named("privateKey"), "private key required for mutual tls"),
    ];
  return [];
}
