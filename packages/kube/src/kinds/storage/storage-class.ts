import { canonical } from "../../canonical.ts";
import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { qualified } from "../formats.ts";
import { fill, type KindRules } from "../rules.ts";

const reclaimPolicies = ["Delete", "Retain"];
const bindingModes = ["Immediate", "WaitForFirstConsumer"];

export const storageClass: KindRules = {
  defaults: (object) => fill(object, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" }),
  validate: validateStorageClass,
  validateUpdate: (object, old) =>
    // Upstream's declared rules show no value.
    ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]
      .filter((name) => canonical(object[name] ?? null) !== canonical(old[name] ?? null))
      .map((name) => invalid(name, null, "field is immutable")),
};

function validateStorageClass(object: KubeObject): readonly FieldError[] {
  const provisioner = (object["provisioner"] ?? "") as string;
  const reclaim = object["reclaimPolicy"] as string;
  const binding = object["volumeBindingMode"] as string;
  return [
    ...(provisioner === ""
      ? [required("provisioner")]
      : formatted("provisioner", provisioner.toLowerCase(), qualified)),
    ...(Object.keys((object["parameters"] ?? {}) as object).includes("")
      ? [invalid("parameters", "", "field can not be empty.")]
      : []),
    ...(reclaimPolicies.includes(reclaim) ? [] : [notSupported("reclaimPolicy", reclaim, reclaimPolicies)]),
    ...(bindingModes.includes(binding) ? [] : [notSupported("volumeBindingMode", binding, bindingModes)]),
  ];
}
