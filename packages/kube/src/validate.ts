import { rulesOf } from "./defaults.ts";
import { type Expressions, uncompiled } from "./kinds/expressions.ts";
import { validateMetadata, validateMetadataUpdate, validateStandardFinalizers } from "./metadata.ts";
import { type FieldError, together } from "./names.ts";
import type { KubeObject } from "./object.ts";

/** What kube-apiserver would refuse, for the kinds that are written in `kinds/`; metadata for all. */
export function validateObject(
  object: KubeObject,
  expressions: Expressions = uncompiled,
  asked = object.apiVersion,
): readonly FieldError[] {
  const rules = rulesOf(object);
  const faults = rules?.validate?.(object, expressions, asked) ?? [];
  return rules?.metadataLast && faults.length > 0 ? faults : together(builtinMetadata(object, asked), faults);
}

/** What kube-apiserver would refuse of an object whose status was written. */
export function validateStatus(
  object: KubeObject,
  old: KubeObject,
  expressions: Expressions = uncompiled,
): readonly FieldError[] {
  const metadata = [...validateMetadataUpdate(object, old), ...builtinMetadata(object, object.apiVersion)];
  return [...metadata, ...(rulesOf(object)?.validateStatus?.(object, old, expressions) ?? [])];
}

/** What kube-apiserver would refuse of an object's next version: what it is, and what may not change from one to the other. `subresource` is that by which it was written. */
export function validateReplacement(
  object: KubeObject,
  old: KubeObject,
  expressions: Expressions = uncompiled,
  asked = object.apiVersion,
  subresource = "",
): readonly FieldError[] {
  const rules = rulesOf(object);
  const metadata = [...validateMetadataUpdate(object, old), ...builtinMetadata(object, asked)];
  const part = rules?.validateParts?.[subresource];
  if (part !== undefined) return [...metadata, ...part(object, old)];
  if (rules?.validateReplacement !== undefined)
    return [...metadata, ...rules.validateReplacement(object, old, expressions, asked)];
  const errors = [
    ...(rules?.validate?.(object, expressions, asked) ?? []),
    ...(rules?.validateUpdate?.(object, old) ?? []),
  ];
  return [...metadata, ...errors];
}

/** What kube-apiserver says of an object that it takes nevertheless. */
export function warningsOf(
  object: KubeObject,
  old: KubeObject | undefined,
  expressions: Expressions = uncompiled,
): readonly string[] {
  return rulesOf(object)?.warnings?.(object, old, expressions) ?? [];
}

/** What kube-apiserver says of a status that it takes nevertheless. */
export function statusWarningsOf(object: KubeObject): readonly string[] {
  return rulesOf(object)?.statusWarnings?.(object) ?? [];
}

/** The metadata of a kind that a definition adds. */
export function validateCustomMetadata(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  return [...(old === undefined ? [] : validateMetadataUpdate(object, old)), ...validateMetadata(object)];
}

/** Some kinds that definitions add have rules here beside their schema, which has nothing against the object. */
export function validateCustomRules(object: KubeObject): readonly FieldError[] {
  return rulesOf(object)?.validate?.(object, uncompiled, object.apiVersion) ?? [];
}

/** Groups whose validation does not come by that of the core group, which looks at finalizers once more. */
const apartFromCore: ReadonlySet<string> = new Set([
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "policy",
]);

/** `asked`: the version in which the object was sent. */
function builtinMetadata(object: KubeObject, asked: string): readonly FieldError[] {
  const isApart = apartFromCore.has(asked.split("/")[0] ?? "") || (object.kind === "Event" && asked === "v1");
  return isApart ? validateMetadata(object) : together(validateMetadata(object), validateStandardFinalizers(object));
}
