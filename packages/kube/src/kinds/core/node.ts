import { canonical } from "../../canonical.ts";
import { internalValue } from "../../go/internal.ts";
import { jsonSyntaxFault } from "../../go/json-syntax.ts";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { labelKey, labelValue } from "../formats.ts";
import { anyCidr, parseIp } from "../ip.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";
import { validateQuantity } from "./pod-spec/resources.ts";

/** The first range of pods' addresses stands twice, as a field of its own and in the list. */
export const node: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    const { status } = object;
    if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
    const { podCIDR: range } = spec;
    const [first] = (spec["podCIDRs"] ?? []) as readonly string[];
    if (range && first !== range) spec["podCIDRs"] = [range];
    else if (!range && first) object["spec"] = { ...spec, podCIDR: first };
  },
  validate: validateNode,
  validateReplacement: (object, old) => [...validateNode(object), ...validateNodeUpdate(object, old)],
  validateStatus: validateNodeUpdate,
  warnings: (object) => [
    ...(specOf(object)["externalID"] ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : []),
  ],
};

function validateNode(object: KubeObject): readonly FieldError[] {
  const ranges = (specOf(object)["podCIDRs"] ?? []) as string[];
  const isV6 = ranges.map((each) => parseIp(each.split("/")[0] ?? "")?.length === 16);
  const isDual = ranges.length === 2 && isV6[0] !== isV6[1];
  return [
    ...validateAnnotations(object),
    ...validateTaints(specOf(object)["taints"], "metadata.taints"),
    ...validateAmounts(object),
    ...validateFeatures(object),
    ...ranges.flatMap((range, i) => formatted(`spec.podCIDRs[${i}]`, range, anyCidr)),
    ...(ranges.length > 1 && !isDual
      ? [invalid("spec.podCIDRs", ranges, "may specify no more than one CIDR for each IP family")]
      : []),
  ];
}

const taintsAnnotation = "scheduler.alpha.kubernetes.io/taints";
const avoidAnnotation = "scheduler.alpha.kubernetes.io/preferAvoidPods";

/** ValidateNodeSpecificAnnotations: what annotations said before there were fields for it. */
function validateAnnotations({ metadata }: KubeObject): readonly FieldError[] {
  const path = "metadata.annotations";
  const faultOf = (name: string, field: string) => {
    const text = metadata.annotations?.[name] ?? "";
    const fault = text === "" || isJson(text) ? undefined : jsonSyntaxFault(new TextEncoder().encode(text));
    return fault === undefined ? [] : [invalid(field, name, fault)];
  };
  return [...faultOf(taintsAnnotation, path), ...faultOf(avoidAnnotation, `${path}.AvoidPods`)];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const maxFeatureName = 253;

/** What a kubelet can do, in the order of the alphabet. */
function validateFeatures(object: KubeObject): readonly FieldError[] {
  const features = (((object["status"] ?? {}) as Fields)["declaredFeatures"] ?? []) as readonly string[];
  return features.flatMap((name, i) => {
    const next = features[i + 1];
    const field = `status.declaredFeatures[${i + 1}]`;
    return [
      ...featureFaults(name).map((each) => invalid(`status.declaredFeatures[${i}]`, name, each)),
      ...(next === undefined || name < next
        ? []
        : [name === next ? duplicate(field, next) : invalid(field, next, "list must be sorted alphabetically")]),
    ];
  });
}

function featureFaults(name: string): readonly string[] {
  const start = `invalid feature name ${JSON.stringify(name)}: must `;
  if (name.length > maxFeatureName) return [`${start}be no more than ${maxFeatureName} characters`];
  if (/^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/.test(name)) return [];
  return [
    `${start}start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
  ];
}

function validateAmounts(object: KubeObject): readonly FieldError[] {
  return ["capacity", "allocatable"].flatMap((field) =>
    Object.entries((((object["status"] ?? {}) as Fields)[field] ?? {}) as Fields).flatMap(([name, amount]) =>
      validateQuantity(name, String(amount), `status.${field}.${name}`),
    ),
  );
}

const effects: readonly string[] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function validateTaints(taints: unknown, path: string): readonly FieldError[] {
  const seen = new Set<string>();
  return itemsOf(taints, path).flatMap(([taint, place]) => {
    const { key = "", value = "", effect = "" } = taint;
    const pair = `${effect}/${key}`;
    const isTwice = seen.has(pair);
    seen.add(pair);
    const faults = labelValue(value);
    const twice = duplicate(place, internalValue("core.Taint", taint));
    return [
      ...formatted(`${place}.key`, key, labelKey),
      ...(faults.length > 0 ? [invalid(`${place}.value`, value, faults.join(";"))] : []),
      ...(effect === ""
        ? [required(`${place}.effect`)]
        : effects.includes(effect)
          ? []
          : [notSupported(`${place}.effect`, effect, effects)]),
      ...(isTwice ? [{ ...twice, message: `${twice.message}: taints must be unique by key and effect pair` }] : []),
    ];
  });
}

/** ValidateNodeUpdate: what is known of a node once stays. */
function validateNodeUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [now, before] = [specOf(object), specOf(old)];
  const [ranges, oldRanges] = [now, before].map((spec) => spec["podCIDRs"] ?? []) as [string[], string[]];
  const id = (now["providerID"] ?? "") as string;
  const isOtherId = Boolean(before["providerID"]) && id !== before["providerID"];
  return [
    ...validateAnnotations(object),
    ...validateAmounts(object),
    ...validateFeatures(object),
    ...validateAddresses(object),
    ...(oldRanges.length === 0 || canonical(ranges) === canonical(oldRanges)
      ? []
      : [forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')]),
    ...(isOtherId
      ? [
          invalid(
            "spec.providerID",
            null,
            id === "" ? "field cannot be cleared once set" : "field cannot be modified once set",
          ),
        ]
      : []),
    ...validateTaints(now["taints"], "metadata.taints"),
    ...((now["externalID"] ?? "") === (before["externalID"] ?? "")
      ? []
      : [forbidden("spec.externalID", "may not be updated")]),
  ];
}

function validateAddresses(object: KubeObject): readonly FieldError[] {
  const seen = new Set<string>();
  return itemsOf(((object["status"] ?? {}) as Fields)["addresses"], "status.addresses").flatMap(([address, place]) => {
    const key = canonical(address);
    const isTwice = seen.has(key);
    seen.add(key);
    return isTwice ? [duplicate(place, internalValue("core.NodeAddress", address))] : [];
  });
}
