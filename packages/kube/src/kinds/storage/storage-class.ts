import { canonical } from "../../canonical.ts";
import { duplicate, type FieldError, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { labelKey, qualified } from "../formats.ts";
import { type Fields, fill, type KindRules } from "../rules.ts";
import { validateParameters } from "./volume-attributes-class.ts";

const reclaimPolicies = ["Delete", "Retain"];
const bindingModes = ["Immediate", "WaitForFirstConsumer"];

export const storageClass: KindRules = {
  defaults: (object) => fill(object, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" }),
  validate: (object) => [...validateClass(object), ...(object["provisioner"] ? [] : [required("provisioner")])],
  validateReplacement: (object, old) => [
    ...validateClass(object),
    // Upstream's declared rules show no value.
    ...["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]
      .filter((name) => canonical(object[name] ?? null) !== canonical(old[name] ?? null))
      .flatMap((name) => [
        ...(name === "provisioner" && !object[name] ? [required(name)] : []),
        invalid(name, null, "field is immutable"),
      ]),
  ],
};

function validateClass(object: KubeObject): readonly FieldError[] {
  const { provisioner = "", parameters = {}, reclaimPolicy = "", volumeBindingMode = "" } = object as Fields;
  return [
    ...(provisioner === "" ? [] : formatted("provisioner", provisioner.toLowerCase(), qualified)),
    ...validateParameters(parameters, true),
    ...(reclaimPolicy === "" || reclaimPolicies.includes(reclaimPolicy)
      ? []
      : [notSupported("reclaimPolicy", reclaimPolicy, reclaimPolicies)]),
    ...(bindingModes.includes(volumeBindingMode)
      ? []
      : [notSupported("volumeBindingMode", volumeBindingMode, bindingModes)]),
    ...validateTopologies(object["allowedTopologies"]),
  ];
}

/** Where volumes may be: no term twice, no key twice in a term, no value twice. */
function validateTopologies(terms: unknown): readonly FieldError[] {
  const items = itemsOf(terms, "allowedTopologies");
  const seen = items.map(([term]) => canonical(valuesByKey(term)));
  return items.flatMap(([term, path], i) => [
    ...validateTerm(term, `${path}.matchLabelExpressions`),
    // Upstream compares a term with empty ones too, one for each term there is.
    ...[...(seen[i] === "{}" ? items : []), ...seen.slice(0, i).filter((each) => each === seen[i])].map(() =>
      duplicate(`${path}.matchLabelExpressions`, ""),
    ),
  ]);
}

function valuesByKey(term: Fields): { readonly [key: string]: readonly string[] } {
  const expressions = (term["matchLabelExpressions"] ?? []) as readonly Fields[];
  return Object.fromEntries(expressions.map(({ key = "", values }) => [key, [...new Set(values ?? [])].sort()]));
}

function validateTerm(term: Fields, path: string): readonly FieldError[] {
  const items = itemsOf(term["matchLabelExpressions"], path);
  const keys = items.map(([{ key = "" }]) => key as string);
  return items.flatMap(([requirement, field], i) => {
    const key = keys[i] as string;
    const values = (requirement["values"] ?? []) as readonly string[];
    return [
      ...(values.length === 0 ? [required(`${field}.values`)] : []),
      ...values.flatMap((value, at) =>
        values.indexOf(value) < at ? [duplicate(`${field}.values[${at}]`, value)] : [],
      ),
      ...formatted(`${field}.key`, key, labelKey),
      ...(keys.indexOf(key) < i ? [duplicate(`${field}.key`, key)] : []),
    ];
  });
}
