import { parseGoBool } from "@sallyport/kube";
import type { MeshObject, WorkloadSelector } from "./workload.ts";

/** What a policy does with a call that one of its rules means. */
export type Action = "ALLOW" | "DENY" | "AUDIT" | "CUSTOM";

/** security.istio.io/v1 AuthorizationPolicy. */
export interface AuthorizationPolicy extends MeshObject {
  readonly spec?: {
    readonly selector?: WorkloadSelector;
    /** Of gateways and waypoints: such a policy is none of a sidecar's. */
    readonly targetRef?: object;
    readonly targetRefs?: readonly object[];
    readonly action?: Action;
    readonly provider?: { readonly name?: string };
    readonly rules?: readonly (Rule | null)[];
  };
}

/** Means a call that any `from`, any `to` and every `when` means; what is absent means all. */
export interface Rule {
  readonly from?: readonly { readonly source?: Source }[];
  readonly to?: readonly { readonly operation?: Operation }[];
  readonly when?: readonly Condition[];
}

/** Lists of values by the names in `sourceFields`, and by `not` and that. */
export type Source = { readonly [field: string]: readonly string[] };

/** Lists of values by the names in `operationFields`, and by `not` and that. */
export type Operation = { readonly [field: string]: readonly string[] };

/** One of Istio's conditions: https://istio.io/latest/docs/reference/config/security/conditions/ */
export interface Condition {
  readonly key: string;
  readonly values?: readonly string[];
  readonly notValues?: readonly string[];
}

/** `notPorts` of `ports`. */
export function notField(field: string): string {
  return `not${field.charAt(0).toUpperCase()}${field.slice(1)}`;
}

/** What a policy does; ALLOW where it does not say. */
export function actionOf({ spec }: AuthorizationPolicy): Action {
  return spec?.action ?? "ALLOW";
}

/** Whether a policy is only tried: what it would do is told, and nothing comes of it. */
export function isDryRun({ metadata }: AuthorizationPolicy): boolean {
  const value = metadata.annotations?.["istio.io/dry-run"];
  return value !== undefined && parseGoBool(value) === true;
}
