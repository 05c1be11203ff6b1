import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import { formatted } from "../checks.ts";
import { dns1123Subdomain } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";
import { matchDefaults, validateMatch } from "./validating-admission-policy.ts";

const missing = ["Deny", "Allow"];
const actions = ["Audit", "Deny", "Warn"];

export const validatingAdmissionPolicyBinding: KindRules = {
  defaults: (object) => {
    const match = object["spec"]?.matchResources as Fields | undefined;
    if (match !== undefined) matchDefaults(match);
  },
  validate: (object) => validateSpec(specOf(object)),
};

function validateSpec(spec: Fields): readonly FieldError[] {
  const { policyName = "", matchResources, validationActions = [] } = spec;
  return [
    ...(policyName === "" ? [] : formatted("spec.policyName", policyName, dns1123Subdomain)),
    ...validateParamRef(spec["paramRef"]),
    ...(matchResources === undefined ? [] : validateMatch(matchResources, "spec.matchResources")),
    ...validateActions(validationActions),
    ...(policyName === "" ? [required("spec.policyName")] : []),
  ];
}

function validateParamRef(ref: Fields | undefined): readonly FieldError[] {
  if (ref === undefined) return [];
  const { name = "", selector, parameterNotFoundAction: action } = ref;
  const field = "spec.paramRef.parameterNotFoundAction";
  return [
    ...(name === "" && selector === undefined
      ? [required("spec.paramRef", "one of name or selector must be specified")]
      : []),
    ...(name !== "" && selector !== undefined
      ? [forbidden("spec.paramRef.name", "name and selector are mutually exclusive")]
      : []),
    ...(action === undefined
      ? [required(field)]
      : missing.includes(action)
        ? []
        : [notSupported(field, action, missing)]),
  ];
}

function validateActions(list: readonly string[]): readonly FieldError[] {
  const path = "spec.validationActions";
  if (list.length === 0) return [required(path)];
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
