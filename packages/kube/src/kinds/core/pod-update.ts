import { canonical } from "../../canonical.ts";
import { internalDiff, internalValue } from "../../go/internal.ts";
import { type FieldError, forbidden, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { itemsOf } from "../checks.ts";
import { type Fields, specOf } from "../rules.ts";
import { validateAnnotationUpdate } from "./pod-annotations.ts";
import { untrimmedImage } from "./pod-spec/containers.ts";
import { validateTolerations } from "./pod-spec/scheduling.ts";

const maxSeconds = 2147483647;

/** ValidatePodUpdate: of a pod that is there only images, deadlines, tolerations and gates may change. */
export function validatePodUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [spec, before] = [specOf(object), specOf(old)];
  const errors = [...validateAnnotationUpdate(object, old)];
  for (const list of ["containers", "initContainers"]) {
    errors.push(...validateImages(list, spec, before));
    if (sizeOf(spec[list]) !== sizeOf(before[list])) return errors;
  }
  const [deadlineFaults, isOver] = validateDeadline(spec["activeDeadlineSeconds"], before["activeDeadlineSeconds"]);
  errors.push(...deadlineFaults);
  if (isOver) return errors;
  const gated = sizeOf(before["schedulingGates"]) > 0 ? validateGated(spec, before) : { errors: [], kept: {} };
  const difference = internalDiff("core.PodSpec", before, { ...withChangeable(spec, before), ...gated.kept });
  return [
    ...errors,
    ...validateAddedTolerations(spec["tolerations"], before["tolerations"]),
    ...validateDeletedGates(spec["schedulingGates"], before["schedulingGates"]),
    ...gated.errors,
    ...(difference === "" ? [] : [forbidden("spec", `${mayNotChange}\n${difference}`)]),
  ];
}

const mayNotChange =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

function sizeOf(list: unknown): number {
  return ((list ?? []) as readonly unknown[]).length;
}

function validateImages(list: string, spec: Fields, before: Fields): readonly FieldError[] {
  const path = `spec.${list}`;
  if (sizeOf(spec[list]) !== sizeOf(before[list]))
    return [forbidden(path, "pod updates may not add or remove containers")];
  return itemsOf(spec[list], path).flatMap(([each, field]) => [
    ...(each["image"] ? [] : [required(`${field}.image`)]),
    ...untrimmedImage(each, field),
  ]);
}

/** A deadline may be set, and come nearer; what is wrong with another one, and whether the rest is looked at no more. */
function validateDeadline(
  next: number | undefined,
  before: number | undefined,
): readonly [errors: readonly FieldError[], isOver: boolean] {
  const field = "spec.activeDeadlineSeconds";
  if (next === undefined)
    return before === undefined
      ? [[], false]
      : [[invalid(field, null, "must not update from a positive integer to nil value")], false];
  if (next < 0 || next > maxSeconds)
    return [[invalid(field, next, `must be between 0 and ${maxSeconds}, inclusive`)], true];
  return before !== undefined && before < next
    ? [[invalid(field, next, "must be less than or equal to previous value")], true]
    : [[], false];
}

/** Tolerations stay, but for how long they are granted. */
function validateAddedTolerations(next: unknown, before: unknown): readonly FieldError[] {
  const field = "spec.tolerations";
  const withoutTime = (each: Fields) => canonical({ ...each, tolerationSeconds: undefined });
  const known = new Set(((next ?? []) as Fields[]).map(withoutTime));
  const isKept = ((before ?? []) as Fields[]).every((each) => known.has(withoutTime(each)));
  if (!isKept) return [forbidden(field, "existing toleration can not be modified except its tolerationSeconds")];
  return validateTolerations(next, field);
}

function validateDeletedGates(next: unknown, before: unknown): readonly FieldError[] {
  const known = new Set(((before ?? []) as Fields[]).map(({ name }) => name as string));
  return itemsOf(next, "spec.schedulingGates")
    .filter(([{ name }]) => !known.has(name))
    .map(([{ name }, field]) =>
      forbidden(`${field}.name`, `only deletion is allowed, but found new scheduling gate '${name}'`),
    );
}

