import { type FieldError, invalid, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { dns1123Label, dns1123Subdomain, labelValue, qualified } from "../../formats.ts";
import { validateLabelSelector } from "../../label-selector.ts";
import type { Fields } from "../../rules.ts";
import { validateLabelKeys } from "./scheduling.ts";

const wanted = "requiredDuringSchedulingIgnoredDuringExecution";
const preferred = "preferredDuringSchedulingIgnoredDuringExecution";

/** validateAffinity. */
export function validateAffinity(affinity: Fields | undefined, path: string): readonly FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity ?? {};
  return [
    ...(nodeAffinity === undefined ? [] : validateNodeAffinity(nodeAffinity, `${path}.nodeAffinity`)),
    ...(podAffinity === undefined ? [] : validatePodAffinity(podAffinity, `${path}.podAffinity`)),
    ...(podAntiAffinity === undefined ? [] : validatePodAffinity(podAntiAffinity, `${path}.podAntiAffinity`)),
  ];
}

function validateNodeAffinity(affinity: Fields, path: string): readonly FieldError[] {
  return [
    ...(affinity[wanted] === undefined ? [] : validateNodeSelector(affinity[wanted], `${path}.${wanted}`)),
    ...itemsOf(affinity[preferred], `${path}.${preferred}`).flatMap(([{ weight, preference = {} }, field]) => [
      ...validateWeight(weight, field),
      ...validateTerm(preference, `${field}.preference`, true),
    ]),
  ];
}

function validateWeight(weight = 0, path = ""): readonly FieldError[] {
  return weight > 0 && weight <= 100 ? [] : [invalid(`${path}.weight`, weight, "must be in the range 1-100")];
}

/** ValidateNodeSelector: of pods, and of persistent volumes. */
export function validateNodeSelector(selector: Fields, path: string): readonly FieldError[] {
  const terms = itemsOf(selector["nodeSelectorTerms"], `${path}.nodeSelectorTerms`);
  if (terms.length === 0) return [required(`${path}.nodeSelectorTerms`, "must have at least one node selector term")];
  return terms.flatMap(([term, field]) => validateTerm(term, field));
}

/** What is only preferred may name values that no label has. */
function validateTerm(term: Fields, path: string, isPreferred = false): readonly FieldError[] {
  return [
    ...itemsOf(term["matchExpressions"], `${path}.matchExpressions`).flatMap(([each, field]) =>
      requirement(each, field, isPreferred),
    ),
    ...itemsOf(term["matchFields"], `${path}.matchFields`).flatMap(([each, field]) => fieldRequirement(each, field)),
  ];
}

function requirement(
  { key = "", operator = "", values = [] }: Fields,
  path: string,
  isPreferred: boolean,
): readonly FieldError[] {
  const list = values as readonly string[];
  const errors: FieldError[] = [];
  if (["In", "NotIn"].includes(operator)) {
    if (list.length === 0)
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (["Exists", "DoesNotExist"].includes(operator)) {
    if (list.length > 0)
      errors.push({
        ...required(`${path}.values`),
        reason: "FieldValueForbidden",
        message: "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      });
  } else if (["Gt", "Lt"].includes(operator)) {
    if (list.length !== 1)
      errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else errors.push(invalid(`${path}.operator`, operator, "not a valid selector operator"));
  return [
    ...errors,
    ...formatted(`${path}.key`, key, qualified),
    ...(isPreferred ? [] : list.flatMap((value, i) => formatted(`${path}.values[${i}]`, value, labelValue))),
  ];
}

function fieldRequirement({ key = "", operator = "", values = [] }: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (!["In", "NotIn"].includes(operator))
    errors.push(invalid(`${path}.operator`, operator, "not a valid selector operator"));
  else if (values.length !== 1)
    errors.push(
      required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    );
  if (key !== "metadata.name") return [...errors, invalid(`${path}.key`, key, "not a valid field selector key")];
  const names = values as readonly string[];
  return [...errors, ...names.flatMap((name, i) => formatted(`${path}.values[${i}]`, name, dns1123Subdomain))];
}

function validatePodAffinity(affinity: Fields, path: string): readonly FieldError[] {
  return [
    ...itemsOf(affinity[wanted], `${path}.${wanted}`).flatMap(([term, field]) => validatePodTerm(term, field)),
    ...itemsOf(affinity[preferred], `${path}.${preferred}`).flatMap(([{ weight, podAffinityTerm = {} }, field]) => [
      ...validateWeight(weight, field),
      ...validatePodTerm(podAffinityTerm, `${field}.podAffinityTerm`),
    ]),
  ];
}

function validatePodTerm(term: Fields, path: string): readonly FieldError[] {
  const { topologyKey = "" } = term;
  return [
    ...validateLabelSelector(term["labelSelector"], `${path}.labelSelector`),
    ...validateLabelSelector(term["namespaceSelector"], `${path}.namespaceSelector`),
    ...((term["namespaces"] ?? []) as string[]).flatMap((name) => formatted(`${path}.namespace`, name, dns1123Label)),
    ...validateLabelKeys(term, path),
    ...(topologyKey === "" ? [required(`${path}.topologyKey`, "can not be empty")] : []),
    ...formatted(`${path}.topologyKey`, topologyKey, qualified),
  ];
}
