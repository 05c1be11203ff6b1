import { givenField } from "../../go/emptied.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import { nonnegative } from "../checks.ts";
import { validatePodAnnotations, validateProfilesMatch } from "../core/pod-annotations.ts";
import { validatePodSpec } from "../core/pod-spec.ts";
import { templateDefaults } from "../core/pod-spec-defaults.ts";
import { qualified } from "../formats.ts";
import { isEmptySelector, selects, validateLabelSelector, validateLabels } from "../label-selector.ts";
import type { Fields } from "../rules.ts";

/** What is said of selectors, which differs by kind. */
export interface SelectorWords {
  readonly empty: string;
  readonly invalid: string;
}

/** A selector that must be there and select something. */
export function validateWorkloadSelector(selector: Fields | undefined, words: SelectorWords): readonly FieldError[] {
  if (selector === undefined) return [required("spec.selector")];
  return [
    ...validateLabelSelector(selector, "spec.selector"),
    ...(isEmptySelector(selector) ? [invalid("spec.selector", selector, words.empty)] : []),
  ];
}

/** A template of pods that the selector selects, which live until they are deleted; `owner` is named where they may not end. */
export function validateLastingTemplate(spec: Fields, owner: string, words: SelectorWords): readonly FieldError[] {
  const { selector, template = {} } = spec;
  const isSelector = selector === undefined || selects(selector, {}) !== undefined;
  return [...validateSelected(spec, words), ...(isSelector ? onlyAlways(template, owner) : [])];
}

/** A template of pods that the selector selects; one that selects nothing is all that is told. */
export function validateSelected({ selector, template = {} }: Fields, words: SelectorWords): readonly FieldError[] {
  const labels = givenField((template.metadata ?? {}) as Fields, "labels") as Fields | undefined;
  const isSelected = selector === undefined ? false : selects(selector, labels ?? {});
  if (isSelected === undefined) return [invalid("spec.selector", selector, words.invalid)];
  return [
    ...(isSelected
      ? []
      : [invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")]),
    ...validateTemplate(template, "spec.template"),
  ];
}

/** Pods of a template that is never done: they are started again, and have no deadline. */
export function onlyAlways(template: Fields, owner: string): readonly FieldError[] {
  const { restartPolicy = "", activeDeadlineSeconds } = (template["spec"] ?? {}) as Fields;
  return [
    ...(restartPolicy === "Always"
      ? []
      : [notSupported("spec.template.spec.restartPolicy", restartPolicy, ["Always"])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [forbidden("spec.template.spec.activeDeadlineSeconds", `activeDeadlineSeconds in ${owner} is not Supported`)]),
  ];
}

/** The template is always there, and so are its pods' defaults. */
export function workloadTemplateDefaults(spec: Fields): void {
  const template = (spec["template"] ??= {}) as Fields;
  template["spec"] ??= {};
  templateDefaults(template);
}

/** ValidatePodTemplateSpec: labels, annotations and spec. */
export function validateTemplate(template: Fields, path: string): readonly FieldError[] {
  const { labels, annotations = {} } = (template["metadata"] ?? {}) as Fields;
  const spec = (template["spec"] ?? {}) as Fields;
  return [
    ...validateLabels(labels, `${path}.labels`),
    ...Object.keys(annotations).flatMap((key) =>
      qualified(key.toLowerCase()).map((each) => invalid(`${path}.annotations`, key, each)),
    ),
    ...validatePodAnnotations(annotations, spec, `${path}.annotations`),
    ...validatePodSpec(spec, `${path}.spec`),
    ...validateProfilesMatch(annotations, spec, `${path}.spec`),
    ...((spec["ephemeralContainers"] ?? []).length > 0
      ? [forbidden(`${path}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template")]
      : []),
  ];
}

/** Counts that are not below zero, where they are given. */
export function nonnegatives(fields: Fields, path: string, names: readonly string[]): readonly FieldError[] {
  return names.flatMap((name) => nonnegative(`${path}.${name}`, fields[name]));
}
