import { invalid, invalidStatus, type KubeObject } from "@sallyport/kube";
import type { PluginResult } from "../plugin.ts";
import { denyWith } from "../refusals.ts";
import {
  isEquivalent,
  isPrivileged,
  type LabelError,
  type Labels,
  levelText,
  modes,
  type NamespacePolicy,
  prefix,
} from "./labels.ts";

/** `metadata.labels[KEY]: Invalid value: …` */
export function labelFaults(errors: readonly LabelError[]) {
  return errors.map(({ key, value, message }) => invalid(`metadata.labels[${key}]`, value, message));
}

/** Labels that say nothing are refused, as long as they were not there before. */
export function refuseLabels(namespace: string, errors: readonly LabelError[]): PluginResult {
  const error = invalidStatus({ group: "", kind: "Namespace" }, namespace, labelFaults(errors));
  return denyWith(
    error,
    errors.map(({ key, message }) => ({ code: "pod-security-label", message, fieldPath: `metadata.labels[${key}]` })),
  );
}

/** Whoever labels a namespace that is exempt is told that the labels do nothing. */
export function exemptWarnings(
  { metadata: { name = "", labels = {} } }: KubeObject,
  policy: NamespacePolicy,
  defaults: NamespacePolicy,
): readonly string[] {
  if (isPrivileged(policy) || isEquivalent(policy, defaults)) return [];
  const isSaid = (mode: string, given: Labels) =>
    given[prefix + mode] !== undefined || given[`${prefix}${mode}-version`] !== undefined;
  const said = modes.filter((mode) => policy[mode].level !== "privileged" && isSaid(mode, labels));
  const text = said.map((mode) => `${mode}=${levelText(policy[mode])}`).join(", ");
  return [`namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${text}) will be ignored`];
}
