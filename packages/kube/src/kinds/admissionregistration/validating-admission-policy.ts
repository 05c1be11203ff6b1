import { type FieldError, notSupported, required } from "../../names.ts";
import { itemsOf } from "../checks.ts";
import { validateLabelSelector } from "../label-selector.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";
import { validateRules } from "./rules.ts";

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];
const nothingToDo = "validations or auditAnnotations must contain at least one item";

/** Whether its expressions are CEL is not asked here: this room knows no CEL. */
export const validatingAdmissionPolicy: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { failurePolicy: "Fail" });
    if (spec["matchConstraints"] !== undefined) matchDefaults(spec["matchConstraints"]);
  },
  validate: (object) => validateSpec(specOf(object)),
};

/** SetDefaults_MatchResources. */
export function matchDefaults(match: Fields): void {
  fill(match, { matchPolicy: "Equivalent", namespaceSelector: {}, objectSelector: {} });
  for (const rule of [...(match["resourceRules"] ?? []), ...(match["excludeResourceRules"] ?? [])]) rule.scope ??= "*";
}

function validateSpec(spec: Fields): readonly FieldError[] {
  const { failurePolicy, matchConstraints, validations = [], auditAnnotations = [] } = spec;
  const isIdle = validations.length === 0 && auditAnnotations.length === 0;
  return [
    ...(failurePolicy === "Fail" || failurePolicy === "Ignore"
      ? []
      : [notSupported("spec.failurePolicy", failurePolicy, ["Fail", "Ignore"])]),
    ...validateParamKind(spec["paramKind"]),
    ...(matchConstraints === undefined
      ? [required("spec.matchConstraints")]
      : [
          ...validateMatch(matchConstraints, "spec.matchConstraints"),
          ...((matchConstraints.resourceRules ?? []).length === 0
            ? [required("spec.matchConstraints.resourceRules")]
            : []),
        ]),
    ...(isIdle ? [required("spec.validations", nothingToDo), required("spec.auditAnnotations", nothingToDo)] : []),
    ...itemsOf(validations, "spec.validations").flatMap(([each, path]) => validateValidation(each, path)),
  ];
}

function validateParamKind(kind: Fields | undefined): readonly FieldError[] {
  if (kind === undefined) return [];
  return [
    ...(kind["apiVersion"] ? [] : [required("spec.paramKind.apiVersion")]),
    ...(kind["kind"] ? [] : [required("spec.paramKind.kind")]),
  ];
}

/** MatchResources: what a policy or a binding is asked about. */
export function validateMatch(match: Fields, path: string): readonly FieldError[] {
  const policy = match["matchPolicy"] as string | undefined;
  return [
    ...(policy === undefined || policy === "Equivalent" || policy === "Exact"
      ? []
      : [notSupported(`${path}.matchPolicy`, policy, ["Equivalent", "Exact"])]),
    ...validateLabelSelector(match["namespaceSelector"], `${path}.namespaceSelector`),
    ...validateLabelSelector(match["objectSelector"], `${path}.objectSelector`),
    ...validateRules(match["resourceRules"], `${path}.resourceRules`),
    ...validateRules(match["excludeResourceRules"], `${path}.excludeResourceRules`),
  ];
}

function validateValidation({ expression = "", reason }: Fields, path: string): readonly FieldError[] {
  return [
    ...(expression.trim() === "" ? [required(`${path}.expression`, "expression is not specified")] : []),
    ...(reason === undefined || reasons.includes(reason)
      ? []
      : [notSupported(`${path}.reason`, reason, reasons.slice(0, 3))]),
  ];
}
