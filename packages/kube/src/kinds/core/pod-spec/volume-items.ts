import { type FieldError, invalid, required } from "../../../names.ts";
import type { Fields } from "../../rules.ts";
import { validateFieldRef, validateResourceFieldRef, volumeFields } from "./env.ts";
import { localDescendingPath } from "./security.ts";

const modeFault = "must be a number between 0 and 0777 (octal), both inclusive";

/** Permissions of a file in a volume. */
export function validateMode(mode: number | undefined, field: string): readonly FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(field, mode, modeFault)] : [];
}

/** IsValidUserID. */
export function validateUser(id: number | undefined, field: string): readonly FieldError[] {
  return id !== undefined && (id < 0 || id > 2 ** 31 - 1)
    ? [invalid(field, id, "must be between 0 and 2147483647, inclusive")]
    : [];
}

/** A key of a secret or a config map, and the place where it lies. */
export function validateKey({ key, path: target = "", mode, user }: Fields, field: string): readonly FieldError[] {
  return [
    ...(key ? [] : [required(`${field}.key`)]),
    ...targetPath(target, `${field}.path`),
    ...validateMode(mode, `${field}.mode`),
    ...validateUser(user, `${field}.user`),
  ];
}

/** A place within a volume, which must be told. */
export function targetPath(target: string, field: string): readonly FieldError[] {
  return target === "" ? [required(field)] : ownPath(target, field);
}

/** Relative, and not one of the names that the kubelet takes for itself. */
export function ownPath(target: string, field: string): readonly FieldError[] {
  return [
    ...localDescendingPath(target, field),
    ...(target.startsWith("..") && !target.startsWith("../")
      ? [invalid(field, target, "must not start with '..'")]
      : []),
  ];
}

/** Something of the pod's own, in a file. `path` is that of the source: kube-apiserver does not tell which item it is. */
export function validateDownward(item: Fields, path: string): readonly FieldError[] {
  const { path: target = "", fieldRef, resourceFieldRef, mode, user } = item;
  const errors: FieldError[] = [...targetPath(target, `${path}.path`)];
  if (fieldRef !== undefined) {
    errors.push(...validateFieldRef(fieldRef, `${path}.fieldRef`, volumeFields));
    if (resourceFieldRef !== undefined)
      errors.push(invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
  } else if (resourceFieldRef !== undefined)
    errors.push(...validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, true));
  else errors.push(required(path, "one of fieldRef and resourceFieldRef is required"));
  return [...errors, ...validateMode(mode, `${path}.mode`), ...validateUser(user, `${path}.user`)];
}
