import { parseGoBool } from "@sallyport/kube";
import type { MeshObject, WorkloadSelector } from "../workload.ts";

/** Lines without an end of sentence, as Istio says them. */
export interface Faults {
  /** For which Istio's webhook refuses the object. */
  readonly faults: readonly string[];
  /** With which it takes it. */
  readonly warnings: readonly string[];
}

export const noFaults: Faults = { faults: [], warnings: [] };

/** One after the other. */
export function together(...all: readonly Faults[]): Faults {
  return { faults: all.flatMap(({ faults }) => faults), warnings: all.flatMap(({ warnings }) => warnings) };
}

/** `text` where `isSo`. */
export function faultIf(isSo: boolean, text: string): readonly string[] {
  return isSo ? [text] : [];
}

/** Of labels by which a policy selects workloads. */
export function selectorFaults(selector: WorkloadSelector | undefined): Faults {
  if (selector === undefined) return noFaults;
  const labels = Object.entries(selector.matchLabels ?? {});
  const faults = labels.flatMap(([key, value]) => [
    ...faultIf(key === "", `empty key is not supported in selector: "${key}=${value}"`),
    ...faultIf(`${key}${value}`.includes("*"), `wildcard is not supported in selector: "${key}=${value}"`),
  ]);
  return { faults, warnings: faultIf(labels.length === 0, "workload selector specified without labels") };
}

/** Only an AuthorizationPolicy that allows or denies can be tried without effect. */
export function dryRunFaults({ metadata }: MeshObject, action?: string): readonly string[] {
  const value = metadata.annotations?.["istio.io/dry-run"];
  const name = `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
  if (value === undefined) return [];
  if (action === undefined)
    return [`${name} has unsupported annotation istio.io/dry-run, please remove the annotation`];
  if (action !== "ALLOW" && action !== "DENY")
    return [
      `the annotation istio.io/dry-run currently only supports action ALLOW/DENY, found action ${action} in ${name}`,
    ];
  const isBoolean = parseGoBool(value) !== undefined;
  const reason = `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`;
  return faultIf(!isBoolean, `${name} has annotation istio.io/dry-run with invalid value (${value}): ${reason}`);
}
