import { type FieldError, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { type Fields, immutable, type KindRules } from "../rules.ts";

/** RoleBinding and ClusterRoleBinding. */
export const roleBinding: KindRules = {
  defaults: bindingDefaults,
  validate: validateBinding,
  validateUpdate: (object, old) => immutable(object, old, ["roleRef"], "cannot change roleRef"),
};

function bindingDefaults(object: Fields): void {
  if (object["roleRef"] !== undefined) object["roleRef"].apiGroup ??= "rbac.authorization.k8s.io";
  for (const subject of object["subjects"] ?? []) {
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ??= "rbac.authorization.k8s.io";
  }
}

function validateBinding(object: KubeObject): readonly FieldError[] {
  const ref = (object["roleRef"] ?? {}) as Fields;
  const kinds = object.kind === "RoleBinding" ? ["Role", "ClusterRole"] : ["ClusterRole"];
  const errors: FieldError[] = [];
  if (!ref["name"]) errors.push(required("roleRef.name"));
  if (!kinds.includes(ref["kind"])) errors.push(notSupported("roleRef.kind", ref["kind"] ?? "", kinds));
  return errors;
}
