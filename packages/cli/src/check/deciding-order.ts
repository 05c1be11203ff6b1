import { defaultSyncOptions } from "@sallyport/opa/sync";
import type { Manifest } from "../manifests.ts";

/** After the policies; limits are in force before what they limit. */
const firstKinds: readonly string[] = ["Namespace", "ResourceQuota", "LimitRange", "ConfigMap", "ServiceAccount"];

const policyKinds: readonly string[] = [
  "ValidatingAdmissionPolicy",
  "MutatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "MutatingAdmissionPolicyBinding",
];

/** Gatekeeper's, between the namespaces of policies and what lies in these: templates before the constraints that need them. */
const gatekeeperGroups: readonly string[] = [
  "config.gatekeeper.sh",
  "syncset.gatekeeper.sh",
  "templates.gatekeeper.sh",
  "constraints.gatekeeper.sh",
  "externaldata.gatekeeper.sh",
  "mutations.gatekeeper.sh",
  "expansion.gatekeeper.sh",
];

/**
 * The order in which manifests are made, as numbers: policies are in force before anything that they decide about, namespaces among it.
 * Before policies come the definitions of their parameters' kinds, their parameters, and the namespaces in which parts of them lie.
 */
export function decidingOrder(manifests: readonly Manifest[]): (manifest: Manifest) => number {
  const paramKinds = new Set(manifests.filter(isPolicy).map(paramKindOf));
  const isPart = (each: Manifest) =>
    isRego(each) || isPolicy(each) || paramKinds.has(`${each.value["apiVersion"]} ${each.value["kind"]}`);
  const spaces = new Set(manifests.filter(isPart).map((each) => metadataOf(each).namespace));
  const isSpaceOfPart = ({ value, ...rest }: Manifest) =>
    value["kind"] === "Namespace" && spaces.has(metadataOf({ value, ...rest }).name);
  return (each) => {
    const kind = String(each.value["kind"]);
    if (kind === "CustomResourceDefinition") return 0;
    const gatekeeper = gatekeeperGroups.findIndex((group) => String(each.value["apiVersion"]).startsWith(`${group}/`));
    if (gatekeeper >= 0) return 1 + (gatekeeper + 1) / (gatekeeperGroups.length + 1);
    if (isSpaceOfPart(each)) return 1;
    if (isPolicy(each)) return 3 + policyKinds.indexOf(kind);
    if (isPart(each)) return 2;
    const at = firstKinds.indexOf(kind);
    return 3 + policyKinds.length + (at < 0 ? firstKinds.length : at);
  };
}

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
}

function metadataOf({ value }: Manifest): Metadata {
  return (value["metadata"] ?? {}) as Metadata;
}

/** A ConfigMap where policies are looked for. */
function isRego(each: Manifest): boolean {
  return each.value["kind"] === "ConfigMap" && defaultSyncOptions.namespaces.includes(metadataOf(each).namespace ?? "");
}

function isPolicy({ value }: Manifest): boolean {
  return policyKinds.includes(String(value["kind"]));
}

function paramKindOf({ value }: Manifest): string | undefined {
  const { paramKind } = (value["spec"] ?? {}) as {
    readonly paramKind?: { readonly apiVersion?: string; readonly kind?: string };
  };
  return paramKind === undefined ? undefined : `${paramKind.apiVersion} ${paramKind.kind}`;
}
