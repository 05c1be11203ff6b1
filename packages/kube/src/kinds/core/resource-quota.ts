import { canonical } from "../../canonical.ts";
import { internalValue } from "../../go/internal.ts";
import { type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { type Fields, immutable, type KindRules, specOf } from "../rules.ts";
import { validateQuantity } from "./pod-spec/resources.ts";
import { isQuotaResource, quotaResource } from "./resource-names.ts";

/** What a quota counts over stays; how much it allows may change. */
export const resourceQuota: KindRules = {
  validate: (object) => validateSpec(specOf(object)),
  validateUpdate: (object, old) =>
    canonical(scopesOf(object)) === canonical(scopesOf(old)) ? [] : immutable(object, old, ["spec.scopes"]),
  validateStatus: (object) => {
    const { hard, used } = (object["status"] ?? {}) as Fields;
    return [...validateAmounts(hard, "status.hard"), ...validateAmounts(used, "status.used")];
  },
};

/** As a set: their order says nothing, nor does one that stands twice. */
function scopesOf(quota: KubeObject): readonly string[] {
  return [...new Set<string>(specOf(quota)["scopes"] ?? [])].sort();
}

const podAmounts = ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
const ofPods = ["pods", ...podAmounts];

/** What a quota over a part of all objects may count. */
const scopes: { readonly [scope: string]: (name: string) => boolean } = {
  Terminating: (name) => ofPods.includes(name),
  NotTerminating: (name) => ofPods.includes(name),
  BestEffort: (name) => name === "pods",
  NotBestEffort: (name) => ofPods.includes(name),
  PriorityClass: (name) => ofPods.includes(name),
  CrossNamespacePodAffinity: (name) => ofPods.includes(name),
  VolumeAttributesClass: (name) => ["persistentvolumeclaims", "requests.storage"].includes(name),
};

const withoutValues = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity"];

function validateSpec(spec: Fields): readonly FieldError[] {
  return [...validateAmounts(spec["hard"], "spec.hard"), ...validateScopes(spec), ...validateSelector(spec)];
}

function validateAmounts(amounts: Fields | undefined, path: string): readonly FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => [
    ...quotaResource(`${path}[${name}]`, name),
    ...validateQuantity(name, String(amount), `${path}[${name}]`),
  ]);
}

function validateScopes(spec: Fields): readonly FieldError[] {
  const given = (spec["scopes"] ?? []) as string[];
  const fault = (why: string) => invalid("spec.scopes", given, why);
  return [
    ...given.flatMap((scope) => [
      ...(scopes[scope] === undefined ? [fault("unsupported scope")] : []),
      ...unsupported(scope, spec).map(() => fault("unsupported scope applied to resource")),
    ]),
    ...conflicting(given, given),
  ];
}

/** Resources that a scope does not know. */
function unsupported(scope: string, spec: Fields): readonly string[] {
  const names = Object.keys(spec["hard"] ?? {}).sort();
  return names.filter((name) => isQuotaResource(name) && scopes[scope]?.(name) === false);
}

function conflicting(names: readonly string[], shown: unknown): readonly FieldError[] {
  return [
    ["BestEffort", "NotBestEffort"],
    ["Terminating", "NotTerminating"],
  ]
    .filter((pair) => pair.every((each) => names.includes(each)))
    .map(() => invalid("spec.scopes", shown, "conflicting scopes"));
}

function validateSelector(spec: Fields): readonly FieldError[] {
  const selector = spec["scopeSelector"] as Fields | undefined;
  if (selector === undefined) return [];
  const path = "spec.scopeSelector.matchExpressions";
  const expressions = (selector["matchExpressions"] ?? []) as Fields[];
  return [
    ...expressions.flatMap(({ scopeName = "", operator = "", values }) => [
      ...(scopes[scopeName] === undefined ? [invalid(`${path}.scopeName`, scopeName, "unsupported scope")] : []),
      ...unsupported(scopeName, spec).map(() =>
        invalid(path, internalValue("core.ScopeSelector", selector), "unsupported scope applied to resource"),
      ),
      ...(withoutValues.includes(scopeName) && operator !== "Exists"
        ? [
            invalid(
              `${path}.operator`,
              operator,
              "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
            ),
          ]
        : []),
      ...validateValues(operator, values ?? [], path),
    ]),
    ...conflicting(
      expressions.map(({ scopeName }) => scopeName),
      spec["scopes"] ?? null,
    ),
  ];
}

function validateValues(operator: string, values: readonly string[], path: string): readonly FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn":
      return values.length > 0
        ? []
        : [
            required(
              `${path}.values`,
              "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
            ),
          ];
    case "Exists":
    case "DoesNotExist":
      return values.length === 0
        ? []
        : [
            invalid(
              `${path}.values`,
              values,
              "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
            ),
          ];
    default:
      return [invalid(`${path}.operator`, operator, "not a valid selector operator")];
  }
}
