import { duplicate, type FieldError, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import type { Expressions, PolicyExpressions } from "../expressions.ts";
import { labelKey } from "../formats.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";
import { validateExpression } from "./match-conditions.ts";
import { matchDefaults, validatePolicy } from "./policy.ts";

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];
const nothingToDo = "validations or auditAnnotations must contain at least one item";
const maxAnnotations = 20;

export const validatingAdmissionPolicy: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { failurePolicy: "Fail" });
    if (spec["matchConstraints"] !== undefined) matchDefaults(spec["matchConstraints"]);
  },
  validate: validateAll,
};

function validateAll(object: KubeObject, expressions: Expressions): readonly FieldError[] {
  const spec = specOf(object);
  const { validations = [], auditAnnotations = [] } = spec;
  const { errors, compiled } = validatePolicy(spec, expressions);
  const isIdle = validations.length === 0 && auditAnnotations.length === 0;
  if (isIdle)
    return [...errors, required("spec.validations", nothingToDo), required("spec.auditAnnotations", nothingToDo)];
  return [
    ...errors,
    ...itemsOf(validations, "spec.validations").flatMap(([each, path]) => validateValidation(each, compiled, path)),
    ...validateAnnotations(auditAnnotations, compiled, object.metadata.name ?? ""),
  ];
}

const breaks = "must not contain line breaks";
const blank = "must be non-empty if specified";

function validateValidation(validation: Fields, compiled: PolicyExpressions, path: string): readonly FieldError[] {
  const { expression = "", message = "", messageExpression = "", reason } = validation;
  return [
    ...validateExpression(
      `${path}.expression`,
      expression,
      (text) => compiled.fault(text, "validation"),
      "expression is not specified",
    ),
    ...(messageExpression === "" ? [] : validateMessageExpression(messageExpression, compiled, path)),
    ...validateMessage(message, messageExpression === "" ? expression : "", path),
    ...(reason === undefined || reasons.includes(reason)
      ? []
      : [notSupported(`${path}.reason`, reason, reasons.slice(0, 3))]),
  ];
}

function validateMessageExpression(text: string, compiled: PolicyExpressions, path: string): readonly FieldError[] {
  const field = `${path}.messageExpression`;
  if (text.trim() === "") return [invalid(field, text, blank)];
  return validateExpression(field, text, (each) => compiled.fault(each, "message"));
}

function validateMessage(message: string, expression: string, path: string): readonly FieldError[] {
  const field = `${path}.message`;
  const trimmed = message.trim();
  if (message !== "" && trimmed === "") return [invalid(field, message, blank)];
  if (/[\n\r]/.test(trimmed)) return [invalid(field, message, breaks)];
  return /[\n\r]/.test(expression.trim()) && trimmed === ""
    ? [required(field, "must be specified if expression contains line breaks")]
    : [];
}

function validateAnnotations(list: Fields[], compiled: PolicyExpressions, name: string): readonly FieldError[] {
  const path = "spec.auditAnnotations";
  const keys = list.map(({ key = "" }) => key as string);
  return [
    ...(list.length > maxAnnotations
      ? [invalid(path, list.length, `must not have more than ${maxAnnotations} auditAnnotations`)]
      : []),
    ...itemsOf(list, path).flatMap(([{ key = "", valueExpression = "" }, field], i) => [
      ...formatted(`${field}.key`, `${name}/${key}`, labelKey),
      ...validateExpression(
        `${field}.valueExpression`,
        valueExpression,
        (text) => compiled.fault(text, "annotation"),
        "valueExpression is not specified",
      ),
      ...(keys.indexOf(key) < i ? [duplicate(`${field}.key`, key)] : []),
    ]),
  ];
}
