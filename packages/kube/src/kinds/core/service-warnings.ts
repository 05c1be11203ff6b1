import type { KubeObject } from "../../object.ts";
import { cidrWarnings, ipWarnings } from "../ip.ts";
import { type Fields, specOf } from "../rules.ts";
import { isHeadless } from "./service-families.ts";

const oldHints = "service.kubernetes.io/topology-aware-hints";

/** What is let in, but is ignored, or will be another day. */
export function serviceWarnings(object: KubeObject): readonly string[] {
  const spec = specOf(object);
  const { type, externalName = "", loadBalancerIP = "", trafficDistribution } = spec;
  const externalIps = (spec["externalIPs"] ?? []) as string[];
  const isNamed = type === "ExternalName";
  const clusterIps = isHeadless(spec) || isNamed ? [] : ((spec["clusterIPs"] ?? []) as string[]);
  const when = (is: boolean, text: string) => (is ? [text] : []);
  return [
    ...when(
      object.metadata.annotations?.[oldHints] !== undefined,
      `annotation ${oldHints} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    ),
    ...clusterIps.flatMap((ip, i) => ipWarnings(`spec.clusterIPs[${i}]`, ip)),
    ...(isHeadless(spec) ? ignoredWithoutAddress(spec) : []),
    ...externalIps.flatMap((ip, i) => ipWarnings(`spec.externalIPs[${i}]`, ip)),
    ...when(
      externalIps.length > 0 && !isHeadless(spec) && !isNamed,
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    ),
    ...(loadBalancerIP === "" ? [] : ipWarnings("spec.loadBalancerIP", loadBalancerIP)),
    ...((spec["loadBalancerSourceRanges"] ?? []) as string[]).flatMap((range, i) =>
      cidrWarnings(`spec.loadBalancerSourceRanges[${i}]`, range),
    ),
    ...when(isNamed && externalIps.length > 0, 'spec.externalIPs is ignored when spec.type is "ExternalName"'),
    ...when(!isNamed && externalName !== "", 'spec.externalName is ignored when spec.type is not "ExternalName"'),
    ...when(
      trafficDistribution === "PreferClose",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ),
  ];
}

function ignoredWithoutAddress({ loadBalancerIP, externalIPs, sessionAffinity }: Fields): readonly string[] {
  return [
    ...(loadBalancerIP ? ["spec.loadBalancerIP"] : []),
    ...((externalIPs ?? []).length > 0 ? ["spec.externalIPs"] : []),
    ...(sessionAffinity === "None" ? [] : ["spec.SessionAffinity"]),
  ].map((field) => `${field} is ignored for headless services`);
}
