import { declared, duplicate, type FieldError, invalid, notSupported, required } from "../../names.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";
import { matchDefaults, validateBinding } from "./policy.ts";

const actions = ["Audit", "Deny", "Warn"];

export const validatingAdmissionPolicyBinding: KindRules = {
  defaults: (object) => {
    const match = object["spec"]?.matchResources as Fields | undefined;
    if (match !== undefined) matchDefaults(match);
  },
  validate: (object) => validateSpec(specOf(object)),
};

function validateSpec(spec: Fields): readonly FieldError[] {
  return [...validateBinding(spec), ...validateActions(spec["validationActions"] ?? [])];
}

function validateActions(list: readonly string[]): readonly FieldError[] {
  const path = "spec.validationActions";
  if (list.length === 0) return declared([required(path)]);
  return [
    ...list.flatMap((each, i) => [
      ...(actions.includes(each) ? [] : [notSupported(`${path}[${i}]`, each, actions)]),
      ...(list.indexOf(each) < i ? [duplicate(`${path}[${i}]`, each)] : []),
    ]),
    ...(list.includes("Deny") && list.includes("Warn")
      ? [
          invalid(
            path,
            list,
            "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
          ),
        ]
      : []),
  ];
}
