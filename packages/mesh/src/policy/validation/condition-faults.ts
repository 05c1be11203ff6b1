import type { Condition } from "../authorization-policy.ts";
import { faultIf } from "./findings.ts";
import { valueFaults } from "./value-faults.ts";

/** Which list of a rule the values of a condition are like. */
const likeField: { readonly [key: string]: string } = {
  "source.ip": "IpBlocks",
  "remote.ip": "RemoteIpBlocks",
  "destination.ip": "IpBlocks",
  "destination.port": "Ports",
  "source.serviceAccount": "ServiceAccounts",
};

const plain: readonly string[] = [
  "source.namespace",
  "source.principal",
  "source.trustDomain",
  "request.auth.principal",
  "request.auth.audiences",
  "request.auth.presenter",
  "connection.sni",
];

const bracketed: readonly string[] = ["request.headers", "request.auth.claims", "experimental.envoy.filters."];

/** What Istio's webhook says of a condition. */
export function conditionFaults({ key, values = [], notValues = [] }: Condition): readonly string[] {
  if ((key ?? "") === "") return ["`key` must not be empty"];
  if (values.length === 0 && notValues.length === 0)
    return [`at least one of \`values\` or \`notValues\` must be set for key ${key}`];
  const of = (name: string, all: readonly string[]) =>
    attributeFaults(key, all).map((fault) => `invalid \`${name}\` for \`key\` ${key}: ${fault}`);
  return [...of("value", values), ...of("notValue", notValues)];
}

function attributeFaults(key: string, values: readonly string[]): readonly string[] {
  if (values.includes("")) return [`empty value not allowed, found in ${key}`];
  if (bracketed.some((prefix) => key.startsWith(prefix)))
    return faultIf(!/^[^[]+\[.+\]$/.test(key), `bad key (${key}): should have format a[b]`);
  const like = Object.hasOwn(likeField, key) ? likeField[key] : undefined;
  if (like !== undefined) return valueFaults(like, values).map((fault) => fault.replaceAll(like, key));
  if (key === "source.trustDomain")
    return valueFaults("TrustDomains", values).map((fault) => fault.replaceAll("TrustDomains", key));
  if (plain.includes(key)) return [];
  if (key === "destination.namespace") return [`attribute ${key} is replaced by the metadata.namespace`];
  if (key.startsWith("destination.labels")) return [`attribute ${key} is replaced by the workload selector`];
  if (key === "destination.name" || key === "destination.user")
    return [`deprecated attribute ${key}: only supported in v1alpha1`];
  return [`unknown attribute: ${key}`];
}
