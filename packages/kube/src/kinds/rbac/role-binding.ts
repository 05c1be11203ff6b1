import { canonical } from "../../canonical.ts";
import { declared, type FieldError, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { dns1123Subdomain, pathSegment } from "../formats.ts";
import type { Fields, KindRules } from "../rules.ts";

const group = "rbac.authorization.k8s.io";

/** RoleBinding and ClusterRoleBinding. */
export const roleBinding: KindRules = {
  defaults: bindingDefaults,
  validate: (object) => validateBinding(object, false),
  validateReplacement: (object, old) => {
    const { apiGroup = "", kind = "", name = "" } = (object["roleRef"] ?? {}) as Fields;
    if (canonical(object["roleRef"]) === canonical(old["roleRef"])) return validateBinding(object, false);
    return [
      ...validateBinding(object, true),
      invalid("roleRef", { APIGroup: apiGroup, Kind: kind, Name: name }, "field is immutable"),
    ];
  },
};

function bindingDefaults(object: Fields): void {
  const ref = (object["roleRef"] ??= {}) as Fields;
  if (!ref["apiGroup"]) ref["apiGroup"] = group;
  for (const subject of object["subjects"] ?? []) {
    if ((subject.kind === "User" || subject.kind === "Group") && !subject.apiGroup) subject.apiGroup = group;
  }
}

/** Upstream's declared rules look no further into a role that may not be another one. */
function validateBinding(object: KubeObject, isOtherRole: boolean): readonly FieldError[] {
  const { apiGroup = "", kind = "", name = "" } = (object["roleRef"] ?? {}) as Fields;
  const isNamespaced = object.kind === "RoleBinding";
  const kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  const subjects = itemsOf(object["subjects"], "subjects");
  return [
    ...(apiGroup === group ? [] : [notSupported("roleRef.apiGroup", apiGroup, [group])]),
    ...(kinds.includes(kind) ? [] : [notSupported("roleRef.kind", kind, kinds)]),
    ...(name === "" && isOtherRole ? [required("roleRef.name")] : []),
    ...(name === "" ? [] : formatted("roleRef.name", name, pathSegment)),
    ...subjects.flatMap(([each, path]) => validateSubject(each, path, isNamespaced)),
    ...declared([
      ...(name === "" && !isOtherRole ? [required("roleRef.name")] : []),
      ...subjects.flatMap(([each, path]) => (each["name"] ? [] : [required(`${path}.name`)])),
    ]),
  ];
}

function validateSubject(
  { kind = "", name = "", namespace = "", apiGroup = "" }: Fields,
  path: string,
  isNamespaced: boolean,
): readonly FieldError[] {
  switch (kind) {
    case "ServiceAccount":
      return [
        ...(name === "" ? [] : formatted(`${path}.name`, name, dns1123Subdomain)),
        ...(apiGroup === "" ? [] : [notSupported(`${path}.apiGroup`, apiGroup, [""])]),
        ...(namespace === "" && !isNamespaced ? [required(`${path}.namespace`)] : []),
      ];
    case "User":
    case "Group":
      return apiGroup === group ? [] : [notSupported(`${path}.apiGroup`, apiGroup, [group])];
    default:
      return [notSupported(`${path}.kind`, kind, ["ServiceAccount", "User", "Group"])];
  }
}
