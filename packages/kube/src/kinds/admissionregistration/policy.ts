import { declared, type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import { formatted, itemsOf } from "../checks.ts";
import type { Expressions, PolicyExpressions } from "../expressions.ts";
import { dns1035Label, dns1123Subdomain, isIdentifier, pathSegment } from "../formats.ts";
import { validateLabelSelector } from "../label-selector.ts";
import { type Fields, fill } from "../rules.ts";
import { validateExpression, validateMatchConditions } from "./match-conditions.ts";
import { validateRules } from "./rules.ts";

/** SetDefaults_MatchResources. */
export function matchDefaults(match: Fields): void {
  fill(match, { matchPolicy: "Equivalent", namespaceSelector: {}, objectSelector: {} });
  for (const rule of [...(match["resourceRules"] ?? []), ...(match["excludeResourceRules"] ?? [])]) rule.scope ??= "*";
}

interface PolicyKind {
  readonly isMutating: boolean;
}

const validating: PolicyKind = { isMutating: false };

/** What validating and mutating policies have in common: parameters, what they are asked about, conditions, variables. */
export function validatePolicy(
  spec: Fields,
  expressions: Expressions,
  kind: PolicyKind = validating,
): { readonly errors: readonly FieldError[]; readonly compiled: PolicyExpressions } {
  const { failurePolicy, paramKind, matchConstraints, matchConditions, variables } = spec;
  // Expressions of a validating policy that declares no variables may not even name them.
  const hasVariables = kind.isMutating || (variables ?? []).length > 0;
  const compiled = expressions.ofPolicy({ hasParams: paramKind !== undefined, hasVariables });
  const errors = [
    ...(failurePolicy === "Fail" || failurePolicy === "Ignore"
      ? []
      : [notSupported("spec.failurePolicy", failurePolicy, ["Fail", "Ignore"])]),
    ...validateParamKind(paramKind),
    ...validateConstraints(matchConstraints, kind),
    ...validateMatchConditions(matchConditions, compiled, "spec.matchConditions"),
    ...itemsOf(variables, "spec.variables").flatMap(([each, path]) => validateVariable(each, compiled, path)),
  ];
  return { errors, compiled };
}

function validateParamKind(kind: Fields | undefined): readonly FieldError[] {
  if (kind === undefined) return [];
  const { apiVersion = "", kind: name = "" } = kind;
  return [
    ...(apiVersion === "" ? [required("spec.paramKind.apiVersion")] : validateVersion(apiVersion)),
    ...(name === ""
      ? [required("spec.paramKind.kind")]
      : dns1035Label(name.toLowerCase()).map((each) =>
          invalid("spec.paramKind.kind", name, `may have mixed case, but should otherwise match: ${each}`),
        )),
  ];
}

function validateVersion(apiVersion: string): readonly FieldError[] {
  const field = "spec.paramKind.apiVersion";
  const parts = apiVersion.split("/");
  if (parts.length > 2) return [invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const [version = "", group = ""] = parts.toReversed();
  return [
    ...(group === "" ? [] : formatted(field, group, dns1123Subdomain)),
    ...(version === ""
      ? [invalid(field, apiVersion, "version must be specified")]
      : formatted(field, version, dns1035Label)),
  ];
}

function validateConstraints(match: Fields | undefined, { isMutating }: PolicyKind): readonly FieldError[] {
  const path = "spec.matchConstraints";
  if (match === undefined) return [required(path)];
  return [
    ...validateMatch(match, path),
    ...((match["resourceRules"] ?? []).length === 0 ? [required(`${path}.resourceRules`)] : []),
    ...(isMutating ? onlyMutable(match["resourceRules"], path) : []),
  ];
}

const mutable = ["*", "CONNECT", "CREATE", "UPDATE"];

/** What is deleted is not changed any more. */
function onlyMutable(rules: readonly Fields[] = [], path: string): readonly FieldError[] {
  return rules
    .flatMap(({ operations = [] }) => operations as readonly string[])
    .filter((each) => !mutable.includes(each))
    .map((each) => notSupported(`${path}.resourceRules.operations`, each, mutable));
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

function validateVariable({ name = "", expression = "" }: Fields, compiled: PolicyExpressions, path: string) {
  return [
    ...(name.trim() === ""
      ? [required(`${path}.name`, "name is not specified")]
      : isIdentifier(name)
        ? []
        : [invalid(`${path}.name`, name, "must be a valid CEL identifier")]),
    ...validateExpression(
      `${path}.expression`,
      expression,
      (text) => compiled.declare(name, text),
      "expression is not specified",
    ),
  ];
}

const missingActions = ["Deny", "Allow"];

/** Which policy a binding is of, with which parameters, and about what. */
export function validateBinding(spec: Fields, { isMutating }: PolicyKind = validating): readonly FieldError[] {
  const { policyName = "", matchResources, paramRef } = spec;
  const [field, path] = ["spec.policyName", "spec.matchResources"];
  const missing = [required(field)];
  return [
    ...(policyName !== "" ? formatted(field, policyName, dns1123Subdomain) : isMutating ? missing : declared(missing)),
    ...validateParamRef(paramRef),
    ...(matchResources === undefined ? [] : validateMatch(matchResources, path)),
    ...(isMutating ? onlyMutable(matchResources?.resourceRules, path) : []),
  ];
}

function validateParamRef(ref: Fields | undefined): readonly FieldError[] {
  if (ref === undefined) return [];
  const { name = "", selector, parameterNotFoundAction: action } = ref;
  const path = "spec.paramRef";
  const exclusive = "name and selector are mutually exclusive";
  const both = name !== "" && selector !== undefined;
  return [
    ...(name === "" ? [] : formatted(`${path}.name`, name, pathSegment)),
    ...(both ? [forbidden(`${path}.name`, exclusive)] : []),
    ...validateLabelSelector(selector, `${path}.selector`),
    ...(both ? [forbidden(`${path}.selector`, exclusive)] : []),
    ...(name === "" && selector === undefined ? [required(path, "one of name or selector must be specified")] : []),
    ...(action === undefined
      ? [required(`${path}.parameterNotFoundAction`)]
      : missingActions.includes(action)
        ? []
        : [notSupported(`${path}.parameterNotFoundAction`, action, missingActions)]),
  ];
}
