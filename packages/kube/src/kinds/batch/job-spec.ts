import { type InternalType, internalValue } from "../../go/internal.ts";
import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import { nonnegatives, validateTemplate, workloadTemplateDefaults } from "../apps/workload.ts";
import { type Fields, fill } from "../rules.ts";
import { validatePodFailurePolicy, validateSuccessPolicy } from "./job-policies.ts";

/** Above it the status of an Indexed job would grow too large. */
const maxParallelIndexes = 100_000;

export function jobSpecDefaults(spec: Fields): void {
  if (spec["completions"] === undefined && spec["parallelism"] === undefined)
    fill(spec, { completions: 1, parallelism: 1 });
  fill(spec, {
    parallelism: 1,
    backoffLimit: spec["backoffLimitPerIndex"] === undefined ? 6 : 2147483647,
    completionMode: "NonIndexed",
    suspend: false,
    podReplacementPolicy: spec["podFailurePolicy"] === undefined ? "TerminatingOrFailed" : "Failed",
  });
  for (const rule of (spec["podFailurePolicy"]?.rules ?? []) as Fields[])
    for (const condition of (rule["onPodConditions"] ?? []) as Fields[]) condition["status"] ||= "True";
  workloadTemplateDefaults(spec);
}

/** validateJobSpec: what jobs and the templates of cron jobs share. */
export function validateJobSpec(spec: Fields, path: string): readonly FieldError[] {
  return [
    ...nonnegatives(spec, path, [
      "parallelism",
      "completions",
      "activeDeadlineSeconds",
      "backoffLimit",
      "ttlSecondsAfterFinished",
      "backoffLimitPerIndex",
      "maxFailedIndexes",
    ]),
    ...(spec["maxFailedIndexes"] !== undefined && spec["backoffLimitPerIndex"] === undefined
      ? [required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified")]
      : []),
    ...validateManagedBy(spec["managedBy"], path),
    ...validateCompletionMode(spec, path),
    ...validatePolicies(spec, path),
    ...validateReplacement(spec, path),
    ...validateTemplate(spec["template"] ?? {}, `${path}.template`),
    ...validateRestartPolicy(spec, path),
  ];
}

/** An Indexed job of more completions must be modest in other respects. */
const softCompletions = 100_000;
const maxFailedOfMany = 10_000;
const maxParallelOfMany = 10_000;

function validateIndexes(spec: Fields, path: string): readonly FieldError[] {
  const { maxFailedIndexes: failed, backoffLimitPerIndex, completions = 0, parallelism = 0 } = spec;
  if (spec["completionMode"] !== "Indexed") return [];
  const atMost = (field: string, value: number, limit: number, more = "") =>
    value > limit ? [invalid(`${path}.${field}`, value, `must be less than or equal to ${limit}${more}`)] : [];
  const ofMany = ` when completions are above ${softCompletions} and used with backoff limit per index`;
  return [
    ...(spec["completions"] === undefined ? [required(`${path}.completions`, "when completion mode is Indexed")] : []),
    ...atMost("parallelism", parallelism, maxParallelIndexes, " when completion mode is Indexed"),
    ...(spec["completions"] !== undefined && failed > completions
      ? [invalid(`${path}.maxFailedIndexes`, failed, "must be less than or equal to completions")]
      : []),
    ...atMost("maxFailedIndexes", failed ?? 0, softCompletions),
    ...(completions > softCompletions && backoffLimitPerIndex !== undefined
      ? [
          ...(failed === undefined
            ? [required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${softCompletions}`)]
            : []),
          ...atMost("parallelism", parallelism, maxParallelOfMany, ofMany),
          ...atMost("maxFailedIndexes", failed ?? 0, maxFailedOfMany, ofMany),
        ]
      : []),
  ];
}

function validateManagedBy(value: string | undefined, path: string): readonly FieldError[] {
  if (value === undefined) return [];
  return /^[^/]+\/[^/]+$/.test(value)
    ? []
    : [invalid(`${path}.managedBy`, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
}

function validateCompletionMode(spec: Fields, path: string): readonly FieldError[] {
  const { completionMode: mode } = spec;
  const isKnown = mode === undefined || completionModes.includes(mode);
  const onlyIndexed =
    mode === undefined || mode === "NonIndexed"
      ? ["backoffLimitPerIndex", "maxFailedIndexes"].filter((name) => spec[name] !== undefined)
      : [];
  return [
    ...(isKnown ? [] : [notSupported(`${path}.completionMode`, mode, completionModes)]),
    ...validateIndexes(spec, path),
    ...onlyIndexed.map((name) => invalid(`${path}.${name}`, spec[name], "requires indexed completion mode")),
  ];
}

const completionModes = ["NonIndexed", "Indexed"];

function validatePolicies(spec: Fields, path: string): readonly FieldError[] {
  const { podFailurePolicy, successPolicy, completionMode } = spec;
  const field = `${path}.successPolicy`;
  return [
    ...(podFailurePolicy === undefined ? [] : validatePodFailurePolicy(spec, `${path}.podFailurePolicy`)),
    ...(successPolicy === undefined
      ? []
      : completionMode === "Indexed"
        ? validateSuccessPolicy(spec, field)
        : [invalid(field, internalValue("batch.SuccessPolicy", successPolicy), "requires indexed completion mode")]),
  ];
}

function validateReplacement({ podReplacementPolicy: policy, podFailurePolicy }: Fields, path: string) {
  const field = `${path}.podReplacementPolicy`;
  if (policy === undefined) return [];
  if (podFailurePolicy !== undefined) return policy === "Failed" ? [] : [notSupported(field, policy, ["Failed"])];
  return ["Failed", "TerminatingOrFailed"].includes(policy)
    ? []
    : [notSupported(field, policy, ["Failed", "TerminatingOrFailed"])];
}

function validateRestartPolicy(spec: Fields, path: string): readonly FieldError[] {
  const policy = spec["template"]?.spec?.restartPolicy as string | undefined;
  const field = `${path}.template.spec.restartPolicy`;
  if (policy === undefined || policy === "Always") return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== "OnFailure" && policy !== "Never") return [notSupported(field, policy, ["OnFailure", "Never"])];
  return spec["podFailurePolicy"] !== undefined && policy !== "Never"
    ? [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : [];
}

/** Of a job's spec these never change; a suspended job's template may in part. */
export const fixedFields: readonly string[] = [
  "spec.completions",
  "spec.selector",
  "spec.template",
  "spec.completionMode",
  "spec.podFailurePolicy",
  "spec.backoffLimitPerIndex",
  "spec.managedBy",
  "spec.successPolicy",
];

export const fixedTypes: { readonly [path: string]: InternalType } = {
  "spec.template": "core.PodTemplateSpec",
  "spec.podFailurePolicy": "batch.PodFailurePolicy",
  "spec.successPolicy": "batch.SuccessPolicy",
};
