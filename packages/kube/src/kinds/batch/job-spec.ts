import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import { nonnegatives, validateTemplate, workloadTemplateDefaults } from "../apps/workload.ts";
import { type Fields, fill } from "../rules.ts";

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
    ...validateIndexes(spec, path),
    ...validateManagedBy(spec["managedBy"], path),
    ...validateCompletionMode(spec, path),
    ...validateReplacement(spec, path),
    ...validateTemplate(spec["template"] ?? {}, `${path}.template`),
    ...validateRestartPolicy(spec, path),
  ];
}

function validateIndexes(spec: Fields, path: string): readonly FieldError[] {
  const { maxFailedIndexes, backoffLimitPerIndex, completions } = spec;
  const errors: FieldError[] = [];
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined)
    errors.push(required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  if (maxFailedIndexes !== undefined && completions !== undefined && maxFailedIndexes > completions)
    errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, "must be less than or equal to completions"));
  return errors;
}

function validateManagedBy(value: string | undefined, path: string): readonly FieldError[] {
  if (value === undefined) return [];
  return /^[^/]+\/[^/]+$/.test(value)
    ? []
    : [invalid(`${path}.managedBy`, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
}

function validateCompletionMode(spec: Fields, path: string): readonly FieldError[] {
  const { completionMode: mode, completions, parallelism, backoffLimitPerIndex } = spec;
  if (mode === undefined) return [];
  if (mode !== "NonIndexed" && mode !== "Indexed")
    return [notSupported(`${path}.completionMode`, mode, ["NonIndexed", "Indexed"])];
  if (mode === "NonIndexed")
    return backoffLimitPerIndex === undefined
      ? []
      : [invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, "requires indexed completion mode")];
  return [
    ...(completions === undefined ? [required(`${path}.completions`, "when completion mode is Indexed")] : []),
    ...(parallelism > maxParallelIndexes
      ? [
          invalid(
            `${path}.parallelism`,
            parallelism,
            `must be less than or equal to ${maxParallelIndexes} when completion mode is Indexed`,
          ),
        ]
      : []),
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
export function fixedFields(path: string): readonly string[] {
  return [
    "completions",
    "selector",
    "template",
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
  ].map((name) => `${path}.${name}`);
}
