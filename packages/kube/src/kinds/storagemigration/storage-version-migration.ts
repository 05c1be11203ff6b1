import { canonical } from "../../canonical.ts";
import { type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { validateConditions } from "../conditions.ts";
import { dns1035Label, dns1123Subdomain } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

/** Which resource is to be written anew in its storage version. What it names never changes, nor does how it ended. */
export const storageVersionMigration: KindRules = {
  validate: (object) => validateResource(specOf(object)["resource"] ?? {}),
  validateUpdate: (object, old) => {
    const { group = "", resource = "" } = (specOf(object)["resource"] ?? {}) as Fields;
    const isSame = canonical(specOf(object)) === canonical(specOf(old));
    return isSame ? [] : [invalid("spec", { Resource: { group, resource } }, "field is immutable")];
  },
  validateStatus,
};

function validateResource({ group = "", resource = "" }: Fields): readonly FieldError[] {
  const path = "spec.resource";
  const joined = (field: string, value: string, faults: readonly string[]) =>
    faults.length === 0 ? [] : [invalid(field, value, faults.join(","))];
  return [
    ...(resource === ""
      ? [required(`${path}.resource`, "resource is required to be set")]
      : joined(`${path}.resource`, resource, dns1035Label(resource))),
    ...(group === "" ? [] : joined(`${path}.group`, group, dns1123Subdomain(group))),
  ];
}

function validateStatus(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const path = "status.conditions";
  const [now, before] = [object, old].map((each) => (each["status"] ?? {}) as Fields) as [Fields, Fields];
  const { resourceVersion: version = "", conditions } = now;
  const ended = (status: Fields, type: string) =>
    ((status["conditions"] ?? []) as readonly Fields[]).find((each) => each["type"] === type)?.["status"] === "True";
  const undone = (type: string, name: string) =>
    ended(before, type) && !ended(now, type)
      ? [invalid(path, conditions, `${name} condition cannot be set to false once it is true`)]
      : [];
  return [
    ...validateVersion(version),
    ...validateConditions(conditions, path),
    ...(before["resourceVersion"] && before["resourceVersion"] !== version
      ? [invalid("status.resourceVersion", version, "field is immutable")]
      : []),
    ...(ended(now, "Succeeded") && ended(now, "Failed")
      ? [invalid(path, conditions, "Both success and failed conditions cannot be true at the same time")]
      : []),
    ...undone("Succeeded", "Success"),
    ...undone("Failed", "Failed"),
  ];
}

function validateVersion(version: string): readonly FieldError[] {
  return version === "" || /^[1-9][0-9]*$/.test(version)
    ? []
    : [invalid("status.resourceVersion", version, `resource version is not well formed: ${version}`)];
}
