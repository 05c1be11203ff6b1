import { type FieldError, forbidden, invalid } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { canonical } from "../rules.ts";

/** Keys of ConfigMaps and Secrets are file names. */
export function dataKeys(object: KubeObject, fields: readonly string[]): readonly FieldError[] {
  return fields.flatMap((field) =>
    Object.keys((object[field] ?? {}) as object)
      .filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key))
      .map((key) =>
        invalid(
          `${field}[${key}]`,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
      ),
  );
}

/** What `immutable: true` forbids. */
export function validateImmutableData(object: KubeObject, old: KubeObject): readonly FieldError[] {
  if (old["immutable"] !== true) return [];
  const errors: FieldError[] = [];
  if (object["immutable"] !== true) errors.push(forbidden("immutable", "field is immutable when `immutable` is set"));
  for (const field of ["data", "binaryData"]) {
    if (canonical(object[field]) !== canonical(old[field]))
      errors.push(forbidden(field, "field is immutable when `immutable` is set"));
  }
  return errors;
}
