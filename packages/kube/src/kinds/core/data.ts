import { canonical } from "../../canonical.ts";
import { type FieldError, forbidden, invalid, tooLong } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { atMostCharacters, type Format } from "../formats.ts";

/** Keys of ConfigMaps and Secrets are file names. IsConfigMapKey. */
export const dataKey: Format = (value) => [
  ...atMostCharacters(value, 253),
  ...(/^[-._a-zA-Z0-9]+$/.test(value)
    ? []
    : [
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ]),
  ...(value === "." || value === ".." ? [`must not be '${value}'`] : []),
  ...(value.startsWith("..") && value !== ".." ? ["must not start with '..'"] : []),
];

/** All data may have a mebibyte together. */
const maxDataBytes = 1024 * 1024;

/** Keys of the fields, and the size of all values; `binary` fields are base64. */
export function validateData(object: KubeObject, fields: readonly string[], whole: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const field of fields)
    for (const key in object[field] as object | undefined) {
      errors.push(...formatted(`${field}[${key}]`, key, dataKey));
      if (field === "binaryData" && Object.hasOwn((object["data"] ?? {}) as object, key))
        errors.push(invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    }
  if (isTooLarge(object, fields, whole === "")) errors.push(tooLong(whole, maxDataBytes));
  return errors;
}

const encoder = new TextEncoder();

/** Counted in bytes only where it may matter: no character takes more than three for each of its units. */
function isTooLarge(object: KubeObject, fields: readonly string[], isText: boolean): boolean {
  let units = 0;
  for (const field of fields) {
    const texts = object[field] as { readonly [key: string]: string } | undefined;
    for (const key in texts) units += (texts[key] as string).length;
  }
  if (units * 3 <= maxDataBytes) return false;
  const values = fields.map((field) => Object.values((object[field] ?? {}) as { readonly [key: string]: string }));
  const sizes = values.map((each, i) => {
    const sizeOf = isText && fields[i] === "data" ? (text: string) => encoder.encode(text).length : base64Size;
    return each.reduce((sum, text) => sum + sizeOf(text), 0);
  });
  return sizes.reduce((sum, size) => sum + size, 0) > maxDataBytes;
}

function base64Size(text: string): number {
  return Math.floor((text.length * 3) / 4) - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
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
