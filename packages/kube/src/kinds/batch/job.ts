import { internalDiff, internalValue } from "../../go/internal.ts";
import { type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { dns1123Label } from "../formats.ts";
import { selects, validateLabelSelector } from "../label-selector.ts";
import { type Fields, immutable, type KindRules, specOf } from "../rules.ts";
import { workloadWarnings } from "../workload-warnings.ts";
import { fixedFields, fixedTypes, jobSpecDefaults, validateJobSpec } from "./job-spec.ts";
import { validateJobStatus } from "./job-status.ts";

export const job: KindRules = {
  warnings: workloadWarnings({ namesPods: true }),
  defaults: (object) => {
    jobSpecDefaults((object["spec"] ??= {}));
    object["spec"].manualSelector ??= false;
    const labels = object["spec"].template.metadata?.labels as Fields | undefined;
    if (
      labels !== undefined &&
      Object.keys(labels).length > 0 &&
      Object.keys(object["metadata"].labels ?? {}).length === 0
    )
      object["metadata"].labels = { ...labels };
  },
  validate: (object) => [...validateGeneratedSelector(object), ...validateJob(object)],
  validateReplacement: (object, old) => [...validateJob(object), ...validateJobUpdate(object, old)],
  validateStatus: validateJobStatus,
};

/** What never changes; of an Indexed job completions may, together with its parallelism. */
function validateJobUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const { completions, parallelism, completionMode } = specOf(object);
  const isMutable = mayChangeTemplate(old);
  const errors = [
    ...immutable(
      object,
      old,
      isMutable ? fixedFields.filter((path) => path !== "spec.template") : fixedFields,
      fixedTypes,
    ),
    ...(isMutable ? validateSuspendedTemplate(specOf(object)["template"] ?? {}, specOf(old)["template"] ?? {}) : []),
  ];
  if (completionMode !== "Indexed") return errors;
  const isInTandem = completions === undefined || completions === parallelism;
  const words = "can only be modified in tandem with spec.parallelism";
  return errors.flatMap((error) => {
    if (error.field !== "spec.completions") return [error];
    return isInTandem ? [] : [invalid(error.field, completions, words)];
  });
}

function validateJob(object: KubeObject): readonly FieldError[] {
  const spec = specOf(object);
  const { selector, template = {} } = spec;
  const labels = template.metadata?.labels as Fields | undefined;
  return [
    ...validateJobSpec(spec, "spec"),
    ...(selector === undefined ? [required("spec.selector")] : validateLabelSelector(selector, "spec.selector")),
    ...(selector === undefined || selects(selector, labels ?? {}) === false
      ? [invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")]
      : []),
    ...validateIndexedName(object),
  ];
}

/** What is generated tells the job by its uid and name, and selects nothing else. */
function validateGeneratedSelector(object: KubeObject): readonly FieldError[] {
  const { manualSelector, selector } = specOf(object);
  if (manualSelector === true || selector === undefined) return [];
  const { uid = "", name = "" } = object.metadata;
  const own = {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  };
  return selects(selector, own) === false ? [invalid("spec.selector", selector, "`selector` not auto-generated")] : [];
}

/** The longest name of a pod that its hostname can be. */
const maxPodName = 63;

/** validateNameAllowsCompletions: pods of an Indexed job are called by it and their index. */
function validateIndexedName(object: KubeObject): readonly FieldError[] {
  const { completionMode, completions } = specOf(object);
  const { name = "" } = object.metadata;
  if (completionMode !== "Indexed" || !(completions > 0)) return [];
  const last = `${name}-${completions - 1}`;
  return last.length > maxPodName || dns1123Label(last).length > 0
    ? [invalid("metadata.name", name, `will not able to create pod with invalid DNS label: ${last}`)]
    : [];
}

/** While a job is suspended and none of its pods runs, where they run and what they get may change. KEP-2926. */
function mayChangeTemplate(old: KubeObject): boolean {
  const status = (old["status"] ?? {}) as Fields;
  if (specOf(old)["suspend"] !== true) return false;
  if (status["startTime"] === undefined) return true;
  const isSuspended = ((status["conditions"] ?? []) as Fields[]).some(
    (each) => each["type"] === "Suspended" && each["status"] === "True",
  );
  return isSuspended && !(status["active"] > 0);
}

function validateSuspendedTemplate(template: Fields, before: Fields): readonly FieldError[] {
  const [spec, old] = [(template["spec"] ?? {}) as Fields, (before["spec"] ?? {}) as Fields];
  const { nodeAffinity: _, ...others } = (old["affinity"] ?? {}) as Fields;
  const own = spec["affinity"]?.nodeAffinity as Fields | undefined;
  const affinity = { ...others, ...(own === undefined ? {} : { nodeAffinity: own }) };
  const expected: Fields = {
    ...old,
    affinity: spec["affinity"] === undefined && Object.keys(affinity).length === 0 ? undefined : affinity,
    nodeSelector: spec["nodeSelector"],
    tolerations: spec["tolerations"],
    schedulingGates: spec["schedulingGates"],
    containers: withResourcesOf(old["containers"], spec["containers"]),
    initContainers: withResourcesOf(old["initContainers"], spec["initContainers"]),
  };
  return internalDiff("core.PodSpec", expected, spec) === ""
    ? []
    : [invalid("spec.template.spec", internalValue("core.PodSpec", spec), "field is immutable")];
}

function withResourcesOf(before: unknown, next: unknown): unknown {
  const [old, now] = [(before ?? []) as Fields[], (next ?? []) as Fields[]];
  if (old.length === 0 || old.length !== now.length) return before;
  return old.map((each, i) =>
    each["name"] === now[i]?.["name"] ? { ...each, resources: now[i]?.["resources"] as unknown } : each,
  );
}
