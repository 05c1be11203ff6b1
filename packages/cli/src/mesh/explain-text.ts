import { type ExplainedPolicy, type Explanation, titleOf } from "@sallyport/mesh";
import { paint } from "../terminal.ts";

/** For people: the mode, why, and every policy that was thought of. */
export function explanationText(told: Explanation): string {
  const { workload, port, protocol, mode, reason } = told;
  const place = workload.place === undefined ? "" : paint("dim", `  ${workload.place}`);
  const lines = [
    paint("bold", `${titleOf(workload)}, port ${port} (${protocol})`) + place,
    `  sidecar: ${workload.sidecar.isThere ? "yes" : "no"}, ${workload.sidecar.why}`,
    `  mode: ${mode === undefined ? "none" : paint("cyan", mode)}, ${reason}`,
    ...section("PeerAuthentications", told.peerAuthentications),
    ...section(
      "AuthorizationPolicies, in the order in which they are asked",
      told.authorizationPolicies.map((each) => ({ ...each, reason: `${each.action}, ${each.reason}` })),
    ),
    ...section("what clients of the mesh are told by DestinationRules", told.destinationRules),
  ];
  return `${lines.join("\n")}\n`;
}

function section(title: string, policies: readonly ExplainedPolicy[]): readonly string[] {
  return policies.length === 0 ? [] : [paint("bold", `  ${title}:`), ...policies.flatMap(policyLines)];
}

function policyLines({ name, takesPart, reason, notes, place }: ExplainedPolicy): readonly string[] {
  const where = place === undefined ? "" : paint("dim", `  ${place}`);
  const line = `    ${takesPart ? paint("green", "+") : "-"} ${name}: ${reason}`;
  return [
    `${takesPart ? line : paint("dim", line)}${where}`,
    ...notes.map((note) => paint("yellow", `        ${note}`)),
  ];
}

/** For programs. */
export function explanationJson({ workload, ...told }: Explanation): object {
  const { kind, namespace, name, sidecar, place } = workload;
  return { workload: { kind, namespace, name, sidecar, place }, ...told };
}
