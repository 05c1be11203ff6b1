import { type DestinationRule, destinationRuleFor, meansHost, tlsOf } from "../../policy/destination-rule.ts";
import { nameOf } from "../../policy/workload.ts";
import { type MeshView, placeOf, type ServedPort } from "../../view/mesh-view.ts";
import type { MeshWorkload } from "../../view/mesh-workload.ts";
import type { Finding, FindingSource } from "../finding.ts";

/** Clients of the mesh that a DestinationRule keeps from the mesh's TLS. */
export const destinationRules: FindingSource = {
  name: "DestinationRule",
  find: (view, port) =>
    port.through.flatMap((way) => [...rulesOf(view, way)].map((found) => findingOf(view, way, found))),
};

type Way = ServedPort["through"][number];

/** Rules that some client of the mesh goes by, with the namespaces of those clients. */
function rulesOf(view: MeshView, { service, port }: Way): ReadonlyMap<DestinationRule, ReadonlySet<string>> {
  const rules = view.destinationRules.filter((rule) => meansHost(rule, service.host));
  const found = new Map<DestinationRule, Set<string>>();
  if (rules.length === 0) return found;
  for (const client of differing(view, rules)) {
    const rule = destinationRuleFor(client, service, rules, view.mesh);
    const tls = rule === undefined ? undefined : tlsOf(rule, port);
    if (rule === undefined || tls === undefined || tls.mode === "ISTIO_MUTUAL") continue;
    found.set(rule, (found.get(rule) ?? new Set()).add(client.namespace));
  }
  return found;
}

/** Clients of the mesh that rules may tell apart: of each namespace one, unless a rule selects some. */
function differing({ workloads }: MeshView, rules: readonly DestinationRule[]): readonly MeshWorkload[] {
  const clients = workloads.filter(({ sidecar }) => sidecar.isThere);
  if (rules.some(({ spec }) => spec?.workloadSelector !== undefined)) return clients;
  return [...new Map(clients.map((each) => [each.namespace, each])).values()];
}

function findingOf(
  view: MeshView,
  { service, port }: Way,
  [rule, namespaces]: readonly [DestinationRule, ReadonlySet<string>],
): Finding {
  const mode = tlsOf(rule, port)?.mode ?? "DISABLE";
  const isExact = !(rule.spec?.host ?? "").startsWith("*");
  const place = placeOf(view, rule);
  return {
    grade: isExact ? "certain" : "likely",
    source: destinationRules.name,
    client: `clients of the mesh in ${[...namespaces].sort().join(", ")}`,
    reason: `DestinationRule ${nameOf(rule)} has them call ${service.host}:${port} with TLS mode ${mode}`,
    sends: mode === "DISABLE" ? "plaintext" : "foreign",
    better: `say ISTIO_MUTUAL in DestinationRule ${nameOf(rule)}, or nothing of TLS`,
    ...(place === undefined ? {} : { place }),
  };
}