/** The next spec, with all that may change as it was. */
function withChangeable(spec: Fields, old: Fields): Fields {
  const kept = Object.fromEntries(
    ["activeDeadlineSeconds", "tolerations", "schedulingGates"].map((name) => [name, old[name]]),
  );
  const { terminationGracePeriodSeconds: grace } = old;
  const isMended = grace < 0 && spec["terminationGracePeriodSeconds"] === 1;
  const lists = ["containers", "initContainers"]
    .filter((list) => spec[list] !== undefined)
    .map((list) => {
      const images = ((old[list] ?? []) as Fields[]).map(({ image }) => image as unknown);
      return [list, (spec[list] as Fields[]).map((each, i) => ({ ...each, image: images[i] }))] as const;
    });
  return {
    ...spec,
    ...kept,
    ...(isMended ? { terminationGracePeriodSeconds: grace } : {}),
    ...Object.fromEntries(lists),
  };
}

const atScheduling = "requiredDuringSchedulingIgnoredDuringExecution";

interface Gated {
  readonly errors: readonly FieldError[];
  /** Fields of the spec that may have changed, as they were. */
  readonly kept: Fields;
}

/** While a pod is not to be scheduled yet, where it may run may become narrower. */
function validateGated(spec: Fields, before: Fields): Gated {
  const [selector, oldSelector] = [(spec["nodeSelector"] ?? {}) as Fields, (before["nodeSelector"] ?? {}) as Fields];
  const isNarrower = Object.entries(oldSelector).every(([key, value]) => selector[key] === value);
  const [affinity, oldAffinity] = [spec["affinity"]?.nodeAffinity, before["affinity"]?.nodeAffinity];
  const isSame = canonical(affinity) === canonical(oldAffinity);
  const why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
  return {
    errors: [
      ...(isNarrower ? [] : [invalid("spec.nodeSelector", selector, why)]),
      ...(isSame ? [] : validateNarrowerTerms(affinity, oldAffinity)),
    ],
    kept: {
      nodeSelector: before["nodeSelector"],
      ...(isSame ? {} : { affinity: withNodeAffinity(spec["affinity"], before["affinity"]) }),
    },
  };
}

function withNodeAffinity(next: Fields | undefined, before: Fields | undefined): Fields | undefined {
  const { nodeAffinity: _, ...others } = next ?? {};
  if (before === undefined && Object.keys(others).length === 0) return undefined;
  return before?.["nodeAffinity"] === undefined ? others : { ...others, nodeAffinity: before["nodeAffinity"] };
}

function validateNarrowerTerms(next: Fields | undefined, before: Fields | undefined): readonly FieldError[] {
  const [terms, oldTerms] = [next, before].map(
    (each) => (each?.[atScheduling]?.nodeSelectorTerms ?? []) as Fields[],
  ) as [Fields[], Fields[]];
  const field = `spec.affinity.nodeAffinity.${atScheduling}.nodeSelectorTerms`;
  const shown = (value: unknown) => internalValue("core.NodeSelectorTerm", value);
  if (oldTerms.length > 0 && oldTerms.length !== terms.length) {
    const why = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    return [invalid(field, terms.length === 0 ? null : shown(terms), why)];
  }
  return oldTerms.flatMap((old, i) =>
    hasOnlyAdditions(terms[i] as Fields, old)
      ? []
      : [invalid(`${field}[${i}]`, shown(terms[i]), "only additions are allowed (no mutations or deletions)")],
  );
}

/** Requirements are added behind those that there are; a term that selects nothing goes on to. */
function hasOnlyAdditions(next: Fields, old: Fields): boolean {
  const lists = ["matchExpressions", "matchFields"];
  const of = (term: Fields, list: string) => (term[list] ?? []) as readonly unknown[];
  if (lists.every((list) => of(old, list).length === 0)) return lists.every((list) => of(next, list).length === 0);
  return lists.every((list) => canonical(of(next, list).slice(0, of(old, list).length)) === canonical(of(old, list)));
}

/** ValidatePodEphemeralContainersUpdate: containers are added, and stay as they are. */
export function validateEphemeralUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const isStatic = old.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined;
  if (isStatic) return [forbidden("", "static pods do not support ephemeral containers")];
  const next = new Map(((specOf(object)["ephemeralContainers"] ?? []) as Fields[]).map((each) => [each["name"], each]));
  const path = "spec.ephemeralContainers";
  return ((specOf(old)["ephemeralContainers"] ?? []) as Fields[]).flatMap((each) => {
    const name = JSON.stringify(each["name"]);
    const after = next.get(each["name"]);
    if (after === undefined) return [forbidden(path, `existing ephemeral containers ${name} may not be removed\n`)];
    const difference = internalDiff("core.EphemeralContainer", each, after);
    return difference === ""
      ? []
      : [forbidden(path, `existing ephemeral containers ${name} may not be changed\n${difference}`)];
  });
}
